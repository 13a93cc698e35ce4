//! Randomness: a ChaCha stream on sixteen blocks at once, and uniform words and errors made of it.

use super::lanes::{LANES, load, splat, store, store_signed};
use crate::kernels::chacha::{CONSTANTS, DOUBLE_ROUNDS, QUARTERS};
use crate::kernels::{BlockAt, ERROR_BYTES, Modulus};
use std::arch::x86_64::*;

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn key_stream(key: &[u32; 8], at: &[BlockAt], out: &mut [[u64; 8]]) {
    for (at, out) in at.chunks(16).zip(out.chunks_mut(16)) {
        let (mut counters, mut streams) = ([0u64; 16], [0u64; 16]);
        for (at, (counter, stream)) in at.iter().zip(counters.iter_mut().zip(&mut streams)) {
            (*counter, *stream) = (at.counter, at.stream);
        }
        // The low and the high half of each number, lanes in order.
        let tail = |numbers: &[u64; 16]| {
            let (first, second) =
                (load(&numbers.as_chunks().0[0]), load(&numbers.as_chunks().0[1]));
            (halves::<0>(first, second), halves::<1>(first, second))
        };
        let (counter, stream) = (tail(&counters), tail(&streams));
        let known = |word: u32| _mm512_set1_epi32(word as i32);
        let mut state = [_mm512_setzero_si512(); 16];
        for (word, constant) in state.iter_mut().zip(CONSTANTS.iter().chain(key)) {
            *word = known(*constant);
        }
        (state[12], state[13], state[14], state[15]) = (counter.0, counter.1, stream.0, stream.1);
        let first = state;
        for _ in 0..DOUBLE_ROUNDS {
            // Written out, so that the state stays in registers.
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
            *word = _mm512_add_epi32(*word, first);
        }
        for (out, block) in out.iter_mut().zip(transpose(state)) {
            store(out, block);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn quarter_round<const WHICH: usize>(state: &mut [__m512i; 16]) {
    let [a, b, c, d] = const { QUARTERS[WHICH] };
    state[a] = _mm512_add_epi32(state[a], state[b]);
    state[d] = _mm512_rol_epi32::<16>(_mm512_xor_si512(state[d], state[a]));
    state[c] = _mm512_add_epi32(state[c], state[d]);
    state[b] = _mm512_rol_epi32::<12>(_mm512_xor_si512(state[b], state[c]));
    state[a] = _mm512_add_epi32(state[a], state[b]);
    state[d] = _mm512_rol_epi32::<8>(_mm512_xor_si512(state[d], state[a]));
    state[c] = _mm512_add_epi32(state[c], state[d]);
    state[b] = _mm512_rol_epi32::<7>(_mm512_xor_si512(state[b], state[c]));
}

/// The low (`HIGH = 0`) or high 32 bits of sixteen 64-bit lanes, in order.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn halves<const HIGH: i32>(first: __m512i, second: __m512i) -> __m512i {
    let every_second = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    let index = _mm512_add_epi32(every_second, _mm512_set1_epi32(HIGH));
    _mm512_permutex2var_epi32(first, index, second)
}

/// Rows to columns of sixteen rows of sixteen 32-bit lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn transpose(rows: [__m512i; 16]) -> [__m512i; 16] {
    // 4 x 4 inside the 128-bit lanes of each four rows, then 4 x 4 of the lanes.
    let mut lanes = [[_mm512_setzero_si512(); 4]; 4];
    for (four, rows) in lanes.iter_mut().zip(rows.as_chunks::<4>().0) {
        let [a, b, c, d] = *rows;
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        *four = [
            _mm512_unpacklo_epi64(ab_low, cd_low),
            _mm512_unpackhi_epi64(ab_low, cd_low),
            _mm512_unpacklo_epi64(ab_high, cd_high),
            _mm512_unpackhi_epi64(ab_high, cd_high),
        ];
    }
    let mut out = [_mm512_setzero_si512(); 16];
    for i in 0..4 {
        let (a, b, c, d) = (lanes[0][i], lanes[1][i], lanes[2][i], lanes[3][i]);
        let (ab_low, ab_high) =
            (_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xee>(a, b));
        let (cd_low, cd_high) =
            (_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xee>(c, d));
        out[i] = _mm512_shuffle_i32x4::<0x88>(ab_low, cd_low);
        out[4 + i] = _mm512_shuffle_i32x4::<0xdd>(ab_low, cd_low);
        out[8 + i] = _mm512_shuffle_i32x4::<0x88>(ab_high, cd_high);
        out[12 + i] = _mm512_shuffle_i32x4::<0xdd>(ab_high, cd_high);
    }
    out
}

/// Byte indices that move the next `bytes` bytes to each of eight 64-bit lanes; the bytes above them
/// are to be cleared.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn spread(bytes: usize) -> __m512i {
    const INDICES: [[u64; LANES]; 8] = {
        let mut all = [[0; LANES]; 8];
        let mut bytes = 1;
        while bytes < 8 {
            let mut lane = 0;
            while lane < LANES {
                let mut byte = 0;
                while byte < bytes {
                    all[bytes][lane] |= ((lane * bytes + byte) as u64) << (8 * byte);
                    byte += 1;
                }
                lane += 1;
            }
            bytes += 1;
        }
        all
    };
    load(&INDICES[bytes])
}

/// At most eight words, the missing ones 0.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn load_some(words: &[u64]) -> __m512i {
    let lanes = (1u32 << words.len().min(LANES)) - 1;
    // SAFETY: only lanes that the slice has are read.
    unsafe { _mm512_maskz_loadu_epi64(lanes as __mmask8, words.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn uniform(q: Modulus, bytes: usize, stream: &[u64], out: &mut [u64]) -> bool {
    let index = spread(bytes);
    let (mask, limit) = (splat(crate::kernels::bit_mask(q)), splat(q.value()));
    let mut above = 0;
    let (out8, out_rest) = out.as_chunks_mut::<LANES>();
    // Eight words of `bytes` bytes each are `bytes` words of the stream.
    for (out, at) in out8.iter_mut().zip((0..).step_by(bytes)) {
        let raw = load_some(&stream[at..at + bytes]);
        let word = _mm512_and_si512(_mm512_permutexvar_epi8(index, raw), mask);
        above |= _mm512_cmpge_epu64_mask(word, limit);
        store(out, word);
    }
    let done = out8.len() * bytes;
    crate::kernels::portable::uniform(q, bytes, &stream[done..], out_rest) && above == 0
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub fn centered_binomial(stream: &[u64], out: &mut [i64]) {
    let index = spread(ERROR_BYTES);
    let half = splat((1 << 21) - 1);
    let (out8, out_rest) = out.as_chunks_mut::<LANES>();
    for (out, at) in out8.iter_mut().zip((0..).step_by(ERROR_BYTES)) {
        let raw = load_some(&stream[at..at + ERROR_BYTES]);
        let word = _mm512_permutexvar_epi8(index, raw);
        let plus = _mm512_popcnt_epi64(_mm512_and_si512(word, half));
        let minus = _mm512_popcnt_epi64(_mm512_and_si512(_mm512_srli_epi64::<21>(word), half));
        store_signed(out, _mm512_sub_epi64(plus, minus));
    }
    crate::kernels::portable::centered_binomial(&stream[out8.len() * ERROR_BYTES..], out_rest);
}
