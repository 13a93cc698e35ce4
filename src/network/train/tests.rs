//! What training promises, on the smallest data that can show it.

use super::graph::Graph;
use super::integers::Integers;
use super::*;
use crate::{
    Approximations, InputQuantiser, IntervalRule, Layer, Network, Normalisation, Op, Padding,
    Provenance, accuracy, argmax,
};
use activation::{Activation, Approximation, Method, Polynomial};
use candle_core::{Device, Tensor};
use data::{Dataset, Shape, Split};
use progress::{Cancel, Watch};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn random(count: usize, rng: &mut StdRng) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn layer(name: &str, op: Op) -> Layer {
    Layer { name: name.into(), op }
}

fn dense(name: &str, inputs: usize, outputs: usize, rng: &mut StdRng) -> Layer {
    let (weight, bias) = (random(inputs * outputs, rng), random(outputs, rng));
    layer(name, Op::Dense { inputs, outputs, weight, bias })
}

fn square(name: &str) -> Layer {
    layer(name, Op::Activation(Activation::Square))
}

fn network(input: Shape, layers: Vec<Layer>) -> Network {
    let plain = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    Network::new("test", input, plain, layers, None, Provenance::default()).expect("fits")
}

/// Points inside and outside a circle: no linear network tells them apart.
fn rings(samples: usize, seed: u64) -> Dataset {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut split = |n: usize| {
        let mut split = Split::default();
        for i in 0..n {
            let radius: f32 = if i % 2 == 0 { 0.5 } else { 1.5 };
            let angle: f32 = rng.random_range(0.0..6.3);
            split.inputs.extend([radius * angle.cos() + 3.0, radius * angle.sin()]);
            split.labels.push((i % 2) as u16);
        }
        split
    };
    let (train, test) = (split(samples), split(100));
    let classes = vec!["in".into(), "out".into()];
    Dataset::new("rings", "", Shape::Flat { len: 2 }, classes, Vec::new(), train, test)
        .expect("fits")
}

fn recipe(epochs: usize, grid: Option<Grid>) -> Recipe {
    let mut rng = StdRng::seed_from_u64(0);
    Recipe {
        name: "rings".into(),
        dataset: "rings".into(),
        input: Shape::Flat { len: 2 },
        layers: vec![dense("a", 2, 6, &mut rng), square("s"), dense("b", 6, 2, &mut rng)],
        scaling: Scaling::Standardise,
        start: None,
        validation: 0,
        stages: vec![Stage {
            name: "only".into(),
            epochs,
            batch: 16,
            learning_rate: 0.05,
            weight_decay: 0.0,
            smoothing: 0.0,
            augment: Augment::NONE,
            simplify: false,
            approximations: None,
            range_penalty: 0.0,
            grid,
        }],
    }
}

fn grid() -> Grid {
    Grid {
        input: InputQuantiser { step: 0.125, min: -15, max: 15 },
        weight_max: vec![7, 7],
        step_factor: vec![1.0, 1.0],
        tables: None,
    }
}

#[test]
fn a_square_separates_what_no_line_can() {
    let trained = train(&recipe(20, None), &rings(200, 1), 3, &Watch::silent()).expect("trains");
    let last = trained.history.last().expect("epochs ran");
    assert_eq!((trained.history.len(), last.epoch), (20, 20));
    assert!(last.accuracy > 0.97, "{last:?}");
    assert!(last.loss < trained.history[0].loss);
    assert!(trained.integers.is_none());
    assert_eq!(trained.network.provenance().test_accuracy, Some(last.accuracy));
}

fn training<'a>(recipe: &'a Recipe, data: &'a Dataset, patience: Option<usize>) -> Training<'a> {
    Training { recipe, dataset: data, seed: 5, validation: Some(50), command: None, patience }
}

#[test]
fn early_stop_keeps_the_weights_of_the_best_epoch_held_out() {
    let (data, recipe) = (rings(120, 1), recipe(60, None));
    let run = |patience| training(&recipe, &data, patience).run(&Watch::silent(), &mut |_| {});
    let (whole, stopped) = (run(None).expect("trains"), run(Some(4)).expect("trains"));
    assert_eq!((whole.history.len(), whole.kept.as_slice()), (60, &[60][..]));
    let epochs = stopped.history.len();
    assert!(epochs < 60 && stopped.history[..] == whole.history[..epochs]);
    let best = stopped.history.iter().map(|r| r.accuracy).fold(0.0, f64::max);
    let first = stopped.history.iter().find(|r| r.accuracy == best).expect("one").epoch;
    let last = stopped.history.iter().rfind(|r| r.accuracy == best).expect("one").epoch;
    assert_eq!((epochs, stopped.kept.as_slice()), (first + 4, &[last][..]));
    let held = data.hold_out(50).expect("enough");
    let outputs = stopped.network.forward_batch(&held.test().inputs, &Watch::silent());
    let of_kept = accuracy(&outputs.expect("runs"), 2, &held.test().labels);
    assert_eq!(of_kept, best, "the weights are those of that epoch");
    assert_eq!(run(Some(4)).expect("trains"), stopped);
    let mut none = training(&recipe, &data, Some(4));
    none.validation = Some(0);
    let told = none.run(&Watch::silent(), &mut |_| {}).expect_err("nothing to stop by");
    assert!(told.to_string().contains("held out"), "{told}");
}

#[test]
fn the_seed_decides_everything() {
    let data = rings(64, 1);
    let weights = |seed| train(&recipe(2, None), &data, seed, &Watch::silent()).expect("trains");
    assert_eq!(weights(5), weights(5));
    assert_ne!(weights(5).network, weights(6).network);
}

#[test]
fn training_on_a_grid_ends_on_the_grid_and_matches_the_integers() {
    let data = rings(200, 2);
    let trained = train(&recipe(20, Some(grid())), &data, 3, &Watch::silent()).expect("trains");
    let q = trained.network.quantisation().expect("a grid");
    assert_eq!((q.weights.len(), q.input), (2, grid().input));
    let linear = trained.network.layers().iter().filter_map(|l| match &l.op {
        Op::Dense { weight, .. } => Some(weight),
        _ => None,
    });
    for (weight, grid) in linear.zip(&q.weights) {
        for w in weight {
            let n = w / grid.step;
            assert!((n - n.round()).abs() < 1e-4 && n.abs() <= grid.max as f32 + 1e-4, "{n}");
        }
    }
    let check = trained.integers.expect("checked");
    let last = trained.history.last().expect("epochs ran");
    assert_eq!(check.accuracy, last.accuracy, "integers decide as the rounded network does");
    assert!(check.accuracy > 0.97, "{check:?}");
    assert_eq!(check.largest.len(), 3);
}

#[test]
fn stopping_is_seen_and_progress_speaks_of_epochs() {
    let cancel = Cancel::default();
    let seen = std::sync::Mutex::new(Vec::new());
    let report = |step: progress::Step| {
        let mut seen = seen.lock().expect("not poisoned");
        seen.push(step);
        if seen.len() == 6 {
            cancel.cancel();
        }
    };
    let result = train(&recipe(50, None), &rings(64, 1), 1, &Watch::new(cancel.clone(), &report));
    assert!(matches!(result, Err(TrainError::Cancelled(_))));
    let seen = seen.lock().expect("not poisoned");
    assert_eq!(seen.len(), 6, "nothing is reported after stopping");
    assert_eq!((seen[0].what.as_str(), seen[0].total), ("epoch 1/50", 200));
    assert!(seen[5].what.starts_with("epoch 2/50, loss "), "{}", seen[5].what);
}

#[test]
fn data_that_do_not_fit_are_refused_with_both_shapes() {
    let digits = Recipe::built_in("digits").expect("built in");
    let error = train(&digits, &rings(8, 1), 1, &Watch::silent()).expect_err("does not fit");
    let text = error.to_string();
    assert!(
        text.contains("1x8x8") && text.contains("rings") && text.contains("2 classes"),
        "{text}"
    );
}

#[test]
fn a_learning_rate_too_high_is_reported() {
    let mut wild = recipe(40, None);
    wild.stages[0].learning_rate = 1e30;
    let result = train(&wild, &rings(64, 1), 1, &Watch::silent());
    assert!(matches!(result, Err(TrainError::Diverged { .. } | TrainError::Network(_))));
}

#[test]
fn every_built_in_recipe_is_a_network_for_its_grid() {
    for name in Recipe::NAMES {
        let recipe = Recipe::built_in(name).expect("named");
        assert_eq!(recipe.name, name);
        let built = network(recipe.input, recipe.layers.clone());
        let simple = built.simplify().expect("simplifies");
        let linear = |n: &Network| {
            n.layers()
                .iter()
                .filter(|l| matches!(l.op, Op::Dense { .. } | Op::Conv2d { .. }))
                .count()
        };
        let last = recipe.stages.last().expect("has stages");
        if let Some(grid) = &last.grid {
            assert!(last.simplify);
            assert_eq!(grid.weight_max.len(), linear(&simple));
        }
    }
    assert!(Recipe::built_in("nothing").is_none());
}

/// One layer of each kind, as wide as it is awkward.
fn mixed(rng: &mut StdRng) -> Network {
    let padding = Padding { top: 1, bottom: 0, left: 2, right: 1 };
    let conv = Op::Conv2d {
        in_channels: 2,
        out_channels: 3,
        kernel: (2, 3),
        stride: (1, 2),
        padding,
        weight: random(36, rng),
        bias: random(3, rng),
    };
    let cubic = Activation::Polynomial(Polynomial::new(vec![0.1, 0.5, -0.2, 0.3]));
    let pad = Padding { top: 1, bottom: 1, left: 0, right: 1 };
    network(
        Shape::Image { channels: 2, height: 5, width: 6 },
        vec![
            layer("conv", conv),
            layer("cubic", Op::Activation(cubic)),
            layer("pool", Op::AvgPool { kernel: (2, 2), stride: (2, 1), padding: pad }),
            layer("sum", Op::SumPool { kernel: (2, 2), stride: (1, 1), padding: pad }),
            layer("relu", Op::Activation(Activation::Relu)),
            layer("flatten", Op::Flatten),
            dense("dense", 48, 4, rng),
            layer("factor", Op::Scale { scale: random(4, rng), shift: random(4, rng) }),
            layer("tanh", Op::Activation(Activation::Tanh)),
            dense("last", 4, 3, rng),
            layer("sigmoid", Op::Activation(Activation::Sigmoid)),
        ],
    )
}

/// The same with skips: from the inputs, over two functions, and with a branch of its own.
fn skipping(rng: &mut StdRng) -> Network {
    let from = |name: &str| Some(name.to_owned());
    network(
        Shape::Flat { len: 60 },
        vec![
            dense("a", 60, 4, rng),
            layer("tanh", Op::Activation(Activation::Tanh)),
            dense("b", 4, 4, rng),
            layer("sum", Op::Add { from: from("a") }),
            layer("sigmoid", Op::Activation(Activation::Sigmoid)),
            layer("branch", Op::Branch { from: None }),
            dense("c", 60, 3, rng),
            layer("both", Op::Concat { from: from("sigmoid") }),
            dense("d", 7, 4, rng),
            layer("again", Op::Add { from: from("tanh") }),
            dense("last", 4, 3, rng),
        ],
    )
}

#[test]
fn the_graph_computes_what_inference_computes() {
    the_graph_computes(mixed, 11);
    the_graph_computes(skipping, 21);
}

fn the_graph_computes(network: fn(&mut StdRng) -> Network, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let network = network(&mut rng);
    let inputs = random(7 * 60, &mut rng);
    let expected = network.forward_batch(&inputs, &Watch::silent()).expect("runs");
    let mut graph = Graph::new(&network, None, &[]).expect("builds");
    let batch = Tensor::from_vec(inputs, (7, 60), &Device::Cpu).expect("fits");
    let got = graph.forward(batch).expect("runs").outputs.flatten_all().expect("fits");
    let got = got.to_vec1::<f32>().expect("floats");
    for (a, b) in got.iter().zip(&expected) {
        assert!((a - b).abs() < 1e-5, "{a} for {b}");
    }
    assert_eq!(graph.network(&network).expect("reads back").expect("fits"), network);
}

#[test]
fn every_activation_is_the_same_in_training_and_inference() {
    let mut rng = StdRng::seed_from_u64(13);
    let fitted = |function: Activation, method, degree| {
        let request = Approximation::new(function, method, degree, (-6.0, 5.0));
        request.fit(None).expect("fits").activation()
    };
    let approximations = [
        fitted(Activation::Silu, Method::Minimax, 15),
        fitted(Activation::Relu, Method::CompositeMinimax, 7),
        fitted(Activation::Sign, Method::CompositeMinimax, 5),
        fitted(Activation::Tanh, Method::Hermite, 3),
    ];
    let inputs: Vec<f32> = random(200, &mut rng).iter().map(|x| 4.0 * x).collect();
    for activation in Activation::TARGETS.into_iter().chain(approximations) {
        let layers = vec![layer("activation", Op::Activation(activation.clone()))];
        let network = network(Shape::Flat { len: 20 }, layers);
        let expected = network.forward_batch(&inputs, &Watch::silent()).expect("runs");
        let mut graph = Graph::new(&network, None, &[]).expect("builds");
        let batch = Tensor::from_vec(inputs.clone(), (10, 20), &Device::Cpu).expect("fits");
        let got = graph.forward(batch).expect("runs").outputs.flatten_all().expect("fits");
        for (a, b) in got.to_vec1::<f32>().expect("floats").iter().zip(&expected) {
            assert!((a - b).abs() < 2e-5 * b.abs().max(1.0), "{activation:?}: {a} for {b}");
        }
        let file = network.to_bytes();
        assert_eq!(Network::from_bytes(&file, "a test").expect("reads back"), network);
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    gradients_are_right(mixed, 12, 6);
    gradients_are_right(skipping, 22, 10);
}

fn gradients_are_right(network: fn(&mut StdRng) -> Network, seed: u64, count: usize) {
    let mut rng = StdRng::seed_from_u64(seed);
    let network = network(&mut rng);
    let inputs = random(5 * 60, &mut rng);
    let batch = || Tensor::from_vec(inputs.clone(), (5, 60), &Device::Cpu).expect("fits");
    let mut graph = Graph::new(&network, None, &[]).expect("builds");
    let mut loss =
        || graph.forward(batch()).and_then(|y| y.outputs.sqr()?.sum_all()).expect("runs");
    let gradients = loss().backward().expect("differentiates");
    let variables = Graph::new(&network, None, &[]).expect("builds").variables();
    assert_eq!(variables.len(), count);
    drop(variables);
    let variables = graph.variables();
    for variable in &variables {
        let gradient = gradients.get(variable).expect("used").flatten_all().expect("fits");
        let gradient = gradient.to_vec1::<f32>().expect("floats");
        let values = variable.flatten_all().expect("fits").to_vec1::<f32>().expect("floats");
        for i in [0, values.len() / 2, values.len() - 1] {
            let mut at = |delta: f32| {
                let mut moved = values.clone();
                moved[i] += delta;
                let tensor = Tensor::from_vec(moved, variable.shape(), &Device::Cpu);
                variable.set(&tensor.expect("fits")).expect("fits");
                let y =
                    graph.forward(batch()).and_then(|y| y.outputs.sqr()?.sum_all()).expect("runs");
                y.to_scalar::<f32>().expect("one value")
            };
            let slope = (at(1e-2) - at(-1e-2)) / 2e-2;
            at(0.0);
            let error = (slope - gradient[i]).abs();
            assert!(error < 0.02 * gradient[i].abs() + 5e-3, "{slope} for {}", gradient[i]);
        }
    }
}

#[test]
fn the_integer_network_is_the_rounded_network() {
    let mut rng = StdRng::seed_from_u64(13);
    let padding = Padding { top: 1, left: 1, ..Padding::default() };
    let conv = Op::Conv2d {
        in_channels: 1,
        out_channels: 3,
        kernel: (3, 3),
        stride: (2, 2),
        padding,
        weight: random(27, &mut rng),
        bias: random(3, &mut rng),
    };
    let network = network(
        Shape::Image { channels: 1, height: 6, width: 6 },
        vec![
            layer("conv", conv),
            square("s1"),
            layer("flatten", Op::Flatten),
            dense("d1", 27, 8, &mut rng),
            square("s2"),
            dense("d2", 8, 4, &mut rng),
        ],
    );
    let grid = Grid {
        input: InputQuantiser { step: 0.25, min: 0, max: 3 },
        weight_max: vec![7, 5, 31],
        step_factor: vec![1.0, 1.5, 1.0],
        tables: None,
    };
    let mut graph = Graph::new(&network, Some(&grid), &[]).expect("builds");
    let rounded = graph.network(&network).expect("reads").expect("fits");
    let q = rounded.quantisation().expect("a grid").clone();
    let mut inputs = random(40 * 36, &mut rng);
    let integers = Integers::new(&rounded, &q).expect("squares only");
    let run = integers.run(&inputs, &Watch::silent()).expect("runs").expect("exact");
    assert!(run.outputs.iter().all(|y| y.fract() == 0.0));
    assert_eq!(run.largest.len(), 5);

    super::grid::snap_inputs(&mut inputs, &q.input);
    let batch = Tensor::from_vec(inputs, (40, 36), &Device::Cpu).expect("fits");
    let y = graph.forward(batch).expect("runs").outputs.flatten_all().expect("fits");
    let y = y.to_vec1::<f32>().expect("floats");
    let steps: Vec<f64> = q.weights.iter().map(|w| f64::from(w.step)).collect();
    let scale = ((0.25 * steps[0]).powi(2) * steps[1]).powi(2) * steps[2];
    for (float, integer) in y.chunks(4).zip(run.outputs.chunks(4)) {
        assert_eq!(argmax(float), argmax(integer));
        for (f, n) in float.iter().zip(integer) {
            assert!((f64::from(*f) - n * scale).abs() < 1e-3, "{f} for {}", n * scale);
        }
    }
}

/// Two dense layers with ReLU between, fine-tuned with a polynomial that holds on `[-half, half]`.
fn fine_tuned(half: f64, range_penalty: f64) -> Trained {
    let data = rings(400, 3);
    let mut rng = StdRng::seed_from_u64(2);
    let relu = layer("r", Op::Activation(Activation::Relu));
    let layers = vec![dense("a", 2, 6, &mut rng), relu, dense("b", 6, 2, &mut rng)];
    let tuning = FineTuning {
        approximations: Approximations {
            function: None,
            method: Method::LeastSquares,
            degree: 2,
            parts: 2,
            own: None,
            interval: IntervalRule::Given((-half, half)),
            layers: Vec::new(),
        },
        epochs: 40,
        learning_rate: 0.02,
        range_penalty,
        from_scratch: false,
    };
    let exact = Network::new(
        "rings",
        Shape::Flat { len: 2 },
        Normalisation { offset: vec![3.0, 0.0], scale: vec![1.0] },
        layers,
        None,
        Provenance::default(),
    );
    let recipe = Recipe::fine_tune(&exact.expect("fits"), &data, &tuning);
    let training = training(&recipe, &data, None);
    let mut told = Vec::new();
    let trained = training.run(&Watch::silent(), &mut |event| told.push(event)).expect("trains");
    let steps = told.iter().filter(|e| matches!(e, TrainEvent::Step { .. })).count();
    assert_eq!(steps, 40 * 350_usize.div_ceil(32));
    let epochs = told.iter().filter_map(|e| match e {
        TrainEvent::Epoch { record, of: 40 } => Some(record.clone()),
        _ => None,
    });
    assert_eq!(epochs.collect::<Vec<_>>(), trained.history);
    trained
}

#[test]
fn a_penalty_keeps_activation_inputs_inside_the_interval() {
    let inside = |trained: &Trained| trained.history.last().and_then(|r| r.share_inside);
    let (free, held) = (fine_tuned(1.0, 0.0), fine_tuned(1.0, 20.0));
    let (free_share, held_share) = (inside(&free).expect("told"), inside(&held).expect("told"));
    assert!(free_share < 0.8 && held_share > 0.95, "{free_share} and {held_share}");
    for trained in [free, held] {
        assert!(trained.network.layers().iter().all(|l| l.op.is_polynomial()));
        let accuracy = trained.network.provenance().test_accuracy.expect("stated");
        assert!(accuracy > 0.9, "{accuracy}");
    }
}

#[test]
fn training_with_tables_gives_the_integers_it_was_trained_on() {
    let dataset = data::open("digits", None).expect("built in");
    let mut recipe = Recipe::built_in("digits-table").expect("known");
    recipe.stages.iter_mut().for_each(|s| s.epochs = 4);
    let trained = train(&recipe, &dataset, 5, &Watch::silent()).expect("trains");
    let check = trained.tables.expect("has tables");
    assert!(check.accuracy > 0.85 && check.noisy_accuracy > 0.85, "{check:?}");
    assert!(check.agreement > 0.97, "{check:?}");
    // The last epoch saw the same integers under the noise of its own seed.
    let last = trained.history.last().expect("ran");
    assert!((last.accuracy - check.accuracy).abs() < 0.05);
    // The file holds all of it.
    let bytes = trained.network.to_bytes();
    let read = Network::from_bytes(&bytes, "again").expect("reads");
    assert_eq!(read, trained.network);
    let table = crate::table::TableNetwork::trained(&read).expect("fits").expect("trained");
    let run = table.evaluate(&dataset.test().inputs, &Watch::silent()).expect("runs");
    assert_eq!(run.accuracy(10, &dataset.test().labels), check.accuracy);
    assert_eq!(train(&recipe, &dataset, 5, &Watch::silent()).expect("trains").network, read);
}
