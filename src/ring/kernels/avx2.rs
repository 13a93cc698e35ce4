//! Kernels for AVX2 with FMA: four words at a time, products modulo q in double precision.
//!
//! A product of two words below 2^50 is `h + l` exactly, `h` the rounded product and `l` its error
//! by a fused multiply-add; `h` minus the nearest multiple of q is exact again (van der Hoeven,
//! Lecerf, Quintin: Modular SIMD arithmetic in Mathemagix, ACM TOMS 43(1), 2016, section 3.2).
//! The sums of small weights are integers: two 32-bit halves of every word, each with its own
//! accumulator.
//!
//! Every function is `unsafe` to call only because of its instruction set; loads and stores go
//! through references to four words.

mod affine;
mod lanes;
mod planes;
mod sampling;

pub use affine::{affine, mirror};
pub use planes::{Bytes, repeat_byte_products};
pub use sampling::{add_error, centered_binomial, key_stream, uniform};

use super::{BLOCK_ROWS, Modulus, Tile};
use lanes::{
    Double, EXACT_PRODUCTS, Halves, LANES, REGISTERS, is_wide, load, load_double, load_signed,
    splat, store, to_word,
};
use std::arch::x86_64::*;
use std::hint::black_box;

#[target_feature(enable = "avx2,fma")]
pub fn reduce_signed(q: Modulus, x: &[i64], out: &mut [u64]) {
    if !is_wide(q) {
        return super::portable::reduce_signed(q, x, out);
    }
    let double = Double::new(q);
    let (x4, x_rest) = x.as_chunks::<LANES>();
    let (out4, out_rest) = out.as_chunks_mut::<LANES>();
    for (x, out) in x4.iter().zip(out4) {
        double.store(out, double.fold_halves(Halves::of_signed(load_signed(x))));
    }
    super::portable::reduce_signed(q, x_rest, out_rest);
}

#[target_feature(enable = "avx2,fma")]
pub fn mul_scalar(q: Modulus, x: &mut [u64], c: u64) {
    let double = Double::new(q);
    let factor = _mm256_set1_pd(c as f64);
    let (x4, x_rest) = x.as_chunks_mut::<LANES>();
    for x in x4 {
        let r = double.product(load_double(x), factor);
        double.store(x, r);
    }
    super::portable::mul_scalar(q, x_rest, c);
}

#[target_feature(enable = "avx2,fma")]
pub fn dot(q: Modulus, acc: &mut [u64], pairs: &[(&[u64], &[u64])]) {
    let double = Double::new(q);
    let (acc4, acc_rest) = acc.as_chunks_mut::<LANES>();
    for (w, acc) in acc4.iter_mut().enumerate() {
        let mut sum = load_double(acc);
        for pairs in pairs.chunks(EXACT_PRODUCTS) {
            for (a, b) in pairs {
                let (a, b) = (&a.as_chunks().0[w], &b.as_chunks().0[w]);
                sum = _mm256_add_pd(sum, double.product(load_double(a), load_double(b)));
            }
            sum = double.fold(sum);
        }
        double.store(acc, sum);
    }
    let done = LANES * acc4.len();
    if !acc_rest.is_empty() {
        let rest: Vec<_> = pairs.iter().map(|(a, b)| (&a[done..], &b[done..])).collect();
        super::portable::dot(q, acc_rest, &rest);
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn recenter(from: Modulus, to: Modulus, x: &[u64], out: &mut [u64]) {
    let double = Double::new(to);
    let half = _mm256_set1_pd((from.value() / 2) as f64);
    let whole = _mm256_set1_pd(from.value() as f64);
    let (x4, x_rest) = x.as_chunks::<LANES>();
    let (out4, out_rest) = out.as_chunks_mut::<LANES>();
    for (x, out) in x4.iter().zip(out4) {
        let x = load_double(x);
        let negative = _mm256_cmp_pd::<_CMP_GT_OQ>(x, half);
        let centred = _mm256_sub_pd(x, _mm256_and_pd(negative, whole));
        double.store(out, double.fold(centred));
    }
    super::portable::recenter(from, to, x_rest, out_rest);
}

#[target_feature(enable = "avx2,fma")]
pub fn scale_sub(q: Modulus, x: &mut [u64], cx: u64, y: &[u64], cy: u64) {
    let double = Double::new(q);
    let (factor_x, factor_y) = (_mm256_set1_pd(cx as f64), _mm256_set1_pd(cy as f64));
    let (x4, x_rest) = x.as_chunks_mut::<LANES>();
    let (y4, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x4.iter_mut().zip(y4) {
        let left = double.product(load_double(x), factor_x);
        let right = double.product(load_double(y), factor_y);
        double.store(x, double.fold(_mm256_sub_pd(left, right)));
    }
    super::portable::scale_sub(q, x_rest, cx, y_rest, cy);
}

#[target_feature(enable = "avx2,fma")]
pub fn square(q: Modulus, x: &[Tile], y: &[Tile], out: [&mut [Tile]; 3]) {
    let double = Double::new(q);
    let [out0, out1, out2] = out;
    let outs = out0.iter_mut().zip(out1).zip(out2);
    for ((x, y), ((out0, out1), out2)) in x.iter().zip(y).zip(outs) {
        let (x4, y4) = (x.0.as_chunks().0, y.0.as_chunks().0);
        let out0 = out0.0.as_chunks_mut().0;
        let out1 = out1.0.as_chunks_mut().0;
        let out2 = out2.0.as_chunks_mut().0;
        for r in 0..REGISTERS {
            let (x, y) = (load_double(&x4[r]), load_double(&y4[r]));
            double.store(&mut out0[r], double.product(x, x));
            double.store(&mut out1[r], double.product(_mm256_add_pd(x, x), y));
            double.store(&mut out2[r], double.product(y, y));
        }
    }
}

/// Sums of four words for each row: of the lower halves, and of the upper halves, which count 2^32.
#[derive(Clone, Copy)]
struct Sums {
    low: [__m256i; BLOCK_ROWS],
    high: [__m256i; BLOCK_ROWS],
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn zero() -> Self {
        let zero = [_mm256_setzero_si256(); BLOCK_ROWS];
        Self { low: zero, high: zero }
    }

    /// Adds four words times the weight of each row. A half below 2^32 times a weight below 2^32 is
    /// one product; sums wrap, and so does the total, which is below 2^64.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn add(&mut self, x: __m256i, weights: &[u64; BLOCK_ROWS]) {
        let upper = _mm256_srli_epi64::<32>(x);
        for ((low, high), weight) in self.low.iter_mut().zip(&mut self.high).zip(weights) {
            let weight = splat(*weight);
            *low = _mm256_add_epi64(*low, _mm256_mul_epu32(x, weight));
            *high = _mm256_add_epi64(*high, _mm256_mul_epu32(upper, weight));
        }
    }

    /// Adds the totals to words `r` of each row.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn finish(self, acc: &mut [Tile; BLOCK_ROWS], r: usize) {
        for ((acc, low), high) in acc.iter_mut().zip(self.low).zip(self.high) {
            let total = _mm256_add_epi64(low, _mm256_slli_epi64::<32>(high));
            let words = &mut acc.0.as_chunks_mut().0[r];
            let sum = _mm256_add_epi64(load(words), total);
            store(words, sum);
        }
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn accumulate(
    x: &[Tile],
    columns: &[u32],
    weights: &[[u64; BLOCK_ROWS]],
    acc: &mut [Tile; BLOCK_ROWS],
) {
    for r in 0..REGISTERS {
        // 12 accumulators, both halves of the input and one weight stay in the 16 registers.
        let mut sums = Sums::zero();
        for (column, weights) in columns.iter().zip(weights) {
            sums.add(load(&x[*column as usize].0.as_chunks().0[r]), weights);
        }
        sums.finish(acc, r);
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn reduce(q: Modulus, acc: &Tile, out: &mut Tile) {
    if !is_wide(q) {
        return super::portable::reduce(q, acc, out);
    }
    let double = Double::new(q);
    for (out, acc) in out.0.as_chunks_mut().0.iter_mut().zip(acc.0.as_chunks().0) {
        double.store(out, double.fold_halves(Halves::of(load(acc))));
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn offset_term(q: Modulus, offset: u64, sum: &Tile, out: &mut Tile) {
    if !is_wide(q) {
        return super::portable::offset_term(q, offset, sum, out);
    }
    let double = Double::new(q);
    let whole = splat(q.value());
    let offset = _mm256_set1_pd(offset as f64);
    for (out, sum) in out.0.as_chunks_mut().0.iter_mut().zip(sum.0.as_chunks().0) {
        let sum = double.canonical(double.fold_halves(Halves::of(load(sum))));
        // offset (q - sum), below 2^52, and one more q.
        let product = _mm256_mul_pd(offset, _mm256_sub_pd(double.q, sum));
        store(out, _mm256_add_epi64(to_word(product), whole));
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn reduce_sum(q: Modulus, acc: &Tile, term: &Tile, out: &mut Tile) {
    if !is_wide(q) {
        return super::portable::reduce_sum(q, acc, term, out);
    }
    let double = Double::new(q);
    let (acc, term) = (acc.0.as_chunks().0, term.0.as_chunks().0);
    for ((out, acc), term) in out.0.as_chunks_mut().0.iter_mut().zip(acc).zip(term) {
        let sum = _mm256_add_epi64(load(acc), load(term));
        double.store(out, double.fold_halves(Halves::of(sum)));
    }
}

#[target_feature(enable = "avx2,fma")]
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
    let double = Double::new(q);
    let offset = _mm256_set1_pd(q.reduce(offset) as f64);
    let (low, sum) = (low.0.as_chunks().0, sum.0.as_chunks().0);
    for (r, out) in out.0.as_chunks_mut().0.iter_mut().enumerate() {
        let mut plus = load(&low[r]);
        if let Some((high, shift)) = high {
            let high = load(&high.0.as_chunks().0[r]);
            let shifted = _mm256_sll_epi64(high, _mm_cvtsi64_si128(i64::from(shift)));
            plus = _mm256_add_epi64(plus, shifted);
        }
        let plus = double.fold_halves(Halves::of(plus));
        let minus = double.product(offset, load_double(&sum[r]));
        double.store(out, double.fold(_mm256_sub_pd(plus, minus)));
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn repeat(x: &Tile, weights: &[u64; BLOCK_ROWS], rounds: u64, acc: &mut [Tile; BLOCK_ROWS]) {
    for r in 0..REGISTERS {
        let words = load(&x.0.as_chunks().0[r]);
        let mut sums = Sums::zero();
        for _ in 0..rounds {
            sums.add(words, black_box(weights));
        }
        sums.finish(acc, r);
    }
}

#[target_feature(enable = "avx2,fma")]
pub fn add_scalar(q: Modulus, x: &mut Tile, c: u64) {
    x.0.iter_mut().for_each(|x| *x = q.add(*x, c));
}
