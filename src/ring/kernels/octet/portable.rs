//! Octets in plain Rust: one number after the other, products of 128 bits.

use super::{LIMB_BITS, LIMBS, OCTET, Octet};
use std::array::from_fn;

const MASK: u64 = (1 << LIMB_BITS) - 1;

#[derive(Clone, Copy)]
pub struct Words([u64; OCTET]);

impl Words {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

/// Sums of products, reduced; limbs of the factors are below `2^52`.
#[inline(always)]
fn multiply(a: [u64; LIMBS], b: [u64; LIMBS]) -> [u64; LIMBS] {
    let wide = |x: u64, y: u64| u128::from(x) * u128::from(y);
    let mut sums: [u128; LIMBS] = from_fn(|at| {
        let low: u128 = (0..=at).map(|i| wide(a[i], b[at - i])).sum();
        let high: u128 = (at + 1..LIMBS).map(|i| wide(a[i], b[LIMBS + at - i])).sum();
        low + 19 * high
    });
    for at in 0..LIMBS - 1 {
        let carry = sums[at] >> LIMB_BITS;
        sums[at + 1] += carry;
    }
    let top = (sums[LIMBS - 1] >> LIMB_BITS) as u64;
    let mut limbs = sums.map(|sum| sum as u64 & MASK);
    // The carry is below 2^60: 5 19 2^104 / 2^51.
    let low = u128::from(limbs[0]) + 19 * u128::from(top);
    limbs[0] = low as u64 & MASK;
    limbs[1] += (low >> LIMB_BITS) as u64;
    limbs
}

#[inline(always)]
fn lanes(f: impl Fn(usize) -> [u64; LIMBS]) -> [Words; LIMBS] {
    let mut out = [Words([0; OCTET]); LIMBS];
    for lane in 0..OCTET {
        let limbs = f(lane);
        for (word, limb) in out.iter_mut().zip(limbs) {
            word.0[lane] = limb;
        }
    }
    out
}

impl Octet for Words {
    #[inline(always)]
    fn load(words: &[u64; OCTET]) -> Self {
        Self(*words)
    }

    #[inline(always)]
    fn store(self, words: &mut [u64; OCTET]) {
        *words = self.0;
    }

    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self([word; OCTET])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_add)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_sub)
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        Self(self.0.map(|word| word >> BITS))
    }

    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        Self(self.0.map(|word| word << BITS))
    }

    // One copy for all programs: it needs no instruction set.
    #[inline(never)]
    fn multiply(a: &[Self; LIMBS], b: &[Self; LIMBS]) -> [Self; LIMBS] {
        lanes(|lane| multiply(a.map(|w| w.0[lane]), b.map(|w| w.0[lane])))
    }

    #[inline(always)]
    fn square(a: &[Self; LIMBS]) -> [Self; LIMBS] {
        Self::multiply(a, a)
    }

    #[inline(never)]
    fn carry(a: &[Self; LIMBS]) -> [Self; LIMBS] {
        lanes(|lane| {
            let a = a.map(|w| w.0[lane]);
            from_fn(|at| {
                let carried = match at {
                    0 => 19 * (a[LIMBS - 1] >> LIMB_BITS),
                    _ => a[at - 1] >> LIMB_BITS,
                };
                (a[at] & MASK) + carried
            })
        })
    }
}
