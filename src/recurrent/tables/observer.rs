//! Analysis of a run on lookup tables: what was read and what came of it, decrypted with the secret key.

use super::client::TableClient;
use super::forecast::{Expected, states_by_step};
use circuit::{Cause, Sequences, TableRecurrentCircuit, Warning};
use report::{LEAST_LOOKUPS, SequenceReport, StepSeen, larger};
use scheme::tfhe::{LweList, Switched};

/// Variances further above the predicted ones than this share are worth a warning.
const TOLERATED_VARIANCE: f64 = 0.125;

/// Noise and states, decrypted with the secret key.
pub(crate) struct Observer<'a> {
    circuit: &'a TableRecurrentCircuit,
    client: &'a TableClient<'a>,
    sequences: &'a Sequences,
    expected: &'a [Expected],
    /// Of first steps of sequences, and of later ones, whose noise is the same in every step: sum of
    /// squares of the noise of lookups relative to what was predicted of them, and their number.
    noise: [(f64, u64); 2],
    /// By step: whether any sequence has a state by then.
    with_state: Vec<bool>,
    /// Levels after the step before, as tables gave them for what they read.
    before: Vec<i64>,
    /// What is foretold, with what was seen so far.
    pub report: SequenceReport,
}

impl<'a> Observer<'a> {
    pub fn new(
        circuit: &'a TableRecurrentCircuit,
        client: &'a TableClient<'a>,
        sequences: &'a Sequences,
        expected: &'a [Expected],
        report: SequenceReport,
    ) -> Self {
        let noise = [(0.0, 0); 2];
        let with_state = states_by_step(sequences);
        let before = Vec::new();
        Self { circuit, client, sequences, expected, noise, with_state, before, report }
    }

    /// Compares what was read in a step of a sequence, and the state after it, with what they should be.
    pub fn see(
        &mut self,
        index: usize,
        step: usize,
        switched: &[Switched],
        state: &LweList,
    ) -> Option<StepSeen> {
        let network = &self.circuit.network;
        let begins = self.sequences.steps() - self.sequences.length(index);
        let row = step * network.channels;
        let values = self.sequences.values(index).get(row..row + network.channels);
        let inputs = network.integers(values.unwrap_or_default());
        let before = (step > begins).then_some(self.before.as_slice());
        let sums = network.sums(&inputs, before);
        let unit = f64::from(network.unit());
        let has_state = self.with_state.get(step).copied().unwrap_or(true);
        let noise = &mut self.noise[usize::from(before.is_some())];
        let mut read = Vec::with_capacity(sums.len());
        let (mut wrong, allowed) = (0, network.allowed_levels());
        let predicted = match before {
            Some(_) => &self.circuit.standard_deviations,
            None => &self.circuit.first_standard_deviations,
        };
        for ((switched, sum), predicted) in switched.iter().zip(&sums).zip(predicted) {
            let phase = self.client.secret.phase(&switched.centred()).ok()?;
            let right = (*sum as u32).wrapping_mul(network.unit());
            let off = f64::from(phase.wrapping_sub(right) as i32) / unit;
            *noise = (noise.0 + (off / predicted).powi(2), noise.1 + 1);
            let (level, right) = (network.level(*sum as f64 + off), network.level(*sum as f64));
            wrong += u64::from((level - right).unsigned_abs() as f64 > allowed);
            read.push(level);
        }
        let (squares, lookups) = self.noise[usize::from(has_state)];
        let ratio = (squares / lookups.max(1) as f64).sqrt();
        let standard_deviation = ratio * self.circuit.standard_deviation(has_state);
        let margin = (lookups >= LEAST_LOOKUPS).then(|| network.margin_bits(standard_deviation));
        let phases = self.client.secret.phases(state).unwrap_or_default();
        let levels: Vec<f64> = phases.iter().map(|p| network.level_of(*p)).collect();
        self.before = read;
        let expected = self.expected.get(index).and_then(|e| e.0.get(step - begins));
        let expected = expected?;
        let mut figures = *self.report.per_step.get(step)?;
        let errors = levels.iter().zip(expected).map(|(l, e)| (l - *e as f64).abs());
        let largest = errors.fold(0.0, larger) * network.state_step;
        figures.max_abs_error = Some(larger(figures.max_abs_error.unwrap_or(0.0), largest));
        figures.wrong_values += wrong;
        figures.margin_bits_measured = margin;
        figures.budget_bits_measured = figures.margin_bits_measured;
        let mut states = Vec::new();
        if let Some(trace) = self.report.traces.get(index) {
            let of = |at: &usize| levels.get(*at).map_or(0.0, |l| l * network.state_step);
            states.push((index, trace.units.iter().map(of).collect()));
        }
        let seen = StepSeen { step: figures, states };
        self.report.see(&seen);
        Some(seen)
    }
}

impl Observer<'_> {
    /// Steps that were read with more noise than predicted, beyond the chance of so few lookups.
    pub fn surprises(&self) -> Option<Warning> {
        // Variances scatter by sqrt(2 / n) of themselves.
        let surprising = |(_, (squares, count)): &(usize, &(f64, u64))| {
            let n = (*count).max(1) as f64;
            let excess = squares / n - 1.0;
            excess.is_nan() || excess > TOLERATED_VARIANCE.max(6.0 * (2.0 / n).sqrt())
        };
        let all: Vec<_> = self.noise.iter().enumerate().filter(surprising).collect();
        let step = self.report.per_step.get(all.first()?.0)?;
        let (measured, predicted) = (step.margin_bits_measured?, step.margin_bits_predicted);
        let stage = format!("step {}", step.step + 1);
        let stages = all.len();
        Some(Cause::MarginSurprise { stage: &stage, measured, predicted, stages }.into())
    }
}
