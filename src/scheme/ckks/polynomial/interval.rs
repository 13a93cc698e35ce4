//! Messages of an interval brought to [-1, 1].

use super::super::arithmetic::tame;
use super::super::{Ciphertext, CkksError, CkksParameters, Scale};
use progress::Watch;
use serde::{Deserialize, Serialize};

/// An interval `[low, high]` that polynomials in the Chebyshev basis are given on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Half its length.
    pub fn radius(self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// Its middle.
    pub fn middle(self) -> f64 {
        0.5 * (self.high + self.low)
    }

    /// Where `x` goes.
    pub fn to_unit(self, x: f64) -> f64 {
        (x - self.middle()) / self.radius()
    }
}

impl CkksParameters {
    /// `(x - middle) / radius`, without a level: the division is one of the scale, which becomes
    /// `radius` times as large. Powers of the result have scales that grow with powers of the radius,
    /// so unless it is near 1 let the weighted sums before it leave a scale that is smaller by as
    /// much, or spend a level on [`CkksParameters::change_scale`].
    ///
    /// # Errors
    /// When the interval is empty or not finite.
    pub fn map_interval(
        &self,
        ciphertext: Ciphertext,
        interval: Interval,
    ) -> Result<Ciphertext, CkksError> {
        let Interval { low, high } = interval;
        let radius = Scale::of(interval.radius()).filter(|_| interval.middle().is_finite());
        let reason = || format!("[{low}, {high}] is not an interval");
        let radius = radius.ok_or_else(|| CkksError::Polynomial { reason: reason() })?;
        let mut centred = self.add_constant(ciphertext, -interval.middle())?;
        centred.scale = centred.scale.times(&radius);
        tame(centred)
    }

    /// The same messages at `scale`, one level lower: a multiplication by the ratio of the scales
    /// times the prime that is dropped, rounded to an integer, whose relative error is at most half
    /// of its inverse.
    pub fn change_scale(
        &self,
        ciphertexts: Vec<Ciphertext>,
        scale: &Scale,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let level = ciphertexts.iter().map(Ciphertext::level).min().unwrap_or(2);
        let short = CkksError::Level { what: "a change of scale", needed: 2, left: level };
        let last = level.checked_sub(2).map(|at| self.prime(at + 1)).ok_or(short)?;
        let before = scale.over(&Scale::power_of_two(0).over_integers([last]));
        let multiply = |c: &Ciphertext| self.weighted_sum(&[c], &[1.0], &before);
        let multiplied = ciphertexts.iter().map(multiply).collect::<Result<_, _>>()?;
        self.rescale(multiplied, 1, watch, what)
    }
}
