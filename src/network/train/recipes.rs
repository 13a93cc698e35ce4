//! The recipes of the models that come with the program.

use super::augment::Augment;
use super::recipe::{Grid, Recipe, Scaling, Stage};
use crate::{Approximations, InputQuantiser, IntervalRule, Layer, Op, Padding};
use activation::{Activation, DEFAULT_PARTS, Method};
use data::Shape;

/// Distortions of handwritten digits of 28x28 pixels.
pub(super) const DISTORTED: Augment =
    Augment { share: 0.8, shift: 1.5, rotate_degrees: 10.0, scale: 0.1, shear: 0.1, elastic: 1.0 };

pub(super) fn layer(name: &str, op: Op) -> Layer {
    Layer { name: name.to_owned(), op }
}

pub(super) fn dense(name: &str, inputs: usize, outputs: usize) -> Layer {
    let (weight, bias) = (vec![0.0; inputs * outputs], vec![0.0; outputs]);
    layer(name, Op::Dense { inputs, outputs, weight, bias })
}

fn conv(
    name: &str,
    channels: (usize, usize),
    kernel: usize,
    stride: usize,
    padding: Padding,
) -> Layer {
    let (in_channels, out_channels) = channels;
    layer(
        name,
        Op::Conv2d {
            in_channels,
            out_channels,
            kernel: (kernel, kernel),
            stride: (stride, stride),
            padding,
            weight: vec![0.0; in_channels * out_channels * kernel * kernel],
            bias: vec![0.0; out_channels],
        },
    )
}

pub(super) fn batch_norm(name: &str, features: usize) -> Layer {
    layer(
        name,
        Op::BatchNorm {
            gamma: vec![1.0; features],
            beta: vec![0.0; features],
            mean: vec![0.0; features],
            variance: vec![1.0; features],
            epsilon: 1e-5,
        },
    )
}

pub(super) fn relu(name: &str) -> Layer {
    layer(name, Op::Activation(Activation::Relu))
}

fn square(name: &str) -> Layer {
    layer(name, Op::Activation(Activation::Square))
}

fn mean_pool(name: &str) -> Layer {
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 1 };
    layer(name, Op::AvgPool { kernel: (3, 3), stride: (1, 1), padding })
}

pub(super) fn stage(name: &str, epochs: usize, batch: usize, learning_rate: f64) -> Stage {
    Stage {
        name: name.to_owned(),
        epochs,
        batch,
        learning_rate,
        weight_decay: 0.01,
        smoothing: 0.0,
        augment: Augment::NONE,
        simplify: false,
        approximations: None,
        range_penalty: 0.0,
        grid: None,
    }
}

/// The stage that fine-tunes a small network on its grid after `float`.
fn on_integers(float: &Stage, grid: Grid) -> Stage {
    Stage {
        name: "integers".into(),
        epochs: 30,
        learning_rate: 0.02,
        weight_decay: 0.02,
        simplify: true,
        grid: Some(grid),
        ..float.clone()
    }
}

/// Handwritten digits, 8x8 pixels of 0 to 16: one convolution, one squaring.
pub(super) fn digits() -> Recipe {
    let grid = Grid {
        input: InputQuantiser { step: 1.0 / 16.0, min: 0, max: 16 },
        weight_max: vec![7; 2],
        step_factor: vec![1.0; 2],
        tables: None,
    };
    let float = Stage { weight_decay: 0.3, smoothing: 0.02, ..stage("float", 60, 32, 4e-3) };
    let integers = on_integers(&float, grid);
    Recipe {
        name: "digits".into(),
        dataset: "digits".into(),
        input: Shape::Image { channels: 1, height: 8, width: 8 },
        layers: vec![
            conv("conv", (1, 8), 3, 1, Padding::default()),
            batch_norm("norm", 8),
            square("square"),
            layer("flatten", Op::Flatten),
            dense("output", 288, 10),
        ],
        scaling: Scaling::Divide(16.0),
        start: None,
        validation: 0,
        stages: vec![float, integers],
    }
}

/// The same digits with ReLU, a network to try polynomials on: small enough to answer at once, and narrow,
/// so that a polynomial that is off by much costs answers.
pub(super) fn digits_relu() -> Recipe {
    Recipe {
        name: "digits-relu".into(),
        dataset: "digits".into(),
        input: Shape::Image { channels: 1, height: 8, width: 8 },
        layers: vec![
            layer("flatten", Op::Flatten),
            dense("dense1", 64, 16),
            relu("relu1"),
            dense("dense2", 16, 16),
            relu("relu2"),
            dense("dense3", 16, 10),
        ],
        scaling: Scaling::Divide(16.0),
        start: None,
        validation: 0,
        stages: vec![Stage { smoothing: 0.02, ..stage("relu", 60, 32, 4e-3) }],
    }
}

/// Breast cancer: 30 measurements, one squaring.
pub(super) fn hospital() -> Recipe {
    let grid = Grid {
        input: InputQuantiser { step: 0.125, min: -20, max: 20 },
        weight_max: vec![7; 2],
        step_factor: vec![1.0; 2],
        tables: None,
    };
    let float = Stage { weight_decay: 1.0, smoothing: 0.1, ..stage("float", 60, 32, 3e-3) };
    let integers = on_integers(&float, grid);
    Recipe {
        name: "hospital".into(),
        dataset: "breast_cancer".into(),
        input: Shape::Flat { len: 30 },
        layers: vec![
            dense("hidden", 30, 8),
            batch_norm("norm", 8),
            square("square"),
            dense("output", 8, 2),
        ],
        scaling: Scaling::Standardise,
        start: None,
        validation: 0,
        stages: vec![float, integers],
    }
}

/// CryptoNets (Gilad-Bachrach et al., ICML 2016): the training network, multiplied together into the
/// inference network and fine-tuned on integers. Mean pools replace the paper's scaled ones, and
/// batch normalisation before each squaring takes the place of the sigmoid; both fold away.
pub(super) fn cryptonets() -> Recipe {
    let grid = Grid {
        input: InputQuantiser { step: 1.0 / 3.0, min: 0, max: 3 },
        weight_max: vec![7; 3],
        step_factor: vec![1.5, 2.0, 1.6],
        tables: None,
    };
    let corner = Padding { top: 1, left: 1, ..Padding::default() };
    Recipe {
        name: "cryptonets".into(),
        dataset: "mnist".into(),
        input: Shape::Image { channels: 1, height: 28, width: 28 },
        layers: vec![
            conv("conv1", (1, 5), 5, 2, corner),
            batch_norm("norm1", 5),
            square("square1"),
            mean_pool("pool1"),
            conv("conv2", (5, 50), 5, 2, Padding::default()),
            mean_pool("pool2"),
            layer("flatten", Op::Flatten),
            dense("dense1", 1250, 100),
            batch_norm("norm2", 100),
            square("square2"),
            dense("dense2", 100, 10),
        ],
        scaling: Scaling::Divide(255.0),
        start: None,
        validation: 0,
        stages: vec![
            Stage { augment: DISTORTED, weight_decay: 0.1, ..stage("float", 6, 128, 3e-3) },
            Stage {
                augment: DISTORTED,
                simplify: true,
                grid: Some(grid),
                ..stage("integers", 24, 128, 0.02)
            },
        ],
    }
}

/// The network after CryptoDL (Hesamifard et al., arXiv 1711.05189) with its original activation:
/// two convolutions, two dense layers, batch normalisation before each ReLU.
pub(super) fn cryptodl_relu() -> Recipe {
    Recipe {
        name: "cryptodl-relu".into(),
        dataset: "mnist".into(),
        input: Shape::Image { channels: 1, height: 28, width: 28 },
        layers: vec![
            conv("conv1", (1, 20), 5, 2, Padding::default()),
            batch_norm("norm1", 20),
            relu("relu1"),
            conv("conv2", (20, 60), 5, 2, Padding::default()),
            batch_norm("norm2", 60),
            relu("relu2"),
            layer("flatten", Op::Flatten),
            dense("dense1", 960, 256),
            batch_norm("norm3", 256),
            relu("relu3"),
            dense("dense2", 256, 10),
        ],
        scaling: Scaling::Divide(255.0),
        start: None,
        validation: 5000,
        stages: vec![Stage {
            augment: DISTORTED,
            weight_decay: 0.05,
            smoothing: 0.05,
            ..stage("relu", 24, 128, 3e-3)
        }],
    }
}

/// The network of CryptoDL for encrypted use: that with ReLU, fine-tuned with polynomials in the
/// place of the activations.
pub(super) fn cryptodl() -> Option<Recipe> {
    let original = crate::open("cryptodl-relu").ok()?;
    let approximations = Approximations {
        function: None,
        method: Method::LeastSquares,
        degree: 2,
        parts: DEFAULT_PARTS,
        own: None,
        interval: IntervalRule::Given((-5.0, 5.0)),
        layers: Vec::new(),
    };
    let fine_tuning = Stage {
        augment: DISTORTED,
        weight_decay: 0.05,
        smoothing: 0.05,
        approximations: Some(approximations),
        range_penalty: 1.0,
        ..stage("polynomial", 16, 128, 3e-3)
    };
    Some(Recipe {
        name: "cryptodl".into(),
        start: Some(original),
        stages: vec![fine_tuning],
        ..cryptodl_relu()
    })
}
