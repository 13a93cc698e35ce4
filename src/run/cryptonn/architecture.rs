//! The networks that can be trained on encrypted data.

use crate::activation::Activation;
use crate::data::Shape;
use crate::network::train::{Recipe, Scaling};
use crate::network::{Layer, Network, Op, Padding};

/// Their names, as the field `model` of a scenario gives them.
pub const ARCHITECTURES: [&str; 5] =
    ["cryptonn", "cryptonn-hospital", "cryptonn-mnist", "cryptonn-mnist-32", "cryptonn-lenet"];

fn layer(name: &str, op: Op) -> Layer {
    Layer { name: name.to_owned(), op }
}

/// Index of the layer that is computed on what is encrypted: the first, but for a flattening.
pub(super) fn first_linear(network: &Network) -> Option<usize> {
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
