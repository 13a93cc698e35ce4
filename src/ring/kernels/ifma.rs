//! Kernels for AVX-512 with IFMA: 52-bit products, eight words at a time.
//!
//! Every function is `unsafe` to call only because of its instruction set; loads and stores go
//! through references to eight words.

mod affine;
mod lanes;
mod masks;
mod sampling;
mod signed;

pub use affine::{affine, mirror};
pub(super) use lanes::{LANES, MASK_52, Wide, load, splat, store};
pub use masks::mask_stream;
pub use sampling::{centered_binomial, key_stream, uniform};
pub use signed::{has_zeros, signed_sums, without_zeros};

use super::{BLOCK_ROWS, Modulus, TILE_WORDS, Tile};
use lanes::{REGISTERS, is_wide, load_signed, store_signed};
use std::arch::x86_64::*;
use std::hint::black_box;

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn reduce_signed(q: Modulus, x: &[i64], out: &mut [u64]) {
    if !is_wide(q) {
        return super::portable::reduce_signed(q, x, out);
    }
    let wide = Wide::new(q);
    let (x8, x_rest) = x.as_chunks::<LANES>();
    let (out8, out_rest) = out.as_chunks_mut::<LANES>();
    for (x, out) in x8.iter().zip(out8) {
        let x = load_signed(x);
        let negative = _mm512_movepi64_mask(x);
        let size = _mm512_abs_epi64(x);
        // Messages with their errors are mostly below the primes.
        if _mm512_cmpge_epu64_mask(size, wide.q) == 0 {
            store(out, _mm512_mask_add_epi64(x, negative, x, wide.q));
            continue;
        }
        let r = wide.reduce(size);
        let flipped = wide.sub(_mm512_setzero_si512(), r);
        store(out, _mm512_mask_mov_epi64(r, negative, flipped));
    }
    super::portable::reduce_signed(q, x_rest, out_rest);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn mul_scalar(q: Modulus, x: &mut [u64], c: u64) {
    let wide = Wide::new(q);
    let grown = wide.grow(splat(c));
    let (x8, x_rest) = x.as_chunks_mut::<LANES>();
    for x in x8 {
        let r = wide.mul_shrunk(load(x), grown);
        store(x, r);
    }
    super::portable::mul_scalar(q, x_rest, c);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn dot(q: Modulus, acc: &mut [u64], pairs: &[(&[u64], &[u64])]) {
    let wide = Wide::new(q);
    let (acc8, acc_rest) = acc.as_chunks_mut::<LANES>();
    let q2 = _mm512_slli_epi64::<1>(wide.q);
    let q4 = _mm512_slli_epi64::<2>(wide.q);
    let short = q.value() >> 48 == 0;
    for (w, acc) in acc8.iter_mut().enumerate() {
        let mut lo = load(acc);
        let mut hi = _mm512_setzero_si512();
        for (a, b) in pairs {
            let (a, b) = (load(&a.as_chunks().0[w]), load(&b.as_chunks().0[w]));
            lo = _mm512_madd52lo_epu64(lo, a, b);
            hi = _mm512_madd52hi_epu64(hi, a, b);
        }
        hi = _mm512_add_epi64(hi, _mm512_srli_epi64::<52>(lo));
        lo = _mm512_and_si512(lo, splat(MASK_52));
        let r = wide.montgomery(hi, lo);
        if short {
            // Sixteen products and a word: hi <= 16 q^2 / 2^52 + 1 <= q.
            store(acc, wide.grow(_mm512_min_epu64(r, _mm512_add_epi64(r, wide.q))));
            continue;
        }
        // The same: hi < 4 q + 1, so hi + q < 8 q.
        let r = _mm512_add_epi64(r, wide.q);
        let r = _mm512_min_epu64(r, _mm512_sub_epi64(r, q4));
        let r = _mm512_min_epu64(r, _mm512_sub_epi64(r, q2));
        store(acc, wide.grow(wide.below_q(r)));
    }
    let done = 8 * acc8.len();
    if !acc_rest.is_empty() {
        let rest: Vec<_> = pairs.iter().map(|(a, b)| (&a[done..], &b[done..])).collect();
        super::portable::dot(q, acc_rest, &rest);
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn recenter(from: Modulus, to: Modulus, x: &[u64], out: &mut [u64]) {
    if !is_wide(to) {
        return super::portable::recenter(from, to, x, out);
    }
    let wide = Wide::new(to);
    let half = splat(from.value() / 2);
    let whole = splat(to.reduce(from.value()));
    // Moduli of about one size: what is centred for one needs no reduction by the other.
    let near = from.value() / 2 < to.value();
    let difference = splat(to.value().wrapping_sub(from.value()));
    let (x8, x_rest) = x.as_chunks::<LANES>();
    let (out8, out_rest) = out.as_chunks_mut::<LANES>();
    for (x, out) in x8.iter().zip(out8) {
        let x = load(x);
        let negative = _mm512_cmpgt_epu64_mask(x, half);
        if near {
            store(out, _mm512_mask_add_epi64(x, negative, x, difference));
            continue;
        }
        let r = wide.reduce(x);
        store(out, _mm512_mask_mov_epi64(r, negative, wide.sub(r, whole)));
    }
    super::portable::recenter(from, to, x_rest, out_rest);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn scale_sub(q: Modulus, x: &mut [u64], cx: u64, y: &[u64], cy: u64) {
    let wide = Wide::new(q);
    // Products of Shoup, as in the transforms: each below 2q, their sum below 4q.
    let zero = _mm512_setzero_si512();
    let (minus, twice) = (splat((1 << 52) - q.value()), _mm512_slli_epi64::<1>(wide.q));
    let cy_negated = q.sub(0, cy);
    let scaled = |c: u64| splat(((u128::from(c) << 52) / u128::from(q.value())) as u64);
    let (factor_x, factor_y) = (splat(cx), splat(cy_negated));
    let (scaled_x, scaled_y) = (scaled(cx), scaled(cy_negated));
    let (x8, x_rest) = x.as_chunks_mut::<LANES>();
    let (y8, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x8.iter_mut().zip(y8) {
        let (at_x, at_y) = (load(x), load(y));
        let quotient_x = _mm512_madd52hi_epu64(zero, at_x, scaled_x);
        let quotient_y = _mm512_madd52hi_epu64(zero, at_y, scaled_y);
        let left = _mm512_madd52lo_epu64(zero, at_x, factor_x);
        let right = _mm512_madd52lo_epu64(zero, at_y, factor_y);
        let left = _mm512_madd52lo_epu64(left, quotient_x, minus);
        let right = _mm512_madd52lo_epu64(right, quotient_y, minus);
        let r = _mm512_and_si512(_mm512_add_epi64(left, right), splat(MASK_52));
        let r = _mm512_min_epu64(r, _mm512_sub_epi64(r, twice));
        store(x, wide.below_q(r));
    }
    super::portable::scale_sub(q, x_rest, cx, y_rest, cy);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn square(q: Modulus, x: &[Tile], y: &[Tile], out: [&mut [Tile]; 3]) {
    let wide = Wide::new(q);
    let [out0, out1, out2] = out;
    let outs = out0.iter_mut().zip(out1).zip(out2);
    for ((x, y), ((out0, out1), out2)) in x.iter().zip(y).zip(outs) {
        let (x8, y8) = (x.0.as_chunks().0, y.0.as_chunks().0);
        let out0 = out0.0.as_chunks_mut().0;
        let out1 = out1.0.as_chunks_mut().0;
        let out2 = out2.0.as_chunks_mut().0;
        for r in 0..REGISTERS {
            let (x, y) = (load(&x8[r]), load(&y8[r]));
            let (grown_x, grown_y) = (wide.grow(x), wide.grow(y));
            let xy = wide.mul_shrunk(grown_x, y);
            store(&mut out0[r], wide.mul_shrunk(grown_x, x));
            store(&mut out1[r], wide.below_q(_mm512_add_epi64(xy, xy)));
            store(&mut out2[r], wide.mul_shrunk(grown_y, y));
        }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn accumulate(
    x: &[Tile],
    columns: &[u32],
    weights: &[[u64; BLOCK_ROWS]],
    acc: &mut [Tile; BLOCK_ROWS],
) {
    // 24 accumulators, 4 inputs and one weight stay in the 32 registers.
    let mut sums = [[_mm512_setzero_si512(); REGISTERS]; BLOCK_ROWS];
    for (sums, acc) in sums.iter_mut().zip(acc.iter()) {
        for (sum, words) in sums.iter_mut().zip(acc.0.as_chunks().0) {
            *sum = load(words);
        }
    }
    for (column, weights) in columns.iter().zip(weights) {
        let x = x[*column as usize].0.as_chunks().0;
        let x: [__m512i; REGISTERS] = [load(&x[0]), load(&x[1]), load(&x[2]), load(&x[3])];
        for (sums, weight) in sums.iter_mut().zip(weights) {
            let weight = splat(*weight);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = _mm512_madd52lo_epu64(*sum, x, weight);
            }
        }
    }
    for (acc, sums) in acc.iter_mut().zip(sums) {
        for (words, sum) in acc.0.as_chunks_mut().0.iter_mut().zip(sums) {
            store(words, sum);
        }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn reduce(q: Modulus, acc: &Tile, out: &mut Tile) {
    if !is_wide(q) {
        return super::portable::reduce(q, acc, out);
    }
    let wide = Wide::new(q);
    for (out, acc) in out.0.as_chunks_mut().0.iter_mut().zip(acc.0.as_chunks().0) {
        store(out, wide.reduce(load(acc)));
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn offset_term(q: Modulus, offset: u64, sum: &Tile, out: &mut Tile) {
    if !is_wide(q) {
        return super::portable::offset_term(q, offset, sum, out);
    }
    let wide = Wide::new(q);
    let whole = splat((offset + 1) * q.value());
    let offset = splat(offset);
    for (out, sum) in out.0.as_chunks_mut().0.iter_mut().zip(sum.0.as_chunks().0) {
        // The offset is below 2^52 and the sum canonical: the low half of the product is all of it.
        let zero = _mm512_setzero_si512();
        let product = _mm512_madd52lo_epu64(zero, offset, wide.reduce(load(sum)));
        store(out, _mm512_sub_epi64(whole, product));
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn reduce_sum(q: Modulus, acc: &Tile, term: &Tile, out: &mut Tile) {
    if !is_wide(q) {
        return super::portable::reduce_sum(q, acc, term, out);
    }
    let wide = Wide::new(q);
    let (acc, term) = (acc.0.as_chunks().0, term.0.as_chunks().0);
    for ((out, acc), term) in out.0.as_chunks_mut().0.iter_mut().zip(acc).zip(term) {
        store(out, wide.reduce(_mm512_add_epi64(load(acc), load(term))));
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn combine(
    q: Modulus,
    high: Option<(&Tile, u32)>,
    low: &Tile,
    offset: u64,
    sum: &Tile,
    out: &mut Tile,
) {
    if !is_wide(q) {
        return super::portable::combine(q, high, low, offset, sum, out);
    }
    let wide = Wide::new(q);
    let offset = wide.grow(splat(q.reduce(offset)));
    let (low, sum) = (low.0.as_chunks().0, sum.0.as_chunks().0);
    for (r, out) in out.0.as_chunks_mut().0.iter_mut().enumerate() {
        let mut plus = load(&low[r]);
        if let Some((high, shift)) = high {
            let high = load(&high.0.as_chunks().0[r]);
            let shifted = _mm512_sll_epi64(high, _mm_cvtsi64_si128(i64::from(shift)));
            plus = wide.reduce(_mm512_add_epi64(plus, shifted));
        }
        let minus = wide.mul_shrunk(offset, load(&sum[r]));
        store(out, wide.sub(plus, minus));
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn add_error(t: Modulus, message: &[u64], error: &[i64], out: &mut [i64]) {
    let (whole, half) = (splat(t.value()), splat(t.value() / 2));
    let (message8, message_rest) = message.as_chunks::<LANES>();
    let (error8, error_rest) = error.as_chunks::<LANES>();
    let (out8, out_rest) = out.as_chunks_mut::<LANES>();
    for ((out, m), e) in out8.iter_mut().zip(message8).zip(error8) {
        let (m, e) = (load(m), load_signed(e));
        let centred = _mm512_mask_sub_epi64(m, _mm512_cmpgt_epu64_mask(m, half), m, whole);
        store_signed(out, _mm512_add_epi64(centred, _mm512_mullo_epi64(e, whole)));
    }
    super::portable::add_error(t, message_rest, error_rest, out_rest);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn repeat(x: &Tile, weights: &[u64; BLOCK_ROWS], rounds: u64, acc: &mut [Tile; BLOCK_ROWS]) {
    let x = x.0.as_chunks().0;
    let x: [__m512i; REGISTERS] = [load(&x[0]), load(&x[1]), load(&x[2]), load(&x[3])];
    let mut sums = [[_mm512_setzero_si512(); REGISTERS]; BLOCK_ROWS];
    for _ in 0..rounds {
        for (sums, weight) in sums.iter_mut().zip(black_box(weights)) {
            let weight = splat(*weight);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = _mm512_madd52lo_epu64(*sum, x, weight);
            }
        }
    }
    for (acc, sums) in acc.iter_mut().zip(sums) {
        for (words, sum) in acc.0.as_chunks_mut().0.iter_mut().zip(sums) {
            let total = _mm512_add_epi64(load(words), sum);
            store(words, total);
        }
    }
}

/// Stores past the caches. They are weakly ordered: others may read the words once this is dropped.
pub struct Stores;

impl Stores {
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    pub fn put_away(&self, words: &[u64; TILE_WORDS], out: &mut [u64; TILE_WORDS]) {
        if !out.as_ptr().addr().is_multiple_of(64) {
            *out = *words;
            return;
        }
        for (words, out) in words.as_chunks().0.iter().zip(out.as_chunks_mut::<LANES>().0) {
            // SAFETY: the reference covers the 64 bytes that are written, and they are aligned to 64.
            unsafe { _mm512_stream_si512(out.as_mut_ptr().cast(), load(words)) };
        }
    }
}

impl Drop for Stores {
    fn drop(&mut self) {
        // SAFETY: every processor of this architecture has the instruction; it touches no memory.
        unsafe { _mm_sfence() };
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn add_scalar(q: Modulus, x: &mut Tile, c: u64) {
    let (c, limit) = (splat(c), splat(q.value()));
    for x in x.0.as_chunks_mut().0 {
        let sum = _mm512_add_epi64(load(x), c);
        store(x, _mm512_min_epu64(sum, _mm512_sub_epi64(sum, limit)));
    }
}
