//! Analysis of a run: states decrypted with the secret key, beside the network they stand for.

use super::client::Client;
use super::forecast::forecast;
use super::reference::Reference;
use circuit::{RecurrentCircuit, RecurrentProgram, Sequences};
use rayon::prelude::*;
use report::{SequenceReport, StepSeen, larger};
use ring::Seed;
use scheme::ckks::Ciphertext;

/// Errors inside may be larger than what leaves a margin by this factor, two bits, before they count
/// as wrong: how much of them reaches the outputs differs from sequence to sequence.
const TOLERATED: f64 = 4.0;

/// Measures the first batch, step by step.
pub(crate) struct Observer<'a> {
    program: &'a RecurrentProgram,
    reference: &'a Reference,
    sequences: &'a Sequences,
    /// The secret key, made from the client's seed: only the analysis has both sides.
    client: Client<'a>,
    /// Errors of states that leave no margin, by step.
    allowed: Vec<f64>,
    /// What is foretold, with what was seen so far.
    pub report: SequenceReport,
}

impl<'a> Observer<'a> {
    pub fn new(
        circuit: &'a RecurrentCircuit,
        reference: &'a Reference,
        sequences: &'a Sequences,
        labels: &[u16],
        seed: &Seed,
    ) -> Self {
        let allowed =
            circuit.sequence.step_plans.iter().map(|s| s.max_error * s.margin_bits.exp2());
        Self {
            program: &circuit.program,
            reference,
            sequences,
            client: Client::new(&circuit.program, seed.clone()),
            allowed: allowed.collect(),
            report: forecast(circuit, reference, sequences, labels),
        }
    }

    /// Compares the states after `step` of the first batch with what they should be.
    pub fn see(&mut self, step: usize, states: &[Vec<Ciphertext>]) -> Option<StepSeen> {
        let mut figures = *self.report.per_step.get(step)?;
        let mut shown = Vec::new();
        let allowed = self.allowed.get(step).copied().unwrap_or(f64::INFINITY);
        let top = states.len() - 1;
        let (mut largest, mut budget) = (0f64, f64::INFINITY);
        for (layer, all) in states.iter().enumerate() {
            let units = &self.reference.units[layer];
            let chosen: Vec<&Ciphertext> = units.iter().filter_map(|u| all.get(*u)).collect();
            let client = &self.client;
            let found: Vec<_> = chosen.par_iter().map(|c| client.measure(c)).collect();
            let constant = self.program.constants[layer];
            for (at, decrypted) in found.iter().enumerate() {
                budget = budget.min(decrypted.margin_bits);
                let expected = &self.reference.states[layer][step][at];
                for (sample, expected) in expected.iter().enumerate() {
                    let begun = self.sequences.has_begun(sample, step);
                    let moved = if begun { constant } else { 0.0 };
                    let error = (decrypted.values[sample] + moved - expected).abs();
                    if error.is_nan() || error > TOLERATED * allowed {
                        figures.wrong_values += 1;
                    }
                    largest = larger(largest, error);
                }
            }
            if layer == top {
                for sample in 0..self.report.traces.len() {
                    let begun = self.sequences.has_begun(sample, step);
                    let moved = if begun { constant } else { 0.0 };
                    shown.push((sample, found.iter().map(|d| d.values[sample] + moved).collect()));
                }
            }
        }
        figures.max_abs_error = Some(largest);
        figures.margin_bits_measured = Some((allowed / largest.max(f64::MIN_POSITIVE)).log2());
        figures.budget_bits_measured = Some(budget);
        let seen = StepSeen { step: figures, states: shown };
        self.report.see(&seen);
        Some(seen)
    }
}
