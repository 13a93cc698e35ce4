//! Activation functions and the polynomials that stand in for them.

mod function;
mod polynomial;

pub use function::Activation;
pub use polynomial::Polynomial;
