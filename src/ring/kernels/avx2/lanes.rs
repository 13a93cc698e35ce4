//! Four words in a register: loads, stores, and arithmetic modulo a number in doubles.

use crate::kernels::{Modulus, TILE_WORDS};
use std::arch::x86_64::*;

pub(crate) const LANES: usize = 4;
pub(crate) const REGISTERS: usize = TILE_WORDS / LANES;

/// `2^52`: added to an integer below it, it puts the integer into the low bits of the double.
pub(crate) const TWO_52: f64 = 4_503_599_627_370_496.0;
/// `2^84`: the same for the upper half of a word, which then counts 2^32 each.
pub(crate) const TWO_84: f64 = TWO_52 * 4_294_967_296.0;
pub(crate) const TWO_63: f64 = 9_223_372_036_854_775_808.0;
/// `1.5 2^52`: added and taken off again, it rounds what is below 2^51 to the nearest integer.
pub(crate) const ROUNDER: f64 = 1.5 * TWO_52;

/// Products that a sum of doubles takes exactly: `q + 8 (3/4) q < 2^53`.
pub(crate) const EXACT_PRODUCTS: usize = 8;

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn load(words: &[u64; LANES]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read; no alignment is needed.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn store(words: &mut [u64; LANES], value: __m256i) {
    // SAFETY: the reference covers the 32 bytes that are written; no alignment is needed.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn load_signed(words: &[i64; LANES]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read; no alignment is needed.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn store_signed(words: &mut [i64; LANES], value: __m256i) {
    // SAFETY: the reference covers the 32 bytes that are written; no alignment is needed.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn splat(word: u64) -> __m256i {
    _mm256_set1_epi64x(word as i64)
}

/// Words below 2^52 as doubles.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn to_double(x: __m256i) -> __m256d {
    let magic = _mm256_set1_pd(TWO_52);
    _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(x), magic), magic)
}

/// Integers in `[0, 2^52)` as words.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn to_word(x: __m256d) -> __m256i {
    let magic = _mm256_set1_pd(TWO_52);
    _mm256_castpd_si256(_mm256_xor_pd(_mm256_add_pd(x, magic), magic))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn load_double(words: &[u64; LANES]) -> __m256d {
    to_double(load(words))
}

/// A word as the sum of two doubles, both exact.
#[derive(Clone, Copy)]
pub(crate) struct Halves {
    /// The upper 32 bits times 2^32.
    pub(crate) high: __m256d,
    pub(crate) low: __m256d,
}

impl Halves {
    /// Halves of words below 2^64.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn of(x: __m256i) -> Self {
        let magic = _mm256_set1_pd(TWO_84);
        let high = _mm256_castsi256_pd(_mm256_srli_epi64::<32>(x));
        Self { high: _mm256_sub_pd(_mm256_or_pd(high, magic), magic), low: low_half(x) }
    }

    /// Halves of signed words: the upper one has the sign.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn of_signed(x: __m256i) -> Self {
        let sign = splat(0x8000_0000);
        let high = _mm256_xor_si256(_mm256_srli_epi64::<32>(x), sign);
        let high = _mm256_or_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(TWO_84));
        let high = _mm256_sub_pd(high, _mm256_set1_pd(TWO_84 + TWO_63));
        Self { high, low: low_half(x) }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn low_half(x: __m256i) -> __m256d {
    let magic = _mm256_set1_pd(TWO_52);
    let low = _mm256_blend_epi32::<0b1010_1010>(x, _mm256_castpd_si256(magic));
    _mm256_sub_pd(_mm256_castsi256_pd(low), magic)
}

/// Constants of one modulus, broadcast.
#[derive(Clone, Copy)]
pub(crate) struct Double {
    pub(crate) q: __m256d,
    /// `1 / q`.
    pub(crate) inverse: __m256d,
}

impl Double {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(modulus: Modulus) -> Self {
        let q = modulus.value() as f64;
        Self { q: _mm256_set1_pd(q), inverse: _mm256_set1_pd(q.recip()) }
    }

    /// An integer next to `x / q`, for quotients below 2^51.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn quotient(self, x: __m256d) -> __m256d {
        let rounder = _mm256_set1_pd(ROUNDER);
        _mm256_sub_pd(_mm256_fmadd_pd(x, self.inverse, rounder), rounder)
    }

    /// `x y` less a multiple of q, for `x y < 2 q^2`.
    ///
    /// Factors and quotient have relative errors of 2^-53 each and the quotient is below 2^51, so
    /// it is less than 1 from `x y / q` (3/4 where `x y < q^2`): the result is in `(-q, q)`, or
    /// within 3/4 of that.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn product(self, x: __m256d, y: __m256d) -> __m256d {
        let high = _mm256_mul_pd(x, y);
        let low = _mm256_fmsub_pd(x, y, high);
        let rest = _mm256_fnmadd_pd(self.quotient(high), self.q, high);
        _mm256_add_pd(rest, low)
    }

    /// `x` less a multiple of q, in `(-q, q)`, for integers `|x| < 2^53`, `|x| < 2^51 q`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn fold(self, x: __m256d) -> __m256d {
        _mm256_fnmadd_pd(self.quotient(x), self.q, x)
    }

    /// A word less a multiple of q, in `(-q, q)`, for `|x| < 2^62`, `q > 2^11`.
    ///
    /// The word as one double and `1 / q` have relative errors of 2^-53 each, so the quotient, below
    /// 2^51, is less than 1 from `x / q`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn fold_halves(self, x: Halves) -> __m256d {
        let quotient = self.quotient(_mm256_add_pd(x.high, x.low));
        _mm256_add_pd(_mm256_fnmadd_pd(quotient, self.q, x.high), x.low)
    }

    /// `x` or `x + q`, whichever is in `[0, q)`, for `x` in `(-q, q)`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn canonical(self, x: __m256d) -> __m256d {
        let negative = _mm256_cmp_pd::<_CMP_LT_OQ>(x, _mm256_setzero_pd());
        _mm256_add_pd(x, _mm256_and_pd(negative, self.q))
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn store(self, words: &mut [u64; LANES], x: __m256d) {
        store(words, to_word(self.canonical(x)));
    }
}

/// Whether `Double::fold_halves` holds for this modulus; smaller ones take the portable path.
#[inline]
pub(crate) fn is_wide(q: Modulus) -> bool {
    q.value() >> 11 != 0
}
