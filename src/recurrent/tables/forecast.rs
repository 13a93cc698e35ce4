//! What is known of a run on lookup tables before anything is encrypted.

use crate::forecast::{TRACES, inputs};
use circuit::{NoiseStrategy, Sequences, TableRecurrentCircuit};
use rayon::prelude::*;
use report::{SequenceReport, SequenceStep, SequenceTrace};

/// Units of a state that are kept over time.
const UNITS: usize = 8;

/// Levels of the units after every step of a sequence, and its outputs.
pub type Expected = (Vec<Vec<i64>>, Vec<f64>);

/// What the network of integers makes of every sequence.
pub fn expectations(circuit: &TableRecurrentCircuit, sequences: &Sequences) -> Vec<Expected> {
    let of = |index: usize| circuit.network.evaluate(sequences, index, &mut || 0.0);
    (0..sequences.len()).into_par_iter().map(of).collect()
}

/// By step: whether any sequence has a state by then.
pub fn states_by_step(sequences: &Sequences) -> Vec<bool> {
    let begun =
        |step: usize| step > 0 && (0..sequences.len()).any(|s| sequences.has_begun(s, step - 1));
    (0..sequences.steps()).map(begun).collect()
}

/// The largest of so many normal errors of this standard deviation.
fn largest_of(standard_deviation: f64, count: usize) -> f64 {
    standard_deviation * (2.0 * (count.max(2) as f64).ln()).sqrt()
}

/// The report of a run of `samples` sequences that is still to come, with the first ones in the
/// clear.
pub fn forecast_tables(
    circuit: &TableRecurrentCircuit,
    sequences: &Sequences,
    expected: &[Expected],
    labels: &[u16],
    samples: usize,
) -> SequenceReport {
    let network = &circuit.network;
    let steps = sequences.steps();
    let with_state = states_by_step(sequences);
    let step = |step: usize| {
        let has_state = with_state.get(step).copied().unwrap_or(true);
        let margin_bits = network.margin_bits(circuit.standard_deviation(has_state));
        let square = circuit.state_errors.get(step).copied().unwrap_or(0.0);
        SequenceStep {
            step,
            margin_bits_predicted: margin_bits,
            budget_bits_predicted: margin_bits,
            max_abs_error_predicted: largest_of(square.sqrt(), samples * network.hidden),
            ..SequenceStep::default()
        }
    };
    let units: Vec<usize> = (0..network.hidden.min(UNITS)).collect();
    let trace = |index: usize| {
        let begins = steps - sequences.length(index);
        let row = |levels: &Vec<i64>| -> Vec<f64> {
            let of = |unit: &usize| levels.get(*unit).map_or(0.0, |l| *l as f64);
            units.iter().map(|u| of(u) * network.state_step).collect()
        };
        let padding = vec![vec![0.0; units.len()]; begins];
        let states = expected.get(index).map_or(&[][..], |e| &e.0);
        SequenceTrace {
            index,
            label: labels.get(index).copied(),
            begins,
            inputs: inputs(sequences, index),
            units: units.clone(),
            plain: padding.iter().cloned().chain(states.iter().map(row)).collect(),
            encrypted: padding,
        }
    };
    SequenceReport {
        strategy: NoiseStrategy::Bootstrap,
        reveals: NoiseStrategy::Bootstrap.reveals().to_owned(),
        cell: "Elman".to_owned(),
        hidden: vec![network.hidden],
        channels: network.channels,
        steps,
        sequences: samples,
        batches: samples,
        masked: sequences.is_masked(),
        refresh_every: steps,
        rounds: samples as u64,
        per_step: (0..steps).map(step).collect(),
        traces: (0..sequences.len().min(TRACES)).map(trace).collect(),
        ..SequenceReport::default()
    }
}
