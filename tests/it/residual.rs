//! Networks with skip connections through whole encrypted runs: right, and as noisy as predicted.

use crate::sample::random_dataset;
use cryptoscope::activation::Activation;
use cryptoscope::circuit::StageKind;
use cryptoscope::data::Shape;
use cryptoscope::engine::{Noop, RealNoop};
use cryptoscope::inference::{Compiled, Session, execute_integers, execute_reals};
use cryptoscope::network::{Layer, Network, Normalisation, Op};
use cryptoscope::progress::{Cancel, Watch};
use cryptoscope::report::RunReport;
use cryptoscope::ring::Seed;
use cryptoscope::scenario::Scenario;
use std::sync::Arc;

/// Predictions may be this far off: too optimistic, too careful.
const OPTIMISTIC: f64 = 1.0;
const CAREFUL: f64 = 3.0;
/// Under BFV what is carried brings a few slow waves of one key switch with much weight, whose squares
/// vary from run to run.
const OPTIMISTIC_BFV: f64 = 1.6;

/// What stands beside the layers of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Skip {
    /// The values of the activation before the block.
    Identity,
    /// A dense layer of them.
    Projection,
    /// The inputs of the network, over everything.
    Inputs,
    /// The values before the block, joined instead of added.
    Joined,
}

/// Blocks of two dense layers of `width` values, with a skip each.
fn network(seed: u64, width: usize, skips: &[Skip], function: &Activation) -> Network {
    let mut stream = Seed::from_number(seed).stream(3);
    let mut unit = || (stream.next_u64() >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
    let mut dense = |inputs: usize, outputs: usize, spread: f32| Op::Dense {
        inputs,
        outputs,
        weight: (0..inputs * outputs).map(|_| spread * unit() / (inputs as f32).sqrt()).collect(),
        bias: (0..outputs).map(|_| 0.3 * unit()).collect(),
    };
    let mut layers: Vec<Layer> = Vec::new();
    let mut push = |name: &str, op| layers.push(Layer { name: name.to_owned(), op });
    let act = || Op::Activation(function.clone());
    push("stem", dense(width, width, 1.5));
    push("act", act());
    let (mut last, mut wide) = ("act".to_owned(), width);
    for (at, skip) in skips.iter().enumerate() {
        let name = |part: &str| format!("{part}{at}");
        push(&name("inner"), dense(wide, width, 1.5));
        push(&name("between"), act());
        push(&name("outer"), dense(width, width, 1.0));
        let op = match skip {
            Skip::Identity => Op::Add { from: Some(last.clone()) },
            Skip::Inputs => Op::Add { from: None },
            Skip::Joined => Op::Concat { from: Some(last.clone()) },
            Skip::Projection => {
                push(&name("branch"), Op::Branch { from: Some(last.clone()) });
                push(&name("projection"), dense(wide, width, 1.0));
                Op::Add { from: Some(name("outer")) }
            }
        };
        push(&name("sum"), op);
        wide = if *skip == Skip::Joined { wide + width } else { width };
        push(&name("act"), act());
        last = name("act");
    }
    push("last", dense(wide, 2, 1.5));
    let normalisation = Normalisation { offset: vec![1.5], scale: vec![1.5] };
    let input = Shape::Flat { len: width };
    Network::new("skips", input, normalisation, layers, None, Default::default()).expect("fits")
}

fn session(network: Network, width: usize, settings: &[String]) -> Session {
    let start = Scenario::open("digits").expect("built in");
    let scenario =
        settings.iter().fold(start, |s, set| s.with_setting(set).expect("a known field"));
    let dataset = random_dataset(5, width, 3, 120);
    Session::with(&scenario, Arc::new(dataset), Arc::new(network)).expect("they fit")
}

fn settings(scheme: &str, function: &Activation) -> Vec<String> {
    let mut all = vec![format!("scheme.kind={scheme}"), "seed=7".into()];
    if scheme != "ckks" {
        all.extend(["scheme.input_bits=3".into(), "scheme.weight_bits=4".into()]);
    }
    if *function != Activation::Square {
        let more = ["activation.method=minimax", "activation.degree=3", "activation.interval=6"];
        all.extend(more.map(str::to_owned));
    }
    all
}

/// No wrong output or value, and every stage as predicted.
fn assert_right(what: &str, report: &RunReport) {
    assert!(report.is_right(), "{what}: {:?}", report.warnings);
    assert_eq!(report.encrypted.wrong_outputs, 0, "{what}");
    assert!(report.scheme.security_bits >= 128);
    let optimistic = if report.scheme.kind == "bfv" { OPTIMISTIC_BFV } else { OPTIMISTIC };
    for stage in &report.stages {
        assert_eq!(stage.wrong_values, 0, "{what} {}", stage.name);
        let measured = stage.margin_bits_measured.expect("every stage is measured");
        let over = measured - stage.margin_bits_predicted;
        assert!(
            (-optimistic..=CAREFUL).contains(&over),
            "{what} {}: predicted {:.2}, measured {measured:.2}",
            stage.name,
            stage.margin_bits_predicted
        );
    }
}

#[test]
fn skips_of_every_kind_run_right_and_as_predicted_under_every_scheme() {
    let cases: [(&str, usize, &[Skip], Activation); 12] = [
        ("bgv", 6, &[Skip::Identity], Activation::Square),
        ("bgv", 6, &[Skip::Projection], Activation::Square),
        ("bgv", 5, &[Skip::Inputs], Activation::Square),
        ("bgv", 4, &[Skip::Joined], Activation::Square),
        ("bfv", 6, &[Skip::Identity], Activation::Square),
        ("bfv", 4, &[Skip::Projection], Activation::Square),
        ("ckks", 6, &[Skip::Identity], Activation::Square),
        ("ckks", 5, &[Skip::Projection], Activation::Square),
        ("ckks", 6, &[Skip::Joined], Activation::Square),
        ("ckks", 6, &[Skip::Identity, Skip::Identity], Activation::Tanh),
        ("ckks", 6, &[Skip::Projection, Skip::Inputs], Activation::Tanh),
        ("ckks", 130, &[Skip::Identity], Activation::Tanh),
    ];
    for (seed, (scheme, width, skips, function)) in (1..).zip(cases) {
        let what = format!("{scheme} {width} {skips:?} {}", function.name());
        let network = network(seed, width, skips, &function);
        let mut settings = settings(scheme, &function);
        if width > 100 {
            settings.push("images=20".into());
        }
        let session = session(network, width, &settings);
        let plan = session.plan().expect("a plan");
        let functions = plan.stages.iter().filter(|s| {
            matches!(s.kind, StageKind::Square | StageKind::Polynomial)
                && s.name.contains("carried")
        });
        assert!(functions.count() >= 1, "{what}: nothing is carried");
        let report = session.run(&Cancel::default(), &|_| ()).expect("a report");
        assert_right(&what, &report);
    }
}

#[test]
fn two_blocks_under_bgv_are_exact() {
    // Five squares in a row: several plaintext moduli, each with factors of its own.
    let network = network(31, 3, &[Skip::Identity, Skip::Identity], &Activation::Square);
    let mut settings = settings("bgv", &Activation::Square);
    settings.extend(["scheme.input_bits=2".into(), "scheme.weight_bits=2".into()]);
    let session = session(network, 3, &settings);
    let plan = session.plan().expect("a plan");
    assert!(plan.plaintext_moduli.len() > 1 && plan.depth == 5, "{:?}", plan.plaintext_moduli);
    assert_right("two blocks", &session.run(&Cancel::default(), &|_| ()).expect("a report"));
}

#[test]
fn integers_of_a_network_with_skips_are_near_its_real_numbers() {
    for skip in [Skip::Identity, Skip::Projection, Skip::Inputs, Skip::Joined] {
        // Without the last squares: they would leave 128 bits.
        let network = network(3, 5, &[skip], &Activation::Square);
        let layers = network.layers().iter().filter(|l| l.name != "act0").cloned();
        let network = network.with_layers(layers.collect(), None).expect("fits");
        let raw: Vec<f32> = (0..500).map(|i| ((i * 37) % 13) as f32 / 4.0).collect();
        let precision = cryptoscope::circuit::Precision { input_bits: 6, weight_bits: 6 };
        let integers =
            cryptoscope::circuit::IntegerNetwork::new(&network, Some(precision), &raw).unwrap();
        let watch = Watch::silent();
        let found = integers.evaluate(&integers.quantise_inputs(&raw), &[], &watch).unwrap();
        let float = network.forward_batch(&raw, &watch).unwrap();
        let most = float.iter().fold(0f32, |m, x| m.max(x.abs()));
        for (i, x) in found.outputs.iter().zip(&float) {
            let got = *i as f64 * integers.output_step();
            let off = (got - f64::from(*x)).abs();
            // Inputs and weights are off by up to 2^-6 each, squared twice.
            assert!(off < 0.15 * f64::from(most), "{skip:?}: {got} {x}");
        }
    }
}

#[test]
fn lookup_tables_and_training_on_ciphertexts_refuse_skips_in_a_line() {
    let network = network(9, 4, &[Skip::Inputs], &Activation::Relu);
    let raw = vec![1.0; 40];
    let options = cryptoscope::network::table::TableOptions::default();
    let refused = cryptoscope::network::table::TableNetwork::quantise(
        &network,
        &options,
        &raw,
        &Watch::silent(),
    );
    let told = refused.expect_err("refused").to_string();
    assert!(told.contains("layer sum0: sum with the inputs: skip connections"), "{told}");
    let told = cryptoscope::network::train::Tail::new(&network, 0).err().expect("refused");
    let told = told.to_string();
    assert!(told.contains("a skip connection begins before the layer"), "{told}");
}

#[test]
fn plain_numbers_go_through_the_same_pipeline() {
    let cancel = Cancel::default();
    let network = network(9, 4, &[Skip::Identity], &Activation::Square);
    let of = |scheme: &str| session(network.clone(), 4, &settings(scheme, &Activation::Square));
    let session = of("bgv");
    let circuit = session.circuit(&cancel).expect("a circuit");
    let moduli = circuit.moduli.clone();
    let plain = execute_integers::<Noop>(&session, &circuit, moduli, &circuit, &cancel, &|_| ());
    let plain = plain.expect("runs");
    assert_eq!((plain.encrypted.wrong_outputs, plain.encrypted.agreement), (0, 1.0));
    let session = of("ckks");
    let Compiled::Real(circuit) = session.compiled(&cancel).expect("a circuit") else {
        panic!("real numbers")
    };
    let plain = execute_reals::<RealNoop>(&session, &circuit, (), &circuit, &cancel, &|_| ());
    assert_eq!(plain.expect("runs").encrypted.wrong_outputs, 0);
}
