//! Lowering against the float network, evaluation against direct computation, noise from a seed.

use super::*;
use crate::{
    InputQuantiser, Layer, Network, Normalisation, Op, Padding, Provenance, Quantisation,
    TableQuantiser, WeightQuantiser,
};
use activation::Activation;
use data::Shape;
use progress::{Cancel, Watch};
use proptest::prelude::*;

fn layer(name: &str, op: Op) -> Layer {
    Layer { name: name.into(), op }
}

fn plain() -> Normalisation {
    Normalisation { offset: vec![0.0], scale: vec![1.0] }
}

fn dense(name: &str, inputs: usize, weight: Vec<f32>, bias: Vec<f32>) -> Layer {
    let outputs = weight.len() / inputs;
    layer(name, Op::Dense { inputs, outputs, weight, bias })
}

/// Integers from -7 to 7, drawn from a seed.
fn integers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 15) as f32 - 7.0
    };
    (0..count).map(|_| next()).collect()
}

/// Dense 6 to 5, an activation, dense 5 to 3, with weights on a grid and a table of 4 bits.
fn trained(function: Activation, range: f32) -> Network {
    let steps = |weights: Vec<f32>| weights.into_iter().map(|w| w * 0.25).collect();
    let quantisation = Quantisation {
        input: InputQuantiser { step: 0.5, min: -8, max: 8 },
        weights: vec![WeightQuantiser { step: 0.25, max: 7 }; 2],
        tables: vec![TableQuantiser { bits: 4, range, step: 0.125 }],
    };
    let layers = vec![
        dense("first", 6, steps(integers(30, 1)), vec![0.25, -0.5, 0.0, 1.0, -1.0]),
        layer("function", Op::Activation(function)),
        dense("last", 5, steps(integers(15, 2)), Vec::new()),
    ];
    let input = Shape::Flat { len: 6 };
    Network::new("trained", input, plain(), layers, Some(quantisation), Provenance::default())
        .expect("fits")
}

fn inputs(samples: usize, values: usize, seed: u64) -> Vec<f32> {
    integers(samples * values, seed).into_iter().map(|v| v * 0.5).collect()
}

/// An affine network on integer weights, lowered with step 1, must give the float sums exactly.
fn lowered_as_float(input: Shape, op: Op, output: Shape, values: &[f32]) {
    let grid = WeightQuantiser { step: 1.0, max: 127 };
    let linear = Linear::lower("layer", &op, (input, output), 1.0, &grid).expect("affine");
    assert_eq!((linear.rows(), linear.output), (output.len(), output));
    let layers = vec![layer("layer", op)];
    let network =
        Network::new("float", input, plain(), layers, None, Provenance::default()).expect("fits");
    let expected = network.forward_batch(values, &Watch::silent()).expect("runs");
    let mut sums = Vec::new();
    for (sample, expected) in values.chunks(input.len()).zip(expected.chunks(output.len())) {
        let sample: Vec<i32> = sample.iter().map(|x| *x as i32).collect();
        linear.apply(&sample, &mut sums);
        let found: Vec<f32> = sums.iter().map(|a| *a as f32).collect();
        assert_eq!(found, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn dense_layers_become_the_same_sums(inputs in 1usize..12, outputs in 2usize..8, seed in 1u64..1000) {
        let op = Op::Dense {
            inputs, outputs,
            weight: integers(inputs * outputs, seed),
            bias: integers(outputs, seed + 1),
        };
        let values = integers(3 * inputs, seed + 2);
        lowered_as_float(Shape::Flat { len: inputs }, op, Shape::Flat { len: outputs }, &values);
    }

    #[test]
    fn convolutions_become_the_same_sums(
        channels in (1usize..3, 1usize..4), side in 4usize..8, kernel in (2usize..4, 2usize..4),
        stride in (1usize..3, 1usize..3), pad in (0usize..2, 0usize..2), seed in 1u64..1000,
    ) {
        let padding = Padding { top: pad.0, left: pad.1, ..Padding::default() };
        let input = Shape::Image { channels: channels.0, height: side, width: side + 1 };
        let size = |len: usize, pad: usize, kernel: usize, stride: usize| (len + pad - kernel) / stride + 1;
        let output = Shape::Image {
            channels: channels.1,
            height: size(side, pad.0, kernel.0, stride.0),
            width: size(side + 1, pad.1, kernel.1, stride.1),
        };
        let op = Op::Conv2d {
            in_channels: channels.0, out_channels: channels.1, kernel, stride, padding,
            weight: integers(channels.0 * channels.1 * kernel.0 * kernel.1, seed),
            bias: integers(channels.1, seed + 1),
        };
        prop_assume!(output.len() > 1);
        lowered_as_float(input, op, output, &integers(2 * input.len(), seed + 2));
    }

    #[test]
    fn sum_pools_become_the_same_sums(side in 3usize..7, kernel in 2usize..4, stride in 1usize..3, seed in 1u64..1000) {
        let input = Shape::Image { channels: 2, height: side, width: side };
        let small = (side + 1 - kernel) / stride + 1;
        let output = Shape::Image { channels: 2, height: small, width: small };
        let padding = Padding { top: 1, left: 1, ..Padding::default() };
        let op = Op::SumPool { kernel: (kernel, kernel), stride: (stride, stride), padding };
        lowered_as_float(input, op, output, &integers(2 * input.len(), seed));
    }

    #[test]
    fn a_table_reads_the_level_of_the_step(
        bits in 1u32..=6, width in 1i64..50, sum in -4000i64..4000, error in -0.49f64..0.49,
    ) {
        for function in [Activation::Relu, Activation::Sigmoid, Activation::Sign, Activation::Tanh] {
            let look_up = LookUp::sample(&function, bits, width, 0.01, 15);
            let table = Table {
                name: "t".into(), values: 1, bits, width, input_scale: 0.01,
                functions: vec![look_up.clone()],
            };
            // An error below half a unit never matters.
            prop_assert_eq!(table.step_of(sum), table.step_with_error(sum, error));
            let read = look_up.at(table.step_of(sum));
            // Half a turn away the output is mirrored, a whole turn away it is the same.
            let turn = 2 * table.range();
            prop_assert_eq!(look_up.at(table.step_of(sum + turn)), look_up.ends() - read);
            prop_assert_eq!(look_up.at(table.step_of(sum - 2 * turn)), read);
            if table.contains(sum) {
                let centre = (table.step_of(sum) * width - table.range()) as f64
                    + (width - 1) as f64 / 2.0;
                let value = function.eval_f64(centre * 0.01);
                prop_assert!((f64::from(read) * look_up.step - value).abs() <= 0.5 * look_up.step + 1e-12);
                prop_assert!((centre - sum as f64).abs() <= (width - 1) as f64 / 2.0);
            }
            let (down, up) = table.distances(sum);
            for (distance, side) in [(down, -1.0), (up, 1.0)] {
                let Some(distance) = distance else { continue };
                let before = table.step_with_error(sum, side * (distance - 1e-6));
                let after = table.step_with_error(sum, side * (distance + 1e-6));
                prop_assert_eq!(look_up.at(before), read);
                prop_assert!(look_up.at(after) != read);
            }
        }
    }

    #[test]
    fn quantised_networks_stay_close_to_the_float_network(seed in 1u64..200) {
        let float: Vec<f32> = integers(6 * 8, seed).iter().map(|w| w * 0.1).collect();
        let last: Vec<f32> = integers(8 * 3, seed + 7).iter().map(|w| w * 0.1).collect();
        let layers = vec![
            dense("first", 6, float, vec![0.1; 8]),
            layer("tanh", Op::Activation(Activation::Tanh)),
            dense("last", 8, last, vec![-0.05; 3]),
        ];
        let network = Network::new("n", Shape::Flat { len: 6 }, plain(), layers, None, Provenance::default())
            .expect("fits");
        let raw = inputs(200, 6, seed + 3);
        let options = TableOptions { bits: 6, weight_bits: 8, input_bits: 8, ..TableOptions::default() };
        let table = TableNetwork::quantise(&network, &options, &raw, &Watch::silent()).expect("fits");
        let expected = network.forward_batch(&raw, &Watch::silent()).expect("runs");
        let run = table.evaluate(&raw, &Watch::silent()).expect("runs");
        prop_assert!(!run.outside[0].any());
        // A lookup is at most half a step from the sum, and tanh is no steeper than 1.
        let step = table.tables().map(|t| t.width as f64 * t.input_scale).fold(0.0, f64::max);
        let weights: f64 = 8.0 * 0.7;
        let scale = table.score_scale();
        for (score, y) in run.scores.iter().zip(expected) {
            let error = (*score as f64 * scale - f64::from(y)).abs();
            prop_assert!(error <= weights * (0.5 * step + 0.15), "{error} with steps of {step}");
        }
    }
}

#[test]
fn evaluation_is_direct_computation() {
    let network = trained(Activation::Relu, 16.0);
    let table = TableNetwork::trained(&network).expect("fits").expect("has tables");
    let raw = inputs(50, 6, 5);
    let run = table.evaluate(&raw, &Watch::silent()).expect("runs");
    // Steps of the sums: 0.5 x 0.25; of the table: 16 over 8 steps of 2, that is 16 units.
    let (first, last) = (integers(30, 1), integers(15, 2));
    let bias = [2, -4, 0, 8, -8];
    let expected: Vec<i64> = raw
        .chunks(6)
        .flat_map(|sample| {
            let hidden: Vec<i64> = (0..5)
                .map(|r| {
                    let products =
                        (0..6).map(|i| first[r * 6 + i] as i64 * (sample[i] * 2.0) as i64);
                    let step = (products.sum::<i64>() + bias[r] + 128).div_euclid(16);
                    // The middle of step i lies at ((i - 8) 16 + 7.5) / 8, in levels of 1/8.
                    if step < 8 { 0 } else { ((step - 8) * 16) + 8 }
                })
                .collect();
            (0..3)
                .map(|c| (0..5).map(|r| last[c * 5 + r] as i64 * hidden[r]).sum())
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(!run.outside[0].any());
    assert_eq!(run.scores, expected);
    assert_eq!(table.lookups(), 5);
}

#[test]
fn noise_comes_from_its_seed_and_flips_are_as_predicted() {
    let network = trained(Activation::Tanh, 16.0);
    let table = TableNetwork::trained(&network).expect("fits").expect("has tables");
    let raw = inputs(4000, 6, 9);
    let labels = vec![0; 4000];
    let noise = table.relative_noise(1.0 / 64.0, 3);
    let silent = Watch::silent();
    let simulate = |noise: &Noise| table.simulate(&raw, &labels, noise, &silent).expect("runs");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("builds");
    let first = simulate(&noise);
    assert_eq!(first, one.install(|| simulate(&noise)));
    assert_ne!(first.scores, simulate(&Noise { seed: 4, ..noise.clone() }).scores);
    assert_eq!(simulate(&table.relative_noise(0.0, 3)).agreement, 1.0);

    let integers = table.integers(&raw).expect("whole samples");
    let layer = table.tables().next().expect("one");
    let (mut expected, mut variance) = (0.0, 0.0);
    for sample in integers.chunks(6) {
        table.walk(sample, |_, sums, _| {
            for a in sums {
                let p = layer.flip_probability(*a, noise.standard_deviations[0]);
                expected += p;
                variance += p * (1.0 - p);
            }
        });
    }
    let flips = first.flips[0];
    assert_eq!(flips.lookups, 20_000);
    assert!(expected > 50.0, "{expected}");
    let off = (flips.adjacent + flips.wrong_bin) as f64 - expected;
    assert!(off.abs() < 4.0 * f64::sqrt(variance), "{flips:?} against {expected}");
    assert_eq!(flips.wrong_bin, 0);
    assert!(layer.far_probability(noise.standard_deviations[0]) < 1e-12);
}

#[test]
fn accumulators_are_those_of_the_walk() {
    let network = trained(Activation::Relu, 4.0);
    let table = TableNetwork::trained(&network).expect("fits").expect("has tables");
    let raw = inputs(300, 6, 11);
    let found = table.accumulators(&raw, &Watch::silent()).expect("runs");
    let layer = table.tables().next().expect("one");
    let (mut sums, mut outside) = (Vec::new(), 0);
    for sample in table.integers(&raw).expect("whole").chunks(6) {
        table.walk(sample, |_, a, _| sums.extend_from_slice(a));
    }
    outside += sums.iter().filter(|a| !layer.contains(**a)).count() as u64;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].sums.total(), found[0].outside), (1500, outside));
    assert!(outside > 0);
    assert_eq!(found[0].sums.max(), sums.iter().max().map(|m| *m as f64));
    assert!(found[0].distances.min().expect("some") >= 0.5);
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let network = trained(Activation::Relu, 16.0);
    let silent = Watch::silent();
    let quantise = |options: TableOptions, raw: &[f32]| {
        TableNetwork::quantise(&network, &options, raw, &silent).expect_err("refused").to_string()
    };
    let raw = inputs(10, 6, 1);
    let default = TableOptions::default;
    assert!(quantise(TableOptions { bits: 7, ..default() }, &raw).contains("1 to 6"));
    assert!(quantise(TableOptions { weight_bits: 1, ..default() }, &raw).contains("2 to 12"));
    assert!(quantise(default(), &raw[..5]).contains("whole sample"));
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped = TableNetwork::quantise(&network, &default(), &raw, &Watch::new(cancel, &|_| {}));
    assert!(matches!(stopped, Err(TableError::Cancelled(_) | TableError::Forward(_))));

    let grid = InputGrid { normalisation: plain(), step: 1.0, low: 0, high: 1 };
    let shape = Shape::Flat { len: 2 };
    let sums = |weight: i32, index: u32| {
        let row = vec![Term { index, weight }];
        let rows = vec![(row.clone(), 0), (row, i64::MAX)];
        TableLayer::Linear(Linear::new("sums", "dense", (shape, shape), 1.0, 1.0, rows))
    };
    let build = |layers| {
        TableNetwork::new("n", shape, grid.clone(), layers).expect_err("refused").to_string()
    };
    assert!(build(vec![sums(1, 0)]).contains("62 bits"));
    assert!(build(vec![sums(1, 2)]).contains("beyond"));
    assert!(build(Vec::new()).contains("at least 2 classes"));
}

#[test]
fn two_functions_share_one_lookup() {
    let shape = Shape::Flat { len: 2 };
    let look_up = |levels: [i32; 4]| LookUp {
        function: Activation::Relu,
        levels: levels.to_vec(),
        step: 1.0,
    };
    let table = Table {
        name: "both".into(),
        values: 2,
        bits: 2,
        width: 2,
        input_scale: 1.0,
        functions: vec![look_up([0, 0, 1, 3]), look_up([3, 1, 0, 0])],
    };
    let row = |weights: [i32; 4]| {
        let terms = weights.into_iter().zip(0..).map(|(weight, index)| Term { index, weight });
        (terms.collect::<Vec<_>>(), 0)
    };
    let wide = Shape::Flat { len: 4 };
    let layers = vec![
        TableLayer::Linear(Linear::identity("in", shape, 1.0)),
        TableLayer::Table(table),
        TableLayer::Linear(Linear::new(
            "out",
            "dense",
            (wide, shape),
            1.0,
            1.0,
            vec![row([1, 0, 0, 10]), row([0, 1, 10, 0])],
        )),
    ];
    let grid = InputGrid { normalisation: plain(), step: 1.0, low: -4, high: 3 };
    let network = TableNetwork::new("n", shape, grid, layers).expect("fits");
    let run = network.evaluate(&[3.0, -3.0], &Watch::silent()).expect("runs");
    assert_eq!(run.scores, [3 + 30, 0]);
    assert_eq!(network.lookups(), 2);
}

#[test]
fn convolutions_pools_and_norms_of_any_network_are_quantised() {
    let conv = Op::Conv2d {
        in_channels: 1,
        out_channels: 3,
        kernel: (3, 3),
        stride: (1, 1),
        padding: Padding { top: 1, bottom: 1, left: 1, right: 1 },
        weight: integers(27, 4).iter().map(|w| w * 0.05).collect(),
        bias: vec![0.1; 3],
    };
    let norm = Op::BatchNorm {
        gamma: vec![1.5; 3],
        beta: vec![0.2; 3],
        mean: vec![0.1; 3],
        variance: vec![0.5; 3],
        epsilon: 1e-5,
    };
    let pool = Op::AvgPool { kernel: (2, 2), stride: (2, 2), padding: Padding::default() };
    let layers = vec![
        layer("conv", conv),
        layer("norm", norm),
        layer("relu", Op::Activation(Activation::Relu)),
        layer("pool", pool),
        layer("flatten", Op::Flatten),
        dense("dense", 27, integers(27 * 4, 6).iter().map(|w| w * 0.05).collect(), vec![0.0; 4]),
    ];
    let input = Shape::Image { channels: 1, height: 6, width: 6 };
    let network =
        Network::new("cnn", input, plain(), layers, None, Provenance::default()).expect("fits");
    let raw = inputs(200, 36, 8);
    let options = TableOptions { bits: 6, weight_bits: 8, ..TableOptions::default() };
    let table = TableNetwork::quantise(&network, &options, &raw, &Watch::silent()).expect("fits");
    assert_eq!(table.lookups(), 3 * 36);
    let expected = network.forward_batch(&raw, &Watch::silent()).expect("runs");
    let run = table.evaluate(&raw, &Watch::silent()).expect("runs");
    let same = run
        .answers(4)
        .into_iter()
        .zip(expected.chunks(4))
        .filter(|(a, row)| *a == crate::argmax(row));
    assert!(same.count() >= 185);
}

#[test]
fn without_clipping_inputs_go_on_and_trained_tables_stay_flat() {
    let table =
        TableNetwork::trained(&trained(Activation::Relu, 16.0)).expect("fits").expect("has tables");
    assert!(table.has_trained_ranges());
    let raw = inputs(50, 6, 5);
    assert!(!table.unclipped(&raw, 1.0).inputs.any());
    let far: Vec<f32> = raw.iter().map(|x| x * 64.0).collect();
    let found = table.unclipped(&far, 1.0);
    let beyond: Vec<bool> = far.chunks(6).map(|s| s.iter().any(|x| x.abs() > 4.0)).collect();
    assert_eq!(found.inputs.samples, beyond.iter().filter(|b| **b).count() as u64);
    assert_eq!(found.inputs.factor, 64.0 * 7.0 / 8.0);
    // As `evaluation_is_direct_computation`, with levels that stay at the last.
    let (first, last) = (integers(30, 1), integers(15, 2));
    let bias = [2, -4, 0, 8, -8];
    for (index, sample) in far.chunks(6).enumerate().filter(|(index, _)| beyond[*index]) {
        let hidden: Vec<i64> = (0..5)
            .map(|r| {
                let products = (0..6).map(|i| first[r * 6 + i] as i64 * (sample[i] * 2.0) as i64);
                let step = (products.sum::<i64>() + bias[r] + 128).div_euclid(16).min(15);
                if step < 8 { 0 } else { (step - 8) * 16 + 8 }
            })
            .collect();
        let scores: Vec<i64> =
            (0..3).map(|c| (0..5).map(|r| last[c * 5 + r] as i64 * hidden[r]).sum()).collect();
        assert_eq!(found.classes.get(&index), Some(&Some(crate::argmax(&scores))));
    }
}

#[test]
fn sums_beyond_an_untrained_table_follow_its_function() {
    let float = trained(Activation::Relu, 16.0);
    let raw = inputs(50, 6, 5);
    let table = TableNetwork::quantise(&float, &TableOptions::default(), &raw, &Watch::silent())
        .expect("fits");
    assert!(!table.has_trained_ranges());
    assert!(table.unclipped(&raw, 1.0).classes.is_empty());
    // ReLU has no end: three times the inputs are answered as by the float network but for rounding,
    // which decides where two outputs are close.
    let far: Vec<f32> = raw.iter().map(|x| x * 3.0).collect();
    let found = table.unclipped(&far, 1.0);
    let outputs = float.forward_batch(&far, &Watch::silent()).expect("runs");
    let (mut same, mut clear) = (0, 0);
    for (index, class) in &found.classes {
        let mut row = outputs[index * 3..(index + 1) * 3].to_vec();
        let right = crate::argmax(&row);
        row.sort_by(f32::total_cmp);
        if row[2] - row[1] > 40.0 {
            clear += 1;
            same += usize::from(*class == Some(right));
        }
    }
    assert!(clear >= 5 && same == clear, "{same} of {clear}");
}
