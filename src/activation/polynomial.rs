//! Polynomials in powers of one variable.

use serde::{Deserialize, Serialize};

/// Values worked on side by side: each coefficient waits for the one before it, the values do not.
pub(super) const LANES: usize = 16;

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
        self.coefficients.iter().rev().fold(0.0, |acc, c| acc * x + c)
    }

    /// Replaces each value by that of the polynomial there.
    pub(super) fn apply(&self, values: &mut [f64]) {
        for block in values.chunks_mut(LANES) {
            let mut sums = [0.0; LANES];
            for c in self.coefficients.iter().rev() {
                sums.iter_mut().zip(&*block).for_each(|(sum, x)| *sum = *sum * x + c);
            }
            block.iter_mut().zip(sums).for_each(|(x, sum)| *x = sum);
        }
    }
}
