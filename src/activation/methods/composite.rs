//! Compositions of minimax polynomials for the sign function, and for ReLU by it.

use super::minimax::sign_part;
use crate::chebyshev::ChebyshevSeries;
use crate::composite::{Composite, Gate};
use crate::error::ApproximationError;
use crate::fitted::{Fitted, Form};
use crate::function::Activation;
use crate::problem::Problem;
use crate::request::Approximation;

/// The smallest gap that is tried, as a share of the interval.
const SMALLEST_GAP: f64 = 1e-6;

/// The largest.
const LARGEST_GAP: f64 = 0.9;

/// Places inside the gap at which the error is looked at.
const GAP_SAMPLES: u32 = 64;

/// `s = p_k(... p_1(x))` on `[-l, l]`, where l is the larger end of the interval: `p_1` is the odd
/// minimax polynomial of the sign function on `[-l, -g] and [g, l]`, and each next one that on the
/// values the one before it takes there, `[1 - e, 1 + e]` and its mirror image. ReLU is
/// `x (1 + s(x)) / 2`.
///
/// Lee, Lee, Lee, Kim, Kim, No and Lee, Minimax approximation of sign function by composite
/// polynomial for homomorphic comparison (eprint 2020/834, definition 1 and theorem 1), and for ReLU
/// eprint 2021/783. All parts have the same degree. The gap g is chosen so that the error inside and
/// outside is the same: for the sign function `|s - sign| <= g / l` outside, for ReLU the largest
/// error of ReLU itself.
pub fn fit(
    problem: &Problem,
    request: &Approximation,
    parts: usize,
) -> Result<Fitted, ApproximationError> {
    let reach = problem.low.abs().max(problem.high.abs());
    let not_converged = ApproximationError::NotConverged {
        degree: problem.degree,
        low: problem.low,
        high: problem.high,
        spread: f64::INFINITY,
    };
    let gate = match problem.function {
        Activation::Relu => Some(Gate { below: 0.0, above: 1.0 }),
        Activation::LeakyRelu { slope } => Some(Gate { below: *slope, above: 1.0 }),
        _ => None,
    };
    let (gap, parts) =
        balanced(problem.degree, parts, reach, gate.is_some()).ok_or(not_converged)?;
    let one = if parts.len() == 1 && gate.is_none() { parts.first().cloned() } else { None };
    let form = match one {
        Some(series) => Form::Chebyshev(series),
        None => Form::Composite(Composite { parts, gate }),
    };
    Ok(Fitted::new(request.clone(), form).with_gap(gap * reach))
}

/// The gap, as a share of `reach`, at which both errors are equal, and the parts for it.
fn balanced(
    degree: usize,
    count: usize,
    reach: f64,
    gated: bool,
) -> Option<(f64, Vec<ChebyshevSeries>)> {
    // log(outside / inside) falls as the gap rises: halve what holds its zero.
    let excess = |log: f64| -> Option<f64> {
        let gap = log.exp();
        let (parts, outside) = chain(degree, count, gap, reach)?;
        let inside = if gated { inside_error(parts, gap * reach) / reach } else { gap };
        Some((outside / inside).ln())
    };
    let (mut low, mut high) = (SMALLEST_GAP.ln(), LARGEST_GAP.ln());
    while high - low > 5e-3 {
        let middle = 0.5 * (low + high);
        if excess(middle)? <= 0.0 {
            high = middle;
        } else {
            low = middle;
        }
    }
    let gap = high.exp();
    chain(degree, count, gap, reach).map(|(parts, _)| (gap, parts))
}

/// The largest `x |1 - s(x)|` up to the gap: twice the error of ReLU there.
fn inside_error(parts: Vec<ChebyshevSeries>, gap: f64) -> f64 {
    let sign = Composite { parts, gate: None };
    let places = (1..=GAP_SAMPLES).map(|i| gap * f64::from(i) / f64::from(GAP_SAMPLES));
    places.map(|x| x * (1.0 - sign.eval(x)).abs()).fold(f64::MIN_POSITIVE, f64::max)
}

/// The parts for one gap, and the error of the last.
fn chain(degree: usize, count: usize, gap: f64, reach: f64) -> Option<(Vec<ChebyshevSeries>, f64)> {
    let (mut low, mut high) = (gap * reach, reach);
    let mut parts = Vec::with_capacity(count);
    let mut error = 1.0;
    for _ in 0..count {
        let (part, off) = sign_part(degree, low, high)?;
        parts.push(part);
        error = off;
        (low, high) = (1.0 - error, 1.0 + error);
        if error < 1e-9 {
            break;
        }
    }
    Some((parts, error))
}
