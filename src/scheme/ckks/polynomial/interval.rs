//! Messages of an interval brought to [-1, 1].

use super::super::arithmetic::tame;
use super::super::{Ciphertext, CkksError, CkksParameters, Scale};
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
    /// so unless it is near 1 let the weighted sums before it leave a scale that is smaller by as much.
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
}
