//! Sums of rows times constants, and the way into the conjugate-invariant ring.

use super::super::{AFFINE_ROWS, portable};
use super::lanes::{Double, EXACT_PRODUCTS, LANES, load_double};
use crate::kernels::Modulus;
use std::arch::x86_64::*;

#[target_feature(enable = "avx2,fma")]
pub fn mirror(q: Modulus, x: &mut [u64], front: &[u64], back: &[u64]) {
    let double = Double::new(q);
    // Tables carry 2^52.
    let unscale = _mm256_set1_pd(q.unscale(q.unscaler(), 1) as f64);
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
        let (at_low, at_high) = (load_double(x_low), load_double(x_high));
        let sides = [
            (x_low, low, at_low, _mm256_permute4x64_pd::<0b00_01_10_11>(at_high)),
            (x_high, high, at_high, _mm256_permute4x64_pd::<0b00_01_10_11>(at_low)),
        ];
        for (x, (front, back), own, other) in sides {
            let first = double.product(own, load_double(front));
            let second = double.product(other, load_double(back));
            // Each is within 3/4 of q, so a factor of the next product is below 3/2 q.
            let sum = _mm256_add_pd(first, second);
            double.store(x, double.product(sum, unscale));
        }
    }
    let done = 1 + (half - 1) / LANES * LANES;
    portable::mirror_rest(q, x, front, back, done);
}

#[target_feature(enable = "avx2,fma")]
pub fn affine(q: Modulus, rows: &[&[u64]], constants: &[u64], offset: u64, out: &mut [u64]) {
    let double = Double::new(q);
    let start = _mm256_set1_pd(offset as f64);
    let mut factors = [_mm256_setzero_pd(); AFFINE_ROWS];
    for (factor, constant) in factors.iter_mut().zip(constants) {
        *factor = _mm256_set1_pd(*constant as f64);
    }
    let (out4, out_rest) = out.as_chunks_mut::<LANES>();
    for (w, out) in out4.iter_mut().enumerate() {
        let mut sum = start;
        for (rows, factors) in rows.chunks(EXACT_PRODUCTS).zip(factors.chunks(EXACT_PRODUCTS)) {
            for (row, factor) in rows.iter().zip(factors) {
                // A word below 2^50 times a constant below q has a quotient below 2^50.
                sum =
                    _mm256_add_pd(sum, double.product(load_double(&row.as_chunks().0[w]), *factor));
            }
            sum = double.fold(sum);
        }
        double.store(out, sum);
    }
    let done = LANES * out4.len();
    if !out_rest.is_empty() {
        let mut rest: [&[u64]; AFFINE_ROWS] = [&[]; AFFINE_ROWS];
        for (rest, row) in rest.iter_mut().zip(rows) {
            *rest = &row[done..];
        }
        portable::affine(q, &rest[..rows.len()], constants, offset, out_rest);
    }
}
