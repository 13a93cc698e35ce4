//! The primes of a parameter set, and how to choose them.

use crate::security::max_log2_qp;
use ring::{ERROR_VARIANCE, MAX_MODULUS_BITS, ntt_primes};
use serde::{Deserialize, Serialize};

/// Variance of a uniform ternary coefficient.
pub(super) const TERNARY_VARIANCE: f64 = 2.0 / 3.0;

/// Most primes to a digit that are tried; past it less is saved than special primes cost.
const MAX_DIGIT: usize = 8;

/// The primes of a parameter set.
///
/// Key switching cuts a polynomial into digits of `digit_primes` primes each, multiplies them with
/// keys modulo `Q P`, and divides by the product P of the special primes, which divides the noise
/// too (hybrid key switching, Han and Ki, eprint 2019/688, section 3). Its noise is about a digit
/// over P; after a multiplication it is divided by the rescaling prime as well, because both
/// divisions are one here. So P may be smaller than a digit by the rescaling prime: two primes to a
/// digit go with one special prime, or one to a digit with none or a small one. With l levels,
/// digits of a primes and k special ones a key switch takes about `(l + k) (l / a) + 2 (l + k)`
/// transforms, nearly all of its time: larger digits are faster, and cost the modulus P.
/// [`CkksModuli::fastest`] takes what the security table leaves: 20 transforms instead of 30 for
/// four primes at N = 8192. Rotations that are not rescaled need P as large as a digit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CkksModuli {
    /// The primes of q, first to last; rescaling drops from the end.
    pub chain: Vec<u64>,
    /// The primes of P; none is allowed.
    pub special: Vec<u64>,
    /// Primes to a key switching digit.
    pub digit_primes: usize,
}

impl CkksModuli {
    /// Bits that a key switch is fused with where there is none: nothing is to be saved.
    pub const NO_SWITCH: u32 = u32::MAX >> 1;

    /// Distinct primes of the given sizes, each the largest left below `2^bits`; `None` when there
    /// are not so many.
    pub fn find(
        n: usize,
        chain_bits: &[u32],
        special_bits: &[u32],
        digit_primes: usize,
    ) -> Option<Self> {
        let mut taken = Vec::new();
        for bits in chain_bits.iter().chain(special_bits) {
            if *bits > MAX_MODULUS_BITS || 4 * n as u64 >= 1 << bits {
                return None;
            }
            taken.push(*ntt_primes(*bits, 2 * n, 1, &taken).first()?);
        }
        let special = taken.split_off(chain_bits.len());
        Some(Self { chain: taken, special, digit_primes })
    }

    /// The digits and special primes that make key switches fastest for a chain of these sizes, at
    /// 128 bits of security, such that their noise stays below half of what rounding adds anyway.
    /// Every key switch is taken to be fused with a division by at least `drop_bits` bits; 0 for
    /// rotations that are not rescaled, [`CkksModuli::NO_SWITCH`] where there are none. `None` when nothing fits.
    pub fn fastest(n: usize, chain_bits: &[u32], drop_bits: u32) -> Option<Self> {
        let room = max_log2_qp(n)?.checked_sub(chain_bits.iter().sum())?;
        let levels = chain_bits.len();
        let choices = (1..=levels.min(MAX_DIGIT)).filter_map(|digit_primes| {
            let sizes: Vec<u32> = chain_bits.chunks(digit_primes).map(|d| d.iter().sum()).collect();
            let special_bits = special_bits(n, &sizes, drop_bits);
            let special = special_bits.len();
            // As `CkksParameters::switch_transforms`.
            let raised = (levels + special) * sizes.len() - levels;
            let transforms = levels + raised + 2 * (special + levels);
            let fits = special_bits.iter().sum::<u32>() <= room;
            fits.then_some((transforms, special_bits, digit_primes))
        });
        let (_, special_bits, digit_primes) = choices.min()?;
        Self::find(n, chain_bits, &special_bits, digit_primes)
    }
}

/// Sizes of special primes for digits of these sizes.
fn special_bits(n: usize, digit_bits: &[u32], drop_bits: u32) -> Vec<u32> {
    // Digit times key error over rounding times secret: standard deviations per unit of digit over P.
    let ratio = (digit_bits.len() as f64 * ERROR_VARIANCE / TERNARY_VARIANCE).sqrt();
    let largest = digit_bits.iter().copied().max().unwrap_or(0);
    let needed = f64::from(largest) + ratio.log2() + 1.0 - f64::from(drop_bits);
    if needed <= 0.0 {
        return Vec::new();
    }
    let count = (needed / f64::from(MAX_MODULUS_BITS)).ceil();
    // The smallest primes that are 1 modulo 4N have few bits more than 4N itself.
    let smallest = (4 * n).ilog2() + 4;
    let bits = ((needed / count).ceil() as u32).clamp(smallest, MAX_MODULUS_BITS);
    vec![bits; count as usize]
}

#[cfg(test)]
mod tests {
    use super::super::CkksParameters;
    use super::*;

    #[test]
    fn the_fastest_choice_is_secure_and_adds_no_noise_to_speak_of() {
        for (n, chain, drop) in [
            (8192, vec![45, 40, 40, 40], 40),
            (8192, vec![45, 40, 40, 40], 0),
            (16_384, vec![45, 40, 40, 40, 40, 40, 40, 40], 40),
            (32_768, [&[48][..], &[40; 15]].concat(), 40),
            (65_536, [&[48][..], &[40; 30]].concat(), 0),
        ] {
            let moduli = CkksModuli::fastest(n, &chain, drop).unwrap();
            let parameters = CkksParameters::new(n, &moduli).unwrap();
            assert_eq!(parameters.levels(), chain.len());
            let noise = parameters.key_switch_variance(chain.len());
            let noise = noise * (-2.0 * f64::from(drop)).exp2();
            assert!(noise <= 0.26 * parameters.rounding_variance(2), "N = {n}");
            let one = CkksModuli::find(n, &chain, &[45], 1).unwrap();
            let one = CkksParameters::insecure(n, &one).unwrap();
            let transforms = |p: &CkksParameters| p.switch_transforms(chain.len(), 1);
            assert!(transforms(&parameters) <= transforms(&one), "N = {n}");
        }
        let deep = CkksModuli::fastest(32_768, &[&[48][..], &[40; 15]].concat(), 40).unwrap();
        assert!(deep.digit_primes > 1);
        // Two primes to a digit and one special prime: the rescaling prime does the rest.
        let small = CkksModuli::fastest(8192, &[45, 40, 40, 40], 40).unwrap();
        assert_eq!((small.digit_primes, small.special.len()), (2, 1));
    }

    #[test]
    fn chains_that_leave_no_room_have_no_choice() {
        assert!(CkksModuli::fastest(8192, &[48, 45, 45, 45, 45], 40).is_none());
        assert!(CkksModuli::fastest(1000, &[40], 40).is_none());
        assert!(CkksModuli::fastest(8192, &[60, 40], 40).is_none());
    }
}
