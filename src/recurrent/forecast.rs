//! What is known of a run on sequences before anything is encrypted.

use super::reference::Reference;
use super::session::SequenceSession;
use circuit::{NoiseStrategy, Plan, RecurrentCell, RecurrentCircuit, Sequences, StepPlan};
use progress::{Cancel, Watch};
use report::{SequenceReport, SequenceStep, SequenceTrace};
use scenario::RunError;

/// Sequences whose states are kept over time.
pub(crate) const TRACES: usize = 6;

impl SequenceSession {
    /// Steps as they are foretold, and some sequences with their states in the clear.
    ///
    /// # Errors
    /// As [`SequenceSession::plan`].
    pub fn forecast(&self, cancel: &Cancel) -> Result<SequenceReport, RunError> {
        if self.choice().strategy == NoiseStrategy::Bootstrap {
            return self.forecast_of_tables(cancel);
        }
        let circuit = self.circuit(cancel)?;
        let test = self.dataset.test();
        let samples = self.images()?.min(TRACES);
        let prepared = self.prepared(self.reference(), test, samples)?;
        let refused = || RunError::Refused("the test split has no sequences".into());
        let sequences = Sequences::prepared(&prepared).ok_or_else(refused)?;
        let watch = Watch::new(cancel.clone(), &|_| ());
        let reference = Reference::new(&circuit.program, &sequences, &[], &watch)?;
        Ok(forecast(&circuit, &reference, &sequences, self.dataset.test_labels()))
    }
}

/// The report of a run that is still to come.
pub(crate) fn forecast(
    circuit: &RecurrentCircuit,
    reference: &Reference,
    sequences: &Sequences,
    labels: &[u16],
) -> SequenceReport {
    let RecurrentCircuit { plan: Plan { batches, .. }, sequence: plan, program } = circuit;
    let (network, batches) = (&program.network, *batches as u64);
    let step = |(step, planned): (usize, &StepPlan)| {
        let last = step + 1 == plan.steps;
        let ends = (step + 1).is_multiple_of(program.choice.cycle);
        SequenceStep {
            step,
            margin_bits_predicted: planned.margin_bits,
            budget_bits_predicted: planned.budget_bits,
            max_abs_error_predicted: planned.max_error,
            client_secs_predicted: planned.client_secs * batches as f64,
            server_secs_predicted: planned.server_secs * batches as f64,
            up_bytes: planned.up_bytes * batches,
            down_bytes: planned.down_bytes * batches,
            refreshed: plan.strategy.is_interactive() && ends && !last,
            ..SequenceStep::default()
        }
    };
    let top = network.layers.len().saturating_sub(1);
    let units = reference.units(top).to_vec();
    let trace = |index: usize| SequenceTrace {
        index,
        label: labels.get(index).copied(),
        begins: sequences.steps() - sequences.length(index),
        inputs: inputs(sequences, index),
        units: units.clone(),
        plain: reference.trace(top, index),
        encrypted: Vec::new(),
    };
    SequenceReport {
        strategy: plan.strategy,
        reveals: plan.strategy.reveals().to_owned(),
        cell: match network.layers.first().map(|layer| &layer.cell) {
            Some(RecurrentCell::Gru { .. }) => "GRU",
            Some(RecurrentCell::Lstm { .. }) => "LSTM",
            Some(RecurrentCell::Elman { .. }) | None => "Elman",
        }
        .to_owned(),
        hidden: network.layers.iter().map(|l| l.hidden).collect(),
        channels: network.channels,
        steps: plan.steps,
        sequences: plan.sequences,
        batches: batches as usize,
        masked: program.choice.masked,
        refresh_every: plan.refresh_every,
        levels_per_step: plan.levels_per_step,
        longest_chain: plan.longest_chain,
        per_step: plan.step_plans.iter().enumerate().map(step).collect(),
        traces: (0..sequences.len().min(TRACES)).map(trace).collect(),
        rounds: batches * plan.rounds,
        upload_bytes: plan.upload_bytes,
        download_bytes: plan.download_bytes,
        key_bytes: plan.key_bytes,
        client_secs: plan.client_secs,
        server_secs: plan.server_secs,
        ..SequenceReport::default()
    }
}

/// The values of a sequence, row by row.
pub(crate) fn inputs(sequences: &Sequences, index: usize) -> Vec<Vec<f64>> {
    let rows = sequences.values(index).chunks(sequences.channels().max(1));
    rows.map(<[f64]>::to_vec).collect()
}
