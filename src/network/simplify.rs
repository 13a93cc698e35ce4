//! An equivalent network with exactly one dense layer or convolution between two activations.

use super::forward::{ForwardError, batch_norm_affine};
use super::layer::{Layer, Op, Padding};
use super::model::{Network, NetworkError, Normalisation};
use super::provenance::Provenance;
use activation::Activation;
use data::Shape;
use progress::Watch;
use std::collections::{HashMap, HashSet};

/// Largest merged dense layer, weights.
const MAX_MERGED: usize = 1 << 24;

/// Why a network cannot be simplified.
#[derive(Debug, thiserror::Error)]
pub enum SimplifyError {
    #[error(
        "layers {layers} merge into {inputs} x {outputs} weights; at most {MAX_MERGED} are allowed, so use fewer values between two activations"
    )]
    TooLarge { layers: String, inputs: usize, outputs: usize },
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Forward(#[from] ForwardError),
}

/// Affine layers between two activations.
struct Group {
    input: Shape,
    output: Shape,
    layers: Vec<Layer>,
}

impl Network {
    /// An equivalent network with exactly one dense layer or convolution (and perhaps a flattening)
    /// between two activations.
    ///
    /// Batch normalisation is folded into its neighbour, a pooling into the convolution before it,
    /// and what then still is more than one layer is multiplied together into one dense layer. A
    /// sigmoid or tanh at the end, which never changes the order of the outputs, is dropped. The
    /// integer grid stays only when no layer changed. With skip connections nothing is multiplied
    /// together: what lies between two activations is then no single layer.
    ///
    /// # Errors
    /// When a merged layer would be too large.
    pub fn simplify(&self) -> Result<Self, SimplifyError> {
        let mut layers = self.layers().to_vec();
        while let Some(Op::Activation(Activation::Sigmoid | Activation::Tanh)) =
            layers.last().map(|l| &l.op)
        {
            if layers.len() == 1 {
                break;
            }
            layers.pop();
        }
        if !self.is_chain() {
            return Ok(self.with_layers(folded(layers), None)?);
        }
        let mut out: Vec<Layer> = Vec::new();
        let mut emitted = self.input();
        let mut group = Group { input: self.input(), output: self.input(), layers: Vec::new() };
        let last = layers.len();
        for (index, layer) in layers.into_iter().enumerate() {
            let shape = self.shapes()[index];
            if layer.op.is_affine() {
                group.output = shape;
                group.layers.push(layer);
                if index + 1 < last {
                    continue;
                }
                emit(group, &mut emitted, &mut out)?;
                break;
            }
            emit(group, &mut emitted, &mut out)?;
            push(layer, &mut out);
            group = Group { input: shape, output: shape, layers: Vec::new() };
        }
        let unchanged = out == self.layers();
        let quantisation = self.quantisation().filter(|_| unchanged).cloned();
        Ok(self.with_layers(out, quantisation)?)
    }
}

/// Layers with skip connections: batch normalisation becomes part of the dense layer or convolution
/// before it, where nothing else takes the values between.
fn folded(layers: Vec<Layer>) -> Vec<Layer> {
    let taken: HashSet<String> =
        layers.iter().filter_map(|l| l.op.from().flatten()).map(str::to_owned).collect();
    let mut out: Vec<Layer> = Vec::new();
    // Names of layers that became part of another, and whether values of the last layer are taken.
    let mut renamed: HashMap<String, String> = HashMap::new();
    let mut is_taken = false;
    for mut layer in layers {
        if let Op::Branch { from: Some(from) }
        | Op::Add { from: Some(from) }
        | Op::Concat { from: Some(from) } = &mut layer.op
            && let Some(name) = renamed.get(from)
        {
            from.clone_from(name);
        }
        let is_norm = matches!(layer.op, Op::BatchNorm { .. });
        let last = out.last_mut().filter(|_| is_norm && !is_taken);
        is_taken = taken.contains(&layer.name);
        match last {
            Some(last) if matches!(last.op, Op::Dense { .. } | Op::Conv2d { .. }) => {
                last.op = scale_outputs(&last.op, &layer.op);
                renamed.insert(layer.name, last.name.clone());
            }
            _ => out.push(layer),
        }
    }
    out
}

/// Appends the layers that stand for `group`, given values of shape `emitted`.
fn emit(group: Group, emitted: &mut Shape, out: &mut Vec<Layer>) -> Result<(), SimplifyError> {
    let Group { input, output, layers } = group;
    let reduced = reduce(input, output, layers)?;
    let still_image = *emitted == input;
    let ops: Vec<&Op> = reduced.iter().map(|l| &l.op).collect();
    let keep = match ops.as_slice() {
        [Op::Dense { .. }] => true,
        [Op::Conv2d { .. }] | [Op::Conv2d { .. }, Op::Flatten] => still_image,
        [Op::Flatten, Op::Dense { .. }] => still_image,
        _ => false,
    };
    if keep {
        reduced.into_iter().for_each(|layer| push(layer, out));
        *emitted = output;
        return Ok(());
    }
    if let [Op::Flatten, Op::Dense { .. }] = ops.as_slice() {
        // Flattened already, in the same order.
        reduced.into_iter().skip(1).for_each(|layer| push(layer, out));
        *emitted = output;
        return Ok(());
    }
    if matches!(emitted, Shape::Image { .. }) {
        push(Layer { name: "flatten".into(), op: Op::Flatten }, out);
    }
    push(Layer { name: joined_name(&reduced), op: as_dense(input, output, reduced)? }, out);
    *emitted = Shape::Flat { len: output.len() };
    Ok(())
}

/// Appends a layer, numbered when its name is taken.
fn push(mut layer: Layer, layers: &mut Vec<Layer>) {
    let name = layer.name.clone();
    let mut count = 2;
    while layers.iter().any(|l| l.name == layer.name) {
        layer.name = format!("{name} {count}");
        count += 1;
    }
    layers.push(layer);
}

fn joined_name(layers: &[Layer]) -> String {
    let names: Vec<&str> =
        layers.iter().filter(|l| !matches!(l.op, Op::Flatten)).map(|l| l.name.as_str()).collect();
    if names.is_empty() { "identity".to_owned() } else { names.join("+") }
}

/// Folds neighbours together as long as the result is exact.
fn reduce(input: Shape, output: Shape, layers: Vec<Layer>) -> Result<Vec<Layer>, SimplifyError> {
    let mut done: Vec<(Layer, Shape)> = Vec::new();
    let layer_shapes = shapes_of(input, &layers)?;
    for (layer, shape) in layers.into_iter().zip(layer_shapes) {
        let before = done.len().checked_sub(2).map_or(input, |i| done[i].1);
        let merged = match (done.last().map(|(l, _)| &l.op), &layer.op) {
            (Some(first @ (Op::Dense { .. } | Op::Conv2d { .. })), norm @ Op::BatchNorm { .. }) => {
                Some(scale_outputs(first, norm))
            }
            (Some(conv @ Op::Conv2d { .. }), Op::AvgPool { .. } | Op::SumPool { .. }) => {
                pool_into_conv(conv, &layer.op, before, shape)
            }
            _ => None,
        };
        match (merged, done.last_mut()) {
            (Some(op), Some(last)) => {
                last.0.op = op;
                last.1 = shape;
            }
            _ => done.push((layer, shape)),
        }
    }
    let mut layers: Vec<Layer> = done.into_iter().map(|(layer, _)| layer).collect();
    // An image that stays an image, with nothing to multiply by: a convolution that does the same.
    if let (Shape::Image { channels, .. }, Shape::Image { .. }) = (input, output) {
        let op = match layers.as_slice() {
            [] => Some(diagonal(&vec![1.0; channels], Vec::new(), (1, 1), (1, 1), NO_PADDING)),
            [Layer { op: norm @ Op::BatchNorm { .. }, .. }] => {
                let (scale, shift) = batch_norm_affine(norm);
                Some(diagonal(&scale, shift, (1, 1), (1, 1), NO_PADDING))
            }
            [Layer { op: Op::AvgPool { kernel, stride, padding }, .. }] => {
                let share = 1.0 / (kernel.0 * kernel.1) as f32;
                Some(diagonal(&vec![share; channels], Vec::new(), *kernel, *stride, *padding))
            }
            [Layer { op: Op::SumPool { kernel, stride, padding }, .. }] => {
                Some(diagonal(&vec![1.0; channels], Vec::new(), *kernel, *stride, *padding))
            }
            _ => None,
        };
        if let Some(op) = op {
            layers = vec![Layer { name: joined_name(&layers), op }];
        }
    }
    Ok(layers)
}

const NO_PADDING: Padding = Padding { top: 0, bottom: 0, left: 0, right: 0 };

fn shapes_of(input: Shape, layers: &[Layer]) -> Result<Vec<Shape>, NetworkError> {
    if layers.is_empty() {
        return Ok(Vec::new());
    }
    part(input, layers.to_vec()).map(|network| network.shapes().to_vec())
}

/// The layers as a network of their own that takes its inputs as they are.
fn part(input: Shape, layers: Vec<Layer>) -> Result<Network, NetworkError> {
    let plain = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    Network::new("part", input, plain, layers, None, Provenance::default())
}

/// `norm` after a dense layer or convolution, as one.
fn scale_outputs(op: &Op, norm: &Op) -> Op {
    let (scale, shift) = batch_norm_affine(norm);
    let mut op = op.clone();
    if let Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. } = &mut op {
        let per_output = weight.len() / scale.len();
        for (row, s) in weight.chunks_mut(per_output).zip(&scale) {
            row.iter_mut().for_each(|w| *w *= s);
        }
        let old = bias.iter().copied().chain(std::iter::repeat(0.0));
        *bias = old.zip(&scale).zip(&shift).map(|((b, s), t)| b * s + t).collect();
    }
    op
}

/// A pooling without padding after a convolution, as one convolution; `None` when that is not exact.
fn pool_into_conv(conv: &Op, pool: &Op, input: Shape, output: Shape) -> Option<Op> {
    let (Op::AvgPool { kernel: size, stride: step, padding: rim }
    | Op::SumPool { kernel: size, stride: step, padding: rim }) = pool
    else {
        return None;
    };
    let Op::Conv2d { in_channels, out_channels, kernel, stride, padding, weight, bias } = conv
    else {
        return None;
    };
    let (Shape::Image { height, width, .. }, Shape::Image { height: down, width: across, .. }) =
        (input, output)
    else {
        return None;
    };
    if *rim != NO_PADDING {
        return None;
    }
    let area = (size.0 * size.1) as f32;
    let (factor, total) = match pool {
        Op::AvgPool { .. } => (1.0 / area, 1.0),
        _ => (1.0, area),
    };
    let wide = (kernel.0 + (size.0 - 1) * stride.0, kernel.1 + (size.1 - 1) * stride.1);
    let far = (stride.0 * step.0, stride.1 * step.1);
    let mut sums = vec![0.0; out_channels * in_channels * wide.0 * wide.1];
    let planes = weight.chunks(kernel.0 * kernel.1).zip(sums.chunks_mut(wide.0 * wide.1));
    for (small, large) in planes {
        for (i, j) in (0..size.0).flat_map(|i| (0..size.1).map(move |j| (i, j))) {
            for (k, w) in small.iter().enumerate() {
                let (y, x) = (k / kernel.1 + i * stride.0, k % kernel.1 + j * stride.1);
                large[y * wide.1 + x] += w * factor;
            }
        }
    }
    let need = |outputs: usize, far: usize, wide: usize, before: usize, len: usize| {
        ((outputs - 1) * far + wide).saturating_sub(before + len)
    };
    Some(Op::Conv2d {
        in_channels: *in_channels,
        out_channels: *out_channels,
        kernel: wide,
        stride: far,
        padding: Padding {
            top: padding.top,
            bottom: need(down, far.0, wide.0, padding.top, height),
            left: padding.left,
            right: need(across, far.1, wide.1, padding.left, width),
        },
        weight: sums,
        bias: bias.iter().map(|b| b * total).collect(),
    })
}

/// A convolution that treats every channel by itself, with one weight per channel.
fn diagonal(
    values: &[f32],
    bias: Vec<f32>,
    kernel: (usize, usize),
    stride: (usize, usize),
    padding: Padding,
) -> Op {
    let (channels, area) = (values.len(), kernel.0 * kernel.1);
    let mut weight = vec![0.0; channels * channels * area];
    for (c, value) in values.iter().enumerate() {
        weight[(c * channels + c) * area..][..area].fill(*value);
    }
    Op::Conv2d {
        in_channels: channels,
        out_channels: channels,
        kernel,
        stride,
        padding,
        weight,
        bias,
    }
}

/// The layers multiplied together: what they make of each unit vector, less what they make of zero.
fn as_dense(input: Shape, output: Shape, layers: Vec<Layer>) -> Result<Op, SimplifyError> {
    let (inputs, outputs) = (input.len(), output.len());
    if inputs.saturating_mul(outputs) > MAX_MERGED {
        return Err(SimplifyError::TooLarge { layers: joined_name(&layers), inputs, outputs });
    }
    if layers.is_empty() {
        let mut weight = vec![0.0; inputs * outputs];
        weight.iter_mut().step_by(inputs + 1).for_each(|w| *w = 1.0);
        return Ok(Op::Dense { inputs, outputs, weight, bias: Vec::new() });
    }
    let part = part(input, layers)?;
    let bias = part.forward_batch(&vec![0.0; inputs], &Watch::silent())?;
    let mut weight = vec![0.0; inputs * outputs];
    const TOGETHER: usize = 256;
    for first in (0..inputs).step_by(TOGETHER) {
        let count = TOGETHER.min(inputs - first);
        let mut units = vec![0.0; count * inputs];
        for (i, unit) in units.chunks_mut(inputs).enumerate() {
            unit[first + i] = 1.0;
        }
        let images = part.forward_batch(&units, &Watch::silent())?;
        for (i, image) in images.chunks(outputs).enumerate() {
            for (o, (y, b)) in image.iter().zip(&bias).enumerate() {
                weight[o * inputs + first + i] = y - b;
            }
        }
    }
    let bias = if bias.iter().all(|b| *b == 0.0) { Vec::new() } else { bias };
    Ok(Op::Dense { inputs, outputs, weight, bias })
}
