//! Word-wise segments against the multiply-add of the kernel.

use super::exact;
use super::exact::ExactOp;
use super::harness::{BenchError, Harness, demand};
use super::measurement::Measurement;
use super::peak::peak_macs_per_sec;
use circuit::{IntegerLayer, IntegerNetwork, segments};
use progress::{Cancel, Cancelled};
use rayon::prelude::*;
use ring::kernels::{TILE_WORDS, Tile};
use ring::{
    Kernel, LinearMap, LinearScratch, Modulus, Row, Seed, Source, WordOp, WordProgram, ntt_primes,
};
use std::hint::black_box;
use std::sync::Arc;

const N: usize = 8192;
const PRIMES: usize = 4;
const PRIME_BITS: u32 = 48;

/// Words of each row that are computed the slow way.
const CHECKED_WORDS: usize = 8;

/// Words of each row that the portable kernel computes again.
const PORTABLE_WORDS: usize = 2 * TILE_WORDS;

/// A segment with random inputs.
pub struct Program {
    what: &'static str,
    ops: Vec<ExactOp>,
    program: WordProgram,
    moduli: Vec<Modulus>,
    /// `[component][value]`, each N words below every prime.
    inputs: Vec<Vec<Vec<u64>>>,
    word_macs: f64,
    kernel_macs: f64,
}

/// Results at one prime, `[output][component]`, N words each.
pub type Outputs = Vec<Vec<Vec<u64>>>;

impl Program {
    /// The dense layer of CryptoNets after its squares: 845 values of three components, 100 rows of
    /// weights of 4 bits, none of them 0.
    pub fn dense(seed: u64) -> Result<Self, BenchError> {
        const INPUTS: usize = 845;
        const ROWS: usize = 100;
        let columns: Arc<[u32]> = (0..INPUTS as u32).collect();
        let mut stream = Seed::from_number(seed).derive("bench weights", 0).stream(0);
        let mut weight = || {
            let level = (stream.next_u64() % 14) as i32 - 7;
            if level < 0 { level } else { level + 1 }
        };
        let rows = (0..ROWS).map(|_| Row {
            columns: Arc::clone(&columns),
            weights: columns.iter().map(|_| weight()).collect(),
        });
        let linear = ExactOp::Linear { rows: rows.collect(), constants: vec![0; ROWS] };
        Self::new("segment dense", vec![linear], INPUTS, 3, seed)
    }

    /// Everything CryptoNets does before its first key switch, with its trained weights.
    pub fn cryptonets(seed: u64) -> Result<Self, BenchError> {
        let refuse = |e: String| BenchError::Refused(e);
        let network = network::open("cryptonets").map_err(|e| refuse(e.to_string()))?;
        let integers = IntegerNetwork::new(&network, None, &[]);
        let integers = integers.map_err(|e| refuse(e.to_string()))?;
        let first = segments(integers.layers()).into_iter().next().unwrap_or_default();
        let op = |layer: &IntegerLayer| match layer {
            IntegerLayer::Square { .. } => ExactOp::Square,
            IntegerLayer::Linear { rows, bias, .. } => ExactOp::Linear {
                rows: rows.clone(),
                constants: bias.iter().map(|b| *b as i64).collect(),
            },
        };
        let ops = integers.layers()[first].iter().map(op).collect();
        Self::new("segment cryptonets", ops, integers.inputs(), 2, seed)
    }

    fn new(
        what: &'static str,
        ops: Vec<ExactOp>,
        inputs: usize,
        components: usize,
        seed: u64,
    ) -> Result<Self, BenchError> {
        let unfit = || BenchError::Refused(format!("{what}: its operations do not fit"));
        let mut word_ops = Vec::new();
        let (mut width, mut now) = (inputs, components);
        let (mut word_macs, mut kernel_macs) = (0.0, 0.0);
        for op in &ops {
            word_ops.push(match op {
                ExactOp::Square => {
                    now = 3;
                    WordOp::Square
                }
                ExactOp::Linear { rows, constants } => {
                    let map = LinearMap::new(width, rows, PRIME_BITS).ok_or_else(unfit)?;
                    width = rows.len();
                    let words = (now * N * PRIMES) as f64;
                    word_macs += map.macs() as f64 * words;
                    kernel_macs += map.kernel_macs() as f64 * words;
                    WordOp::Linear { map: Arc::new(map), constants: constants.clone() }
                }
            });
        }
        let program = WordProgram::new(inputs, components, word_ops).ok_or_else(unfit)?;
        let moduli: Vec<Modulus> =
            ntt_primes(PRIME_BITS, N, PRIMES, &[]).into_iter().filter_map(Modulus::new).collect();
        let seed = Seed::from_number(seed).derive("bench inputs", 0);
        let row = |component: usize, value: usize| {
            let mut stream = seed.stream((component * inputs + value) as u64);
            (0..N).map(|_| stream.next_u64() >> (65 - PRIME_BITS)).collect()
        };
        let inputs = (0..components)
            .map(|component| {
                (0..inputs).into_par_iter().map(|value| row(component, value)).collect()
            })
            .collect();
        Ok(Self { what, ops, program, moduli, inputs, word_macs, kernel_macs })
    }

    /// Multiply-accumulates of one word by a weight that is not zero, all primes.
    pub fn word_macs(&self) -> f64 {
        self.word_macs
    }

    /// Room for [`Program::run`].
    pub fn outputs(&self) -> Outputs {
        let (values, components) = self.program.output();
        (0..values).into_par_iter().map(|_| vec![vec![0; N]; components]).collect()
    }

    /// Runs the segment at every prime; the outputs of the last one stay.
    pub fn run(
        &self,
        kernel: Kernel,
        outputs: &mut Outputs,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        (0..self.moduli.len()).try_for_each(|j| self.run_prime(kernel, j, N, outputs, cancel))
    }

    /// Runs the segment at prime `j` on the first `words` words.
    fn run_prime(
        &self,
        kernel: Kernel,
        j: usize,
        words: usize,
        outputs: &mut Outputs,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        let rows =
            self.inputs.iter().map(|component| component.iter().map(|row| &row[..words]).collect());
        let sources: Vec<Source> = rows.map(Source::Rows).collect();
        let outputs = outputs
            .iter_mut()
            .map(|value| value.iter_mut().map(|row| &mut row[..words]).collect())
            .collect();
        let tile_done = || ();
        let q = self.moduli[j];
        self.program.run(
            kernel,
            q,
            words,
            &sources,
            outputs,
            &[],
            Vec::new(),
            cancel,
            &tile_done,
        )?;
        Ok(())
    }

    /// Whether `outputs` are those of prime `j`: some words of every row by residues one at a time,
    /// the first tiles by the portable kernel.
    pub fn check(&self, j: usize, outputs: &Outputs, cancel: &Cancel) -> Result<(), BenchError> {
        let q = self.moduli[j];
        let components = self.inputs.len();
        for at in (0..CHECKED_WORDS).map(|i| i * (N - 1) / (CHECKED_WORDS - 1)) {
            cancel.check()?;
            let value = |v: usize| (0..components).map(|p| self.inputs[p][v][at]).collect();
            let exact = exact::run(&self.ops, q, (0..self.inputs[0].len()).map(value).collect());
            for (value, (output, exact)) in outputs.iter().zip(exact).enumerate() {
                let here = output.iter().map(|row| row[at]);
                demand(here.eq(exact), self.what, || {
                    format!("word {at} of output {value} at prime {j} is wrong")
                })?;
            }
        }
        let mut portable = self.outputs();
        self.run_prime(Kernel::Portable, j, PORTABLE_WORDS, &mut portable, cancel)?;
        let rows = outputs.iter().flatten().zip(portable.iter().flatten());
        let mut same = rows.map(|(a, b)| a[..PORTABLE_WORDS] == b[..PORTABLE_WORDS]);
        demand(same.all(|s| s), self.what, || "the portable kernel gives other words".into())
    }

    fn measure(&self, harness: &mut Harness, peak: f64) -> Result<(), BenchError> {
        let kernel = Kernel::best();
        let cancel = harness.watch.cancel_flag().clone();
        for j in 0..self.moduli.len() {
            let mut outputs = self.outputs();
            harness.pool().install(|| self.run_prime(kernel, j, N, &mut outputs, &cancel))?;
            self.check(j, &outputs, &cancel)?;
        }
        let mut outputs = self.outputs();
        let work = |()| self.run(kernel, &mut outputs, &cancel);
        let (timing, ()) = harness.time(self.what, || (), work)?;
        self.check(self.moduli.len() - 1, &outputs, &cancel)?;
        let (values, components) = self.program.output();
        let measurement = Measurement::new(self.what, &timing, self.word_macs, "word MACs")
            .with("ring_degree", N)
            .with("primes", PRIMES)
            .with("prime_bits", PRIME_BITS)
            .with("inputs", self.inputs[0].len())
            .with("input_parts", self.inputs.len())
            .with("outputs", values)
            .with("output_parts", components)
            .with_limit("multiply-adds of the kernel from registers, measured in this run", peak)
            .found("kernel_macs", self.kernel_macs)
            .checked_by("residues one word at a time, and the portable kernel");
        harness.emit(measurement)
    }
}

/// Weighted sums alone, on tiles that stay in the cache: what the kernel does without the memory.
fn measure_kernel(harness: &mut Harness, peak: f64) -> Result<(), BenchError> {
    const WHAT: &str = "segment kernel";
    const ROUNDS: usize = 256;
    let program = Program::dense(harness.options.seed)?;
    let (Some(WordOp::Linear { map, .. }), Some(q)) =
        (program.program.ops().first(), program.moduli.first().copied())
    else {
        return Err(BenchError::Refused(format!("{WHAT}: no weighted sums")));
    };
    let tile = |row: &Vec<u64>| Tile(std::array::from_fn(|w| row[w]));
    let x: Vec<Tile> = program.inputs[0].iter().map(tile).collect();
    let run = |kernel: Kernel| {
        let (mut out, mut scratch) = (vec![Tile::ZERO; map.outputs()], LinearScratch::default());
        for _ in 0..ROUNDS {
            map.apply(kernel, q, black_box(&x), &mut out, &mut scratch);
        }
        out
    };
    let work = |()| Ok(rayon::broadcast(|_| run(Kernel::best())));
    let (timing, outs) = harness.time(WHAT, || (), work)?;
    let portable = run(Kernel::Portable);
    demand(outs.iter().all(|out| *out == portable), WHAT, || {
        "the portable kernel gives other words".into()
    })?;
    let macs = (map.macs() as usize * TILE_WORDS * ROUNDS * harness.threads()) as f64;
    let measurement = Measurement::new(WHAT, &timing, macs, "word MACs")
        .with("prime_bits", PRIME_BITS)
        .with("inputs", x.len())
        .with("outputs", map.outputs())
        .with_limit("multiply-adds of the kernel from registers, measured in this run", peak)
        .checked_by("the portable kernel");
    harness.emit(measurement)
}

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    let peak = peak_macs_per_sec(Kernel::best(), harness.pool());
    measure_kernel(harness, peak)?;
    harness.watch.check()?;
    Program::dense(harness.options.seed)?.measure(harness, peak)?;
    harness.watch.check()?;
    Program::cryptonets(harness.options.seed)?.measure(harness, peak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_word_is_found() {
        let columns: Arc<[u32]> = (0..5).collect();
        let row =
            |weights: [i32; 5]| Row { columns: Arc::clone(&columns), weights: weights.into() };
        let linear = ExactOp::Linear {
            rows: vec![row([1, -7, 0, 3, 2]), row([5, 4, -3, -2, 7])],
            constants: vec![11, -12],
        };
        let last = ExactOp::Linear {
            rows: vec![Row { columns: Arc::new([0, 1]), weights: vec![-2, 3] }],
            constants: vec![4],
        };
        let ops = vec![linear, ExactOp::Square, last];
        let program = Program::new("small", ops, 5, 2, 1).unwrap();
        // Nine weights that are not zero on two components, two on three.
        assert_eq!(program.word_macs(), ((9 * 2 + 2 * 3) * N * PRIMES) as f64);
        let cancel = Cancel::default();
        for kernel in Kernel::available() {
            let mut outputs = program.outputs();
            program.run(kernel, &mut outputs, &cancel).unwrap();
            program.check(PRIMES - 1, &outputs, &cancel).unwrap();
            assert!(program.check(0, &outputs, &cancel).is_err(), "those of another prime");
            for (component, at) in [(0, 0), (1, N - 1), (2, 40)] {
                let mut damaged = outputs.clone();
                damaged[0][component][at] ^= 1;
                let found = program.check(PRIMES - 1, &damaged, &cancel);
                assert!(
                    matches!(found, Err(BenchError::Wrong { .. })),
                    "part {component}, word {at}"
                );
            }
        }
    }
}
