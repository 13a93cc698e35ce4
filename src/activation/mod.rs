//! Activation functions and the polynomials that stand in for them.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod applicability;
mod chebyshev;
mod composite;
mod equioscillation;
mod error;
mod error_measure;
mod fit;
mod fitted;
mod function;
mod histogram;
mod limit;
mod method;
mod methods;
mod polynomial;
mod polynomial_text;
mod problem;
mod quadrature;
mod request;
#[cfg(test)]
mod tests;

pub use chebyshev::ChebyshevSeries;
pub use composite::{Composite, Gate};
pub use equioscillation::{Equioscillation, Extremum};
pub use error::ApproximationError;
pub use error_measure::{ErrorMeasures, OutsideError};
pub use fitted::{Fitted, depth_of};
pub use function::Activation;
pub use histogram::{Bin, Histogram};
pub use limit::{DEFAULT_PARTS, MAX_DEGREE, MAX_PARTS};
pub use method::Method;
pub use polynomial::Polynomial;
pub use polynomial_text::PolynomialTextError;
pub use request::Approximation;
