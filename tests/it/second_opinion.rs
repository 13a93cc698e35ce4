//! BFV of the `fhe` crate and our BGV carry the same circuits to the same answers.

use crate::sample::{random_dataset, random_network};
use cryptoscope::activation::Activation;
use cryptoscope::circuit::{Circuit, Program, SchemeKind, StageKind};
use cryptoscope::engine::{Bfv, Bgv, Noop, Scheme};
use cryptoscope::inference::{Session, execute_integers};
use cryptoscope::progress::Cancel;
use cryptoscope::report::{Event, Phase, RunReport};
use cryptoscope::scenario::{RunError, Scenario, Sources};
use std::sync::{Arc, Mutex};

fn session(name: &str, settings: &[&str]) -> Session {
    let start = Scenario::open(name).expect("built in");
    let scenario =
        settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a known field"));
    Session::open(&scenario, &Sources::default()).expect("built in")
}

fn random(seed: u64, (depth, width, input_max): (usize, usize, u64), kind: &str) -> Session {
    let scenario = Scenario::open("digits").unwrap().with_setting("seed=9").unwrap();
    let scenario = scenario.with_setting(&format!("scheme.kind={kind}")).unwrap();
    let dataset = random_dataset(seed, width, input_max, 40);
    let network = random_network(seed, depth, width, input_max, &Activation::Square);
    Session::with(&scenario, Arc::new(dataset), Arc::new(network)).unwrap()
}

/// The report, and the decrypted outputs of every sample.
fn answers<S: Scheme<Value = i64>>(
    session: &Session,
    circuit: &Circuit,
    parameters: &[S::Parameters],
    program: &S::Program,
) -> (RunReport, Vec<Vec<f32>>) {
    let samples = Mutex::new(Vec::new());
    let collect = |event| {
        if let Event::Samples(found) = event {
            samples.lock().unwrap().extend(found.into_iter().map(|s| s.encrypted_logits));
        }
    };
    let cancel = Cancel::default();
    let (parameters, collect) = (parameters.to_vec(), &collect);
    let report = execute_integers::<S>(session, circuit, parameters, program, &cancel, collect);
    (report.expect("a report"), samples.into_inner().unwrap())
}

fn assert_right_and_as_predicted(report: &RunReport) {
    assert!(report.is_right(), "{:?}", report.warnings);
    assert_eq!((report.scheme.kind.as_str(), report.encrypted.agreement), ("bfv", 1.0));
    assert!(report.scheme.security_bits >= 128);
    for stage in &report.stages {
        let (predicted, measured) =
            (stage.margin_bits_predicted, stage.margin_bits_measured.expect("measured"));
        assert!(
            (predicted - measured).abs() <= 3.0 && predicted <= measured + 1.0,
            "{} {}: predicted {predicted:.2}, measured {measured:.2}",
            report.scenario,
            stage.name
        );
    }
}

#[test]
fn three_backends_give_the_same_answers() {
    for (seed, shape) in (1..).zip([(1, 12, 15), (2, 6, 3), (1, 30, 200)]) {
        let (ours, theirs) = (random(seed, shape, "bgv"), random(seed, shape, "bfv"));
        let (ours_circuit, theirs_circuit) = (
            ours.circuit(&Cancel::default()).unwrap(),
            theirs.circuit(&Cancel::default()).unwrap(),
        );
        let Program::Bgv(bgv) = &ours_circuit.program else { panic!("planned for BGV") };
        let Program::Bfv(bfv) = &theirs_circuit.program else { panic!("planned for BFV") };
        let plainly = |session: &Session, circuit: &Circuit| {
            answers::<Noop>(session, circuit, &circuit.moduli, circuit)
        };
        let (_, plain) = plainly(&ours, &ours_circuit);
        let (report, first) = answers::<Bgv>(&ours, &ours_circuit, &bgv.parameters, bgv);
        assert!(report.is_right());
        let (report, second) = answers::<Bfv>(&theirs, &theirs_circuit, &bfv.parameters, bfv);
        assert_right_and_as_predicted(&report);
        assert!(plain.len() == 40 && plain.iter().flatten().any(|x| *x != 0.0));
        assert!(first == plain && second == plain, "seed {seed}");
        let (_, plain) = plainly(&theirs, &theirs_circuit);
        assert_eq!(first, plain);
    }
}

#[test]
fn digits_and_hospital_are_answered_right_and_as_predicted() {
    for name in ["digits", "hospital"] {
        let session = session(name, &["scheme.kind=bfv", "images=60"]);
        let plan = session.plan().unwrap();
        let report = session.run(&Cancel::default(), &|_| ()).unwrap();
        assert_right_and_as_predicted(&report);
        assert!(report.encrypted.accuracy > 0.9);
        // Sizes are known before a key exists.
        assert_eq!(plan.scheme, SchemeKind::Bfv);
        let of_plan = (plan.bytes.upload, plan.bytes.download, plan.bytes.evaluation_keys);
        let bytes = report.bytes;
        assert_eq!((bytes.upload, bytes.download, bytes.evaluation_keys), of_plan);
        // Every square is relinearised where it is.
        let kinds: Vec<StageKind> = report.stages.iter().map(|s| s.kind).collect();
        use StageKind::{Input, Linear, Square};
        assert_eq!(kinds, [Input, Linear, Square, Linear]);
        assert!(report.stages.iter().all(|s| s.components == 2));
    }
}

#[test]
fn past_its_budget_a_run_is_reported_as_wrong() {
    let settings = ["scheme.kind=bfv", "scheme.prime_bits=36", "scheme.prime_count=2", "images=60"];
    let text = session("digits", &settings).plan().unwrap_err().to_string();
    assert!(text.contains("2 primes, primes of 36 bits") && text.contains("what fits"), "{text}");
    let session = session("digits", &[&settings[..], &["scheme.past_budget=true"]].concat());
    let plan = session.plan().unwrap();
    assert!(plan.margin_bits() < 0.0 && plan.security_bits >= 128);
    let report = session.run(&Cancel::default(), &|_| ()).unwrap();
    assert!(!report.is_right() && report.encrypted.wrong_outputs > 300);
    for kind in ["past_budget", "decrypted_wrongly"] {
        assert!(report.warnings.iter().any(|w| w.kind == kind), "{kind}");
    }
}

#[test]
fn what_cannot_be_secure_or_cannot_work_is_refused() {
    for (settings, part) in [
        (&["scheme.ring_degree=2048"][..], "N = 2048 (at most 53 bits of q)"),
        (&["scheme.prime_count=1"], "1 primes"),
        (&["scheme.ring_degree=4096", "scheme.prime_count=3"], "at 128 bits of security"),
        (&["scheme.prime_bits=30", "scheme.plaintext_bits=30"], "plaintext moduli of 30 bits"),
        // Security is not loosened even for the sake of seeing decryption fail.
        (&["scheme.ring_degree=2048", "scheme.past_budget=true"], "N = 2048"),
    ] {
        let settings = [&["scheme.kind=bfv"], settings].concat();
        let text = session("digits", &settings).plan().unwrap_err().to_string();
        assert!(text.starts_with("does not fit") && text.contains(part), "{settings:?}: {text}");
    }
}

#[test]
fn a_run_is_cancelled_in_every_phase() {
    let session = session("hospital", &["scheme.kind=bfv"]);
    for phase in [Phase::Keygen, Phase::Encrypt, Phase::Evaluate] {
        let cancel = Cancel::default();
        let result = session.run(&cancel, &|event| {
            if matches!(event, Event::Progress { phase: now, .. } if now == phase) {
                cancel.cancel();
            }
        });
        assert!(matches!(result, Err(RunError::Cancelled(_))), "{phase:?}");
    }
}
