//! One run, from raw samples to the report: plaintext network, client, server, client again.

use super::backend::Backend;
use super::client::{Answers, Client};
use super::clipping::{Clipping, trained_reach};
use super::error::RunError;
use super::event::{Event, Phase};
use super::findings::{Findings, Margins};
use super::float_run::FloatRun;
use super::memory::peak_memory_bytes;
use super::opening::Opening;
use super::pace::Pace;
use super::report::*;
use super::server::Server;
use super::session::Session;
use super::tally::{Row, Tally};
use crate::circuit::{Circuit, Evaluation, IntegerNetwork, StageTap};
use crate::progress::{Cancel, Watch};
use crate::ring::Modulus;
use rayon::prelude::*;
use std::time::Instant;

/// Runs `session` on `backend` and reports.
pub fn execute<B: Backend<Value = i64, Circuit = Circuit>>(
    session: &Session,
    backend: &B,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let circuit = backend.circuit();
    let pace = Pace::new(&circuit.plan, circuit.plan.batches * circuit.moduli.len(), on_event);
    let plain = Plain::run(session, circuit, cancel, &pace)?;
    let mut report = start(session, circuit, &plain);

    pace.phase(Phase::Keygen);
    let seed = session.scenario.randomness()?;
    let watch = Watch::new(cancel.clone(), &|_| ());
    let started = Instant::now();
    let (client, keys) = Client::new(backend, seed, &watch)?;
    report.encrypted.keygen_secs = started.elapsed().as_secs_f64();
    let server = Server::new(backend, keys);
    report.bytes.evaluation_keys = server.key_bytes();

    let classes = session.network.classes();
    let mut tally = Tally::new(0.0, circuit.network.output_step()).with_clipping(&plain.clipping);
    let slots = circuit.plan.ring_degree;
    for batch in 0..circuit.plan.batches {
        let samples = batch * slots..((batch + 1) * slots).min(plain.float.samples);
        let run = Batch { backend, client: &client, server: &server, plain: &plain, pace: &pace };
        let answers = run.batch(batch, samples.clone(), cancel, &mut report)?;
        let expected = &plain.integer.outputs[samples.start * classes..samples.end * classes];
        let rows = answers.outputs.chunks_exact(classes).zip(expected.chunks_exact(classes));
        let row = |(index, (decrypted, reference))| {
            let (label, original) = plain.float.sample(session, index);
            Row { index, label, original, reference, exact: reference, decrypted }
        };
        on_event(Event::Samples(samples.zip(rows).map(|r| tally.add(&row(r))).collect()));
    }
    Ok(finish(report, &tally, &plain.clipping, circuit.plan.promised_agreement))
}

/// Results of the float and the integer network.
struct Plain {
    float: FloatRun,
    inputs: Vec<i32>,
    integer: Evaluation,
    clipping: Clipping,
    taps: Vec<StageTap>,
}

impl Plain {
    fn run(
        session: &Session,
        circuit: &Circuit,
        cancel: &Cancel,
        pace: &Pace,
    ) -> Result<Self, RunError> {
        pace.phase(Phase::Plain);
        let taps = circuit.taps.clone();
        let wanted: Vec<(usize, usize)> = taps.iter().map(|t| (t.layer, t.index)).collect();
        let (float, (inputs, integer)) = FloatRun::with(session, cancel, pace, |raw, watch| {
            let inputs = circuit.network.quantise_inputs(raw);
            let integer = circuit.network.evaluate(&inputs, &wanted, watch)?;
            let clipping = clipping(session, &circuit.network, raw);
            Ok((inputs, (integer, clipping)))
        })?;
        let (integer, clipping) = integer;
        Ok(Self { float, inputs, integer, clipping, taps })
    }

    /// The integers that value `index` after `stage` should hold, for `samples`.
    fn expected(
        &self,
        stage: usize,
        index: usize,
        samples: std::ops::Range<usize>,
    ) -> Option<&[i128]> {
        let at = self.taps.iter().position(|t| t.stage == stage && t.index == index)?;
        self.integer.captured.get(at)?.get(samples)
    }
}

fn start(session: &Session, circuit: &Circuit, plain: &Plain) -> RunReport {
    Opening { plan: &circuit.plan, kernel: circuit.kernel(), float: &plain.float }.report(session)
}

/// What of raw samples is cut off: their own inputs, further out than those of calibration samples, or
/// weights, which concern them all.
fn clipping(session: &Session, network: &IntegerNetwork, raw: &[f32]) -> Clipping {
    let (inputs, clipped) = network.input_clipping(raw);
    let factor = |at: usize, x: f32| network.input_factor(at, x);
    let reach = trained_reach(session, network.has_trained_grid(), factor);
    let beyond = clipped.into_iter().filter(|(_, factor)| *factor > reach);
    let mut samples: Vec<usize> = beyond.map(|(index, _)| index).collect();
    let inputs_trained = samples.is_empty();
    let width = network.inputs().max(1);
    if !network.clipped_weights().is_empty() {
        samples = (0..raw.len() / width).collect();
    }
    let class = |index: usize| {
        let sample = raw.get(index * width..(index + 1) * width).unwrap_or_default();
        (index, network.unclipped_class(sample))
    };
    let unclipped: Vec<_> = samples.into_par_iter().map(class).collect();
    let unclipped = unclipped.into_iter().collect();
    Clipping { inputs, inputs_trained, unclipped, ..Clipping::default() }
}

/// What one batch needs.
struct Batch<'a, B: Backend> {
    backend: &'a B,
    client: &'a Client<'a, B>,
    server: &'a Server<'a, B>,
    plain: &'a Plain,
    pace: &'a Pace<'a>,
}

impl<B: Backend<Value = i64, Circuit = Circuit>> Batch<'_, B> {
    fn batch(
        &self,
        batch: usize,
        samples: std::ops::Range<usize>,
        cancel: &Cancel,
        report: &mut RunReport,
    ) -> Result<Answers, RunError> {
        let circuit = self.backend.circuit();
        let width = circuit.network.inputs();
        let inputs = &self.plain.inputs[samples.start * width..samples.end * width];
        let mut branches = Vec::new();
        for (branch, &t) in circuit.moduli.iter().enumerate() {
            // Margins are measured once: on the first batch of the first plaintext modulus.
            let measure = batch == 0 && branch == 0;

            self.pace.phase(Phase::Encrypt);
            let steps =
                |s: crate::progress::Step| self.pace.within(s.done as f64 / s.total.max(1) as f64);
            let watch = Watch::new(cancel.clone(), &steps);
            let started = Instant::now();
            let encrypted = self.client.encrypt(branch, batch, inputs, &watch)?;
            let secs = started.elapsed().as_secs_f64();
            report.encrypted.encrypt_secs += secs;
            report.stages[0].secs += secs;
            report.bytes.upload += self.backend.input_bytes(branch, &encrypted);
            if measure {
                let taps = [0, width / 2, width - 1];
                for index in taps {
                    if let Some(c) = self.backend.fresh(branch, &encrypted, index) {
                        let found = self.client.measure(branch, &c)?;
                        let expected = inputs.chunks_exact(width).map(|x| i128::from(x[index]));
                        note(&mut report.stages[0], t, &found, expected);
                    }
                }
            }
            self.pace.stage(0, &report.stages[0]);

            self.pace.phase(Phase::Evaluate);
            let watch = Watch::new(cancel.clone(), &|_| ());
            let within = |fraction: f64| self.pace.within(fraction);
            let started = Instant::now();
            let evaluated = self.server.evaluate(branch, encrypted, measure, &watch, &within)?;
            report.encrypted.evaluate_secs += started.elapsed().as_secs_f64();
            for (stage, secs) in evaluated.stage_secs.iter().enumerate() {
                report.stages[stage].secs += secs;
            }
            for tap in &evaluated.taps {
                watch.check()?;
                let found = self.client.measure(branch, &tap.ciphertext)?;
                if let Some(expected) = self.plain.expected(tap.stage, tap.index, samples.clone()) {
                    note(&mut report.stages[tap.stage], t, &found, expected.iter().copied());
                }
            }
            for (index, stage) in report.stages.iter().enumerate().skip(1) {
                self.pace.stage(index, stage);
            }

            self.pace.phase(Phase::Decrypt);
            let started = Instant::now();
            report.bytes.download += self.backend.output_bytes(branch, &evaluated.outputs);
            branches.push(self.client.decrypt(branch, &evaluated.outputs)?);
            report.encrypted.decrypt_secs += started.elapsed().as_secs_f64();
        }
        let answers = self.client.combine(&branches, samples.len());
        Ok(answers)
    }
}

/// Enters a measured ciphertext into its stage.
fn note(
    stage: &mut StageReport,
    t: Modulus,
    found: &super::backend::Measured<i64>,
    expected: impl Iterator<Item = i128>,
) {
    let margin = stage.margin_bits_measured.unwrap_or(f64::INFINITY).min(found.margin_bits);
    stage.margin_bits_measured = Some(margin);
    let mut largest = stage.max_abs_error.unwrap_or(0.0);
    for (value, expected) in found.values.iter().zip(expected) {
        let expected = t.center(expected.rem_euclid(i128::from(t.value())) as u64);
        if *value != expected {
            stage.wrong_values += 1;
            largest = largest.max((value - expected).unsigned_abs() as f64);
        }
    }
    stage.max_abs_error = Some(largest);
}

fn finish(
    mut report: RunReport,
    tally: &Tally,
    clipping: &Clipping,
    promised: Option<f64>,
) -> RunReport {
    Findings {
        measure: "differ from the integer network",
        advice: "take more primes, a larger N or larger plaintext moduli",
        promised,
        clipping,
        ranges: &[],
        margins: Margins::BothWays,
    }
    .enter(&mut report, tally);
    let samples = tally.samples.max(1) as f64;
    let encrypted = &mut report.encrypted;
    encrypted.total_secs =
        encrypted.encrypt_secs + encrypted.evaluate_secs + encrypted.decrypt_secs;
    encrypted.images_per_sec = samples / encrypted.total_secs.max(1e-9);
    report.peak_memory_bytes = peak_memory_bytes();
    report
}
