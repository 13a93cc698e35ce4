//! What the multiply-add of a kernel can do at best.

use ring::Kernel;
use ring::kernels::{BLOCK_ROWS, REPEAT_MACS, TILE_WORDS, Tile, repeat_byte_products};
use std::hint::black_box;
use std::time::Instant;

/// Rounds of one timing: about two milliseconds.
const ROUNDS: u64 = 50_000;
const TIMINGS: usize = 9;

/// Bytes of a word modulo a prime of 48 bits: byte products take each by itself.
const WORD_BYTES: f64 = 6.0;

/// Word multiply-accumulates per second of `kernel` from registers alone, with all threads of `pool`
/// at it at once: the best of some short loops, summed over the threads. Words are modulo primes of
/// 48 bits, weights one byte at most.
pub fn peak_macs_per_sec(kernel: Kernel, pool: &rayon::ThreadPool) -> f64 {
    let x = Tile([(1 << 48) - 1; TILE_WORDS]);
    let weights = [1, 3, 5, 7, 11, 15];
    let rates = pool.broadcast(|_| {
        let mut acc = [Tile::ZERO; BLOCK_ROWS];
        let rate = |_| {
            let started = Instant::now();
            let macs = match repeat_byte_products(kernel, ROUNDS) {
                Some(products) => products as f64 / WORD_BYTES,
                None => {
                    kernel.repeat(black_box(&x), &weights, ROUNDS, &mut acc);
                    black_box(&mut acc);
                    (ROUNDS * REPEAT_MACS) as f64
                }
            };
            macs / started.elapsed().as_secs_f64()
        };
        (0..TIMINGS).map(rate).fold(0.0, f64::max)
    });
    rates.iter().sum()
}
