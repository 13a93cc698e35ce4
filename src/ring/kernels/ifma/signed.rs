//! Sums of a few inputs with signed weights.
//!
//! A weight is cut to 52 bits of two's complement. The low half of its product with a residue `x`,
//! `0 < x < 2^b`, is then the product itself if the weight is not negative, and `2^52` more if it
//! is, as long as the weight is not larger than `2^(51 - b)`. So a sum of `n` negative weights is
//! too large by exactly `n 2^52`.

use super::lanes::{LANES, REGISTERS, Wide, load, splat, store};
use crate::Modulus;
use crate::kernels::signed_block::{MAX_COLUMNS, SignedBlock};
use crate::kernels::{BLOCK_ROWS, Tile};
use std::arch::x86_64::*;

/// Whether a word is zero.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn has_zeros(x: &[Tile]) -> bool {
    let mut least = [splat(u64::MAX); REGISTERS];
    for x in x {
        for (least, x) in least.iter_mut().zip(x.0.as_chunks().0) {
            *least = _mm512_min_epu64(*least, load(x));
        }
    }
    least.iter().any(|least| _mm512_testn_epi64_mask(*least, *least) != 0)
}

/// `out = x`, but q where x is zero.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn without_zeros(q: Modulus, x: &[Tile], out: &mut [Tile]) {
    let q = splat(q.value());
    for (x, out) in x.iter().zip(out) {
        for (x, out) in x.0.as_chunks().0.iter().zip(out.0.as_chunks_mut().0) {
            let x = load(x);
            store(out, _mm512_mask_mov_epi64(x, _mm512_testn_epi64_mask(x, x), q));
        }
    }
}

/// The rows of a block on words that are not zero; `excess` is `2^52 mod q`.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn signed_sums(
    q: Modulus,
    excess: u64,
    x: &[Tile],
    columns: &[u32],
    block: &SignedBlock,
    out: &mut [Tile],
) {
    let wide = Wide::new(q);
    match block.count {
        1 => sums::<1>(wide, q, excess, x, columns, block, out),
        2 => sums::<2>(wide, q, excess, x, columns, block, out),
        3 => sums::<3>(wide, q, excess, x, columns, block, out),
        4 => sums::<4>(wide, q, excess, x, columns, block, out),
        5 => sums::<5>(wide, q, excess, x, columns, block, out),
        _ => sums::<BLOCK_ROWS>(wide, q, excess, x, columns, block, out),
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn sums<const ROWS: usize>(
    wide: Wide,
    q: Modulus,
    excess: u64,
    x: &[Tile],
    columns: &[u32],
    block: &SignedBlock,
    out: &mut [Tile],
) {
    let mut sums = [[_mm512_setzero_si512(); REGISTERS]; ROWS];
    for (column, weights) in columns.iter().zip(&*block.weights) {
        let x = x[*column as usize].0.as_chunks().0;
        let x: [__m512i; REGISTERS] = [load(&x[0]), load(&x[1]), load(&x[2]), load(&x[3])];
        for (sums, weight) in sums.iter_mut().zip(weights) {
            let weight = splat(*weight);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = _mm512_madd52lo_epu64(*sum, x, weight);
            }
        }
    }
    // Below `2^60 + 2^58`.
    assert!(columns.len() <= MAX_COLUMNS, "one sum");
    for ((row, negative), sums) in block.rows.into_iter().zip(block.negative).zip(sums) {
        // A multiple of q that is at least `negative 2^52`, less that: at most `256 q`.
        let negative = u64::from(negative);
        let carry = splat((negative + 1) * q.value() - negative * excess);
        let words = out[row as usize].0.as_chunks_mut::<LANES>().0;
        for (words, sum) in words.iter_mut().zip(sums) {
            store(words, wide.reduce_short(_mm512_add_epi64(sum, carry)));
        }
    }
}
