//! What stands in a manifest.

use activation::{Activation, Polynomial};
use data::Shape;
use serde::Deserialize;

/// A network and where its weights are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub name: Option<String>,
    /// `[values]`, or `[channels, height, width]`.
    pub input: Vec<usize>,
    /// What raw values are brought to: `(x - offset) / scale`.
    pub offset: Option<PerValue>,
    pub scale: Option<PerValue>,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub features: Vec<String>,
    /// A `.safetensors` file of the same folder: names of arrays are then those of its tensors.
    pub tensors: Option<String>,
    pub layers: Vec<Row>,
}

/// A number for all input values, or one for each.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum PerValue {
    One(f32),
    Each(Vec<f32>),
}

impl PerValue {
    pub fn into_list(self) -> Vec<f32> {
        match self {
            Self::One(value) => vec![value],
            Self::Each(values) => values,
        }
    }
}

/// A layer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub name: Option<String>,
    pub op: Op,
}

/// What a layer does; texts are names of arrays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Op {
    Dense {
        weight: String,
        bias: Option<String>,
        order: Option<DenseOrder>,
    },
    Conv2d {
        weight: String,
        bias: Option<String>,
        order: Option<KernelOrder>,
        /// Needed where the array has two axes.
        kernel: Option<[usize; 2]>,
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default)]
        padding: [usize; 4],
    },
    AvgPool(Pool),
    SumPool(Pool),
    MaxPool(Pool),
    BatchNorm {
        gamma: String,
        beta: String,
        mean: String,
        variance: String,
        #[serde(default = "usual_epsilon")]
        epsilon: f32,
    },
    Flatten,
    Branch {
        from: Option<String>,
    },
    Add {
        from: Option<String>,
    },
    Concat {
        from: Option<String>,
    },
    Activation(Function),
}

impl Op {
    /// The arrays that it names.
    pub fn arrays(&self) -> Vec<&str> {
        match self {
            Self::Dense { weight, bias, .. } | Self::Conv2d { weight, bias, .. } => {
                std::iter::once(weight).chain(bias).map(String::as_str).collect()
            }
            Self::BatchNorm { gamma, beta, mean, variance, .. } => {
                vec![gamma, beta, mean, variance]
            }
            _ => Vec::new(),
        }
    }
}

fn ones() -> [usize; 2] {
    [1, 1]
}

/// That of PyTorch's layers.
fn usual_epsilon() -> f32 {
    1e-5
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    pub kernel: [usize; 2],
    /// Left out: as far as the kernel reaches.
    pub stride: Option<[usize; 2]>,
    /// Top, bottom, left, right.
    #[serde(default)]
    pub padding: [usize; 4],
}

/// Axes of the weights of a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DenseOrder {
    /// Outputs, inputs: PyTorch.
    OutIn,
    /// Inputs, outputs: Keras, scikit-learn.
    InOut,
}

/// Axes of the weights of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KernelOrder {
    /// Outputs, inputs, height, width: PyTorch.
    Oihw,
    /// Height, width, inputs, outputs: Keras.
    Hwio,
}

/// A function of every value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Function {
    Square,
    /// Coefficients of 1, x, x^2 and so on.
    Polynomial(Vec<f64>),
    Relu,
    LeakyRelu(f64),
    /// Lowest and largest value.
    Clip(f64, f64),
    Sigmoid,
    Tanh,
    Softplus,
    Silu,
    Gelu,
    Sign,
}

impl Function {
    pub fn activation(self) -> Activation {
        match self {
            Self::Square => Activation::Square,
            Self::Polynomial(coefficients) => Activation::Polynomial(Polynomial::new(coefficients)),
            Self::Relu => Activation::Relu,
            Self::Clip(low, high) => Activation::Clip { low, high },
            Self::LeakyRelu(slope) => Activation::LeakyRelu { slope },
            Self::Sigmoid => Activation::Sigmoid,
            Self::Tanh => Activation::Tanh,
            Self::Softplus => Activation::Softplus,
            Self::Silu => Activation::Silu,
            Self::Gelu => Activation::Gelu,
            Self::Sign => Activation::Sign,
        }
    }
}

impl Manifest {
    /// Shape of a sample.
    ///
    /// # Errors
    /// When `input` is neither a number of values nor a picture.
    pub fn shape(&self) -> Result<Shape, String> {
        let shape = match self.input[..] {
            [len] => Shape::Flat { len },
            [channels, height, width] => Shape::Image { channels, height, width },
            _ => {
                return Err(format!(
                    "input has {} numbers; [values] or [channels, height, width] are read",
                    self.input.len()
                ));
            }
        };
        let values = self.input.iter().try_fold(1_usize, |n, d| n.checked_mul(*d));
        match values {
            Some(1..=MAX_INPUTS) => Ok(shape),
            _ => Err(format!("input: 1 to {MAX_INPUTS} values are read")),
        }
    }
}

/// Most values of a sample.
const MAX_INPUTS: usize = 1 << 24;
