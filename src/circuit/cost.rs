//! Predicted time: unit costs measured once on this machine, times the work of a plan.

use crate::progress::Watch;
use crate::ring::kernels::{BLOCK_ROWS, TILE_WORDS, Tile};
use crate::ring::{
    Basis, Blocks, Kernel, LinearMap, LinearScratch, Modulus, Ntt, Panels, Row, Seed, ntt_primes,
};
use crate::scheme::bgv::{BgvParameters, SecretKey};
use rayon::prelude::*;
use std::hint::black_box;
use std::sync::{Arc, OnceLock};
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
    /// Encryption, per coefficient and prime, the plaintext modulus counted as one more prime.
    pub encrypt: f64,
    /// One word copied from memory.
    pub copy: f64,
    /// One word written to memory for the first time.
    pub first_touch: f64,
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
            encrypt: guess,
            copy: guess,
            first_touch: guess,
        };
    };
    let mut stream = Seed::from_number(0).stream(0);
    let mut words = vec![0u64; N];
    Seed::from_number(1).uniform(kernel, q, 0, 0, &mut words);
    let uniform = {
        let (mut tiles, mut blocks) = (vec![Tile::ZERO; N / TILE_WORDS], Blocks::default());
        let streams = || 0..(N / TILE_WORDS) as u64;
        let seed = Seed::from_number(1);
        best(|| seed.uniform_tiles(kernel, q, streams(), 1, &mut blocks, &mut tiles)) / N as f64
    };
    let mut errors = vec![0i64; N];
    let error = best(|| stream.centered_binomial(&mut errors)) / N as f64;
    let mut transformed = words.clone();
    let ntt = best(|| ntt.forward(&mut transformed)) / (N as f64 * (N as f64).log2());
    let mut sums = words.clone();
    let dot = best(|| kernel.dot(q, &mut sums, &[(words.as_slice(), transformed.as_slice()); 4]))
        / (4 * N) as f64;

    let x: Vec<Tile> =
        words.chunks_exact(TILE_WORDS).map(|c| Tile(std::array::from_fn(|i| c[i]))).collect();
    let columns: Arc<[u32]> = (0..x.len() as u32).collect();
    let row = Row { columns, weights: vec![7; x.len()] };
    let rows = vec![row; 10 * BLOCK_ROWS];
    let mac = LinearMap::new(x.len(), &rows, 48).map_or(1e-9, |map| {
        let mut out = vec![Tile::ZERO; rows.len()];
        let mut scratch = LinearScratch::default();
        let secs = best(|| map.apply(kernel, q, black_box(&x), &mut out, &mut scratch));
        secs / (map.kernel_macs() * TILE_WORDS as u64) as f64
    });
    let (mut a, mut b, mut c) = (x.clone(), x.clone(), x.clone());
    let square = best(|| kernel.square(q, &x, &x, [&mut a, &mut b, &mut c])) / N as f64;
    let poly = basis.lift(&errors, 3);
    let decode = best(|| {
        black_box(basis.decode(&poly, q));
    }) / (9 * N) as f64;
    let encrypt = encryption(&primes).unwrap_or(uniform + ntt);
    let source = vec![1u64; 1 << 20];
    let mut target = source.clone();
    let copy = best(|| target.copy_from_slice(black_box(&source))) / source.len() as f64;
    let first_touch = {
        const POLYNOMIALS: usize = 128;
        let started = Instant::now();
        let mut fresh = Panels::zero(N, 2, POLYNOMIALS);
        fresh.panels_mut().for_each(|mut panel| {
            for index in panel.range() {
                (0..2).for_each(|j| panel.put(index, j, &words));
            }
        });
        black_box(&fresh);
        started.elapsed().as_secs_f64() / (2 * N * POLYNOMIALS) as f64
    };
    UnitCosts { ntt, mac, square, uniform, error, dot, decode, encrypt, copy, first_touch }
}

/// Seconds that `map` takes for one word of every input, on this machine: how well a map fits the
/// kernel depends on its shape, so it is tried on one tile.
pub fn word_secs(map: &LinearMap, kernel: Kernel, q: Modulus) -> f64 {
    let x = vec![Tile([q.value() / 3; TILE_WORDS]); map.inputs()];
    let mut out = vec![Tile::ZERO; map.outputs()];
    let mut scratch = LinearScratch::default();
    let secs = best(|| map.apply(kernel, q, black_box(&x), &mut out, &mut scratch));
    secs / TILE_WORDS as f64
}

/// Seconds to encrypt, per coefficient and per prime, plaintext modulus counted as one more prime.
fn encryption(primes: &[u64]) -> Option<f64> {
    const CIPHERTEXTS: usize = 6;
    let t = ntt_primes(40, N, 1, primes).first().copied()?;
    let parameters = BgvParameters::new(N, primes, t).ok()?;
    let seed = Seed::from_number(0);
    let secret = SecretKey::generate(&parameters, &seed);
    let vectors = vec![vec![1i64; N]; CIPHERTEXTS];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().ok()?;
    let watch = Watch::silent();
    let secs = pool.install(|| {
        best(|| {
            black_box(secret.encrypt(&parameters, &vectors, &seed, &watch, "")).ok();
        })
    });
    Some(secs / (CIPHERTEXTS * N * (primes.len() + 1)) as f64)
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
