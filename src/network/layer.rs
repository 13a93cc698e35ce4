//! The layers a network is made of.

use activation::Activation;
use data::Shape;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Rows and columns of zeros put around a feature map before a convolution or pooling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Padding {
    pub top: usize,
    pub bottom: usize,
    pub left: usize,
    pub right: usize,
}

/// Why a max pool is no part of a circuit, and what would do.
pub const MAX_POOL: &str = "the largest of several values is no polynomial and no lookup table of one value; train the network on with means in its place (the tab Training, or cryptoscope train with the same --set model=FILE --set dataset=DATA and --set activation.method=least_squares --out NEW)";

/// One named layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Name shown in tables and errors; unique within its network.
    pub name: String,
    /// What the layer does.
    pub op: Op,
}

/// What a layer does to one sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `y = W x + b`; `weight` is row-major `[outputs][inputs]`, `bias` has one value per output or is empty.
    Dense { inputs: usize, outputs: usize, weight: Vec<f32>, bias: Vec<f32> },
    /// 2-D convolution (cross-correlation, as everywhere in deep learning); `weight` is row-major
    /// `[out_channels][in_channels][kernel.0][kernel.1]`, `bias` one value per output channel or empty.
    Conv2d {
        in_channels: usize,
        out_channels: usize,
        /// Kernel height and width.
        kernel: (usize, usize),
        /// Step down and step right.
        stride: (usize, usize),
        padding: Padding,
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
    /// Mean over each window; zeros of the padding count.
    AvgPool { kernel: (usize, usize), stride: (usize, usize), padding: Padding },
    /// Sum over each window (CryptoNets' scaled mean pool).
    SumPool { kernel: (usize, usize), stride: (usize, usize), padding: Padding },
    /// The largest of each window, padding left out. No circuit computes it.
    MaxPool { kernel: (usize, usize), stride: (usize, usize), padding: Padding },
    /// `gamma (x - mean) / sqrt(variance + epsilon) + beta`, per channel (images) or feature (flat).
    BatchNorm { gamma: Vec<f32>, beta: Vec<f32>, mean: Vec<f32>, variance: Vec<f32>, epsilon: f32 },
    /// `scale x + shift` with fixed numbers for each value of a sample, which training leaves as they
    /// are; `shift` may be empty.
    Scale { scale: Vec<f32>, shift: Vec<f32> },
    /// A feature map becomes a vector, in storage order.
    Flatten,
    /// The values after the earlier layer `from`, or the inputs (`None`), in the place of those of the
    /// layer before: here a branch begins.
    Branch { from: Option<String> },
    /// The values after `from` (`None`: the inputs) plus those of the layer before, of one shape.
    Add { from: Option<String> },
    /// The values after `from` (`None`: the inputs), then those of the layer before: channels of images
    /// of one size, or values of vectors.
    Concat { from: Option<String> },
    /// A function applied to each value.
    Activation(Activation),
}

impl Op {
    /// The earlier layer whose values it takes besides those of the layer before, or in their place;
    /// `Some(None)` for the inputs of the network.
    pub fn from(&self) -> Option<Option<&str>> {
        match self {
            Self::Branch { from } | Self::Add { from } | Self::Concat { from } => {
                Some(from.as_deref())
            }
            _ => None,
        }
    }

    /// Whether the layer is a function of every value.
    pub fn is_activation(&self) -> bool {
        matches!(self, Self::Activation(_))
    }

    /// Whether the layer is an affine map of what it takes (everything but activations and max pools).
    pub fn is_affine(&self) -> bool {
        !matches!(self, Self::Activation(_) | Self::MaxPool { .. })
    }

    /// Whether the layer is a polynomial of its input (everything but max pools and other activations).
    pub fn is_polynomial(&self) -> bool {
        match self {
            Self::Activation(activation) => activation.is_polynomial(),
            Self::MaxPool { .. } => false,
            _ => true,
        }
    }

    /// What the layer does, in a few words: `5 maps, 5x5, stride 2`.
    pub fn summary(&self) -> String {
        match self {
            Self::Dense { inputs, outputs, .. } => format!("dense {inputs} to {outputs}"),
            Self::Conv2d { out_channels, kernel, stride, padding, .. } => {
                format!(
                    "convolution to {out_channels} maps, {}",
                    window(*kernel, *stride, *padding)
                )
            }
            Self::AvgPool { kernel, stride, padding } => {
                format!("mean pool, {}", window(*kernel, *stride, *padding))
            }
            Self::SumPool { kernel, stride, padding } => {
                format!("sum pool, {}", window(*kernel, *stride, *padding))
            }
            Self::MaxPool { kernel, stride, padding } => {
                format!("max pool, {}", window(*kernel, *stride, *padding))
            }
            Self::BatchNorm { .. } => "batch normalisation".to_owned(),
            Self::Scale { .. } => "a factor for each value".to_owned(),
            Self::Flatten => "flatten".to_owned(),
            Self::Branch { from } => format!("from {}", place(from)),
            Self::Add { from } => format!("sum with {}", place(from)),
            Self::Concat { from } => format!("joined to {}", place(from)),
            Self::Activation(activation) => activation.name(),
        }
    }

    /// Multiplications with a constant, for one sample; `output` is the shape that the layer gives.
    pub fn macs(&self, output: Shape) -> usize {
        match self {
            Self::Dense { inputs, outputs, .. } => inputs.saturating_mul(*outputs),
            Self::Conv2d { in_channels, kernel, .. } => {
                in_channels.saturating_mul(taps(*kernel, output))
            }
            Self::AvgPool { kernel, .. } | Self::SumPool { kernel, .. } => taps(*kernel, output),
            Self::BatchNorm { .. } | Self::Scale { .. } => output.len(),
            Self::MaxPool { .. }
            | Self::Flatten
            | Self::Branch { .. }
            | Self::Add { .. }
            | Self::Concat { .. }
            | Self::Activation(_) => 0,
        }
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Dense { weight, bias, .. } | Self::Conv2d { weight, bias, .. } => {
                weight.len() + bias.len()
            }
            Self::BatchNorm { gamma, beta, mean, variance, .. } => {
                gamma.len() + beta.len() + mean.len() + variance.len()
            }
            _ => 0,
        }
    }
}

fn taps(kernel: (usize, usize), output: Shape) -> usize {
    kernel.0.saturating_mul(kernel.1).saturating_mul(output.len())
}

fn place(from: &Option<String>) -> &str {
    from.as_deref().unwrap_or("the inputs")
}

fn window(kernel: (usize, usize), stride: (usize, usize), padding: Padding) -> String {
    let mut text = format!("{}x{}", kernel.0, kernel.1);
    match stride {
        (1, 1) => {}
        (down, across) if down == across => _ = write!(text, ", stride {down}"),
        (down, across) => _ = write!(text, ", stride {down}x{across}"),
    }
    let Padding { top, bottom, left, right } = padding;
    if [top, bottom, left, right] != [0; 4] {
        _ = write!(text, ", padding {top}/{bottom}/{left}/{right} (top/bottom/left/right)");
    }
    text
}
