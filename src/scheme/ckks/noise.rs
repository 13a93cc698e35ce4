//! Predicted errors: variances in the canonical embedding.
//!
//! A slot of an element with independent coefficients of variance v has the variance `(2N - 1) v`,
//! because `a_0 + 2 sum_j a_j cos(...)` sums N - 1 squares of mean `2 v`; slots of products are
//! products of slots. That makes slot variances the natural unit here, where bounds of coefficients
//! would lose a factor `sqrt N` at each product (Costache, Curtis, Hales, Murphy, Ogilvie and
//! Player, eprint 2022/162, section 3, do the same for the full ring).

use super::moduli::TERNARY_VARIANCE;
use super::{CkksParameters, Scale};
use ring::ERROR_VARIANCE;

/// Variance of a uniform rounding error.
const ROUNDING: f64 = 1.0 / 12.0;

/// Variances of a slot of the phase, not divided by any scale.
impl CkksParameters {
    fn slot(&self, coefficient_variance: f64) -> f64 {
        (2 * self.degree() - 1) as f64 * coefficient_variance
    }

    /// What rounding coefficients to integers adds.
    pub fn encoding_variance(&self) -> f64 {
        self.slot(ROUNDING)
    }

    /// What encryption adds, encoding included.
    pub fn fresh_variance(&self) -> f64 {
        self.slot(ERROR_VARIANCE) + self.encoding_variance()
    }

    /// What rounding each of two or three components adds: `r_0 + r_1 s + r_2 s^2`, with the fourth moment
    /// `3 E[s^2]^2` of a slot of s.
    pub fn rounding_variance(&self, components: usize) -> f64 {
        let s = self.slot(TERNARY_VARIANCE);
        let of_parts = [1.0, s, 3.0 * s * s];
        self.encoding_variance() * of_parts.iter().take(components).sum::<f64>()
    }

    /// What a key switch at `level` adds before anything is rounded: the sum over digits of digit
    /// times key error, over P.
    pub fn key_switch_variance(&self, level: usize) -> f64 {
        let log2_p = self.log2_p();
        let digit = |d| {
            let log2_ratio: f64 =
                self.digit(d, level).map(|j| self.modulus(j).log2()).sum::<f64>() - log2_p;
            self.slot(ROUNDING) * self.slot(ERROR_VARIANCE) * (2.0 * log2_ratio).exp2()
        };
        (0..self.digits(level)).map(digit).sum()
    }

    /// What rescaling ciphertexts of `components` components adds, after it.
    pub fn rescale_variance(&self, components: usize, drop: usize) -> f64 {
        if drop == 0 { 0.0 } else { self.rounding_variance(components) }
    }

    /// What a key switch at `level` with the division by the last `drop` primes adds, after it.
    pub fn switch_and_rescale_variance(&self, level: usize, drop: usize) -> f64 {
        let log2_dropped: f64 =
            (level.saturating_sub(drop)..level).map(|j| self.modulus(j).log2()).sum();
        let rounds = drop > 0 || !self.special().is_empty();
        let rounding = if rounds { self.rounding_variance(2) } else { 0.0 };
        self.key_switch_variance(level) * (-2.0 * log2_dropped).exp2() + rounding
    }
}

/// The predicted error of a slot, in units of messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    pub variance: f64,
}

impl Noise {
    /// A variance of the phase at `scale`.
    pub fn of_phase(variance: f64, scale: &Scale) -> Self {
        Self { variance: variance / scale.value().powi(2) }
    }

    /// Of a fresh ciphertext.
    pub fn fresh(parameters: &CkksParameters, scale: &Scale) -> Self {
        Self::of_phase(parameters.fresh_variance(), scale)
    }

    /// Of the sum of values whose errors are independent.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { variance: self.variance + other.variance }
    }

    /// Of `factor` times the value.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { variance: self.variance * factor * factor }
    }

    /// Of the product of two values with independent errors; mean squares of the messages given.
    #[must_use]
    pub fn product(self, mean_square: f64, other: Self, other_mean_square: f64) -> Self {
        let (a, b) = (self.variance, other.variance);
        Self { variance: a * other_mean_square + b * mean_square + a * b }
    }

    /// Of the square; both factors have the same error.
    #[must_use]
    pub fn squared(self, mean_square: f64) -> Self {
        Self { variance: 4.0 * self.variance * mean_square + 2.0 * self.variance.powi(2) }
    }

    /// Bits of precision by the root mean square of the errors: `-log2`.
    pub fn rms_bits(self) -> f64 {
        -0.5 * self.variance.log2()
    }

    /// Bits of precision by the largest error among so many slots.
    pub fn max_bits(self, slots: usize) -> f64 {
        -largest_error(&[self], slots).log2()
    }
}

/// How often the largest error may be larger than predicted.
const EXCEEDED: f64 = 0.2;

/// The largest error among so many slots, as many of each kind, that is exceeded once in five times.
///
/// Rounding errors times the secret are products of two normal variables, whose tail is
/// `sqrt(2 / (pi x)) e^-x`, and they are most of the noise of computed ciphertexts; for fresh ones
/// this is pessimistic by a bit.
pub(super) fn largest_error(kinds: &[Noise], slots: usize) -> f64 {
    let standard_deviations: Vec<f64> = kinds.iter().map(|n| n.variance.sqrt()).collect();
    let largest = standard_deviations.iter().fold(0f64, |m, d| m.max(*d));
    let expected_above = |x: f64| -> f64 {
        let tail = |d: &f64| {
            let y = x * largest / d;
            if *d == 0.0 {
                0.0
            } else {
                ((2.0 / (std::f64::consts::PI * y)).sqrt() * (-y).exp()).min(1.0)
            }
        };
        slots as f64 / kinds.len().max(1) as f64 * standard_deviations.iter().map(tail).sum::<f64>()
    };
    // It falls from above to below between these, in units of the largest standard deviation.
    let (mut low, mut high) = (0.0, 64.0);
    for _ in 0..48 {
        let middle = 0.5 * (low + high);
        if expected_above(middle) > EXCEEDED { low = middle } else { high = middle }
    }
    high * largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_many_is_seldom_exceeded() {
        let of = |variance: f64| Noise { variance };
        for slots in [64, 8192, 65_536] {
            let x = largest_error(&[of(9.0)], slots) / 3.0;
            let tail = (2.0 / (std::f64::consts::PI * x)).sqrt() * (-x).exp();
            assert!((tail * slots as f64 / EXCEEDED - 1.0).abs() < 1e-3, "{slots}: {x}");
            // Half of the slots with hardly any error are like half as many slots.
            let half = largest_error(&[of(9.0), of(1e-9)], slots) / 3.0;
            assert!((half - largest_error(&[of(9.0)], slots / 2) / 3.0).abs() < 1e-9);
        }
        assert_eq!(largest_error(&[of(0.0)], 64), 0.0);
    }

    #[test]
    fn bits_are_those_of_errors() {
        let noise = Noise { variance: 2f64.powi(-40) };
        assert_eq!(noise.rms_bits(), 20.0);
        assert_eq!(noise.times(4.0).rms_bits(), 18.0);
        assert!(noise.max_bits(4096) < 18.0 && noise.max_bits(4096) > 16.0);
        let tiny = Noise { variance: 0.0 };
        assert_eq!(noise.product(0.25, tiny, 4.0).rms_bits(), 19.0);
        assert!((noise.squared(0.25).rms_bits() - 20.0).abs() < 1e-9);
    }
}
