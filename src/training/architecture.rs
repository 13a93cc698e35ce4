//! The networks that can be trained on encrypted data.

use crate::error::CryptonnError;
use activation::Activation;
use data::Shape;
use network::train::{Recipe, Scaling};
use network::{Layer, Network, Op, Padding};
use scenario::TrainingRequest;

/// Their names, as the field `model` of a scenario gives them.
pub const ARCHITECTURES: [&str; 5] =
    ["cryptonn", "cryptonn-hospital", "cryptonn-mnist", "cryptonn-mnist-32", "cryptonn-lenet"];

fn layer(name: &str, op: Op) -> Layer {
    Layer { name: name.to_owned(), op }
}

/// Index of the layer that is computed on what is encrypted: the first, but for a flattening.
pub(crate) fn first_linear(network: &Network) -> Option<usize> {
    network.layers().iter().position(|layer| !matches!(layer.op, Op::Flatten))
}

/// Dense layers with ReLU between them.
fn dense(widths: &[usize]) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (at, pair) in widths.windows(2).enumerate() {
        if at > 0 {
            layers.push(layer(&format!("relu{at}"), Op::Activation(Activation::Relu)));
        }
        if let [inputs, outputs] = *pair {
            let (weight, bias) = (vec![0.0; inputs * outputs], vec![0.0; outputs]);
            let op = Op::Dense { inputs, outputs, weight, bias };
            layers.push(layer(&format!("dense{}", at + 1), op));
        }
    }
    layers
}

/// The same on images.
fn flat(widths: &[usize]) -> Vec<Layer> {
    std::iter::once(layer("flatten", Op::Flatten)).chain(dense(widths)).collect()
}

fn conv(name: &str, in_channels: usize, out_channels: usize, pad: usize) -> Layer {
    let op = Op::Conv2d {
        in_channels,
        out_channels,
        kernel: (5, 5),
        stride: (1, 1),
        padding: Padding { top: pad, bottom: pad, left: pad, right: pad },
        weight: vec![0.0; in_channels * out_channels * 25],
        bias: vec![0.0; out_channels],
    };
    layer(name, op)
}

fn pool(name: &str) -> Layer {
    let op = Op::AvgPool { kernel: (2, 2), stride: (2, 2), padding: Padding::default() };
    layer(name, op)
}

/// After LeNet-5 (LeCun et al. 1998): mean pools, ReLU in the place of tanh.
fn lenet() -> Vec<Layer> {
    let relu = |name: &str| layer(name, Op::Activation(Activation::Relu));
    let mut layers = vec![
        conv("conv1", 1, 6, 2),
        relu("relu_conv1"),
        pool("pool1"),
        conv("conv2", 6, 16, 0),
        relu("relu_conv2"),
        pool("pool2"),
        layer("flatten", Op::Flatten),
    ];
    layers.extend(dense(&[400, 120, 84, 10]));
    layers
}

/// How the network that `choice` trains is made: that of `name`, with as many units in its first layer as
/// are chosen.
///
/// # Errors
/// When there is none of that name.
pub fn recipe(name: &str, choice: &TrainingRequest) -> Result<Recipe, CryptonnError> {
    let mut recipe = architecture(name).ok_or_else(|| {
        CryptonnError::Impossible(format!(
            "model {name} cannot be trained on encrypted data; {} can",
            ARCHITECTURES.join(", ")
        ))
    })?;
    if let Some(units) = choice.units {
        let mut linear = recipe.layers.iter_mut().filter_map(|layer| match &mut layer.op {
            op @ (Op::Dense { .. } | Op::Conv2d { .. }) => Some(op),
            _ => None,
        });
        if let Some(first) = linear.next() {
            set_outputs(first, units);
        }
        if let Some(second) = linear.next() {
            set_inputs(second, units);
        }
    }
    Ok(recipe)
}

/// Gives a layer without weights another number of units.
fn set_outputs(op: &mut Op, units: usize) {
    match op {
        Op::Dense { inputs, outputs, weight, bias } => {
            *outputs = units;
            (*weight, *bias) = (vec![0.0; *inputs * units], vec![0.0; units]);
        }
        Op::Conv2d { in_channels, out_channels, kernel, weight, bias, .. } => {
            *out_channels = units;
            let size = *in_channels * kernel.0 * kernel.1 * units;
            (*weight, *bias) = (vec![0.0; size], vec![0.0; units]);
        }
        _ => {}
    }
}

/// The layer behind it, made to fit.
fn set_inputs(op: &mut Op, units: usize) {
    match op {
        Op::Dense { inputs, outputs, weight, .. } => {
            *inputs = units;
            *weight = vec![0.0; units * *outputs];
        }
        Op::Conv2d { in_channels, out_channels, kernel, weight, .. } => {
            *in_channels = units;
            *weight = vec![0.0; units * *out_channels * kernel.0 * kernel.1];
        }
        _ => {}
    }
}

/// How the network of that name is made, if there is one: layers without weights.
pub fn architecture(name: &str) -> Option<Recipe> {
    let mnist = Shape::Image { channels: 1, height: 28, width: 28 };
    let small = Shape::Image { channels: 1, height: 8, width: 8 };
    let (dataset, input, layers, scaling) = match name {
        "cryptonn" => ("digits", small, flat(&[64, 32, 10]), Scaling::Divide(16.0)),
        "cryptonn-hospital" => {
            ("breast_cancer", Shape::Flat { len: 30 }, dense(&[30, 16, 2]), Scaling::Standardise)
        }
        "cryptonn-mnist" => ("mnist", mnist, flat(&[784, 128, 32, 10]), Scaling::Divide(255.0)),
        "cryptonn-mnist-32" => ("mnist", mnist, flat(&[784, 32, 10]), Scaling::Divide(255.0)),
        "cryptonn-lenet" => ("mnist", mnist, lenet(), Scaling::Divide(255.0)),
        _ => return None,
    };
    Some(Recipe {
        name: name.to_owned(),
        dataset: dataset.to_owned(),
        input,
        layers,
        scaling,
        start: None,
        validation: 0,
        stages: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_takes_another_number_of_units() {
        for name in ARCHITECTURES {
            let choice = TrainingRequest { units: Some(3), ..TrainingRequest::default() };
            let recipe = recipe(name, &choice).unwrap();
            let counts: Vec<(usize, usize)> = recipe
                .layers
                .iter()
                .filter_map(|layer| match &layer.op {
                    Op::Dense { inputs, outputs, weight, bias } => {
                        assert_eq!((weight.len(), bias.len()), (inputs * outputs, *outputs));
                        Some((*inputs, *outputs))
                    }
                    Op::Conv2d { in_channels, out_channels, weight, bias, .. } => {
                        let size = 25 * in_channels * out_channels;
                        assert_eq!((weight.len(), bias.len()), (size, *out_channels));
                        Some((*in_channels, *out_channels))
                    }
                    _ => None,
                })
                .collect();
            assert_eq!((counts[0].1, counts[1].0), (3, 3), "{name}");
        }
        let error = recipe("lenet", &TrainingRequest::default()).unwrap_err().to_string();
        assert!(error.contains("cannot be trained on encrypted data"), "{error}");
    }
}
