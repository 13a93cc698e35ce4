//! A network as a differentiable graph of candle tensors.

use super::curve::{Curve, Excess};
use super::grid::best_step;
use super::ops::{Gather, SampleSums, Spread, Swap};
use super::reading::Reading;
use super::recipe::Grid;
use crate::windows::Windows;
use crate::{
    Layer, MAX_POOL, Network, NetworkError, Op, Quantisation, TableQuantiser, WeightQuantiser,
};
use activation::{Activation, ChebyshevSeries, Gate};
use candle_core::{Device, Result, Tensor, Var};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Share of the newest batch in the running mean and variance of batch normalisation.
const MOMENTUM: f64 = 0.05;

/// A network being trained; values flow as `[samples][values]`.
pub(super) struct Graph {
    nodes: Vec<Node>,
    /// For each of them, how many nodes lie before the values that it takes from further back.
    places: Vec<Option<usize>>,
    /// Up to which node values are kept, by the number of nodes before them.
    last_uses: Vec<Option<usize>>,
    quantisation: Option<Quantisation>,
}

/// On a grid, the unit in which a bias is trained: a tenth of the spread of normalised sums.
const BIAS_UNIT: f64 = 0.1;

/// The trained values of a dense layer or convolution.
///
/// On a grid, weights are kept in units of their step and biases in units of [`BIAS_UNIT`], so that
/// one learning rate means the same for every layer, however small its weights are.
struct Linear {
    /// `[outputs][inputs]`.
    weight: Var,
    bias: Option<Var>,
    grid: Option<LayerGrid>,
}

struct LayerGrid {
    weight: WeightQuantiser,
    /// Step of the sums this layer gives, on which biases lie; `None` when activations other than
    /// squares and tables came before.
    sum_step: Option<f64>,
}

enum Node {
    Dense(Linear),
    Conv {
        linear: Linear,
        /// Index of every value that every window reads, `[positions][channels * area]`; the
        /// number of inputs stands for a zero.
        gather: Arc<Vec<u32>>,
        /// Values of one input.
        values: usize,
        positions: usize,
    },
    /// Sums over windows as a matrix, `[plane][positions]`.
    Pool {
        matrix: Tensor,
        channels: usize,
    },
    Norm {
        gamma: Var,
        beta: Var,
        /// Running mean and variance, `[1][channels][1]`.
        mean: Tensor,
        variance: Tensor,
        epsilon: f64,
    },
    /// Fixed factors and what is added, `[1][values]`.
    Scale {
        scale: Tensor,
        shift: Option<Tensor>,
    },
    Flatten,
    /// The values from further back.
    Branch,
    Add,
    Concat,
    /// A lookup table in the place of an activation.
    Table {
        reading: Box<Reading>,
        excess: Excess,
    },
    Activation {
        activation: Activation,
        /// Where inputs shall stay inside an interval.
        excess: Option<Excess>,
    },
}

/// What a mini-batch gave.
pub(super) struct Forward {
    /// `[samples][classes]`.
    pub outputs: Tensor,
    /// How far inputs of activations left their intervals: mean over the samples of the sum of
    /// [`Excess`]; `None` where there are no intervals.
    pub excess: Option<Tensor>,
}

impl Graph {
    /// The graph of a network; `intervals` has one entry per activation layer, or none at all: where
    /// its inputs shall stay, and what tables range over. With a grid, weights (and biases after squares) are rounded on the
    /// way forward and gradients pass through the rounding unchanged (straight-through estimator,
    /// Bengio et al. 2013, arXiv 1308.3432).
    pub fn new(
        network: &Network,
        grid: Option<&Grid>,
        intervals: &[Option<(f64, f64)>],
    ) -> Result<Self> {
        let mut nodes = Vec::new();
        let mut intervals = intervals.iter();
        let mut weights = Vec::new();
        let mut read: Vec<TableQuantiser> = Vec::new();
        let seed: u64 = grid.and_then(|g| g.tables.as_ref()).map_or(0, |t| t.bits.into());
        let mut scale = grid.map(|g| f64::from(g.input.step));
        let inputs = std::iter::once(network.input()).chain(network.shapes().iter().copied());
        let shapes = inputs.zip(network.shapes().iter().copied());
        let mut scales = vec![scale];
        let layers = network.layers().iter().zip(network.places());
        for ((layer, place), (input, output)) in layers.zip(shapes) {
            let other = place.and_then(|place: usize| scales.get(place).copied().flatten());
            let layer_grid = |weight: &[f32]| {
                let (g, index) = (grid?, weights.len());
                let max = g.weight_max.get(index).copied().unwrap_or(7);
                let factor = g.step_factor.get(index).copied().unwrap_or(1.0);
                Some(WeightQuantiser { step: best_step(weight, max) * factor, max })
            };
            nodes.push(match &layer.op {
                Op::Dense { inputs, outputs, weight, bias } => {
                    let quantiser = layer_grid(weight);
                    weights.extend(quantiser);
                    Node::Dense(Linear::new(
                        weight,
                        (*outputs, *inputs),
                        bias,
                        quantiser,
                        &mut scale,
                    )?)
                }
                Op::Conv2d { out_channels, kernel, stride, padding, weight, bias, .. } => {
                    let quantiser = layer_grid(weight);
                    weights.extend(quantiser);
                    let shape = (*out_channels, weight.len() / out_channels);
                    let windows = Windows::new(input, output, *kernel, *stride, *padding);
                    Node::Conv {
                        linear: Linear::new(weight, shape, bias, quantiser, &mut scale)?,
                        gather: Arc::new(gather(&windows, input.len())),
                        values: input.len(),
                        positions: windows.positions,
                    }
                }
                Op::AvgPool { kernel, stride, padding }
                | Op::SumPool { kernel, stride, padding } => {
                    scale = None;
                    let windows = Windows::new(input, output, *kernel, *stride, *padding);
                    let mean = matches!(layer.op, Op::AvgPool { .. });
                    let value = if mean { 1.0 / windows.area as f32 } else { 1.0 };
                    let channels = input.len() / windows.plane;
                    Node::Pool { matrix: pool_matrix(&windows, value)?, channels }
                }
                Op::MaxPool { .. } => {
                    return Err(candle_core::Error::Msg(format!(
                        "layer {}: {MAX_POOL}",
                        layer.name
                    )));
                }
                Op::BatchNorm { gamma, beta, mean, variance, epsilon } => {
                    scale = None;
                    let shape = (1, gamma.len(), 1);
                    Node::Norm {
                        gamma: Var::from_slice(gamma, shape, &Device::Cpu)?,
                        beta: Var::from_slice(beta, shape, &Device::Cpu)?,
                        mean: Tensor::from_slice(mean, shape, &Device::Cpu)?,
                        variance: Tensor::from_slice(variance, shape, &Device::Cpu)?,
                        epsilon: f64::from(*epsilon),
                    }
                }
                Op::Scale { scale: factors, shift } => {
                    scale = None;
                    let row = |v: &[f32]| Tensor::from_slice(v, (1, v.len()), &Device::Cpu);
                    let shift = (!shift.is_empty()).then(|| row(shift)).transpose()?;
                    Node::Scale { scale: row(factors)?, shift }
                }
                Op::Flatten => Node::Flatten,
                Op::Branch { .. } => {
                    scale = other;
                    Node::Branch
                }
                // On the finer of two grids.
                Op::Add { .. } => {
                    scale = scale.zip(other).map(|(a, b)| a.min(b));
                    Node::Add
                }
                Op::Concat { .. } => {
                    scale = scale.filter(|scale| Some(*scale) == other);
                    Node::Concat
                }
                Op::Activation(activation)
                    if let Some((tables, scale)) =
                        grid.and_then(|g| g.tables.as_ref()).zip(scale.as_mut()) =>
                {
                    let range = intervals.next().copied().flatten().map_or(1.0, |(_, high)| high);
                    let seed = seed.wrapping_add(nodes.len() as u64);
                    let reading =
                        Reading::new(activation, tables.bits, range, *scale, tables.noise, seed);
                    let range = f64::from(reading.quantiser.range);
                    *scale = f64::from(reading.quantiser.step);
                    read.push(reading.quantiser);
                    Node::Table { reading: Box::new(reading), excess: Excess::new((-range, range)) }
                }
                Op::Activation(activation) => {
                    let square = matches!(activation, Activation::Square);
                    scale = scale.filter(|_| square).map(|s| s * s);
                    let excess = intervals.next().copied().flatten().map(Excess::new);
                    Node::Activation { activation: activation.clone(), excess }
                }
            });
            scales.push(scale);
        }
        let quantisation = grid.map(|g| Quantisation { input: g.input, weights, tables: read });
        let (places, last_uses) = (network.places().to_vec(), network.last_uses());
        Ok(Self { nodes, places, last_uses, quantisation })
    }

    /// Everything that is trained.
    pub fn variables(&self) -> Vec<Var> {
        let mut all = Vec::new();
        for node in &self.nodes {
            match node {
                Node::Dense(linear) | Node::Conv { linear, .. } => {
                    all.push(linear.weight.clone());
                    all.extend(linear.bias.clone());
                }
                Node::Norm { gamma, beta, .. } => all.extend([gamma.clone(), beta.clone()]),
                Node::Pool { .. }
                | Node::Scale { .. }
                | Node::Flatten
                | Node::Branch
                | Node::Add
                | Node::Concat
                | Node::Table { .. }
                | Node::Activation { .. } => {}
            }
        }
        all
    }

    /// Outputs for a mini-batch `[samples][inputs]`, with the batch's own statistics in batch
    /// normalisation.
    pub fn forward(&mut self, batch: Tensor) -> Result<Forward> {
        let share = 1.0 / batch.dim(0)? as f64;
        let mut excess: Option<Tensor> = None;
        let mut x = batch;
        let mut kept: Vec<Option<Tensor>> = vec![None; self.last_uses.len()];
        for (at, node) in self.nodes.iter_mut().enumerate() {
            if self.last_uses[at].is_some() {
                kept[at] = Some(x.clone());
            }
            let other = self.places[at].and_then(|place| kept[place].clone());
            if let Node::Activation { excess: Some(rule), .. } | Node::Table { excess: rule, .. } =
                node
            {
                let here = (x.contiguous()?.apply_op1(rule.clone())? * share)?;
                excess = Some(match excess {
                    Some(sum) => (sum + here)?,
                    None => here,
                });
            }
            x = node.forward(x, other)?;
        }
        Ok(Forward { outputs: x, excess })
    }

    /// Share of the inputs of activations with an interval that lay inside, since it was last asked;
    /// `None` where there are none.
    pub fn share_inside(&self) -> Option<f64> {
        let (mut seen, mut outside) = (0, 0);
        for node in &self.nodes {
            if let Node::Activation { excess: Some(rule), .. } | Node::Table { excess: rule, .. } =
                node
            {
                seen += rule.seen.swap(0, Ordering::Relaxed);
                outside += rule.outside.swap(0, Ordering::Relaxed);
            }
        }
        (seen > 0).then(|| 1.0 - outside as f64 / seen as f64)
    }

    /// The layers with the values as they are now; `like` gives what is not trained.
    pub fn ops(&self, like: &[Layer]) -> Result<Vec<Op>> {
        self.nodes.iter().zip(like).map(|(node, layer)| node.op(&layer.op)).collect()
    }

    /// The network with the values as they are now, on the grid when there is one.
    pub fn network(&self, like: &Network) -> Result<std::result::Result<Network, NetworkError>> {
        let mut layers = Vec::new();
        for (node, layer) in self.nodes.iter().zip(like.layers()) {
            layers.push(Layer { name: layer.name.clone(), op: node.op(&layer.op)? });
        }
        Ok(like.with_layers(layers, self.quantisation.clone()))
    }
}

impl Linear {
    fn new(
        weight: &[f32],
        shape: (usize, usize),
        bias: &[f32],
        quantiser: Option<WeightQuantiser>,
        scale: &mut Option<f64>,
    ) -> Result<Self> {
        let grid = quantiser.map(|weight| {
            *scale = scale.map(|s| s * f64::from(weight.step));
            LayerGrid { weight, sum_step: *scale }
        });
        let steps = quantiser.map_or(1.0, |q| q.step);
        let weight: Vec<f32> = weight.iter().map(|w| w / steps).collect();
        let unit = if quantiser.is_some() { BIAS_UNIT as f32 } else { 1.0 };
        let bias: Vec<f32> = bias.iter().map(|b| b / unit).collect();
        let width = bias.len();
        let bias =
            if width == 0 { None } else { Some(Var::from_vec(bias, (1, width), &Device::Cpu)?) };
        Ok(Self { weight: Var::from_vec(weight, shape, &Device::Cpu)?, bias, grid })
    }

    /// `[rows][inputs]` to `[rows][outputs]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let Some(grid) = &self.grid else {
            let y = x.matmul(&self.weight.t()?)?;
            return match &self.bias {
                Some(bias) => y + over_rows(bias, x)?,
                None => Ok(y),
            };
        };
        let max = f64::from(grid.weight.max);
        let weight = round_through(&self.weight, |w| w.round()?.clamp(-max, max))?;
        let y = x.matmul(&(weight * f64::from(grid.weight.step))?.t()?)?;
        let Some(bias) = &self.bias else { return Ok(y) };
        let bias = match grid.sum_step {
            Some(step) => {
                round_through(bias, |b| (b * (BIAS_UNIT / step))?.round()? * (step / BIAS_UNIT))?
            }
            None => bias.as_tensor().clone(),
        };
        y + over_rows(&(bias * BIAS_UNIT)?, x)?
    }

    fn values(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        let mut weight = self.weight.flatten_all()?.to_vec1::<f32>()?;
        let mut bias = match &self.bias {
            Some(bias) => bias.flatten_all()?.to_vec1::<f32>()?,
            None => Vec::new(),
        };
        if let Some(grid) = &self.grid {
            let WeightQuantiser { step, max } = grid.weight;
            let max = max as f32;
            weight.iter_mut().for_each(|w| *w = w.round().clamp(-max, max) * step);
            for b in &mut bias {
                let value = f64::from(*b) * BIAS_UNIT;
                let rounded = grid.sum_step.map_or(value, |step| (value / step).round() * step);
                *b = rounded as f32;
            }
        }
        Ok((weight, bias))
    }
}

/// A bias for every row of `x`.
fn over_rows(bias: &Tensor, x: &Tensor) -> Result<Tensor> {
    let spread = Spread { samples: x.dim(0)?, channels: bias.elem_count(), area: 1 };
    bias.apply_op1(spread)
}

/// `round(x)`, with the gradient of `x` itself.
fn round_through(x: &Var, round: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let plain = x.as_detached_tensor();
    x.as_tensor() + (round(&plain)? - plain)?
}

impl Node {
    /// `other` has the values from further back, where it takes such.
    fn forward(&mut self, x: Tensor, other: Option<Tensor>) -> Result<Tensor> {
        match (&mut *self, other) {
            (Self::Branch, Some(other)) => return Ok(other),
            (Self::Add, Some(other)) => return other + x,
            (Self::Concat, Some(other)) => return Tensor::cat(&[other, x], 1),
            _ => {}
        }
        match self {
            Self::Dense(linear) => linear.forward(&x),
            Self::Conv { linear, gather, values, positions } => {
                let samples = x.dim(0)?;
                let read = Gather { indices: Arc::clone(gather), values: *values };
                let rows = x.apply_op1(read)?.reshape((samples * *positions, ()))?;
                let y = linear.forward(&rows)?;
                let columns = y.dim(1)?;
                y.reshape((samples, ()))?.apply_op1(Swap { rows: *positions, columns })
            }
            Self::Pool { matrix, channels } => {
                let samples = x.dim(0)?;
                let y = x.reshape((samples * *channels, ()))?.matmul(matrix)?;
                y.reshape((samples, ()))
            }
            Self::Norm { gamma, beta, mean, variance, epsilon } => {
                let (samples, channels) = (x.dim(0)?, gamma.elem_count());
                let width = x.dim(1)?;
                let area = width / channels;
                let over_batch = |x: &Tensor| -> Result<Tensor> {
                    let sums = x.apply_op1(SampleSums { width })?;
                    let means = (sums * (1.0 / samples as f64))?;
                    means.reshape((1, channels, area))?.mean_keepdim(2)
                };
                let spread =
                    |x: &Tensor| x.contiguous()?.apply_op1(Spread { samples, channels, area });
                let batch_mean = over_batch(&x)?;
                let centred = (&x - spread(&batch_mean)?)?;
                let batch_variance = over_batch(&centred.sqr()?)?;
                *mean = blend(mean, &batch_mean)?;
                *variance = blend(variance, &batch_variance)?;
                let factor = gamma.div(&(batch_variance + *epsilon)?.sqrt()?)?;
                (centred * spread(&factor)?)? + spread(beta)?
            }
            Self::Scale { scale, shift } => {
                let y = x.broadcast_mul(scale)?;
                match shift {
                    Some(shift) => y.broadcast_add(shift),
                    None => Ok(y),
                }
            }
            Self::Flatten | Self::Branch | Self::Add | Self::Concat => Ok(x),
            Self::Table { reading, .. } => reading.forward(&x),
            Self::Activation { activation, .. } => activate(activation, &x),
        }
    }

    /// The layer with the values as they are now; `like` gives what is not trained.
    fn op(&self, like: &Op) -> Result<Op> {
        let mut op = like.clone();
        match (self, &mut op) {
            (
                Self::Dense(linear) | Self::Conv { linear, .. },
                Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. },
            ) => (*weight, *bias) = linear.values()?,
            (
                Self::Norm { gamma: g, beta: b, mean: m, variance: v, .. },
                Op::BatchNorm { gamma, beta, mean, variance, .. },
            ) => {
                *gamma = g.flatten_all()?.to_vec1()?;
                *beta = b.flatten_all()?.to_vec1()?;
                *mean = m.flatten_all()?.to_vec1()?;
                *variance = v.flatten_all()?.to_vec1()?;
            }
            _ => {}
        }
        Ok(op)
    }
}

fn blend(old: &Tensor, new: &Tensor) -> Result<Tensor> {
    (old * (1.0 - MOMENTUM))? + (new.detach() * MOMENTUM)?
}

pub(super) fn activate(activation: &Activation, x: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Square => x.sqr(),
        Activation::Relu => x.relu(),
        Activation::Sigmoid => candle_nn::ops::sigmoid(x),
        Activation::Tanh => x.tanh(),
        Activation::LeakyRelu { slope } => {
            // max(x, 0) + slope min(x, 0)
            x.relu()? - (x.neg()?.relu()? * *slope)?
        }
        Activation::Softplus => {
            // max(x, 0) + ln(1 + exp(-|x|)), which never overflows
            x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
        }
        Activation::Silu => x * candle_nn::ops::sigmoid(x)?,
        Activation::Gelu => x.gelu_erf(),
        Activation::Sign => x.sign(),
        Activation::Clip { low, high } => x.clamp(*low, *high),
        Activation::Chebyshev(series) => chebyshev(series, x),
        Activation::Composite(composite) => {
            let sign = composite.parts.iter().try_fold(x.clone(), |x, part| chebyshev(part, &x))?;
            match composite.gate {
                None => Ok(sign),
                Some(Gate { below, above }) => {
                    x * sign.affine(0.5 * (above - below), 0.5 * (above + below))?
                }
            }
        }
        Activation::Polynomial(p) => x.contiguous()?.apply_op1(Curve::of_powers(p)),
    }
}

fn chebyshev(series: &ChebyshevSeries, x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Curve::new(series))
}

/// What every window reads, channel by channel; the number of inputs stands for a zero.
fn gather(windows: &Windows, inputs: usize) -> Vec<u32> {
    let channels = inputs / windows.plane;
    let mut indices = Vec::with_capacity(channels * windows.taps.len());
    for position in 0..windows.positions {
        for channel in 0..channels {
            for k in 0..windows.area {
                let tap = windows.taps[k * windows.positions + position] as usize;
                let at = if tap == windows.plane { inputs } else { channel * windows.plane + tap };
                indices.push(at as u32);
            }
        }
    }
    indices
}

fn pool_matrix(windows: &Windows, value: f32) -> Result<Tensor> {
    let mut matrix = vec![0.0; windows.plane * windows.positions];
    for taps in windows.taps.chunks(windows.positions) {
        for (position, &tap) in taps.iter().enumerate() {
            if (tap as usize) < windows.plane {
                matrix[tap as usize * windows.positions + position] += value;
            }
        }
    }
    Tensor::from_vec(matrix, (windows.plane, windows.positions), &Device::Cpu)
}
