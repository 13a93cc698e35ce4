//! The same files under another program that reads ONNX, which knows nothing of `expected.json`.

use super::{TOLERANCE, ended, expected, folder, raw};
use cryptoscope::import;
use cryptoscope::progress::Watch;
use rten::{Dimension, Model};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

/// Files with operators of `ai.onnx.ml`, and one with an empty list of dilations: it does not take them.
const NOT_READ: [&str; 6] = [
    "channels_last.onnx",
    "sklearn_logistic.onnx",
    "sklearn_logistic_two.onnx",
    "sklearn_mlp.onnx",
    "sklearn_mlp_two.onnx",
    "sklearn_scaled_mlp.onnx",
];

/// What the file gives for one sample.
fn run(name: &str, x: &[f32]) -> Result<Vec<f64>, String> {
    let model = Model::load_file(folder().join(name)).map_err(|e| e.to_string())?;
    let dims = model.input_shape(0).ok_or("no shape of its input")?;
    let dims: Vec<usize> = dims
        .iter()
        .map(|dim| match dim {
            Dimension::Fixed(len) => *len,
            Dimension::Symbolic(_) => 1,
        })
        .collect();
    let samples = dims.iter().product::<usize>() / x.len();
    let input = Tensor::from_data(&dims, x.repeat(samples));
    let output = model.run_one(input.view().into(), None).map_err(|e| e.to_string())?;
    let output: Tensor<f32> = output.try_into().map_err(|_| "its output is no list of floats")?;
    let values = output.to_vec();
    Ok(values[..values.len() / samples].iter().map(|v| f64::from(*v)).collect())
}

#[test]
fn networks_give_what_another_reader_gives() {
    let (mut same, mut wrong, mut not_read) = (0, Vec::new(), Vec::new());
    let all = expected();
    for (name, expected) in &all {
        let network = import::load(folder().join(name)).unwrap();
        let x = &expected.inputs[0];
        let right = match run(name, x) {
            Ok(right) => right,
            Err(why) => {
                not_read.push(name.as_str());
                println!("{name}: {why}");
                continue;
            }
        };
        let scores = network.forward_batch(&raw(name, &network, x), &Watch::silent()).unwrap();
        let scores: Vec<f64> = scores.iter().map(|s| f64::from(*s)).collect();
        let found = ended(&expected.end, &scores);
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * b.abs().max(1.0);
        if found.len() == right.len() && found.iter().zip(&right).all(near) {
            same += 1;
        } else {
            wrong.push(format!("{name}: {found:?} where {right:?} is right"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(not_read, NOT_READ, "{same} are the same");
}
