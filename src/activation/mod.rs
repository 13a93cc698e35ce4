//! Activation functions and the polynomials that stand in for them.

mod function;
mod least_squares;
mod polynomial;

pub use function::Activation;
pub use least_squares::{ApproximationError, MAX_DEGREE, least_squares};
pub use polynomial::Polynomial;
