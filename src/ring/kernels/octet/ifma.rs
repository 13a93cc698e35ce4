//! Octets in 512-bit registers, products by the 52-bit multiply-add.

use super::{LIMB_BITS, LIMBS, OCTET, Octet, OctetProgram, each_limb};
use std::arch::x86_64::*;

/// Only [`run`] names this type, so its methods are reached on processors that have the features.
#[derive(Clone, Copy)]
struct Register(__m512i);

/// Runs a program compiled for IFMA.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn run<P: OctetProgram>(program: P) -> P::Output {
    program.run::<Register>()
}

/// `acc + low or high half of a * b`, 52 bits each.
macro_rules! multiply_add {
    ($name:ident, $acc:expr, $a:expr, $b:expr) => {
        // SAFETY: see `Register`.
        $acc = unsafe { $name($acc, $a, $b) }
    };
}

/// Folds the accumulators of a product: `low[k]` has weight `2^(51 k)`, as has `2 high[k]`.
/// At most five terms below `2^52` each make a sum below `2^56`, and with the factor 19 `2^60.4`.
#[inline(always)]
fn fold(low: [__m512i; 10], high: [__m512i; 10]) -> [Register; LIMBS] {
    each_limb!(K => {
        let sum = Register(low[K]).add(Register(high[K]).shl::<1>());
        let over = Register(low[K + LIMBS]).add(Register(high[K + LIMBS]).shl::<1>());
        sum.add(over.add(over.shl::<1>()).add(over.shl::<4>()))
    })
}

impl Octet for Register {
    #[inline(always)]
    fn load(words: &[u64; OCTET]) -> Self {
        // SAFETY: the reference covers the 64 bytes that are read; see also `Register`.
        Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, words: &mut [u64; OCTET]) {
        // SAFETY: the reference covers the 64 bytes that are written; see also `Register`.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(word: u64) -> Self {
        // SAFETY: see `Register`, as for the next ones.
        Self(unsafe { _mm512_set1_epi64(word as i64) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_sub_epi64(self.0, other.0) })
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        // SAFETY: see `Register`.
        Self(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    fn multiply(a: &[Self; LIMBS], b: &[Self; LIMBS]) -> [Self; LIMBS] {
        let zero = Self::splat(0).0;
        let (mut low, mut high) = ([zero; 2 * LIMBS], [zero; 2 * LIMBS]);
        // Row by row: ten independent sums keep the multipliers busy.
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                multiply_add!(_mm512_madd52lo_epu64, low[i + j], a[i].0, b[j].0);
                multiply_add!(_mm512_madd52hi_epu64, high[i + j + 1], a[i].0, b[j].0);
            }
        }
        fold(low, high)
    }

    #[inline(always)]
    fn square(a: &[Self; LIMBS]) -> [Self; LIMBS] {
        let zero = Self::splat(0).0;
        let (mut low, mut high) = ([zero; 2 * LIMBS], [zero; 2 * LIMBS]);
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                multiply_add!(_mm512_madd52lo_epu64, low[i + j], a[i].0, a[j].0);
                multiply_add!(_mm512_madd52hi_epu64, high[i + j + 1], a[i].0, a[j].0);
            }
        }
        // Products of different limbs count twice.
        for sum in low.iter_mut().chain(&mut high) {
            *sum = Self(*sum).shl::<1>().0;
        }
        for i in 0..LIMBS {
            multiply_add!(_mm512_madd52lo_epu64, low[2 * i], a[i].0, a[i].0);
            multiply_add!(_mm512_madd52hi_epu64, high[2 * i + 1], a[i].0, a[i].0);
        }
        fold(low, high)
    }

    #[inline(always)]
    fn carry(a: &[Self; LIMBS]) -> [Self; LIMBS] {
        let mask = Self::splat((1 << LIMB_BITS) - 1);
        let carried = each_limb!(K => a[K].shr::<LIMB_BITS>());
        let mut first = a[0].and(mask).0;
        multiply_add!(_mm512_madd52lo_epu64, first, carried[4].0, Self::splat(19).0);
        [
            Self(first),
            a[1].and(mask).add(carried[0]),
            a[2].and(mask).add(carried[1]),
            a[3].and(mask).add(carried[2]),
            a[4].and(mask).add(carried[3]),
        ]
    }
}
