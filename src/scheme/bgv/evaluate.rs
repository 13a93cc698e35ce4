//! What a server does: word-wise segments, relinearisation, modulus switching.

use super::BgvParameters;
use super::ciphertext::Ciphertext;
use super::keys::EvaluationKeys;
use super::parameters::MAX_PRIMES;
use crate::rlwe::Words;
use progress::{Cancel, Cancelled, Watch};
use rayon::prelude::*;
use ring::{LinearMap, Probe, RnsPoly, WordOp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One operation of a segment, on messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SegmentOp {
    /// Weighted sums of the messages plus an integer each.
    Linear { map: Arc<LinearMap>, bias: Vec<i128> },
    /// Squares of the messages: two components become three.
    Square,
    /// The same of the first `count` messages. The others are carried: they stay as they are, in phases
    /// that are multiplied so that their messages have the factor of the squares.
    SquareFirst { count: usize },
}

/// Operations between two key switches, all word-wise, with at most one square.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Segment {
    pub ops: Vec<SegmentOp>,
}

/// What a segment works on.
pub type SegmentInput<'a> = crate::rlwe::SegmentInput<'a, u64>;

/// What a segment gives.
pub type SegmentOutput = crate::rlwe::SegmentOutput<u64>;

impl Segment {
    /// Runs the segment prime by prime, tiles in parallel. `tile_done` is told after each tile.
    ///
    /// # Panics
    /// When the operations do not fit the inputs; a planner builds only segments that do.
    pub fn run(
        &self,
        parameters: &BgvParameters,
        input: &SegmentInput,
        probes: &[Probe],
        cancel: &Cancel,
        tile_done: &(dyn Fn() + Sync),
    ) -> Result<SegmentOutput, Cancelled> {
        let (ops, scales) = self.with_factor(parameters, input.scale().copied().unwrap_or(1));
        let ops = |_| ops.clone();
        let words = Words { ops, scales: &scales, probes, cancel, tile_done };
        let output = words.run(parameters, input)?;
        #[expect(clippy::expect_used, reason = "a planner builds only segments that fit")]
        Ok(output.expect("the operations fit the inputs"))
    }

    /// The operations on phases: biases are multiplied by the factor the messages carry there. Also
    /// that factor, before the first operation and after each.
    fn with_factor(&self, parameters: &BgvParameters, mut factor: u64) -> (Vec<WordOp>, Vec<u64>) {
        let t = parameters.t();
        let mut ops = Vec::with_capacity(self.ops.len());
        let mut factors = vec![factor];
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
                SegmentOp::SquareFirst { count } => {
                    let carry = t.center(factor);
                    factor = t.mul(factor, factor);
                    WordOp::SquareFirst { count: *count, carry }
                }
            });
            factors.push(factor);
        }
        (ops, factors)
    }
}

impl EvaluationKeys {
    /// Relinearises ciphertexts of three components and drops `drop` primes from each, in parallel.
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
                let levels: Vec<usize> = ciphertexts.iter().map(Ciphertext::level).collect();
                self.relinearise_with(parameters, ciphertexts, drop > 0, scratch);
                for (ciphertext, level) in ciphertexts.iter_mut().zip(levels) {
                    for _ in level - ciphertext.level()..drop {
                        ciphertext.switch_with(parameters, scratch);
                    }
                    watch.step(what, done.fetch_add(1, Ordering::Relaxed) + 1, total)?;
                }
                Ok(())
            },
        )?;
        Ok(ciphertexts)
    }

    /// Three components become two: `c2 s^2` is replaced by `sum_i [c2]_i (g_i s^2)` with each digit
    /// `[c2]_i` centred, which halves its noise. Two components, or three of which the last is zero, need
    /// no key.
    pub fn relinearise(
        &self,
        parameters: &BgvParameters,
        mut ciphertext: Ciphertext,
    ) -> Ciphertext {
        let mut scratch = SwitchScratch::new(parameters, 1);
        let one = std::slice::from_mut(&mut ciphertext);
        self.relinearise_with(parameters, one, false, &mut scratch);
        ciphertext
    }

    /// At most [`TOGETHER`] ciphertexts: the keys of a prime are read once for all. With `switch` the
    /// last prime is dropped on the way, while the residues of each prime are still at hand.
    fn relinearise_with(
        &self,
        parameters: &BgvParameters,
        ciphertexts: &mut [Ciphertext],
        switch: bool,
        scratch: &mut SwitchScratch,
    ) {
        let (basis, kernel) = (parameters.basis(), parameters.kernel());
        let SwitchScratch { each, digits } = scratch;
        let mut todo: Vec<(&mut Ciphertext, RnsPoly, &mut Rows, Option<LastPrime>)> = ciphertexts
            .iter_mut()
            .zip(each)
            .filter(|(ciphertext, _)| ciphertext.components() == 3)
            .filter_map(|(ciphertext, rows)| {
                // A carried message has no square of the secret in it.
                let square = ciphertext.components.pop().filter(|c| !c.is_zero())?;
                let last = switch.then(|| LastPrime::new(parameters, square.primes())).flatten();
                Some((ciphertext, square, rows, last))
            })
            .collect();
        for (_, square, rows, _) in &mut todo {
            for (i, (row, out)) in square.rows().zip(&mut rows.coefficients).enumerate() {
                basis.ntt(i).inverse_times(kernel, row, 1, out);
            }
        }
        // The last prime first: what is rounded off there goes into all others.
        for j in (0..parameters.primes()).rev() {
            let q = basis.modulus(j);
            for (ciphertext, square, rows, last) in &mut todo {
                let level = square.primes();
                if j >= level {
                    continue;
                }
                // Digit i modulo prime j, by evaluations; digit j is there already.
                for (i, digit) in digits.iter_mut().take(level).enumerate().filter(|(i, _)| *i != j)
                {
                    let from = basis.modulus(i);
                    basis.ntt(j).forward_recentered(kernel, from, &rows.coefficients[i], digit);
                }
                let digit = |i: usize| if i == j { square.row(j) } else { digits[i].as_slice() };
                for (component, pick) in ciphertext.components.iter_mut().zip([0, 1]) {
                    let mut pairs = [(digit(0), digit(0)); MAX_PRIMES];
                    for (i, (pair, (body, mask))) in pairs.iter_mut().zip(&self.digits).enumerate()
                    {
                        if i < level {
                            *pair = (digit(i), if pick == 0 { body.row(j) } else { mask.row(j) });
                        }
                    }
                    kernel.dot(q, component.row_mut(j), &pairs[..level]);
                }
                if let Some(last) = last {
                    for (component, correction) in
                        ciphertext.components.iter_mut().zip(&mut rows.corrections)
                    {
                        last.take(parameters, j, component, correction, &mut digits[j]);
                    }
                }
            }
        }
        for (ciphertext, _, _, last) in todo {
            if let Some(last) = last {
                last.finish(parameters, ciphertext);
            }
        }
    }
}

/// Dropping the last prime p of a ciphertext: `c' = (c - t u) / p` with `u = [c t^-1]_p` centred, so
/// the phase shrinks by p and the message is multiplied by `p^-1` modulo t (Gentry, Halevi, Smart,
/// eprint 2012/099, section 3.2).
struct LastPrime {
    index: usize,
    /// `p^-1` and `t p^-1` modulo each prime that is left.
    factors: Vec<(u64, u64)>,
}

impl LastPrime {
    /// Of ciphertexts with `level` primes; `None` where there is no other.
    fn new(parameters: &BgvParameters, level: usize) -> Option<Self> {
        let index = level.checked_sub(1).filter(|index| *index > 0)?;
        let (basis, t) = (parameters.basis(), parameters.t());
        let factors = (0..index).map(|j| {
            let q = basis.modulus(j);
            let inverse = q.inv(basis.modulus(index).value()).unwrap_or(1);
            (inverse, q.mul(q.reduce(t.value()), inverse))
        });
        Some(Self { index, factors: factors.collect() })
    }

    /// Residues modulo prime `j` of a component: those of the last prime first, as they make the
    /// `correction`. `row` is a buffer.
    fn take(
        &self,
        parameters: &BgvParameters,
        j: usize,
        component: &mut RnsPoly,
        correction: &mut [u64],
        row: &mut [u64],
    ) {
        let (basis, kernel) = (parameters.basis(), parameters.kernel());
        match self.factors.get(j) {
            Some((inverse, t_by_p)) => {
                let p = basis.modulus(self.index);
                basis.ntt(j).forward_recentered(kernel, p, correction, row);
                kernel.scale_sub(basis.modulus(j), component.row_mut(j), *inverse, row, *t_by_p);
            }
            None => {
                let t_inverse = parameters.t_inverse(j);
                basis.ntt(j).inverse_times(kernel, component.row(j), t_inverse, correction);
            }
        }
    }

    fn finish(&self, parameters: &BgvParameters, ciphertext: &mut Ciphertext) {
        ciphertext.components.iter_mut().for_each(|component| component.truncate(self.index));
        let (t, p) = (parameters.t(), parameters.basis().modulus(self.index));
        ciphertext.scale = t.mul(ciphertext.scale, t.inv(p.value()).unwrap_or(1));
    }
}

/// Ciphertexts that are relinearised together: their digits and the keys of one prime share the
/// second-level cache.
const TOGETHER: usize = 4;

/// Buffers of one thread that relinearises and switches.
struct SwitchScratch {
    /// For each of the ciphertexts worked on together.
    each: Vec<Rows>,
    /// A row for every prime.
    digits: Vec<Vec<u64>>,
}

#[derive(Clone)]
struct Rows {
    /// A row for every prime.
    coefficients: Vec<Vec<u64>>,
    /// A row for each component.
    corrections: [Vec<u64>; 2],
}

impl SwitchScratch {
    fn new(parameters: &BgvParameters, together: usize) -> Self {
        let row = vec![0; parameters.degree()];
        let digits = vec![row.clone(); parameters.primes()];
        let rows = Rows { coefficients: digits.clone(), corrections: [row.clone(), row] };
        Self { each: vec![rows; together], digits }
    }
}

impl Ciphertext {
    /// Drops the last prime p: the phase shrinks by p, the message is multiplied by `p^-1`. A ciphertext with one prime is returned as it is.
    pub fn switch(mut self, parameters: &BgvParameters) -> Self {
        self.switch_with(parameters, &mut SwitchScratch::new(parameters, 1));
        self
    }

    fn switch_with(&mut self, parameters: &BgvParameters, scratch: &mut SwitchScratch) {
        let Some(last) = LastPrime::new(parameters, self.level()) else { return };
        let SwitchScratch { each, digits } = scratch;
        for component in &mut self.components {
            for j in (0..=last.index).rev() {
                let correction = &mut each[0].corrections[0];
                last.take(parameters, j, component, correction, &mut digits[0]);
            }
        }
        last.finish(parameters, self);
    }
}
