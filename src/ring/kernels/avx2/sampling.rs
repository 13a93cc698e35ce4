//! Key streams and what is drawn from them.

use super::lanes::{LANES, load, load_signed, splat, store, store_signed};
use crate::Modulus;
use crate::kernels::chacha::{CONSTANTS, DOUBLE_ROUNDS, QUARTERS};
use crate::kernels::{BlockAt, ERROR_BYTES, bit_mask, portable};
use std::arch::x86_64::*;

/// Blocks worked on together: one in each 32-bit lane.
const BLOCKS: usize = 8;

/// Words cut out of a stream together: they begin and end at whole words of the stream.
const CUT: usize = 8;

#[target_feature(enable = "avx2,fma")]
pub fn key_stream(key: &[u32; 8], at: &[BlockAt], out: &mut [[u64; 8]]) {
    for (at, out) in at.chunks(BLOCKS).zip(out.chunks_mut(BLOCKS)) {
        let mut state = [_mm256_setzero_si256(); 16];
        for (word, constant) in state.iter_mut().zip(CONSTANTS.iter().chain(key)) {
            *word = _mm256_set1_epi32(*constant as i32);
        }
        let lanes = |pick: fn(&BlockAt) -> u64| {
            let mut lanes = [0; BLOCKS];
            lanes.iter_mut().zip(at).for_each(|(lane, at)| *lane = pick(at) as i32);
            let [a, b, c, d, e, f, g, h] = lanes;
            _mm256_setr_epi32(a, b, c, d, e, f, g, h)
        };
        state[12] = lanes(|at| at.counter);
        state[13] = lanes(|at| at.counter >> 32);
        state[14] = lanes(|at| at.stream);
        state[15] = lanes(|at| at.stream >> 32);
        let first = state;
        for _ in 0..DOUBLE_ROUNDS {
            // Written out, so that as much of the state as fits stays in registers.
            quarter_round::<0>(&mut state);
            quarter_round::<1>(&mut state);
            quarter_round::<2>(&mut state);
            quarter_round::<3>(&mut state);
            quarter_round::<4>(&mut state);
            quarter_round::<5>(&mut state);
            quarter_round::<6>(&mut state);
            quarter_round::<7>(&mut state);
        }
        for (word, first) in state.iter_mut().zip(first) {
            *word = _mm256_add_epi32(*word, first);
        }
        let [low, high] = *state.as_chunks::<8>().0 else { continue };
        for (out, halves) in out.iter_mut().zip(transpose(low).into_iter().zip(transpose(high))) {
            for (out, words) in out.as_chunks_mut().0.iter_mut().zip([halves.0, halves.1]) {
                store(out, words);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn quarter_round<const WHICH: usize>(state: &mut [__m256i; 16]) {
    let [a, b, c, d] = const { QUARTERS[WHICH] };
    state[a] = _mm256_add_epi32(state[a], state[b]);
    state[d] = turn_bytes::<2>(_mm256_xor_si256(state[d], state[a]));
    state[c] = _mm256_add_epi32(state[c], state[d]);
    state[b] = turn::<12, 20>(_mm256_xor_si256(state[b], state[c]));
    state[a] = _mm256_add_epi32(state[a], state[b]);
    state[d] = turn_bytes::<1>(_mm256_xor_si256(state[d], state[a]));
    state[c] = _mm256_add_epi32(state[c], state[d]);
    state[b] = turn::<7, 25>(_mm256_xor_si256(state[b], state[c]));
}

/// Each 32-bit lane turned left by `LEFT` bits, `LEFT + RIGHT = 32`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn turn<const LEFT: i32, const RIGHT: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<LEFT>(x), _mm256_srli_epi32::<RIGHT>(x))
}

/// Each 32-bit lane turned left by whole bytes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn turn_bytes<const BYTES: u8>(x: __m256i) -> __m256i {
    let index =
        std::array::from_fn(|byte| (byte as u8 & 12) | ((byte as u8).wrapping_sub(BYTES) & 3));
    _mm256_shuffle_epi8(x, both_halves(index))
}

/// The same 16 bytes in both halves.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn both_halves(bytes: [u8; 16]) -> __m256i {
    let word = u128::from_le_bytes(bytes);
    let (low, high) = (word as u64 as i64, (word >> 64) as u64 as i64);
    _mm256_setr_epi64x(low, high, low, high)
}

/// Rows to columns of eight rows of eight 32-bit lanes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn transpose(rows: [__m256i; 8]) -> [__m256i; 8] {
    // 4 x 4 inside the 128-bit halves of each four rows, then the halves.
    let mut lanes = [[_mm256_setzero_si256(); 4]; 2];
    for (four, rows) in lanes.iter_mut().zip(rows.as_chunks::<4>().0) {
        let [a, b, c, d] = *rows;
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        *four = [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ];
    }
    let mut out = [_mm256_setzero_si256(); 8];
    for i in 0..4 {
        let (a, b) = (lanes[0][i], lanes[1][i]);
        out[i] = _mm256_permute2x128_si256::<0x20>(a, b);
        out[4 + i] = _mm256_permute2x128_si256::<0x31>(a, b);
    }
    out
}

/// Moves `bytes` bytes to each of two 64-bit lanes and clears the bytes above them; in both halves.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn spread(bytes: usize) -> __m256i {
    const CLEARED: u8 = 0x80;
    both_halves(std::array::from_fn(|at| {
        let (lane, byte) = (at / 8, at % 8);
        if byte < bytes { (lane * bytes + byte) as u8 } else { CLEARED }
    }))
}

/// Four words of `bytes` bytes each (at most 7), from the first byte of `stream` on (`HALF = 0`), or
/// the four after them.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn cut<const HALF: usize>(stream: &[u64; CUT], bytes: usize, index: __m256i) -> __m256i {
    let pair = |number: usize| {
        let at = (2 * number * bytes).min(size_of_val(stream) - size_of::<__m128i>());
        // SAFETY: the 16 bytes from `at` on lie in the reference; no alignment is needed.
        unsafe { _mm_loadu_si128(stream.as_ptr().byte_add(at).cast()) }
    };
    let (low, high) = (pair(2 * HALF), pair(2 * HALF + 1));
    _mm256_shuffle_epi8(_mm256_set_m128i(high, low), index)
}

/// The words of `stream` that hold words `8 at..8 (at + 1)` of `bytes` bytes each, and those behind
/// them; `padded` where the stream ends.
#[inline]
fn part<'a>(
    stream: &'a [u64],
    at: usize,
    bytes: usize,
    padded: &'a mut [u64; CUT],
) -> &'a [u64; CUT] {
    let rest = &stream[at * bytes..];
    rest.first_chunk().unwrap_or_else(|| {
        padded[..rest.len()].copy_from_slice(rest);
        padded
    })
}

#[target_feature(enable = "avx2,fma")]
pub fn uniform(q: Modulus, bytes: usize, stream: &[u64], out: &mut [u64]) -> bool {
    let index = spread(bytes);
    let (mask, largest) = (splat(bit_mask(q)), splat(q.value() - 1));
    let mut above = _mm256_setzero_si256();
    let mut padded = [0; CUT];
    let (out8, out_rest) = out.as_chunks_mut::<CUT>();
    for (at, out) in out8.iter_mut().enumerate() {
        let part = part(stream, at, bytes, &mut padded);
        let words = [cut::<0>(part, bytes, index), cut::<1>(part, bytes, index)];
        for (out, word) in out.as_chunks_mut().0.iter_mut().zip(words) {
            let word = _mm256_and_si256(word, mask);
            above = _mm256_or_si256(above, _mm256_cmpgt_epi64(word, largest));
            store(out, word);
        }
    }
    let done = out8.len() * bytes;
    portable::uniform(q, bytes, &stream[done..], out_rest) && _mm256_testz_si256(above, above) == 1
}

#[target_feature(enable = "avx2,fma")]
pub fn centered_binomial(stream: &[u64], out: &mut [i64]) {
    const HALF: u64 = (1 << 21) - 1;
    let index = spread(ERROR_BYTES);
    // Ones of the first half less ones of the second: all zeros of the second count, less 21.
    let (flipped, used) = (splat(HALF << 21), splat(HALF << 21 | HALF));
    let ones = both_halves([0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4]);
    let nibble = _mm256_set1_epi8(15);
    let mut padded = [0; CUT];
    let (out8, out_rest) = out.as_chunks_mut::<CUT>();
    for (at, out) in out8.iter_mut().enumerate() {
        let part = part(stream, at, ERROR_BYTES, &mut padded);
        let words = [cut::<0>(part, ERROR_BYTES, index), cut::<1>(part, ERROR_BYTES, index)];
        for (out, word) in out.as_chunks_mut().0.iter_mut().zip(words) {
            let bits = _mm256_and_si256(_mm256_xor_si256(word, flipped), used);
            let low = _mm256_shuffle_epi8(ones, _mm256_and_si256(bits, nibble));
            let high = _mm256_and_si256(_mm256_srli_epi64::<4>(bits), nibble);
            let counts = _mm256_add_epi8(low, _mm256_shuffle_epi8(ones, high));
            let count = _mm256_sad_epu8(counts, _mm256_setzero_si256());
            store_signed(out, _mm256_sub_epi64(count, splat(21)));
        }
    }
    portable::centered_binomial(&stream[out8.len() * ERROR_BYTES..], out_rest);
}

#[target_feature(enable = "avx2,fma")]
pub fn add_error(t: Modulus, message: &[u64], error: &[i64], out: &mut [i64]) {
    // The modulus in two parts below 2^25: an error times each is one 32-bit product.
    const PART: i32 = 25;
    let (whole, half) = (splat(t.value()), splat(t.value() / 2));
    let (low, high) = (splat(t.value() & ((1 << PART) - 1)), splat(t.value() >> PART));
    let (message4, message_rest) = message.as_chunks::<LANES>();
    let (error4, error_rest) = error.as_chunks::<LANES>();
    let (out4, out_rest) = out.as_chunks_mut::<LANES>();
    for ((out, m), e) in out4.iter_mut().zip(message4).zip(error4) {
        let (m, e) = (load(m), load_signed(e));
        let centred = _mm256_sub_epi64(m, _mm256_and_si256(_mm256_cmpgt_epi64(m, half), whole));
        let upper = _mm256_slli_epi64::<PART>(_mm256_mul_epi32(e, high));
        let product = _mm256_add_epi64(_mm256_mul_epi32(e, low), upper);
        store_signed(out, _mm256_add_epi64(centred, product));
    }
    portable::add_error(t, message_rest, error_rest, out_rest);
}
