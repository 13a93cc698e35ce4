//! Scales as exact rational numbers.

use serde::{Deserialize, Serialize};

/// The factor between a message and the integers that stand for it, kept as a formal product
/// `2^e prod m_i^k_i` of odd integers, so that products and quotients are exact and two scales can
/// be compared exactly: rescaling by a prime divides by that prime, not by something near it.
///
/// Equal products of different factors compare as different; no arithmetic here makes such a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Factors", into = "Factors")]
pub struct Scale {
    two: i32,
    /// Odd factors above 1, rising, with exponents other than 0.
    odd: Vec<(u64, i32)>,
}

/// A scale as it is written: exponent of two, and odd factors with theirs.
#[derive(Serialize, Deserialize)]
struct Factors(i32, Vec<(u64, i32)>);

impl From<Scale> for Factors {
    fn from(scale: Scale) -> Self {
        Self(scale.two, scale.odd)
    }
}

impl TryFrom<Factors> for Scale {
    type Error = &'static str;

    fn try_from(Factors(two, odd): Factors) -> Result<Self, Self::Error> {
        Self::from_factors(two, odd).ok_or("a scale is not a number that this program writes")
    }
}

/// Largest exponent a scale may have; beyond it the value would lose accuracy, and only a circuit
/// that never normalises its scale gets there.
const MAX_EXPONENT: i32 = 1024;

/// Most odd factors of one scale.
const MAX_FACTORS: usize = 128;

impl Scale {
    /// `2^bits`.
    pub fn power_of_two(bits: i32) -> Self {
        Self { two: bits, odd: Vec::new() }
    }

    /// The integer `q`, at least 1.
    pub fn integer(q: u64) -> Option<Self> {
        let two = (q != 0).then(|| q.trailing_zeros())?;
        Some(Self { two: 0, odd: Vec::new() }.with(2, two as i32).with(q >> two, 1))
    }

    /// Exactly `x`, which must be a normal positive number; every such number is `m 2^e`.
    pub fn of(x: f64) -> Option<Self> {
        if !x.is_normal() || x <= 0.0 {
            return None;
        }
        let bits = x.to_bits();
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        let exponent = (bits >> 52) as i32 - 1075;
        Some(Self::integer(mantissa)?.with(2, exponent))
    }

    fn with(mut self, base: u64, exponent: i32) -> Self {
        if base == 2 {
            self.two = self.two.saturating_add(exponent);
        } else if base > 1 && exponent != 0 {
            match self.odd.binary_search_by_key(&base, |f| f.0) {
                Err(at) => self.odd.insert(at, (base, exponent)),
                Ok(at) => {
                    self.odd[at].1 = self.odd[at].1.saturating_add(exponent);
                    if self.odd[at].1 == 0 {
                        self.odd.remove(at);
                    }
                }
            }
        }
        self
    }

    /// `self other`.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let with = |acc: Self, f: &(u64, i32)| acc.with(f.0, f.1);
        other.odd.iter().fold(self.clone(), with).with(2, other.two)
    }

    /// `self / other`.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let with = |acc: Self, f: &(u64, i32)| acc.with(f.0, -f.1);
        other.odd.iter().fold(self.clone(), with).with(2, -other.two)
    }

    /// `self^2`.
    #[must_use]
    pub fn squared(&self) -> Self {
        self.times(self)
    }

    /// `self / (q_0 q_1 ...)`: what rescaling leaves.
    #[must_use]
    pub fn over_integers(&self, factors: impl IntoIterator<Item = u64>) -> Self {
        factors.into_iter().filter(|q| *q > 0).fold(self.clone(), |scale, q| {
            let two = q.trailing_zeros();
            scale.with(2, -(two as i32)).with(q >> two, -1)
        })
    }

    /// Mantissa and exponent of the value: `mantissa 2^exponent`.
    fn components(&self) -> (f64, f64) {
        let mut exponent = f64::from(self.two);
        let mut mantissa = 1.0;
        for (m, k) in &self.odd {
            let bits = 63 - m.leading_zeros() as i32;
            mantissa *= (*m as f64 / f64::from(bits).exp2()).powi(*k);
            exponent += f64::from(bits) * f64::from(*k);
            // Keeps the mantissa far from the ends of the range.
            let shift = mantissa.log2().floor();
            mantissa /= shift.exp2();
            exponent += shift;
        }
        (mantissa, exponent)
    }

    /// The value; relative error at most `2^-50` times the largest exponent. 0 or infinite when out
    /// of range.
    pub fn value(&self) -> f64 {
        let (mantissa, exponent) = self.components();
        let half = (exponent / 2.0).floor();
        mantissa * half.exp2() * (exponent - half).exp2()
    }

    /// `log2` of the value.
    pub fn log2(&self) -> f64 {
        let (mantissa, exponent) = self.components();
        mantissa.log2() + exponent
    }

    /// Whether the exponents are small enough for [`Scale::value`] to be accurate.
    pub fn is_tame(&self) -> bool {
        self.odd.len() <= MAX_FACTORS
            && self.odd.iter().all(|f| f.1.abs() <= MAX_EXPONENT)
            && self.log2().abs() <= f64::from(MAX_EXPONENT)
    }

    /// Exponent of two, and odd factors with their exponents.
    pub(super) fn factors(&self) -> (i32, &[(u64, i32)]) {
        (self.two, &self.odd)
    }

    /// The scale with these factors; `None` unless they are in the order and range that
    /// [`Scale::factors`] gives.
    pub(super) fn from_factors(two: i32, odd: Vec<(u64, i32)>) -> Option<Self> {
        let rising = odd.windows(2).all(|w| w[0].0 < w[1].0);
        let proper = odd.iter().all(|(m, k)| *m > 1 && m % 2 == 1 && m >> 53 == 0 && *k != 0);
        let scale = Self { two, odd };
        let small = two.unsigned_abs() <= 1 << 20
            && scale.odd.iter().all(|f| f.1.unsigned_abs() <= MAX_EXPONENT as u32);
        (rising && proper && small && scale.is_tame()).then_some(scale)
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "2^{:.6}", self.log2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    #[test]
    fn products_and_quotients_are_exact() {
        let q = Scale::integer(1_099_510_054_913).unwrap();
        let delta = Scale::power_of_two(40);
        let after = delta.squared().over(&q);
        assert_ne!(after, delta, "a prime near 2^40 is not 2^40");
        assert_eq!(after.times(&q), delta.squared());
        assert_eq!(after.times(&q).over(&delta), delta);
        assert_eq!(delta.over_integers([1_099_510_054_913]), delta.over(&q));
        let r = Scale::of(0.1).unwrap();
        assert_eq!(r.times(&delta).over(&delta), r);
        assert_eq!(r.value(), 0.1);
        assert_eq!(Scale::integer(48).unwrap().value(), 48.0);
    }

    #[test]
    fn what_is_no_scale_is_refused() {
        assert!(
            [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310].iter().all(|x| Scale::of(*x).is_none())
        );
        assert!(Scale::integer(0).is_none());
        assert!(Scale::from_factors(3, vec![(5, 1), (3, 1)]).is_none());
        assert!(Scale::from_factors(3, vec![(4, 1)]).is_none());
        assert!(Scale::from_factors(3, vec![(3, i32::MIN)]).is_none());
        assert!(Scale::from_factors(2000, vec![]).is_none());
        assert!(!Scale::power_of_two(i32::MAX).squared().is_tame());
    }

    proptest! {
        #[test]
        fn values_agree_with_big_integers(
            m in prop::collection::vec(3u64..1 << 50, 1..6), k in prop::collection::vec(1u32..4, 6)
        ) {
            let mut scale = Scale::power_of_two(0);
            let mut exact = BigUint::from(1u32);
            for (m, k) in m.iter().zip(&k) {
                for _ in 0..*k {
                    scale = scale.times(&Scale::integer(*m).unwrap());
                    exact *= *m;
                }
            }
            // Keep the leading 64 bits of the exact product.
            let shift = exact.bits().saturating_sub(64);
            let expected = u64::try_from(&exact >> shift).unwrap() as f64;
            let got = scale.times(&Scale::power_of_two(-(shift as i32))).value();
            prop_assert!((got / expected - 1.0).abs() < 1e-14);
            prop_assert!((scale.log2() - expected.log2() - shift as f64).abs() < 1e-9);
            let (two, odd) = scale.factors();
            prop_assert_eq!(Scale::from_factors(two, odd.to_vec()).unwrap(), scale);
        }
    }
}
