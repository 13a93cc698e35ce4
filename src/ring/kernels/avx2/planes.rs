//! Byte products: pairs of bytes times small weights, summed in 16 bits as long as they fit.

use super::lanes::{Double, Halves};
use crate::Modulus;
use crate::kernels::planes::{
    MAX_PLANES, Output, PlaneUnit, QUAD, QUADS, Quad, ROWS, Sums, WORDS, Weights,
};
use crate::kernels::{Tile, avx2_available};
use std::arch::x86_64::*;
use std::hint::black_box;

/// Rows that grow together: eight sums, with two inputs and a weight, leave room in the registers.
const GROUP: usize = 4;

/// Largest weight whose products with two bytes fit 16 signed bits: `2 * 255 * 64 < 2^15`.
pub const LARGEST_WEIGHT: u64 = 64;

/// Says that the processor has the instructions, and how large weights are.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// Quads whose products fit 16 bits together: a power of two up to [`QUADS`].
    run: usize,
}

impl Bytes {
    /// For weights of at most `largest`, sums of bytes of at most `bound`, and residues modulo `q`;
    /// `None` where they are too large or the processor has no such instructions.
    pub fn new(q: Modulus, largest: u64, bound: u64) -> Option<Self> {
        let total = (u128::from(bound / 255) + 1) * u128::from(q.value());
        let fits = largest <= LARGEST_WEIGHT
            && bound * 257 < 1 << 31
            && total < 1 << 62
            && super::lanes::is_wide(q)
            && avx2_available();
        let most = i16::MAX as u64 / (2 * 255 * largest.max(1));
        fits.then(|| Self { run: 1 << most.max(1).ilog2().min(QUADS.ilog2()) })
    }
}

/// Multiplies what the registers hold, for measuring its peak; says how many byte products that
/// were, `None` where the processor has no such instructions.
pub fn repeat_byte_products(rounds: u64) -> Option<u64> {
    // SAFETY: the processor has the features that the function is compiled for.
    avx2_available().then(|| unsafe { repeat(rounds) })
}

impl PlaneUnit for Bytes {
    fn pack(&self, inputs: [&[u64; WORDS]; QUAD], planes: usize, out: &mut [Quad], stride: usize) {
        // SAFETY: the value exists only where the processor has these instructions.
        unsafe { pack(inputs, planes, out, stride) };
    }

    fn multiply(
        &self,
        weights: &[Weights],
        rows: usize,
        quads: &[Quad],
        stride: usize,
        sums: &mut [Sums],
    ) {
        for (plane, sums) in sums.iter_mut().enumerate() {
            let quads = &quads[plane * stride..][..QUADS * weights.len()];
            for first in (0..rows.min(ROWS)).step_by(GROUP) {
                // SAFETY: the value exists only where the processor has these instructions.
                unsafe {
                    match self.run {
                        16 => multiply::<16>(weights, first, quads, sums),
                        8 => multiply::<8>(weights, first, quads, sums),
                        4 => multiply::<4>(weights, first, quads, sums),
                        2 => multiply::<2>(weights, first, quads, sums),
                        _ => multiply::<1>(weights, first, quads, sums),
                    }
                }
            }
        }
    }

    fn combine(
        &self,
        q: Modulus,
        _bound: u64,
        sums: &[Sums],
        outputs: &[Output],
        out: &mut [Tile],
        half: usize,
    ) {
        // SAFETY: the value exists only where the processor has these instructions.
        unsafe { combine(q, sums, outputs, out, half) };
    }
}

/// See [`PlaneUnit::pack`]. In each half of a quad the words come in the order 0, 1, 4, 5, 2, 3, 6, 7.
#[target_feature(enable = "avx2,fma")]
fn pack(inputs: [&[u64; WORDS]; QUAD], planes: usize, out: &mut [Quad], stride: usize) {
    let [a, b, c, d] = inputs;
    let (a, b) = (a.as_chunks::<4>().0, b.as_chunks::<4>().0);
    let (c, d) = (c.as_chunks::<4>().0, d.as_chunks::<4>().0);
    for half in 0..2 {
        let (i, j) = (2 * half, 2 * half + 1);
        let (even0, odd0) = bytes(&a[i], &b[i], &c[i], &d[i]);
        let (even1, odd1) = bytes(&a[j], &b[j], &c[j], &d[j]);
        for upper in 0..2 {
            let four = transpose([even0[upper], odd0[upper], even1[upper], odd1[upper]]);
            for (plane, value) in (4 * upper..planes).zip(four) {
                store_half(&mut out[plane * stride].0, half, value);
            }
        }
    }
}

/// Bytes of the even and of the odd ones of four words of four inputs: planes 0 to 3, and 4 to 7.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn bytes(a: &[u64; 4], b: &[u64; 4], c: &[u64; 4], d: &[u64; 4]) -> ([__m256i; 2], [__m256i; 2]) {
    let (a, b, c, d) = (
        super::lanes::load(a),
        super::lanes::load(b),
        super::lanes::load(c),
        super::lanes::load(d),
    );
    let (ab, cd) = (_mm256_unpacklo_epi8(a, b), _mm256_unpacklo_epi8(c, d));
    let even = [_mm256_unpacklo_epi16(ab, cd), _mm256_unpackhi_epi16(ab, cd)];
    let (ab, cd) = (_mm256_unpackhi_epi8(a, b), _mm256_unpackhi_epi8(c, d));
    let odd = [_mm256_unpacklo_epi16(ab, cd), _mm256_unpackhi_epi16(ab, cd)];
    (even, odd)
}

/// Rows to columns of four rows of four 32-bit lanes, in both halves.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn transpose([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
    [
        _mm256_unpacklo_epi64(ab, cd),
        _mm256_unpackhi_epi64(ab, cd),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// Writes bytes 0 to 31 or 32 to 63.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn store_half(bytes: &mut [u8; 64], half: usize, value: __m256i) {
    let bytes: &mut [u8; 32] = &mut bytes.as_chunks_mut().0[half];
    // SAFETY: the reference covers the 32 bytes that are written; no alignment is needed.
    unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) };
}

/// Reads bytes 0 to 31 and 32 to 63.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn load_halves(quad: &Quad) -> [__m256i; 2] {
    let halves: &[[u8; 32]] = quad.0.as_chunks().0;
    let (low, high) = (&halves[0], &halves[1]);
    // SAFETY: the references cover the 32 bytes that are read; no alignment is needed.
    unsafe { [_mm256_loadu_si256(low.as_ptr().cast()), _mm256_loadu_si256(high.as_ptr().cast())] }
}

/// Sums of eight words each for some rows: two halves of sixteen words.
type GroupSums = [[__m256i; 2]; GROUP];

/// [`PlaneUnit::multiply`] for the rows `first..first + 4` of one plane, `RUN` quads at a time.
#[target_feature(enable = "avx2,fma")]
fn multiply<const RUN: usize>(weights: &[Weights], first: usize, quads: &[Quad], sums: &mut Sums) {
    let ones = _mm256_set1_epi16(1);
    let mut totals: GroupSums = [[_mm256_setzero_si256(); 2]; GROUP];
    for (block, quads) in weights.iter().zip(quads.as_chunks::<QUADS>().0) {
        let Some(rows) = block.0[first..].first_chunk::<GROUP>() else { continue };
        for run in 0..QUADS / RUN {
            let mut short: GroupSums = [[_mm256_setzero_si256(); 2]; GROUP];
            for (at, quad) in quads.iter().enumerate().skip(RUN * run).take(RUN) {
                let x = load_halves(quad);
                for (short, row) in short.iter_mut().zip(rows) {
                    let [a, b, c, d] = row.as_chunks::<QUAD>().0[at];
                    let four = i32::from_ne_bytes([a as u8, b as u8, c as u8, d as u8]);
                    add_products(short, x, _mm256_set1_epi32(four));
                }
            }
            for (total, short) in totals.iter_mut().zip(short) {
                total[0] = _mm256_add_epi32(total[0], _mm256_madd_epi16(short[0], ones));
                total[1] = _mm256_add_epi32(total[1], _mm256_madd_epi16(short[1], ones));
            }
        }
    }
    for (row, totals) in sums.0[first..].iter_mut().zip(totals) {
        for (lanes, total) in row.as_chunks_mut::<8>().0.iter_mut().zip(totals) {
            // SAFETY: the reference covers the 32 bytes that are written; no alignment is needed.
            unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), total) };
        }
    }
}

/// Adds the products of two pairs of bytes in every 32-bit lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn add_products(sums: &mut [__m256i; 2], x: [__m256i; 2], weights: __m256i) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(x, weights));
    }
}

/// See [`repeat_byte_products`]: as many in a round as one block of weights gives; the sums wrap.
#[target_feature(enable = "avx2,fma")]
fn repeat(rounds: u64) -> u64 {
    let mut sums: GroupSums = [[_mm256_setzero_si256(); 2]; GROUP];
    let x = [_mm256_set1_epi8(3), _mm256_set1_epi8(5)];
    let weights = [1i32, 2, 3, 4];
    for _ in 0..rounds * QUADS as u64 {
        for (sums, weight) in sums.iter_mut().zip(black_box(&weights)) {
            add_products(sums, x, _mm256_set1_epi32(*weight));
        }
    }
    black_box(sums);
    rounds * (GROUP * WORDS * QUAD * QUADS) as u64
}

/// See [`PlaneUnit::combine`]: rows of one digit, sums that stay below 2^62 together.
#[target_feature(enable = "avx2,fma")]
fn combine(q: Modulus, sums: &[Sums], outputs: &[Output], out: &mut [Tile], half: usize) {
    static NOTHING: Sums = Sums([[0; WORDS]; ROWS]);
    let planes: [&Sums; MAX_PLANES] =
        std::array::from_fn(|plane| sums.get(plane).unwrap_or(&NOTHING));
    let double = Double::new(q);
    for output in outputs {
        let words = out[output.index as usize].0.as_chunks_mut::<16>().0;
        for (part, words) in words[half].as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let lanes = |plane: usize| {
                let lanes: &[[i32; 8]] = planes[plane].0[usize::from(output.row)].as_chunks().0;
                // SAFETY: the reference covers the 32 bytes that are read; no alignment is needed.
                unsafe { _mm256_loadu_si256(lanes[part].as_ptr().cast()) }
            };
            // Two planes fit 31 bits and a sign.
            let pair = |plane: usize| {
                _mm256_add_epi32(lanes(plane), _mm256_slli_epi32::<8>(lanes(plane + 1)))
            };
            let (a, b, c, d) = (widen(pair(0)), widen(pair(2)), widen(pair(4)), widen(lanes(6)));
            let join = |i: usize| {
                let ab = _mm256_add_epi64(a[i], _mm256_slli_epi64::<16>(b[i]));
                let cd = _mm256_add_epi64(c[i], _mm256_slli_epi64::<16>(d[i]));
                let sum = _mm256_add_epi64(ab, _mm256_slli_epi64::<32>(cd));
                super::lanes::to_word(double.canonical(double.fold_halves(Halves::of_signed(sum))))
            };
            let (low, high) = (join(0), join(1));
            // Undoes the order of `pack`.
            let words = words.as_chunks_mut().0;
            super::lanes::store(&mut words[0], _mm256_permute2x128_si256::<0x20>(low, high));
            super::lanes::store(&mut words[1], _mm256_permute2x128_si256::<0x31>(low, high));
        }
    }
}

/// The lower and the upper four lanes as 64-bit words.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn widen(x: __m256i) -> [__m256i; 2] {
    [
        _mm256_cvtepi32_epi64(_mm256_castsi256_si128(x)),
        _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(x)),
    ]
}
