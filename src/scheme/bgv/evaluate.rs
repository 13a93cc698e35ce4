//! What a server does: word-wise segments, relinearisation, modulus switching.

use super::BgvParameters;
use super::ciphertext::{Ciphertext, FreshBatch};
use super::keys::{EvaluationKeys, mask_stream};
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
        ciphertexts
            .into_par_iter()
            .map(|ciphertext| {
                let mut ciphertext = self.relinearise(parameters, ciphertext);
                for _ in 0..drop {
                    ciphertext = ciphertext.switch(parameters);
                }
                watch.step(what, done.fetch_add(1, Ordering::Relaxed) + 1, total)?;
                Ok(ciphertext)
            })
            .collect()
    }

    /// Three parts become two: `c2 s^2` is replaced by `sum_i [c2]_i (g_i s^2)` with each digit
    /// `[c2]_i` centred, which halves its noise. Two parts are returned as they are.
    pub fn relinearise(
        &self,
        parameters: &BgvParameters,
        mut ciphertext: Ciphertext,
    ) -> Ciphertext {
        if ciphertext.parts() != 3 {
            return ciphertext;
        }
        let Some(square) = ciphertext.parts.pop() else { return ciphertext };
        let (n, basis, kernel) = (parameters.degree(), parameters.basis(), parameters.kernel());
        let level = square.primes();
        // digits[j][i] = digit i modulo prime j, by evaluations.
        let mut digits: Vec<Vec<Vec<u64>>> =
            (0..level).map(|_| Vec::with_capacity(level)).collect();
        let mut coefficients = vec![0; n];
        for i in 0..level {
            coefficients.copy_from_slice(square.row(i));
            basis.ntt(i).inverse(&mut coefficients);
            for (j, of_prime) in digits.iter_mut().enumerate() {
                let mut row = vec![0; n];
                if i == j {
                    row.copy_from_slice(square.row(j));
                } else {
                    kernel.recenter(basis.modulus(i), basis.modulus(j), &coefficients, &mut row);
                    basis.ntt(j).forward(&mut row);
                }
                of_prime.push(row);
            }
        }
        for (j, of_prime) in digits.iter().enumerate() {
            let q = basis.modulus(j);
            for (part, pick) in ciphertext.parts.iter_mut().zip([0, 1]) {
                let pairs: Vec<(&[u64], &[u64])> = of_prime
                    .iter()
                    .zip(&self.digits)
                    .map(|(digit, (body, mask))| {
                        let key = if pick == 0 { body } else { mask };
                        (digit.as_slice(), key.row(j))
                    })
                    .collect();
                kernel.dot(q, part.row_mut(j), &pairs);
            }
        }
        ciphertext
    }
}

impl Ciphertext {
    /// Drops the last prime p: `c' = (c - t u) / p` with `u = [c t^-1]_p` centred, so the phase
    /// shrinks by p and the message is multiplied by `p^-1` modulo t (Gentry, Halevi, Smart,
    /// eprint 2012/099, section 3.2). A ciphertext with one prime is returned as it is.
    pub fn switch(mut self, parameters: &BgvParameters) -> Self {
        let level = self.level();
        if level < 2 {
            return self;
        }
        let (n, basis, kernel, t) =
            (parameters.degree(), parameters.basis(), parameters.kernel(), parameters.t());
        let last = level - 1;
        let p = basis.modulus(last);
        let mut correction = vec![0; n];
        let mut row = vec![0; n];
        for part in &mut self.parts {
            correction.copy_from_slice(part.row(last));
            basis.ntt(last).inverse(&mut correction);
            kernel.mul_scalar(p, &mut correction, parameters.t_inverse(last));
            part.truncate(last);
            for j in 0..last {
                let q = basis.modulus(j);
                kernel.recenter(p, q, &correction, &mut row);
                basis.ntt(j).forward(&mut row);
                let p_inverse = q.inv(p.value()).unwrap_or(1);
                let t_by_p = q.mul(q.reduce(t.value()), p_inverse);
                kernel.scale_sub(q, part.row_mut(j), p_inverse, &row, t_by_p);
            }
        }
        self.factor = t.mul(self.factor, t.inv(p.value()).unwrap_or(1));
        self
    }
}
