//! The primitives under `criterion`: `cargo bench`, or `cargo bench -- segment` for some of them.
//!
//! `cryptoscope bench` measures the same work, checks its outputs and tells the share of the
//! arithmetic limit; this one compares with the run before.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use cryptoscope::bench::{Program, Setting, Transforms};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::ring::kernels::{BLOCK_ROWS, REPEAT_MACS, TILE_WORDS, Tile};
use cryptoscope::ring::{Kernel, Modulus, ntt_primes};
use std::time::Duration;

const SEED: u64 = 1;
const N: usize = 8192;

fn ntt(c: &mut Criterion) {
    let mut group = c.benchmark_group("ntt");
    for n in [4096, N, 16_384] {
        let transforms = Transforms::new(n, SEED).expect("such primes exist");
        let mut row = transforms.coefficients().to_vec();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(format!("forward {n}"), |b| {
            b.iter(|| transforms.ntt().forward(&mut row));
        });
        group.bench_function(format!("inverse {n}"), |b| {
            b.iter(|| transforms.ntt().inverse(&mut row));
        });
    }
}

fn kernels(c: &mut Criterion) {
    let q = Modulus::new(ntt_primes(48, N, 1, &[])[0]).expect("a prime below 2^50");
    let words: Vec<u64> = (0..N as u64).map(|w| q.mul(w + 1, 0x9e37_79b9_7f4a)).collect();
    let signed: Vec<i64> = words.iter().map(|w| q.center(*w)).collect();
    let tiles: Vec<Tile> = words.as_chunks::<TILE_WORDS>().0.iter().map(|t| Tile(*t)).collect();
    let (columns, weights): (Vec<u32>, Vec<_>) =
        (0..80).map(|c| (c, std::array::from_fn::<u64, BLOCK_ROWS, _>(|r| r as u64 + 3))).unzip();
    for kernel in Kernel::available() {
        let mut group = c.benchmark_group(format!("kernel {}", kernel.name()));
        group.throughput(Throughput::Elements(N as u64));
        let (mut x, mut out) = (words.clone(), words.clone());
        let pairs = [(words.as_slice(), words.as_slice()); 4];
        group.bench_function("dot", |b| b.iter(|| kernel.dot(q, &mut x, &pairs)));
        group.bench_function("mul_scalar", |b| b.iter(|| kernel.mul_scalar(q, &mut x, 12_345)));
        group.bench_function("recenter", |b| b.iter(|| kernel.recenter(q, q, &words, &mut out)));
        group.bench_function("scale_sub", |b| b.iter(|| kernel.scale_sub(q, &mut x, 3, &words, 5)));
        group.bench_function("reduce_signed", |b| {
            b.iter(|| kernel.reduce_signed(q, &signed, &mut out));
        });
        let mut squares = [tiles.clone(), tiles.clone(), tiles.clone()];
        group.bench_function("square", |b| {
            b.iter(|| {
                let [s0, s1, s2] = &mut squares;
                kernel.square(q, &tiles, &tiles, [s0, s1, s2]);
            });
        });
        let mut acc = [Tile::ZERO; BLOCK_ROWS];
        group.throughput(Throughput::Elements(columns.len() as u64 * REPEAT_MACS));
        group.bench_function("accumulate", |b| {
            b.iter(|| {
                acc = [Tile::ZERO; BLOCK_ROWS];
                kernel.accumulate(&tiles, &columns, &weights, &mut acc);
            });
        });
        group.bench_function("repeat", |b| {
            b.iter(|| kernel.repeat(&tiles[0], &weights[0], columns.len() as u64, &mut acc));
        });
    }
}

fn ciphertexts(c: &mut Criterion) {
    const COUNT: usize = 20;
    let watch = Watch::silent();
    let setting = Setting::new(COUNT, 3, SEED).expect("these parameters are secure");
    let fresh = setting.fresh(&watch).expect("never cancelled");
    let squares = setting.squares(&watch).expect("never cancelled");
    let relinearised = setting.relinearise(squares.clone());
    let mut group = c.benchmark_group("ciphertexts");
    group.sample_size(20).throughput(Throughput::Elements(COUNT as u64));
    group.bench_function("encrypt", |b| b.iter(|| setting.encrypt(&watch)));
    group.bench_function("decrypt", |b| b.iter(|| setting.decrypt(&fresh)));
    group.bench_function("relinearise", |b| {
        b.iter_batched(|| squares.clone(), |c| setting.relinearise(c), BatchSize::LargeInput);
    });
    group.bench_function("switch", |b| {
        b.iter_batched(|| relinearised.clone(), |c| setting.switch(c), BatchSize::LargeInput);
    });
}

fn segment(c: &mut Criterion) {
    let mut group = c.benchmark_group("segment");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    let programs = [("dense", Program::dense(SEED)), ("cryptonets", Program::cryptonets(SEED))];
    for (name, program) in programs {
        let program = program.expect("the operations fit");
        let mut outputs = program.outputs();
        let cancel = Cancel::default();
        group.throughput(Throughput::Elements(program.word_macs() as u64));
        group.bench_function(name, |b| {
            b.iter(|| program.run(Kernel::best(), &mut outputs, &cancel));
        });
    }
}

/// On one thread, as the targets are stated.
fn one_thread(c: &mut Criterion) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("no threads before");
    ciphertexts(c);
    segment(c);
}

criterion_group!(primitives, ntt, kernels, one_thread);
criterion_main!(primitives);
