//! A program with its parameters: everything both sides need to run it.

use super::blocks::Block;
use super::forecast::{Forecast, rounded};
use super::function::RealFunction;
use super::network::{RealLayer, RealNetwork};
use super::schedule::{Schedule, Shape};
use super::stream::{Layer, Stream};
use crate::compiled::StageProbe;
use crate::plan::Plan;
use crate::request::PlanError;
use progress::Watch;
use rayon::prelude::*;
use ring::{Probe, Row};
use scheme::ckks::{
    Ciphertext, CkksError, CkksModuli, CkksParameters, EvaluationKeys, Interval, PolynomialPlan,
    Scale, Segment, SegmentOp, round_weights,
};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// A network of real numbers with what CKKS needs to run it.
#[derive(Clone, Debug)]
pub struct RealCircuit {
    pub plan: Plan,
    pub network: Arc<RealNetwork>,
    pub program: CkksProgram,
    /// Values to be measured, in the order of the stages.
    pub probes: Vec<StageProbe>,
    /// Encrypt, evaluate and decrypt by typical costs, to be held against those of other schemes.
    pub typical_secs: f64,
}

/// A network cut into segments and polynomials.
#[derive(Clone, Debug)]
pub struct CkksProgram {
    pub parameters: CkksParameters,
    /// Scale that inputs are encrypted at.
    pub input_scale: Scale,
    pub steps: Vec<CkksStep>,
}

/// What happens between two changes of level.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CkksStep {
    /// A word-wise segment, and the rescaling after it.
    Segment {
        /// Layers of the network in this segment.
        layers: Range<usize>,
        segment: Segment,
        /// Values to be measured, by layer of the network.
        probes: Vec<Probe>,
        /// Primes to divide by after relinearisation; `None` where the segment's results go on as
        /// they are.
        drop: Option<usize>,
        /// Results of the rescaling to be measured.
        switch_probes: Vec<usize>,
    },
    /// A polynomial on every value, or those that were not set aside to be carried.
    Polynomial {
        layer: usize,
        parts: Vec<CkksPart>,
        /// Whether the value is multiplied with the input.
        gate: bool,
        /// Results to be measured.
        probes: Vec<usize>,
        /// How to go through many values some at a time: this takes the place of the linear layer
        /// before the polynomial, and of the one after it.
        stream: Option<Arc<Stream>>,
    },
    /// Values from `first` on are set aside, brought to `scale` and `level`, and put after the results of
    /// the polynomial of `layer`, which comes next.
    Carry { layer: usize, first: usize, scale: Scale, level: usize },
}

/// One polynomial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CkksPart {
    pub interval: Interval,
    pub plan: PolynomialPlan,
    pub coefficients: Vec<f64>,
    /// Scale of the result.
    pub scale: Scale,
}

impl CkksProgram {
    /// The program of `schedule`.
    pub(super) fn new(
        shape: &Shape,
        schedule: &Schedule,
        moduli: &CkksModuli,
        forecast: &Forecast,
    ) -> Result<Self, PlanError> {
        let parameters = CkksParameters::new(schedule.choice.n, moduli)?;
        let input_scale = scale_of(schedule.entries[0])?;
        let mut steps = Vec::with_capacity(shape.blocks.len());
        let mut scale = input_scale.clone();
        let widths = shape.network.widths();
        let inputs = |layer: usize| match layer.checked_sub(1) {
            None => shape.network.inputs(),
            Some(before) => widths[before],
        };
        let rounded_at = |(at, layer): (usize, &RealLayer)| {
            rounded_layer(layer, schedule.weights[at], &forecast.means[at], inputs(at))
        };
        let layers = shape.network.layers().iter().enumerate();
        let linear = layers.map(rounded_at).collect::<Result<Vec<_>, _>>()?;
        // How many values a layer acts on, where it carries others.
        let carried_after = |layer: usize| {
            let acts_on = shape.network.layers()[layer].acts_on();
            acts_on.filter(|count| *count < inputs(layer))
        };
        let unfit = || {
            PlanError::from(CkksError::Segment { inputs: shape.network.inputs(), components: 2 })
        };
        // The layer that the stream before adds up.
        let mut summed = None;
        let mut level = parameters.levels();
        let prime_bits = moduli.chain.iter().map(|q| 64 - q.leading_zeros()).max().unwrap_or(50);
        for (at, block) in shape.blocks.iter().enumerate() {
            let drop = schedule.drops[at].len();
            let next = level - drop.min(level - 1);
            match block {
                Block::Segment { layers, .. } => {
                    let ops = layers
                        .clone()
                        .map(|layer| match &linear[layer] {
                            Some(layer) => layer.op(prime_bits).ok_or_else(unfit),
                            None => Ok(match carried_after(layer) {
                                Some(count) => SegmentOp::SquareFirst { count },
                                None => SegmentOp::Square,
                            }),
                        })
                        .collect::<Result<Vec<_>, _>>()?;
                    let segment = Segment { ops };
                    scale = segment.scale_after(&scale);
                    let drop = (drop > 0).then_some(drop);
                    let primes = (next..level).map(|j| parameters.prime(j));
                    scale = scale.over_integers(primes);
                    let (probes, switch_probes) = (Vec::new(), Vec::new());
                    let layers = layers.clone();
                    steps.push(CkksStep::Segment { layers, segment, probes, drop, switch_probes });
                }
                Block::Polynomial { layer } => {
                    let result = scale_of(schedule.entries[at + 1])?;
                    let primes: Vec<u64> = (next..level).map(|j| parameters.prime(j)).collect();
                    let function = &shape.network.layers()[*layer];
                    let sigma = schedule.choice.scale_bits;
                    let (parts, gate) = compile(function, &scale, &result, &primes, sigma)?;
                    scale = result.clone();
                    if let Some(first) = carried_after(*layer) {
                        let layer = *layer;
                        steps.push(CkksStep::Carry { layer, first, scale: result, level: next });
                        let (probes, stream) = (Vec::new(), None);
                        steps.push(CkksStep::Polynomial { layer, parts, gate, probes, stream });
                        summed = None;
                        level = next;
                        continue;
                    }
                    let source = match at.checked_sub(1).and_then(|at| shape.blocks.get(at)) {
                        Some(Block::Segment { layers, squares: false })
                            if summed != Some(layers.start) =>
                        {
                            linear[layers.start].as_ref()
                        }
                        _ => None,
                    };
                    let sink = linear.get(layer + 1).and_then(Option::as_ref);
                    let stream = Stream::new(widths[*layer], source, sink, prime_bits);
                    summed = stream.as_ref().and(sink).map(|_| layer + 1);
                    let (layer, probes, stream) = (*layer, Vec::new(), stream.map(Arc::new));
                    steps.push(CkksStep::Polynomial { layer, parts, gate, probes, stream });
                }
            }
            level = next;
        }
        Ok(Self { parameters, input_scale, steps })
    }

    /// Scale of the outputs.
    pub fn output_scale(&self) -> Scale {
        let mut scale = self.input_scale.clone();
        let mut level = self.parameters.levels();
        for step in &self.steps {
            match step {
                CkksStep::Segment { segment, drop, .. } => {
                    let kept = level - drop.unwrap_or(0).min(level);
                    let primes = (kept..level).map(|j| self.parameters.prime(j));
                    scale = segment.scale_after(&scale).over_integers(primes);
                    level = kept;
                }
                CkksStep::Carry { .. } => {}
                CkksStep::Polynomial { parts, gate, .. } => {
                    let used: usize = parts.iter().map(|p| p.plan.cost().levels).sum();
                    level = level.saturating_sub(used);
                    let last = parts.last().map(|p| p.scale.clone());
                    if *gate {
                        level = level.saturating_sub(1);
                        let prime = self.parameters.prime(level);
                        let gated = last.map(|l| scale.times(&l).over_integers([prime]));
                        scale = gated.unwrap_or(scale);
                    } else {
                        scale = last.unwrap_or(scale);
                    }
                }
            }
        }
        scale
    }

    /// Sets the values to be measured: `of_layer` after each layer, `of_switch` after each block.
    pub(crate) fn set_probes(&mut self, of_layer: &[Vec<usize>], of_switch: &[Vec<usize>]) {
        let blocks = self.steps.iter_mut().filter(|s| !matches!(s, CkksStep::Carry { .. }));
        for (at, step) in blocks.enumerate() {
            match step {
                CkksStep::Carry { .. } => {}
                CkksStep::Segment { layers, probes, drop, switch_probes, .. } => {
                    let of = |(op, layer): (usize, usize)| {
                        of_layer[layer].iter().map(move |&index| Probe { op, index })
                    };
                    *probes = layers.clone().enumerate().flat_map(of).collect();
                    if drop.is_some() {
                        *switch_probes = of_switch[at].clone();
                    }
                }
                CkksStep::Polynomial { layer, probes, .. } => *probes = of_layer[*layer].clone(),
            }
        }
    }

    /// The values that the steps measure.
    pub(super) fn probes(&self) -> Vec<StageProbe> {
        let mut probes = Vec::new();
        let mut stage = 1;
        for step in &self.steps {
            match step {
                CkksStep::Segment { layers, probes: own, drop, switch_probes, .. } => {
                    probes.extend(own.iter().map(|probe| StageProbe {
                        stage: stage + probe.op,
                        layer: layers.start + probe.op,
                        index: probe.index,
                    }));
                    stage += layers.len();
                    if drop.is_some() {
                        let layer = layers.end - 1;
                        let of = |&index: &usize| StageProbe { stage, layer, index };
                        probes.extend(switch_probes.iter().map(of));
                        stage += 1;
                    }
                }
                CkksStep::Carry { .. } => {}
                CkksStep::Polynomial { layer, probes: own, .. } => {
                    let layer = *layer;
                    probes.extend(own.iter().map(|&index| StageProbe { stage, layer, index }));
                    stage += 1;
                }
            }
        }
        probes
    }
}

fn scale_of(log2: f64) -> Result<Scale, CkksError> {
    Scale::of(log2.exp2()).ok_or_else(|| CkksError::Scale { scale: format!("2^{log2:.1}") })
}

/// A linear layer with its weights rounded; `None` for other layers.
fn rounded_layer(
    layer: &RealLayer,
    weight_log2: f64,
    means: &[f64],
    inputs: usize,
) -> Result<Option<Layer>, PlanError> {
    let RealLayer::Linear { rows, name } = layer else { return Ok(None) };
    let factor = weight_log2.exp2();
    let unfit = || CkksError::TooLarge { scale: format!("2^{weight_log2:.1} of layer {name}") };
    let weight_scale = Scale::of(factor).ok_or_else(unfit)?;
    let bias = rounded(rows, factor, means).into_iter().map(|r| r.bias).collect();
    let rows = rows
        .par_iter()
        .map(|r| {
            let weights = round_weights(&r.weights, &weight_scale)?;
            Ok(Row { columns: Arc::clone(&r.columns), weights })
        })
        .collect::<Result<Vec<Row>, CkksError>>()?;
    Ok(Some(Layer { inputs, rows: Arc::new(rows), bias, weight_scale }))
}

/// A polynomial layer for inputs at `scale`, as [`CkksFunction::new`].
fn compile(
    layer: &RealLayer,
    scale: &Scale,
    result: &Scale,
    primes: &[u64],
    sigma: u32,
) -> Result<(Vec<CkksPart>, bool), PlanError> {
    let RealLayer::Polynomial { function, .. } = layer else { return Ok((Vec::new(), false)) };
    let CkksFunction { parts, gate } = CkksFunction::new(function, scale, result, primes, sigma)?;
    Ok((parts, gate))
}

/// A function of values, ready for ciphertexts.
#[derive(Clone, Debug)]
pub struct CkksFunction {
    pub parts: Vec<CkksPart>,
    /// Whether the value is multiplied with the input.
    pub gate: bool,
}

impl CkksFunction {
    /// `function` for inputs at `scale`, with results at `result`; each level divides by one of
    /// `primes`, last first. Inner values have scales near `2^sigma`.
    pub fn new(
        function: &RealFunction,
        scale: &Scale,
        result: &Scale,
        primes: &[u64],
        sigma: u32,
    ) -> Result<Self, CkksError> {
        let mut parts = Vec::with_capacity(function.parts.len());
        for (at, part) in function.parts.iter().enumerate() {
            let mut coefficients = part.coefficients.clone();
            let next = function.parts.get(at + 1);
            let scale = match (next, function.gate) {
                (Some(next), _) => scale_of(f64::from(sigma) - next.radius().log2())?,
                (None, Some((constant, slope))) => {
                    coefficients.iter_mut().for_each(|c| *c *= slope);
                    coefficients.first_mut().into_iter().for_each(|c| *c += constant);
                    // The product with the input is divided by the prime that is left.
                    let one = Scale::power_of_two(0);
                    let last = one.over_integers(primes.first().copied());
                    result.over(&last).over(scale)
                }
                (None, None) => result.clone(),
            };
            let plan = PolynomialPlan::of(&coefficients)?;
            let interval = Interval { low: part.interval.0, high: part.interval.1 };
            parts.push(CkksPart { interval, plan, coefficients, scale });
        }
        Ok(Self { parts, gate: function.gate.is_some() })
    }
}

/// The polynomials of `parts`, one after the other, of every value; with a gate, times the value.
pub fn evaluate_parts(
    parameters: &CkksParameters,
    keys: &EvaluationKeys,
    parts: &[CkksPart],
    gate: bool,
    values: Vec<Ciphertext>,
    watch: &Watch,
) -> Result<Vec<Ciphertext>, CkksError> {
    let originals = if gate { values.clone() } else { Vec::new() };
    let mut values = values;
    for part in parts {
        let mapped = values.into_iter().map(|x| parameters.map_interval(x, part.interval));
        let mapped = mapped.collect::<Result<Vec<_>, _>>()?;
        let CkksPart { plan, coefficients, scale, .. } = part;
        let what = "polynomial";
        values =
            keys.evaluate_polynomial(parameters, plan, coefficients, mapped, scale, watch, what)?;
    }
    if !gate {
        return Ok(values);
    }
    let products = originals.par_iter().zip(&values).map(|(x, s)| parameters.multiply(x, s));
    let products = products.collect::<Result<Vec<_>, _>>()?;
    keys.relinearise_and_rescale(parameters, products, 1, watch, "gate")
}
