//! Layers put one after the other, each checked against what the one before it gives.

use super::choice::choosing;
use super::expression::{Expression, Meaning};
use super::flow::{Flow, counted};
use data::Shape;
use network::{Layer, Normalisation, Op, Padding};
use std::collections::HashMap;

/// Functions of the values of one layer that are told apart: more than any network has.
const MOST_KNOWN: usize = 256;

/// Most weights of layers that choose values, together.
const MAX_CHOOSING: usize = 1 << 22;

/// What has been built so far.
pub struct Layers {
    pub input: Shape,
    pub normalisation: Normalisation,
    pub layers: Vec<Layer>,
    /// Shape of a sample after them.
    pub shape: Shape,
    /// Shapes after each of them.
    shapes: Vec<Shape>,
    counts: HashMap<&'static str, usize>,
    /// Layers up to here give values that are used more than once, so that nothing may become part of
    /// them any more.
    shared: Option<usize>,
    /// What has been done to the values after so many layers, and after how many it was.
    known: HashMap<usize, Vec<(Expression, usize)>>,
    /// Weights of layers that choose values.
    choosing: usize,
}

impl Layers {
    pub fn new(input: Shape) -> Self {
        let normalisation = Normalisation { offset: vec![0.0], scale: vec![1.0] };
        Self {
            input,
            normalisation,
            layers: Vec::new(),
            shape: input,
            shapes: Vec::new(),
            counts: HashMap::new(),
            shared: None,
            known: HashMap::new(),
            choosing: 0,
        }
    }

    pub fn push(&mut self, kind: &'static str, op: Op, shape: Shape) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        self.layers.push(Layer { name: format!("{kind}{count}"), op });
        self.shapes.push(shape);
        self.shape = shape;
    }

    /// Notes that the values of `flow` are used more than once.
    pub fn share(&mut self, flow: &Flow) {
        self.shared = self.shared.max(Some(flow.layers));
    }

    /// Notes that nothing but the scores is made of the layers from now on.
    pub fn close(&mut self) {
        self.shared = None;
    }

    /// What layers that take values after so many layers call them.
    pub fn name_at(&self, layers: usize) -> Option<String> {
        layers.checked_sub(1).and_then(|at| self.layers.get(at)).map(|l| l.name.clone())
    }

    /// Shape of a sample after so many layers.
    pub fn shape_at(&self, layers: usize) -> Shape {
        layers.checked_sub(1).and_then(|at| self.shapes.get(at)).copied().unwrap_or(self.input)
    }

    /// The flow as what the last layer gives: where others have been put in between, a branch begins.
    fn at_the_end(&mut self, flow: &Flow) -> Flow {
        if flow.layers == self.layers.len() {
            return flow.clone();
        }
        let op = Op::Branch { from: self.name_at(flow.layers) };
        self.push("branch", op, self.shape_at(flow.layers));
        flow.after(self.layers.len())
    }

    /// Does to every value what `flow` has still to be done, and gives what then comes out of the last
    /// layer.
    ///
    /// # Errors
    /// As [`Layers::made`].
    pub fn done(&mut self, flow: &Flow) -> Result<Flow, String> {
        let made = self.made(flow)?;
        Ok(self.at_the_end(&made))
    }

    /// Does to every value what `flow` has still to be done, and gives what then comes out of the layer
    /// that was there, or is there now.
    ///
    /// # Errors
    /// When the expression, or the choice of values, is nothing that layers can do.
    pub fn made(&mut self, flow: &Flow) -> Result<Flow, String> {
        if !flow.is_whole(self.shape_at(flow.layers).len()) {
            let chosen = self.chosen(flow)?;
            return self.made(&chosen.with(flow.expression.clone()));
        }
        if flow.expression == Expression::X {
            return Ok(flow.clone());
        }
        let known = self.known.get(&flow.layers).into_iter().flatten();
        if let Some((_, after)) = known.into_iter().find(|(done, _)| *done == flow.expression) {
            return Ok(flow.after(*after));
        }
        let made = self.make(flow)?;
        let known = self.known.entry(flow.layers).or_default();
        if known.len() < MOST_KNOWN {
            known.push((flow.expression.clone(), made.layers));
        }
        Ok(made)
    }

    /// Some of the values of a layer, and zeros, as what a layer of its own gives.
    fn chosen(&mut self, flow: &Flow) -> Result<Flow, String> {
        let shape = self.shape_at(flow.layers);
        let op = choosing(flow, shape).ok_or_else(|| {
            format!(
                "takes values with the axes {} out of {shape}: whole channels with every so many rows and columns are read, and channels of zeros",
                shown(&flow.dims)
            )
        })?;
        self.choosing += match &op {
            Op::Dense { weight, .. } | Op::Conv2d { weight, .. } => weight.len(),
            _ => 0,
        };
        if self.choosing > MAX_CHOOSING {
            return Err(format!(
                "takes a part of the values, as others before it: together more than {MAX_CHOOSING} weights, which is too many"
            ));
        }
        self.at_the_end(&Flow::stored(flow.layers, vec![1, shape.len()]));
        let (kind, shape) = match op {
            Op::Conv2d { out_channels, .. } => {
                let (height, width) = (flow.dims[2], flow.dims[3]);
                ("conv", Shape::Image { channels: out_channels, height, width })
            }
            _ => ("dense", Shape::Flat { len: flow.len() }),
        };
        self.push(kind, op, shape);
        Ok(Flow::stored(self.layers.len(), flow.dims.clone()))
    }

    fn make(&mut self, flow: &Flow) -> Result<Flow, String> {
        // A function of `a x + b`, where that is not one of its own: first the line, then the function.
        if let Expression::Of(function, inner) = &flow.expression
            && **inner != Expression::X
            && matches!(inner.meaning(), Some(Meaning::Affine { .. }))
            && flow.expression.meaning().is_none()
        {
            let line = self.done(&flow.with((**inner).clone()))?;
            return self.done(&line.with(Expression::Of(*function, Box::new(Expression::X))));
        }
        // A line of a function: first the function, then the line.
        if flow.expression.meaning().is_none()
            && let Some((function, line)) = flow.expression.function_and_line()
        {
            let values = self.made(&flow.with(function))?;
            return self.made(&values.with(line));
        }
        let expression = &flow.expression;
        let meaning = expression.meaning().ok_or(
            "comes after a function of single values that is none of these: polynomial, ReLU, leaky ReLU, sigmoid, tanh, softplus, SiLU, GELU, sign, clip",
        )?;
        let flow = self.at_the_end(&flow.with(Expression::X));
        match meaning {
            Meaning::Affine { slope, constant } => {
                let count = self.features();
                self.affine(&vec![slope as f32; count], &vec![constant as f32; count]);
            }
            Meaning::Activation(activation) => {
                let kind = match activation {
                    activation::Activation::Square => "square",
                    activation::Activation::Relu => "relu",
                    activation::Activation::Sigmoid => "sigmoid",
                    activation::Activation::Tanh => "tanh",
                    _ => "activation",
                };
                self.push(kind, Op::Activation(activation), self.shape);
            }
        }
        Ok(flow.after(self.layers.len()))
    }

    /// Numbers that a map of channels, or of single values where there are none, has.
    pub fn features(&self) -> usize {
        match self.shape {
            Shape::Image { channels, .. } => channels,
            other => other.len(),
        }
    }

    /// `scale x + shift` for each channel, or each value: part of the linear layer before it, of the
    /// normalisation of inputs, or a layer of its own.
    pub fn affine(&mut self, scale: &[f32], shift: &[f32]) {
        // Each number is for so many values of `len`.
        let turned = |bias: &mut Vec<f32>, len: usize| {
            bias.resize(len, 0.0);
            let area = len / scale.len().max(1);
            for (at, bias) in bias.iter_mut().enumerate() {
                *bias = *bias * scale[at / area] + shift[at / area];
            }
        };
        let shared = self.shared.is_some_and(|shared| shared >= self.layers.len());
        let (by_feature, len) = (scale.len() == self.features(), self.shape.len());
        match self.layers.last_mut().map(|l| &mut l.op).filter(|_| !shared) {
            Some(Op::Scale { scale: factors, shift: added }) => {
                let area = len / scale.len().max(1);
                factors.iter_mut().enumerate().for_each(|(at, f)| *f *= scale[at / area]);
                turned(added, len);
            }
            Some(Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. })
                if by_feature =>
            {
                let width = weight.len() / scale.len().max(1);
                for (row, scale) in weight.chunks_mut(width.max(1)).zip(scale) {
                    row.iter_mut().for_each(|w| *w *= scale);
                }
                turned(bias, scale.len());
            }
            Some(Op::BatchNorm { gamma, beta, .. }) if by_feature => {
                gamma.iter_mut().zip(scale).for_each(|(g, s)| *g *= s);
                turned(beta, scale.len());
            }
            None if !shared && scale.iter().all(|s| *s != 0.0) => self.normalise(scale, shift),
            _ if !by_feature => {
                let shift = if shift.iter().all(|s| *s == 0.0) { &[] } else { shift };
                let op = Op::Scale { scale: scale.to_vec(), shift: shift.to_vec() };
                self.push("scale", op, self.shape);
            }
            _ => {
                let count = scale.len();
                let op = Op::BatchNorm {
                    gamma: scale.to_vec(),
                    beta: shift.to_vec(),
                    mean: vec![0.0; count],
                    variance: vec![1.0; count],
                    epsilon: 0.0,
                };
                self.push("norm", op, self.shape);
            }
        }
    }

    /// `s (x - offset) / scale + t = (x - (offset - t scale / s)) / (scale / s)`.
    fn normalise(&mut self, scale: &[f32], shift: &[f32]) {
        let area = self.input.len() / scale.len().max(1);
        let place = |at: usize| at / area.max(1);
        let old =
            |values: &[f32], at: usize| if values.len() == 1 { values[0] } else { values[at] };
        let same = scale.iter().all(|s| *s == scale[0]) && shift.iter().all(|s| *s == shift[0]);
        let flat = self.normalisation.offset.len() == 1 && self.normalisation.scale.len() == 1;
        let len = if same && flat { 1 } else { self.input.len() };
        let one = |at: usize| {
            let (offset, by) =
                (old(&self.normalisation.offset, at), old(&self.normalisation.scale, at));
            let (s, t) = (scale[place(at)], shift[place(at)]);
            (offset - t * by / s, by / s)
        };
        let (offset, scale) = (0..len).map(one).unzip();
        self.normalisation = Normalisation { offset, scale };
    }

    /// Puts `(x - offset) / scale` of raw values before everything: one number each for all values, or
    /// one for each.
    pub fn normalise_first(&mut self, offset: &[f32], scale: &[f32]) {
        let inner = self.normalisation.clone();
        let at = |values: &[f32], at: usize| if values.len() == 1 { values[0] } else { values[at] };
        let lens = [offset.len(), scale.len(), inner.offset.len(), inner.scale.len()];
        let len = if lens == [1; 4] { 1 } else { self.input.len() };
        // ((x - o) / s - o') / s' = (x - (o + s o')) / (s s')
        let one = |i: usize| {
            let (o, s) = (at(offset, i), at(scale, i));
            (o + s * at(&inner.offset, i), s * at(&inner.scale, i))
        };
        let (offset, scale) = (0..len).map(one).unzip();
        self.normalisation = Normalisation { offset, scale };
    }

    /// Whether the network begins by making bytes small itself.
    pub fn takes_bytes(&self) -> bool {
        self.normalisation.scale.iter().all(|s| s.abs() > 16.0)
    }

    /// A dense layer on all values of `flow`: `weight` is `[outputs][values of flow]`.
    ///
    /// # Errors
    /// As [`Layers::done`], and when the flow is not all of what comes out of the layers.
    pub fn dense(
        &mut self,
        flow: &Flow,
        weight: &[f32],
        outputs: usize,
        bias: Vec<f32>,
    ) -> Result<Flow, String> {
        let flow = self.done(flow)?;
        let inputs = flow.len();
        if inputs != self.shape.len() || weight.len() != inputs * outputs {
            return Err(format!(
                "{} weights for {inputs} values and {outputs} outputs",
                weight.len()
            ));
        }
        if matches!(self.shape, Shape::Image { .. }) {
            self.push("flatten", Op::Flatten, Shape::Flat { len: inputs });
        }
        let mut stored = vec![0.0; weight.len()];
        let places = flow.places();
        for (row, from) in stored.chunks_mut(inputs).zip(weight.chunks(inputs)) {
            for (place, w) in places.iter().zip(from) {
                row[*place as usize] = *w;
            }
        }
        let op = Op::Dense { inputs, outputs, weight: stored, bias };
        self.push("dense", op, Shape::Flat { len: outputs });
        Ok(Flow::stored(self.layers.len(), vec![1, outputs]))
    }

    /// The image that a convolution or pooling reads.
    ///
    /// # Errors
    /// When the flow is no image in stored order.
    pub fn image(&mut self, flow: &Flow) -> Result<(usize, usize, usize), String> {
        let flow = self.done(flow)?;
        let shape = flow.image().ok_or_else(|| {
            format!(
                "takes values with the axes {}; samples, channels, rows, columns are needed, in this order",
                shown(&flow.dims)
            )
        })?;
        if self.layers.is_empty() && self.input.len() == shape.len() {
            // A vector that is put in the shape of an image before anything is done to it.
            (self.input, self.shape) = (shape, shape);
        }
        match self.shape {
            Shape::Image { channels, height, width } if self.shape == shape => {
                Ok((channels, height, width))
            }
            _ => {
                Err("takes a vector that is put in the shape of an image inside the network".into())
            }
        }
    }

    /// A layer on images that gives `channels` of `(height, width)`.
    ///
    /// # Errors
    /// When those are too many values.
    pub fn windows(
        &mut self,
        kind: &'static str,
        op: Op,
        (channels, height, width): (usize, usize, usize),
    ) -> Result<Flow, String> {
        counted("gives", &[channels, height, width])?;
        self.push(kind, op, Shape::Image { channels, height, width });
        Ok(Flow::stored(self.layers.len(), vec![1, channels, height, width]))
    }
}

/// Lengths of axes for people.
pub fn shown(dims: &[usize]) -> String {
    dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")
}

/// Windows of a convolution or pooling along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Along {
    pub kernel: usize,
    pub stride: usize,
    pub before: usize,
    pub after: usize,
}

impl Along {
    /// Windows over `len` values; `None` when not even one fits.
    pub fn windows(self, len: usize) -> Option<usize> {
        let padded = len.checked_add(self.before)?.checked_add(self.after)?;
        Some(padded.checked_sub(self.kernel)? / self.stride.max(1) + 1)
    }

    /// With as much more behind `len` values as makes a last window full that is not (`ceil_mode`), unless
    /// it begins behind the values and the padding before them.
    pub fn to_the_end(self, len: usize) -> Self {
        let padded = len + self.before + self.after;
        let Some(rest) = padded.checked_sub(self.kernel) else { return self };
        let last = rest.next_multiple_of(self.stride.max(1));
        let last = if last >= len + self.before { last - self.stride.min(last) } else { last };
        Self {
            after: self.after.max((last + self.kernel).saturating_sub(len + self.before)),
            ..self
        }
    }

    /// For each window over `len` values, how many a mean is over: values, and with `padding_counts` those
    /// of the padding of `given` too.
    pub fn counts(self, len: usize, given: Self, padding_counts: bool) -> Vec<usize> {
        // From the first place of the padding on.
        let (first, last) = match padding_counts {
            true => (0, len + given.before + given.after),
            false => (self.before, self.before + len),
        };
        (0..self.windows(len).unwrap_or(0))
            .map(|window| {
                let from = window * self.stride;
                (from + self.kernel).min(last).saturating_sub(from.max(first))
            })
            .collect()
    }
}

/// The padding of windows down and across.
pub fn padding(down: Along, across: Along) -> Padding {
    Padding { top: down.before, bottom: down.after, left: across.before, right: across.after }
}
