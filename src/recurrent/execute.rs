//! One recurrent run, from raw sequences to the report.

use super::conversation::{Conversation, converse};
use super::observer::Observer;
use super::planned::planned;
use super::progress::Progress;
use super::reference::Reference;
use super::session::SequenceSession;
use circuit::{NoiseStrategy, Plan, RecurrentCircuit, Sequences};
use engine::EngineError;
use progress::{Cancel, Watch};
use rayon::ThreadPool;
use report::{
    Clipping, Event, Findings, Margins, Phase, RunProgress, SequenceReport, SequenceStep, Tally,
    peak_memory_bytes, timed, *,
};
use scenario::RunError;

/// Runs `session` as `circuit` says and reports.
pub(crate) fn execute(
    session: &SequenceSession,
    circuit: &RecurrentCircuit,
    pool: &ThreadPool,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let plan = planned(circuit);
    on_event(Event::Planned(Box::new(plan.clone())));
    let run_progress = RunProgress::of_steps(&plan, on_event);
    run_progress.phase(Phase::Plain);
    let watch = Watch::new(cancel.clone(), &|_| ());
    let samples = circuit.plan.sequences;
    let test = session.dataset.test();
    let prepared = session.prepared(session.reference(), test, samples)?;
    let plain = session.prepared(&session.original, test, samples)?;
    let refused = || RunError::Refused("the test split has no sequences".into());
    let sequences = Sequences::prepared(&prepared).ok_or_else(refused)?;
    let found = timed(|| {
        let logits = pool.install(|| session.original.forward(&plain, &watch))?;
        Ok::<_, RunError>((logits, Vec::new()))
    })?;
    let (logits, latency_secs) = (found.result, found.whole);
    let reference = pool.install(|| {
        Reference::new(&circuit.program, &sequences, &session.gate_intervals(), &watch)
    })?;
    let seed = session.scenario.randomness()?;
    let labels = &test.labels;
    let mut observer = Observer::new(circuit, &reference, &sequences, labels, &seed);
    on_event(Event::Sequence(Box::new(observer.report.clone())));
    let progress = Progress::new(circuit, &run_progress);
    let unmeasured = stages(&plan);
    let mut see = |batch: usize, step: usize, states: &[Vec<_>]| {
        if batch == 0
            && let Some(seen) = pool.install(|| observer.see(step, states))
        {
            if let Some(stage) = unmeasured.get(seen.step.step) {
                run_progress.stage(seen.step.step, &measured(stage, &seen.step));
            }
            on_event(Event::SequenceStep(Box::new(seen)));
        }
        progress.served(batch, step);
        Ok(())
    };
    let within = |part: f64| progress.within(part);
    let ran = converse(circuit, &sequences, &seed, pool, cancel, &progress, &within, &mut see)
        .map_err(EngineError::from)?;

    let classes = session.model.classes();
    let mut report = initial(session, circuit, &plan, latency_secs);
    let mut tally = Tally::new(circuit.plan.error_bound, 1.0);
    let told = tally.add_all(labels, classes, [&logits, &reference.outputs, &ran.outputs]);
    on_event(Event::Samples(told));
    let sequence = describe(circuit, &ran, &mut observer);
    let key_secs = sequence.client_key_secs + sequence.server_key_secs;
    report.encrypted.keygen_secs = ran.keygen_secs + key_secs;
    report.encrypted.encrypt_secs = sequence.client_secs - sequence.client_key_secs;
    report.encrypted.evaluate_secs = sequence.server_secs - sequence.server_key_secs;
    report.encrypted.total_secs = sequence.work_secs();
    report.encrypted.images_per_sec = sequence.sequences_per_sec;
    report.bytes = BytesReport {
        upload: sequence.upload_bytes,
        download: sequence.download_bytes,
        evaluation_keys: sequence.key_bytes,
        rounds: sequence.rounds,
    };
    for (stage, step) in report.stages.iter_mut().zip(&sequence.per_step) {
        *stage = measured(stage, step);
        stage.secs = step.client_secs + step.server_secs;
    }
    Findings {
        measure: &format!(
            "are further than {:.2e} from the reference network",
            circuit.plan.error_bound
        ),
        advice: "take more or larger primes, a larger N, or refresh more often",
        promised: plan.promised_agreement,
        clipping: &Clipping::default(),
        ranges: &reference.ranges,
        margins: Margins::Smaller,
    }
    .enter(&mut report, &tally);
    report.sequence = Some(Box::new(sequence.with_presets()));
    report.peak_memory_bytes = peak_memory_bytes();
    Ok(report)
}

/// A stage with what was measured of its step.
fn measured(stage: &StageReport, step: &SequenceStep) -> StageReport {
    StageReport {
        margin_bits_measured: step.margin_bits_measured,
        max_abs_error: step.max_abs_error,
        wrong_values: step.wrong_values,
        ..stage.clone()
    }
}

fn stages(plan: &Plan) -> Vec<StageReport> {
    let in_batch = plan.images.min(plan.ring_degree) as u64;
    plan.stages.iter().map(|s| StageReport::planned(s, in_batch)).collect()
}

/// The report before anything is encrypted.
fn initial(
    session: &SequenceSession,
    circuit: &RecurrentCircuit,
    plan: &Plan,
    latency_secs: f64,
) -> RunReport {
    let scenario = &session.scenario;
    RunReport {
        schema_version: SCHEMA_VERSION,
        cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        model: session.model.name().to_owned(),
        dataset: session.dataset.name().to_owned(),
        images: circuit.plan.sequences,
        classes: session.model.classes(),
        class_names: session.dataset.classes().to_vec(),
        threads: plan.threads,
        seed: scenario.seed,
        activation: match circuit.plan.strategy {
            NoiseStrategy::ClientAided => ActivationReport::exact("client"),
            _ => ActivationReport::polynomials(session.gate_reports()),
        },
        scheme: SchemeReport {
            kind: "ckks".to_owned(),
            ring_degree: plan.ring_degree,
            log2_q: plan.log2_q,
            log2_qp: plan.log2_qp,
            plaintext_bits: 0.0,
            plaintext_moduli: Vec::new(),
            primes: plan.primes.clone(),
            security_bits: plan.security_bits,
            security_table: plan.security_table.clone(),
            kernel: circuit.program.parameters.kernel().name().to_owned(),
            special_primes: circuit.plan.special_primes.clone(),
            scale_bits: Some(f64::from(circuit.plan.sigma_bits)),
        },
        plain: PlainReport { latency_secs, ..PlainReport::default() },
        encrypted: EncryptedReport {
            error_bound: Some(circuit.plan.error_bound),
            max_abs_error_predicted: Some(circuit.plan.max_error),
            ..EncryptedReport::default()
        },
        stages: stages(plan),
        warnings: plan.warnings.clone(),
        analysis_mode: true,
        ..RunReport::default()
    }
}

fn describe(
    circuit: &RecurrentCircuit,
    ran: &Conversation,
    observer: &mut Observer,
) -> SequenceReport {
    let plan = &circuit.plan;
    let mut report = std::mem::take(&mut observer.report);
    let costs = ran.client.steps.iter().zip(&ran.server.steps);
    for (step, (client, server)) in report.per_step.iter_mut().zip(costs) {
        (step.up_bytes, step.down_bytes) = (client.sent_bytes, client.received_bytes);
        (step.client_secs, step.server_secs) = (client.secs, server.secs);
    }
    let (client_secs, server_secs) = (ran.client.secs(), ran.server.secs());
    let (client_key_secs, server_key_secs) = (ran.client.key_secs, ran.server.key_secs);
    // Keys are made once, however many sequences there are.
    let secs = client_secs + server_secs - client_key_secs - server_key_secs;
    SequenceReport {
        upload_bytes: report.per_step.iter().map(|s| s.up_bytes).sum(),
        download_bytes: report.per_step.iter().map(|s| s.down_bytes).sum(),
        key_bytes: ran.client.hello_bytes,
        client_secs,
        server_secs,
        client_key_secs,
        server_key_secs,
        batch_secs: secs / plan.batches.max(1) as f64,
        step_secs: secs / (plan.batches * plan.steps).max(1) as f64,
        sequences_per_sec: plan.sequences as f64 / secs.max(1e-9),
        ..report
    }
}
