//! AES on four blocks a register.

use super::lanes::store;
use crate::kernels::BlockAt;
use crate::kernels::aes::{self, MaskKey, ROUND_KEYS, counter_block};
use std::arch::x86_64::*;

/// Blocks of the stream worked on together: enough to hide the latency of a round.
const TOGETHER: usize = 8;

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma,vaes")]
pub fn mask_stream(key: &MaskKey, at: &[BlockAt], out: &mut [[u64; 8]]) {
    let mut keys = [_mm512_setzero_si512(); ROUND_KEYS];
    for (key, columns) in keys.iter_mut().zip(key.rounds) {
        let [a, b, c, d] = columns.map(|column| column as i32);
        *key = _mm512_broadcast_i32x4(_mm_setr_epi32(a, b, c, d));
    }
    let parts = _mm512_setr_epi64(0, 0, 0, 1, 0, 2, 0, 3);
    let (at8, at_rest) = at.as_chunks::<TOGETHER>();
    let (out8, out_rest) = out.as_chunks_mut::<TOGETHER>();
    for (at, out) in at8.iter().zip(out8) {
        let mut state = at.map(|at| {
            let [stream, counter] = counter_block(at, 0).map(|word| word as i64);
            _mm512_or_si512(_mm512_broadcast_i32x4(_mm_set_epi64x(counter, stream)), parts)
        });
        for x in &mut state {
            *x = _mm512_xor_si512(*x, keys[0]);
        }
        for key in &keys[1..ROUND_KEYS - 1] {
            for x in &mut state {
                *x = _mm512_aesenc_epi128(*x, *key);
            }
        }
        for (out, x) in out.iter_mut().zip(state) {
            store(out, _mm512_aesenclast_epi128(x, keys[ROUND_KEYS - 1]));
        }
    }
    aes::mask_stream(key, at_rest, out_rest);
}
