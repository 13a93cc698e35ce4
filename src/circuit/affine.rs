//! A float network as alternating sparse affine maps and squares.

use super::stage_name::StageName;
use activation::Activation;
use data::Shape;
use network::{Layer, Network, Op, Padding, Windows};
use std::collections::HashMap;
use std::ops::Range;
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
    Affine {
        name: StageName,
        rows: Vec<AffineRow>,
    },
    Square {
        name: StageName,
    },
    /// A polynomial that is not made of affine maps and one square.
    Polynomial {
        name: StageName,
        function: Activation,
    },
}

/// Why a network cannot become affine maps and squares.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LowerError {
    #[error(
        "layer {layer}: {function} is not a polynomial of degree 2 or less; BGV carries squares: choose the activation method square or least_squares with degree 2"
    )]
    Activation { layer: String, function: String },
    #[error(
        "layer {layer}: {function} is not a polynomial; CKKS carries polynomials of any degree: choose an activation method, for example minimax, with a degree and an interval"
    )]
    NoPolynomial { layer: String, function: String },
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
    lower_with(network, false)
}

/// The same with [`FloatStage::Polynomial`] for activations of a higher degree.
pub fn lower_polynomial(network: &Network) -> Result<Vec<FloatStage>, LowerError> {
    lower_with(network, true)
}

fn lower_with(network: &Network, any_degree: bool) -> Result<Vec<FloatStage>, LowerError> {
    let mut lowering = Lowering { any_degree, stages: Vec::new(), names: Vec::new(), rows: None };
    let mut shape = network.input();
    for (layer, output) in network.layers().iter().zip(network.shapes()) {
        lowering.layer(layer, shape, *output)?;
        shape = *output;
    }
    lowering.flush();
    Ok(lowering.stages)
}

struct Lowering {
    any_degree: bool,
    stages: Vec<FloatStage>,
    /// Layers in the affine map that is being gathered.
    names: Vec<String>,
    rows: Option<Vec<AffineRow>>,
}

impl Lowering {
    fn layer(&mut self, layer: &Layer, input: Shape, output: Shape) -> Result<(), LowerError> {
        match &layer.op {
            Op::Flatten => Ok(()),
            Op::Activation(function) => self.activation(layer, function, input.len()),
            op => self.compose(layer, affine_rows(op, input, output)),
        }
    }

    fn activation(
        &mut self,
        layer: &Layer,
        function: &Activation,
        len: usize,
    ) -> Result<(), LowerError> {
        let polynomial = function.as_polynomial().filter(|p| p.degree() <= 2);
        let Some(polynomial) = polynomial else {
            let (name, function) = (layer.name.clone(), function.clone());
            return match (self.any_degree, function.is_polynomial()) {
                (true, true) => {
                    self.flush();
                    let name = name.as_str().into();
                    self.stages.push(FloatStage::Polynomial { name, function });
                    Ok(())
                }
                (true, false) => {
                    Err(LowerError::NoPolynomial { layer: name, function: function.name() })
                }
                (false, _) => {
                    Err(LowerError::Activation { layer: name, function: function.name() })
                }
            };
        };
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
        self.stages.push(FloatStage::Square { name: layer.name.as_str().into() });
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
        let names = std::mem::take(&mut self.names);
        if let Some(rows) = self.rows.take() {
            self.stages.push(FloatStage::Affine { name: StageName::of(names), rows });
        }
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
fn affine_rows(op: &Op, input: Shape, output: Shape) -> Vec<AffineRow> {
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
                    lists.iter().map(move |(columns, taps)| AffineRow {
                        columns: Arc::clone(columns),
                        weights: taps.iter().map(|t| f64::from(weight[*t])).collect(),
                        bias,
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
        Op::Flatten | Op::Activation(_) => Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Polynomial;
    use network::Normalisation;
    use progress::Watch;
    use ring::Seed;

    fn values(count: usize, seed: u64) -> Vec<f32> {
        let mut stream = Seed::from_number(seed).stream(0);
        (0..count).map(|_| (stream.next_u64() >> 40) as f32 / (1u64 << 24) as f32 - 0.5).collect()
    }

    fn network(layers: Vec<(&str, Op)>) -> Network {
        let layers = layers.into_iter().map(|(name, op)| Layer { name: name.into(), op }).collect();
        let input = Shape::Image { channels: 2, height: 7, width: 6 };
        let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
        Network::new("test", input, normalisation, layers, None, Default::default()).unwrap()
    }

    fn conv(name: &str) -> (&str, Op) {
        let padding = Padding { top: 1, bottom: 0, left: 2, right: 1 };
        let op = Op::Conv2d {
            in_channels: 2,
            out_channels: 3,
            kernel: (3, 3),
            stride: (2, 1),
            padding,
            weight: values(54, 1),
            bias: values(3, 2),
        };
        (name, op)
    }

    fn dense(name: &str, inputs: usize, outputs: usize) -> (&str, Op) {
        (
            name,
            Op::Dense {
                inputs,
                outputs,
                weight: values(inputs * outputs, 3),
                bias: values(outputs, 4),
            },
        )
    }

    fn batch_norm(name: &str) -> (&str, Op) {
        let variance = values(3, 8).iter().map(|v| v + 1.0).collect();
        (
            name,
            Op::BatchNorm {
                gamma: values(3, 5),
                beta: values(3, 6),
                mean: values(3, 7),
                variance,
                epsilon: 1e-3,
            },
        )
    }

    fn apply(stages: &[FloatStage], x: &[f32]) -> Vec<f64> {
        let x = x.iter().map(|v| f64::from(*v)).collect();
        stages.iter().fold(x, |x: Vec<f64>, stage| match stage {
            FloatStage::Affine { rows, .. } => rows
                .iter()
                .map(|r| {
                    r.columns
                        .iter()
                        .zip(&r.weights)
                        .fold(r.bias, |acc, (c, w)| acc + x[*c as usize] * w)
                })
                .collect(),
            FloatStage::Square { .. } => x.iter().map(|v| v * v).collect(),
            FloatStage::Polynomial { function, .. } => {
                x.iter().map(|v| function.eval_f64(*v)).collect()
            }
        })
    }

    #[test]
    fn a_lowered_network_computes_what_the_network_does() {
        let pool = |kernel| Op::AvgPool {
            kernel,
            stride: (1, 2),
            padding: Padding { top: 1, ..Padding::default() },
        };
        let quadratic = Activation::Polynomial(Polynomial::new(vec![0.3, -0.5, 0.25]));
        let net = network(vec![
            conv("conv"),
            batch_norm("norm"),
            ("activation", Op::Activation(quadratic)),
            ("pool", pool((2, 2))),
            ("sum", Op::SumPool { kernel: (2, 2), stride: (1, 1), padding: Padding::default() }),
            ("flatten", Op::Flatten),
            dense("hidden", 12, 5),
            ("square", Op::Activation(Activation::Square)),
            dense("output", 5, 3),
        ]);
        let stages = lower(&net).unwrap();
        let names: Vec<&str> = stages
            .iter()
            .map(|s| match s {
                FloatStage::Affine { name, .. }
                | FloatStage::Square { name }
                | FloatStage::Polynomial { name, .. } => &**name,
            })
            .collect();
        assert_eq!(
            names,
            [
                "conv + norm + activation",
                "activation",
                "activation + pool + sum + hidden",
                "square",
                "output"
            ]
        );
        let x = values(84 * 3, 9);
        let expected = net.forward_batch(&x, &Watch::silent()).unwrap();
        for (x, expected) in x.chunks(84).zip(expected.chunks(3)) {
            for (got, expected) in apply(&stages, x).iter().zip(expected) {
                assert!((got - f64::from(*expected)).abs() < 1e-4, "{got} {expected}");
            }
        }
    }

    #[test]
    fn windows_of_all_maps_share_their_column_lists() {
        let net = network(vec![conv("conv"), ("flatten", Op::Flatten)]);
        let stages = lower(&net).unwrap();
        let FloatStage::Affine { rows, .. } = &stages[0] else { panic!("a convolution is affine") };
        let per_map = rows.len() / 3;
        assert!(Arc::ptr_eq(&rows[0].columns, &rows[per_map].columns));
    }

    #[test]
    fn what_is_no_polynomial_of_degree_two_is_refused_with_its_layer() {
        for function in
            [Activation::Relu, Activation::Polynomial(Polynomial::new(vec![0.0, 0.0, 0.0, 1.0]))]
        {
            let net = network(vec![
                conv("conv"),
                ("act", Op::Activation(function)),
                ("flatten", Op::Flatten),
            ]);
            let text = lower(&net).unwrap_err().to_string();
            assert!(text.starts_with("layer act: ") && text.contains("least_squares"), "{text}");
        }
    }
}
