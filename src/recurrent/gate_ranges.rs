//! What goes into the polynomials of a recurrent network, against their intervals.

use activation::Activation;
use circuit::{CellFunction, Functions, RecurrentCell, RecurrentNetwork, Sequences, StepView};
use network::RangeReport;
use std::sync::Mutex;

/// Counts over all steps of all sequences.
pub(crate) struct GateRanges<'a> {
    network: &'a RecurrentNetwork,
    sequences: &'a Sequences,
    /// `[layer][function]`; `None` where a function is no approximation on an interval.
    seen: Vec<Vec<Mutex<Option<Gate>>>>,
}

/// One gate.
struct Gate {
    report: RangeReport,
    /// By sequence: whether any input lay outside.
    outside: Vec<bool>,
}

impl<'a> GateRanges<'a> {
    /// Nothing seen yet; `fitted` has the intervals of the activation strategy, gate after gate, where
    /// it put a polynomial in the place of a function.
    pub fn new(
        network: &'a RecurrentNetwork,
        sequences: &'a Sequences,
        fitted: &[Option<(f64, f64)>],
    ) -> Self {
        let mut fitted = fitted.iter().copied();
        let mut gate = |layer: usize, name: &str, function: &CellFunction| {
            let own = fitted.next().flatten().or_else(|| interval(function));
            Mutex::new(own.map(|interval| Gate {
                report: RangeReport {
                    layer: format!("layer {}{name}", layer + 1),
                    interval,
                    lowest: f64::INFINITY,
                    highest: f64::NEG_INFINITY,
                    values: 0,
                    values_outside: 0,
                    samples_outside: 0,
                },
                outside: vec![false; sequences.len()],
            }))
        };
        let layers = network.layers.iter().enumerate();
        let seen = layers.map(|(at, layer)| match &layer.cell {
            RecurrentCell::Elman { function, .. } => vec![gate(at, "", function)],
            RecurrentCell::Gru { squash, function, .. } => vec![
                gate(at, ", update gate", squash),
                gate(at, ", reset gate", squash),
                gate(at, ", candidate", function),
            ],
            RecurrentCell::Lstm { squash, function, state, .. } => vec![
                gate(at, ", input gate", squash),
                gate(at, ", forget gate", squash),
                gate(at, ", output gate", squash),
                gate(at, ", candidate", function),
                gate(at, ", cell state", state),
            ],
        });
        Self { network, sequences, seen: seen.collect() }
    }

    /// Takes in a step of a chunk of sequences.
    pub fn see(&self, view: &StepView) {
        let Some(layer) = self.network.layers.get(view.layer) else { return };
        let Some(gates) = self.seen.get(view.layer) else { return };
        match &layer.cell {
            RecurrentCell::Elman { .. } => {
                gates.iter().for_each(|gate| self.enter(gate, view, view.sums));
            }
            RecurrentCell::Gru { squash, .. } => {
                let parts: Vec<&[f64]> = view.sums.chunks((view.sums.len() / 4).max(1)).collect();
                let ([z, r, x, u], [update, reset, candidate]) =
                    (parts.as_slice(), gates.as_slice())
                else {
                    return;
                };
                self.enter(update, view, z);
                self.enter(reset, view, r);
                let open = r.iter().map(|r| squash.eval(*r, Functions::Polynomial));
                let inputs = open.zip(x.iter().zip(*u)).map(|(open, (x, u))| x + open * u);
                self.enter(candidate, view, &inputs.collect::<Vec<f64>>());
            }
            RecurrentCell::Lstm { .. } => {
                let sums = view.sums.chunks((view.sums.len() / 4).max(1));
                let inputs = sums.chain([view.cells]);
                gates.iter().zip(inputs).for_each(|(gate, inputs)| self.enter(gate, view, inputs));
            }
        }
    }

    /// Counts inputs of a gate, value-major over the sequences of the chunk that have begun.
    fn enter(&self, gate: &Mutex<Option<Gate>>, view: &StepView, inputs: &[f64]) {
        let Ok(mut gate) = gate.lock() else { return };
        let Some(Gate { report, outside }) = gate.as_mut() else { return };
        let (low, high) = report.interval;
        // What is rounded at an end is inside.
        let slack = 1e-9 * (high - low);
        for (at, x) in inputs.iter().enumerate() {
            let sequence = view.first + at % view.samples.max(1);
            if !self.sequences.has_begun(sequence, view.step) {
                continue;
            }
            report.values += 1;
            report.lowest = report.lowest.min(*x);
            report.highest = report.highest.max(*x);
            if !(low - slack..=high + slack).contains(x) {
                report.values_outside += 1;
                if let Some(outside) = outside.get_mut(sequence) {
                    *outside = true;
                }
            }
        }
    }

    /// All gates with an interval.
    pub fn finish(self) -> Vec<RangeReport> {
        let gates = self.seen.into_iter().flatten();
        let made = gates.filter_map(|gate| gate.into_inner().ok().flatten());
        made.map(|Gate { report, outside }| RangeReport {
            samples_outside: outside.iter().filter(|o| **o).count() as u64,
            ..report
        })
        .collect()
    }
}

/// The interval that the polynomial of a function approximates on; that on which it is evaluated may
/// be wider.
fn interval(function: &CellFunction) -> Option<(f64, f64)> {
    let polynomial = function.polynomial.as_ref()?;
    match &function.exact {
        Activation::Chebyshev(series) => Some(series.interval()),
        Activation::Composite(all) => all.parts.first().map(|part| part.interval()),
        // Its own polynomial in powers of x is right everywhere.
        exact if exact.is_polynomial() => None,
        _ => polynomial.parts.first().map(|part| part.interval),
    }
}
