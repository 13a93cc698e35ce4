//! The approximation methods, one file each.

pub(super) mod chebyshev_least_squares;
pub(super) mod composite;
pub(super) mod derivative;
pub(super) mod hermite;
pub(super) mod interpolation;
pub(super) mod least_squares;
pub(super) mod minimax;
pub(super) mod own;
pub(super) mod published;
mod remez;
pub(super) mod taylor;
pub(super) mod weighted;
