//! The truncated Chebyshev series.

use crate::problem::Problem;
use crate::quadrature::pieces;
use std::f64::consts::PI;

/// Points of the rule on each piece.
const RULE: usize = 32;

/// The polynomial with the smallest `integral over [-1, 1] of (f - p)^2 / sqrt(1 - t^2)`: the
/// Chebyshev series up to the degree, `c_k = (2 - [k = 0])/pi integral over [0, pi] of
/// f(cos u) cos(k u)`.
///
/// Mason and Handscomb, Chebyshev Polynomials (2003), section 5.2. The integral is taken in `u`, cut
/// where the function is not smooth.
pub fn fit(problem: &Problem) -> Vec<f64> {
    let mut cuts: Vec<f64> = problem.cuts().iter().rev().map(|t| t.acos()).collect();
    cuts.extend((1..16).map(|j| f64::from(j) * PI / 16.0));
    cuts.sort_by(f64::total_cmp);
    cuts.dedup_by(|b, a| *b - *a < 1e-12);
    let mut coefficients = vec![0.0; problem.degree + 1];
    for (u, weight) in pieces(&cuts, RULE) {
        let value = weight * problem.rest(u.cos());
        for (k, c) in coefficients.iter_mut().enumerate() {
            let factor = if k == 0 { 1.0 } else { 2.0 };
            *c += factor / PI * value * (k as f64 * u).cos();
        }
    }
    coefficients
}
