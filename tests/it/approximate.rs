//! Whole runs under CKKS, from a scenario to its report.

use crate::sample::{random_dataset, real_network};
use cryptoscope::activation::Activation;
use cryptoscope::circuit::{CkksStep, StageKind};
use cryptoscope::engine::RealNoop;
use cryptoscope::inference::{Compiled, Session, execute_reals};
use cryptoscope::progress::Cancel;
use cryptoscope::report::{Event, Phase, RunReport};
use cryptoscope::scenario::{RunError, Scenario, Sources};
use std::sync::Arc;

fn scenario(name: &str, settings: &[&str]) -> Scenario {
    let start = Scenario::open(name).expect("built in");
    let start = start.with_setting("scheme.kind=ckks").expect("a known field");
    settings.iter().fold(start, |s, setting| s.with_setting(setting).expect("a known field"))
}

fn open(name: &str, settings: &[&str]) -> Session {
    let data_dir = std::env::var_os("CRYPTOSCOPE_DATA").map(Into::into);
    Session::open(&scenario(name, settings), &Sources { data_dir }).expect("built in")
}

fn run(session: &Session) -> RunReport {
    session.run(&Cancel::default(), &|_| ()).expect("a report")
}

/// A network of random weights with this activation, on random samples.
fn random(seed: u64, depth: usize, activation: &Activation, settings: &[&str]) -> Session {
    let network = real_network(seed, depth, 12, activation);
    let dataset = random_dataset(seed, 12, 3, 400);
    Session::with(&scenario("digits", settings), Arc::new(dataset), Arc::new(network)).unwrap()
}

/// Every decrypted value within its bound, and errors within 2 bits of the predicted ones and never
/// more than 1 bit larger.
fn assert_right(report: &RunReport) {
    assert_eq!(report.scheme.kind, "ckks");
    assert!(report.is_right(), "{:?}", report.warnings);
    assert!(report.scheme.security_bits >= 128 && report.analysis_mode);
    let bound = report.encrypted.error_bound.expect("a bound is stated");
    assert!(report.encrypted.max_abs_error <= bound);
    let predicted = report.encrypted.max_abs_error_predicted.expect("errors are predicted");
    let mut pairs = vec![("outputs", predicted, report.encrypted.max_abs_error)];
    for stage in &report.stages {
        let predicted = stage.max_abs_error_predicted.expect("every stage is predicted");
        pairs.push((&stage.name, predicted, stage.max_abs_error.expect("and measured")));
    }
    for (name, predicted, measured) in pairs {
        let bits = (predicted / measured).log2();
        assert!(
            (-1.0..=2.0).contains(&bits),
            "{} {name}: predicted {predicted:.3e}, measured {measured:.3e}",
            report.scenario
        );
    }
}

#[test]
fn digits_and_hospital_are_answered_right() {
    for (name, least) in [("digits", 0.97), ("hospital", 0.96)] {
        let session = open(name, &["seed=4"]);
        let report = run(&session);
        assert_right(&report);
        assert!(report.encrypted.agreement >= 0.999 && report.encrypted.accuracy >= least);
        assert!((report.encrypted.accuracy - report.plain.accuracy).abs() <= 0.001);
        assert_eq!(report.images, session.dataset.test().len());
    }
}

#[test]
fn polynomials_of_every_degree_run_as_predicted() {
    for (degree, depth) in [(2, 2), (3, 1), (4, 2), (5, 1), (7, 2), (15, 1), (31, 1)] {
        let degree_setting = format!("activation.degree={degree}");
        let settings =
            ["activation.method=minimax", &degree_setting, "activation.interval=6", "seed=11"];
        // Only so does the highest coefficient not vanish by symmetry.
        let even = degree % 2 == 0;
        let function = if even { Activation::Silu } else { Activation::Tanh };
        let session = random(degree as u64, depth, &function, &settings);
        let plan = session.plan().unwrap();
        let report = run(&session);
        assert_right(&report);
        let polynomials = plan.stages.iter().filter(|s| s.kind == StageKind::Polynomial).count();
        assert_eq!(polynomials, if degree == 2 { 0 } else { depth }, "degree {degree}");
        let approximate = plan.approximate.unwrap();
        let levels = ((degree + 1) as f64).log2().ceil() as usize * depth;
        assert!(approximate.levels <= levels, "degree {degree}: {}", approximate.levels);
    }
}

#[test]
fn compositions_run_as_predicted() {
    let settings =
        ["activation.method=composite_minimax", "activation.degree=7", "activation.interval=6"];
    let session = random(3, 1, &Activation::Relu, &[&settings[..], &["seed=5"]].concat());
    assert_right(&run(&session));
}

#[test]
fn wide_layers_run_group_by_group() {
    let settings = [
        "activation.method=minimax",
        "activation.degree=3",
        "activation.interval=6",
        "seed=6",
        "images=64",
    ];
    let network = real_network(6, 2, 300, &Activation::Tanh);
    let dataset = random_dataset(6, 300, 3, 64);
    let session =
        Session::with(&scenario("digits", &settings), Arc::new(dataset), Arc::new(network))
            .unwrap();
    let Compiled::Real(circuit) = session.compiled(&Cancel::default()).unwrap() else {
        panic!("planned for CKKS")
    };
    let streamed = |step: &CkksStep| matches!(step, CkksStep::Polynomial { stream: Some(_), .. });
    assert_eq!(circuit.program.steps.iter().filter(|s| streamed(s)).count(), 2);
    assert_right(&run(&session));
}

#[test]
fn an_exhausted_chain_is_refused_and_when_forced_reported_as_wrong() {
    let session = open("digits", &["scheme.prime_count=1"]);
    let text = session.plan().unwrap_err().to_string();
    assert!(text.contains("1 primes") && text.contains("what fits: N = "), "{text}");
    let forced = open("digits", &["scheme.prime_count=1", "scheme.past_budget=true", "seed=2"]);
    let report = run(&forced);
    assert!(!report.is_right() && report.encrypted.wrong_outputs > 1000);
    // It is the square that no longer fits; what comes before decrypts right.
    let (first, last) = (&report.stages[0], report.stages.last().unwrap());
    assert!(first.margin_bits_predicted > 0.0 && first.wrong_values == 0);
    assert!(last.margin_bits_predicted < 0.0 && last.wrong_values > 0);
    for kind in ["past_budget", "decrypted_wrongly"] {
        assert!(report.warnings.iter().any(|w| w.kind == kind), "{kind}");
    }
    assert!(report.scheme.security_bits >= 128, "security is never loosened");
}

#[test]
fn squares_in_a_row_are_never_run_without_the_levels_they_need() {
    for (n, primes) in [(8192, 2), (8192, 3), (16_384, 9)] {
        let session = open(
            "deep",
            &[
                "images=2",
                "activation.kind=polynomial",
                "activation.method=least_squares",
                "activation.degree=2",
                "activation.interval=20",
                "scheme.kind=ckks",
                "scheme.past_budget=true",
                &format!("scheme.ring_degree={n}"),
                &format!("scheme.prime_count={primes}"),
            ],
        );
        let error = session.run(&Cancel::default(), &|_| ()).unwrap_err().to_string();
        assert!(error.contains("does not fit") && !error.contains("segment"), "{error}");
        assert!(error.contains("10 squares") && error.contains(&format!("N = {n}")), "{error}");
    }
}

#[test]
fn outputs_beyond_every_number_are_refused_at_once() {
    let settings =
        ["activation.method=hermite", "activation.degree=63", "activation.interval=0.01"];
    let session = random(1, 6, &Activation::Silu, &settings);
    let text = session.plan().unwrap_err().to_string();
    assert!(text.contains("overflow") && text.contains("activation.interval"), "{text}");
}

#[test]
fn degrees_that_no_ring_carries_are_known_before_anything_runs() {
    let settings = ["activation.method=minimax", "activation.degree=3", "activation.interval=6"];
    let session = random(1, 6, &Activation::Silu, &settings);
    let degrees = session.plan().unwrap().approximate.unwrap().degrees;
    assert_eq!(degrees.len(), 63);
    assert!(degrees.iter().zip(1..).all(|(d, degree)| d.degree == degree));
    let rings: Vec<usize> = degrees.iter().map(|d| d.ring_degree.unwrap_or(usize::MAX)).collect();
    assert!(rings.is_sorted(), "{rings:?}");
    assert!(rings[2] <= 65_536 && rings[0] < rings[62]);
}

#[test]
fn values_that_leave_the_interval_are_reported_with_layer_and_share() {
    let settings = ["activation.method=chebyshev", "activation.degree=4", "activation.interval=2"];
    let report = run(&random(7, 1, &Activation::Silu, &settings));
    let [range] = report.ranges.as_slice() else { panic!("one layer is approximated") };
    assert_eq!((range.layer.as_str(), range.interval), ("act0", (-2.0, 2.0)));
    assert!(range.samples_outside > 0 && range.reach() > 1.0);
    let warning = report.warnings.iter().find(|w| w.kind == "range_exceeded").expect("a warning");
    let share = format!("in {} of 400 samples", range.samples_outside);
    assert!(warning.message.starts_with("act0: ") && warning.message.contains(&share));
    let wide = ["activation.method=chebyshev", "activation.degree=5", "activation.interval=40"];
    let report = run(&random(7, 1, &Activation::Silu, &wide));
    assert!(report.warnings.iter().all(|w| w.kind != "range_exceeded"));
    assert_eq!(report.ranges[0].samples_outside, 0);
    let narrow = ["activation.method=chebyshev", "activation.degree=31", "activation.interval=0.5"];
    let text = random(7, 1, &Activation::Silu, &narrow).plan().unwrap_err().to_string();
    assert!(text.contains("act0 reach ") && text.contains("activation.interval"), "{text}");
}

#[test]
fn precision_is_what_was_asked_for() {
    for bits in [6, 16] {
        let setting = format!("scheme.precision_bits={bits}");
        let report = run(&open("hospital", &[&setting, "seed=8"]));
        assert_right(&report);
        assert_eq!(report.encrypted.error_bound, Some((-f64::from(bits)).exp2()));
    }
    let text = open("hospital", &["scheme.precision_bits=60"]).plan().unwrap_err().to_string();
    assert!(text.contains("0 to 30"), "{text}");
}

#[test]
fn plain_numbers_go_through_the_same_pipeline() {
    let session = open("digits", &["seed=3"]);
    let encrypted = run(&session);
    let Compiled::Real(circuit) = session.compiled(&Cancel::default()).unwrap() else {
        panic!("planned for CKKS")
    };
    let cancel = Cancel::default();
    let plain = execute_reals::<RealNoop>(&session, &circuit, (), &circuit, &cancel, &|_| ());
    let plain = plain.unwrap();
    assert_eq!(plain.encrypted.accuracy, encrypted.encrypted.accuracy);
    assert_eq!((plain.encrypted.wrong_outputs, plain.encrypted.agreement), (0, 1.0));
    assert!(plain.encrypted.max_abs_error < 1e-12);
}

#[test]
fn a_run_is_cancelled_in_every_phase() {
    let session = open("digits", &[]);
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
fn a_seed_repeats_a_run() {
    let errors = |seed: &str| -> Vec<Option<f64>> {
        run(&open("hospital", &[seed])).stages.iter().map(|s| s.max_abs_error).collect()
    };
    assert_eq!(errors("seed=7"), errors("seed=7"));
    assert_ne!(errors("seed=7"), errors("seed=8"));
}

#[test]
fn the_planner_takes_integers_where_they_do_and_real_numbers_elsewhere() {
    let kind = |session: Session| session.plan().unwrap().scheme.name();
    let automatic = "scheme.kind=auto";
    assert_eq!(kind(open("digits", &[automatic])), "BGV");
    let settings = ["activation.method=minimax", "activation.degree=7", automatic];
    assert_eq!(kind(random(4, 1, &Activation::Silu, &settings)), "CKKS");
}

#[test]
fn layers_have_polynomials_of_their_own() {
    let base = ["activation.method=minimax", "activation.degree=3", "activation.interval=6"];
    let own = ["activation.layers.2.degree=5", "activation.layers.2.interval=[-5,7]", "seed=3"];
    let session = random(5, 2, &Activation::Tanh, &[&base[..], &own].concat());
    let report = run(&session);
    assert_right(&report);
    let found: Vec<_> =
        report.activation.layers.iter().map(|l| (l.layer.as_str(), l.degree, l.interval)).collect();
    assert_eq!(found, [("act0", 3, Some((-6.0, 6.0))), ("act1", 5, Some((-5.0, 7.0)))]);
    let all = &report.activation;
    assert_eq!((all.method.as_str(), all.degree, all.interval), ("minimax", 5, 6.0));
    // What is put in is what was asked for, layer by layer: the same network made by hand.
    let both = |degree: &str, interval: &str| {
        let settings = ["activation.method=minimax", degree, interval];
        random(5, 2, &Activation::Tanh, &settings).polynomial_network().unwrap()
    };
    let (first, second) = (
        both("activation.degree=3", "activation.interval=6"),
        session.polynomial_network().unwrap(),
    );
    assert_eq!(first.layers()[..2], second.layers()[..2]);
    assert_ne!(first.layers()[3], second.layers()[3]);
    let list = r#"activation.layers=[{"degree":3},{"degree":3},{"degree":3}]"#;
    let text = random(5, 2, &Activation::Tanh, &[list]).plan().unwrap_err().to_string();
    assert!(text.contains("3 entries") && text.contains("2 activation layers"), "{text}");
}
