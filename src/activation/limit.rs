//! How far a request for a polynomial may go.

/// Largest degree fitted.
pub const MAX_DEGREE: usize = 63;

/// Most polynomials in a composition.
pub const MAX_PARTS: usize = 4;

/// Parts of a composition where nothing else is said.
pub const DEFAULT_PARTS: usize = 2;
