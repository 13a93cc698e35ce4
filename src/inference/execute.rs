//! One run of one round, from raw samples to the report: plaintext networks, client, server, client
//! again. Between client and server there is nothing but bytes.

use super::offering;
use super::reference::{Integers, Place, Reals, Reference};
use super::session::Session;
use circuit::{Circuit, Plan, RealCircuit};
use engine::{Client, Scheme, Server, WireClock};
use progress::{Cancel, Step, Watch};
use report::{Event, Phase, Row, RunProgress, RunReport, peak_memory_bytes};
use scenario::RunError;
use std::ops::Range;
use std::time::Instant;

/// Runs `session` on integers with the scheme S and reports. `parameters` are those of each plaintext
/// modulus.
///
/// # Errors
/// When a network or the scheme fails, or the work is stopped.
pub fn execute_integers<S: Scheme<Value = i64>>(
    session: &Session,
    circuit: &Circuit,
    parameters: Vec<S::Parameters>,
    program: &S::Program,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let progress =
        RunProgress::new(&circuit.plan, circuit.plan.batches * circuit.moduli.len(), on_event);
    let reference = Integers::new(session, circuit, &progress, cancel)?;
    let offer = offering::integers(session, circuit)?.identity;
    let sides = Sides { plan: &circuit.plan, parameters, program, offer };
    conduct::<S, _>(session, sides, &reference, &progress, on_event, cancel)
}

/// The same on real numbers.
///
/// # Errors
/// As [`execute_integers`].
pub fn execute_reals<S: Scheme<Value = f64>>(
    session: &Session,
    circuit: &RealCircuit,
    parameters: S::Parameters,
    program: &S::Program,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let progress = RunProgress::new(&circuit.plan, circuit.plan.batches, on_event);
    let reference = Reals::new(session, circuit, &progress, cancel)?;
    let offer = offering::reals(session, circuit)?.identity;
    let sides = Sides { plan: &circuit.plan, parameters: vec![parameters], program, offer };
    conduct::<S, _>(session, sides, &reference, &progress, on_event, cancel)
}

/// What is run: parameters for both sides, and the program for the server.
struct Sides<'a, S: Scheme> {
    plan: &'a Plan,
    /// Of each plaintext modulus.
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    /// Identity of the offer.
    offer: [u8; 32],
}

/// Encrypts, evaluates and decrypts the samples of `reference`, and reports.
fn conduct<S: Scheme, R: Reference<S>>(
    session: &Session,
    sides: Sides<S>,
    reference: &R,
    progress: &RunProgress,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
) -> Result<RunReport, RunError> {
    let Sides { plan, parameters, program, offer } = sides;
    let mut report = reference.initial_report(session, plan);
    let float = reference.float();

    progress.phase(Phase::Keygen);
    let seed = session.scenario.randomness()?;
    let watch = Watch::new(cancel.clone(), &|_| ());
    let started = Instant::now();
    let width = session.network.input().len();
    let (client, messages) = Client::<S>::new(parameters.clone(), width, offer, seed, &watch)?;
    report.bytes.evaluation_keys = messages.iter().map(|m| m.len() as u64).sum();
    let keys = Server::<S>::receive_keys(&parameters, &offer, &messages, &watch)?;
    drop(messages);
    let stage_secs: Vec<f64> = plan.stages.iter().map(|s| s.secs).collect();
    let server = Server::<S>::new(parameters, program, &stage_secs, offer, keys);
    report.encrypted.keygen_secs = started.elapsed().as_secs_f64();

    let mut run =
        Run { client, server, reference, progress, cancel, width, clock: WireClock::default() };
    let classes = session.network.classes();
    let mut tally = reference.tally();
    let slots = plan.ring_degree;
    let all = reference.outputs().len() / classes.max(1);
    for batch in 0..plan.batches {
        let samples = batch * slots..((batch + 1) * slots).min(all);
        let outputs = run.batch(batch, samples.clone(), &mut report)?;
        let expected = &reference.outputs()[samples.start * classes..samples.end * classes];
        let rows = outputs.chunks_exact(classes).zip(expected.chunks_exact(classes));
        let row = |(index, (decrypted, reference))| {
            let (label, original) = float.sample(session, index);
            Row { index, label, original, reference, exact: reference, decrypted }
        };
        on_event(Event::Samples(samples.zip(rows).map(|r| tally.add(&row(r))).collect()));
    }
    reference.findings(&mut report, &tally, plan.promised_agreement);
    report.encrypted.timed(tally.samples, &run.clock);
    report.peak_memory_bytes = peak_memory_bytes();
    Ok(report)
}

/// The two sides of a run.
struct Run<'a, S: Scheme, R: Reference<S>> {
    client: Client<S>,
    server: Server<'a, S>,
    reference: &'a R,
    progress: &'a RunProgress<'a>,
    cancel: &'a Cancel,
    /// Values of a sample.
    width: usize,
    clock: WireClock,
}

impl<S: Scheme, R: Reference<S>> Run<'_, S, R> {
    /// Decrypted outputs of one batch, sample after sample.
    fn batch(
        &mut self,
        batch: usize,
        samples: Range<usize>,
        report: &mut RunReport,
    ) -> Result<Vec<R::Output>, RunError> {
        let width = self.width;
        let inputs = &self.reference.inputs()[samples.start * width..samples.end * width];
        let mut moduli = Vec::new();
        for modulus in 0..self.client.moduli() {
            // Margins are measured once: on the first batch of the first plaintext modulus.
            let measure = batch == 0 && modulus == 0;
            let message = self.encrypt((batch, modulus), inputs, measure, &samples, report)?;
            let answer = self.evaluate((batch, modulus), message, measure, &samples, report)?;

            self.progress.phase(Phase::Decrypt);
            let outputs = self.client.receive(modulus, batch, &answer, &mut self.clock)?;
            drop(answer);
            let started = Instant::now();
            moduli.push(self.client.decrypt(modulus, &outputs)?);
            report.encrypted.decrypt_secs += started.elapsed().as_secs_f64();
        }
        Ok(self.reference.combine(&moduli, samples.len()))
    }

    /// The message of the client.
    fn encrypt(
        &mut self,
        (batch, modulus): (usize, usize),
        inputs: &[R::Input],
        measure: bool,
        samples: &Range<usize>,
        report: &mut RunReport,
    ) -> Result<Vec<u8>, RunError> {
        self.progress.phase(Phase::Encrypt);
        let steps = |s: Step| self.progress.within(s.done as f64 / s.total.max(1) as f64);
        let watch = Watch::new(self.cancel.clone(), &steps);
        let started = Instant::now();
        let encrypted = self.client.encrypt(modulus, batch, inputs, &watch)?;
        let secs = started.elapsed().as_secs_f64();
        report.encrypted.encrypt_secs += secs;
        report.stages[0].secs += secs;
        if measure {
            for index in [0, self.width / 2, self.width - 1] {
                if let Some(c) = self.client.fresh(modulus, &encrypted, index) {
                    let found = self.client.measure(modulus, &c)?;
                    let place = Place { modulus, stage: 0, index };
                    self.reference.note(&mut report.stages[0], place, &found, samples);
                }
            }
        }
        let message = self.client.send(modulus, batch, &encrypted, &mut self.clock);
        report.bytes.upload += message.len() as u64;
        self.progress.stage(0, &report.stages[0]);
        Ok(message)
    }

    /// The message of the server.
    fn evaluate(
        &mut self,
        (batch, modulus): (usize, usize),
        message: Vec<u8>,
        measure: bool,
        samples: &Range<usize>,
        report: &mut RunReport,
    ) -> Result<Vec<u8>, RunError> {
        self.progress.phase(Phase::Evaluate);
        let received = self.server.receive(modulus, batch, &message, &mut self.clock)?;
        drop(message);
        let watch = Watch::new(self.cancel.clone(), &|_| ());
        let within = |fraction: f64| self.progress.within(fraction);
        let started = Instant::now();
        let evaluated = self.server.evaluate(modulus, received, measure, &watch, &within)?;
        report.encrypted.evaluate_secs += started.elapsed().as_secs_f64();
        for (stage, secs) in evaluated.stage_secs.iter().enumerate() {
            report.stages[stage].secs += secs;
        }
        for probe in &evaluated.probes {
            watch.check()?;
            let found = self.client.measure(modulus, &probe.ciphertext)?;
            let place = Place { modulus, stage: probe.stage, index: probe.index };
            self.reference.note(&mut report.stages[probe.stage], place, &found, samples);
        }
        for (index, stage) in report.stages.iter().enumerate().skip(1) {
            self.progress.stage(index, stage);
        }
        let answer = self.server.send(modulus, batch, &evaluated.outputs, &mut self.clock);
        report.bytes.download += answer.len() as u64;
        Ok(answer)
    }
}
