//! The request for a polynomial.

use super::function::Activation;
use super::limit::DEFAULT_PARTS;
use super::method::Method;
use super::polynomial::Polynomial;
use serde::{Deserialize, Serialize};

/// A polynomial that is wanted: which function, by which method, of which degree, where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approximation {
    pub function: Activation,
    pub method: Method,
    /// Largest degree, 1 to [`MAX_DEGREE`](crate::MAX_DEGREE); in a composition that of each part.
    pub degree: usize,
    /// Ends of the interval, the lower one first.
    pub interval: (f64, f64),
    /// Polynomials in a composition, 1 to [`MAX_PARTS`](crate::MAX_PARTS); other methods make one.
    #[serde(default = "default_parts")]
    pub parts: usize,
    /// The coefficients of [`Method::Own`]; other methods find theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Polynomial>,
}

fn default_parts() -> usize {
    DEFAULT_PARTS
}

impl Approximation {
    /// A request with [`DEFAULT_PARTS`].
    pub fn new(function: Activation, method: Method, degree: usize, interval: (f64, f64)) -> Self {
        Self { function, method, degree, interval, parts: DEFAULT_PARTS, own: None }
    }

    /// The same with another number of parts.
    pub fn with_parts(self, parts: usize) -> Self {
        Self { parts, ..self }
    }

    /// The same with coefficients of a person's own.
    pub fn with_own(self, own: Option<Polynomial>) -> Self {
        Self { own, ..self }
    }
}
