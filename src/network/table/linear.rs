//! Weighted sums of small integers, and how the layers of a float network become such sums.

use crate::windows::Windows;
use crate::{Clipped, Op, WeightQuantiser};
use data::Shape;
use serde::{Deserialize, Serialize};

/// One input of a sum and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Index of the input value.
    pub index: u32,
    /// Its weight, never 0.
    pub weight: i32,
}

/// A layer of weighted sums: `y_r = bias_r + sum of weight * x_index` over the terms of row r.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Name of the layer it comes from.
    pub name: String,
    /// What that layer does, in a few words.
    pub kind: String,
    /// Shape of the values it takes.
    pub input: Shape,
    /// Shape of the sums it gives, in storage order.
    pub output: Shape,
    /// Real value of one unit of a sum.
    pub scale: f64,
    /// Real value of one unit of a weight.
    pub weight_step: f64,
    terms: Vec<Term>,
    /// Where the terms of each row start, and where the last row's end.
    starts: Vec<usize>,
    bias: Vec<i64>,
    /// Weights of the float layer that were cut off at the ends of their grid.
    clipped: Clipped,
}

impl Linear {
    /// A layer from its rows: terms and bias of each.
    pub fn new(
        name: impl Into<String>,
        kind: impl Into<String>,
        shapes: (Shape, Shape),
        scale: f64,
        weight_step: f64,
        rows: impl IntoIterator<Item = (Vec<Term>, i64)>,
    ) -> Self {
        let (mut terms, mut starts, mut bias) = (Vec::new(), vec![0], Vec::new());
        for (row, b) in rows {
            terms.extend(row.into_iter().filter(|t| t.weight != 0));
            starts.push(terms.len());
            bias.push(b);
        }
        let (input, output) = shapes;
        let (name, kind) = (name.into(), kind.into());
        let clipped = Clipped::of(&name);
        Self { name, kind, input, output, scale, weight_step, terms, starts, bias, clipped }
    }

    /// A dense layer, convolution or pooling with its weights rounded to integers:
    /// `clamp(round(w / step), -max, max)`. `input_scale` is the real value of one unit of its input.
    ///
    /// `None` for any other layer.
    pub(super) fn lower(
        name: &str,
        op: &Op,
        (input, output): (Shape, Shape),
        input_scale: f64,
        grid: &WeightQuantiser,
    ) -> Option<Self> {
        let scale = input_scale * f64::from(grid.step);
        let max = grid.max as f32;
        let integer = |w: f32| (w / grid.step).round().clamp(-max, max) as i32;
        let bias_of = |bias: &[f32], r: usize| {
            bias.get(r).map_or(0, |b| (f64::from(*b) / scale).round() as i64)
        };
        let rows: Vec<(Vec<Term>, i64)> = match op {
            Op::Dense { inputs, weight, bias, .. } => {
                let rows = weight.chunks(*inputs).enumerate().map(|(r, row)| {
                    let terms =
                        row.iter().zip(0..).map(|(w, index)| Term { index, weight: integer(*w) });
                    (terms.collect(), bias_of(bias, r))
                });
                rows.collect()
            }
            Op::Conv2d { out_channels, kernel, stride, padding, weight, bias, .. } => {
                let windows = Windows::new(input, output, *kernel, *stride, *padding);
                let kernels = weight.chunks(weight.len() / (*out_channels).max(1));
                let rows = kernels.enumerate().flat_map(|(channel, kernel)| {
                    let integers: Vec<i32> = kernel.iter().map(|w| integer(*w)).collect();
                    let windows = &windows;
                    let bias = bias_of(bias, channel);
                    (0..windows.positions)
                        .map(move |at| (window_terms(windows, at, 0, &integers), bias))
                });
                rows.collect()
            }
            Op::AvgPool { kernel, stride, padding } | Op::SumPool { kernel, stride, padding } => {
                let windows = Windows::new(input, output, *kernel, *stride, *padding);
                let one =
                    if matches!(op, Op::SumPool { .. }) { 1.0 } else { 1.0 / windows.area as f32 };
                let integers = vec![integer(one); windows.area];
                let channels = input.len() / windows.plane.max(1);
                let rows = (0..channels).flat_map(|channel| {
                    let (windows, integers) = (&windows, &integers);
                    (0..windows.positions)
                        .map(move |at| (window_terms(windows, at, channel, integers), 0))
                });
                rows.collect()
            }
            _ => return None,
        };
        let step = f64::from(grid.step);
        let mut made = Self::new(name, op.summary(), (input, output), scale, step, rows);
        if let Op::Dense { weight, .. } | Op::Conv2d { weight, .. } = op {
            let most = f64::from(grid.max);
            for w in weight {
                made.clipped.see((f64::from(*w) / step).round(), (-most, most));
            }
        }
        Some(made)
    }

    /// A layer that hands its inputs on as they are.
    pub(super) fn identity(name: &str, shape: Shape, scale: f64) -> Self {
        let rows = (0..shape.len() as u32).map(|index| (vec![Term { index, weight: 1 }], 0));
        Self::new(name, "identity", (shape, shape), scale, 1.0, rows)
    }

    /// Weights of the float layer that were cut off at the ends of their grid.
    pub fn clipped_weights(&self) -> &Clipped {
        &self.clipped
    }

    /// Number of sums.
    pub fn rows(&self) -> usize {
        self.bias.len()
    }

    /// Number of terms of all rows together: multiplications of one evaluation.
    pub fn terms(&self) -> usize {
        self.terms.len()
    }

    /// Terms and bias of a row; nothing and 0 when there is no such row.
    pub fn row(&self, row: usize) -> (&[Term], i64) {
        let bounds = self.starts.get(row).zip(self.starts.get(row + 1));
        let terms = bounds.and_then(|(&from, &to)| self.terms.get(from..to)).unwrap_or_default();
        (terms, self.bias.get(row).copied().unwrap_or(0))
    }

    /// All rows in order: terms and bias.
    pub fn iter(&self) -> impl Iterator<Item = (&[Term], i64)> {
        (0..self.rows()).map(|r| self.row(r))
    }

    /// Largest magnitude of a weight.
    pub fn largest_weight(&self) -> u32 {
        self.terms.iter().map(|t| t.weight.unsigned_abs()).max().unwrap_or(0)
    }

    /// Largest magnitude that a sum can have when inputs lie within `low..=high`.
    pub fn bound(&self, low: i64, high: i64) -> i128 {
        let (low, high) = (i128::from(low), i128::from(high));
        let of = |(terms, bias): (&[Term], i64)| {
            let (mut least, mut most) = (i128::from(bias), i128::from(bias));
            for term in terms {
                let w = i128::from(term.weight);
                least += (w * low).min(w * high);
                most += (w * low).max(w * high);
            }
            least.abs().max(most.abs())
        };
        self.iter().map(of).max().unwrap_or(0)
    }

    /// The sums of one sample. Exact: a network is refused when a sum could leave 62 bits.
    pub(super) fn apply(&self, x: &[i32], sums: &mut Vec<i64>) {
        sums.clear();
        sums.extend(self.iter().map(|(terms, bias)| {
            let products = terms.iter().map(|t| {
                let value = x.get(t.index as usize).copied().unwrap_or(0);
                i64::from(t.weight) * i64::from(value)
            });
            bias + products.sum::<i64>()
        }));
    }
}

/// What the window at a position reads, from channel `first` on, with one weight per tap.
fn window_terms(windows: &Windows, position: usize, first: usize, weights: &[i32]) -> Vec<Term> {
    let mut terms = Vec::with_capacity(weights.len());
    for (channel, kernel) in weights.chunks(windows.area).enumerate() {
        let offset = (first + channel) * windows.plane;
        let taps = windows.taps.chunks(windows.positions).filter_map(|taps| taps.get(position));
        for (&weight, &tap) in kernel.iter().zip(taps) {
            if (tap as usize) < windows.plane && weight != 0 {
                terms.push(Term { index: (offset + tap as usize) as u32, weight });
            }
        }
    }
    terms
}
