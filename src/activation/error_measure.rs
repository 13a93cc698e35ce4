//! How far a polynomial is from the function it stands in for.

use super::fitted::Fitted;
use super::histogram::Histogram;
use super::problem::Problem;

/// Samples of the error between two neighbouring cuts of the interval.
const SAMPLES: usize = 48;

/// Bins of the measured distribution that take part.
const MOST_BINS: usize = 512;

/// Errors on the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorMeasures {
    /// Largest `|p(x) - f(x)|` on the interval.
    pub max: f64,
    /// Where it is reached.
    pub max_at: f64,
    /// Mean of `(p(x) - f(x))^2`, every point of the interval counting alike.
    pub mean_square: f64,
    /// Mean of `(p(x) - f(x))^2` over the measured values, those outside the interval included.
    pub measured_mean_square: Option<f64>,
    /// Share of the measured values outside the interval, 0 to 1.
    pub share_outside: Option<f64>,
}

/// The error beyond the ends of the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutsideError {
    /// How far outside, as a share of the half-width: 0.1 is a tenth beyond an end.
    pub beyond: f64,
    /// Largest `|p(x) - f(x)|` from the ends of the interval to there.
    pub max: f64,
}

impl Fitted {
    /// `p(x) - f(x)`.
    pub fn error_at(&self, x: f64) -> f64 {
        self.eval(x) - self.request().function.eval_f64(x)
    }

    /// Errors on the interval, and over `measured` values where given.
    pub fn errors(&self, measured: Option<&Histogram>) -> ErrorMeasures {
        let request = self.request();
        let problem = Problem::new(&request.function, request.degree, request.interval);
        let at = |t: f64| problem.half * t + problem.centre;
        let (mut max, mut max_at) = (0.0, problem.centre);
        let mut seen = |x: f64, error: f64| {
            // A NaN counts as the worst.
            if error.is_nan() || error.abs() > max {
                (max, max_at) = (error.abs(), x);
            }
        };
        let cuts = problem.cuts();
        for (low, high) in cuts.iter().zip(cuts.iter().skip(1)) {
            // Just inside the ends of a piece, so that a jump counts with both its sides.
            let (from, to) = (at(*low), at(*high));
            let edge = 1e-12 * problem.half;
            let place = |i: usize| {
                let x = from + (to - from) * i as f64 / SAMPLES as f64;
                x.clamp(from + edge, to - edge)
            };
            let errors: Vec<f64> = (0..=SAMPLES).map(|i| self.error_at(place(i))).collect();
            for (i, error) in errors.iter().enumerate() {
                seen(place(i), *error);
            }
            for (i, w) in errors.windows(3).enumerate() {
                let [a, b, c] = [w[0].abs(), w[1].abs(), w[2].abs()];
                let bend = a - 2.0 * b + c;
                if b >= a && b >= c && bend < 0.0 {
                    // The top of the parabola through the three.
                    let step = (to - from) / SAMPLES as f64;
                    let x = place(i + 1) + 0.5 * step * (a - c) / bend;
                    seen(x, self.error_at(x));
                }
            }
        }
        if max_at.abs() < 1e-9 * problem.half {
            max_at = 0.0;
        }
        let sum: f64 =
            problem.quadrature().iter().map(|(t, w)| w * self.error_at(at(*t)).powi(2)).sum();
        let (low, high) = request.interval;
        ErrorMeasures {
            max,
            max_at,
            mean_square: 0.5 * sum,
            measured_mean_square: measured.and_then(|m| self.measured_mean_square(m)),
            share_outside: measured.map(|m| m.share_outside(low, high)),
        }
    }

    fn measured_mean_square(&self, measured: &Histogram) -> Option<f64> {
        let (min, max) = (measured.min()?, measured.max()?);
        let sum: f64 = measured
            .bins(MOST_BINS)
            .iter()
            .map(|bin| {
                let (from, to) = (bin.low.max(min), bin.high.min(max));
                // Two-point Gauss-Legendre in each bin.
                let (centre, off) = (0.5 * (from + to), 0.5 * (to - from) / 3_f64.sqrt());
                let squares = [centre - off, centre + off].map(|x| self.error_at(x).powi(2));
                bin.count as f64 * 0.5 * (squares[0] + squares[1])
            })
            .sum();
        Some(sum / measured.total() as f64)
    }

    /// The largest error outside the interval, for each distance in `beyond` (rising shares of the
    /// half-width).
    pub fn outside_errors(&self, beyond: &[f64]) -> Vec<OutsideError> {
        let (low, high) = self.request().interval;
        let half = 0.5 * (high - low);
        let (mut max, mut from) = (0.0_f64, 0.0);
        beyond
            .iter()
            .map(|&to| {
                for i in 0..=SAMPLES {
                    let far = (from + (to - from) * i as f64 / SAMPLES as f64) * half;
                    let errors = [low - far, high + far].map(|x| self.error_at(x).abs());
                    max = errors.into_iter().fold(max, f64::max);
                }
                from = to;
                OutsideError { beyond: to, max }
            })
            .collect()
    }
}
