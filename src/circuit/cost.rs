//! Predicted time: unit costs, times the work of a plan. Which costs: see [`super::cost_table`].

use progress::Watch;
use rayon::prelude::*;
use ring::kernels::{BLOCK_ROWS, TILE_WORDS, Tile};
use ring::{
    Basis, Blocks, Kernel, LinearMap, LinearScratch, Modulus, Ntt, Panels, Row, Seed, ntt_primes,
};
use scheme::bgv::{BgvParameters, SecretKey};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds per unit of work, one thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// One word of a tile gathered from memory.
    pub copy: f64,
    /// One word written to memory for the first time.
    pub first_touch: f64,
    /// Beginning work on all threads and waiting for all of them, whatever the work.
    pub region: f64,
}

impl UnitCosts {
    /// Typical costs of a kernel.
    pub fn typical(kernel: &str) -> Self {
        let known = TYPICAL.iter().find(|(name, _)| *name == kernel);
        known.map_or(TYPICAL[0].1, |(_, costs)| *costs)
    }

    /// The costs on this machine as they are now (some 60 ms).
    pub fn measured() -> Self {
        measure()
    }

    /// All of them, seconds.
    pub(super) fn all(&self) -> [f64; 11] {
        let Self { ntt, mac, square, uniform, error, dot, decode, encrypt, .. } = *self;
        let Self { copy, first_touch, region, .. } = *self;
        [ntt, mac, square, uniform, error, dot, decode, encrypt, copy, first_touch, region]
    }

    /// One transform of length `n`.
    pub fn transform(&self, n: usize) -> f64 {
        self.ntt * n as f64 * (n as f64).log2()
    }
}

const N: usize = 8192;

/// Typical costs by kernel, as measured on the machine this was written on (for AMX, which it lacks,
/// with the ratio of its multiplications to those of AVX-512 on another).
#[rustfmt::skip]
const TYPICAL: [(&str, UnitCosts); 4] = [
    ("portable", UnitCosts {
        ntt: 2.65e-10, mac: 5.32e-10, square: 7.59e-9, uniform: 1.38e-8, error: 1.32e-7, dot: 1.29e-9,
        decode: 7.20e-9, encrypt: 1.05e-7, copy: 9.00e-10, first_touch: 2.00e-9, region: 1.50e-4,
    }),
    ("avx2", UnitCosts {
        ntt: 2.65e-10, mac: 4.50e-10, square: 9.90e-10, uniform: 1.36e-8, error: 4.60e-8, dot: 4.00e-10,
        decode: 7.10e-9, encrypt: 4.70e-8, copy: 1.80e-9, first_touch: 2.00e-9, region: 1.50e-4,
    }),
    ("avx512_ifma", UnitCosts {
        ntt: 2.00e-10, mac: 3.20e-10, square: 9.60e-10, uniform: 4.20e-9, error: 2.60e-9, dot: 1.70e-10,
        decode: 7.10e-9, encrypt: 7.40e-9, copy: 1.80e-9, first_touch: 2.00e-9, region: 1.50e-4,
    }),
    ("amx_int8", UnitCosts {
        ntt: 2.00e-10, mac: 4.00e-11, square: 9.60e-10, uniform: 4.20e-9, error: 2.60e-9, dot: 1.70e-10,
        decode: 7.10e-9, encrypt: 7.40e-9, copy: 1.80e-9, first_touch: 2.00e-9, region: 1.50e-4,
    }),
];

fn measure() -> UnitCosts {
    let kernel = Kernel::best();
    let primes = ntt_primes(48, N, 3, &[]);
    let (Some(basis), Some(q), Some(ntt)) =
        (Basis::new(N, &primes), Modulus::new(primes[0]), Ntt::new(N, primes[0]))
    else {
        // Such primes exist; were the search ever to fail, typical costs are a fair guess.
        return UnitCosts::typical(kernel.name());
    };
    let mut stream = Seed::from_number(0).stream(0);
    let mut words = vec![0u64; N];
    Seed::from_number(1).uniform(kernel, q, 0, 0, &mut words);
    let uniform = {
        let (mut tiles, mut blocks) = (vec![Tile::ZERO; N / TILE_WORDS], Blocks::default());
        let streams = || 0..(N / TILE_WORDS) as u64;
        let seed = Seed::from_number(1);
        typical(|| seed.uniform_tiles(kernel, q, streams(), 1, &mut blocks, &mut tiles)) / N as f64
    };
    let mut errors = vec![0i64; N];
    let error = typical(|| stream.centered_binomial(&mut errors)) / N as f64;
    let mut transformed = words.clone();
    let ntt = typical(|| ntt.forward(&mut transformed)) / (N as f64 * (N as f64).log2());
    let mut sums = words.clone();
    let dot =
        typical(|| kernel.dot(q, &mut sums, &[(words.as_slice(), transformed.as_slice()); 4]))
            / (4 * N) as f64;

    let x: Vec<Tile> =
        words.chunks_exact(TILE_WORDS).map(|c| Tile(std::array::from_fn(|i| c[i]))).collect();
    let columns: Arc<[u32]> = (0..x.len() as u32).collect();
    let row = Row { columns, weights: vec![7; x.len()] };
    let rows = vec![row; 10 * BLOCK_ROWS];
    let mac = LinearMap::new(x.len(), &rows, 48).map_or(1e-9, |map| {
        let mut out = vec![Tile::ZERO; rows.len()];
        let mut scratch = LinearScratch::default();
        let secs = typical(|| map.apply(kernel, q, black_box(&x), &mut out, &mut scratch));
        secs / (map.kernel_macs() * TILE_WORDS as u64) as f64
    });
    let (mut a, mut b, mut c) = (x.clone(), x.clone(), x.clone());
    let square = typical(|| kernel.square(q, &x, &x, [&mut a, &mut b, &mut c])) / N as f64;
    let poly = basis.lift(&errors, 3);
    let decode = typical(|| {
        black_box(basis.decode(&poly, q));
    }) / (9 * N) as f64;
    let encrypt = encryption(&primes).unwrap_or(uniform + ntt);
    let (first_touch, copy) = {
        const POLYNOMIALS: usize = 512;
        let all = (2 * N * POLYNOMIALS) as f64;
        let started = Instant::now();
        let mut fresh = Panels::zero(N, 2, POLYNOMIALS);
        fresh.panels_mut().for_each(|mut panel| {
            for index in panel.range() {
                (0..2).for_each(|j| panel.put(index, j, &words));
            }
        });
        let first_touch = started.elapsed().as_secs_f64() / all;
        let mut tiles = vec![Tile::ZERO; POLYNOMIALS];
        let started = Instant::now();
        for (j, tile) in (0..2).flat_map(|j| (0..N / TILE_WORDS).map(move |tile| (j, tile))) {
            fresh.tile(j, tile, &mut tiles);
            black_box(&tiles);
        }
        (first_touch, started.elapsed().as_secs_f64() / all)
    };
    let region = region();
    UnitCosts { ntt, mac, square, uniform, error, dot, decode, encrypt, copy, first_touch, region }
}

/// Seconds that `map` takes for one word of every input, on this machine: how well a map fits the
/// kernel depends on its shape, so it is tried on one tile.
pub fn word_secs(map: &LinearMap, kernel: Kernel, q: Modulus) -> f64 {
    let x = vec![Tile([q.value() / 3; TILE_WORDS]); map.inputs()];
    let mut out = vec![Tile::ZERO; map.outputs()];
    let mut scratch = LinearScratch::default();
    let secs = typical(|| map.apply(kernel, q, black_box(&x), &mut out, &mut scratch));
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
        typical(|| {
            black_box(secret.encrypt(&parameters, &vectors, &seed, &watch, "")).ok();
        })
    });
    Some(secs / (CIPHERTEXTS * N * (primes.len() + 1)) as f64)
}

/// Seconds that two threads take longer than they work, when they had nothing to do before and take
/// buffers of the usual size.
fn region() -> f64 {
    const BUFFER_WORDS: usize = 1 << 17;
    const WORK: Duration = Duration::from_micros(100);
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(2).build() else { return 0.0 };
    let mut secs: Vec<f64> = (0..9)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(1));
            let started = Instant::now();
            pool.install(|| {
                (0..2).into_par_iter().for_each(|_| {
                    black_box(vec![1u64; BUFFER_WORDS]);
                    let started = Instant::now();
                    while started.elapsed() < WORK {}
                });
            });
            started.elapsed().saturating_sub(WORK).as_secs_f64()
        })
        .collect();
    secs.sort_by(f64::total_cmp);
    secs[secs.len() / 2]
}

/// The median of some runs, seconds, after one that fills the caches.
fn typical(mut work: impl FnMut()) -> f64 {
    work();
    let mut secs: [f64; 7] = std::array::from_fn(|_| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64()
    });
    secs.sort_by(f64::total_cmp);
    secs[secs.len() / 2]
}
