//! Errors and stages of a program that was chosen.

use super::blocks::Block;
use super::cost::Work;
use super::disturbed::{Rounded, Upto, draw, matters};
use super::forecast::{Forecast, Reach};
use super::network::{RealLayer, RealNetwork};
use super::program::{CkksProgram, CkksStep};
use super::request::{RealRequest, counted};
use super::schedule::{Arising, Arrived, Schedule, Shape};
use crate::affine_row::AffineRow;
use crate::compiled::MEASURED;
use crate::plan::{StageKind, StagePlan};
use crate::request::PlanError;
use crate::stage_name::StageName;
use scheme::ckks::{FreshBatch, Noise, PolynomialInput, Scale, Segment};
use std::sync::Arc;

/// Errors as they arise in a program, with its exact scales and levels.
pub(super) struct Errors {
    network: Arc<RealNetwork>,
    arising: Arising,
    /// What rounding weights and biases does, layer by layer, to first order.
    weights: Vec<Reach>,
    rounded: Rounded,
    /// Whether squares of errors count, so that errors are drawn.
    every_order: bool,
    /// The least room of a phase in its modulus up to each layer, the inputs first, bits.
    headroom_bits: Vec<f64>,
}

impl Errors {
    pub fn new(
        network: &Arc<RealNetwork>,
        shape: &Shape,
        schedule: &Schedule,
        forecast: &Forecast,
        program: &CkksProgram,
    ) -> Result<Self, PlanError> {
        let p = &program.parameters;
        let layers = shape.network.layers();
        let mut rounded: Rounded = vec![None; layers.len()];
        let mut noise = vec![0.0; layers.len() + 1];
        let mut carried = noise.clone();
        noise[0] = Noise::fresh(p, &program.input_scale).variance;
        let mut scale = program.input_scale.clone();
        let mut level = p.levels();
        let mut headroom = vec![f64::INFINITY; layers.len() + 1];
        let room =
            |scale: &Scale, level: usize, range: f64| p.log2_q(level) - 1.0 - scale.log2() - range;
        let narrow = |headroom: &mut [f64], at: usize, bits: f64| {
            headroom[at..].iter_mut().for_each(|h| *h = h.min(bits));
        };
        narrow(&mut headroom, 0, room(&scale, level, shape.ranges[0]));
        for step in &program.steps {
            match step {
                CkksStep::Segment { layers: range, segment, drop, .. } => {
                    for (op, at) in segment.ops.iter().zip(range.start + 1..) {
                        scale = Segment { ops: vec![op.clone()] }.scale_after(&scale);
                        if let RealLayer::Linear { rows, .. } = &layers[at - 1] {
                            let factor = schedule.weights[at - 1].exp2();
                            let mut rows =
                                super::forecast::rounded(rows, factor, &forecast.means[at - 1]);
                            // Biases are whole numbers at the scale of their sums.
                            let to_whole = |b: f64| (b * scale.value()).round() / scale.value();
                            rows.iter_mut().for_each(|row| row.bias = to_whole(row.bias));
                            rounded[at - 1] = Some(rows);
                        }
                        narrow(&mut headroom, at, room(&scale, level, shape.ranges[at]));
                    }
                    if let Some(drop) = *drop {
                        let kept = level - drop;
                        scale = scale.over_integers((kept..level).map(|j| p.prime(j)));
                        let variance = p.switch_and_rescale_variance(level, drop);
                        noise[range.end] = Noise::of_phase(variance, &scale).variance;
                        level = kept;
                        let bits = room(&scale, level, shape.ranges[range.end]);
                        narrow(&mut headroom, range.end, bits);
                    }
                }
                CkksStep::Carry { layer, scale: result, level: kept, .. } => {
                    let variance = p.rescale_variance(2, 1);
                    carried[layer + 1] = Noise::of_phase(variance, result).variance;
                    let bits = room(result, *kept, shape.ranges[layer + 1]);
                    narrow(&mut headroom, layer + 1, bits);
                }
                CkksStep::Polynomial { layer, parts, gate, .. } => {
                    let inputs = &forecast.points[*layer];
                    let mut own = Noise { variance: 0.0 };
                    let mut points = inputs.clone();
                    let (top, entered) = (level, scale.clone());
                    for part in parts {
                        let radius = Scale::of(part.interval.radius());
                        let radius = radius.unwrap_or(Scale::power_of_two(0));
                        let input = PolynomialInput {
                            level,
                            scale: scale.times(&radius),
                            noise: own.times(1.0 / part.interval.radius()),
                            points: points.iter().map(|x| part.interval.to_unit(*x)).collect(),
                        };
                        let found = p.predict_polynomial(
                            &part.plan,
                            &part.coefficients,
                            &input,
                            &part.scale,
                        )?;
                        narrow(&mut headroom, layer + 1, found.margin_bits);
                        own = found.noise;
                        scale = part.scale.clone();
                        level -= part.plan.cost().levels;
                        points =
                            input.points.iter().map(|t| value(&part.coefficients, *t)).collect();
                    }
                    if *gate {
                        let count = inputs.len().max(1) as f64;
                        let square = inputs.iter().map(|x| x * x).sum::<f64>() / count;
                        let before = entered.times(&scale);
                        let bits = room(&before, level, shape.ranges[layer + 1]);
                        narrow(&mut headroom, layer + 1, bits);
                        scale = before.over_integers([p.prime(level - 1)]);
                        let switched = p.switch_and_rescale_variance(level, 1);
                        let switched = Noise::of_phase(switched, &scale);
                        own = own.times(square.sqrt()).plus(switched);
                        level -= 1;
                    }
                    narrow(&mut headroom, *layer, room(&entered, top, shape.ranges[*layer]));
                    narrow(&mut headroom, layer + 1, room(&scale, level, shape.ranges[layer + 1]));
                    noise[layer + 1] = own.variance;
                }
            }
        }
        let of = |(at, rows): (usize, &Option<Vec<AffineRow>>)| match rows {
            Some(rows) => forecast.rounding(shape.network, at, rows),
            None => Vec::new(),
        };
        let weights: Vec<Reach> = rounded.iter().enumerate().map(of).collect();
        let arising = Arising { noise, carried, rounding: vec![1.0; layers.len()] };
        let variances =
            |at: usize| Arrived::new(forecast, &weights, &arising, (at, at, true)).variances();
        let every_order = matters(forecast, shape.network, variances);
        let network = Arc::clone(network);
        Ok(Self { network, arising, weights, rounded, every_order, headroom_bits: headroom })
    }

    /// The least room of any phase, bits.
    pub fn least_headroom_bits(&self) -> f64 {
        self.headroom_bits.last().copied().unwrap_or(f64::INFINITY)
    }

    /// The largest errors that come of everything up to layer `at` (0 for the inputs): of each value
    /// there among `slots` slots, and of the outputs of so many images.
    pub fn at(
        &self,
        forecast: &Forecast,
        at: usize,
        with_own: bool,
        (slots, images): (usize, usize),
    ) -> (Vec<f64>, f64) {
        if self.every_order {
            let upto = Upto { layer: at, with_own };
            let drawn = draw(forecast, &self.network, &self.rounded, &self.arising, upto);
            let each = drawn.values.iter().map(|e| drawn.taken_to(*e, slots)).collect();
            return (each, drawn.taken_to(drawn.outputs, images));
        }
        let arrived = |place| Arrived::new(forecast, &self.weights, &self.arising, place);
        let end = self.arising.noise.len() - 1;
        let each = arrived((at, at, with_own)).largest_of_each(slots);
        (each, arrived((end, at, with_own)).largest(images))
    }
}

/// `sum c_i T_i(t)`.
fn value(coefficients: &[f64], t: f64) -> f64 {
    let (mut next, mut after) = (0.0, 0.0);
    for c in coefficients.iter().skip(1).rev() {
        (next, after) = (2.0 * t * next + c - after, next);
    }
    t * next - after + coefficients.first().copied().unwrap_or(0.0)
}

/// Everything the stages of a plan are made from.
pub(super) struct Parts<'a> {
    pub request: &'a RealRequest<'a>,
    pub shape: &'a Shape<'a>,
    pub schedule: &'a Schedule,
    pub forecast: &'a Forecast,
    pub errors: &'a Errors,
    pub work: &'a Work,
}

/// The stages, and the values to measure after each layer and after each block.
pub(super) fn stages(
    parts: &Parts,
    program: &CkksProgram,
) -> (Vec<StagePlan>, Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let Parts { request, shape, schedule, forecast, errors, work } = *parts;
    let p = &program.parameters;
    let levels = schedule.levels();
    let images = counted(request.images);
    let slots = p.degree().min(images);
    let bound = request.error_bound;
    let range = |at: usize| forecast.largest_before(at);
    let stage = |at: usize, with_own: bool, measured: &mut Vec<usize>| {
        let counts = (MEASURED * slots, images);
        let (each, reached) = errors.at(forecast, at, with_own, counts);
        let mut order: Vec<usize> = (0..each.len()).collect();
        order.sort_by(|a, b| each[*b].total_cmp(&each[*a]));
        order.truncate(MEASURED);
        let largest = order.first().map_or(0.0, |i| each[*i]);
        *measured = order;
        // Nothing is known more precisely than doubles are.
        let largest = largest.max(f64::EPSILON * range(at).max(bound));
        // Past the modulus nothing is left of precision.
        let room = errors.headroom_bits[at];
        let room = if room < 0.0 { room } else { f64::INFINITY };
        let margin = (bound / reached.max(f64::EPSILON * bound)).log2().min(room);
        (largest, margin)
    };
    let words = |count: usize, components: usize, level: usize| {
        (count * components * level * p.degree() * 8) as u64
    };
    let make = |name: StageName,
                kind,
                secs,
                count: usize,
                components,
                level,
                range: f64,
                found: (f64, f64)| {
        let (max_error, margin_bits) = found;
        StagePlan {
            layers: match kind {
                StageKind::Input | StageKind::Switch => Vec::new(),
                _ => name.layers().to_vec(),
            },
            name: name.to_string(),
            kind,
            secs,
            ciphertexts: count,
            components,
            log2_q: p.log2_q(level),
            ciphertext_bytes: words(count, components, level),
            margin_bits,
            max_error: Some(max_error),
            required_error: Some(max_error * margin_bits.exp2()),
            range_calibrated: range,
            range_worst: range,
        }
    };
    let mut ignored = Vec::new();
    let inputs = shape.network.inputs();
    let found = stage(0, true, &mut ignored);
    let mut input =
        make("input".into(), StageKind::Input, work.encrypt, inputs, 2, levels[0], range(0), found);
    input.ciphertext_bytes = FreshBatch::byte_len(p, inputs, levels[0], &program.input_scale);
    let mut all = vec![input];
    let count = shape.network.layers().len();
    let (mut of_layer, mut of_block) =
        (vec![Vec::new(); count], vec![Vec::new(); shape.blocks.len()]);
    let widths = shape.network.widths();
    let mut components = 2;
    for (k, block) in shape.blocks.iter().enumerate() {
        match block {
            Block::Segment { layers, .. } => {
                for at in layers.clone() {
                    let layer = &shape.network.layers()[at];
                    let kind = match layer {
                        RealLayer::Square { .. } => {
                            components = 3;
                            StageKind::Square
                        }
                        _ => StageKind::Linear,
                    };
                    let found = stage(at + 1, false, &mut of_layer[at]);
                    let name = layer.name().clone();
                    let (width, range) = (widths[at], range(at + 1));
                    all.push(make(
                        name,
                        kind,
                        work.layers[at],
                        width,
                        components,
                        levels[k],
                        range,
                        found,
                    ));
                }
                if !schedule.drops[k].is_empty() {
                    components = 2;
                    let found = stage(layers.end, true, &mut of_block[k]);
                    let (width, range) = (widths[layers.end - 1], range(layers.end));
                    let name = "relinearise + rescale".into();
                    let secs = work.switches[k];
                    let level = levels[k + 1];
                    all.push(make(
                        name,
                        StageKind::Switch,
                        secs,
                        width,
                        components,
                        level,
                        range,
                        found,
                    ));
                }
            }
            Block::Polynomial { layer } => {
                let found = stage(layer + 1, true, &mut of_layer[*layer]);
                let name = shape.network.layers()[*layer].name().clone();
                let (width, range, secs) = (widths[*layer], range(layer + 1), work.layers[*layer]);
                let level = levels[k + 1];
                all.push(make(name, StageKind::Polynomial, secs, width, 2, level, range, found));
            }
        }
    }
    (all, of_layer, of_block)
}

/// Level of the outputs, and the number of their components.
pub(super) fn outputs(shape: &Shape, schedule: &Schedule) -> (usize, usize) {
    let level = schedule.levels().last().copied().unwrap_or(1);
    let squares = matches!(shape.blocks.last(), Some(Block::Segment { squares: true, .. }));
    (level, 2 + usize::from(squares))
}
