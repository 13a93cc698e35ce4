//! What the multiply-add of a kernel can do at best.

use crate::ring::Kernel;
use crate::ring::kernels::{BLOCK_ROWS, REPEAT_MACS, TILE_WORDS, Tile};
use std::hint::black_box;
use std::time::Instant;

/// Rounds of one timing: about two milliseconds.
const ROUNDS: u64 = 50_000;
const TIMINGS: usize = 9;

/// Word multiply-accumulates per second of `kernel` from registers alone, with all threads of `pool`
/// at it at once: the best of some short loops, summed over the threads.
pub fn peak_macs_per_sec(kernel: Kernel, pool: &rayon::ThreadPool) -> f64 {
    let x = Tile([(1 << 48) - 1; TILE_WORDS]);
    let weights = [1, 3, 5, 7, 11, 15];
    let rates = pool.broadcast(|_| {
        let mut acc = [Tile::ZERO; BLOCK_ROWS];
        let secs = (0..TIMINGS).map(|_| {
            let started = Instant::now();
            kernel.repeat(black_box(&x), &weights, ROUNDS, &mut acc);
            black_box(&mut acc);
            started.elapsed().as_secs_f64()
        });
        (ROUNDS * REPEAT_MACS) as f64 / secs.fold(f64::INFINITY, f64::min)
    });
    rates.iter().sum()
}
