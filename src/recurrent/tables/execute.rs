//! One recurrent run on lookup tables, from raw sequences to the report.

use super::client::TableClient;
use super::forecast::{Expected, expectations, forecast_tables, states_by_step};
use super::server::{LOOKUPS, TableServer};
use crate::link::ChannelLink;
use crate::meter::Meter;
use crate::session::SequenceSession;
use crate::talk::TalkError;
use circuit::{
    CHANGED_ANSWERS, Cause, Plan, PlanBytes, Sequences, StageKind, StagePlan,
    TableRecurrentCircuit, Warning,
};
use engine::{EngineError, OUTPUT_BITS};
use network::Clipped;
use progress::{Cancel, Step, Watch};
use rayon::ThreadPool;
use rayon::prelude::*;
use report::{
    Clipping, Event, Findings, LEAST_LOOKUPS, Margins, Phase, RunProgress, SequenceReport,
    SequenceStep, StepSeen, Tally, larger, peak_memory_bytes, timed, *,
};
use scenario::RunError;
use scheme::tfhe::{
    CompressedKeys, LweList, PackedLwes, SECURITY_TABLE, SERVER_KEYS, SeededLwes, Switched,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest wait for a message: a sequence is answered as a whole.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Variances further above the predicted ones than this share are worth a warning.
const TOLERATED_VARIANCE: f64 = 0.125;

/// Runs `session` as `circuit` says and reports.
pub fn execute_tables(
    session: &SequenceSession,
    circuit: &TableRecurrentCircuit,
    pool: &ThreadPool,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let samples = session.images()?;
    let test = session.dataset.test();
    let prepared = session.prepared(session.reference(), test, samples)?;
    let refused = || RunError::Refused("the test split has no sequences".into());
    let sequences = Sequences::prepared(&prepared).ok_or_else(refused)?;
    let network = &circuit.network;
    let mut plan = planned_tables(circuit, sequences.steps(), samples, session.threads()?);
    plan.warnings.extend(session.remarks(plan.bytes.peak_memory)?);
    let progress = RunProgress::of_steps(&plan, on_event);
    on_event(Event::Planned(Box::new(plan.clone())));
    progress.phase(Phase::Plain);
    let watch = Watch::new(cancel.clone(), &|_| ());
    let plain = session.prepared(&session.original, test, samples)?;
    let found = timed(|| {
        let logits = pool.install(|| session.original.forward(&plain, &watch))?;
        Ok::<_, RunError>((logits, Vec::new()))
    })?;
    let (logits, latency_secs) = (found.result, found.whole);
    let expected = expectations(circuit, &sequences);
    let clipping = clipping(circuit, &sequences);
    let reference: Vec<f64> = expected.iter().flat_map(|e| e.1.clone()).collect();
    let seed = session.scenario.randomness()?;

    let steps = sequences.steps();
    let client = TableClient::new(circuit, seed);
    let foretold = forecast_tables(circuit, &sequences, &expected, &test.labels, samples);
    on_event(Event::Sequence(Box::new(foretold.clone())));
    let mut seen = Seen::new(circuit, &client, &sequences, &expected, foretold);
    let (mut ours, mut theirs) = ChannelLink::pair(PATIENCE, cancel);
    let (mut client_meter, mut server_meter) = (Meter::new(steps), Meter::new(steps));
    let evaluating = AtomicBool::new(false);
    let follow = |s: Step| {
        if s.what == LOOKUPS && !evaluating.swap(true, Ordering::Relaxed) {
            progress.phase(Phase::Evaluate);
        }
        let done = s.done as f64 / s.total.max(1) as f64;
        progress.within(match s.what.as_str() {
            LOOKUPS => done,
            // The client makes the keys, then the server unpacks them.
            SERVER_KEYS => (1.0 + done) / 2.0,
            _ => done / 2.0,
        });
    };
    progress.phase(Phase::Keygen);
    let both = Watch::new(cancel.clone(), &follow);
    let (asked, served) = std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let lengths = (0..samples).map(|s| sequences.length(s)).collect();
            let server = TableServer::new(circuit, steps, lengths, pool);
            let mut probe = |index: usize, step: usize, switched: &[Switched], state: &LweList| {
                if let Some(seen) = seen.see(index, step, switched, state) {
                    on_event(Event::SequenceStep(Box::new(seen)));
                }
            };
            let served = server.serve(&mut theirs, &mut server_meter, &both, &mut probe);
            // The client must not wait for one that is gone.
            drop(theirs);
            served
        });
        let asked = client.run(&mut ours, &mut client_meter, &sequences, &both);
        drop(ours);
        let gone = || TalkError::Gone { side: "server" };
        (asked, server.join().unwrap_or_else(|_| Err(gone())))
    });
    let outputs = match (asked, served) {
        (Ok(outputs), Ok(())) => outputs,
        (Err(error), Err(other)) if error.is_echo() => return Err(EngineError::from(other).into()),
        (Err(error), _) | (Ok(_), Err(error)) => return Err(EngineError::from(error).into()),
    };

    let classes = network.classes;
    let mut tally = Tally::new(circuit.error_bound, 1.0).with_clipping(&clipping);
    let told = tally.add_all(&test.labels, classes, [&logits, &reference, &outputs]);
    on_event(Event::Samples(told));
    let noise = seen.surprises();
    let mut sequence = std::mem::take(&mut seen.report);
    let costs = client_meter.steps.iter().zip(&server_meter.steps);
    for (step, (client, server)) in sequence.per_step.iter_mut().zip(costs) {
        (step.up_bytes, step.down_bytes) = (client.sent_bytes, client.received_bytes);
        (step.client_secs, step.server_secs) = (client.secs, server.secs);
    }
    let (client_secs, server_secs) = (client_meter.secs(), server_meter.secs());
    let (client_key_secs, server_key_secs) = (client_meter.key_secs, server_meter.key_secs);
    let (client_work, server_work) = (client_secs - client_key_secs, server_secs - server_key_secs);
    let secs = client_work + server_work;
    let sequence = SequenceReport {
        upload_bytes: sequence.per_step.iter().map(|s| s.up_bytes).sum(),
        download_bytes: sequence.per_step.iter().map(|s| s.down_bytes).sum(),
        key_bytes: client_meter.hello_bytes,
        client_secs,
        server_secs,
        client_key_secs,
        server_key_secs,
        batch_secs: secs / samples.max(1) as f64,
        step_secs: secs / (samples * steps).max(1) as f64,
        sequences_per_sec: samples as f64 / secs.max(1e-9),
        ..sequence
    };
    let p = &circuit.parameters;
    let mut report = RunReport {
        schema_version: SCHEMA_VERSION,
        cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: session.scenario.name.clone(),
        model: session.model.name().to_owned(),
        dataset: session.dataset.name().to_owned(),
        images: samples,
        classes,
        class_names: session.dataset.classes().to_vec(),
        threads: session.threads()?,
        seed: session.scenario.seed,
        activation: ActivationReport::exact("lookup"),
        scheme: SchemeReport {
            kind: "tfhe".to_owned(),
            ring_degree: p.polynomial_size,
            security_bits: p.security_bits(),
            security_table: SECURITY_TABLE.to_owned(),
            kernel: report::KERNEL.to_owned(),
            log2_q: 32.0,
            log2_qp: 32.0,
            ..SchemeReport::default()
        },
        plain: PlainReport { latency_secs, ..PlainReport::default() },
        encrypted: EncryptedReport {
            error_bound: Some(circuit.error_bound),
            keygen_secs: client_key_secs + server_key_secs,
            encrypt_secs: client_work,
            evaluate_secs: server_work,
            total_secs: secs,
            images_per_sec: samples as f64 / secs.max(1e-9),
            ..EncryptedReport::default()
        },
        stages: stages(&sequence, network.hidden, p.big_dimension()),
        bytes: BytesReport {
            upload: sequence.upload_bytes,
            download: sequence.download_bytes,
            evaluation_keys: sequence.key_bytes,
            rounds: sequence.rounds,
        },
        peak_memory_bytes: peak_memory_bytes(),
        analysis_mode: true,
        sequence: Some(Box::new(sequence.with_presets())),
        warnings: plan.warnings,
        ..RunReport::default()
    };
    Findings {
        measure: &format!("are further than {:.2e} from the table network", circuit.error_bound),
        advice: "train the network with more noise in its states, or set sequence.strategy to refresh or client_aided",
        promised: plan.promised_agreement,
        clipping: &clipping,
        ranges: &[],
        margins: Margins::Elsewhere,
    }
    .enter(&mut report, &tally);
    report.warnings.extend(noise);
    Ok(report)
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

fn stages(sequence: &SequenceReport, hidden: usize, dimension: usize) -> Vec<StageReport> {
    let stage = |s: &SequenceStep| StageReport {
        name: format!("step {}", s.step + 1),
        kind: StageKind::Lookup,
        secs: s.client_secs + s.server_secs,
        secs_predicted: 0.0,
        plain_secs: 0.0,
        ciphertexts: hidden,
        components: 1,
        log2_q: 32.0,
        ciphertext_bytes: (hidden * (dimension + 1) * 4) as u64,
        plain_bytes: 4 * hidden as u64,
        margin_bits_predicted: s.margin_bits_predicted,
        margin_bits_measured: s.margin_bits_measured,
        max_abs_error: s.max_abs_error,
        max_abs_error_predicted: Some(s.max_abs_error_predicted),
        wrong_values: s.wrong_values,
    };
    sequence.per_step.iter().map(stage).collect()
}

/// Noise and states, decrypted with the secret key.
struct Seen<'a> {
    circuit: &'a TableRecurrentCircuit,
    client: &'a TableClient<'a>,
    sequences: &'a Sequences,
    expected: &'a [Expected],
    /// Of first steps of sequences, and of later ones, whose noise is the same in every step: sum of
    /// squares of the noise of lookups relative to what was predicted of them, and their number.
    noise: [(f64, u64); 2],
    /// By step: whether any sequence has a state by then.
    with_state: Vec<bool>,
    /// Levels after the step before, as tables gave them for what they read.
    before: Vec<i64>,
    report: SequenceReport,
}

impl<'a> Seen<'a> {
    fn new(
        circuit: &'a TableRecurrentCircuit,
        client: &'a TableClient<'a>,
        sequences: &'a Sequences,
        expected: &'a [Expected],
        report: SequenceReport,
    ) -> Self {
        let noise = [(0.0, 0); 2];
        let with_state = states_by_step(sequences);
        let before = Vec::new();
        Self { circuit, client, sequences, expected, noise, with_state, before, report }
    }

    fn see(
        &mut self,
        index: usize,
        step: usize,
        switched: &[Switched],
        state: &LweList,
    ) -> Option<StepSeen> {
        let network = &self.circuit.network;
        let begins = self.sequences.steps() - self.sequences.length(index);
        let row = step * network.channels;
        let values = self.sequences.values(index).get(row..row + network.channels);
        let inputs = network.integers(values.unwrap_or_default());
        let before = (step > begins).then_some(self.before.as_slice());
        let sums = network.sums(&inputs, before);
        let unit = f64::from(network.unit());
        let has_state = self.with_state.get(step).copied().unwrap_or(true);
        let noise = &mut self.noise[usize::from(before.is_some())];
        let mut read = Vec::with_capacity(sums.len());
        let (mut wrong, allowed) = (0, network.allowed_levels());
        let predicted = match before {
            Some(_) => &self.circuit.standard_deviations,
            None => &self.circuit.first_standard_deviations,
        };
        for ((switched, sum), predicted) in switched.iter().zip(&sums).zip(predicted) {
            let phase = self.client.secret.phase(&switched.centred()).ok()?;
            let right = (*sum as u32).wrapping_mul(network.unit());
            let off = f64::from(phase.wrapping_sub(right) as i32) / unit;
            *noise = (noise.0 + (off / predicted).powi(2), noise.1 + 1);
            let (level, right) = (network.level(*sum as f64 + off), network.level(*sum as f64));
            wrong += u64::from((level - right).unsigned_abs() as f64 > allowed);
            read.push(level);
        }
        let (squares, lookups) = self.noise[usize::from(has_state)];
        let ratio = (squares / lookups.max(1) as f64).sqrt();
        let standard_deviation = ratio * self.circuit.standard_deviation(has_state);
        let margin = (lookups >= LEAST_LOOKUPS).then(|| network.margin_bits(standard_deviation));
        let phases = self.client.secret.phases(state).unwrap_or_default();
        let levels: Vec<f64> = phases.iter().map(|p| network.level_of(*p)).collect();
        self.before = read;
        let expected = self.expected.get(index).and_then(|e| e.0.get(step - begins));
        let expected = expected?;
        let mut figures = *self.report.per_step.get(step)?;
        let errors = levels.iter().zip(expected).map(|(l, e)| (l - *e as f64).abs());
        let largest = errors.fold(0.0, larger) * network.state_step;
        figures.max_abs_error = Some(larger(figures.max_abs_error.unwrap_or(0.0), largest));
        figures.wrong_values += wrong;
        figures.margin_bits_measured = margin;
        figures.budget_bits_measured = figures.margin_bits_measured;
        let mut states = Vec::new();
        if let Some(trace) = self.report.traces.get(index) {
            let of = |at: &usize| levels.get(*at).map_or(0.0, |l| l * network.state_step);
            states.push((index, trace.units.iter().map(of).collect()));
        }
        let seen = StepSeen { step: figures, states };
        self.report.see(&seen);
        Some(seen)
    }
}

impl Seen<'_> {
    /// Steps that were read with more noise than predicted, beyond the chance of so few lookups.
    fn surprises(&self) -> Option<Warning> {
        // Variances scatter by sqrt(2 / n) of themselves.
        let surprising = |(_, (squares, count)): &(usize, &(f64, u64))| {
            let n = (*count).max(1) as f64;
            let excess = squares / n - 1.0;
            excess.is_nan() || excess > TOLERATED_VARIANCE.max(6.0 * (2.0 / n).sqrt())
        };
        let all: Vec<_> = self.noise.iter().enumerate().filter(surprising).collect();
        let step = self.report.per_step.get(all.first()?.0)?;
        let (measured, predicted) = (step.margin_bits_measured?, step.margin_bits_predicted);
        let stage = format!("step {}", step.step + 1);
        let stages = all.len();
        Some(Cause::MarginSurprise { stage: &stage, measured, predicted, stages }.into())
    }
}

/// The plan in the shape that every run has.
pub fn planned_tables(
    circuit: &TableRecurrentCircuit,
    steps: usize,
    samples: usize,
    threads: usize,
) -> Plan {
    let p = &circuit.parameters;
    let hidden = circuit.network.hidden;
    let secs = (hidden * samples) as f64 * circuit.lookup_secs / threads.max(1) as f64;
    let stage = |at: usize| StagePlan {
        name: format!("step {}", at + 1),
        kind: StageKind::Lookup,
        secs,
        ciphertexts: hidden,
        components: 1,
        log2_q: 32.0,
        ciphertext_bytes: (hidden * (p.big_dimension() + 1) * 4) as u64,
        margin_bits: circuit.margin_bits,
        max_error: Some(circuit.network.state_step),
        required_error: None,
        range_calibrated: 1.0,
        range_worst: 1.0,
    };
    Plan {
        scheme: circuit::SchemeKind::Tfhe,
        ring_degree: p.polynomial_size,
        primes: Vec::new(),
        plaintext_moduli: Vec::new(),
        log2_q: 32.0,
        log2_qp: 32.0,
        plaintext_bits: 0.0,
        security_bits: p.security_bits(),
        security_table: SECURITY_TABLE.to_owned(),
        depth: steps,
        precision: format!(
            "lookups deviate by {:.2} % of the largest state",
            100.0 * circuit.standard_deviation(true) * circuit.network.sum_step
                / circuit.network.largest_state()
        ),
        images: samples,
        batches: samples,
        threads,
        stages: (0..steps).map(stage).collect(),
        bytes: PlanBytes {
            upload: samples as u64 * SeededLwes::byte_len(steps * circuit.network.channels),
            download: samples as u64
                * PackedLwes::byte_len(p, circuit.network.classes, OUTPUT_BITS),
            evaluation_keys: CompressedKeys::byte_len(p, true),
            peak_memory: p.key_memory_bytes(true) + (200 << 20),
        },
        secs: circuit::PlanSecs { evaluate: secs * steps as f64, ..circuit::PlanSecs::default() },
        warnings: noise_warning(circuit).into_iter().collect(),
        promised_agreement: Some(circuit.agreement.min(1.0 - CHANGED_ANSWERS)),
        approximate: None,
        tables: None,
    }
}

fn noise_warning(circuit: &TableRecurrentCircuit) -> Option<Warning> {
    let agreement = Some(circuit.agreement).filter(|a| *a < 1.0 - CHANGED_ANSWERS)?;
    let advice = "train the network with more noise in its states (rounding is counted too)";
    Some(Cause::NoiseChangesAnswers { share: 1.0 - agreement, advice }.into())
}
