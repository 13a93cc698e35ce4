//! Kernels in plain Rust: the definition that the others are tested against.

mod affine;

#[cfg(target_arch = "x86_64")]
pub use affine::mirror_rest;
pub use affine::{affine, mirror};

use super::{BLOCK_ROWS, ERROR_BYTES, Modulus, TILE_WORDS, Tile};
use std::hint::black_box;

pub fn reduce_signed(q: Modulus, x: &[i64], out: &mut [u64]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = q.reduce_signed(*x);
    }
}

pub fn mul_scalar(q: Modulus, x: &mut [u64], c: u64) {
    for x in x {
        *x = q.mul(*x, c);
    }
}

pub fn dot(q: Modulus, acc: &mut [u64], pairs: &[(&[u64], &[u64])]) {
    for (w, acc) in acc.iter_mut().enumerate() {
        let sum = pairs
            .iter()
            .fold(u128::from(*acc), |sum, (a, b)| sum + u128::from(a[w]) * u128::from(b[w]));
        *acc = q.reduce_wide(sum);
    }
}

pub fn recenter(from: Modulus, to: Modulus, x: &[u64], out: &mut [u64]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = to.reduce_signed(from.center(*x));
    }
}

pub fn scale_sub(q: Modulus, x: &mut [u64], cx: u64, y: &[u64], cy: u64) {
    for (x, y) in x.iter_mut().zip(y) {
        *x = q.sub(q.mul(*x, cx), q.mul(*y, cy));
    }
}

pub fn square(q: Modulus, x: &[Tile], y: &[Tile], out: [&mut [Tile]; 3]) {
    let [out0, out1, out2] = out;
    let outs = out0.iter_mut().zip(out1).zip(out2);
    for ((x, y), ((out0, out1), out2)) in x.iter().zip(y).zip(outs) {
        for w in 0..TILE_WORDS {
            let (x, y) = (x.0[w], y.0[w]);
            let xy = q.mul(x, y);
            out0.0[w] = q.mul(x, x);
            out1.0[w] = q.add(xy, xy);
            out2.0[w] = q.mul(y, y);
        }
    }
}

pub fn accumulate(
    x: &[Tile],
    columns: &[u32],
    weights: &[[u64; BLOCK_ROWS]],
    acc: &mut [Tile; BLOCK_ROWS],
) {
    for (column, weights) in columns.iter().zip(weights) {
        let x = &x[*column as usize];
        for (acc, weight) in acc.iter_mut().zip(weights) {
            for (acc, x) in acc.0.iter_mut().zip(&x.0) {
                *acc = acc.wrapping_add(x.wrapping_mul(*weight));
            }
        }
    }
}

pub fn reduce(q: Modulus, acc: &Tile, out: &mut Tile) {
    for (out, acc) in out.0.iter_mut().zip(&acc.0) {
        *out = q.reduce(*acc);
    }
}

pub fn offset_term(q: Modulus, offset: u64, sum: &Tile, out: &mut Tile) {
    for (out, sum) in out.0.iter_mut().zip(&sum.0) {
        *out = (offset + 1) * q.value() - offset * q.reduce(*sum);
    }
}

pub fn reduce_sum(q: Modulus, acc: &Tile, term: &Tile, out: &mut Tile) {
    for ((out, acc), term) in out.0.iter_mut().zip(&acc.0).zip(&term.0) {
        *out = q.reduce(acc + term);
    }
}

pub fn combine(
    q: Modulus,
    high: Option<(&Tile, u32)>,
    low: &Tile,
    offset: u64,
    sum: &Tile,
    out: &mut Tile,
) {
    let offset = q.reduce(offset);
    for w in 0..TILE_WORDS {
        let high = high.map_or(0, |(high, shift)| high.0[w] << shift);
        let plus = q.reduce(high + low.0[w]);
        out.0[w] = q.sub(plus, q.mul(offset, sum.0[w]));
    }
}

pub use super::chacha::key_stream;

pub fn uniform(q: Modulus, bytes: usize, stream: &[u64], out: &mut [u64]) -> bool {
    let mask = super::bit_mask(q);
    let mut all_below = true;
    for (w, out) in out.iter_mut().enumerate() {
        *out = bytes_at(stream, bytes * w, bytes) & mask;
        all_below &= *out < q.value();
    }
    all_below
}

pub fn centered_binomial(stream: &[u64], out: &mut [i64]) {
    const HALF: u64 = (1 << 21) - 1;
    for (w, out) in out.iter_mut().enumerate() {
        let word = bytes_at(stream, ERROR_BYTES * w, ERROR_BYTES);
        *out = i64::from(bit_count(word & HALF)) - i64::from(bit_count((word >> 21) & HALF));
    }
}

/// `bytes` bytes (at most 8) of a stream of little-endian words, from byte `at`; missing ones are 0.
#[inline(always)]
fn bytes_at(stream: &[u64], at: usize, bytes: usize) -> u64 {
    let (word, shift) = (at / 8, 8 * (at % 8));
    let low = stream[word] >> shift;
    let crosses = at % 8 + bytes > 8;
    if crosses { low | stream[word + 1] << (64 - shift) } else { low }
}

/// Ones among the low 32 bits by shifts and adds: no table, and the compiler can vectorise it.
#[inline(always)]
fn bit_count(x: u64) -> u32 {
    let x = x as u32;
    let x = x - ((x >> 1) & 0x5555_5555);
    let x = (x & 0x3333_3333) + ((x >> 2) & 0x3333_3333);
    ((x + (x >> 4)) & 0x0f0f_0f0f).wrapping_mul(0x0101_0101) >> 24
}

pub fn add_error(t: Modulus, message: &[u64], error: &[i64], out: &mut [i64]) {
    for ((out, m), e) in out.iter_mut().zip(message).zip(error) {
        *out = t.center(*m) + t.value() as i64 * e;
    }
}

/// Words of [`repeat`] at a time: few enough for the sums of all rows to stay in registers.
const REPEATED_WORDS: usize = 4;

pub fn repeat(x: &Tile, weights: &[u64; BLOCK_ROWS], rounds: u64, acc: &mut [Tile; BLOCK_ROWS]) {
    for (at, x) in x.0.as_chunks::<REPEATED_WORDS>().0.iter().enumerate() {
        let mut sums = [[0u64; REPEATED_WORDS]; BLOCK_ROWS];
        for _ in 0..rounds {
            for (sums, weight) in sums.iter_mut().zip(black_box(weights)) {
                for (sum, x) in sums.iter_mut().zip(x) {
                    *sum = sum.wrapping_add(x.wrapping_mul(*weight));
                }
            }
        }
        for (acc, sums) in acc.iter_mut().zip(sums) {
            let words = &mut acc.0.as_chunks_mut::<REPEATED_WORDS>().0[at];
            words.iter_mut().zip(sums).for_each(|(word, sum)| *word = word.wrapping_add(sum));
        }
    }
}

pub fn add_scalar(q: Modulus, x: &mut Tile, c: u64) {
    x.0.iter_mut().for_each(|x| *x = q.add(*x, c));
}
