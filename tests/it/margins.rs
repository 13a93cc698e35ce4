//! Predicted against measured margins of many small random networks, in and out of what they were
//! calibrated on, and degenerate ones among them.

use crate::sample::{random_dataset, real_network};
use cryptoscope::activation::Activation;
use cryptoscope::data::{Dataset, Split};
use cryptoscope::inference::Session;
use cryptoscope::network::{Layer, Network, Op};
use cryptoscope::progress::Cancel;
use cryptoscope::report::RunReport;
use cryptoscope::scenario::Scenario;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Predictions may be this far off without a warning: too optimistic, too careful.
const OPTIMISTIC: f64 = 1.0;
const CAREFUL: f64 = 3.0;

/// What is done to a random network.
const KINDS: [&str; 8] = [
    "as it is",
    "first layer of zeros",
    "one unit of zeros",
    "first weights of 1e-30",
    "weights of 1000",
    "outputs moved by 1e4",
    "all biases of 30",
    "few bits of precision",
];

/// How far test inputs leave the training inputs.
const REACHES: [f32; 3] = [1.0, 2.0, 4.0];

struct Case {
    name: String,
    /// Measured minus predicted margin by stage, bits, and whether a warning names the stage.
    stages: Vec<(String, f64, bool)>,
    /// Why there is none.
    refused: Option<String>,
}

fn changed(network: &Network, kind: usize) -> Network {
    let mut layers: Vec<Layer> = network.layers().to_vec();
    let count = layers.len();
    for (at, layer) in layers.iter_mut().enumerate() {
        let Op::Dense { inputs, weight, bias, .. } = &mut layer.op else { continue };
        let (first, last) = (at == 0, at + 1 == count);
        match kind {
            1 if first => weight.fill(0.0),
            2 if first => weight[..*inputs].fill(0.0),
            3 if first => weight.iter_mut().for_each(|w| *w *= 1e-30),
            4 if first => weight.iter_mut().for_each(|w| *w *= 1e3),
            5 if last => bias.iter_mut().for_each(|b| *b += 1e4),
            6 => bias.fill(30.0),
            _ => {}
        }
    }
    network.with_layers(layers, None).expect("of the same shape")
}

/// The dataset with test inputs times `reach`, about their middle.
fn reaching(dataset: Dataset, reach: f32) -> Dataset {
    let test = dataset.test();
    let inputs = test.inputs.iter().map(|x| 1.5 + (x - 1.5) * reach).collect();
    let test = Split { inputs, labels: test.labels.clone(), lengths: Vec::new() };
    let (shape, train) = (dataset.shape(), dataset.train().clone());
    let classes = dataset.classes().to_vec();
    Dataset::new("random", "a seed", shape, classes, Vec::new(), train, test).expect("it fits")
}

fn case(number: u64) -> Case {
    let scheme = ["bgv", "bfv", "ckks"][number as usize % 3];
    let kind = number as usize / 3 % KINDS.len();
    let reach = REACHES[number as usize / 24 % REACHES.len()];
    let (depth, width) = (1 + number as usize / 7 % 2, 4 + number as usize % 5);
    let tanh = scheme == "ckks" && number.is_multiple_of(2);
    let function = if tanh { Activation::Tanh } else { Activation::Square };
    let name =
        format!("{number} {scheme} depth {depth} {} {} x{reach}", function.name(), KINDS[kind]);
    let mut settings =
        vec![format!("scheme.kind={scheme}"), format!("seed={}", number + 1), "threads=1".into()];
    match scheme {
        "ckks" if kind == 7 => settings.push(format!("scheme.precision_bits={}", number % 5)),
        "ckks" => {}
        _ => settings.extend(["scheme.input_bits=3".into(), "scheme.weight_bits=4".into()]),
    }
    if tanh {
        settings.extend(["activation.method=minimax".into(), "activation.degree=3".into()]);
    }
    let start = Scenario::open("digits").expect("built in");
    let scenario =
        settings.iter().fold(start, |s, set| s.with_setting(set).expect("a known field"));
    let network = changed(&real_network(number, depth, width, &function), kind);
    let dataset = reaching(random_dataset(number, width, 3, 120), reach);
    let session = Session::with(&scenario, Arc::new(dataset), Arc::new(network)).expect("they fit");
    match session.run(&Cancel::default(), &|_| ()) {
        Ok(report) => Case { stages: stages(&report), name, refused: None },
        Err(error) => Case { stages: Vec::new(), name, refused: Some(error.to_string()) },
    }
}

fn stages(report: &RunReport) -> Vec<(String, f64, bool)> {
    let of = |stage: &cryptoscope::report::StageReport| {
        let measured = stage.margin_bits_measured?;
        let predicted = stage.margin_bits_predicted;
        assert!(measured.is_finite() && predicted.is_finite(), "{}: {stage:?}", report.model);
        // Many of a kind are told as one, by the first.
        let warned = report.warnings.iter().any(|w| {
            let of_stage = w.layer.as_deref() == Some(&stage.name);
            let of_margin = w.kind == "margin_not_as_predicted";
            of_margin && (of_stage || w.message.contains("the first of"))
                || w.kind == "stage_decrypted_wrongly"
        });
        Some((stage.name.clone(), measured - predicted, warned))
    };
    report.stages.iter().filter_map(of).collect()
}

/// Runs cases on all cores.
fn survey(cases: std::ops::Range<u64>) -> Vec<Case> {
    let next = AtomicU64::new(cases.start);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut found = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= cases.end {
                return found;
            }
            found.push(case(number));
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().expect("no panic")).collect()
    })
}

/// Every prediction holds, or a warning says that it does not; and most hold.
fn assert_kept(cases: &[Case]) {
    let mut all: Vec<f64> = Vec::new();
    let mut warned = 0;
    let mut broken = Vec::new();
    for case in cases {
        for (stage, difference, is_warned) in &case.stages {
            all.push(*difference);
            let kept = (-OPTIMISTIC..=CAREFUL).contains(difference);
            warned += usize::from(!kept && *is_warned);
            if !kept {
                broken.push(format!("{} {stage}: {difference:.2} {is_warned}", case.name));
            }
            assert!(kept || *is_warned, "{} {stage}: {difference:.2} and no warning", case.name);
        }
    }
    let refused: Vec<&Case> = cases.iter().filter(|c| c.refused.is_some()).collect();
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all[((all.len() - 1) as f64 * share) as usize];
    println!(
        "{} networks, {} refused; {} stages: measured minus predicted from {:.2} (1 %: {:.2}, median {:.2}, 99 %: {:.2}) to {:.2}; {} beyond, all {warned} warned of",
        cases.len(),
        refused.len(),
        all.len(),
        at(0.0),
        at(0.01),
        at(0.5),
        at(0.99),
        at(1.0),
        broken.len(),
    );
    for line in &broken {
        println!("  {line}");
    }
    for case in &refused {
        println!("  refused: {}: {}", case.name, case.refused.as_deref().unwrap_or_default());
    }
    assert!(refused.len() * 5 <= cases.len(), "most can be planned");
    assert!(broken.len() * 7 <= all.len(), "predictions are to hold, not to be taken back");
    // Inside of calibration none promises too much, warned of or not.
    let inside = cases.iter().filter(|case| case.name.ends_with(" x1"));
    for (stage, difference, _) in inside.flat_map(|case| &case.stages) {
        assert!(*difference >= -OPTIMISTIC, "{stage}: {difference:.2}");
    }
}

#[test]
fn predictions_hold_in_and_out_of_calibration() {
    assert_kept(&survey(0..60));
}

/// The same over 580 networks; minutes.
#[test]
#[ignore = "takes minutes; run with --ignored --nocapture to see the distribution"]
fn predictions_hold_over_hundreds_of_networks() {
    assert_kept(&survey(1000..1580));
}
