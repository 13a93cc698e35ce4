//! A float network as alternating sparse affine maps and squares.

use crate::activation::Activation;
use crate::data::Shape;
use crate::network::{Layer, Network, Op, Padding};
use std::collections::HashMap;
use std::sync::Arc;

/// One output of an affine map: `sum_c weights[c] x[columns[c]] + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct AffineRow {
    /// Inputs that take part, in rising order; shared between rows that read the same ones.
    pub columns: Arc<[u32]>,
    pub weights: Vec<f64>,
    pub bias: f64,
}

/// A step of a lowered network.
#[derive(Clone, Debug, PartialEq)]
pub enum FloatStage {
    Affine { name: String, rows: Vec<AffineRow> },
    Square { name: String },
}

/// Why a network cannot become affine maps and squares.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LowerError {
    #[error(
        "layer {layer}: {function} is not a polynomial of degree 2 or less; BGV carries squares: choose the activation method square or least_squares with degree 2"
    )]
    Activation { layer: String, function: String },
    #[error(
        "layer {layer}: merged with the linear layers before it, it has more than {max} weights; put an activation between them"
    )]
    TooLarge { layer: String, max: usize },
}

/// Most weights in one affine map.
const MAX_WEIGHTS: usize = 1 << 26;

/// Lowers `network`: neighbouring affine layers are multiplied together, and a quadratic activation
/// `a x^2 + b x + c` becomes the square of `x + b / 2a`, with `a` and `c - b^2 / 4a` moved into the
/// affine map that follows.
pub fn lower(network: &Network) -> Result<Vec<FloatStage>, LowerError> {
    let mut lowering = Lowering { stages: Vec::new(), names: Vec::new(), rows: None };
    let mut shape = network.input();
    for (layer, output) in network.layers().iter().zip(network.shapes()) {
        lowering.layer(layer, shape)?;
        shape = *output;
    }
    lowering.flush();
    Ok(lowering.stages)
}

struct Lowering {
    stages: Vec<FloatStage>,
    /// Layers in the affine map that is being gathered.
    names: Vec<String>,
    rows: Option<Vec<AffineRow>>,
}

impl Lowering {
    fn layer(&mut self, layer: &Layer, input: Shape) -> Result<(), LowerError> {
        match &layer.op {
            Op::Flatten => Ok(()),
            Op::Activation(function) => self.activation(layer, function, input.len()),
            op => self.compose(layer, affine_rows(op, input)),
        }
    }

    fn activation(
        &mut self,
        layer: &Layer,
        function: &Activation,
        len: usize,
    ) -> Result<(), LowerError> {
        let polynomial = function.as_polynomial().filter(|p| p.degree() <= 2);
        let polynomial = polynomial.ok_or_else(|| LowerError::Activation {
            layer: layer.name.clone(),
            function: function.name(),
        })?;
        let coefficient = |i| polynomial.coefficients().get(i).copied().unwrap_or(0.0);
        let (c, b, a) = (coefficient(0), coefficient(1), coefficient(2));
        let diagonal = |scale: f64, shift: f64| -> Vec<AffineRow> {
            (0..len as u32)
                .map(|i| AffineRow { columns: [i].into(), weights: vec![scale], bias: shift })
                .collect()
        };
        if a == 0.0 {
            return self.compose(layer, diagonal(b, c));
        }
        if b != 0.0 {
            self.compose(layer, diagonal(1.0, b / (2.0 * a)))?;
        }
        self.flush();
        self.stages.push(FloatStage::Square { name: layer.name.clone() });
        let shift = c - b * b / (4.0 * a);
        if a != 1.0 || shift != 0.0 {
            self.compose(layer, diagonal(a, shift))?;
        }
        Ok(())
    }

    fn compose(&mut self, layer: &Layer, after: Vec<AffineRow>) -> Result<(), LowerError> {
        let rows = match self.rows.take() {
            None => after,
            Some(before) => multiply(&after, &before).ok_or_else(|| LowerError::TooLarge {
                layer: layer.name.clone(),
                max: MAX_WEIGHTS,
            })?,
        };
        self.rows = Some(rows);
        if self.names.last() != Some(&layer.name) {
            self.names.push(layer.name.clone());
        }
        Ok(())
    }

    /// Ends the affine map being gathered, if there is one.
    fn flush(&mut self) {
        if let Some(rows) = self.rows.take() {
            let name = self.names.join(" + ");
            self.stages.push(FloatStage::Affine { name, rows });
        }
        self.names.clear();
    }
}

/// `after` applied to `before`; `None` when the product is too large.
fn multiply(after: &[AffineRow], before: &[AffineRow]) -> Option<Vec<AffineRow>> {
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
struct Lists(HashMap<Arc<[u32]>, ()>);

impl Lists {
    fn share(&mut self, columns: Vec<u32>) -> Arc<[u32]> {
        if let Some((known, ())) = self.0.get_key_value(columns.as_slice()) {
            return Arc::clone(known);
        }
        let columns: Arc<[u32]> = columns.into();
        self.0.insert(Arc::clone(&columns), ());
        columns
    }
}

/// The rows of one affine layer; a network has checked that shapes and lengths fit.
fn affine_rows(op: &Op, input: Shape) -> Vec<AffineRow> {
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
            let windows = Windows::new(input, *kernel, *stride, *padding);
            let (kh, kw) = *kernel;
            let lists: Vec<(Arc<[u32]>, Vec<usize>)> =
                windows.positions().map(|p| windows.taps(p, 0..*in_channels)).collect();
            (0..*out_channels)
                .flat_map(|o| {
                    let weight = &weight[o * in_channels * kh * kw..];
                    let bias = bias.get(o).copied().map_or(0.0, f64::from);
                    lists.iter().map(move |(columns, taps)| AffineRow {
                        columns: Arc::clone(columns),
                        weights: taps.iter().map(|t| f64::from(weight[*t])).collect(),
                        bias,
                    })
                })
                .collect()
        }
        Op::AvgPool { kernel, stride, padding } => {
            pool_rows(input, *kernel, *stride, *padding, 1.0 / (kernel.0 * kernel.1) as f64)
        }
        Op::SumPool { kernel, stride, padding } => {
            pool_rows(input, *kernel, *stride, *padding, 1.0)
        }
        Op::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let spread = match input {
                Shape::Image { height, width, .. } => height * width,
                Shape::Flat { .. } => 1,
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
        Op::Flatten | Op::Activation(_) => Vec::new(),
    }
}

fn pool_rows(
    input: Shape,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: Padding,
    scale: f64,
) -> Vec<AffineRow> {
    let windows = Windows::new(input, kernel, stride, padding);
    (0..windows.channels)
        .flat_map(|c| windows.positions().map(move |p| (c, p)))
        .map(|(c, p)| {
            let (columns, taps) = windows.taps(p, c..c + 1);
            AffineRow { columns, weights: vec![scale; taps.len()], bias: 0.0 }
        })
        .collect()
}

/// The windows of a convolution or pooling.
struct Windows {
    channels: usize,
    height: usize,
    width: usize,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: Padding,
}

impl Windows {
    fn new(input: Shape, kernel: (usize, usize), stride: (usize, usize), padding: Padding) -> Self {
        let (channels, height, width) = match input {
            Shape::Image { channels, height, width } => (channels, height, width),
            Shape::Flat { len } => (1, 1, len),
        };
        Self { channels, height, width, kernel, stride, padding }
    }

    /// Row and column of every window, in output order.
    fn positions(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let p = self.padding;
        let down = (self.height + p.top + p.bottom - self.kernel.0) / self.stride.0 + 1;
        let across = (self.width + p.left + p.right - self.kernel.1) / self.stride.1 + 1;
        (0..down).flat_map(move |y| (0..across).map(move |x| (y, x)))
    }

    /// Inputs under the window at `position` in `channels`, and the kernel position of each.
    fn taps(
        &self,
        position: (usize, usize),
        channels: std::ops::Range<usize>,
    ) -> (Arc<[u32]>, Vec<usize>) {
        let mut columns = Vec::new();
        let mut taps = Vec::new();
        let first = channels.start;
        for c in channels {
            for ky in 0..self.kernel.0 {
                for kx in 0..self.kernel.1 {
                    let y = (position.0 * self.stride.0 + ky).wrapping_sub(self.padding.top);
                    let x = (position.1 * self.stride.1 + kx).wrapping_sub(self.padding.left);
                    if y < self.height && x < self.width {
                        columns.push(((c * self.height + y) * self.width + x) as u32);
                        taps.push(((c - first) * self.kernel.0 + ky) * self.kernel.1 + kx);
                    }
                }
            }
        }
        (columns.into(), taps)
    }
}

impl FloatStage {
    /// Applies the stage to one sample, in double precision.
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        match self {
            Self::Affine { rows, .. } => rows
                .iter()
                .map(|r| {
                    r.columns
                        .iter()
                        .zip(&r.weights)
                        .fold(r.bias, |acc, (c, w)| acc + x[*c as usize] * w)
                })
                .collect(),
            Self::Square { .. } => x.iter().map(|v| v * v).collect(),
        }
    }
}
