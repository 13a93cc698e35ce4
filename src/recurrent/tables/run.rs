//! One recurrent run on lookup tables: its reference, what both sides say, and what is seen of it.

use super::client::TableClient;
use super::forecast::{expectations, forecast_tables};
use super::observer::Observer;
use super::server::{LOOKUPS, TableServer};
use crate::conversation::{Conversation, converse};
use crate::execute::{Ran, Setting};
use crate::session::SequenceSession;
use circuit::{Sequences, TableRecurrentCircuit};
use engine::EngineError;
use network::Clipped;
use progress::{Step, Watch};
use rayon::prelude::*;
use report::{ActivationReport, Clipping, Event, KERNEL, Margins, Phase, RunProgress};
use scenario::RunError;
use scheme::tfhe::{LweList, SERVER_KEYS, Switched};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest wait for a message: a sequence is answered as a whole.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Runs `session` as `circuit` says.
///
/// # Errors
/// When a side fails, or the work is stopped.
pub(crate) fn run(
    session: &SequenceSession,
    circuit: &TableRecurrentCircuit,
    setting: &Setting,
) -> Result<Ran, RunError> {
    let Setting { sequences, labels, pool, cancel, progress, .. } = *setting;
    let samples = sequences.len();
    let expected = pool.install(|| expectations(circuit, sequences));
    let clipping = pool.install(|| clipping(circuit, sequences));
    let reference = expected.iter().flat_map(|e| e.1.clone()).collect();
    let client = TableClient::new(circuit, session.scenario.randomness()?);
    let foretold = forecast_tables(circuit, sequences, &expected, labels, samples);
    (setting.on_event)(Event::Sequence(Box::new(foretold.clone())));
    let mut observer = Observer::new(circuit, &client, sequences, &expected, foretold);
    let mut probe = |index: usize, step: usize, switched: &[Switched], state: &LweList| {
        if let Some(seen) = observer.see(index, step, switched, state) {
            setting.seen(seen);
        }
    };
    progress.phase(Phase::Keygen);
    let evaluating = AtomicBool::new(false);
    let told = |step: Step| follow(progress, &evaluating, &step);
    let watch = Watch::new(cancel.clone(), &told);
    let lengths = (0..samples).map(|s| sequences.length(s)).collect();
    let server = TableServer::new(circuit, sequences.steps(), lengths, pool);
    let ran: Conversation = converse(
        (sequences.steps(), PATIENCE),
        cancel,
        |link, meter| client.run(link, meter, sequences, &watch),
        |link, meter| server.serve(link, meter, &watch, &mut probe),
    )
    .map_err(EngineError::from)?;
    let warnings = observer.surprises().into_iter().collect();
    Ok(Ran {
        reference,
        conversation: ran,
        sequence: observer.report,
        activation: ActivationReport::exact("lookup"),
        kernel: KERNEL,
        error_bound: circuit.error_bound,
        stands_for: "the table network",
        advice: "train the network with more noise in its states, or set sequence.strategy to refresh or client_aided",
        clipping,
        ranges: Vec::new(),
        margins: Margins::Elsewhere,
        warnings,
    })
}

/// Tells how far both sides are.
fn follow(progress: &RunProgress, evaluating: &AtomicBool, step: &Step) {
    if step.what == LOOKUPS && !evaluating.swap(true, Ordering::Relaxed) {
        progress.phase(Phase::Evaluate);
    }
    let done = step.done as f64 / step.total.max(1) as f64;
    progress.within(match step.what.as_str() {
        LOOKUPS => done,
        // The client makes the keys, then the server unpacks them.
        SERVER_KEYS => (1.0 + done) / 2.0,
        _ => done / 2.0,
    });
}

/// What of the sequences is cut off at the ends of its range.
fn clipping(circuit: &TableRecurrentCircuit, sequences: &Sequences) -> Clipping {
    let of = |index: usize| circuit.network.clipping(sequences, index);
    let found: Vec<_> = (0..sequences.len()).into_par_iter().map(of).collect();
    let (mut inputs, mut sums) = (Clipped::of(""), Clipped::of("layer 1"));
    for one in &found {
        inputs.merge(&one.inputs);
        sums.merge(&one.sums);
    }
    let unclipped = found.iter().enumerate();
    let unclipped = unclipped.filter_map(|(index, one)| Some((index, one.unclipped?))).collect();
    Clipping { inputs, sums: vec![sums], unclipped, ..Clipping::default() }
}
