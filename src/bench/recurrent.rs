//! Recurrent networks on encrypted sequences: seconds per step, of a full batch and of one sequence.

use super::harness::{BenchError, Harness, demand};
use super::measurement::{Measurement, Timing};
use activation::{Activation, Polynomial};
use circuit::NoiseStrategy;
use data::{Dataset, Shape, Split};
use network::recurrent::{CellKind, RecurrentModel};
use recurrent::SequenceSession;
use report::{RunReport, SequenceReport};
use ring::Seed;
use scenario::{Scenario, SequenceRequest};
use std::sync::Arc;

/// Hidden units, channels of a step, and steps.
const HIDDEN: [usize; 2] = [16, 32];
const CHANNELS: usize = 8;
const STEPS: usize = 6;

/// Sequences of a full batch.
const BATCH: usize = 8192;

/// One step and one sequence with TenSEAL on one core, encrypted anew in each step, by hidden units:
/// our own measurement. Cited, not measured in this run.
const TENSEAL_SECS: [f64; 2] = [0.25, 0.52];

pub(crate) fn measure(harness: &mut Harness) -> Result<(), BenchError> {
    for (hidden, cited) in HIDDEN.into_iter().zip(TENSEAL_SECS) {
        for strategy in [NoiseStrategy::Refresh, NoiseStrategy::ClientAided] {
            for (sequences, kind) in [(BATCH, "full batch"), (1, "one sequence")] {
                let session = session(harness, hidden, strategy, sequences)?;
                let what = format!("recurrent {} h={hidden} {kind}", strategy.id());
                let figure = figure(harness, &what, &session, cited)?;
                harness.emit_run(figure)?;
            }
        }
    }
    Ok(())
}

/// Random sequences through an Elman network with random weights and `z - z^3/3`.
fn session(
    harness: &Harness,
    hidden: usize,
    strategy: NoiseStrategy,
    sequences: usize,
) -> Result<SequenceSession, BenchError> {
    let refuse = |e: &dyn std::fmt::Display| BenchError::Refused(e.to_string());
    let mut stream = Seed::from_number(harness.options.seed).derive("bench recurrent", 0).stream(0);
    let mut unit = || (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0;
    let mut split = |samples: usize| Split {
        inputs: (0..samples * STEPS * CHANNELS).map(|_| unit()).collect(),
        labels: (0..samples).map(|i| (i % 2) as u16).collect(),
        lengths: Vec::new(),
    };
    let shape = Shape::Sequence { steps: STEPS, channels: CHANNELS };
    let classes = vec!["a".to_owned(), "b".to_owned()];
    let (train, test) = (split(256), split(sequences));
    let dataset = Dataset::new("random", "bench", shape, classes, Vec::new(), train, test);
    let dataset = dataset.map_err(|e| refuse(&e))?;
    let cubic = Activation::Polynomial(Polynomial::new(vec![0.0, 1.0, 0.0, -1.0 / 3.0]));
    let model =
        RecurrentModel::random(CHANNELS, hidden, 2, 1, CellKind::Elman, harness.options.seed);
    let model = model.with_activations(&[Some(cubic)]).map_err(|e| refuse(&e))?;
    let choice = SequenceRequest {
        strategy,
        connection: "same rack".to_owned(),
        ..SequenceRequest::default()
    };
    let mut scenario = Scenario::built_in().swap_remove(0);
    scenario.name = "recurrent".to_owned();
    scenario.sequence = Some(choice);
    scenario.seed = harness.options.seed;
    scenario.threads = Some(harness.run_threads());
    Ok(SequenceSession::with(&scenario, Arc::new(dataset), Arc::new(model))?)
}

fn figure(
    harness: &Harness,
    what: &str,
    session: &SequenceSession,
    cited: f64,
) -> Result<Measurement, BenchError> {
    let cancel = harness.watch.cancel_flag();
    let circuit = session.circuit(cancel)?;
    let (mut secs, mut last): (Vec<f64>, Option<RunReport>) = (Vec::new(), None);
    for run in 0..=harness.runs() {
        harness.watch.step(what, run as u64, harness.runs() as u64 + 1)?;
        let report = session.run(cancel, &|_| ())?;
        demand(report.is_right(), what, || "outputs are further off than the bound".into())?;
        let step = report.sequence.as_ref().map_or(f64::NAN, |s| s.step_secs);
        // The first one is not timed.
        secs.extend((run > 0).then_some(step));
        last = Some(report);
    }
    let timing = Timing::new(secs);
    let (plan, steps) = (&circuit.plan, &circuit.sequence);
    let sequences = steps.sequences as f64;
    let each = timing.median() / sequences;
    let mut measurement = Measurement::new(what, &timing, sequences, "sequence steps")
        .with("channels", CHANNELS)
        .with("steps", steps.steps)
        .with("sequences", steps.sequences)
        .with("ring_degree", plan.ring_degree)
        .with("refresh_every", steps.refresh_every)
        .with("log2_qp", plan.log2_qp)
        .with("security_bits", plan.security_bits)
        .found("step_secs", timing.median())
        .found("secs_per_sequence_and_step", each)
        .found("cited_tenseal_secs_per_sequence_and_step", cited)
        .found("cited", "TenSEAL on one core, cited from our earlier measurement")
        .checked_by("every decrypted output against the reference network, within the bound");
    if let Some((report, sequence)) = last.as_ref().and_then(|r| Some((r, r.sequence.as_ref()?))) {
        let per_step = |bytes: u64| bytes as f64 / (sequence.steps * sequence.batches) as f64;
        let SequenceReport { client_secs, server_secs, .. } = **sequence;
        measurement = measurement
            .found("client_share", client_secs / (client_secs + server_secs))
            .found("upload_bytes_per_step", per_step(sequence.upload_bytes))
            .found("download_bytes_per_step", per_step(sequence.download_bytes))
            .found(
                "predicted_step_secs",
                (steps.client_secs + steps.server_secs) / steps.steps as f64,
            )
            .found("max_abs_error", report.encrypted.max_abs_error)
            .found("error_bound", steps.error_bound);
    }
    measurement.threads = plan.threads;
    Ok(measurement)
}
