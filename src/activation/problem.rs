//! What every method is given: a function on an interval, and how it mirrors there.

use super::chebyshev::ChebyshevSeries;
use super::error::ApproximationError;
use super::function::{Activation, Parity};
use super::quadrature::pieces;
use std::f64::consts::PI;

/// Points of the rule on each piece of the interval.
const RULE: usize = 32;

/// A function on an interval, as `constant + slope x + rest(x)`. Methods fit the rest, in
/// `t = (x - centre) / half` on `[-1, 1]`; every method here reproduces the affine part.
pub(super) struct Problem<'a> {
    pub function: &'a Activation,
    pub degree: usize,
    pub low: f64,
    pub high: f64,
    pub centre: f64,
    pub half: f64,
    /// How the rest mirrors about the middle of the interval, where it does.
    pub parity: Option<Parity>,
    constant: f64,
    slope: f64,
}

impl<'a> Problem<'a> {
    pub fn new(function: &'a Activation, degree: usize, (low, high): (f64, f64)) -> Self {
        let function = function.within(low, high);
        let symmetry = function.symmetry();
        Self {
            function,
            degree,
            low,
            high,
            centre: 0.5 * (low + high),
            half: 0.5 * (high - low),
            parity: symmetry.filter(|_| low == -high).map(|s| s.rest),
            constant: symmetry.map_or(0.0, |s| s.constant),
            slope: symmetry.map_or(0.0, |s| s.slope),
        }
    }

    /// The rest at `t`.
    pub fn rest(&self, t: f64) -> f64 {
        self.function.rest(self.half * t + self.centre)
    }

    /// The place of `x = 0` in `[-1, 1]`, when it lies inside.
    pub fn zero(&self) -> Option<f64> {
        (self.low < 0.0 && self.high > 0.0).then(|| -self.centre / self.half)
    }

    /// Places in `[-1, 1]`, rising and with both ends, between which the function is smooth and
    /// nowhere steep: 0, where it has kinks, and for smooth functions powers of two around 0.
    pub fn cuts(&self) -> Vec<f64> {
        let mut cuts = vec![-1.0, 1.0];
        cuts.extend(self.zero());
        let breaks = self.function.breaks();
        cuts.extend(breaks.iter().map(|x| (x - self.centre) / self.half));
        if breaks.is_empty() {
            let mut x = 0.5;
            while x < self.low.abs().max(self.high.abs()) {
                cuts.extend([x, -x].map(|x| (x - self.centre) / self.half));
                x *= 2.0;
            }
        }
        sorted(cuts)
    }

    /// Points and weights in `[-1, 1]` that integrate the rest times any two polynomials of the
    /// largest degree.
    pub fn quadrature(&self) -> Vec<(f64, f64)> {
        let mut cuts = self.cuts();
        cuts.extend((1..16).map(|j| (PI * f64::from(j - 8) / 16.0).sin()));
        pieces(&sorted(cuts), RULE)
    }

    /// The fit of the whole function from the Chebyshev coefficients of the fit of the rest: what
    /// the symmetry forbids and what is below rounding is removed, the affine part added.
    ///
    /// # Errors
    /// When a coefficient is not finite.
    pub fn finish(&self, mut rest: Vec<f64>) -> Result<ChebyshevSeries, ApproximationError> {
        for (k, c) in rest.iter_mut().enumerate() {
            let forbidden = match self.parity {
                Some(Parity::Even) => k % 2 == 1,
                Some(Parity::Odd) => k % 2 == 0,
                None => false,
            };
            if forbidden {
                *c = 0.0;
            }
        }
        self.finish_without_symmetry(rest)
    }

    /// The same of a fit that need not have the symmetry of the function: one to measured values.
    ///
    /// # Errors
    /// When a coefficient is not finite.
    pub fn finish_without_symmetry(
        &self,
        mut rest: Vec<f64>,
    ) -> Result<ChebyshevSeries, ApproximationError> {
        let largest = rest.iter().fold(0.0, |m: f64, c| m.max(c.abs()));
        for c in &mut rest {
            if c.abs() <= 4.0 * f64::EPSILON * largest {
                *c = 0.0;
            }
        }
        rest.resize(rest.len().max(2), 0.0);
        let affine = [self.slope * self.centre + self.constant, self.slope * self.half];
        rest.iter_mut().zip(affine).for_each(|(c, a)| *c += a);
        self.finite(ChebyshevSeries::new((self.low, self.high), rest))
    }

    /// `series`, when all its coefficients are finite.
    pub fn finite(&self, series: ChebyshevSeries) -> Result<ChebyshevSeries, ApproximationError> {
        if series.coefficients().iter().all(|c| c.is_finite()) {
            Ok(series)
        } else {
            Err(ApproximationError::NotFinite { low: self.low, high: self.high })
        }
    }
}

fn sorted(mut cuts: Vec<f64>) -> Vec<f64> {
    cuts.retain(|t| (-1.0..=1.0).contains(t));
    cuts.sort_by(f64::total_cmp);
    cuts.dedup_by(|b, a| *b - *a < 1e-12);
    cuts
}
