//! Polynomials in one variable.

use serde::{Deserialize, Serialize};

/// `c[0] + c[1] x + c[2] x^2 + ...` in the monomial basis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Polynomial {
    coefficients: Vec<f64>,
}

impl Polynomial {
    /// A polynomial from its coefficients, constant term first; trailing zeros are dropped.
    pub fn new(mut coefficients: Vec<f64>) -> Self {
        while coefficients.last() == Some(&0.0) {
            coefficients.pop();
        }
        Self { coefficients }
    }

    /// Coefficients, constant term first; empty for the zero polynomial.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Degree; 0 for constants and for zero.
    pub fn degree(&self) -> usize {
        self.coefficients.len().saturating_sub(1)
    }

    /// The value at `x`, by Horner's rule.
    pub fn eval(&self, x: f64) -> f64 {
        self.coefficients.iter().rev().fold(0.0, |acc, c| acc.mul_add(x, *c))
    }
}
