//! Rows of a manifest become layers, each checked against what the one before it gives.

use super::arrays::Arrays;
use super::rows::{DenseOrder, KernelOrder, Op as Given, Pool, Row};
use data::{Matrix, Shape};
use network::{Layer, Op, Padding};

/// What has been built so far.
pub(super) struct Layers {
    input: Shape,
    shape: Shape,
    layers: Vec<Layer>,
}

impl Layers {
    pub fn new(input: Shape) -> Self {
        Self { input, shape: input, layers: Vec::new() }
    }

    pub fn done(self) -> Vec<Layer> {
        self.layers
    }

    /// Adds the layer of row `at`, counted from 0.
    ///
    /// # Errors
    /// With the number and name of the row.
    pub fn push(&mut self, at: usize, row: Row, arrays: &mut Arrays) -> Result<(), String> {
        let name = row.name.clone().unwrap_or_else(|| format!("layer{}", at + 1));
        let told = format!("layer {} ({})", at + 1, format::excerpt(&name));
        let op = self.op(row.op, arrays).map_err(|why| format!("{told}: {why}"))?;
        self.layers.push(Layer { name, op });
        self.shape = self.after().map_err(|why| format!("{told}: {why}"))?;
        Ok(())
    }

    /// The shape after the layers so far. A join needs those before it, so all are looked at.
    fn after(&self) -> Result<Shape, String> {
        network::shape_after(self.input, &self.layers)
    }

    fn op(&self, given: Given, arrays: &mut Arrays) -> Result<Op, String> {
        Ok(match given {
            Given::Dense { weight, bias, order } => {
                let inputs = self.shape.len();
                let array = arrays.read(&weight)?;
                let (outputs, weight) = dense(array, inputs, order)?;
                let bias = vector(bias.as_deref(), outputs, arrays)?;
                Op::Dense { inputs, outputs, weight, bias }
            }
            Given::Conv2d { weight, bias, order, kernel, stride, padding } => {
                let Shape::Image { channels, .. } = self.shape else {
                    return Err(format!("a convolution of {}, which is no picture", self.shape));
                };
                let array = arrays.read(&weight)?;
                let (out_channels, kernel, weight) = kernels(array, channels, kernel, order)?;
                let bias = vector(bias.as_deref(), out_channels, arrays)?;
                Op::Conv2d {
                    in_channels: channels,
                    out_channels,
                    kernel,
                    stride: pair(stride),
                    padding: padded(padding),
                    weight,
                    bias,
                }
            }
            Given::AvgPool(pool) => {
                let (kernel, stride, padding) = windows(&pool);
                Op::AvgPool { kernel, stride, padding }
            }
            Given::SumPool(pool) => {
                let (kernel, stride, padding) = windows(&pool);
                Op::SumPool { kernel, stride, padding }
            }
            Given::MaxPool(pool) => {
                let (kernel, stride, padding) = windows(&pool);
                Op::MaxPool { kernel, stride, padding }
            }
            Given::BatchNorm { gamma, beta, mean, variance, epsilon } => {
                let features = match self.shape {
                    Shape::Image { channels, .. } => channels,
                    shape => shape.len(),
                };
                let mut read = |name: &str| vector(Some(name), features, arrays);
                Op::BatchNorm {
                    gamma: read(&gamma)?,
                    beta: read(&beta)?,
                    mean: read(&mean)?,
                    variance: read(&variance)?,
                    epsilon,
                }
            }
            Given::Flatten => Op::Flatten,
            Given::Branch { from } => Op::Branch { from },
            Given::Add { from } => Op::Add { from },
            Given::Concat { from } => Op::Concat { from },
            Given::Activation(function) => Op::Activation(function.activation()),
        })
    }
}

fn pair([a, b]: [usize; 2]) -> (usize, usize) {
    (a, b)
}

fn padded([top, bottom, left, right]: [usize; 4]) -> Padding {
    Padding { top, bottom, left, right }
}

fn windows(pool: &Pool) -> ((usize, usize), (usize, usize), Padding) {
    (pair(pool.kernel), pair(pool.stride.unwrap_or(pool.kernel)), padded(pool.padding))
}

/// The array `name` as a vector of `len` values; none where it is left out.
fn vector(name: Option<&str>, len: usize, arrays: &mut Arrays) -> Result<Vec<f32>, String> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let array = arrays.read(name)?;
    if array.values.len() == len && array.dims.iter().filter(|d| **d != 1).count() <= 1 {
        return Ok(array.values);
    }
    Err(format!("array {} is {}; {len} values are needed", format::excerpt(name), shown(&array)))
}

/// Outputs, and weights `[outputs][inputs]`.
fn dense(
    array: Matrix,
    inputs: usize,
    order: Option<DenseOrder>,
) -> Result<(usize, Vec<f32>), String> {
    let [rows, columns] = array.dims[..] else {
        return Err(format!("weights of {}; a dense layer has two axes", shown(&array)));
    };
    let order = match order {
        Some(order) => order,
        None if rows == columns => {
            return Err(format!(
                "weights of {}: which axis are the inputs? write \"order\": \"out_in\" (as PyTorch has them) or \"in_out\" (Keras, scikit-learn)",
                shown(&array)
            ));
        }
        None if rows == inputs => DenseOrder::InOut,
        None => DenseOrder::OutIn,
    };
    let (outputs, found) = match order {
        DenseOrder::OutIn => (rows, columns),
        DenseOrder::InOut => (columns, rows),
    };
    if found != inputs {
        return Err(format!(
            "weights of {}; the layer before gives {inputs} values",
            shown(&array)
        ));
    }
    let values = match order {
        DenseOrder::OutIn => array.values,
        DenseOrder::InOut => (0..outputs * inputs)
            .map(|at| array.values[at % inputs * outputs + at / inputs])
            .collect(),
    };
    Ok((outputs, values))
}

/// Outputs, size of a kernel, and weights `[outputs][inputs][height][width]`.
type Kernels = (usize, (usize, usize), Vec<f32>);

fn kernels(
    array: Matrix,
    channels: usize,
    kernel: Option<[usize; 2]>,
    order: Option<KernelOrder>,
) -> Result<Kernels, String> {
    let (outputs, size, values) = match array.dims[..] {
        [outputs, columns] => {
            let Some([h, w]) = kernel else {
                return Err(format!(
                    "weights of {}: write the size of a kernel beside them, \"kernel\": [height, width]",
                    shown(&array)
                ));
            };
            let needed = h.checked_mul(w).and_then(|n| n.checked_mul(channels));
            if order == Some(KernelOrder::Hwio) || needed != Some(columns) {
                return Err(format!(
                    "weights of {}; rows are outputs, and columns {channels} channels of kernels of {h} x {w}",
                    shown(&array)
                ));
            }
            return Ok((outputs, (h, w), array.values));
        }
        [a, b, c, d] => {
            let (first, last) = (b == channels, c == channels);
            let order = match (order, first, last) {
                (Some(order), ..) => order,
                (None, true, false) => KernelOrder::Oihw,
                (None, false, true) => KernelOrder::Hwio,
                (None, true, true) => {
                    return Err(format!(
                        "weights of {}: which axis are the channels? write \"order\": \"oihw\" (as PyTorch has them) or \"hwio\" (Keras)",
                        shown(&array)
                    ));
                }
                (None, false, false) => {
                    return Err(format!(
                        "weights of {}; the layer before gives {channels} channels",
                        shown(&array)
                    ));
                }
            };
            match order {
                KernelOrder::Oihw if first => (a, (c, d), array.values),
                KernelOrder::Hwio if last => {
                    let (height, width, outputs) = (a, b, d);
                    let at =
                        |o, i, y, x| array.values[((y * width + x) * channels + i) * outputs + o];
                    let mut values = Vec::with_capacity(array.values.len());
                    for o in 0..outputs {
                        for i in 0..channels {
                            for y in 0..height {
                                values.extend((0..width).map(|x| at(o, i, y, x)));
                            }
                        }
                    }
                    (outputs, (height, width), values)
                }
                _ => {
                    return Err(format!(
                        "weights of {}; the layer before gives {channels} channels",
                        shown(&array)
                    ));
                }
            }
        }
        _ => {
            return Err(format!("weights of {}; a convolution has four axes", shown(&array)));
        }
    };
    if kernel.is_some_and(|k| pair(k) != size) {
        return Err(format!("kernel is {kernel:?}, the weights have {} x {}", size.0, size.1));
    }
    Ok((outputs, size, values))
}

fn shown(array: &Matrix) -> String {
    array.dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")
}
