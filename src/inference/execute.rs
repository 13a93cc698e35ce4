//! One run of one round, from raw samples to the report: plaintext networks, client, server, client
//! again. Between client and server there is nothing but bytes.

use super::keys::{Keys, Known};
use super::offering;
use super::reference::{Ended, Integers, Place, Reals, Reference};
use super::session::Session;
use circuit::{Circuit, Plan, RealCircuit};
use engine::{Client, EngineError, Incoming, Offered, Scheme, Server, WireClock};
use progress::{Cancel, Step, Watch};
use report::{Event, Phase, Row, RunProgress, RunReport, peak_memory_bytes};
use ring::Seed;
use scenario::{RunError, fresh_randomness};
use std::ops::Range;
use std::time::Instant;
use wire::Malformed;

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
    let offer = offering::integers(session, circuit)?;
    let keys: KeySource<S> =
        &|known, seed, cancel, within| keys_of(session, known, seed, cancel, within);
    let sides = Sides { plan: &circuit.plan, parameters, program, offer, keys };
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
    let offer = offering::reals(session, circuit)?;
    let parameters = vec![parameters];
    let keys: KeySource<S> =
        &|known, seed, cancel, within| keys_of(session, known, seed, cancel, within);
    let sides = Sides { plan: &circuit.plan, parameters, program, offer, keys };
    conduct::<S, _>(session, sides, &reference, &progress, on_event, cancel)
}

/// The same with lookup tables: a batch is a sample.
///
/// # Errors
/// As [`execute_integers`].
#[cfg(feature = "tfhe")]
pub fn execute_tables(
    session: &Session,
    circuit: &circuit::table::TableCircuit,
    cancel: &Cancel,
    on_event: &(dyn Fn(Event) + Sync),
) -> Result<RunReport, RunError> {
    let progress = RunProgress::new(&circuit.plan, circuit.plan.batches, on_event);
    let reference = crate::tfhe::Lookups::new(session, circuit, &progress, cancel)?;
    let offer = offering::tables(session, circuit)?;
    let parameters = vec![(circuit.parameters.clone(), engine::TablesOffered::of(circuit))];
    let program = &engine::ServedTables::of(circuit);
    let keys: KeySource<engine::Tables> = &|known, seed, cancel, within| {
        session.keys.keys(known, (session.scenario.seed, seed), cancel, within)
    };
    let sides = Sides { plan: &circuit.plan, parameters, program, offer, keys };
    conduct(session, sides, &reference, &progress, on_event, cancel)
}

/// New keys, or those that stay for samples of a person's own.
pub(crate) fn keys_of<S: Scheme>(
    session: &Session,
    known: &Known<S>,
    seed: &Seed,
    cancel: &Cancel,
    within: &(dyn Fn(f64) + Sync),
) -> Result<Keys<S>, RunError> {
    match &session.own_keys {
        Some(place) => place.keys(known, seed, cancel, within),
        None => Keys::make(known, seed, cancel, within),
    }
}

/// Where the keys of a run come from: a seed, and whoever is told how much is done, 0 to 1.
type KeySource<'a, S> =
    &'a dyn Fn(&Known<S>, &Seed, &Cancel, &(dyn Fn(f64) + Sync)) -> Result<Keys<S>, RunError>;

/// What is run: parameters for both sides, and the program for the server.
struct Sides<'a, S: Scheme> {
    plan: &'a Plan,
    /// Of each plaintext modulus.
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    offer: Offered,
    keys: KeySource<'a, S>,
}

/// Encrypts, evaluates and decrypts the samples of `reference`, and reports. Runs on integers, on real
/// numbers and with lookup tables differ in their reference, and how close to it they must come.
fn conduct<S: Scheme, R: Reference<S>>(
    session: &Session,
    sides: Sides<S>,
    reference: &R,
    progress: &RunProgress,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
) -> Result<RunReport, RunError> {
    let Sides { plan, parameters, program, offer, keys } = sides;
    let slots = offer.offer.slots();
    let mut report = reference.initial_report(session, plan);
    let float = reference.float();

    progress.phase(Phase::Keygen);
    let seed = session.scenario.randomness()?;
    let started = Instant::now();
    let width = session.network.input().len();
    let known = Known { parameters, width, offer: offer.identity };
    let keys = keys(&known, &seed, cancel, &|fraction| progress.within(fraction))?;
    report.bytes.evaluation_keys = keys.message_bytes;
    let Known { parameters, offer, .. } = known;
    // Keys that are kept meet the samples of many runs: never with randomness that comes again.
    let randomness = if keys.kept { fresh_randomness()? } else { seed.clone() };
    let client = Client::with_secrets(parameters.clone(), width, offer, keys.secrets, seed);
    let client = client.with_randomness(randomness);
    let stage_secs: Vec<f64> = plan.stages.iter().map(|s| s.secs).collect();
    let server = Server::<S>::new(parameters, program, &stage_secs, offer, keys.served);
    report.encrypted.keygen_secs = started.elapsed().as_secs_f64();

    let (clock, batch_secs) = (WireClock::default(), Vec::new());
    let mut run = Run { client, server, reference, progress, cancel, width, clock, batch_secs };
    let classes = session.network.classes();
    let mut tally = reference.tally();
    let all = reference.outputs().len() / classes.max(1);
    for batch in 0..plan.batches {
        let samples = batch * slots..((batch + 1) * slots).min(all);
        let outputs = run.batch(batch, samples.clone(), &mut report)?;
        let expected = &reference.outputs()[samples.start * classes..samples.end * classes];
        let exact = reference.exact(&outputs);
        let exact = exact.as_deref().unwrap_or(expected).chunks_exact(classes);
        let rows = outputs.chunks_exact(classes).zip(expected.chunks_exact(classes)).zip(exact);
        let row = |(index, ((decrypted, reference), exact))| {
            let (label, original) = float.sample(session, index);
            Row { index, label, original, reference, exact, decrypted }
        };
        on_event(Event::Samples(samples.zip(rows).map(|r| tally.add(&row(r))).collect()));
    }
    let (promised, batch_secs) = (plan.promised_agreement, std::mem::take(&mut run.batch_secs));
    let ended = Ended { tally: &tally, promised, batch_secs, keys_kept: keys.kept };
    reference.findings(&mut report, ended);
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
    /// Seconds of the server for each batch and plaintext modulus.
    batch_secs: Vec<f64>,
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
            let measure = self.reference.measures(batch, modulus);
            let received = self.encrypt((batch, modulus), inputs, measure, &samples, report)?;
            let answer = self.evaluate((batch, modulus), received, measure, &samples, report)?;

            self.progress.phase(Phase::Decrypt);
            let outputs = self.client.receive(modulus, batch, &answer, &mut self.clock)?;
            drop(answer);
            let started = Instant::now();
            moduli.push(self.client.decrypt(modulus, &outputs)?);
            report.encrypted.decrypt_secs += started.elapsed().as_secs_f64();
        }
        Ok(self.reference.combine(&moduli, samples.len()))
    }

    /// What the server received of the client.
    fn encrypt(
        &mut self,
        (batch, modulus): (usize, usize),
        inputs: &[R::Input],
        measure: bool,
        samples: &Range<usize>,
        report: &mut RunReport,
    ) -> Result<S::Inputs, RunError> {
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
        let (mut incoming, mut received) = (Incoming::default(), None);
        let mut clock = WireClock::default();
        self.client.send(modulus, batch, encrypted, &mut self.clock, |part| {
            watch.check()?;
            report.bytes.upload += part.len() as u64;
            let at_server = &mut clock;
            received = self.server.receive(modulus, batch, part, &mut incoming, at_server)?;
            Ok::<(), RunError>(())
        })?;
        self.clock += clock;
        self.progress.stage(0, &report.stages[0]);
        let short = || Malformed::new("encrypted inputs", "they end before their last part");
        received.ok_or_else(|| EngineError::from(short()).into())
    }

    /// The message of the server.
    fn evaluate(
        &mut self,
        (batch, modulus): (usize, usize),
        received: S::Inputs,
        measure: bool,
        samples: &Range<usize>,
        report: &mut RunReport,
    ) -> Result<Vec<u8>, RunError> {
        self.progress.phase(Phase::Evaluate);
        let watch = Watch::new(self.cancel.clone(), &|_| ());
        let within = |fraction: f64| self.progress.within(fraction);
        let started = Instant::now();
        let evaluated = self.server.evaluate(modulus, received, measure, &watch, &within)?;
        let secs = started.elapsed().as_secs_f64();
        self.batch_secs.push(secs);
        report.encrypted.evaluate_secs += secs;
        for (stage, secs) in evaluated.stage_secs.iter().enumerate() {
            report.stages[stage].secs += secs;
        }
        for probe in &evaluated.probes {
            watch.check()?;
            let found = self.client.measure(modulus, &probe.ciphertext)?;
            let place = Place { modulus, stage: probe.stage, index: probe.index };
            self.reference.note(&mut report.stages[probe.stage], place, &found, samples);
        }
        self.reference.margins(&mut report.stages);
        for (index, stage) in report.stages.iter().enumerate() {
            self.progress.stage(index, stage);
        }
        let answer = self.server.send(modulus, batch, &evaluated.outputs, &mut self.clock);
        report.bytes.download += answer.len() as u64;
        Ok(answer)
    }
}
