//! A float network as alternating sparse affine maps and squares.
//!
//! What a stage works on is the *state*: the values of the layer that is computed, then those that
//! later layers take from further back. A square or polynomial acts on the former and hands on the
//! latter, the carried values, as they are; the affine map before it picks what is carried. So a sum
//! with a layer further back is nothing but one more affine map.

use super::affine_row::{AffineRow, Lists, MAX_WEIGHTS, added, affine_rows, multiply};
use super::stage_name::StageName;
use activation::Activation;
use data::Shape;
use network::{Layer, MAX_POOL, Network, Op};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A step of a lowered network.
#[derive(Clone, Debug, PartialEq)]
pub enum FloatStage {
    /// Of its rows the last `carried` are values that the stage after it hands on.
    Affine { name: StageName, rows: Vec<AffineRow>, carried: usize },
    /// Squares of the first `acts_on` values.
    Square { name: StageName, acts_on: usize },
    /// A polynomial that is not made of affine maps and one square, of the first `acts_on` values.
    Polynomial { name: StageName, function: Activation, acts_on: usize },
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
    #[error("layer {layer}: {MAX_POOL}")]
    MaxPool { layer: String },
    #[error(
        "layer {layer}: merged with the linear layers before it, it has more than {max} weights; put an activation between them"
    )]
    TooLarge { layer: String, max: usize },
    #[error(
        "layer {layer}: what is carried to it from further back needs weights of {bits} bits beside its squares; at most {max} bits are carried: use CKKS, or a skip connection over fewer squares"
    )]
    CarriedTooFar { layer: String, bits: u32, max: u32 },
}

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
    let last_uses = network.last_uses();
    let mut lowering = Lowering {
        any_degree,
        stages: Vec::new(),
        names: Vec::new(),
        width: network.input().len(),
        now: Now { rows: None, len: network.input().len() },
        kept: BTreeMap::new(),
    };
    let mut shape = network.input();
    for (at, (layer, output)) in network.layers().iter().zip(network.shapes()).enumerate() {
        if last_uses[at].is_some() {
            lowering.kept.insert(at, lowering.now.clone());
        }
        let place = network.places()[at];
        match place.and_then(|place| lowering.kept.get(&place).cloned()) {
            Some(other) => lowering.join(layer, other)?,
            None => lowering.layer(layer, shape, *output)?,
        }
        lowering.now.len = output.len();
        let weights = |now: &Now| now.rows.iter().flatten().map(|r| r.weights.len()).sum::<usize>();
        // What is kept beside it takes memory, too.
        let held = lowering.kept.values().map(weights).sum::<usize>() + weights(&lowering.now);
        if held > MAX_WEIGHTS && !lowering.kept.is_empty() {
            return Err(too_large(layer));
        }
        lowering.kept.retain(|place, _| last_uses[*place] > Some(at));
        shape = *output;
    }
    lowering.flush();
    Ok(lowering.stages)
}

/// Values as an affine image of the state: `None` for its first `len` values as they are.
#[derive(Clone)]
struct Now {
    rows: Option<Vec<AffineRow>>,
    len: usize,
}

impl Now {
    fn into_rows(self) -> Vec<AffineRow> {
        self.rows.unwrap_or_else(|| (0..self.len as u32).map(AffineRow::copy).collect())
    }
}

struct Lowering {
    any_degree: bool,
    stages: Vec<FloatStage>,
    /// Layers in the affine map that is being gathered.
    names: Vec<String>,
    /// Values of the state.
    width: usize,
    /// What the layers so far give.
    now: Now,
    /// What later layers take, by the number of layers before it.
    kept: BTreeMap<usize, Now>,
}

impl Lowering {
    fn layer(&mut self, layer: &Layer, input: Shape, output: Shape) -> Result<(), LowerError> {
        match &layer.op {
            Op::Flatten => Ok(()),
            Op::MaxPool { .. } => Err(LowerError::MaxPool { layer: layer.name.clone() }),
            Op::Activation(function) => self.activation(layer, function, input.len()),
            op => self.compose(layer, affine_rows(op, input, output)),
        }
    }

    /// A layer that takes values from further back.
    fn join(&mut self, layer: &Layer, other: Now) -> Result<(), LowerError> {
        match &layer.op {
            Op::Add { .. } => {
                let now = self.now.clone().into_rows();
                let rows = added(&other.into_rows(), &now);
                self.now.rows = Some(rows.ok_or_else(|| too_large(layer))?);
            }
            Op::Concat { .. } => {
                let mut rows = other.into_rows();
                rows.append(&mut self.now.clone().into_rows());
                self.now.rows = Some(rows);
            }
            _ => {
                self.now = other;
                return Ok(());
            }
        }
        self.name(layer);
        Ok(())
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
                    let name = self.before_function(layer);
                    self.stages.push(FloatStage::Polynomial { name, function, acts_on: len });
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
        let name = self.before_function(layer);
        self.stages.push(FloatStage::Square { name, acts_on: len });
        let shift = c - b * b / (4.0 * a);
        if a != 1.0 || shift != 0.0 {
            self.compose(layer, diagonal(a, shift))?;
        }
        Ok(())
    }

    fn compose(&mut self, layer: &Layer, after: Vec<AffineRow>) -> Result<(), LowerError> {
        let rows = match self.now.rows.take() {
            None => after,
            Some(before) => multiply(&after, &before).ok_or_else(|| too_large(layer))?,
        };
        self.now.rows = Some(rows);
        self.name(layer);
        Ok(())
    }

    fn name(&mut self, layer: &Layer) {
        if self.names.last() != Some(&layer.name) {
            self.names.push(layer.name.clone());
        }
    }

    /// Ends the affine map being gathered, if there is one.
    fn flush(&mut self) {
        let names = std::mem::take(&mut self.names);
        if self.now.rows.is_some() || self.now.len < self.width {
            let rows = self.now.clone().into_rows();
            self.push_affine(names, rows, 0);
        }
    }

    fn push_affine(&mut self, names: Vec<String>, rows: Vec<AffineRow>, carried: usize) {
        self.width = rows.len();
        self.now = Now { rows: None, len: rows.len() - carried };
        let name = StageName::of(names).carrying(carried);
        self.stages.push(FloatStage::Affine { name, rows, carried });
    }

    /// Makes the state what the function of `layer` acts on, then what is carried past it; the name of its
    /// stage.
    fn before_function(&mut self, layer: &Layer) -> StageName {
        let name = StageName::from(layer.name.as_str());
        if self.kept.is_empty() {
            self.flush();
            return name;
        }
        let names = std::mem::take(&mut self.names);
        let (len, as_it_is) = (self.now.len, self.now.rows.is_none());
        let carried = self.carry(len);
        let copies = carried.iter().map(AffineRow::copied);
        // Already in this order: nothing has to be picked.
        let in_place = as_it_is && copies.eq((len as u32..self.width as u32).map(Some));
        let count = carried.len();
        if !in_place {
            let mut rows = self.now.clone().into_rows();
            rows.extend(carried);
            self.push_affine(names, rows, count);
        }
        name.carrying(count)
    }

    /// What has to be carried for later layers, as rows over the state: the values that they are made
    /// of, or they themselves, whichever are fewer. From then on they are images of those, which come
    /// after `len` others.
    fn carry(&mut self, len: usize) -> Vec<AffineRow> {
        let mut columns = BTreeSet::new();
        for kept in self.kept.values() {
            match &kept.rows {
                None => columns.extend(0..kept.len as u32),
                Some(rows) => columns.extend(rows.iter().flat_map(|r| r.columns.iter().copied())),
            }
        }
        if columns.len() > self.kept.values().map(|kept| kept.len).sum() {
            let mut carried = Vec::new();
            for kept in self.kept.values_mut() {
                let first = (len + carried.len()) as u32;
                let copies = (first..first + kept.len as u32).map(AffineRow::copy).collect();
                let before = Now { rows: kept.rows.replace(copies), len: kept.len };
                carried.extend(before.into_rows());
            }
            return carried;
        }
        let place: HashMap<u32, u32> = columns.iter().copied().zip(len as u32..).collect();
        let mut lists = Lists::default();
        for kept in self.kept.values_mut() {
            let rows = Now { rows: kept.rows.take(), len: kept.len }.into_rows().into_iter();
            let moved = |row: AffineRow| {
                let columns = row.columns.iter().filter_map(|c| place.get(c).copied()).collect();
                AffineRow { columns: lists.share(columns), ..row }
            };
            kept.rows = Some(rows.map(moved).collect());
        }
        columns.into_iter().map(AffineRow::copy).collect()
    }
}

fn too_large(layer: &Layer) -> LowerError {
    LowerError::TooLarge { layer: layer.name.clone(), max: MAX_WEIGHTS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Polynomial;
    use network::Normalisation;
    use network::Padding;
    use progress::Watch;
    use ring::Seed;
    use std::sync::Arc;

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
            FloatStage::Square { acts_on, .. } => {
                let each = |(i, v): (usize, &f64)| if i < *acts_on { v * v } else { *v };
                x.iter().enumerate().map(each).collect()
            }
            FloatStage::Polynomial { function, acts_on, .. } => {
                let each =
                    |(i, v): (usize, &f64)| if i < *acts_on { function.eval_f64(*v) } else { *v };
                x.iter().enumerate().map(each).collect()
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
                | FloatStage::Square { name, .. }
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

    fn same(name: &str, channels: usize, seed: u64) -> (&str, Op) {
        let op = Op::Conv2d {
            in_channels: channels,
            out_channels: 3,
            kernel: (3, 3),
            stride: (1, 1),
            padding: Padding { top: 1, bottom: 1, left: 1, right: 1 },
            weight: values(27 * channels, seed),
            bias: values(3, seed + 1),
        };
        (name, op)
    }

    /// Skips over one and over two functions, from a sum, from the inputs, and a projection.
    fn residual(function: &Activation) -> Network {
        let from = |name: &str| Some(name.to_owned());
        let act = |name| (name, Op::Activation(function.clone()));
        let projection = Op::Conv2d {
            in_channels: 2,
            out_channels: 3,
            kernel: (1, 1),
            stride: (1, 1),
            padding: Padding::default(),
            weight: values(6, 40),
            bias: Vec::new(),
        };
        network(vec![
            same("a", 2, 20),
            act("act1"),
            same("b", 3, 22),
            ("sum1", Op::Add { from: from("act1") }),
            act("act2"),
            same("c", 3, 24),
            act("act3"),
            same("d", 3, 26),
            ("branch", Op::Branch { from: None }),
            ("projection", projection),
            ("sum2", Op::Add { from: from("d") }),
            ("sum3", Op::Add { from: from("sum1") }),
            act("act4"),
            ("both", Op::Concat { from: from("sum3") }),
            ("dead", Op::Branch { from: from("both") }),
            ("flatten", Op::Flatten),
            dense("out", 252, 3),
        ])
    }

    #[test]
    fn a_network_with_skips_computes_what_it_does_and_carries_what_it_needs() {
        let quadratic = Activation::Polynomial(Polynomial::new(vec![0.1, 0.5, 0.25]));
        let cubic = Activation::Polynomial(Polynomial::new(vec![0.1, 0.5, 0.25, -0.125]));
        for function in [Activation::Square, quadratic, cubic] {
            let net = residual(&function);
            let stages = lower_polynomial(&net).unwrap();
            let x = values(84 * 3, 9);
            let expected = net.forward_batch(&x, &Watch::silent()).unwrap();
            for (x, expected) in x.chunks(84).zip(expected.chunks(3)) {
                for (got, expected) in apply(&stages, x).iter().zip(expected) {
                    let expected = f64::from(*expected);
                    let near = 1e-4 * expected.abs().max(1.0);
                    assert!((got - expected).abs() < near, "{got} {expected}");
                }
            }
            let functions = stages.iter().filter_map(|stage| match stage {
                FloatStage::Square { name, acts_on } => Some((name.to_string(), *acts_on)),
                FloatStage::Polynomial { name, acts_on, .. } => Some((name.to_string(), *acts_on)),
                FloatStage::Affine { .. } => None,
            });
            let expected = [
                // The inputs, for the projection.
                ("act1 (84 carried)", 126),
                // Besides them the sum, which has more values to be made of than it has itself.
                ("act2 (210 carried)", 126),
                ("act3 (210 carried)", 126),
                ("act4 (126 carried)", 126),
            ];
            let expected = expected.map(|(name, count)| (name.to_owned(), count));
            assert_eq!(functions.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_carried_and_needed_as_it_lies_takes_no_map() {
        // x + (x^2)^2: nothing stands between the two squares.
        let square = |name| (name, Op::Activation(Activation::Square));
        let net = network(vec![
            square("one"),
            square("two"),
            ("sum", Op::Add { from: None }),
            ("flatten", Op::Flatten),
        ]);
        let stages = lower(&net).unwrap();
        let kinds: Vec<bool> =
            stages.iter().map(|s| matches!(s, FloatStage::Affine { .. })).collect();
        assert_eq!(kinds, [true, false, false, true]);
        let x = values(84, 3);
        for (got, x) in apply(&stages, &x).iter().zip(&x) {
            assert!((got - f64::from(x + x.powi(4))).abs() < 1e-6);
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
