//! Predicted time: unit costs measured once on this machine, times the work of a plan.

use crate::ring::kernels::{BLOCK_ROWS, TILE_WORDS, Tile};
use crate::ring::{Basis, Kernel, Modulus, Ntt, Seed, ntt_primes};
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Instant;

/// Seconds per unit of work, one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitCosts {
    /// Transform, per word and `log2 N`.
    pub ntt: f64,
    /// Multiply-accumulate of one word by one small weight.
    pub mac: f64,
    /// Squaring one word of two parts.
    pub square: f64,
    /// One uniform word.
    pub uniform: f64,
    /// One error coefficient.
    pub error: f64,
    /// One product of residues, summed.
    pub dot: f64,
    /// One coefficient read from one residue, per pair of primes.
    pub decode: f64,
}

impl UnitCosts {
    /// The costs on this machine, measured at the first call (some 30 ms) and kept.
    pub fn of_this_machine() -> Self {
        static COSTS: OnceLock<UnitCosts> = OnceLock::new();
        *COSTS.get_or_init(measure)
    }

    /// One transform of length `n`.
    pub fn transform(&self, n: usize) -> f64 {
        self.ntt * n as f64 * (n as f64).log2()
    }
}

const N: usize = 8192;

fn measure() -> UnitCosts {
    let kernel = Kernel::best();
    let primes = ntt_primes(48, N, 3, &[]);
    let (Some(basis), Some(q), Some(ntt)) =
        (Basis::new(N, &primes), Modulus::new(primes[0]), Ntt::new(N, primes[0]))
    else {
        // Such primes exist; were the search ever to fail, unit costs of 1 ns are a fair guess.
        let guess = 1e-9;
        return UnitCosts {
            ntt: guess,
            mac: guess,
            square: guess,
            uniform: guess,
            error: guess,
            dot: guess,
            decode: guess,
        };
    };
    let mut stream = Seed::from_number(0).stream(0);
    let mut words = vec![0u64; N];
    let uniform = best(|| stream.uniform(q, &mut words)) / N as f64;
    let mut errors = vec![0i64; N];
    let error = best(|| stream.centered_binomial(&mut errors)) / N as f64;
    let mut transformed = words.clone();
    let ntt = best(|| ntt.forward(&mut transformed)) / (N as f64 * (N as f64).log2());
    let mut sums = words.clone();
    let dot = best(|| kernel.dot(q, &mut sums, &[(words.as_slice(), transformed.as_slice()); 4]))
        / (4 * N) as f64;

    let x: Vec<Tile> =
        words.chunks_exact(TILE_WORDS).map(|c| Tile(std::array::from_fn(|i| c[i]))).collect();
    let columns: Vec<u32> = (0..x.len() as u32).collect();
    let weights = vec![[7u64; BLOCK_ROWS]; x.len()];
    let mut acc = [Tile::ZERO; BLOCK_ROWS];
    let mac = best(|| {
        for _ in 0..8 {
            kernel.accumulate(black_box(&x), &columns, &weights, &mut acc);
        }
    }) / (8 * N * BLOCK_ROWS) as f64;
    let (mut a, mut b, mut c) = (x.clone(), x.clone(), x.clone());
    let square = best(|| kernel.square(q, &x, &x, [&mut a, &mut b, &mut c])) / N as f64;
    let poly = basis.lift(&errors, 3);
    let decode = best(|| {
        black_box(basis.decode(&poly, q));
    }) / (9 * N) as f64;
    UnitCosts { ntt, mac, square, uniform, error, dot, decode }
}

/// The shortest of some runs, seconds.
fn best(mut work: impl FnMut()) -> f64 {
    work();
    (0..7)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}
