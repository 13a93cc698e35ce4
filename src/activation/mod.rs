//! Activation functions and the polynomials that stand in for them.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod chebyshev;
mod composite;
mod error;
mod error_measure;
mod fit;
mod fitted;
mod function;
mod histogram;
mod method;
mod methods;
mod polynomial;
mod problem;
mod quadrature;
#[cfg(test)]
mod tests;

pub use chebyshev::ChebyshevSeries;
pub use composite::{Composite, Gate};
pub use error::ApproximationError;
pub use error_measure::{ErrorMeasures, OutsideError};
pub use fit::{Approximation, DEFAULT_PARTS, MAX_DEGREE, MAX_PARTS};
pub use fitted::{Fitted, depth_of};
pub use function::Activation;
pub use histogram::{Bin, Histogram};
pub use method::Method;
pub use methods::minimax::{Equioscillation, Extremum};
pub use polynomial::Polynomial;
