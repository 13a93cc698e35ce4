//! One run with lookup tables, from raw samples to the report.

use super::measure::{Measuring, bound_margin, measured_margin};
use crate::float_run::FloatRun;
use crate::initial_report::InitialReport;
use crate::offering;
use crate::session::Session;
use circuit::table::TableCircuit;
use circuit::{Cause, StageKind, Warning};
use engine::{ServedTables, TableAnswer, TableClient, TableServer, TablesOffered, WireClock};
use network::table::{Table, TableRun, Unclipped};
use progress::{Cancel, Step, Watch};
use report::{
    Clipping, Event, Findings, KERNEL, LEAST_LOOKUPS, Margins, NoiseReport, Phase, Row,
    RunProgress, Sample, TableReport, Tally, peak_memory_bytes, trained_reach, *,
};
use scenario::{RunError, fresh_randomness};
use scheme::tfhe::{PackedLwes, SERVER_KEYS, SeededLwes};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wire::{Envelope, Kind};

/// Measured variances further from the predicted than this, as a share, are worth a warning.
const TOLERATED_VARIANCE: f64 = 0.125;
/// Values a variance must be measured on before it is held against the prediction.
const VARIANCE_SAMPLES: u64 = 1000;

/// Runs `session` with the tables of `circuit` and reports; samples are told one by one.
pub fn execute_tables(
    session: &Session,
    circuit: &TableCircuit,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    // All samples are encrypted, then all are evaluated one after the other.
    let progress = RunProgress::new(&circuit.plan, 1, on_event);
    let plain = Plain::run(session, circuit, cancel, &progress)?;
    let mut report =
        InitialReport { plan: &circuit.plan, kernel: KERNEL, float: &plain.float }.report(session);

    progress.phase(Phase::Keygen);
    let seed = session.scenario.randomness()?;
    let started = Instant::now();
    let halves = AtomicUsize::new(0);
    let within = |s: Step| {
        // Making the keys, then taking them to the Fourier domain.
        let half =
            if s.what == SERVER_KEYS { halves.fetch_max(1, Ordering::Relaxed).max(1) } else { 0 };
        progress.within((half as f64 + s.done as f64 / s.total.max(1) as f64) / 2.0);
    };
    let watch = Watch::new(cancel.clone(), &within);
    let (keys, kept) = session.keys.keys(circuit, session.scenario.seed, &seed, &watch)?;
    // Keys that are kept meet the samples of many runs: never with randomness that comes again.
    let seed = if kept { fresh_randomness()? } else { seed };
    let (parameters, offered) = (&circuit.parameters, TablesOffered::of(circuit));
    let served = ServedTables::of(circuit);
    let client = TableClient::new(parameters, &offered, &keys.secret, seed);
    let server = TableServer::new(parameters, &served, &keys.server);
    let offer = offering::tables(session, circuit)?.identity;
    let mut clock = WireClock::default();
    report.bytes.evaluation_keys = keys.message_bytes;
    report.encrypted.keygen_secs = started.elapsed().as_secs_f64();

    progress.phase(Phase::Encrypt);
    let len = circuit.network.input().len().max(1);
    let started = Instant::now();
    let mut sent = Vec::with_capacity(plain.float.samples);
    for (index, integers) in plain.inputs.chunks(len).enumerate() {
        cancel.check()?;
        let encrypted = client.encrypt(index, integers);
        let envelope = envelope(Kind::Request, offer, index);
        let write = |out: &mut Vec<u8>| out.extend(encrypted.to_bytes(parameters));
        sent.push(clock.seal(&envelope, write));
        progress.within(sent.len() as f64 / plain.float.samples as f64);
    }
    let messages = clock.encode_secs + clock.hash_secs;
    report.encrypted.encrypt_secs = started.elapsed().as_secs_f64() - messages;
    report.bytes.upload = sent.iter().map(|m| m.len() as u64).sum();
    if let Some(stage) = report.stages.first_mut() {
        stage.secs = report.encrypted.encrypt_secs;
    }

    progress.phase(Phase::Evaluate);
    let mut run = Run {
        session,
        circuit,
        plain: &plain,
        progress: &progress,
        measuring: Measuring::new(circuit),
        tally: Tally::new(
            circuit.tables().map_or(0.0, |t| t.score_bound),
            circuit.network.score_scale(),
        )
        .with_clipping(&plain.clipping),
        wrong_bin: 0,
        sample_secs: Vec::new(),
        keys_kept: kept,
        offer,
        clock,
    };
    for (index, message) in sent.iter().enumerate() {
        let sample = run.sample(&client, &server, (index, message), cancel, &mut report)?;
        on_event(Event::Samples(vec![sample]));
    }
    Ok(run.finish(report))
}

/// Results of the float network, and of the tables without noise.
struct Plain {
    float: FloatRun,
    inputs: Vec<i32>,
    reference: TableRun,
    clipping: Clipping,
}

impl Plain {
    fn run(
        session: &Session,
        circuit: &TableCircuit,
        cancel: &Cancel,
        progress: &RunProgress,
    ) -> Result<Self, RunError> {
        progress.phase(Phase::Plain);
        let network = &circuit.network;
        let (float, (inputs, run)) = FloatRun::with(session, cancel, progress, |raw, watch| {
            let factor = |at: usize, x: f32| network.input_factor(at, x);
            let reach = trained_reach(
                &session.network,
                &session.dataset,
                network.has_trained_grid(),
                factor,
            );
            let run = (network.evaluate(raw, watch)?, network.unclipped(raw, reach));
            Ok((network.integers(raw)?, run))
        })?;
        let (reference, Unclipped { inputs: clipped, far, classes }) = run;
        let clipping = Clipping {
            inputs: clipped,
            inputs_trained: far == 0,
            sums: reference.outside.clone(),
            sums_trained: network.has_trained_ranges(),
            unclipped: classes,
        };
        Ok(Self { float, inputs, reference, clipping })
    }
}

struct Run<'a> {
    session: &'a Session,
    circuit: &'a TableCircuit,
    plain: &'a Plain,
    progress: &'a RunProgress<'a>,
    measuring: Measuring<'a>,
    tally: Tally,
    /// Lookups more than one step off.
    wrong_bin: u64,
    sample_secs: Vec<f64>,
    keys_kept: bool,
    /// Identity of the offer.
    offer: [u8; 32],
    clock: WireClock,
}

/// Of the message of a sample.
fn envelope(kind: Kind, offer: [u8; 32], index: usize) -> Envelope {
    Envelope { kind, offer, batch: index as u64, modulus: 0 }
}

impl Run<'_> {
    fn sample(
        &mut self,
        client: &TableClient,
        server: &TableServer,
        (index, message): (usize, &[u8]),
        cancel: &Cancel,
        report: &mut RunReport,
    ) -> Result<Sample, RunError> {
        let network = &self.circuit.network;
        let (len, classes) = (network.input().len(), network.classes());
        let integers = &self.plain.inputs[index * len..(index + 1) * len];

        let watch = Watch::new(cancel.clone(), &|_| ());
        let done = AtomicUsize::new(0);
        let total = network.lookups().max(1) as f64;
        let samples = self.plain.float.samples as f64;
        let count = |n: usize| {
            let done = done.fetch_add(n, Ordering::Relaxed) + n;
            self.progress.within((index as f64 + done as f64 / total) / samples);
        };
        let parameters = &self.circuit.parameters;
        let sent = self.clock.open(message, (Kind::Request, &self.offer), |_, body| {
            Ok(SeededLwes::from_bytes(parameters, body)?)
        })?;
        let started = Instant::now();
        let answer = server.evaluate(&sent, true, &watch, &count)?;
        let secs = started.elapsed().as_secs_f64();
        self.sample_secs.push(secs);
        report.encrypted.evaluate_secs += secs;
        let back = envelope(Kind::Answer, self.offer, index);
        let write = |out: &mut Vec<u8>| out.extend(answer.scores.to_bytes(parameters));
        let message = self.clock.seal(&back, write);
        report.bytes.download += message.len() as u64;
        let received = self.clock.open(&message, (Kind::Answer, &self.offer), |_, body| {
            Ok(PackedLwes::from_bytes(parameters, body)?)
        })?;

        let started = Instant::now();
        let scores = client.decrypt(&received)?;
        report.encrypted.decrypt_secs += started.elapsed().as_secs_f64();

        let lookup = self.measuring.sample(client, integers, &answer)?;
        self.wrong_bin += lookup.wrong_bin;
        let doubles = |all: &[i64]| all.iter().map(|s| *s as f64).collect::<Vec<_>>();
        let exact = doubles(&lookup.exact_scores);
        for (got, exact) in scores.iter().zip(&exact) {
            self.measuring.score(got - exact);
        }
        let (label, original) = self.plain.float.sample(self.session, index);
        let expected = self.plain.reference.scores.get(index * classes..(index + 1) * classes);
        let reference = doubles(expected.unwrap_or_default());
        let row = Row {
            index,
            label,
            original,
            reference: &reference,
            exact: &exact,
            decrypted: &scores,
        };
        let sample = self.tally.add(&row);
        self.enter(report, &answer);
        Ok(sample)
    }

    /// Enters times and noise so far into the stages, and tells them.
    fn enter(&self, report: &mut RunReport, answer: &TableAnswer) {
        let mut secs = Vec::new();
        for (layer, [sums, switch, read]) in answer.layer_secs.iter().enumerate() {
            secs.push(*sums);
            if *read > 0.0 {
                if layer > 0 {
                    secs.push(*switch);
                }
                secs.push(*read);
            }
        }
        for (stage, secs) in report.stages.iter_mut().skip(1).zip(secs) {
            stage.secs += secs;
        }
        margins(self.circuit, &self.measuring.finish(), &mut report.stages);
        for (index, stage) in report.stages.iter().enumerate() {
            self.progress.stage(index, stage);
        }
    }

    fn finish(mut self, mut report: RunReport) -> RunReport {
        let samples = self.plain.float.samples.max(1) as f64;
        let details = self.circuit.tables().cloned().unwrap_or_default();
        let scale = self.circuit.network.score_scale();
        Findings {
            measure: "are outside their bound",
            advice: "take a larger n or N",
            promised: self.circuit.plan.promised_agreement,
            clipping: &self.plain.clipping,
            ranges: &[],
            margins: Margins::Elsewhere,
        }
        .enter(&mut report, &self.tally);
        let encrypted = &mut report.encrypted;
        encrypted.error_bound = Some(details.score_bound * scale);
        // The largest of so many normal errors.
        let errors = samples * self.circuit.network.classes() as f64;
        let largest = (2.0 * errors.max(2.0).ln()).sqrt() * details.score_standard_deviation;
        encrypted.max_abs_error_predicted = Some(largest * scale);
        encrypted.timed(self.tally.samples, &self.clock);
        report.peak_memory_bytes = peak_memory_bytes();
        let mut tables = self.measuring.finish();
        self.sample_secs.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = self.sample_secs.len().saturating_sub(1);
            self.sample_secs.get((share * last as f64) as usize).copied().unwrap_or(0.0)
        };
        tables.sample_secs = [at(0.0), at(0.5), at(1.0)];
        tables.keys_kept = self.keys_kept;
        report.warnings.extend(warnings(&tables, self.wrong_bin));
        report.tables = Some(tables);
        report
    }
}

/// Measured margins of the stages, from the noise measured so far.
fn margins(circuit: &TableCircuit, measured: &TableReport, stages: &mut [StageReport]) {
    let tables: Vec<&Table> = circuit.network.tables().collect();
    let details = circuit.tables().cloned().unwrap_or_default();
    let of = |at: usize, noise: Option<&NoiseReport>| {
        let (table, plan) = (tables.get(at)?, details.tables.get(at)?);
        let unit = plan.step / table.width as f64;
        Some(measured_margin(table, unit, noise.filter(|n| n.samples >= LEAST_LOOKUPS)?))
    };
    let noise = |at: usize, what: &str| {
        measured.tables.get(at).and_then(|t| t.noise.iter().find(|n| n.what == what))
    };
    let mut at = 0;
    for stage in stages {
        stage.margin_bits_measured = match stage.kind {
            StageKind::Input => of(0, Some(&measured.inputs)),
            StageKind::Linear if at < tables.len() => of(at, noise(at, "sum")),
            StageKind::KeySwitch => of(at, noise(at, "key switch")),
            StageKind::Lookup => {
                at += 1;
                stage.wrong_values = measured.tables.get(at - 1).map_or(0, |t| t.wrong_bin);
                of(at - 1, noise(at - 1, "modulus switch"))
            }
            _ => Some(&measured.scores)
                .filter(|n| n.samples >= LEAST_LOOKUPS)
                .map(|n| bound_margin(details.score_bound, n.standard_deviation_measured)),
        };
    }
}

/// What the noise of lookups gives rise to.
fn warnings(tables: &TableReport, wrong_bin: u64) -> Vec<Warning> {
    let mut all = Vec::new();
    if wrong_bin > 0 {
        let of = tables.tables.iter().map(|t| t.lookups).sum();
        all.push(Cause::LookupsWrong { wrong: wrong_bin, of }.into());
    }
    for table in &tables.tables {
        for noise in table.noise.iter().filter(|n| n.samples >= VARIANCE_SAMPLES) {
            let ratio = noise.variance_ratio();
            // What is no number is not as predicted.
            if (ratio - 1.0).abs() > TOLERATED_VARIANCE || ratio.is_nan() {
                let (layer, what) = (&table.name, &noise.what);
                all.push(Cause::NoiseSurprise { layer, what, ratio }.into());
            }
        }
    }
    all
}
