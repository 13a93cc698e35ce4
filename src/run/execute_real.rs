//! One run on real numbers, from raw samples to the report: as [`super::execute`] does it, with
//! errors instead of equality.

use super::backend::{Backend, Measured};
use super::client::Client;
use super::clipping::Clipping;
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
use super::tally::{Row, Tally, larger};
use crate::circuit::{RealCircuit, RealEvaluation, StagePlan, StageTap};
use crate::network::RangeReport;
use crate::progress::{Cancel, Step, Watch};
use std::ops::Range;
use std::time::Instant;

/// Errors inside may be larger than what leaves a margin by this factor, one bit, before they count
/// as wrong: what they do to the outputs is known to about that.
const TOLERATED: f64 = 2.0;

/// Runs `session` on `backend` and reports.
pub fn execute_real<B: Backend<Value = f64, Circuit = RealCircuit>>(
    session: &Session,
    backend: &B,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let circuit = backend.circuit();
    let pace = Pace::new(&circuit.plan, circuit.plan.batches, on_event);
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

    let bound = circuit.plan.approximate.as_ref().map_or(0.0, |a| a.error_bound);
    let mut tally = Tally::new(bound, 1.0);
    let classes = session.network.classes();
    let slots = circuit.plan.ring_degree;
    for batch in 0..circuit.plan.batches {
        let samples = batch * slots..((batch + 1) * slots).min(plain.float.samples);
        let run = Batch { backend, client: &client, server: &server, plain: &plain, pace: &pace };
        let outputs = run.batch(batch, samples.clone(), cancel, &mut report)?;
        let expected = &plain.polynomial.outputs[samples.start * classes..samples.end * classes];
        let rows = outputs.chunks_exact(classes).zip(expected.chunks_exact(classes));
        let row = |(index, (decrypted, reference))| {
            let (label, original) = plain.float.sample(session, index);
            Row { index, label, original, reference, exact: reference, decrypted }
        };
        on_event(Event::Samples(samples.zip(rows).map(|r| tally.add(&row(r))).collect()));
    }
    Ok(finish(report, &tally, (bound, circuit.plan.promised_agreement), &plain.ranges))
}

/// Results of the float network, and of the polynomial network that ciphertexts stand for.
struct Plain {
    float: FloatRun,
    inputs: Vec<f64>,
    polynomial: RealEvaluation,
    taps: Vec<StageTap>,
    ranges: Vec<RangeReport>,
}

impl Plain {
    fn run(
        session: &Session,
        circuit: &RealCircuit,
        cancel: &Cancel,
        pace: &Pace,
    ) -> Result<Self, RunError> {
        pace.phase(Phase::Plain);
        let taps = circuit.taps.clone();
        let wanted: Vec<(usize, usize)> = taps.iter().map(|t| (t.layer, t.index)).collect();
        let (float, plain) = FloatRun::with(session, cancel, pace, |raw, watch| {
            let inputs = circuit.network.inputs_of(raw);
            let polynomial = circuit.network.evaluate(&inputs, &wanted, watch)?;
            Ok((inputs, polynomial, session.ranges(raw, watch)?))
        })?;
        let (inputs, polynomial, ranges) = plain;
        Ok(Self { float, inputs, polynomial, taps, ranges })
    }

    /// What value `index` after `stage` should be, for `samples`.
    fn expected(&self, stage: usize, index: usize, samples: Range<usize>) -> Option<&[f64]> {
        let at = self.taps.iter().position(|t| t.stage == stage && t.index == index)?;
        self.polynomial.captured.get(at)?.get(samples)
    }
}

fn start(session: &Session, circuit: &RealCircuit, plain: &Plain) -> RunReport {
    let kernel = circuit.program.parameters.kernel().name();
    Opening { plan: &circuit.plan, kernel, float: &plain.float }.report(session)
}

/// What one batch needs.
struct Batch<'a, B: Backend> {
    backend: &'a B,
    client: &'a Client<'a, B>,
    server: &'a Server<'a, B>,
    plain: &'a Plain,
    pace: &'a Pace<'a>,
}

impl<B: Backend<Value = f64, Circuit = RealCircuit>> Batch<'_, B> {
    /// Decrypted outputs, sample after sample.
    fn batch(
        &self,
        batch: usize,
        samples: Range<usize>,
        cancel: &Cancel,
        report: &mut RunReport,
    ) -> Result<Vec<f64>, RunError> {
        let circuit = self.backend.circuit();
        let planned = &circuit.plan.stages;
        let width = circuit.network.inputs();
        let inputs = &self.plain.inputs[samples.start * width..samples.end * width];
        // Errors are measured once: on the first batch.
        let measure = batch == 0;

        self.pace.phase(Phase::Encrypt);
        let steps = |s: Step| self.pace.within(s.done as f64 / s.total.max(1) as f64);
        let watch = Watch::new(cancel.clone(), &steps);
        let started = Instant::now();
        let encrypted = self.client.encrypt(0, batch, inputs, &watch)?;
        let secs = started.elapsed().as_secs_f64();
        report.encrypted.encrypt_secs += secs;
        report.stages[0].secs += secs;
        report.bytes.upload += self.backend.input_bytes(0, &encrypted);
        if measure {
            for index in [0, width / 2, width - 1] {
                if let Some(c) = self.backend.fresh(0, &encrypted, index) {
                    let found = self.client.measure(0, &c)?;
                    let expected = inputs.chunks_exact(width).map(|x| x[index]);
                    note(&mut report.stages[0], &planned[0], &found, expected);
                }
            }
        }
        self.pace.stage(0, &report.stages[0]);

        self.pace.phase(Phase::Evaluate);
        let watch = Watch::new(cancel.clone(), &|_| ());
        let within = |fraction: f64| self.pace.within(fraction);
        let started = Instant::now();
        let evaluated = self.server.evaluate(0, encrypted, measure, &watch, &within)?;
        report.encrypted.evaluate_secs += started.elapsed().as_secs_f64();
        for (stage, secs) in evaluated.stage_secs.iter().enumerate() {
            report.stages[stage].secs += secs;
        }
        for tap in &evaluated.taps {
            watch.check()?;
            let found = self.client.measure(0, &tap.ciphertext)?;
            if let Some(expected) = self.plain.expected(tap.stage, tap.index, samples.clone()) {
                let stage = &mut report.stages[tap.stage];
                note(stage, &planned[tap.stage], &found, expected.iter().copied());
            }
        }
        for (index, stage) in report.stages.iter().enumerate().skip(1) {
            self.pace.stage(index, stage);
        }

        self.pace.phase(Phase::Decrypt);
        let started = Instant::now();
        report.bytes.download += self.backend.output_bytes(0, &evaluated.outputs);
        let answer = self.client.decrypt(0, &evaluated.outputs)?;
        report.encrypted.decrypt_secs += started.elapsed().as_secs_f64();
        Ok(Client::<B>::read(&answer, samples.len()).0)
    }
}

/// Enters a measured ciphertext into its stage: the margin is what its largest error leaves of the
/// one that is allowed there.
fn note(
    stage: &mut StageReport,
    planned: &StagePlan,
    found: &Measured<f64>,
    expected: impl Iterator<Item = f64>,
) {
    let allowed = planned.required_error.unwrap_or(f64::INFINITY);
    let mut largest = stage.max_abs_error.unwrap_or(0.0);
    for (value, expected) in found.values.iter().zip(expected) {
        let error = (value - expected).abs();
        // What is not a number is wrong too.
        if error.is_nan() || error > TOLERATED * allowed {
            stage.wrong_values += 1;
        }
        largest = larger(largest, error);
    }
    stage.max_abs_error = Some(largest);
    // Nothing is known more precisely than doubles are.
    let least = (f64::EPSILON * allowed).max(f64::MIN_POSITIVE);
    stage.margin_bits_measured = Some((allowed / larger(least, largest)).log2());
}

fn finish(
    mut report: RunReport,
    tally: &Tally,
    (bound, promised): (f64, Option<f64>),
    ranges: &[RangeReport],
) -> RunReport {
    Findings {
        measure: &format!("are further than {bound:.2e} from the polynomial network"),
        advice: "take more or larger primes, or a larger N",
        promised,
        clipping: &Clipping::default(),
        ranges,
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
