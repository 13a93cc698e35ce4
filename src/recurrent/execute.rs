//! One recurrent run, from raw sequences to the report. Strategies differ in the network that ciphertexts
//! stand for, how near to it the answers must come, and what both sides say.

use super::conversation::Conversation;
use super::session::SequenceSession;
use circuit::{Plan, Sequences, Warning};
use network::RangeReport;
use progress::{Cancel, Watch};
use rayon::ThreadPool;
use report::{
    ActivationReport, BytesReport, Clipping, Event, Findings, Margins, Phase, RunProgress,
    RunReport, SequenceReport, SequenceStep, StageReport, StepSeen, Tally, peak_memory_bytes,
    timed,
};
use scenario::RunError;

/// What every strategy runs in.
pub(crate) struct Setting<'a> {
    pub sequences: &'a Sequences,
    pub labels: &'a [u16],
    pub pool: &'a ThreadPool,
    pub cancel: &'a Cancel,
    pub progress: &'a RunProgress<'a>,
    pub on_event: &'a (dyn Fn(Event) + Sync),
    /// A stage for every step.
    stages: Vec<StageReport>,
}

impl Setting<'_> {
    /// Tells what was seen of a step.
    pub fn seen(&self, seen: StepSeen) {
        if let Some(stage) = self.stages.get(seen.step.step) {
            self.progress.stage(seen.step.step, &measured(stage, &seen.step));
        }
        (self.on_event)(Event::SequenceStep(Box::new(seen)));
    }
}

/// What a strategy gives.
pub(crate) struct Ran {
    /// Outputs of the network that ciphertexts stand for, sequence after sequence.
    pub reference: Vec<f64>,
    pub conversation: Conversation,
    /// Steps as they were predicted, and what was seen of them.
    pub sequence: SequenceReport,
    pub activation: ActivationReport,
    pub kernel: &'static str,
    /// Outputs further than this from the reference are wrong.
    pub error_bound: f64,
    /// What the reference is, and what to do about wrong outputs.
    pub stands_for: &'static str,
    pub advice: &'static str,
    pub clipping: Clipping,
    pub ranges: Vec<RangeReport>,
    pub margins: Margins,
    /// What else is to be said.
    pub warnings: Vec<Warning>,
}

/// Runs `session` by `strategy` and reports.
///
/// # Errors
/// When a network or a side fails, or the work is stopped.
pub(crate) fn execute(
    session: &SequenceSession,
    plan: &Plan,
    pool: &ThreadPool,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
    strategy: impl FnOnce(&Setting) -> Result<Ran, RunError>,
) -> Result<RunReport, RunError> {
    on_event(Event::Planned(Box::new(plan.clone())));
    let progress = RunProgress::of_steps(plan, on_event);
    progress.phase(Phase::Plain);
    let watch = Watch::new(cancel.clone(), &|_| ());
    let test = session.dataset.test();
    let prepared = session.prepared(session.reference(), test, plan.images)?;
    let plain = session.prepared(&session.original, test, plan.images)?;
    let refused = || RunError::Refused("the test split has no sequences".into());
    let sequences = Sequences::prepared(&prepared).ok_or_else(refused)?;
    let found = timed(|| {
        let logits = pool.install(|| session.original.forward(&plain, &watch))?;
        Ok::<_, RunError>((logits, Vec::new()))
    })?;
    let (logits, latency_secs) = (found.result, found.whole);
    let in_batch = plan.images.div_ceil(plan.batches.max(1)) as u64;
    let setting = Setting {
        sequences: &sequences,
        labels: session.dataset.test_labels(),
        pool,
        cancel,
        progress: &progress,
        on_event,
        stages: plan.stages.iter().map(|s| StageReport::planned(s, in_batch)).collect(),
    };
    let ran = strategy(&setting)?;

    let classes = session.model.classes();
    let mut tally = Tally::new(ran.error_bound, 1.0).with_clipping(&ran.clipping);
    let outputs = [&ran.reference, &ran.conversation.outputs];
    let told = tally.add_all(setting.labels, classes, [&logits, outputs[0], outputs[1]]);
    on_event(Event::Samples(told));
    let sequence = described(ran.sequence, &ran.conversation, plan);
    let stages = setting.stages.iter().zip(&sequence.per_step).map(|(stage, step)| StageReport {
        secs: step.client_secs + step.server_secs,
        ..measured(stage, step)
    });
    let mut report = RunReport {
        model: session.model.name().to_owned(),
        classes,
        activation: ran.activation,
        stages: stages.collect(),
        bytes: BytesReport {
            upload: sequence.upload_bytes,
            download: sequence.download_bytes,
            evaluation_keys: sequence.key_bytes,
            rounds: sequence.rounds,
        },
        ..RunReport::initial(&session.scenario, &session.dataset, plan, ran.kernel, latency_secs)
    };
    let encrypted = &mut report.encrypted;
    encrypted.error_bound = Some(ran.error_bound);
    encrypted.keygen_secs = sequence.client_key_secs + sequence.server_key_secs;
    encrypted.encrypt_secs = sequence.client_secs - sequence.client_key_secs;
    encrypted.evaluate_secs = sequence.server_secs - sequence.server_key_secs;
    encrypted.total_secs = sequence.work_secs();
    encrypted.images_per_sec = sequence.sequences_per_sec;
    Findings {
        measure: &format!("are further than {:.2e} from {}", ran.error_bound, ran.stands_for),
        advice: ran.advice,
        promised: plan.promised_agreement,
        clipping: &ran.clipping,
        ranges: &ran.ranges,
        margins: ran.margins,
    }
    .enter(&mut report, &tally);
    report.warnings.extend(ran.warnings);
    report.sequence = Some(Box::new(sequence.with_presets()));
    report.peak_memory_bytes = peak_memory_bytes();
    Ok(report)
}

/// A stage with what was predicted and measured of its step.
fn measured(stage: &StageReport, step: &SequenceStep) -> StageReport {
    StageReport {
        margin_bits_predicted: step.margin_bits_predicted,
        margin_bits_measured: step.margin_bits_measured,
        max_abs_error: step.max_abs_error,
        max_abs_error_predicted: Some(step.max_abs_error_predicted),
        wrong_values: step.wrong_values,
        ..stage.clone()
    }
}

/// `report` with the seconds and bytes of both sides.
fn described(mut report: SequenceReport, ran: &Conversation, plan: &Plan) -> SequenceReport {
    let costs = ran.client.steps.iter().zip(&ran.server.steps);
    for (step, (client, server)) in report.per_step.iter_mut().zip(costs) {
        (step.up_bytes, step.down_bytes) = (client.sent_bytes, client.received_bytes);
        (step.client_secs, step.server_secs) = (client.secs, server.secs);
    }
    report.upload_bytes = report.per_step.iter().map(|s| s.up_bytes).sum();
    report.download_bytes = report.per_step.iter().map(|s| s.down_bytes).sum();
    report.key_bytes = ran.client.hello_bytes;
    (report.client_secs, report.server_secs) = (ran.client.secs(), ran.server.secs());
    (report.client_key_secs, report.server_key_secs) = (ran.client.key_secs, ran.server.key_secs);
    // Keys are made once, however many sequences there are.
    let secs = report.work_secs();
    report.batch_secs = secs / plan.batches.max(1) as f64;
    report.step_secs = secs / (plan.batches * plan.stages.len()).max(1) as f64;
    report.sequences_per_sec = plan.images as f64 / secs.max(1e-9);
    report
}
