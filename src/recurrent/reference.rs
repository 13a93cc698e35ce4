//! States and outputs of the network that ciphertexts stand for.

use super::functions::functions;
use super::gate_ranges::GateRanges;
use circuit::{Functions, RecurrentProgram, Sequences, StepView};
use network::RangeReport;
use progress::{Cancelled, Watch};
use std::sync::Mutex;

/// Units of a layer that are measured.
const UNITS: usize = 8;

/// States and outputs of the network that ciphertexts stand for.
pub(crate) struct Reference {
    /// Outputs, sequence after sequence.
    pub outputs: Vec<f64>,
    /// What went into its polynomials, against their intervals.
    pub ranges: Vec<RangeReport>,
    /// `[layer]`: which units.
    pub units: Vec<Vec<usize>>,
    /// `[layer][step][unit][sample]` of the first batch.
    pub states: Vec<Vec<Vec<Vec<f64>>>>,
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
        let functions = functions(program.choice.strategy);
        let outputs = network.evaluate(sequences, functions, watch, &view)?;
        let states = states.into_inner().unwrap_or_default();
        // Exact functions have no intervals.
        let polynomial = functions == Functions::Polynomial;
        let ranges = if polynomial { ranges.finish() } else { Vec::new() };
        Ok(Self { outputs, ranges, units, states })
    }
}
