//! Sums of rows times constants, and the way into the conjugate-invariant ring.

use super::super::{AFFINE_ROWS, portable};
use super::lanes::{LANES, MASK_52, Wide, load, splat, store};
use crate::kernels::Modulus;
use std::arch::x86_64::*;

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn mirror(q: Modulus, x: &mut [u64], front: &[u64], back: &[u64]) {
    let wide = Wide::new(q);
    let zero = _mm512_setzero_si512();
    let reversed = _mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    let half = x.len() / 2;
    // Words 1, 2, ... and, from the end, n - 1, n - 2, ...
    let (x_low, x_high) = x.split_at_mut(half);
    let (front_low, front_high) = front.split_at(half);
    let (back_low, back_high) = back.split_at(half);
    let x_low = x_low[1..].as_chunks_mut::<LANES>().0.iter_mut();
    let x_high = x_high[1..].as_rchunks_mut::<LANES>().1.iter_mut().rev();
    let low = front_low[1..].as_chunks::<LANES>().0.iter().zip(back_low[1..].as_chunks().0);
    let high = front_high[1..].as_rchunks::<LANES>().1.iter().rev();
    let high = high.zip(back_high[1..].as_rchunks().1.iter().rev());
    for (((x_low, x_high), low), high) in x_low.zip(x_high).zip(low).zip(high) {
        let (at_low, at_high) = (load(x_low), load(x_high));
        let sides = [
            (x_low, low, at_low, _mm512_permutexvar_epi64(reversed, at_high)),
            (x_high, high, at_high, _mm512_permutexvar_epi64(reversed, at_low)),
        ];
        for (x, (front, back), own, other) in sides {
            let (front, back) = (load(front), load(back));
            let mut lo = _mm512_madd52lo_epu64(zero, own, front);
            let mut hi = _mm512_madd52hi_epu64(zero, own, front);
            lo = _mm512_madd52lo_epu64(lo, other, back);
            hi = _mm512_madd52hi_epu64(hi, other, back);
            hi = _mm512_add_epi64(hi, _mm512_srli_epi64::<52>(lo));
            lo = _mm512_and_si512(lo, splat(MASK_52));
            // Two products of canonical words: hi < 2 q^2 / 2^52 < q.
            let r = wide.montgomery(hi, lo);
            store(x, _mm512_min_epu64(r, _mm512_add_epi64(r, wide.q)));
        }
    }
    let done = 1 + (half - 1) / LANES * LANES;
    portable::mirror_rest(q, x, front, back, done);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn affine(q: Modulus, rows: &[&[u64]], constants: &[u64], offset: u64, out: &mut [u64]) {
    let wide = Wide::new(q);
    let q2 = _mm512_add_epi64(wide.q, wide.q);
    let start = wide.grow(splat(offset));
    let mut grown = [_mm512_setzero_si512(); AFFINE_ROWS];
    for (grown, constant) in grown.iter_mut().zip(constants) {
        *grown = wide.grow(splat(*constant));
    }
    let (out8, out_rest) = out.as_chunks_mut::<LANES>();
    for (w, out) in out8.iter_mut().enumerate() {
        let mut lo = start;
        let mut hi = _mm512_setzero_si512();
        for (row, constant) in rows.iter().zip(grown) {
            let x = load(&row.as_chunks().0[w]);
            lo = _mm512_madd52lo_epu64(lo, x, constant);
            hi = _mm512_madd52hi_epu64(hi, x, constant);
        }
        hi = _mm512_add_epi64(hi, _mm512_srli_epi64::<52>(lo));
        lo = _mm512_and_si512(lo, splat(MASK_52));
        // At most twelve products below 2^50 q and a word: hi <= 3 q, so hi + q <= 4 q.
        let r = _mm512_add_epi64(wide.montgomery(hi, lo), wide.q);
        let r = _mm512_min_epu64(r, _mm512_sub_epi64(r, q2));
        store(out, wide.below_q(r));
    }
    let done = 8 * out8.len();
    if !out_rest.is_empty() {
        let mut rest: [&[u64]; AFFINE_ROWS] = [&[]; AFFINE_ROWS];
        for (rest, row) in rest.iter_mut().zip(rows) {
            *rest = &row[done..];
        }
        portable::affine(q, &rest[..rows.len()], constants, offset, out_rest);
    }
}
