//! The architecture as it stands in a model file: everything but the numbers in tensors.

use super::layer::{Layer, Op, Padding};
use super::model::{Network, NetworkError, Normalisation, Quantisation};
use super::provenance::{MAX_NAME_BYTES, Provenance};
use activation::{Activation, ChebyshevSeries, Composite, Gate, Polynomial};
use data::{Digest, Shape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tensors by name, with their shapes.
pub(super) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A tensor to be written: name, shape, values.
pub(super) type Written<'a> = (String, Vec<usize>, &'a [f32]);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Blueprint {
    name: String,
    input: Shape,
    layers: Vec<LayerPrint>,
    quantisation: Option<Quantisation>,
    provenance: Provenance,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerPrint {
    name: String,
    op: OpPrint,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum OpPrint {
    Dense {
        inputs: usize,
        outputs: usize,
        bias: bool,
    },
    Conv2d {
        in_channels: usize,
        out_channels: usize,
        kernel: (usize, usize),
        stride: (usize, usize),
        padding: Padding,
        bias: bool,
    },
    AvgPool {
        kernel: (usize, usize),
        stride: (usize, usize),
        padding: Padding,
    },
    SumPool {
        kernel: (usize, usize),
        stride: (usize, usize),
        padding: Padding,
    },
    MaxPool {
        kernel: (usize, usize),
        stride: (usize, usize),
        padding: Padding,
    },
    BatchNorm {
        features: usize,
        epsilon: f32,
    },
    Scale {
        values: usize,
        shift: bool,
    },
    Flatten,
    /// No `from` stands for the inputs of the network.
    Branch {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    Add {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    Concat {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    Activation(ActivationPrint),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ActivationPrint {
    Square,
    /// Numbers as decimal text, which reads back to exactly the same number.
    Polynomial(Vec<String>),
    Chebyshev(SeriesPrint),
    Composite {
        parts: Vec<SeriesPrint>,
        /// Slopes below and above 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gate: Option<[String; 2]>,
    },
    Relu,
    LeakyRelu {
        slope: String,
    },
    Clip {
        low: String,
        high: String,
    },
    Sigmoid,
    Tanh,
    Softplus,
    Silu,
    Gelu,
    Sign,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesPrint {
    interval: [String; 2],
    coefficients: Vec<String>,
}

/// What [`Network::new`] takes.
pub(super) struct Parts {
    name: String,
    input: Shape,
    normalisation: Normalisation,
    layers: Vec<Layer>,
    quantisation: Option<Quantisation>,
    provenance: Provenance,
}

impl Parts {
    pub fn into_network(self) -> Result<Network, NetworkError> {
        Network::new(
            self.name,
            self.input,
            self.normalisation,
            self.layers,
            self.quantisation,
            self.provenance,
        )
    }
}

impl Blueprint {
    /// The architecture of a network, and its tensors: name, shape, values.
    pub fn of(network: &Network) -> (Self, Vec<Written<'_>>) {
        let mut tensors: Vec<Written<'_>> = Vec::new();
        let normalisation = network.normalisation();
        for (field, values) in [("offset", &normalisation.offset), ("scale", &normalisation.scale)]
        {
            tensors.push((format!("normalisation.{field}"), vec![values.len()], values));
        }
        let layers = network
            .layers()
            .iter()
            .map(|layer| LayerPrint { name: layer.name.clone(), op: OpPrint::of(&layer.op) });
        let layers = layers.collect();
        for layer in network.layers() {
            for (field, shape, values) in fields(&layer.op) {
                tensors.push((format!("{}.{field}", layer.name), shape, values));
            }
        }
        let blueprint = Self {
            name: network.name().to_owned(),
            input: network.input(),
            layers,
            quantisation: network.quantisation().cloned(),
            provenance: network.provenance().clone(),
        };
        (blueprint, tensors)
    }

    /// The parts of the network, filled from `tensors`, which must be exactly those needed.
    pub fn into_parts(self, mut tensors: Tensors) -> Result<Parts, String> {
        self.provenance.check(&self.name)?;
        for name in self.layers.iter().map(|l| &l.name) {
            if name.len() > MAX_NAME_BYTES || name.contains(char::is_control) {
                return Err(format!(
                    "a name is longer than {MAX_NAME_BYTES} bytes or holds control characters"
                ));
            }
        }
        let normalisation = Normalisation {
            offset: take_vector(&mut tensors, "normalisation.offset")?,
            scale: take_vector(&mut tensors, "normalisation.scale")?,
        };
        let mut layers = Vec::with_capacity(self.layers.len());
        for LayerPrint { name, op } in self.layers {
            let op = op.fill(&name, &mut tensors)?;
            layers.push(Layer { name, op });
        }
        if let Some(name) = tensors.keys().next() {
            let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(format!("tensor {name} belongs to no layer"));
        }
        Ok(Parts {
            name: self.name,
            input: self.input,
            normalisation,
            layers,
            quantisation: self.quantisation,
            provenance: self.provenance,
        })
    }
}

impl Network {
    /// What it computes: over architecture, integer grid and tensors, not over its name, its origin or
    /// the names of its classes.
    pub fn digest(&self) -> Digest {
        let (blueprint, tensors) = Blueprint::of(self);
        let computes = (blueprint.input, &blueprint.layers, &blueprint.quantisation);
        digest(&serde_json::to_string(&computes).unwrap_or_default(), &tensors)
    }
}

/// Over what a model computes and its tensors.
pub(super) fn digest(computes: &str, tensors: &[Written]) -> Digest {
    let mut parts = vec![computes.as_bytes().to_vec()];
    for (name, shape, values) in tensors {
        parts.push(name.clone().into_bytes());
        parts.push(shape.iter().flat_map(|n| (*n as u64).to_le_bytes()).collect());
        parts.push(values.iter().flat_map(|v| v.to_le_bytes()).collect());
    }
    Digest::of(parts)
}

/// The tensors of a layer: field, shape, values.
fn fields(op: &Op) -> Vec<(&'static str, Vec<usize>, &[f32])> {
    let mut fields: Vec<(&'static str, Vec<usize>, &[f32])> = Vec::new();
    match op {
        Op::Dense { inputs, outputs, weight, bias } => {
            fields.push(("weight", vec![*outputs, *inputs], weight));
            if !bias.is_empty() {
                fields.push(("bias", vec![*outputs], bias));
            }
        }
        Op::Conv2d { in_channels, out_channels, kernel, weight, bias, .. } => {
            fields.push(("weight", vec![*out_channels, *in_channels, kernel.0, kernel.1], weight));
            if !bias.is_empty() {
                fields.push(("bias", vec![*out_channels], bias));
            }
        }
        Op::BatchNorm { gamma, beta, mean, variance, .. } => {
            for (field, values) in
                [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)]
            {
                fields.push((field, vec![values.len()], values));
            }
        }
        Op::Scale { scale, shift } => {
            fields.push(("scale", vec![scale.len()], scale));
            if !shift.is_empty() {
                fields.push(("shift", vec![shift.len()], shift));
            }
        }
        _ => {}
    }
    fields
}

fn take_vector(tensors: &mut Tensors, name: &str) -> Result<Vec<f32>, String> {
    match tensors.remove(name) {
        Some((shape, values)) if shape.len() == 1 => Ok(values),
        Some((shape, _)) => Err(format!("tensor {name} has shape {shape:?}; a vector is needed")),
        None => Err(format!("tensor {name} is missing")),
    }
}

fn take(
    tensors: &mut Tensors,
    layer: &str,
    field: &str,
    needed: Vec<usize>,
) -> Result<Vec<f32>, String> {
    take_tensor(tensors, &format!("{layer}.{field}"), &needed)
}

/// The values of a tensor of this shape.
pub(super) fn take_tensor(
    tensors: &mut Tensors,
    name: &str,
    needed: &[usize],
) -> Result<Vec<f32>, String> {
    match tensors.remove(name) {
        Some((shape, values)) if shape == needed => Ok(values),
        Some((shape, _)) => Err(format!("tensor {name} has shape {shape:?}; {needed:?} is needed")),
        None => Err(format!("tensor {name} is missing")),
    }
}

impl OpPrint {
    fn of(op: &Op) -> Self {
        match op {
            Op::Dense { inputs, outputs, bias, .. } => {
                Self::Dense { inputs: *inputs, outputs: *outputs, bias: !bias.is_empty() }
            }
            Op::Conv2d { in_channels, out_channels, kernel, stride, padding, bias, .. } => {
                Self::Conv2d {
                    in_channels: *in_channels,
                    out_channels: *out_channels,
                    kernel: *kernel,
                    stride: *stride,
                    padding: *padding,
                    bias: !bias.is_empty(),
                }
            }
            Op::AvgPool { kernel, stride, padding } => {
                Self::AvgPool { kernel: *kernel, stride: *stride, padding: *padding }
            }
            Op::SumPool { kernel, stride, padding } => {
                Self::SumPool { kernel: *kernel, stride: *stride, padding: *padding }
            }
            Op::MaxPool { kernel, stride, padding } => {
                Self::MaxPool { kernel: *kernel, stride: *stride, padding: *padding }
            }
            Op::BatchNorm { gamma, epsilon, .. } => {
                Self::BatchNorm { features: gamma.len(), epsilon: *epsilon }
            }
            Op::Scale { scale, shift } => {
                Self::Scale { values: scale.len(), shift: !shift.is_empty() }
            }
            Op::Flatten => Self::Flatten,
            Op::Branch { from } => Self::Branch { from: from.clone() },
            Op::Add { from } => Self::Add { from: from.clone() },
            Op::Concat { from } => Self::Concat { from: from.clone() },
            Op::Activation(activation) => Self::Activation(ActivationPrint::of(activation)),
        }
    }

    fn fill(self, layer: &str, tensors: &mut Tensors) -> Result<Op, String> {
        let mut take = |field: &str, shape: Vec<usize>| take(tensors, layer, field, shape);
        Ok(match self {
            Self::Dense { inputs, outputs, bias } => Op::Dense {
                inputs,
                outputs,
                weight: take("weight", vec![outputs, inputs])?,
                bias: if bias { take("bias", vec![outputs])? } else { Vec::new() },
            },
            Self::Conv2d { in_channels, out_channels, kernel, stride, padding, bias } => {
                let shape = vec![out_channels, in_channels, kernel.0, kernel.1];
                Op::Conv2d {
                    in_channels,
                    out_channels,
                    kernel,
                    stride,
                    padding,
                    weight: take("weight", shape)?,
                    bias: if bias { take("bias", vec![out_channels])? } else { Vec::new() },
                }
            }
            Self::AvgPool { kernel, stride, padding } => Op::AvgPool { kernel, stride, padding },
            Self::SumPool { kernel, stride, padding } => Op::SumPool { kernel, stride, padding },
            Self::MaxPool { kernel, stride, padding } => Op::MaxPool { kernel, stride, padding },
            Self::BatchNorm { features, epsilon } => Op::BatchNorm {
                gamma: take("gamma", vec![features])?,
                beta: take("beta", vec![features])?,
                mean: take("mean", vec![features])?,
                variance: take("variance", vec![features])?,
                epsilon,
            },
            Self::Scale { values, shift } => Op::Scale {
                scale: take("scale", vec![values])?,
                shift: if shift { take("shift", vec![values])? } else { Vec::new() },
            },
            Self::Flatten => Op::Flatten,
            Self::Branch { from } => Op::Branch { from },
            Self::Add { from } => Op::Add { from },
            Self::Concat { from } => Op::Concat { from },
            Self::Activation(activation) => Op::Activation(activation.into_activation(layer)?),
        })
    }
}

impl ActivationPrint {
    pub fn of(activation: &Activation) -> Self {
        match activation {
            Activation::Square => Self::Square,
            Activation::Polynomial(p) => {
                Self::Polynomial(p.coefficients().iter().map(f64::to_string).collect())
            }
            Activation::Chebyshev(series) => Self::Chebyshev(SeriesPrint::of(series)),
            Activation::Composite(composite) => Self::Composite {
                parts: composite.parts.iter().map(SeriesPrint::of).collect(),
                gate: composite.gate.map(|g| [g.below.to_string(), g.above.to_string()]),
            },
            Activation::Relu => Self::Relu,
            Activation::LeakyRelu { slope } => Self::LeakyRelu { slope: slope.to_string() },
            Activation::Clip { low, high } => {
                Self::Clip { low: low.to_string(), high: high.to_string() }
            }
            Activation::Sigmoid => Self::Sigmoid,
            Activation::Tanh => Self::Tanh,
            Activation::Softplus => Self::Softplus,
            Activation::Silu => Self::Silu,
            Activation::Gelu => Self::Gelu,
            Activation::Sign => Self::Sign,
        }
    }

    pub fn into_activation(self, layer: &str) -> Result<Activation, String> {
        Ok(match self {
            Self::Square => Activation::Square,
            Self::Polynomial(texts) => {
                Activation::Polynomial(Polynomial::new(numbers(&texts, layer)?))
            }
            Self::Chebyshev(series) => Activation::Chebyshev(series.into_series(layer)?),
            Self::Composite { parts, gate } => {
                let parts: Result<_, _> = parts.into_iter().map(|p| p.into_series(layer)).collect();
                let gate = match gate {
                    None => None,
                    Some([below, above]) => {
                        Some(Gate { below: number(&below, layer)?, above: number(&above, layer)? })
                    }
                };
                Activation::Composite(Composite { parts: parts?, gate })
            }
            Self::Relu => Activation::Relu,
            Self::LeakyRelu { slope } => Activation::LeakyRelu { slope: number(&slope, layer)? },
            Self::Clip { low, high } => {
                Activation::Clip { low: number(&low, layer)?, high: number(&high, layer)? }
            }
            Self::Sigmoid => Activation::Sigmoid,
            Self::Tanh => Activation::Tanh,
            Self::Softplus => Activation::Softplus,
            Self::Silu => Activation::Silu,
            Self::Gelu => Activation::Gelu,
            Self::Sign => Activation::Sign,
        })
    }
}

impl SeriesPrint {
    fn of(series: &ChebyshevSeries) -> Self {
        let (low, high) = series.interval();
        Self {
            interval: [low.to_string(), high.to_string()],
            coefficients: series.coefficients().iter().map(f64::to_string).collect(),
        }
    }

    fn into_series(self, layer: &str) -> Result<ChebyshevSeries, String> {
        let [low, high] = self.interval;
        let interval = (number(&low, layer)?, number(&high, layer)?);
        Ok(ChebyshevSeries::new(interval, numbers(&self.coefficients, layer)?))
    }
}

fn number(text: &str, layer: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("layer {layer}: a number of the activation is none"))
}

fn numbers(texts: &[String], layer: &str) -> Result<Vec<f64>, String> {
    texts.iter().map(|t| number(t, layer)).collect()
}
