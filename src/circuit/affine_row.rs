//! Rows of affine maps: those of layers, sums of two maps, and one map after another.

use data::Shape;
use network::{Op, Padding, Windows};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Most weights in one affine map.
pub(super) const MAX_WEIGHTS: usize = 1 << 26;

/// One output of an affine map: `sum_c weights[c] x[columns[c]] + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct AffineRow {
    /// Inputs that take part, in rising order; shared between rows that read the same ones.
    pub columns: Arc<[u32]>,
    pub weights: Vec<f64>,
    pub bias: f64,
}

impl AffineRow {
    /// Value `column` as it is.
    pub(super) fn copy(column: u32) -> Self {
        Self { columns: [column].into(), weights: vec![1.0], bias: 0.0 }
    }

    /// The column whose value it is, if it is that of one as it is.
    pub(super) fn copied(&self) -> Option<u32> {
        match (&self.columns[..], &self.weights[..]) {
            ([column], [1.0]) if self.bias == 0.0 => Some(*column),
            _ => None,
        }
    }
}

/// The sums of rows of two maps of one state; `None` when they are too large.
pub(super) fn added(first: &[AffineRow], second: &[AffineRow]) -> Option<Vec<AffineRow>> {
    let mut lists = Lists::default();
    let mut weights_so_far = 0;
    let mut rows = Vec::with_capacity(first.len());
    for (x, y) in first.iter().zip(second) {
        let terms = |row: &AffineRow| -> BTreeMap<u32, f64> {
            row.columns.iter().copied().zip(row.weights.iter().copied()).collect()
        };
        let mut sums = terms(x);
        for (column, weight) in terms(y) {
            *sums.entry(column).or_insert(0.0) += weight;
        }
        weights_so_far += sums.len();
        if weights_so_far > MAX_WEIGHTS {
            return None;
        }
        rows.push(AffineRow {
            columns: lists.share(sums.keys().copied().collect()),
            weights: sums.into_values().collect(),
            bias: x.bias + y.bias,
        });
    }
    Some(rows)
}

/// `after` applied to `before`; `None` when the product is too large.
pub(super) fn multiply(after: &[AffineRow], before: &[AffineRow]) -> Option<Vec<AffineRow>> {
    let mut lists = Lists::default();
    let mut weights_so_far = 0;
    let mut rows = Vec::with_capacity(after.len());
    for row in after {
        let product = match (&row.columns[..], &row.weights[..]) {
            ([only], [scale]) => {
                let source = &before[*only as usize];
                AffineRow {
                    columns: Arc::clone(&source.columns),
                    weights: source.weights.iter().map(|w| w * scale).collect(),
                    bias: source.bias * scale + row.bias,
                }
            }
            _ => {
                let mut sums: HashMap<u32, f64> = HashMap::new();
                let mut bias = row.bias;
                for (column, weight) in row.columns.iter().zip(&row.weights) {
                    let source = &before[*column as usize];
                    bias += weight * source.bias;
                    for (c, w) in source.columns.iter().zip(&source.weights) {
                        *sums.entry(*c).or_insert(0.0) += weight * w;
                    }
                }
                let mut sums: Vec<(u32, f64)> = sums.into_iter().collect();
                sums.sort_unstable_by_key(|(c, _)| *c);
                AffineRow {
                    columns: lists.share(sums.iter().map(|(c, _)| *c).collect()),
                    weights: sums.into_iter().map(|(_, w)| w).collect(),
                    bias,
                }
            }
        };
        weights_so_far += product.weights.len();
        if weights_so_far > MAX_WEIGHTS {
            return None;
        }
        rows.push(product);
    }
    Some(rows)
}

/// Column lists, each kept once.
#[derive(Default)]
pub(super) struct Lists(HashMap<Arc<[u32]>, ()>);

impl Lists {
    pub fn share(&mut self, columns: Vec<u32>) -> Arc<[u32]> {
        if let Some((known, ())) = self.0.get_key_value(columns.as_slice()) {
            return Arc::clone(known);
        }
        let columns: Arc<[u32]> = columns.into();
        self.0.insert(Arc::clone(&columns), ());
        columns
    }
}

/// The rows of one affine layer; a network has checked that shapes and lengths fit.
pub(super) fn affine_rows(op: &Op, input: Shape, output: Shape) -> Vec<AffineRow> {
    match op {
        Op::Dense { inputs, outputs, weight, bias } => {
            let columns: Arc<[u32]> = (0..*inputs as u32).collect();
            (0..*outputs)
                .map(|o| AffineRow {
                    columns: Arc::clone(&columns),
                    weights: weight[o * inputs..(o + 1) * inputs]
                        .iter()
                        .map(|w| f64::from(*w))
                        .collect(),
                    bias: bias.get(o).copied().map_or(0.0, f64::from),
                })
                .collect()
        }
        Op::Conv2d { in_channels, out_channels, kernel, stride, padding, weight, bias } => {
            let windows = Windows::new(input, output, *kernel, *stride, *padding);
            let lists: Vec<_> =
                (0..windows.positions).map(|p| read(&windows, p, 0..*in_channels)).collect();
            let per_output = in_channels * windows.area;
            (0..*out_channels)
                .flat_map(|o| {
                    let weight = &weight[o * per_output..(o + 1) * per_output];
                    let bias = bias.get(o).copied().map_or(0.0, f64::from);
                    // A kernel that reads few of its channels takes no part in the others.
                    let sparse = 2 * weight.iter().filter(|w| **w != 0.0).count() < weight.len();
                    lists.iter().map(move |(columns, taps)| {
                        let read = columns.iter().zip(taps).filter(|(_, t)| weight[**t] != 0.0);
                        let columns = match sparse {
                            true => read.map(|(c, _)| *c).collect(),
                            false => Arc::clone(columns),
                        };
                        let weights = taps.iter().map(|t| f64::from(weight[*t]));
                        let weights = weights.filter(|w| !sparse || *w != 0.0).collect();
                        AffineRow { columns, weights, bias }
                    })
                })
                .collect()
        }
        Op::AvgPool { kernel, stride, padding } => {
            pool_rows(input, output, *kernel, *stride, *padding, 1.0 / (kernel.0 * kernel.1) as f64)
        }
        Op::SumPool { kernel, stride, padding } => {
            pool_rows(input, output, *kernel, *stride, *padding, 1.0)
        }
        Op::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let spread = match input {
                Shape::Image { height, width, .. } => height * width,
                Shape::Flat { .. } | Shape::Sequence { .. } => 1,
            };
            (0..input.len())
                .map(|i| {
                    let f = i / spread;
                    let scale =
                        f64::from(gamma[f]) / (f64::from(variance[f]) + f64::from(*epsilon)).sqrt();
                    let bias = f64::from(beta[f]) - f64::from(mean[f]) * scale;
                    AffineRow { columns: [i as u32].into(), weights: vec![scale], bias }
                })
                .collect()
        }
        Op::Scale { scale, shift } => (0..scale.len())
            .map(|i| AffineRow {
                columns: [i as u32].into(),
                weights: vec![f64::from(scale[i])],
                bias: shift.get(i).copied().map_or(0.0, f64::from),
            })
            .collect(),
        // Lowered without rows of their own, or refused.
        Op::Flatten
        | Op::Branch { .. }
        | Op::Add { .. }
        | Op::Concat { .. }
        | Op::MaxPool { .. }
        | Op::Activation(_) => Vec::new(),
    }
}

fn pool_rows(
    input: Shape,
    output: Shape,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: Padding,
    scale: f64,
) -> Vec<AffineRow> {
    let windows = Windows::new(input, output, kernel, stride, padding);
    let channels = input.len() / windows.plane.max(1);
    (0..channels)
        .flat_map(|c| (0..windows.positions).map(move |p| (c, p)))
        .map(|(c, p)| {
            let (columns, taps) = read(&windows, p, c..c + 1);
            AffineRow { columns, weights: vec![scale; taps.len()], bias: 0.0 }
        })
        .collect()
}

/// Inputs that window `position` reads in `channels`, and where in the kernel each one lies.
fn read(windows: &Windows, position: usize, channels: Range<usize>) -> (Arc<[u32]>, Vec<usize>) {
    let first = channels.start;
    let (columns, taps): (Vec<u32>, Vec<usize>) = channels
        .flat_map(|c| (0..windows.area).map(move |a| (c, a)))
        .filter_map(|(c, a)| {
            let at = windows.taps[a * windows.positions + position] as usize;
            let inside = at < windows.plane;
            inside.then_some(((c * windows.plane + at) as u32, (c - first) * windows.area + a))
        })
        .unzip();
    (columns.into(), taps)
}
