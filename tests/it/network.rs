//! Inference and simplification against a slow, plain reference.

use cryptoscope::activation::{Activation, Polynomial};
use cryptoscope::data::Shape;
use cryptoscope::network::{self, Layer, Network, Normalisation, Op, Padding, Provenance};
use cryptoscope::progress::{Cancel, Watch};
use proptest::prelude::*;
use proptest::test_runner::TestRng;

/// What one layer does to one sample, straight from the definition, in double precision.
fn reference(op: &Op, input: Shape, output: Shape, x: &[f64]) -> Vec<f64> {
    let sides = |shape: Shape| match shape {
        Shape::Image { channels, height, width } => (channels, height, width),
        Shape::Flat { len } => (len, 1, 1),
        Shape::Sequence { steps, channels } => (channels, steps, 1),
    };
    let (channels, height, width) = sides(input);
    let (_, down, across) = sides(output);
    let at = |c: usize, y: isize, x_: isize| {
        let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x_);
        if inside { x[(c * height + y as usize) * width + x_ as usize] } else { 0.0 }
    };
    let mut out = Vec::new();
    match op {
        Op::Dense { inputs, outputs, weight, bias } => {
            for o in 0..*outputs {
                let mut sum = bias.get(o).map_or(0.0, |b| f64::from(*b));
                for i in 0..*inputs {
                    sum += f64::from(weight[o * inputs + i]) * x[i];
                }
                out.push(sum);
            }
        }
        Op::Conv2d { out_channels, kernel, stride, padding, weight, bias, .. } => {
            for o in 0..*out_channels {
                for i in 0..down {
                    for j in 0..across {
                        let mut sum = bias.get(o).map_or(0.0, |b| f64::from(*b));
                        for c in 0..channels {
                            for (k, l) in
                                (0..kernel.0).flat_map(|k| (0..kernel.1).map(move |l| (k, l)))
                            {
                                let w = weight[((o * channels + c) * kernel.0 + k) * kernel.1 + l];
                                let y = (i * stride.0 + k) as isize - padding.top as isize;
                                let z = (j * stride.1 + l) as isize - padding.left as isize;
                                sum += f64::from(w) * at(c, y, z);
                            }
                        }
                        out.push(sum);
                    }
                }
            }
        }
        Op::AvgPool { kernel, stride, padding } | Op::SumPool { kernel, stride, padding } => {
            let area = (kernel.0 * kernel.1) as f64;
            let share = if matches!(op, Op::AvgPool { .. }) { area } else { 1.0 };
            for c in 0..channels {
                for (i, j) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
                    let mut sum = 0.0;
                    for (k, l) in (0..kernel.0).flat_map(|k| (0..kernel.1).map(move |l| (k, l))) {
                        let y = (i * stride.0 + k) as isize - padding.top as isize;
                        let z = (j * stride.1 + l) as isize - padding.left as isize;
                        sum += at(c, y, z);
                    }
                    out.push(sum / share);
                }
            }
        }
        Op::MaxPool { kernel, stride, padding } => {
            for c in 0..channels {
                for (i, j) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
                    let window = (0..kernel.0)
                        .flat_map(|k| (0..kernel.1).map(move |l| (k, l)))
                        .filter_map(|(k, l)| {
                            let y = (i * stride.0 + k).checked_sub(padding.top)?;
                            let z = (j * stride.1 + l).checked_sub(padding.left)?;
                            (y < height && z < width).then(|| at(c, y as isize, z as isize))
                        });
                    out.push(window.fold(f64::NEG_INFINITY, f64::max));
                }
            }
        }
        Op::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            for (i, v) in x.iter().enumerate() {
                let c = i / (height * width);
                let standard_deviation = f64::from(variance[c] + epsilon).sqrt();
                let standard = (v - f64::from(mean[c])) / standard_deviation;
                out.push(f64::from(gamma[c]) * standard + f64::from(beta[c]));
            }
        }
        Op::Scale { scale, shift } => {
            let added = shift.iter().copied().chain(std::iter::repeat(0.0));
            let both = scale.iter().zip(added);
            out.extend(x.iter().zip(both).map(|(x, (a, b))| f64::from(*a) * x + f64::from(b)));
        }
        Op::Flatten => out.extend(x),
        Op::Activation(activation) => out.extend(x.iter().map(|v| activation.eval_f64(*v))),
        Op::Branch { .. } | Op::Add { .. } | Op::Concat { .. } => {
            unreachable!("done by its caller")
        }
    }
    out
}

fn reference_run(network: &Network, raw: &[f32]) -> Vec<f64> {
    let Normalisation { offset, scale } = network.normalisation();
    let pick = |v: &[f32], i: usize| f64::from(if v.len() == 1 { v[0] } else { v[i] });
    let mut out = Vec::new();
    for sample in raw.chunks(network.input().len()) {
        let normal = |(i, x): (usize, &f32)| (f64::from(*x) - pick(offset, i)) / pick(scale, i);
        let mut values: Vec<f64> = sample.iter().enumerate().map(normal).collect();
        let mut shape = network.input();
        let mut known = std::collections::HashMap::from([(None, values.clone())]);
        for (layer, next) in network.layers().iter().zip(network.shapes()) {
            let other = |from: &Option<String>| known[from].clone();
            values = match &layer.op {
                Op::Branch { from } => other(from),
                Op::Add { from } => other(from).iter().zip(&values).map(|(x, y)| x + y).collect(),
                Op::Concat { from } => [other(from), values].concat(),
                op => reference(op, shape, *next, &values),
            };
            known.insert(Some(layer.name.clone()), values.clone());
            shape = *next;
        }
        out.extend(values);
    }
    out
}

fn values(rng: &mut TestRng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-1.0f32..1.0)).collect()
}

/// A random layer that fits `shape`.
fn random_op(rng: &mut TestRng, shape: Shape) -> Op {
    let Shape::Image { channels, height, width } = shape else {
        return match rng.random_range(0..5) {
            0 => random_norm(rng, shape.len()),
            1 => Op::Activation(Activation::Square),
            2 => Op::Activation(Activation::Polynomial(Polynomial::new(vec![0.25, -0.5, 0.125]))),
            _ => random_dense(rng, shape.len()),
        };
    };
    let side = |rng: &mut TestRng, len: usize| {
        let kernel = rng.random_range(1..=len.min(4));
        (kernel, rng.random_range(0..kernel), rng.random_range(0..kernel), rng.random_range(1..=3))
    };
    let ((kh, top, bottom, sh), (kw, left, right, sw)) = (side(rng, height), side(rng, width));
    let (kernel, stride) = ((kh, kw), (sh, sw));
    let padding = match rng.random_range(0..3) {
        0 => Padding::default(),
        _ => Padding { top, bottom, left, right },
    };
    match rng.random_range(0..10) {
        9 => {
            let shifted = rng.random_range(0..2);
            let (scale, shift) = (values(rng, shape.len()), values(rng, shape.len() * shifted));
            Op::Scale { scale, shift }
        }
        0 => Op::AvgPool { kernel, stride, padding },
        1 => Op::SumPool { kernel, stride, padding },
        2 => random_norm(rng, channels),
        3 => Op::Flatten,
        4 => Op::Activation(Activation::Square),
        5 => Op::Activation(Activation::Tanh),
        _ => {
            let out_channels = rng.random_range(1..=4);
            let biased = rng.random_range(0..2);
            Op::Conv2d {
                in_channels: channels,
                out_channels,
                kernel,
                stride,
                padding,
                weight: values(rng, out_channels * channels * kh * kw),
                bias: values(rng, out_channels * biased),
            }
        }
    }
}

fn random_norm(rng: &mut TestRng, features: usize) -> Op {
    Op::BatchNorm {
        gamma: values(rng, features),
        beta: values(rng, features),
        mean: values(rng, features),
        variance: values(rng, features).into_iter().map(|v| v.abs() + 0.1).collect(),
        epsilon: 1e-3,
    }
}

fn random_dense(rng: &mut TestRng, inputs: usize) -> Op {
    let (outputs, biased) = (rng.random_range(2..12), rng.random_range(0..2));
    let weight = values(rng, inputs * outputs).into_iter().map(|w| w / inputs as f32).collect();
    Op::Dense { inputs, outputs, weight, bias: values(rng, outputs * biased) }
}

/// A network of up to ten random layers that ends in a dense one.
fn random_network(rng: &mut TestRng) -> Network {
    let image = Shape::Image {
        channels: rng.random_range(1..=3),
        height: rng.random_range(1..=9),
        width: rng.random_range(1..=9),
    };
    let flat = Shape::Flat { len: rng.random_range(1..30) };
    let input = if rng.random_range(0..5) == 0 { flat } else { image };
    let scale = Normalisation { offset: vec![0.25], scale: values(rng, input.len()) };
    let scale = Normalisation { scale: scale.scale.iter().map(|s| s + 2.0).collect(), ..scale };
    let build = |layers: &[Layer]| {
        Network::new("random", input, scale.clone(), layers.to_vec(), None, Provenance::default())
    };
    let mut layers: Vec<Layer> = Vec::new();
    let mut shape = input;
    let mut squares = 0;
    for i in 0..rng.random_range(0..9) {
        let op = random_op(rng, shape);
        squares += usize::from(matches!(op, Op::Activation(_)));
        if squares > 3 && matches!(op, Op::Activation(_)) {
            continue;
        }
        layers.push(Layer { name: format!("layer {i}"), op });
        if let Ok(network) = build(&layers) {
            shape = *network.shapes().last().expect("has layers");
        } else {
            // Gives a single value, which is too few for a network.
            layers.pop();
        }
    }
    if matches!(shape, Shape::Image { .. }) {
        layers.push(Layer { name: "flatten".into(), op: Op::Flatten });
    }
    layers.push(Layer { name: "last".into(), op: random_dense(rng, shape.len()) });
    build(&layers).expect("fits")
}

/// The same with layers that take values from further back put in, where they fit.
fn with_skips(rng: &mut TestRng, network: &Network) -> Network {
    let mut layers = network.layers().to_vec();
    for at in (1..layers.len()).rev() {
        let mut tried = layers.clone();
        let from =
            (rng.random_range(0..5) > 0).then(|| layers[rng.random_range(0..at)].name.clone());
        let op = match rng.random_range(0..3) {
            0 => Op::Branch { from },
            1 => Op::Concat { from },
            _ => Op::Add { from },
        };
        tried.insert(at, Layer { name: format!("join {at}"), op });
        if network.with_layers(tried.clone(), None).is_ok() {
            layers = tried;
        }
    }
    network.with_layers(layers, None).expect("fits")
}

fn close(got: &[f32], expected: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), expected.len());
    let size = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (g, e) in got.iter().zip(expected) {
        prop_assert!((f64::from(*g) - e).abs() <= 2e-4 * size, "{} for {}", g, e);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn inference_is_the_definition_of_each_layer(
        network in Just(()).prop_perturb(|(), mut rng| random_network(&mut rng)),
        samples in 0usize..5,
        seed in Just(()).prop_perturb(|(), mut rng| values(&mut rng, 4 * 3 * 81)),
    ) {
        let raw: Vec<f32> = seed.into_iter().take(samples * network.input().len()).collect();
        let raw = &raw[..raw.len() / network.input().len() * network.input().len()];
        let outputs = network.forward_batch(raw, &Watch::silent()).expect("runs");
        close(&outputs, &reference_run(&network, raw))?;
    }

    #[test]
    fn skip_connections_are_what_they_are_by_definition(
        network in Just(()).prop_perturb(|(), mut rng| {
            let network = random_network(&mut rng);
            with_skips(&mut rng, &network)
        }),
        seed in Just(()).prop_perturb(|(), mut rng| values(&mut rng, 3 * 3 * 81)),
    ) {
        let raw = &seed[..3 * network.input().len()];
        let expected = reference_run(&network, raw);
        let outputs = network.forward_batch(raw, &Watch::silent()).expect("runs");
        close(&outputs, &expected)?;
        let read = Network::from_bytes(&network.to_bytes(), "again").expect("reads");
        prop_assert_eq!(&read, &network);
        let simple = network.simplify().expect("simplifies");
        close(&simple.forward_batch(raw, &Watch::silent()).expect("runs"), &expected)?;
    }

    #[test]
    fn a_simplified_network_gives_the_same_outputs(
        network in Just(()).prop_perturb(|(), mut rng| random_network(&mut rng)),
        seed in Just(()).prop_perturb(|(), mut rng| values(&mut rng, 3 * 3 * 81)),
    ) {
        let simple = network.simplify().expect("small enough");
        let raw = &seed[..3 * network.input().len()];
        let outputs = simple.forward_batch(raw, &Watch::silent()).expect("runs");
        close(&outputs, &reference_run(&network, raw))?;
        let mut between = 0;
        for layer in simple.layers() {
            match &layer.op {
                Op::Dense { .. } | Op::Conv2d { .. } => between += 1,
                Op::Flatten => {}
                Op::Activation(_) => {
                    prop_assert_eq!(between, 1);
                    between = 0;
                }
                other => prop_assert!(false, "{:?} is left", other),
            }
        }
        prop_assert_eq!(between, 1);
        let again = simple.simplify().expect("simple");
        prop_assert_eq!(again.layers(), simple.layers());
    }

    #[test]
    fn a_file_gives_back_the_same_network_and_the_same_bytes(
        network in Just(()).prop_perturb(|(), mut rng| random_network(&mut rng)),
    ) {
        let bytes = network.to_bytes();
        let back = Network::from_bytes(&bytes, "test").expect("reads");
        prop_assert_eq!(&back, &network);
        prop_assert_eq!(back.to_bytes(), bytes);
    }
}

#[test]
fn names_that_are_neither_built_in_nor_paths_are_answered_with_the_names() {
    let text = network::open("digist").expect_err("no such model").to_string();
    assert!(network::built_in_names().all(|n| text.contains(n)), "{text}");
}

#[test]
fn every_built_in_model_opens_runs_and_describes_itself() {
    for name in network::built_in_names() {
        let model = network::open(name).expect("opens");
        assert_eq!(model.name(), name);
        if model.quantisation().is_some() {
            assert_eq!(model.simplify().expect("simple").layers(), model.layers());
        }
        let raw = vec![1.0; 3 * model.input().len()];
        let (outputs, secs) = model.forward_timed(&raw, &Watch::silent()).expect("runs");
        assert_eq!((outputs.len(), secs.len()), (3 * model.classes(), model.layers().len()));
        assert!(secs.iter().all(|s| *s > 0.0));
        let text = model.describe();
        for layer in model.layers() {
            assert!(text.contains(&layer.name), "{text}");
        }
        assert_eq!(text.contains("accuracy"), model.provenance().test_accuracy.is_some());
        if let Some(q) = model.quantisation() {
            assert!(text.contains(&q.weights[0].max.to_string()));
        }
    }
}

#[test]
fn built_in_models_reach_their_accuracy_on_the_built_in_data() {
    for (name, least) in [("digits", 0.975), ("hospital", 0.97)] {
        let model = network::open(name).expect("opens");
        let data = cryptoscope::data::open(&model.provenance().dataset, None).expect("built in");
        let outputs = model.forward_batch(&data.test().inputs, &Watch::silent()).expect("runs");
        let accuracy = network::accuracy(&outputs, model.classes(), &data.test().labels);
        assert!(accuracy >= least, "{name}: {accuracy}");
        let stated = model.provenance().test_accuracy.expect("stated");
        assert!((stated - accuracy).abs() < 1e-9, "{name}: {accuracy}, stated {stated}");
    }
}

#[test]
fn what_goes_into_each_activation_is_kept() {
    let model = network::open("digits").expect("opens");
    let raw: Vec<f32> = (0..2 * 64).map(|i| (i % 17) as f32).collect();
    let kept = model.pre_activations(&raw, &Watch::silent()).expect("runs");
    assert_eq!(kept.len(), 1);
    let first = Network::new(
        "first",
        model.input(),
        model.normalisation().clone(),
        model.layers()[..1].to_vec(),
        None,
        Provenance::default(),
    );
    let expected = first.expect("fits").forward_batch(&raw, &Watch::silent()).expect("runs");
    assert_eq!(kept[0], expected);
}

#[test]
fn inference_stops_on_request_and_refuses_half_a_sample() {
    let cancel = Cancel::default();
    cancel.cancel();
    let model = network::open("digits").expect("opens");
    let stopped = model.forward_batch(&[0.0; 64], &Watch::new(cancel, &|_| {}));
    assert!(matches!(stopped, Err(network::ForwardError::Cancelled(_))));
    let error = model.forward_batch(&[0.0; 65], &Watch::silent()).expect_err("half a sample");
    assert!(error.to_string().contains("65 input values"), "{error}");
}

#[test]
fn threads_do_not_change_the_answer() {
    let model = network::open("digits").expect("opens");
    let raw: Vec<f32> = (0..300 * 64).map(|i| (i * 7 % 17) as f32).collect();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| model.forward_batch(&raw, &Watch::silent()).expect("runs"))
    };
    for (one, three) in run(1).iter().zip(run(3)) {
        assert!((one - three).abs() <= 1e-4 * one.abs().max(1.0));
    }
}

#[test]
fn a_residual_block_gives_what_is_computed_by_hand() {
    let layer = |name: &str, op| Layer { name: name.into(), op };
    let dense = |weight: &[f32], bias: &[f32], inputs| Op::Dense {
        inputs,
        outputs: weight.len() / inputs,
        weight: weight.to_vec(),
        bias: bias.to_vec(),
    };
    let relu = || Op::Activation(Activation::Relu);
    let from = |name: &str| Some(name.to_owned());
    let network = Network::new(
        "block",
        Shape::Flat { len: 2 },
        Normalisation { offset: vec![1.0], scale: vec![2.0] },
        vec![
            layer("inner", dense(&[1.0, -1.0, 2.0, 0.5], &[0.0, 1.0], 2)),
            layer("relu", relu()),
            layer("outer", dense(&[1.0, 1.0, 0.0, -3.0], &[], 2)),
            layer("sum", Op::Add { from: None }),
            layer("short", Op::Branch { from: from("relu") }),
            layer("projection", dense(&[2.0, 0.0], &[0.25], 2)),
            layer("both", Op::Concat { from: from("sum") }),
            layer("last", relu()),
        ],
        None,
        Provenance::default(),
    )
    .expect("fits");
    // 3, 7 are 1, 3: inner -2, 4.5; relu 0, 4.5; outer 4.5, -13.5; sum 5.5, -10.5; projection 0.25.
    // 5, 1 are 2, 0: inner 2, 5; relu the same; outer 7, -15; sum 9, -15; projection 4.25.
    let outputs = network.forward_batch(&[3.0, 7.0, 5.0, 1.0], &Watch::silent()).expect("runs");
    assert_eq!(outputs, [5.5, 0.0, 0.25, 9.0, 0.0, 4.25]);
    assert_eq!(network.places(), [None, None, None, Some(0), Some(2), None, Some(4), None]);
    assert!(!network.is_chain());
    let text = network.describe();
    for part in ["sum with the inputs", "from relu", "joined to sum"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_skip_that_does_not_fit_is_refused_with_both_sides() {
    let refused = |op: Op| {
        let layer = |name: &str, op| Layer { name: name.into(), op };
        let dense = Op::Dense { inputs: 2, outputs: 3, weight: vec![1.0; 6], bias: Vec::new() };
        let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
        let layers = vec![layer("dense", dense), layer("odd", op)];
        let made = Network::new(
            "n",
            Shape::Flat { len: 2 },
            normalisation,
            layers,
            None,
            Provenance::default(),
        );
        made.expect_err("does not fit").to_string()
    };
    let told = refused(Op::Add { from: None });
    assert!(told.contains("layer odd: adds 3 and 2"), "{told}");
    let told = refused(Op::Branch { from: Some("later".into()) });
    assert!(told.contains("takes values of later, which is no layer before it"), "{told}");
    let told = refused(Op::Add { from: Some("odd".into()) });
    assert!(told.contains("which is no layer before it"), "{told}");
}
