//! Minimax polynomials.

use super::remez::{Exchange, Levelled};
use crate::chebyshev::ChebyshevSeries;
use crate::equioscillation::{Equioscillation, Extremum};
use crate::error::ApproximationError;
use crate::fitted::{Fitted, Form};
use crate::function::Parity;
use crate::problem::Problem;
use crate::request::Approximation;
use std::f64::consts::PI;

/// The largest spread that still counts as a solution, as a share of the largest error.
const LARGEST_SPREAD: f64 = 1e-8;

/// The polynomial with the smallest `max over [a, b] of |f - p|`, by the exchange of Remez.
///
/// Where the rest of the function is even or odd about the middle of the interval, so is its best
/// approximation (it is unique, and its mirror image is as good): only the even or odd `T_k` are
/// combined, on the right half. That removes the degenerate degrees, at which the whole error curve
/// has more extrema than the exchange needs.
pub fn fit(problem: &Problem, request: &Approximation) -> Result<Fitted, ApproximationError> {
    let n = problem.degree;
    let orders: Vec<usize> = match problem.parity {
        None => (0..=n).collect(),
        Some(Parity::Even) => (0..=n).step_by(2).collect(),
        Some(Parity::Odd) => (1..=n).step_by(2).collect(),
    };
    let count = orders.len();
    let period = match problem.parity {
        None => count,
        Some(Parity::Even) => 2 * count,
        Some(Parity::Odd) => 2 * count + 1,
    };
    let start = (0..=count).rev().map(|j| (j as f64 * PI / period as f64).cos()).collect();
    let mut cuts = problem.cuts();
    if problem.parity.is_some() {
        cuts.retain(|t| *t > 0.0);
        cuts.insert(0, 0.0);
    }
    let rest = |t: f64| problem.rest(t);
    let found = Exchange { function: &rest, orders: &orders, cuts: &cuts, start }.run();
    if !(found.converged || found.spread <= LARGEST_SPREAD * found.error) {
        let (low, high) = request.interval;
        let spread = found.spread;
        return Err(ApproximationError::NotConverged { degree: n, low, high, spread });
    }
    let extrema = unfold(&found, problem);
    let series = problem.finish(found.coefficients)?;
    let proof = Equioscillation { error: found.error, extrema };
    Ok(Fitted::new(request.clone(), Form::Chebyshev(series)).with_equioscillation(proof))
}

/// The extrema on the whole interval from those on the half that was searched.
fn unfold(found: &Levelled, problem: &Problem) -> Vec<Extremum> {
    let at = |t: f64| problem.half * t + problem.centre;
    let sign = match problem.parity {
        None => 0.0,
        Some(Parity::Even) => 1.0,
        Some(Parity::Odd) => -1.0,
    };
    let mirrored = found.extrema.iter().rev().filter(|(t, _)| sign != 0.0 && *t > 0.0);
    let left = mirrored.map(|(t, e)| Extremum { x: at(-t), error: sign * e });
    left.chain(found.extrema.iter().map(|(t, e)| Extremum { x: at(*t), error: *e })).collect()
}

/// The odd polynomial nearest to 1 on `[low, high]`, `0 < low < high`, in the basis of
/// `[-high, high]`, and its maximum error: on `[-high, -low]` and `[low, high]` the minimax
/// approximation of the sign function.
pub fn sign_part(degree: usize, low: f64, high: f64) -> Option<(ChebyshevSeries, f64)> {
    let orders: Vec<usize> = (1..=degree).step_by(2).collect();
    let near = low / high;
    // Chebyshev extrema in t^2, on which an odd polynomial over t is a polynomial.
    let (centre, half) = (0.5 * (1.0 + near * near), 0.5 * (1.0 - near * near));
    let count = orders.len();
    let start = (0..=count)
        .rev()
        .map(|j| (half * (j as f64 * PI / count as f64).cos() + centre).max(0.0).sqrt())
        .map(|t| t.clamp(near, 1.0))
        .collect();
    let found = Exchange { function: &|_| 1.0, orders: &orders, cuts: &[near, 1.0], start }.run();
    let solved = found.converged || found.spread <= LARGEST_SPREAD * found.error;
    solved.then(|| (ChebyshevSeries::new((-high, high), found.coefficients), found.error))
}
