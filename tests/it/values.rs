//! Values that leave their range, ties, and bounds: what a run says of them.

use cryptoscope::data::{Dataset, Split};
use cryptoscope::inference::Session;
use cryptoscope::network::{Network, Op, argmax};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::report::RunReport;
use cryptoscope::scenario::{Scenario, Sources};
use std::sync::Arc;

fn open(settings: &[&str]) -> Session {
    open_named("digits", settings)
}

fn open_named(name: &str, settings: &[&str]) -> Session {
    let start = Scenario::open(name).expect("built in");
    let scenario = settings.iter().fold(start, |s, set| s.with_setting(set).expect("a field"));
    Session::open(&scenario, &Sources { data_dir: None }).expect("built in")
}

/// The session with another test split.
fn with_test(session: &Session, test: Split) -> Session {
    let data = &session.dataset;
    let (classes, features) = (data.classes().to_vec(), data.features().to_vec());
    let (name, train) = (data.name().to_owned(), data.train().clone());
    let data = Dataset::new(name, "test", data.shape(), classes, features, train, test);
    let data = Arc::new(data.expect("fits"));
    Session::with(&session.scenario, data, Arc::clone(&session.network)).expect("fits")
}

/// The session with test inputs times `factor`.
fn scaled(session: &Session, factor: f32) -> Session {
    let mut test = session.dataset.test().clone();
    test.inputs.iter_mut().for_each(|x| *x *= factor);
    with_test(session, test)
}

/// The session with another network of the same name.
fn with_layers(session: &Session, keep_grid: bool, change: impl Fn(&str, &mut Op)) -> Session {
    let old = &session.network;
    let mut layers = old.layers().to_vec();
    layers.iter_mut().for_each(|layer| change(&layer.name, &mut layer.op));
    let grid = old.quantisation().filter(|_| keep_grid).cloned();
    let (input, normalisation) = (old.input(), old.normalisation().clone());
    let network = Network::new("mine", input, normalisation, layers, grid, Default::default());
    let network = Arc::new(network.expect("fits"));
    Session::with(&session.scenario, Arc::clone(&session.dataset), network).expect("fits")
}

fn last_layer(network: &Network) -> String {
    network.layers().last().expect("layers").name.clone()
}

fn run(session: &Session) -> RunReport {
    session.run(&Cancel::default(), &|_| ()).expect("a report")
}

fn kinds(report: &RunReport) -> Vec<&str> {
    report.warnings.iter().map(|w| w.kind.as_str()).collect()
}

#[test]
fn clipped_inputs_are_counted_and_changed_answers_are_wrong() {
    for (kind, factor) in [("bgv", 2.0), ("bgv", 1000.0), ("bfv", 1000.0), ("bgv", 2e37)] {
        let session = open(&[&format!("scheme.kind={kind}"), "seed=3"]);
        let report = run(&scaled(&session, factor));
        let told = format!("{kind} times {factor}");
        assert_eq!(report.encrypted.wrong_outputs, 0, "{told}");
        assert_eq!(report.encrypted.agreement, 1.0, "{told}");
        let [clipping] = report.clipping.as_slice() else { panic!("{told}: inputs") };
        assert_eq!((clipping.what.as_str(), clipping.in_training), ("inputs", false));
        assert!(clipping.clipped.samples > 300, "{told}: {:?}", clipping.clipped);
        assert!(clipping.clipped.factor > 0.5 * f64::from(factor), "{told}");
        let warning = report.warnings.iter().find(|w| w.kind == "input_clipped").expect("told");
        assert_eq!(warning.samples, Some(clipping.clipped.samples));
        assert_eq!(report.encrypted.clipped_answers > 0, !report.is_right(), "{told}");
        assert!(!report.is_right(), "{told}");
        assert!(kinds(&report).contains(&"clipped_answers"), "{told}");
    }
}

#[test]
fn what_stays_in_its_range_is_not_warned_of() {
    for kind in ["bgv", "bfv", "ckks"] {
        let report = run(&open(&[&format!("scheme.kind={kind}"), "seed=3"]));
        assert!(report.is_right() && report.clipping.is_empty(), "{kind}");
        assert_eq!(report.encrypted.clipped_answers, 0);
        let told = ["input_clipped", "weights_clipped", "agreement_below_promise"];
        assert!(kinds(&report).iter().all(|k| !told.contains(k)), "{kind}: {:?}", kinds(&report));
        assert!(report.encrypted.promised_agreement.expect("promised") >= 0.99);
        let images = report.images as f64;
        let correct = report.encrypted.correct.expect("counted") as f64;
        assert_eq!(correct / images, report.encrypted.accuracy);
    }
}

#[test]
fn clipped_weights_are_told_before_and_after() {
    let session = open(&["scheme.kind=bgv", "seed=3"]);
    let large = with_layers(&session, true, |_, op| {
        if let Op::Dense { weight, .. } | Op::Conv2d { weight, .. } = op {
            weight.iter_mut().for_each(|w| *w *= 1e30);
        }
    });
    let plan = large.plan().expect("fits");
    let layers: Vec<_> = plan.warnings.iter().filter(|w| w.kind == "weights_clipped").collect();
    assert!(!layers.is_empty() && layers.iter().all(|w| w.factor > Some(1e28)));
    let report = run(&large);
    assert!(!report.is_right() && report.encrypted.clipped_answers > 0);
    assert_eq!(report.encrypted.wrong_outputs, 0);
    // The original network squares 1e30 and more in single precision.
    let overflow = report.warnings.iter().find(|w| w.kind == "plaintext_overflow").expect("told");
    assert!(overflow.message.contains("original") && overflow.samples > Some(0));
}

#[cfg(feature = "tfhe")]
#[test]
fn inputs_of_tables_are_counted_too() {
    let session = open(&["activation.kind=lookup", "images=8", "seed=3"]);
    let report = run(&scaled(&session, 1000.0));
    assert!(kinds(&report).contains(&"input_clipped"), "{:?}", kinds(&report));
    let inputs = report.clipping.iter().find(|c| c.what == "inputs").expect("counted");
    assert_eq!(inputs.clipped.samples, 8);
    assert_eq!(report.encrypted.clipped_answers > 0, !report.is_right());
    assert!(report.encrypted.clipped_answers > 0, "pixels cut off at the end of their range");
    let report = run(&session);
    assert!(report.is_right() && !kinds(&report).contains(&"input_clipped"));
    // Sums beyond the range were so in training.
    assert!(report.clipping.iter().all(|c| c.what == "sums" && c.in_training));
}

/// Test samples on the border between two classes of the network: blends of neighbours of different
/// classes.
fn borders(session: &Session, count: usize) -> Split {
    let network = session.polynomial_network().expect("polynomials");
    let test = session.dataset.test();
    let len = session.dataset.shape().len();
    let class = |x: &[f32]| argmax(&network.forward_batch(x, &Watch::silent()).expect("runs"));
    let samples: Vec<&[f32]> = test.inputs.chunks(len).collect();
    let mut split = Split::default();
    for pair in samples.windows(2) {
        let [a, b] = pair else { continue };
        let blend =
            |t: f32| -> Vec<f32> { a.iter().zip(*b).map(|(a, b)| a + t * (b - a)).collect() };
        let first = class(a);
        if first == class(b) {
            continue;
        }
        let (mut low, mut high) = (0f32, 1f32);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if class(&blend(middle)) == first { low = middle } else { high = middle }
        }
        split.inputs.extend(blend(low));
        split.labels.push(first as u16);
        if split.labels.len() == count {
            break;
        }
    }
    split
}

#[test]
fn answers_that_change_on_the_border_are_wrong_although_errors_are_small() {
    let session = open(&["scheme.kind=ckks", "seed=3"]);
    let split = borders(&session, 60);
    assert_eq!(split.len(), 60);
    let report = run(&with_test(&session, split));
    assert_eq!(report.encrypted.wrong_outputs, 0, "errors are within the bound");
    assert!(report.encrypted.agreement < 0.8, "{}", report.encrypted.agreement);
    assert!(report.encrypted.agreement_below_promise && !report.is_right());
    let warning = report.warnings.iter().find(|w| w.kind == "agreement_below_promise");
    let changed = 60 - report.encrypted.agreeing.expect("counted");
    assert_eq!(warning.expect("told").samples, Some(changed));
}

#[test]
fn bounds_follow_the_gaps_whatever_the_size_of_outputs() {
    let session = open(&["scheme.kind=ckks", "seed=3"]);
    let usual = run(&session).encrypted.error_bound.expect("a bound");
    let last = last_layer(&session.network);
    let biased = |bias_of: &dyn Fn(usize) -> f32| {
        with_layers(&session, false, |name, op| {
            if let Op::Dense { bias, outputs, .. } = op
                && name == last
            {
                bias.resize(*outputs, 0.0);
                bias.iter_mut().enumerate().for_each(|(class, b)| *b += bias_of(class));
            }
        })
    };
    // What all outputs have in common changes no gap.
    let report = run(&biased(&|_| 64.0));
    assert!(report.is_right() && report.encrypted.agreement > 0.995, "{:?}", kinds(&report));
    let bound = report.encrypted.error_bound.expect("a bound");
    assert!((bound / usual - 1.0).abs() < 1e-3, "{bound} for {usual}");
    // One output far away leaves the gaps of the others: as fine a bound is needed, of larger numbers.
    // Either it is met or the plan is refused with the reason; never are answers changed in silence.
    for bias in [-2e3, -1e4, -1e9] {
        let one = biased(&|class| if class == 0 { bias } else { 0.0 });
        match one.run(&Cancel::default(), &|_| ()) {
            Ok(report) => {
                assert!(report.encrypted.agreement > 0.995 || !report.is_right(), "{bias}");
                assert!(report.encrypted.error_bound.expect("a bound") < 100.0 * usual, "{bias}");
            }
            Err(error) => assert!(error.to_string().contains("apart"), "{bias}: {error}"),
        }
    }
}

#[test]
fn precision_below_the_gaps_is_told() {
    let of = |bits: &str| {
        let settings = ["scheme.kind=ckks", "seed=3", &format!("scheme.precision_bits={bits}")];
        run(&open_named("hospital", &settings))
    };
    let report = of("0");
    let warning = report.warnings.iter().find(|w| w.kind == "precision_below_gaps");
    assert!(warning.expect("told").message.contains("0 bits of precision"));
    assert!(report.encrypted.promised_agreement < Some(0.99));
    let report = of("12");
    assert!(!kinds(&report).contains(&"precision_below_gaps") && report.is_right());
}
