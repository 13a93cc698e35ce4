//! Eight words in a register: loads, stores, and arithmetic modulo a number.

use crate::kernels::{Modulus, TILE_WORDS};
use std::arch::x86_64::*;

pub(crate) const LANES: usize = 8;
pub(crate) const REGISTERS: usize = TILE_WORDS / LANES;
pub(crate) const MASK_52: u64 = (1 << 52) - 1;

/// Constants of one modulus, broadcast.
#[derive(Clone, Copy)]
pub(crate) struct Wide {
    pub(crate) q: __m512i,
    /// `q^-1 mod 2^52`.
    pub(crate) inverse: __m512i,
    /// `2^104 mod q`: brings a Montgomery product back to the plain one.
    pub(crate) square_of_r: __m512i,
    /// `floor(2^62 / q)`, below 2^52 because `q >= 2^11` is checked by the caller of `reduce`.
    pub(crate) ratio: __m512i,
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(crate) fn load(words: &[u64; LANES]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes that are read; no alignment is needed.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(crate) fn store(words: &mut [u64; LANES], value: __m512i) {
    // SAFETY: the reference covers the 64 bytes that are written; no alignment is needed.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(crate) fn load_signed(words: &[i64; LANES]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes that are read; no alignment is needed.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(crate) fn store_signed(words: &mut [i64; LANES], value: __m512i) {
    // SAFETY: the reference covers the 64 bytes that are written; no alignment is needed.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(crate) fn splat(word: u64) -> __m512i {
    _mm512_set1_epi64(word as i64)
}

impl Wide {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn new(modulus: Modulus) -> Self {
        let constants = modulus.ifma();
        Self {
            q: splat(modulus.value()),
            inverse: splat(constants.inverse),
            square_of_r: splat(constants.square_of_r),
            ratio: splat(constants.ratio),
        }
    }

    /// `x` or `x - q`, whichever is in range, for `x < 2q`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn below_q(self, x: __m512i) -> __m512i {
        _mm512_min_epu64(x, _mm512_sub_epi64(x, self.q))
    }

    /// `hi 2^52 + lo` times `2^-52`, in `(-q, hi]`: the low halves cancel.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn montgomery(self, hi: __m512i, lo: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let m = _mm512_madd52lo_epu64(zero, lo, self.inverse);
        _mm512_sub_epi64(hi, _mm512_madd52hi_epu64(zero, m, self.q))
    }

    /// `x y 2^-52 mod q` for `x y < 2^52 q`, both below 2^52.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn mul_shrunk(self, x: __m512i, y: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let hi = _mm512_madd52hi_epu64(zero, x, y);
        let lo = _mm512_madd52lo_epu64(zero, x, y);
        let r = self.montgomery(hi, lo);
        _mm512_min_epu64(r, _mm512_add_epi64(r, self.q))
    }

    /// `x 2^52 mod q` for `x < 2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn grow(self, x: __m512i) -> __m512i {
        self.mul_shrunk(x, self.square_of_r)
    }

    /// `x mod q` for `x < 2^62`, `q > 2^10`.
    ///
    /// The estimate `floor(floor(x / 2^10) ratio / 2^52)` is at most two below `floor(x / q)`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn reduce(self, x: __m512i) -> __m512i {
        let top = _mm512_srli_epi64::<10>(x);
        let quotient = _mm512_madd52hi_epu64(_mm512_setzero_si512(), top, self.ratio);
        let r = _mm512_sub_epi64(x, _mm512_mullo_epi64(quotient, self.q));
        self.below_q(self.below_q(r))
    }

    /// The same for `x < 2^61`, with one correction: what the estimate loses by cutting the ratio is
    /// below `x / 2^62`, so it is at most one too low.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn reduce_short(self, x: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let top = _mm512_srli_epi64::<10>(x);
        let quotient = _mm512_madd52hi_epu64(zero, top, self.ratio);
        // The difference is below 2q, so its low 52 bits are all of it.
        let r = _mm512_sub_epi64(x, _mm512_madd52lo_epu64(zero, quotient, self.q));
        self.below_q(_mm512_and_si512(r, splat(MASK_52)))
    }

    /// `x - y mod q` for canonical words.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub(crate) fn sub(self, x: __m512i, y: __m512i) -> __m512i {
        let r = _mm512_sub_epi64(x, y);
        _mm512_min_epu64(r, _mm512_add_epi64(r, self.q))
    }
}

/// Whether `Wide::reduce` holds for this modulus; smaller ones take the portable path.
#[inline]
pub(crate) fn is_wide(q: Modulus) -> bool {
    q.value() >> 11 != 0
}
