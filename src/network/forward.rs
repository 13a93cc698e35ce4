//! Plaintext inference: batched, on every thread of the current rayon pool.

use super::layer::Op;
use super::model::Network;
use super::windows::Windows;
use activation::Activation;
use candle_core::{Device, Tensor};
use data::Shape;
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use std::time::Instant;

/// Why a network could not be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error(
        "network {network}: {values} input values are no whole number of samples; each sample has {per_sample} ({shape})"
    )]
    Length { network: String, values: usize, per_sample: usize, shape: Shape },
    #[error("network {network}, layer {layer}: {source}")]
    Kernel { network: String, layer: String, source: candle_core::Error },
}

/// Values between two layers, all samples of a block together: bounds the memory of a run.
const BLOCK_VALUES: usize = 1 << 22;
/// Samples in a block at most: how often progress is reported and cancellation checked.
const BLOCK_SAMPLES: usize = 1024;
/// Values a task works on at once, about what fits a core's cache.
const TASK_VALUES: usize = 1 << 17;

impl Network {
    /// The outputs (logits) of all samples, row-major `[samples][classes]`.
    ///
    /// `raw_inputs` holds raw dataset values, sample after sample; the network's normalisation is
    /// applied inside.
    ///
    /// # Errors
    /// When the inputs are no whole number of samples, or `watch` asks to stop.
    pub fn forward_batch(
        &self,
        raw_inputs: &[f32],
        watch: &Watch,
    ) -> Result<Vec<f32>, ForwardError> {
        self.forward_timed(raw_inputs, watch).map(|(outputs, _)| outputs)
    }

    /// Like [`Network::forward_batch`], with the wall seconds each layer took, in layer order;
    /// normalising counts as part of the first.
    pub fn forward_timed(
        &self,
        raw_inputs: &[f32],
        watch: &Watch,
    ) -> Result<(Vec<f32>, Vec<f64>), ForwardError> {
        let mut secs = vec![0.0; self.layers().len()];
        let outputs =
            self.evaluate(raw_inputs, watch, |layer, _, layer_secs| secs[layer] += layer_secs)?;
        Ok((outputs, secs))
    }

    /// What goes into each activation layer: one vector per activation, in layer order, row-major
    /// `[samples][values]`. For calibration on a few hundred samples.
    pub fn pre_activations(
        &self,
        raw_inputs: &[f32],
        watch: &Watch,
    ) -> Result<Vec<Vec<f32>>, ForwardError> {
        let mut kept = vec![Vec::new(); self.layers().len()];
        self.evaluate(raw_inputs, watch, |layer, input, _| {
            if matches!(self.layers()[layer].op, Op::Activation(_)) {
                kept[layer].extend_from_slice(input);
            }
        })?;
        let activations = self.layers().iter().zip(kept);
        Ok(activations.filter(|(l, _)| l.op.is_activation()).map(|(_, values)| values).collect())
    }

    /// Raw dataset values as network inputs: `(x - offset) / scale`.
    ///
    /// `raw_inputs` starts at the first value of a sample.
    pub fn normalise(&self, raw_inputs: &[f32]) -> Vec<f32> {
        let normalisation = self.normalisation();
        let offset = normalisation.offset.iter().cycle();
        let scale = normalisation.scale.iter().cycle();
        raw_inputs.iter().zip(offset).zip(scale).map(|((x, o), s)| (x - o) / s).collect()
    }

    /// Runs every block through every layer; `seen` is given the layer's index, its input and its
    /// wall seconds.
    pub(super) fn evaluate(
        &self,
        raw_inputs: &[f32],
        watch: &Watch,
        mut seen: impl FnMut(usize, &[f32], f64),
    ) -> Result<Vec<f32>, ForwardError> {
        let per_sample = self.input().len();
        if !raw_inputs.len().is_multiple_of(per_sample) {
            return Err(ForwardError::Length {
                network: self.name().to_owned(),
                values: raw_inputs.len(),
                per_sample,
                shape: self.input(),
            });
        }
        let samples = raw_inputs.len() / per_sample;
        let widest = self.shapes().iter().map(|s| s.len()).fold(per_sample, usize::max);
        let last_uses = self.last_uses();
        let of = |at: usize| at.checked_sub(1).map_or(per_sample, |at| self.shapes()[at].len());
        let taken = (0..last_uses.len()).filter(|at| last_uses[*at].is_some());
        let widest = widest.max(taken.map(of).sum());
        let block = (BLOCK_VALUES / widest).clamp(1, BLOCK_SAMPLES);
        let mut outputs = Vec::with_capacity(samples * self.classes());
        let kernels = self.kernels()?;
        for (i, raw) in raw_inputs.chunks(block * per_sample).enumerate() {
            watch.step("plaintext inference", (i * block) as u64, samples as u64)?;
            let mut started = Instant::now();
            let mut values = self.normalise(raw);
            // Values that later layers take again, by the number of layers before them.
            let mut kept = vec![Vec::new(); last_uses.len()];
            for (index, kernel) in kernels.iter().enumerate() {
                if last_uses[index].is_some() {
                    kept[index] = values.clone();
                }
                let place = self.places()[index];
                let other = place.map_or(&[][..], |place| kept[place].as_slice());
                let output = kernel.run(&values, other).map_err(|source| ForwardError::Kernel {
                    network: self.name().to_owned(),
                    layer: self.layers()[index].name.clone(),
                    source,
                })?;
                seen(index, &values, started.elapsed().as_secs_f64());
                started = Instant::now();
                values = output;
                if let Some(place) = place.filter(|place| last_uses[*place] == Some(index)) {
                    kept[place] = Vec::new();
                }
            }
            outputs.extend(values);
        }
        watch.step("plaintext inference", samples as u64, samples as u64)?;
        Ok(outputs)
    }

    fn kernels(&self) -> Result<Vec<Kernel<'_>>, ForwardError> {
        let inputs = std::iter::once(self.input()).chain(self.shapes().iter().copied());
        let layers = self.layers().iter().zip(inputs.zip(self.shapes()));
        layers
            .map(|(layer, (input, &output))| {
                Kernel::new(&layer.op, input, output).map_err(|source| ForwardError::Kernel {
                    network: self.name().to_owned(),
                    layer: layer.name.clone(),
                    source,
                })
            })
            .collect()
    }
}

/// A layer made ready for many samples.
struct Kernel<'a> {
    input: Shape,
    output: Shape,
    work: Work<'a>,
}

enum Work<'a> {
    /// `weight` is `[inputs][outputs]`.
    Dense {
        weight: Tensor,
        bias: &'a [f32],
    },
    /// `weight` is `[out_channels][in_channels * area]`.
    Conv {
        weight: Tensor,
        bias: &'a [f32],
        windows: Windows,
    },
    Pool {
        windows: Windows,
        factor: f32,
    },
    MaxPool(Windows),
    Affine {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
    Nothing,
    /// The values from further back.
    Other,
    Add,
    Concat,
    Activation(&'a Activation),
}

impl<'a> Kernel<'a> {
    fn new(op: &'a Op, input: Shape, output: Shape) -> candle_core::Result<Self> {
        let work = match op {
            Op::Dense { inputs, outputs, weight, bias } => {
                let weight = Tensor::from_slice(weight, (*outputs, *inputs), &Device::Cpu)?.t()?;
                Work::Dense { weight, bias }
            }
            Op::Conv2d { out_channels, kernel, stride, padding, weight, bias, .. } => {
                let columns = weight.len() / out_channels;
                let weight = Tensor::from_slice(weight, (*out_channels, columns), &Device::Cpu)?;
                let windows = Windows::new(input, output, *kernel, *stride, *padding);
                Work::Conv { weight, bias, windows }
            }
            Op::AvgPool { kernel, stride, padding } => {
                let windows = Windows::new(input, output, *kernel, *stride, *padding);
                let factor = 1.0 / windows.area as f32;
                Work::Pool { windows, factor }
            }
            Op::SumPool { kernel, stride, padding } => {
                let windows = Windows::new(input, output, *kernel, *stride, *padding);
                Work::Pool { windows, factor: 1.0 }
            }
            Op::MaxPool { kernel, stride, padding } => {
                Work::MaxPool(Windows::new(input, output, *kernel, *stride, *padding))
            }
            Op::BatchNorm { .. } => {
                let (scale, shift) = batch_norm_affine(op);
                Work::Affine { scale, shift }
            }
            Op::Scale { scale, shift } => {
                let mut shift = shift.clone();
                shift.resize(scale.len(), 0.0);
                Work::Affine { scale: scale.clone(), shift }
            }
            Op::Flatten => Work::Nothing,
            Op::Branch { .. } => Work::Other,
            Op::Add { .. } => Work::Add,
            Op::Concat { .. } => Work::Concat,
            Op::Activation(activation) => Work::Activation(activation),
        };
        Ok(Self { input, output, work })
    }

    /// Outputs of the layer for the samples in `inputs`; `other` has the values from further back where
    /// the layer takes such.
    fn run(&self, inputs: &[f32], other: &[f32]) -> candle_core::Result<Vec<f32>> {
        match self.work {
            Work::Other => return Ok(other.to_vec()),
            Work::Add => return Ok(inputs.iter().zip(other).map(|(x, y)| x + y).collect()),
            Work::Concat => {
                let (first, then) = (self.output.len() - self.input.len(), self.input.len());
                let both = other.chunks(first).zip(inputs.chunks(then));
                return Ok(both.flat_map(|(x, y)| x.iter().chain(y)).copied().collect());
            }
            _ => {}
        }
        let (from, to) = (self.input.len(), self.output.len());
        let per_sample = match &self.work {
            Work::Conv { windows, .. } => self.input.len() / windows.plane * windows.taps.len(),
            _ => from.max(to),
        };
        let samples = inputs.len() / from;
        let spread = samples.div_ceil(rayon::current_num_threads()).max(1);
        let task = (TASK_VALUES / per_sample).clamp(1, spread);
        let mut outputs = vec![0.0; samples * to];
        outputs
            .par_chunks_mut(task * to)
            .zip(inputs.par_chunks(task * from))
            .try_for_each(|(output, input)| self.run_task(input, output))?;
        Ok(outputs)
    }

    fn run_task(&self, input: &[f32], output: &mut [f32]) -> candle_core::Result<()> {
        let (from, to) = (self.input.len(), self.output.len());
        match &self.work {
            Work::Dense { weight, bias } => {
                let x = Tensor::from_slice(input, (input.len() / from, from), &Device::Cpu)?;
                let y = x.matmul(weight)?.flatten_all()?.to_vec1::<f32>()?;
                output.copy_from_slice(&y);
                if !bias.is_empty() {
                    for row in output.chunks_mut(to) {
                        row.iter_mut().zip(*bias).for_each(|(y, b)| *y += b);
                    }
                }
            }
            Work::Conv { weight, bias, windows } => {
                convolve(input, output, from, to, weight, bias, windows)?;
            }
            Work::Pool { windows, factor } => {
                let planes = input.chunks(windows.plane).zip(output.chunks_mut(windows.positions));
                let mut padded = vec![0.0; windows.plane + 1];
                for (plane, sums) in planes {
                    padded[..windows.plane].copy_from_slice(plane);
                    for taps in windows.taps.chunks(windows.positions) {
                        let read = taps.iter().map(|&t| padded[t as usize]);
                        sums.iter_mut().zip(read).for_each(|(sum, x)| *sum += x);
                    }
                    sums.iter_mut().for_each(|sum| *sum *= factor);
                }
            }
            Work::MaxPool(windows) => {
                let planes = input.chunks(windows.plane).zip(output.chunks_mut(windows.positions));
                let mut padded = vec![f32::NEG_INFINITY; windows.plane + 1];
                for (plane, largest) in planes {
                    padded[..windows.plane].copy_from_slice(plane);
                    largest.fill(f32::NEG_INFINITY);
                    for taps in windows.taps.chunks(windows.positions) {
                        let read = taps.iter().map(|&t| padded[t as usize]);
                        largest.iter_mut().zip(read).for_each(|(most, x)| *most = most.max(x));
                    }
                }
            }
            Work::Affine { scale, shift } => {
                let plane = from / scale.len();
                let planes = input.chunks(plane).zip(output.chunks_mut(plane));
                let channels = scale.iter().zip(shift).cycle();
                for ((x, y), (scale, shift)) in planes.zip(channels) {
                    y.iter_mut().zip(x).for_each(|(y, x)| *y = x * scale + shift);
                }
            }
            Work::Nothing | Work::Other | Work::Add | Work::Concat => output.copy_from_slice(input),
            Work::Activation(activation) => activation.eval_all(input, output),
        }
        Ok(())
    }
}

/// Convolution as one matrix product: the values every window reads, side by side, times the weights.
fn convolve(
    input: &[f32],
    output: &mut [f32],
    from: usize,
    to: usize,
    weight: &Tensor,
    bias: &[f32],
    windows: &Windows,
) -> candle_core::Result<()> {
    let samples = input.len() / from;
    let rows = from / windows.plane * windows.area;
    let width = samples * windows.positions;
    let mut columns = vec![0.0; rows * width];
    let mut padded = vec![0.0; windows.plane + 1];
    for (s, sample) in input.chunks(from).enumerate() {
        for (c, plane) in sample.chunks(windows.plane).enumerate() {
            padded[..windows.plane].copy_from_slice(plane);
            for (k, taps) in windows.taps.chunks(windows.positions).enumerate() {
                let start = (c * windows.area + k) * width + s * windows.positions;
                let row = &mut columns[start..start + windows.positions];
                row.iter_mut().zip(taps).for_each(|(x, &t)| *x = padded[t as usize]);
            }
        }
    }
    let columns = Tensor::from_vec(columns, (rows, width), &Device::Cpu)?;
    let products = weight.matmul(&columns)?.flatten_all()?.to_vec1::<f32>()?;
    for (s, sample) in output.chunks_mut(to).enumerate() {
        for (o, plane) in sample.chunks_mut(windows.positions).enumerate() {
            let start = o * width + s * windows.positions;
            let add = bias.get(o).copied().unwrap_or(0.0);
            let row = &products[start..start + windows.positions];
            plane.iter_mut().zip(row).for_each(|(y, p)| *y = p + add);
        }
    }
    Ok(())
}

/// Batch normalisation as `scale x + shift` per channel; empty for any other layer.
pub(crate) fn batch_norm_affine(op: &Op) -> (Vec<f32>, Vec<f32>) {
    let Op::BatchNorm { gamma, beta, mean, variance, epsilon } = op else {
        return (Vec::new(), Vec::new());
    };
    let scale: Vec<f32> = gamma
        .iter()
        .zip(variance)
        .map(|(g, v)| (f64::from(*g) / (f64::from(*v) + f64::from(*epsilon)).sqrt()) as f32)
        .collect();
    let shift = beta.iter().zip(mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
    (scale, shift)
}

/// Index of the largest value, the first when several are equal; 0 for an empty row.
pub fn argmax<T: PartialOrd>(row: &[T]) -> usize {
    let mut best = 0;
    for (i, value) in row.iter().enumerate() {
        if row.get(best).is_some_and(|b| value > b) {
            best = i;
        }
    }
    best
}

/// Share of samples whose largest output is their label, 0 to 1; `outputs` is row-major
/// `[labels][classes]`. NaN when there are no samples.
pub fn accuracy<T: PartialOrd>(outputs: &[T], classes: usize, labels: &[u16]) -> f64 {
    let rows = outputs.chunks(classes.max(1)).zip(labels);
    let right = rows.filter(|(row, label)| argmax(row) == usize::from(**label)).count();
    right as f64 / labels.len() as f64
}
