//! Whole runs: client and server over a channel that may be faulty.

use super::link::{ChannelLink, Link, LinkError};
use crate::*;
use ::progress::{Cancel, Watch};
use activation::{Activation, Polynomial};
use circuit::{
    NetworkModel, NoiseStrategy, PlanError, RecurrentCircuit, RecurrentNetwork, RecurrentRequest,
    Sequences, plan_recurrent,
};
use data::{Dataset, Shape, Split};
use network::recurrent::{CellKind, Prepared, RecurrentModel};
use ring::Seed;
use scenario::{Scenario, SequenceRequest};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Random waves of `channels` values.
pub(crate) fn dataset(channels: usize, steps: usize, samples: usize, varying: bool) -> Dataset {
    let mut stream = Seed::from_number(5).stream(0);
    let mut unit = || (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0;
    let mut split = || {
        let inputs = (0..samples * steps * channels).map(|_| unit()).collect();
        let labels = (0..samples).map(|i| (i % 3) as u16).collect();
        let length = |i: usize| (steps - i % steps) as u16;
        let lengths = if varying { (0..samples).map(length).collect() } else { Vec::new() };
        Split { inputs, labels, lengths }
    };
    let (train, test) = (split(), split());
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let shape = Shape::Sequence { steps, channels };
    Dataset::new("waves", "test", shape, classes, Vec::new(), train, test).unwrap()
}

/// A random model with `z - z^3/3` in its cells.
pub(crate) fn model(
    channels: usize,
    hidden: usize,
    layers: usize,
    kind: CellKind,
) -> RecurrentModel {
    let model = RecurrentModel::random(channels, hidden, 3, layers, kind, 3);
    let cubic = Activation::Polynomial(Polynomial::new(vec![0.0, 1.0, 0.0, -1.0 / 3.0]));
    let squash = Activation::Polynomial(Polynomial::new(vec![0.5, 0.25, 0.0, -1.0 / 64.0]));
    let of_layer = match kind {
        CellKind::Elman => vec![Some(cubic)],
        CellKind::Gru => vec![Some(squash.clone()), Some(squash), Some(cubic)],
        CellKind::Lstm => {
            let gates = vec![Some(squash); 3];
            [gates, vec![Some(cubic.clone()), Some(cubic)]].concat()
        }
    };
    model.with_activations(&vec![of_layer; layers].concat()).unwrap()
}

fn scenario(choice: SequenceRequest) -> Scenario {
    Scenario { sequence: Some(choice), seed: 1, ..Scenario::built_in().remove(0) }
}

pub(crate) fn session(
    model: RecurrentModel,
    dataset: Dataset,
    choice: SequenceRequest,
) -> SequenceSession {
    SequenceSession::with(&scenario(choice), Arc::new(dataset), Arc::new(model)).unwrap()
}

fn run(session: &SequenceSession) -> report::RunReport {
    session.run(&Cancel::default(), &|_| ()).unwrap()
}

#[test]
fn every_strategy_of_ckks_gives_the_answers_of_its_reference() {
    let (elman, lstm) = (CellKind::Elman, CellKind::Lstm);
    for (layers, kind, varying) in
        [(1, elman, false), (1, elman, true), (2, elman, true), (1, lstm, false), (2, lstm, true)]
    {
        for (strategy, refresh_every, steps) in [
            (NoiseStrategy::Refresh, None, 5),
            (NoiseStrategy::Refresh, Some(2), 5),
            (NoiseStrategy::ClientAided, None, 5),
            (NoiseStrategy::Levelled, None, 3),
        ] {
            let choice = SequenceRequest {
                strategy,
                refresh_every,
                steps: Some(steps),
                ..SequenceRequest::default()
            };
            let dataset = dataset(2, 6, 20, varying);
            let units = if kind == lstm { 2 } else { 4 };
            let mut session = session(model(2, units, layers, kind), dataset, choice);
            if kind == lstm {
                // Fresh weights leave outputs of an LSTM nearly equal: what their gaps need may not fit.
                session.scenario.scheme.precision_bits = Some(12);
            }
            let report = run(&session);
            let told = format!("{kind:?} {strategy:?} {refresh_every:?} {layers} {varying}");
            assert!(report.is_right(), "{told}: {:?}", report.encrypted);
            assert_eq!(report.encrypted.agreement, 1.0, "{told}");
            let sequence = report.sequence.unwrap();
            assert_eq!(sequence.per_step.len(), steps);
            assert!(report.scheme.security_bits >= 128);
            for step in &sequence.per_step {
                let off = |a: f64, b: Option<f64>| (a - b.unwrap()).abs();
                assert!(
                    off(step.margin_bits_predicted, step.margin_bits_measured) < 3.0,
                    "{told} {step:?}"
                );
                assert!(
                    off(step.budget_bits_predicted, step.budget_bits_measured) < 3.0,
                    "{told} {step:?}"
                );
            }
            let rounds = match strategy {
                NoiseStrategy::ClientAided => 1 + (steps * layers) as u64,
                NoiseStrategy::Refresh => steps.div_ceil(sequence.refresh_every) as u64,
                _ => 1,
            };
            assert_eq!(sequence.rounds, rounds, "{told}");
            assert!(sequence.upload_bytes > 0 && sequence.download_bytes > 0);
        }
    }
}

#[test]
fn cells_with_gates_run_with_polynomials_and_with_the_client() {
    for kind in [CellKind::Gru, CellKind::Lstm] {
        for strategy in [NoiseStrategy::Refresh, NoiseStrategy::ClientAided] {
            let choice = SequenceRequest { strategy, ..SequenceRequest::default() };
            let report = run(&session(model(2, 3, 1, kind), dataset(2, 3, 9, true), choice));
            assert!(report.is_right(), "{kind:?} {strategy:?}: {:?}", report.encrypted);
        }
    }
}

#[test]
fn pre_activations_outside_the_interval_are_counted_in_every_gate() {
    for kind in CellKind::ALL {
        let model = RecurrentModel::random(2, 3, 3, 1, kind, 3);
        let choice =
            SequenceRequest { strategy: NoiseStrategy::Refresh, ..SequenceRequest::default() };
        let mut session = session(model, dataset(2, 3, 9, true), choice);
        let activation = &mut session.scenario.activation;
        (activation.method, activation.degree) = ("chebyshev".into(), 3);
        let ranges = |session: &SequenceSession| {
            let report = run(session);
            let told = report.warnings.iter().filter(|w| w.kind == "range_exceeded").count();
            (report.ranges, told)
        };
        session.scenario.activation.interval = 20.0;
        let (wide, told) = ranges(&session);
        let names: Vec<&str> = wide.iter().map(|r| r.layer.as_str()).collect();
        let expected: &[&str] = match kind {
            CellKind::Elman => &["layer 1"],
            CellKind::Gru => &["layer 1, update gate", "layer 1, reset gate", "layer 1, candidate"],
            CellKind::Lstm => &[
                "layer 1, input gate",
                "layer 1, forget gate",
                "layer 1, output gate",
                "layer 1, candidate",
                "layer 1, cell state",
            ],
        };
        assert_eq!(names, expected);
        assert_eq!((told, wide[0].samples_outside), (0, 0));
        // 9 sequences of 3 steps or less, 3 units: the lengths go 3, 2, 1 and again.
        assert!(wide.iter().all(|r| r.values == (3 + 2 + 1) * 3 * 3));
        let mut session = SequenceSession { compiled: Default::default(), ..session };
        session.longest = Default::default();
        session.scenario.activation.interval = 0.3;
        let (narrow, told) = ranges(&session);
        assert!(told >= 1 && narrow[0].samples_outside >= 1, "{narrow:?}");
        assert!(narrow[0].reach() > 1.0);
    }
}

/// A small circuit with refreshing, and its sequences.
fn refreshing(steps: usize) -> (RecurrentCircuit, Sequences) {
    let (circuit, sequences) = refreshing_within(steps, 0.02);
    (circuit.unwrap(), sequences)
}

/// The same with outputs within `error_bound`.
fn refreshing_within(
    steps: usize,
    error_bound: f64,
) -> (Result<RecurrentCircuit, PlanError>, Sequences) {
    let model = model(2, 3, 1, CellKind::Elman);
    let inputs: Vec<f64> = (0..2 * steps * 4).map(|i| (i as f64 * 0.7).sin()).collect();
    let prepared = Prepared { samples: 4, steps, width: 2, values: inputs, begins: vec![0; 4] };
    let sequences = Sequences::prepared(&prepared).unwrap();
    let network = RecurrentNetwork::lower(&model, &[], false, &prepared).unwrap();
    let request = RecurrentRequest {
        network: &network,
        calibration: &sequences,
        strategy: NoiseStrategy::Refresh,
        refresh_every: Some(1),
        steps,
        sequences: 4,
        masked: false,
        error_bound,
        ring_degree: None,
        threads: 1,
        connection: &NetworkModel::named("same city").unwrap(),
        cancel: &Cancel::default(),
    };
    (plan_recurrent(&request), sequences)
}

#[test]
fn a_bound_that_no_scale_keeps_is_answered_with_the_most_bits_that_fit() {
    let told = refreshing_within(3, 1e-15).0.map(|_| ()).unwrap_err().to_string();
    let (_, bits) = told.split_once("scheme.precision_bits=").expect(&told);
    let bits: i32 = bits.split(' ').next().and_then(|text| text.parse().ok()).expect(&told);
    assert!(bits > 10, "{told}");
    assert!(refreshing_within(3, (-f64::from(bits)).exp2()).0.is_ok());
    assert!(refreshing_within(3, (-f64::from(bits + 1)).exp2()).0.is_err());
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Lose,
    Delay,
    Repeat,
    Swap,
    Truncate(usize),
    Change(usize, u8),
}

/// A link that does one thing wrong with message `at` that is sent through it.
struct Faulty {
    inner: ChannelLink,
    fault: Fault,
    at: usize,
    sent: usize,
    held: Option<Vec<u8>>,
}

impl Link for Faulty {
    fn send(&mut self, mut bytes: Vec<u8>) -> Result<(), LinkError> {
        let number = self.sent;
        self.sent += 1;
        if let Some(held) = self.held.take() {
            self.inner.send(bytes)?;
            return self.inner.send(held);
        }
        if number != self.at {
            return self.inner.send(bytes);
        }
        match self.fault {
            Fault::Lose => Ok(()),
            Fault::Delay => {
                std::thread::sleep(PATIENCE * 2);
                self.inner.send(bytes)
            }
            Fault::Repeat => {
                self.inner.send(bytes.clone())?;
                self.inner.send(bytes)
            }
            Fault::Swap => {
                self.held = Some(bytes);
                Ok(())
            }
            Fault::Truncate(cut) => {
                bytes.truncate(bytes.len() - 1 - cut % (bytes.len() - 1));
                self.inner.send(bytes)
            }
            Fault::Change(at, flip) => {
                let at = at % bytes.len();
                bytes[at] ^= flip;
                self.inner.send(bytes)
            }
        }
    }

    fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        self.inner.receive()
    }

    fn patience_secs(&self) -> f64 {
        self.inner.patience_secs()
    }
}

/// Of a side that waits for what will not come.
const PATIENCE: Duration = Duration::from_secs(1);
/// Of a side whose messages all come, on however busy a machine.
const LONG_PATIENCE: Duration = Duration::from_secs(60);

struct Nobody;

impl Follower for Nobody {
    fn step(&self, _: usize, _: usize) {}
}

/// A conversation in which `fault` happens to message `at` of the client, or of the server; errors of
/// client and server, or the outputs.
fn converse(
    circuit: &RecurrentCircuit,
    sequences: &Sequences,
    of_client: bool,
    at: usize,
    fault: Option<Fault>,
) -> (Result<Vec<f64>, TalkError>, Result<(), TalkError>) {
    let waits = matches!(fault, Some(Fault::Lose | Fault::Delay | Fault::Swap));
    let patience = if waits { PATIENCE } else { LONG_PATIENCE };
    let (ours, theirs) = ChannelLink::pair(patience, &Cancel::default());
    let faulty = |inner, here: bool| -> Box<dyn Link> {
        match fault.filter(|_| here) {
            Some(fault) => Box::new(Faulty { inner, fault, at, sent: 0, held: None }),
            None => Box::new(inner),
        }
    };
    let (mut ours, mut theirs) = (faulty(ours, of_client), faulty(theirs, !of_client));
    let steps = sequences.steps();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let program = &circuit.program;
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let mut meter = Meter::new(steps);
            let server = Server::new(program, 1, &pool);
            let watch = Watch::silent();
            let served = server.serve(theirs.as_mut(), &mut meter, &watch, &mut |_, _, _| Ok(()));
            drop(theirs);
            served
        });
        let mut client = Client::new(program, Seed::from_number(2));
        let mut meter = Meter::new(steps);
        let watch = Watch::silent();
        let asked = client.run(ours.as_mut(), &mut meter, sequences, &watch, &Nobody);
        drop(ours);
        (asked, server.join().unwrap())
    })
}

#[test]
fn every_fault_of_a_channel_ends_in_a_clear_error() {
    let (circuit, sequences) = refreshing(3);
    let (right, served) = converse(&circuit, &sequences, true, 0, None);
    assert!(right.is_ok() && served.is_ok());
    let faults: [(Fault, &[&str]); 6] = [
        (Fault::Lose, &["lost or is late", "too early"]),
        (Fault::Delay, &["lost or is late", "closed the connection"]),
        (Fault::Repeat, &["a second time"]),
        (Fault::Swap, &["too early", "lost or is late"]),
        (Fault::Truncate(7), &["ends too early"]),
        (Fault::Change(120, 4), &["is damaged"]),
    ];
    let started = Instant::now();
    for of_client in [true, false] {
        for (fault, words) in faults {
            // The client sends hello, inputs, then a state and inputs for each step; the server a
            // state for each refresh, then the outputs.
            let at = if of_client { 2 } else { 1 };
            let (asked, served) = converse(&circuit, &sequences, of_client, at, Some(fault));
            let told: Vec<String> =
                [asked.err(), served.err()].into_iter().flatten().map(|e| e.to_string()).collect();
            let found = told.iter().any(|t| words.iter().any(|w| t.contains(w)));
            assert!(found, "{fault:?} of client {of_client}: {told:?}");
            assert!(told.iter().all(|t| !t.contains('\n')));
        }
    }
    assert!(started.elapsed() < LONG_PATIENCE, "nothing hangs");
}

#[test]
fn a_repeated_last_message_changes_no_answer() {
    let (circuit, sequences) = refreshing(2);
    let (right, _) = converse(&circuit, &sequences, false, 0, None);
    let (again, _) = converse(&circuit, &sequences, false, 1, Some(Fault::Repeat));
    assert_eq!(again.unwrap(), right.unwrap());
}

#[test]
fn whatever_byte_changes_no_wrong_answer_comes_out() {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    let (circuit, sequences) = refreshing(2);
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let cases = (any::<bool>(), 0usize..4, any::<usize>(), 1u8..=255, any::<bool>());
    runner
        .run(&cases, |(of_client, at, place, flip, cut)| {
            let at = if of_client { at } else { at % 2 };
            let fault = if cut { Fault::Truncate(place) } else { Fault::Change(place, flip) };
            let (asked, _) = converse(&circuit, &sequences, of_client, at, Some(fault));
            prop_assert!(asked.is_err(), "{:?} {}: {:?}", fault, at, asked);
            Ok(())
        })
        .unwrap();
}

#[test]
fn chains_that_are_too_long_are_refused_with_what_would_fit() {
    let of = |steps: usize, ring_degree: usize| {
        let choice = SequenceRequest {
            strategy: NoiseStrategy::Levelled,
            steps: Some(steps),
            ..SequenceRequest::default()
        };
        let mut made = session(model(2, 3, 1, CellKind::Elman), dataset(2, 12, 8, false), choice);
        made.scenario.scheme.ring_degree = Some(ring_degree);
        made
    };
    let longest = of(1, 16_384).circuit(&Cancel::default()).unwrap().sequence.longest_chain;
    assert!(longest >= 4, "{longest}");
    let report = run(&of(longest, 16_384));
    assert!(report.is_right());
    assert_eq!(report.sequence.unwrap().rounds, 1);
    let refused = (longest + 1..=12).map(|steps| of(steps, 16_384).circuit(&Cancel::default()));
    let refused: Vec<String> = refused.map(|made| made.unwrap_err().to_string()).collect();
    let refused = refused.first().expect("not all steps");
    assert!(
        refused.contains(&format!("the longest is {longest} steps"))
            && refused.contains(&format!("sequence.steps={longest}, or sequence.strategy")),
        "{refused}"
    );
    // Whatever is asked, the number is the same.
    let mut refreshing = of(1, 16_384);
    let choice = SequenceRequest { steps: None, ..SequenceRequest::default() };
    refreshing.scenario.sequence = Some(choice);
    assert_eq!(refreshing.circuit(&Cancel::default()).unwrap().sequence.longest_chain, longest);
}

#[test]
fn progress_tells_what_both_sides_have_done() {
    use report::{Event, Phase};
    use std::sync::Mutex;
    let chain = SequenceRequest { strategy: NoiseStrategy::Levelled, ..SequenceRequest::default() };
    let each = SequenceRequest { refresh_every: Some(1), ..SequenceRequest::default() };
    for (choice, steps) in [(chain, 8), (each, 6)] {
        let session =
            session(model(2, 4, 1, CellKind::Elman), dataset(2, steps, 20, false), choice);
        let plan = session.circuit(&Cancel::default()).unwrap().sequence.clone();
        let secs = |of: fn(&circuit::StepPlan) -> f64| -> Vec<f64> {
            plan.step_plans.iter().map(of).collect()
        };
        let (client, server) = (secs(|s| s.client_secs), secs(|s| s.server_secs));
        let all: f64 = client.iter().chain(&server).sum();
        let told = Mutex::new((Phase::Plain, 0.0));
        session
            .run(&Cancel::default(), &|event| match event {
                Event::Progress { phase, fraction, .. } => {
                    let mut told = told.lock().unwrap();
                    assert!(told.0 <= phase && told.1 <= fraction && fraction <= 1.0);
                    *told = (phase, fraction);
                }
                Event::SequenceStep(seen) => {
                    // The client may be done with all of its part, the server is with these steps.
                    let over: f64 = server.iter().take(seen.step.step + 1).sum();
                    let most = 0.05 + (over + client.iter().sum::<f64>()) / all;
                    assert!(told.lock().unwrap().1 <= most.min(1.0) + 0.05, "{}", seen.step.step);
                }
                _ => {}
            })
            .unwrap();
        let (phase, last) = *told.lock().unwrap();
        assert!(phase == Phase::Evaluate && last > 0.999, "{last}");
    }
}

#[test]
fn refreshing_for_a_thousand_steps_drifts_nowhere() {
    let choice = SequenceRequest { refresh_every: Some(1), ..SequenceRequest::default() };
    let session = session(model(1, 2, 1, CellKind::Elman), dataset(1, 1000, 6, false), choice);
    let report = run(&session);
    assert!(report.is_right());
    let sequence = report.sequence.unwrap();
    let largest = |range: std::ops::Range<usize>| {
        sequence.per_step[range].iter().filter_map(|s| s.max_abs_error).fold(0.0, f64::max)
    };
    let (early, late) = (largest(20..200), largest(820..1000));
    assert!(late < 2.0 * early, "{early:.2e} {late:.2e}");
}

#[test]
fn a_run_stops_when_asked() {
    let choice = SequenceRequest { refresh_every: Some(1), ..SequenceRequest::default() };
    let session = session(model(1, 4, 1, CellKind::Elman), dataset(1, 4000, 4, false), choice);
    let cancel = Cancel::default();
    session.circuit(&cancel).unwrap();
    let last = std::sync::atomic::AtomicUsize::new(0);
    let ended = session.run(&cancel, &|event| {
        if let report::Event::Stage { index, .. } = event {
            last.fetch_max(index, std::sync::atomic::Ordering::Relaxed);
            if index == 3 {
                cancel.cancel();
            }
        }
    });
    assert!(matches!(ended, Err(scenario::RunError::Cancelled(_))), "{:?}", ended.err());
    // Of the 4000 steps no more than what was on its way between the two sides.
    assert!(last.into_inner() < 40);
}
