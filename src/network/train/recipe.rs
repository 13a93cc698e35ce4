//! How a model is made: its layers and the stages of its training.

use super::augment::Augment;
use crate::activation::Activation;
use crate::data::{Dataset, Shape};
use crate::network::{InputQuantiser, Layer, Normalisation, Op, Padding};

/// How raw values become inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// Divided by a constant (255 for 8-bit pixels).
    Divide(f32),
    /// Each feature to mean 0 and standard deviation 1 on the training split.
    Standardise,
}

/// The integer grid of a fine-tuning stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Grid of the normalised inputs.
    pub input: InputQuantiser,
    /// Largest weight magnitude, one per dense layer or convolution.
    pub weight_max: Vec<i32>,
    /// Factor on the weight step of least squared error, one per layer: above 1 gives smaller
    /// integers, and with them smaller outputs.
    pub step_factor: Vec<f32>,
}

/// One stage of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Name shown with its epochs.
    pub name: String,
    pub epochs: usize,
    pub batch: usize,
    /// Learning rate at the start; falls to zero along a cosine. With a grid it counts in steps of
    /// the grid.
    pub learning_rate: f64,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// Share of the target spread evenly over all classes.
    pub smoothing: f32,
    pub augment: Augment,
    /// Whether the network is simplified (see [`crate::network::Network::simplify`]) first.
    pub simplify: bool,
    /// The integer grid, for quantisation-aware training.
    pub grid: Option<Grid>,
}

/// How a model is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Name of the model.
    pub name: String,
    /// Dataset it is meant for.
    pub dataset: String,
    /// Input shape and layers; the values of the weights do not matter.
    pub input: Shape,
    pub layers: Vec<Layer>,
    pub scaling: Scaling,
    pub stages: Vec<Stage>,
}

impl Recipe {
    /// Names of the recipes that come with the program.
    pub const NAMES: [&'static str; 3] = ["digits", "hospital", "cryptonets"];

    /// The recipe of that name, if there is one.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "digits" => Some(digits()),
            "hospital" => Some(hospital()),
            "cryptonets" => Some(cryptonets()),
            _ => None,
        }
    }

    /// Normalisation for `dataset`.
    pub(super) fn normalisation(&self, dataset: &Dataset) -> Normalisation {
        match self.scaling {
            Scaling::Divide(scale) => Normalisation { offset: vec![0.0], scale: vec![scale] },
            Scaling::Standardise => standardise(&dataset.train().inputs, dataset.shape().len()),
        }
    }
}

/// Mean and standard deviation of each feature; a constant feature gets scale 1.
fn standardise(inputs: &[f32], features: usize) -> Normalisation {
    let samples = (inputs.len() / features).max(1) as f64;
    let mut mean = vec![0.0; features];
    for row in inputs.chunks(features) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += f64::from(*x) / samples);
    }
    let mut variance = vec![0.0; features];
    for row in inputs.chunks(features) {
        let around = row.iter().zip(&mean).map(|(x, m)| (f64::from(*x) - m).powi(2) / samples);
        variance.iter_mut().zip(around).for_each(|(v, d)| *v += d);
    }
    let scale = |v: &f64| if *v > 1e-12 { v.sqrt() as f32 } else { 1.0 };
    Normalisation {
        offset: mean.iter().map(|m| *m as f32).collect(),
        scale: variance.iter().map(scale).collect(),
    }
}

fn layer(name: &str, op: Op) -> Layer {
    Layer { name: name.to_owned(), op }
}

fn dense(name: &str, inputs: usize, outputs: usize) -> Layer {
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

fn batch_norm(name: &str, features: usize) -> Layer {
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

fn square(name: &str) -> Layer {
    layer(name, Op::Activation(Activation::Square))
}

fn mean_pool(name: &str) -> Layer {
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 1 };
    layer(name, Op::AvgPool { kernel: (3, 3), stride: (1, 1), padding })
}

fn stage(name: &str, epochs: usize, batch: usize, learning_rate: f64) -> Stage {
    Stage {
        name: name.to_owned(),
        epochs,
        batch,
        learning_rate,
        weight_decay: 0.01,
        smoothing: 0.0,
        augment: Augment::NONE,
        simplify: false,
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
fn digits() -> Recipe {
    let grid = Grid {
        input: InputQuantiser { step: 1.0 / 16.0, min: 0, max: 16 },
        weight_max: vec![7; 2],
        step_factor: vec![1.0; 2],
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
        stages: vec![float, integers],
    }
}

/// Breast cancer: 30 measurements, one squaring.
fn hospital() -> Recipe {
    let grid = Grid {
        input: InputQuantiser { step: 0.125, min: -20, max: 20 },
        weight_max: vec![7; 2],
        step_factor: vec![1.0; 2],
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
        stages: vec![float, integers],
    }
}

/// CryptoNets (Gilad-Bachrach et al., ICML 2016): the training network, multiplied together into the
/// inference network and fine-tuned on integers. Mean pools replace the paper's scaled ones, and
/// batch normalisation before each squaring takes the place of the sigmoid; both fold away.
fn cryptonets() -> Recipe {
    let grid = Grid {
        input: InputQuantiser { step: 1.0 / 3.0, min: 0, max: 3 },
        weight_max: vec![7; 3],
        step_factor: vec![1.5, 2.0, 1.6],
    };
    let corner = Padding { top: 1, left: 1, ..Padding::default() };
    let augment = Augment {
        share: 0.8,
        shift: 1.5,
        rotate_degrees: 10.0,
        scale: 0.1,
        shear: 0.1,
        elastic: 1.0,
    };
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
        stages: vec![
            Stage { augment, weight_decay: 0.1, ..stage("float", 6, 128, 3e-3) },
            Stage { augment, simplify: true, grid: Some(grid), ..stage("integers", 24, 128, 0.02) },
        ],
    }
}
