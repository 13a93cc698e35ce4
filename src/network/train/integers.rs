//! The network on integers, exactly: what quantisation-aware training is judged by.

use super::grid::weight_integers;
use crate::windows::Windows;
use crate::{Network, Op, Quantisation};
use activation::Activation;
use data::Shape;
use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// Magnitudes up to here are exact in double precision.
const EXACT: f64 = (1u64 << 53) as f64;

/// A simplified network with squares between its layers, every weight an integer. Integers are held
/// in double precision, exact up to 2^53.
pub(super) struct Integers {
    input_step: f32,
    input_range: (f64, f64),
    input: Shape,
    layers: Vec<IntegerLayer>,
}

enum IntegerLayer {
    Dense { inputs: usize, weight: Vec<f64>, bias: Vec<f64> },
    Conv { weight: Vec<f64>, bias: Vec<f64>, windows: Windows },
    Square,
}

/// Outputs, and the largest magnitude after each layer that is no flattening.
pub(super) struct IntegerRun {
    pub outputs: Vec<f64>,
    pub largest: Vec<f64>,
}

impl Integers {
    /// The integer network, or `None` when it has anything but dense layers, convolutions,
    /// flattenings and squares.
    pub fn new(network: &Network, grid: &Quantisation) -> Option<Self> {
        let mut scale = f64::from(grid.input.step);
        let mut grids = grid.weights.iter();
        let mut shape = network.input();
        let mut layers = Vec::new();
        for (layer, output) in network.layers().iter().zip(network.shapes()) {
            match &layer.op {
                Op::Dense { weight, bias, outputs, inputs } => {
                    let grid = grids.next()?;
                    scale *= f64::from(grid.step);
                    layers.push(IntegerLayer::Dense {
                        inputs: *inputs,
                        weight: integers(weight, grid),
                        bias: bias_integers(bias, *outputs, scale),
                    });
                }
                Op::Conv2d { weight, bias, out_channels, kernel, stride, padding, .. } => {
                    let grid = grids.next()?;
                    scale *= f64::from(grid.step);
                    layers.push(IntegerLayer::Conv {
                        weight: integers(weight, grid),
                        bias: bias_integers(bias, *out_channels, scale),
                        windows: Windows::new(shape, *output, *kernel, *stride, *padding),
                    });
                }
                Op::Activation(Activation::Square) => {
                    scale *= scale;
                    layers.push(IntegerLayer::Square);
                }
                Op::Flatten => {}
                _ => return None,
            }
            shape = *output;
        }
        Some(Self {
            input_step: grid.input.step,
            input_range: (f64::from(grid.input.min), f64::from(grid.input.max)),
            input: network.input(),
            layers,
        })
    }

    /// Runs normalised inputs; `None` when an integer outgrew what is exact.
    pub fn run(&self, inputs: &[f32], watch: &Watch) -> Result<Option<IntegerRun>, Cancelled> {
        let results = inputs
            .par_chunks(self.input.len())
            .map(|sample| {
                watch.check()?;
                Ok(self.run_one(sample))
            })
            .collect::<Result<Vec<_>, Cancelled>>()?;
        let mut outputs = Vec::new();
        let mut largest = vec![0.0f64; self.layers.len()];
        for (output, sizes) in results {
            outputs.extend(output);
            largest.iter_mut().zip(sizes).for_each(|(l, s)| *l = l.max(s));
        }
        let exact = largest.iter().all(|l| *l < EXACT);
        Ok(exact.then_some(IntegerRun { outputs, largest }))
    }

    fn run_one(&self, sample: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let (min, max) = self.input_range;
        let on_grid = |x: &f32| f64::from((x / self.input_step).round()).clamp(min, max);
        let mut values: Vec<f64> = sample.iter().map(on_grid).collect();
        let mut largest = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            values = layer.run(&values);
            largest.push(values.iter().fold(0.0, |m: f64, v| m.max(v.abs())));
        }
        (values, largest)
    }
}

impl IntegerLayer {
    fn run(&self, values: &[f64]) -> Vec<f64> {
        match self {
            Self::Dense { inputs, weight, bias } => weight
                .chunks(*inputs)
                .zip(bias)
                .map(|(row, b)| row.iter().zip(values).map(|(w, x)| w * x).sum::<f64>() + b)
                .collect(),
            Self::Conv { weight, bias, windows } => {
                let per_output = weight.len() / bias.len();
                let mut out = Vec::with_capacity(bias.len() * windows.positions);
                for (row, b) in weight.chunks(per_output).zip(bias) {
                    let start = out.len();
                    out.resize(start + windows.positions, *b);
                    let sums = &mut out[start..];
                    let planes = row.chunks(windows.area).zip(values.chunks(windows.plane));
                    for (kernel, plane) in planes {
                        for (w, taps) in kernel.iter().zip(windows.taps.chunks(windows.positions)) {
                            for (sum, &tap) in sums.iter_mut().zip(taps) {
                                *sum += w * plane.get(tap as usize).copied().unwrap_or(0.0);
                            }
                        }
                    }
                }
                out
            }
            Self::Square => values.iter().map(|x| x * x).collect(),
        }
    }
}

fn integers(weight: &[f32], grid: &crate::WeightQuantiser) -> Vec<f64> {
    weight_integers(weight, grid).into_iter().map(f64::from).collect()
}

fn bias_integers(bias: &[f32], outputs: usize, scale: f64) -> Vec<f64> {
    let given = bias.iter().map(|b| (f64::from(*b) / scale).round());
    given.chain(std::iter::repeat(0.0)).take(outputs).collect()
}
