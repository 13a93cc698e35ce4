//! Whole encrypted runs, from a scenario to its report.

use crate::sample::{random_dataset, random_network};
use cryptoscope::activation::Activation;
use cryptoscope::engine::Noop;
use cryptoscope::inference::{Session, execute_integers};
use cryptoscope::progress::Cancel;
use cryptoscope::report::{Event, Phase, RunReport};
use cryptoscope::scenario::{RunError, Scenario, Sources};
use std::sync::{Arc, Mutex};

fn scenario(name: &str, settings: &[&str]) -> Scenario {
    let start = Scenario::open(name).expect("built in");
    settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a known field"))
}

fn sources() -> Sources {
    Sources { data_dir: std::env::var_os("CRYPTOSCOPE_DATA").map(Into::into) }
}

fn run(session: &Session) -> RunReport {
    session.run(&Cancel::default(), &|_| ()).expect("a report")
}

/// Predicted margins within 3 bits of the measured ones, and never more than 1 bit above.
fn assert_margins_as_predicted(report: &RunReport) {
    for stage in &report.stages {
        let measured = stage.margin_bits_measured.expect("every stage is measured");
        let predicted = stage.margin_bits_predicted;
        assert!(
            (predicted - measured).abs() <= 3.0 && predicted <= measured + 1.0,
            "{} {}: predicted {predicted:.2}, measured {measured:.2}",
            report.scenario,
            stage.name
        );
        assert_eq!((stage.wrong_values, stage.max_abs_error), (0, Some(0.0)), "{}", stage.name);
    }
}

fn assert_right(report: &RunReport, least_accuracy: f64) {
    assert_eq!(report.encrypted.wrong_outputs, 0);
    assert_eq!(report.encrypted.agreement, 1.0);
    assert!(report.encrypted.accuracy >= least_accuracy, "{}", report.encrypted.accuracy);
    assert!(report.scheme.security_bits >= 128 && report.scheme.security_table.contains("2024"));
    assert!(report.is_right() && report.analysis_mode);
    assert_margins_as_predicted(report);
}

#[test]
fn digits_and_hospital_are_answered_right() {
    for (name, least) in [("digits", 0.97), ("hospital", 0.96)] {
        let session = Session::open(&scenario(name, &[]), &sources()).expect("built in");
        let report = run(&session);
        assert_right(&report, least);
        assert_eq!(report.images, session.dataset.test().len());
        assert!(report.bytes.upload > 0 && report.bytes.download > 0);
    }
}

#[test]
#[ignore = "needs the public sets: CRYPTOSCOPE_DATA"]
fn cryptonets_answers_all_of_mnist() {
    let sources = Sources { data_dir: Some(crate::public_sets::folder()) };
    let session = Session::open(&scenario("cryptonets", &[]), &sources).unwrap();
    let report = run(&session);
    assert_eq!(report.images, 10_000);
    assert_right(&report, 0.990);
    assert!(report.peak_memory_bytes < 2_500_000_000);
}

#[test]
fn a_run_past_its_budget_is_reported_as_wrong() {
    let settings = ["scheme.prime_count=1", "scheme.past_budget=true"];
    let report = run(&Session::open(&scenario("digits", &settings), &sources()).unwrap());
    assert!(!report.is_right());
    assert!(report.encrypted.wrong_outputs > 1000);
    assert!(report.encrypted.agreement < 0.5);
    assert!(report.warnings.iter().any(|w| w.kind == "past_budget"));
    assert!(report.warnings.iter().any(|w| w.kind == "decrypted_wrongly"));
    assert!(report.scheme.security_bits >= 128);
}

#[test]
fn the_same_circuit_is_refused_unless_asked_for() {
    let session =
        Session::open(&scenario("digits", &["scheme.prime_count=1"]), &sources()).unwrap();
    let text = session.plan().unwrap_err().to_string();
    assert!(text.contains("1 primes") && text.contains("what fits"), "{text}");
}

#[test]
fn outputs_wrap_and_are_seen_to_when_the_plaintext_modulus_is_too_small() {
    let settings = ["scheme.plaintext_bits=16", "scheme.past_budget=true"];
    let report = run(&Session::open(&scenario("digits", &settings), &sources()).unwrap());
    assert!(report.encrypted.wrong_outputs > 0 && !report.is_right());
    assert!(report.warnings.iter().any(|w| w.kind == "range_exceeds_plaintext"));
}

#[test]
fn deep_and_wide_random_networks_are_exact_and_as_noisy_as_predicted() {
    // Depth, width, largest input, and whether one plaintext modulus is the best choice.
    let shapes = [(1, 40, 15, true), (2, 12, 3, true), (3, 6, 1, false), (2, 24, 200, false)];
    for (seed, (depth, width, input_max, one)) in (1..).zip(shapes) {
        let dataset = random_dataset(seed, width, input_max, 50);
        let network = random_network(seed, depth, width, input_max, &Activation::Square);
        let mut scenario = scenario("digits", &["seed=9"]);
        scenario.name = format!("random {seed}");
        let session = Session::with(&scenario, Arc::new(dataset), Arc::new(network)).unwrap();
        let plan = session.plan().unwrap();
        assert_eq!(plan.depth, depth);
        assert_eq!(plan.plaintext_moduli.len() == 1, one, "{:?}", plan.plaintext_moduli);
        assert_right(&run(&session), 0.0);
    }
}

#[test]
fn plain_integers_go_through_the_same_pipeline() {
    let session = Session::open(&scenario("digits", &["seed=3"]), &sources()).unwrap();
    let encrypted = run(&session);
    let circuit = session.circuit(&Cancel::default()).unwrap();
    let moduli = circuit.moduli.clone();
    let cancel = Cancel::default();
    let plain = execute_integers::<Noop>(&session, &circuit, moduli, &circuit, &cancel, &|_| ());
    let plain = plain.unwrap();
    assert_eq!(plain.encrypted.accuracy, encrypted.encrypted.accuracy);
    assert_eq!((plain.encrypted.wrong_outputs, plain.encrypted.agreement), (0, 1.0));
    assert!(plain.stages.iter().all(|s| s.wrong_values == 0));
}

#[test]
fn a_seed_repeats_a_run_and_no_seed_does_not() {
    let margins = |seed: &str| -> Vec<Option<f64>> {
        let session = Session::open(&scenario("hospital", &[seed]), &sources()).unwrap();
        run(&session).stages.iter().map(|s| s.margin_bits_measured).collect()
    };
    assert_eq!(margins("seed=7"), margins("seed=7"));
    assert_ne!(margins("seed=7"), margins("seed=8"));
    assert_ne!(margins("seed=0"), margins("seed=0"));
}

#[test]
fn a_run_is_cancelled_in_every_phase() {
    let session = Session::open(&scenario("digits", &[]), &sources()).unwrap();
    for phase in [Phase::Plain, Phase::Keygen, Phase::Encrypt, Phase::Evaluate] {
        let cancel = Cancel::default();
        let result = session.run(&cancel, &|event| {
            if matches!(event, Event::Progress { phase: now, .. } if now == phase) {
                cancel.cancel();
            }
        });
        assert!(matches!(result, Err(RunError::Cancelled(_))), "{phase:?}");
    }
}

#[test]
fn events_come_in_order_and_agree_with_the_report() {
    let session = Session::open(&scenario("digits", &["images=100"]), &sources()).unwrap();
    let plan = session.plan().unwrap();
    let events = Mutex::new(Vec::new());
    let report = session.run(&Cancel::default(), &|e| events.lock().unwrap().push(e)).unwrap();
    let events = events.into_inner().unwrap();
    assert!(matches!(&events[0], Event::Planned(p) if **p == plan));
    let mut furthest = 0.0;
    let mut samples = Vec::new();
    for event in &events {
        match event {
            Event::Progress { fraction, .. } => {
                assert!(*fraction >= furthest && *fraction <= 1.0);
                furthest = *fraction;
            }
            Event::Samples(found) => samples.extend(found.clone()),
            _ => {}
        }
    }
    assert!(matches!(events.last(), Some(Event::Finished(r)) if **r == report));
    assert_eq!(samples.iter().map(|s| s.index).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    let right = samples.iter().filter(|s| Some(s.encrypted) == s.label).count();
    assert_eq!(report.encrypted.accuracy, right as f64 / 100.0);
}

#[test]
fn other_activations_run_by_approximation_and_are_refused_without() {
    let dataset = Arc::new(random_dataset(5, 10, 7, 40));
    let network = Arc::new(random_network(5, 1, 10, 7, &Activation::Relu));
    let with = |settings: &[&str]| {
        Session::with(&scenario("digits", settings), Arc::clone(&dataset), Arc::clone(&network))
            .unwrap()
    };
    let text = with(&[]).plan().unwrap_err().to_string();
    assert!(text.contains("ReLU is not a polynomial"), "{text}");
    for method in ["square", "least_squares"] {
        let method = format!("activation.method={method}");
        assert_right(&run(&with(&[&method, "scheme.input_bits=4", "scheme.weight_bits=6"])), 0.0);
    }
    let text = with(&["activation.method=magic"]).plan().unwrap_err().to_string();
    assert!(
        text.contains("no method magic; there are minimax, ") && text.ends_with("and keep"),
        "{text}"
    );
}

#[test]
fn a_model_and_a_dataset_that_do_not_fit_are_refused() {
    let scenario = scenario("digits", &["dataset=iris"]);
    let text = Session::open(&scenario, &sources()).err().expect("refused").to_string();
    assert!(text.contains("samples of shape"), "{text}");
    for (setting, part) in [
        ("images=0", "1 to"),
        ("images=99999", "has 3"),
        ("threads=0", "1 to 256"),
        ("scheme.weight_bits=40", "2 to 12"),
    ] {
        let session = Session::open(&self::scenario("digits", &[setting]), &sources()).unwrap();
        let text = session.plan().unwrap_err().to_string();
        assert!(text.contains(part), "{setting}: {text}");
    }
}
