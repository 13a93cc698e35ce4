//! CryptoDL's way for ReLU: fit the derivative, then integrate.

use super::least_squares::discrete;
use crate::chebyshev::ChebyshevSeries;
use crate::function::Activation;
use crate::problem::Problem;

/// Half-width below which the smooth step is made steeper, so that it still is a step: the smallest
/// interval in the authors' tables.
const SMALLEST_HALF: f64 = 10.0;

/// The derivative of ReLU is a step; `sigmoid(x)` is a smooth one. A polynomial of one degree less is
/// fitted to it by least squares with the weight `exp(-1 / (1e-5 + t^8))` and integrated from 0, so
/// that `p(0) = 0`.
///
/// Hesamifard, Takabi and Ghasemi (arXiv 1711.05189), the method their paper prefers. The weight is
/// the one that gives the coefficients in the authors' own code: on `[-l, l]`, with l from 10 to
/// 590, `0.263111 x^2 / l + x / 2` at degree 2 and `-0.077414 x^4 / l^3 + 0.403600 x^2 / l + x / 2` at
/// degree 4. Below 10 the step is `sigmoid(10 x / l)`.
pub fn fit(problem: &Problem) -> ChebyshevSeries {
    let (below, above) = match problem.function {
        Activation::LeakyRelu { slope } => (*slope, 1.0),
        _ => (0.0, 1.0),
    };
    let steepness = (SMALLEST_HALF / problem.half).max(1.0);
    let mut points = problem.quadrature();
    for (t, weight) in &mut points {
        *weight *= (-1.0 / (1e-5 + t.powi(8))).exp();
    }
    // The step about its middle value, which is odd where the interval is symmetric.
    let targets: Vec<f64> = points
        .iter()
        .map(|(t, _)| {
            let x = problem.half * t + problem.centre;
            0.5 * (above - below) * (0.5 * steepness * x).tanh()
        })
        .collect();
    let mut derivative = discrete(&points, &targets, problem.degree - 1);
    if problem.low == -problem.high {
        derivative.iter_mut().step_by(2).for_each(|c| *c = 0.0);
    }
    if let Some(constant) = derivative.first_mut() {
        *constant += 0.5 * (above + below);
    }
    ChebyshevSeries::new((problem.low, problem.high), derivative).integral_from_zero()
}
