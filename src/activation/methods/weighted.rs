//! Least squares under the measured distribution.

use super::least_squares::discrete;
use crate::error::ApproximationError;
use crate::histogram::Histogram;
use crate::method::Method;
use crate::problem::Problem;

/// Bins of the distribution that take part.
const MOST_BINS: usize = 512;

/// Share of a uniform weight that is mixed in, so that the polynomial stays bounded where the
/// interval holds no values.
const FLOOR: f64 = 1e-4;

/// The polynomial with the smallest `sum over the measured values x in [a, b] of (f(x) - p(x))^2`.
///
/// The values are those of the histogram, evenly spread inside each bin (three-point Gauss-Legendre
/// rule), plus a uniform weight of one ten-thousandth. Values outside the interval take no part.
pub fn fit(
    problem: &Problem,
    measured: Option<&Histogram>,
) -> Result<Vec<f64>, ApproximationError> {
    let missing = |reason: &str| ApproximationError::Weights {
        method: Method::WeightedLeastSquares.name().to_owned(),
        low: problem.low,
        high: problem.high,
        reason: reason.to_owned(),
    };
    let measured = measured.ok_or_else(|| {
        missing("none were given; choose a model and a dataset to measure them on")
    })?;
    let (Some(min), Some(max)) = (measured.min(), measured.max()) else {
        return Err(missing("nothing was measured"));
    };
    let off = 0.6_f64.sqrt();
    let mut points = Vec::new();
    let mut inside = 0.0;
    for bin in measured.bins(MOST_BINS) {
        if bin.count == 0 {
            continue;
        }
        let (from, to) = (bin.low.max(min), bin.high.min(max));
        let (low, high) = (from.max(problem.low), to.min(problem.high));
        if high < low {
            continue;
        }
        let share = if to > from { (high - low) / (to - from) } else { 1.0 };
        let weight = bin.count as f64 * share;
        inside += weight;
        let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
        for (place, part) in [(-off, 5.0), (0.0, 8.0), (off, 5.0)] {
            let t = (centre + half * place - problem.centre) / problem.half;
            points.push((t, weight * part / 18.0));
        }
    }
    if inside <= 0.0 {
        return Err(missing("none lie inside; widen or move the interval"));
    }
    points.iter_mut().for_each(|(_, w)| *w *= (1.0 - FLOOR) / inside);
    points.extend(problem.quadrature().iter().map(|(t, w)| (*t, 0.5 * FLOOR * w)));
    let targets: Vec<_> = points.iter().map(|(t, _)| problem.rest(*t)).collect();
    Ok(discrete(&points, &targets, problem.degree))
}
