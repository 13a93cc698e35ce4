//! What a server does: word-wise segments, relinearisation, modulus switching.

use super::BgvParameters;
use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::{EvaluationKeys, mask_stream};
use super::parameters::MAX_PRIMES;
use crate::progress::{Cancel, Cancelled, Watch};
use crate::ring::{LinearMap, RnsPoly, RowsMut, Source, Tap, WordOp, WordProgram};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One operation of a segment, on messages.
#[derive(Clone, Debug)]
pub enum SegmentOp {
    /// Weighted sums of the messages plus an integer each.
    Linear { map: Arc<LinearMap>, bias: Vec<i128> },
    /// Squares of the messages: two parts become three.
    Square,
}

/// Operations between two key switches, all word-wise, with at most one square.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    pub ops: Vec<SegmentOp>,
}

/// What a segment works on.
pub enum SegmentInput<'a> {
    Fresh(&'a FreshBatch),
    Computed(&'a [Ciphertext]),
}

/// What a segment gives.
pub struct SegmentOutput {
    pub ciphertexts: Vec<Ciphertext>,
    /// Copies of the values that were tapped, in the order of the taps.
    pub taps: Vec<Ciphertext>,
    /// Seconds spent in each operation, summed over threads.
    pub op_secs: Vec<f64>,
}

impl Segment {
    /// Runs the segment prime by prime, tiles in parallel. `tile_done` is told after each tile.
    ///
    /// # Panics
    /// When the operations do not fit the inputs; a planner builds only segments that do.
    pub fn run(
        &self,
        parameters: &BgvParameters,
        input: &SegmentInput,
        taps: &[Tap],
        cancel: &Cancel,
        tile_done: &(dyn Fn() + Sync),
    ) -> Result<SegmentOutput, Cancelled> {
        let (count, parts, level, factor) = input.shape(parameters);
        let (ops, factors) = self.with_factor(parameters, factor);
        let program = WordProgram::new(count, parts, ops);
        #[expect(clippy::expect_used, reason = "a planner builds only segments that fit")]
        let program = program.expect("the operations fit the inputs");
        let (values, parts_out) = program.output();
        let zero = |parts: usize, factor: u64| Ciphertext {
            parts: vec![RnsPoly::zero(parameters.degree(), level); parts],
            factor,
        };
        let last = factors.last().copied().unwrap_or(factor);
        let mut ciphertexts: Vec<_> =
            (0..values).into_par_iter().map(|_| zero(parts_out, last)).collect();
        let mut tapped: Vec<_> =
            taps.iter().map(|tap| zero(program.size_after(tap.op).1, factors[tap.op])).collect();
        let mut op_secs = vec![0.0; self.ops.len()];
        for j in 0..level {
            let secs = program.run(
                parameters.kernel(),
                parameters.basis().modulus(j),
                parameters.degree(),
                &input.sources(j),
                rows_mut(&mut ciphertexts, j),
                taps,
                rows_mut(&mut tapped, j),
                cancel,
                tile_done,
            )?;
            op_secs.iter_mut().zip(secs).for_each(|(sum, secs)| *sum += secs);
        }
        Ok(SegmentOutput { ciphertexts, taps: tapped, op_secs })
    }

    /// The operations on phases: biases are multiplied by the factor the messages carry there. Also
    /// that factor after each operation.
    fn with_factor(&self, parameters: &BgvParameters, mut factor: u64) -> (Vec<WordOp>, Vec<u64>) {
        let t = parameters.t();
        let mut ops = Vec::with_capacity(self.ops.len());
        let mut factors = Vec::with_capacity(self.ops.len());
        for op in &self.ops {
            ops.push(match op {
                SegmentOp::Linear { map, bias } => {
                    let constant = |b: &i128| {
                        let b = b.rem_euclid(i128::from(t.value())) as u64;
                        t.center(t.mul(b, factor))
                    };
                    WordOp::Linear {
                        map: Arc::clone(map),
                        constants: bias.iter().map(constant).collect(),
                    }
                }
                SegmentOp::Square => {
                    factor = t.mul(factor, factor);
                    WordOp::Square
                }
            });
            factors.push(factor);
        }
        (ops, factors)
    }
}

fn rows_mut(ciphertexts: &mut [Ciphertext], j: usize) -> RowsMut<'_> {
    ciphertexts.iter_mut().map(|c| c.parts.iter_mut().map(|p| p.row_mut(j)).collect()).collect()
}

impl SegmentInput<'_> {
    /// Ciphertexts, parts, level and factor.
    fn shape(&self, parameters: &BgvParameters) -> (usize, usize, usize, u64) {
        match self {
            Self::Fresh(batch) => (batch.len(), 2, parameters.primes(), 1),
            Self::Computed(all) => {
                let first = all.first();
                let parts = first.map_or(2, Ciphertext::parts);
                (
                    all.len(),
                    parts,
                    first.map_or(0, Ciphertext::level),
                    first.map_or(1, |c| c.factor),
                )
            }
        }
    }

    /// Residues at prime `j`, part after part. Masks of fresh ciphertexts come from their seed.
    fn sources(&self, j: usize) -> Vec<Source<'_>> {
        match self {
            Self::Fresh(batch) => {
                let streams = (0..batch.len()).map(|index| mask_stream(index as u64, j)).collect();
                vec![
                    Source::Panels { panels: &batch.bodies, j },
                    Source::Uniform { seed: &batch.seed, streams },
                ]
            }
            Self::Computed(all) => {
                let parts = all.first().map_or(0, Ciphertext::parts);
                let of = |p: usize| all.iter().map(|c| c.parts[p].row(j)).collect();
                (0..parts).map(|p| Source::Rows(of(p))).collect()
            }
        }
    }
}

impl EvaluationKeys {
    /// Relinearises ciphertexts of three parts and drops `drop` primes from each, in parallel.
    /// Relinearisation comes first: its noise is about the size of one prime times t, which would
    /// swamp a ciphertext that was already switched. `what` names the work to `watch`.
    pub fn relinearise_and_switch(
        &self,
        parameters: &BgvParameters,
        ciphertexts: Vec<Ciphertext>,
        drop: usize,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, Cancelled> {
        let done = AtomicU64::new(0);
        let total = ciphertexts.len() as u64;
        let mut ciphertexts = ciphertexts;
        let fair = ciphertexts.len().div_ceil(2 * rayon::current_num_threads());
        ciphertexts.par_chunks_mut(fair.clamp(1, TOGETHER)).try_for_each_init(
            || SwitchScratch::new(parameters, TOGETHER),
            |scratch, ciphertexts| {
                self.relinearise_with(parameters, ciphertexts, scratch);
                for ciphertext in ciphertexts {
                    for _ in 0..drop {
                        ciphertext.switch_with(parameters, scratch);
                    }
                    watch.step(what, done.fetch_add(1, Ordering::Relaxed) + 1, total)?;
                }
                Ok(())
            },
        )?;
        Ok(ciphertexts)
    }

    /// Three parts become two: `c2 s^2` is replaced by `sum_i [c2]_i (g_i s^2)` with each digit
    /// `[c2]_i` centred, which halves its noise. Two parts are returned as they are.
    pub fn relinearise(
        &self,
        parameters: &BgvParameters,
        mut ciphertext: Ciphertext,
    ) -> Ciphertext {
        let mut scratch = SwitchScratch::new(parameters, 1);
        self.relinearise_with(parameters, std::slice::from_mut(&mut ciphertext), &mut scratch);
        ciphertext
    }

    /// At most [`TOGETHER`] ciphertexts of one level: the keys of a prime are read once for all.
    fn relinearise_with(
        &self,
        parameters: &BgvParameters,
        ciphertexts: &mut [Ciphertext],
        scratch: &mut SwitchScratch,
    ) {
        let (basis, kernel) = (parameters.basis(), parameters.kernel());
        let SwitchScratch { coefficients, digits } = scratch;
        let mut todo: Vec<(&mut Ciphertext, RnsPoly, &mut Vec<Vec<u64>>)> = ciphertexts
            .iter_mut()
            .zip(coefficients)
            .filter(|(ciphertext, _)| ciphertext.parts() == 3)
            .filter_map(|(ciphertext, coefficients)| {
                let square = ciphertext.parts.pop()?;
                Some((ciphertext, square, coefficients))
            })
            .collect();
        for (_, square, coefficients) in &mut todo {
            for (i, (coefficients, row)) in coefficients.iter_mut().zip(square.rows()).enumerate() {
                basis.ntt(i).inverse_times(kernel, row, 1, coefficients);
            }
        }
        for j in 0..parameters.primes() {
            let q = basis.modulus(j);
            for (ciphertext, square, coefficients) in &mut todo {
                let level = square.primes();
                if j >= level {
                    continue;
                }
                // Digit i modulo prime j, by evaluations; digit j is there already.
                for (i, digit) in digits.iter_mut().take(level).enumerate().filter(|(i, _)| *i != j)
                {
                    let from = basis.modulus(i);
                    basis.ntt(j).forward_recentered(kernel, from, &coefficients[i], digit);
                }
                let digit = |i: usize| if i == j { square.row(j) } else { digits[i].as_slice() };
                for (part, pick) in ciphertext.parts.iter_mut().zip([0, 1]) {
                    let mut pairs = [(digit(0), digit(0)); MAX_PRIMES];
                    for (i, (pair, (body, mask))) in pairs.iter_mut().zip(&self.digits).enumerate()
                    {
                        if i < level {
                            *pair = (digit(i), if pick == 0 { body.row(j) } else { mask.row(j) });
                        }
                    }
                    kernel.dot(q, part.row_mut(j), &pairs[..level]);
                }
            }
        }
    }
}

/// Ciphertexts that are relinearised together: their digits and the keys of one prime share the
/// second-level cache.
const TOGETHER: usize = 4;

/// Buffers of one thread that relinearises and switches: one row per prime, and for each of the
/// ciphertexts worked on together.
struct SwitchScratch {
    coefficients: Vec<Vec<Vec<u64>>>,
    digits: Vec<Vec<u64>>,
}

impl SwitchScratch {
    fn new(parameters: &BgvParameters, together: usize) -> Self {
        let rows = vec![vec![0; parameters.degree()]; parameters.primes()];
        Self { coefficients: vec![rows.clone(); together], digits: rows }
    }
}

impl Ciphertext {
    /// Drops the last prime p: `c' = (c - t u) / p` with `u = [c t^-1]_p` centred, so the phase
    /// shrinks by p and the message is multiplied by `p^-1` modulo t (Gentry, Halevi, Smart,
    /// eprint 2012/099, section 3.2). A ciphertext with one prime is returned as it is.
    pub fn switch(mut self, parameters: &BgvParameters) -> Self {
        self.switch_with(parameters, &mut SwitchScratch::new(parameters, 1));
        self
    }

    fn switch_with(&mut self, parameters: &BgvParameters, scratch: &mut SwitchScratch) {
        let level = self.level();
        if level < 2 {
            return;
        }
        let (basis, kernel, t) = (parameters.basis(), parameters.kernel(), parameters.t());
        let last = level - 1;
        let p = basis.modulus(last);
        let inverses: Vec<u64> =
            (0..last).map(|j| basis.modulus(j).inv(p.value()).unwrap_or(1)).collect();
        // Scratch has a row for every prime, so at least two here.
        let SwitchScratch { coefficients, digits } = scratch;
        let (correction, row) = (&mut coefficients[0][0], &mut digits[0]);
        for part in &mut self.parts {
            let t_inverse = parameters.t_inverse(last);
            basis.ntt(last).inverse_times(kernel, part.row(last), t_inverse, correction);
            part.truncate(last);
            for (j, p_inverse) in inverses.iter().enumerate() {
                let q = basis.modulus(j);
                basis.ntt(j).forward_recentered(kernel, p, correction, row);
                let t_by_p = q.mul(q.reduce(t.value()), *p_inverse);
                kernel.scale_sub(q, part.row_mut(j), *p_inverse, row, t_by_p);
            }
        }
        self.factor = t.mul(self.factor, t.inv(p.value()).unwrap_or(1));
    }
}
