//! Arithmetic of a butterfly on eight words.

use super::tables::Shrink;
use crate::kernels::Modulus;
use crate::kernels::ifma::{MASK_52, splat};
use std::arch::x86_64::*;

/// What a butterfly needs besides its factor.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub q: __m512i,
    pub twice: __m512i,
    /// `2^52 - q`: adding its products takes those of q off.
    pub minus: __m512i,
    pub mask: __m512i,
    /// `floor(2^52 / q)`.
    pub ratio: __m512i,
}

impl Field {
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn new(q: Modulus) -> Self {
        let q = q.value();
        let ratio = splat((1 << 52) / q);
        let (twice, minus) = (splat(2 * q), splat((1 << 52) - q));
        Self { q: splat(q), twice, minus, mask: splat(MASK_52), ratio }
    }

    /// `y w` in `[0, 2q)` for `y < 2^52`; bits above the 52 are to be ignored.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn times(self, y: __m512i, w: __m512i, scaled: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let quotient = _mm512_madd52hi_epu64(zero, y, scaled);
        _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(zero, y, w), quotient, self.minus)
    }

    /// The 52 bits that count.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn cut(self, x: __m512i) -> __m512i {
        _mm512_and_si512(x, self.mask)
    }

    /// `x` or `x - 2q`, whichever is not negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn below_twice(self, x: __m512i) -> __m512i {
        _mm512_min_epu64(x, _mm512_sub_epi64(x, self.twice))
    }

    /// `x` modulo q in `[0, 2q)` for `x < 2^52`; bits above the 52 are to be ignored.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn shorten(self, x: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let quotient = _mm512_madd52hi_epu64(zero, x, self.ratio);
        _mm512_madd52lo_epu64(x, quotient, self.minus)
    }

    /// `x < 2q` below q.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn canonical(self, x: __m512i) -> __m512i {
        _mm512_min_epu64(x, _mm512_sub_epi64(x, self.q))
    }

    /// `2^log q`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn times_q(self, log: usize) -> __m512i {
        _mm512_sll_epi64(self.q, _mm_cvtsi64_si128(log as i64))
    }

    /// Words after a pass of the inverse: at the end times `shrink` and canonical.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn finish(self, x: __m512i, shrink: Shrink) -> __m512i {
        match shrink {
            Some((w, scaled)) => self.canonical(self.cut(self.times(x, w, scaled))),
            None => x,
        }
    }

    /// `(x + y w, x - y w)`; both grow by 2q. Unless `LAZY`, `x` is brought below 2q first, so that
    /// everything stays below 4q.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn forward<const LAZY: bool>(
        self,
        x: __m512i,
        y: __m512i,
        w: __m512i,
        scaled: __m512i,
    ) -> (__m512i, __m512i) {
        let x = if LAZY { x } else { self.below_twice(x) };
        let t = self.times(y, w, scaled);
        let t = if LAZY { t } else { self.cut(t) };
        (_mm512_add_epi64(x, t), _mm512_sub_epi64(_mm512_add_epi64(x, self.twice), t))
    }

    /// `(x + y, (x - y) w)`. Unless `LAZY`, everything is below 2q before and after; otherwise words
    /// are below `bound` before, and twice that after.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn inverse<const LAZY: bool>(
        self,
        x: __m512i,
        y: __m512i,
        w: __m512i,
        scaled: __m512i,
        bound: __m512i,
    ) -> (__m512i, __m512i) {
        let sum = _mm512_add_epi64(x, y);
        if LAZY {
            let difference = _mm512_sub_epi64(_mm512_add_epi64(x, bound), y);
            return (sum, self.times(difference, w, scaled));
        }
        let difference = _mm512_sub_epi64(_mm512_add_epi64(x, self.twice), y);
        (self.below_twice(sum), self.cut(self.times(difference, w, scaled)))
    }
}
