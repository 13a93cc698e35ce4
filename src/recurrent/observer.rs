//! Analysis of a run: states decrypted with the secret key, beside the network they stand for.

use super::client::Client;
use super::forecast::forecast;
use super::gate_ranges::GateRanges;
use super::session::functions;
use circuit::{Functions, RecurrentCircuit, RecurrentProgram, Sequences, StepView};
use network::RangeReport;
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use report::{SequenceReport, StepSeen, larger};
use ring::Seed;
use scheme::ckks::Ciphertext;
use std::sync::Mutex;

/// Units of a layer that are measured.
const UNITS: usize = 8;

/// Errors inside may be larger than what leaves a margin by this factor, two bits, before they count
/// as wrong: how much of them reaches the outputs differs from sequence to sequence.
const TOLERATED: f64 = 4.0;

/// States and outputs of the network that ciphertexts stand for.
pub(crate) struct Reference {
    /// Outputs, sequence after sequence.
    pub outputs: Vec<f64>,
    /// What went into its polynomials, against their intervals.
    pub ranges: Vec<RangeReport>,
    /// `[layer]`: which units.
    units: Vec<Vec<usize>>,
    /// `[layer][step][unit][sample]` of the first batch.
    states: Vec<Vec<Vec<Vec<f64>>>>,
}

impl Reference {
    /// Units of a layer whose states are kept.
    pub fn units(&self, layer: usize) -> &[usize] {
        self.units.get(layer).map_or(&[], Vec::as_slice)
    }

    /// States of a sample of the first batch, step after step.
    pub fn trace(&self, layer: usize, sample: usize) -> Vec<Vec<f64>> {
        let of = |units: &Vec<Vec<f64>>| {
            units.iter().map(|all| all.get(sample).copied().unwrap_or(0.0)).collect()
        };
        self.states.get(layer).map_or(Vec::new(), |steps| steps.iter().map(of).collect())
    }

    /// Evaluates the network on all sequences.
    pub fn new(
        program: &RecurrentProgram,
        sequences: &Sequences,
        intervals: &[Option<(f64, f64)>],
        watch: &Watch,
    ) -> Result<Self, Cancelled> {
        let samples = sequences.len().min(program.parameters.degree());
        let network = &program.network;
        let units: Vec<Vec<usize>> =
            network.layers.iter().map(|l| (0..l.hidden.min(UNITS)).collect()).collect();
        let empty =
            |units: &Vec<usize>| vec![vec![vec![0.0; samples]; units.len()]; sequences.steps()];
        let states = Mutex::new(units.iter().map(empty).collect::<Vec<_>>());
        let ranges = GateRanges::new(network, sequences, intervals);
        let view = |view: &StepView| {
            ranges.see(view);
            if view.first >= samples {
                return;
            }
            let Ok(mut states) = states.lock() else { return };
            for (at, unit) in units[view.layer].iter().enumerate() {
                let values = &view.state[unit * view.samples..(unit + 1) * view.samples];
                let end = samples.min(view.first + view.samples);
                let place = &mut states[view.layer][view.step][at][view.first..end];
                place.copy_from_slice(&values[..end - view.first]);
            }
        };
        let functions = functions(program.choice.remedy);
        let outputs = network.evaluate(sequences, functions, watch, &view)?;
        let states = states.into_inner().unwrap_or_default();
        // Exact functions have no intervals.
        let polynomial = functions == Functions::Polynomial;
        let ranges = if polynomial { ranges.finish() } else { Vec::new() };
        Ok(Self { outputs, ranges, units, states })
    }
}

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
        let allowed = circuit.plan.step_plans.iter().map(|s| s.max_error * s.margin_bits.exp2());
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
