//! A network: layers that fit together, with what is needed to feed and to quantise it.

use super::card::ModelCard;
use super::layer::{Layer, Op, Padding};
use super::provenance::Provenance;
use activation::{Activation, ChebyshevSeries, MAX_PARTS};
use data::Shape;
use serde::{Deserialize, Serialize};

/// How raw dataset values become network inputs: `(x - offset) / scale`.
///
/// `offset` and `scale` hold one value for all positions or one per position of a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    pub offset: Vec<f32>,
    pub scale: Vec<f32>,
}

/// Network inputs to integers: `clamp(round(x / step), min, max)`, on normalised values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputQuantiser {
    pub step: f32,
    pub min: i32,
    pub max: i32,
}

/// Weights to integers: `clamp(round(w / step), -max, max)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightQuantiser {
    pub step: f32,
    pub max: i32,
}

/// The steps in which a lookup table reads the inputs of an activation layer: `2^bits` of them over
/// `[-range, range)`, outputs in multiples of `step`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableQuantiser {
    pub bits: u32,
    pub range: f32,
    pub step: f32,
}

/// The integer grid a network was trained for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantisation {
    pub input: InputQuantiser,
    /// One per Dense or Conv2d layer, in order. Such a network has exactly one Dense or Conv2d
    /// between two activations, and no pooling or batch normalisation.
    pub weights: Vec<WeightQuantiser>,
    /// One per activation layer, in order; none when it was trained for polynomials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableQuantiser>,
}

/// A network whose layers fit together (see [`Network::new`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    name: String,
    input: Shape,
    classes: usize,
    normalisation: Normalisation,
    layers: Vec<Layer>,
    quantisation: Option<Quantisation>,
    provenance: Provenance,
    shapes: Vec<Shape>,
    places: Vec<Option<usize>>,
    pub(super) card: ModelCard,
}

/// Why layers do not fit together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    #[error("network {network}, layer {layer}: {reason}")]
    Layer { network: String, layer: String, reason: String },
    #[error("network {network}: {reason}")]
    Whole { network: String, reason: String },
}

impl Network {
    /// A network, checked: each layer accepts the shape the one before it gives, weights have the
    /// length their layer needs and are finite, names are unique, the last shape has at least two
    /// values (one per class), and normalisation and quantisation fit.
    pub fn new(
        name: impl Into<String>,
        input: Shape,
        normalisation: Normalisation,
        layers: Vec<Layer>,
        quantisation: Option<Quantisation>,
        provenance: Provenance,
    ) -> Result<Self, NetworkError> {
        let name = name.into();
        let (shapes, places) = shapes(&name, input, &layers)?;
        let classes = shapes.last().copied().unwrap_or(input).len();
        let network = Self {
            name,
            input,
            classes,
            normalisation,
            layers,
            quantisation,
            provenance,
            shapes,
            places,
            card: ModelCard::default(),
        };
        network.check()?;
        Ok(network)
    }

    fn check(&self) -> Result<(), NetworkError> {
        let whole = |reason: String| NetworkError::Whole { network: self.name.clone(), reason };
        if self.layers.is_empty() || self.classes < 2 {
            return Err(whole(format!(
                "{} layers and {} outputs; at least 1 layer and 2 outputs (one per class) are needed",
                self.layers.len(),
                self.classes
            )));
        }
        let len = self.input.len();
        for (what, values) in
            [("offset", &self.normalisation.offset), ("scale", &self.normalisation.scale)]
        {
            if values.len() != 1 && values.len() != len {
                return Err(whole(format!(
                    "normalisation {what} has {} values; 1 or {len} are needed",
                    values.len()
                )));
            }
            if values.iter().any(|v| !v.is_finite() || (what == "scale" && *v == 0.0)) {
                return Err(whole(format!(
                    "normalisation {what} must be finite, and a scale not 0"
                )));
            }
        }
        if let Some(q) = &self.quantisation {
            let linear =
                self.layers.iter().filter(|l| matches!(l.op, Op::Dense { .. } | Op::Conv2d { .. }));
            let (linear, given) = (linear.count(), q.weights.len());
            if linear != given {
                return Err(whole(format!(
                    "quantisation has {given} weight grids for {linear} dense and convolution layers"
                )));
            }
            let activations = self.layers.iter().filter(|l| l.op.is_activation()).count();
            if !q.tables.is_empty() && q.tables.len() != activations {
                return Err(whole(format!(
                    "quantisation has {} tables for {activations} activation layers",
                    q.tables.len()
                )));
            }
            let positive = |x: f32| x.is_finite() && x > 0.0;
            let fine = |t: &TableQuantiser| {
                (1..=6).contains(&t.bits) && positive(t.range) && positive(t.step)
            };
            if !q.tables.iter().all(fine) {
                return Err(whole(
                    "tables must have 1 to 6 bits, a positive range and a positive step".into(),
                ));
            }
            let steps_fine = std::iter::once(q.input.step)
                .chain(q.weights.iter().map(|w| w.step))
                .all(|s| s.is_finite() && s > 0.0);
            let ranges_fine = q.input.min < q.input.max && q.weights.iter().all(|w| w.max >= 1);
            if !steps_fine || !ranges_fine {
                return Err(whole(
                    "quantisation steps must be positive and ranges not empty".into(),
                ));
            }
        }
        Ok(())
    }

    /// Short name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Shape of one input sample.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// Number of outputs, one per class.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How raw values become inputs.
    pub fn normalisation(&self) -> &Normalisation {
        &self.normalisation
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The integer grid it was trained for, if it was.
    pub fn quantisation(&self) -> Option<&Quantisation> {
        self.quantisation.as_ref()
    }

    /// Where it comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Output shape of each layer, in order.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// For each layer that takes values from further back, how many layers lie before those: 0 for the
    /// inputs.
    pub fn places(&self) -> &[Option<usize>] {
        &self.places
    }

    /// Whether every layer takes the values of the layer before it and no others.
    pub fn is_chain(&self) -> bool {
        self.places.iter().all(Option::is_none)
    }

    /// For each number of layers, the last layer that takes the values after them from further back, if
    /// one does.
    pub fn last_uses(&self) -> Vec<Option<usize>> {
        let mut last = vec![None; self.layers.len() + 1];
        for (at, place) in self.places.iter().enumerate() {
            if let Some(place) = place {
                last[*place] = Some(at);
            }
        }
        last
    }
}

/// The shape of a sample after `layers`.
///
/// # Errors
/// What is wrong with the first of them that does not fit.
pub fn shape_after(input: Shape, layers: &[Layer]) -> Result<Shape, String> {
    match shapes("", input, layers) {
        Ok((shapes, _)) => Ok(shapes.last().copied().unwrap_or(input)),
        Err(NetworkError::Layer { reason, .. } | NetworkError::Whole { reason, .. }) => Err(reason),
    }
}

/// Shapes of a sample after each layer, and where layers take values from further back.
type Fitted = (Vec<Shape>, Vec<Option<usize>>);

fn shapes(network: &str, input: Shape, layers: &[Layer]) -> Result<Fitted, NetworkError> {
    let mut shapes = Vec::with_capacity(layers.len());
    let mut places = Vec::with_capacity(layers.len());
    let mut names = std::collections::HashMap::new();
    let (mut taken, mut kept) = (std::collections::HashSet::new(), 0);
    let mut shape = input;
    if input.is_empty() || input.len() > MAX_VALUES {
        return Err(NetworkError::Whole {
            network: network.to_owned(),
            reason: format!("input {input}; a sample must have 1 to {MAX_VALUES} values"),
        });
    }
    for layer in layers {
        let fail = |reason: String| NetworkError::Layer {
            network: network.to_owned(),
            layer: layer.name.clone(),
            reason,
        };
        let place = match layer.op.from() {
            None => None,
            Some(None) => Some(0),
            Some(Some(from)) => Some(*names.get(from).ok_or_else(|| {
                let from = format::excerpt(from);
                fail(format!("takes values of {from}, which is no layer before it"))
            })?),
        };
        let other = place.map(|p: usize| p.checked_sub(1).map_or(input, |at| shapes[at]));
        if names.insert(layer.name.as_str(), shapes.len() + 1).is_some() {
            return Err(fail("the name is used twice; layer names must differ".into()));
        }
        shape = match other {
            None => output_shape(&layer.op, shape),
            Some(other) => joined_shape(&layer.op, other, shape),
        }
        .map_err(fail)?;
        shapes.push(shape);
        places.push(place);
        if let Some((place, other)) = place.zip(other)
            && taken.insert(place)
        {
            kept += other.len();
        }
        if kept > MAX_KEPT {
            return Err(fail(format!(
                "{kept} values are taken from further back, by it and layers before it; at most {MAX_KEPT} are kept"
            )));
        }
    }
    Ok((shapes, places))
}

/// The shape after a layer that takes values of shape `other` from further back.
fn joined_shape(op: &Op, other: Shape, before: Shape) -> Result<Shape, String> {
    let shape = match op {
        Op::Add { .. } if other != before => {
            return Err(format!("adds {before} and {other}; both must have one shape"));
        }
        Op::Concat { .. } => match (other, before) {
            (Shape::Flat { len }, Shape::Flat { len: more }) => Shape::Flat { len: len + more },
            (
                Shape::Image { channels, height, width },
                Shape::Image { channels: more, height: rows, width: columns },
            ) if (height, width) == (rows, columns) => {
                Shape::Image { channels: channels + more, height, width }
            }
            _ => {
                return Err(format!(
                    "joins {other} and {before}; both must be vectors, or images of one height and width"
                ));
            }
        },
        _ => other,
    };
    within(shape)
}

fn within(shape: Shape) -> Result<Shape, String> {
    if shape.is_empty() || shape.len() > MAX_VALUES {
        return Err(format!("gives {shape} values; 1 to {MAX_VALUES} are allowed"));
    }
    Ok(shape)
}

/// Largest number of values between two layers; more than any network here needs.
const MAX_VALUES: usize = 1 << 24;

/// Largest number of values that layers take from further back, all together.
const MAX_KEPT: usize = 1 << 26;

/// Largest number of values that the windows of one convolution or pooling read, all together.
const MAX_TAPS: usize = 1 << 26;

/// Highest degree of a polynomial activation.
const MAX_POLYNOMIAL_DEGREE: usize = 63;

pub(super) fn output_shape(op: &Op, input: Shape) -> Result<Shape, String> {
    let output = match op {
        Op::Dense { inputs, outputs, weight, bias } => {
            if matches!(input, Shape::Image { .. }) || input.len() != *inputs {
                return Err(format!(
                    "takes a vector of {inputs} values but is given {input}; flatten images first"
                ));
            }
            expect_len("weight", weight, inputs.checked_mul(*outputs))?;
            expect_bias(bias, *outputs)?;
            Shape::Flat { len: *outputs }
        }
        Op::Conv2d { in_channels, out_channels, kernel, stride, padding, weight, bias } => {
            let Shape::Image { channels, .. } = input else {
                return Err(format!("takes an image but is given a vector of {input} values"));
            };
            if channels != *in_channels {
                return Err(format!("takes {in_channels} channels but is given {channels}"));
            }
            let weights = out_channels
                .checked_mul(*in_channels)
                .and_then(|n| n.checked_mul(kernel.0))
                .and_then(|n| n.checked_mul(kernel.1));
            expect_len("weight", weight, weights)?;
            expect_bias(bias, *out_channels)?;
            let (height, width) = windows(input, *kernel, *stride, *padding)?;
            Shape::Image { channels: *out_channels, height, width }
        }
        Op::AvgPool { kernel, stride, padding }
        | Op::SumPool { kernel, stride, padding }
        | Op::MaxPool { kernel, stride, padding } => {
            let Shape::Image { channels, .. } = input else {
                return Err(format!("takes an image but is given a vector of {input} values"));
            };
            let (height, width) = windows(input, *kernel, *stride, *padding)?;
            let Padding { top, bottom, left, right } = *padding;
            if matches!(op, Op::MaxPool { .. })
                && (top.max(bottom) >= kernel.0 || left.max(right) >= kernel.1)
            {
                return Err("has a window that lies in the padding alone".into());
            }
            Shape::Image { channels, height, width }
        }
        Op::BatchNorm { gamma, beta, mean, variance, epsilon } => {
            let features = match input {
                Shape::Image { channels, .. } => channels,
                Shape::Flat { len } => len,
                Shape::Sequence { steps, channels } => steps * channels,
            };
            for (what, values) in
                [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)]
            {
                expect_len(what, values, Some(features))?;
            }
            let positive = epsilon.is_finite() && variance.iter().all(|v| *v + epsilon > 0.0);
            if !positive {
                return Err("variance + epsilon must be positive".into());
            }
            input
        }
        Op::Scale { scale, shift } => {
            expect_len("scale", scale, Some(input.len()))?;
            if !shift.is_empty() {
                expect_len("shift", shift, Some(input.len()))?;
            }
            input
        }
        Op::Flatten => Shape::Flat { len: input.len() },
        Op::Activation(activation) => {
            check_activation(activation)?;
            input
        }
        Op::Branch { .. } | Op::Add { .. } | Op::Concat { .. } => {
            return Err("takes values of an earlier layer, of which there are none here".into());
        }
    };
    within(output)
}

/// Whether degree and numbers of an activation are allowed.
pub(super) fn check_activation(activation: &Activation) -> Result<(), String> {
    let check = |degree: usize, coefficients: &[f64]| {
        if degree > MAX_POLYNOMIAL_DEGREE {
            return Err(format!("degree {degree}; at most {MAX_POLYNOMIAL_DEGREE}"));
        }
        if coefficients.iter().any(|c| !c.is_finite()) {
            return Err("has a coefficient that is not a finite number".to_owned());
        }
        Ok(())
    };
    let check_series = |series: &ChebyshevSeries| {
        let (low, high) = series.interval();
        if !(low < high && (high - low).is_finite()) {
            return Err(format!("interval [{low}, {high}]; its ends must be finite and rising"));
        }
        check(series.degree(), series.coefficients())
    };
    match activation {
        Activation::Polynomial(p) => check(p.degree(), p.coefficients()),
        Activation::Chebyshev(series) => check_series(series),
        Activation::Composite(composite) => {
            if !(1..=MAX_PARTS).contains(&composite.parts.len()) {
                let parts = composite.parts.len();
                return Err(format!("{parts} composed polynomials; 1 to {MAX_PARTS} are allowed"));
            }
            let gate = composite.gate.map_or(vec![], |g| vec![g.below, g.above]);
            check(0, &gate)?;
            composite.parts.iter().try_for_each(check_series)
        }
        Activation::LeakyRelu { slope } => check(0, &[*slope]),
        Activation::Clip { low, high } if low >= high => {
            Err(format!("cut off from {low} to {high}; the first must be below the second"))
        }
        Activation::Clip { low, high } => check(0, &[*low, *high]),
        Activation::Square
        | Activation::Relu
        | Activation::Sigmoid
        | Activation::Tanh
        | Activation::Softplus
        | Activation::Silu
        | Activation::Gelu
        | Activation::Sign => Ok(()),
    }
}

fn expect_len(what: &str, values: &[f32], needed: Option<usize>) -> Result<(), String> {
    if Some(values.len()) != needed {
        let needed = needed.map_or("too many to count".to_owned(), |n| n.to_string());
        return Err(format!("{what} has {} values; {needed} are needed", values.len()));
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(format!("{what} has a value that is not a finite number at position {at}")),
        None => Ok(()),
    }
}

fn expect_bias(bias: &[f32], outputs: usize) -> Result<(), String> {
    if bias.is_empty() { Ok(()) } else { expect_len("bias", bias, Some(outputs)) }
}

/// Number of windows down and across.
fn windows(
    input: Shape,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: Padding,
) -> Result<(usize, usize), String> {
    let Shape::Image { channels, height, width } = input else {
        return Err(format!("takes an image but is given a vector of {input} values"));
    };
    if kernel.0 == 0 || kernel.1 == 0 || stride.0 == 0 || stride.1 == 0 {
        return Err("kernel and stride must be at least 1".into());
    }
    let along = |len: usize, before: usize, after: usize, kernel: usize, stride: usize| {
        if before >= kernel || after >= kernel {
            return Err(format!(
                "padding {before}+{after} must be smaller than the kernel {kernel}"
            ));
        }
        let padded = len.saturating_add(before).saturating_add(after);
        if kernel > padded {
            return Err(format!("kernel {kernel} is larger than the padded input {padded}"));
        }
        Ok((padded - kernel) / stride + 1)
    };
    let down = along(height, padding.top, padding.bottom, kernel.0, stride.0)?;
    let across = along(width, padding.left, padding.right, kernel.1, stride.1)?;
    let taps = [down, across, kernel.0, kernel.1]
        .into_iter()
        .fold(channels, |product, factor| product.saturating_mul(factor));
    if taps > MAX_TAPS {
        return Err(format!(
            "reads {taps} values through its windows; at most {MAX_TAPS} are allowed"
        ));
    }
    Ok((down, across))
}
