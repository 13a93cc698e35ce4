//! How errors travel through a network: followed to first order at calibration samples, each source
//! by itself, through the very weights that will run.
//!
//! Errors are small beside the values, so what arrives is linear in what is sent: one pass for each
//! place where errors arise says how much of a unit of variance there reaches every value after it.
//! Values that share an input share its error, which sums of independent variances cannot say.

use super::blocks::Block;
use super::network::{CHUNK, RealLayer, RealNetwork, apply, by_value, linear};
use crate::affine_row::AffineRow;
use rayon::prelude::*;
use ring::{Seed, SeedStream};

/// Bits of weights, sign not counted, for which [`Forecast::weights`] is given.
pub(super) const WEIGHT_BITS: u32 = 10;

/// Mean squares of the errors of a layer's values.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    /// Of each value, over the samples.
    pub values: Vec<f64>,
    /// Of each sample, over the values: errors grow with what they are multiplied with, so samples
    /// of large values have larger ones.
    pub samples: Vec<f64>,
}

impl Spread {
    /// Adds `factor` times another spread of the same layer.
    pub fn add(&mut self, other: &Self, factor: f64) {
        let add = |sum: &mut Vec<f64>, other: &[f64]| {
            sum.resize(sum.len().max(other.len()), 0.0);
            sum.iter_mut().zip(other).for_each(|(s, o)| *s += factor * o);
        };
        add(&mut self.values, &other.values);
        add(&mut self.samples, &other.samples);
    }
}

/// Errors after each layer, the inputs first; empty before the source.
pub(super) type Reach = Vec<Spread>;

/// What errors of unit variance do, by source.
#[derive(Debug)]
pub(super) struct Forecast {
    /// Errors that arise after each layer, the inputs first; empty where nothing arises.
    pub noise: Vec<Reach>,
    /// Errors that arise in the values that polynomials carry, by the place after them.
    pub carried: Vec<Reach>,
    /// Rounding of the weights of each layer to [`WEIGHT_BITS`]; empty for other layers.
    pub weights: Vec<Reach>,
    /// Largest magnitude after each layer at the samples.
    pub largest: Vec<f64>,
    /// Largest magnitude of an input.
    pub largest_input: f64,
    /// Mean after each layer, value by value, the inputs first.
    pub means: Vec<Vec<f64>>,
    /// Some inputs of each polynomial layer; empty for other layers.
    pub points: Vec<Vec<f64>>,
    traces: Vec<Trace>,
}

/// Most inputs of a polynomial that are kept.
const POINTS: usize = 256;

/// Values after each layer at a chunk of samples, the inputs first.
#[derive(Debug)]
pub(super) struct Trace {
    pub samples: usize,
    pub values: Vec<Vec<f64>>,
}

impl Forecast {
    /// Follows errors at `inputs`, whole samples.
    pub fn new(network: &RealNetwork, blocks: &[Block], inputs: &[f64]) -> Self {
        let layers = network.layers();
        let traces: Vec<Trace> = inputs
            .par_chunks(CHUNK * network.inputs())
            .map(|chunk| Trace::new(network, chunk))
            .collect();
        let count = traces.iter().map(|t| t.samples).sum::<usize>().max(1) as f64;
        let mean = |at: usize| -> Vec<f64> {
            let width = traces.first().map_or(0, |t| t.values[at].len() / t.samples.max(1));
            let of = |v: usize| -> f64 {
                traces.iter().flat_map(|t| &t.values[at][v * t.samples..(v + 1) * t.samples]).sum()
            };
            (0..width).map(|v| of(v) / count).collect()
        };
        let means: Vec<Vec<f64>> = (0..=layers.len()).map(mean).collect();
        let largest = |at: usize| {
            let all = traces.iter().flat_map(|t| &t.values[at]);
            all.fold(0.0, |m: f64, x| m.max(x.abs()))
        };
        let points: Vec<Vec<f64>> = layers
            .iter()
            .enumerate()
            .map(|(at, layer)| match layer {
                RealLayer::Polynomial { acts_on, .. } => {
                    let of = |t: &'_ Trace| acts_on * t.samples;
                    let every = traces.iter().map(of).sum::<usize>().div_ceil(POINTS).max(1);
                    let all = traces.iter().flat_map(|t| &t.values[at][..of(t)]);
                    all.step_by(every).copied().collect()
                }
                _ => Vec::new(),
            })
            .collect();
        // After polynomials what is carried has errors of its own.
        let carried_from = |place: usize| match place.checked_sub(1).map(|at| &layers[at]) {
            Some(RealLayer::Polynomial { acts_on, .. }) => Some(*acts_on),
            _ => None,
        };
        let noise = |from: usize, carried: bool| {
            follow(&traces, layers, from, |trace, at| {
                let mut all =
                    gaussian(trace.values[from].len(), Seed::from_number(from as u64).stream(at));
                if let Some(first) = carried_from(from).map(|first| first * trace.samples) {
                    let (own, beside) = all.split_at_mut(first);
                    (if carried { own } else { beside }).fill(0.0);
                }
                all
            })
        };
        let of_weights = |at: usize| match &layers[at] {
            RealLayer::Linear { rows, .. } => {
                let factor = weight_scale(rows, WEIGHT_BITS);
                rounding_reach(&traces, layers, at, &rounded(rows, factor, &means[at]))
            }
            _ => Vec::new(),
        };
        let after = |block: &Block| match block {
            Block::Segment { layers, .. } => layers.end,
            Block::Polynomial { layer } => layer + 1,
        };
        // Where a sum has no weights to speak of, the rounding of its bias is all there is.
        let sums = layers.iter().enumerate().filter(|(_, layer)| has_idle_sums(layer));
        let sums = sums.map(|(at, _)| at + 1);
        let ends = blocks.iter().map(after);
        let sources: Vec<usize> = std::iter::once(0).chain(ends).chain(sums).collect();
        let of = |at: usize| match sources.contains(&at) {
            true => noise(at, false),
            false => Vec::new(),
        };
        let width = |at: usize| means[at].len();
        let beside = |at: usize| match carried_from(at).is_some_and(|first| first < width(at)) {
            true => noise(at, true),
            false => Vec::new(),
        };
        let carried = (0..=layers.len()).map(beside).collect();
        let noise = (0..=layers.len()).map(of).collect();
        let weights = (0..layers.len()).map(of_weights).collect();
        Self {
            noise,
            carried,
            weights,
            largest: (1..=layers.len()).map(largest).collect(),
            largest_input: largest(0),
            points,
            means,
            traces,
        }
    }

    /// What it does that layer `at` has the sums `rounded`.
    pub fn rounding(&self, network: &RealNetwork, at: usize, rounded: &[AffineRow]) -> Reach {
        rounding_reach(&self.traces, network.layers(), at, rounded)
    }

    /// The traces.
    pub fn traces(&self) -> &[Trace] {
        &self.traces
    }

    /// Largest magnitude before layer `at`.
    pub fn largest_before(&self, at: usize) -> f64 {
        at.checked_sub(1).map_or(self.largest_input, |before| self.largest[before])
    }

    /// Tells `see` the index and the value of everything that goes into layer `at` at the samples.
    pub fn each_value(&self, at: usize, mut see: impl FnMut(usize, f64)) {
        for trace in &self.traces {
            for (k, x) in trace.values[at].iter().enumerate() {
                see(k / trace.samples.max(1), *x);
            }
        }
    }
}

/// Whether a sum of `layer` has weights that are nothing beside the largest of the layer.
pub(super) fn has_idle_sums(layer: &RealLayer) -> bool {
    const NOTHING: f64 = 1.0 / 1024.0;
    let RealLayer::Linear { rows, .. } = layer else { return false };
    let largest = |row: &AffineRow| row.weights.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
    let most = rows.iter().map(largest).fold(0.0, f64::max);
    rows.iter().any(|row| largest(row) <= NOTHING * most)
}

/// The scale that brings the largest weight to just below `2^bits`.
pub(super) fn weight_scale(rows: &[AffineRow], bits: u32) -> f64 {
    let largest = rows.iter().flat_map(|r| &r.weights).fold(0.0, |m: f64, w| m.max(w.abs()));
    let top = f64::from(bits).exp2() - 1.0;
    if largest > 0.0 { top / largest } else { 1.0 }
}

/// The rows with weights rounded to multiples of `1 / scale`, and biases moved so that the mean of
/// every sum stays where it was, given the means of what comes in.
pub(super) fn rounded(rows: &[AffineRow], scale: f64, means: &[f64]) -> Vec<AffineRow> {
    let round = |row: &AffineRow| {
        let weights: Vec<f64> = row.weights.iter().map(|w| (w * scale).round() / scale).collect();
        let both = row.weights.iter().zip(&weights).zip(row.columns.iter());
        let moved: f64 = both.map(|((w, r), c)| (w - r) * means[*c as usize]).sum();
        AffineRow { columns: row.columns.clone(), weights, bias: row.bias + moved }
    };
    rows.par_iter().map(round).collect()
}

fn rounding_reach(
    traces: &[Trace],
    layers: &[RealLayer],
    at: usize,
    rounded: &[AffineRow],
) -> Reach {
    let RealLayer::Linear { rows, .. } = &layers[at] else { return Vec::new() };
    let differences: Vec<AffineRow> = rows
        .iter()
        .zip(rounded)
        .map(|(row, rounded)| AffineRow {
            columns: row.columns.clone(),
            weights: row.weights.iter().zip(&rounded.weights).map(|(w, r)| r - w).collect(),
            bias: rounded.bias - row.bias,
        })
        .collect();
    follow(traces, layers, at + 1, |trace, _| {
        linear(&differences, &trace.values[at], trace.samples, true)
    })
}

impl Trace {
    fn new(network: &RealNetwork, inputs: &[f64]) -> Self {
        let samples = inputs.len() / network.inputs();
        let mut values = vec![by_value(inputs, network.inputs())];
        for layer in network.layers() {
            let next = apply(layer, values.last().map_or(&[], Vec::as_slice), samples);
            values.push(next);
        }
        Self { samples, values }
    }
}

/// Follows errors that arise before layer `from` to the end.
fn follow(
    traces: &[Trace],
    layers: &[RealLayer],
    from: usize,
    start: impl Fn(&Trace, u64) -> Vec<f64> + Sync,
) -> Reach {
    let of = |(number, trace): (usize, &Trace)| -> Reach {
        let mut reach = vec![Spread::default(); layers.len() + 1];
        let mut error = start(trace, number as u64);
        reach[from] = spread(&error, trace.samples);
        for at in from..layers.len() {
            error = linearised(&layers[at], &trace.values[at], error, trace.samples);
            reach[at + 1] = spread(&error, trace.samples);
        }
        reach
    };
    let parts: Vec<Reach> = traces.par_iter().enumerate().map(of).collect();
    let count = traces.iter().map(|t| t.samples).sum::<usize>().max(1) as f64;
    let mut all: Reach = vec![Spread::default(); layers.len() + 1];
    for part in parts {
        for (all, part) in all.iter_mut().zip(part) {
            all.values.resize(part.values.len(), 0.0);
            let share = part.samples.len() as f64 / count;
            all.values.iter_mut().zip(part.values).for_each(|(a, p)| *a += p * share);
            all.samples.extend(part.samples);
        }
    }
    all
}

/// Mean squares of errors, value-major over `samples` samples.
fn spread(error: &[f64], samples: usize) -> Spread {
    let width = (error.len() / samples.max(1)).max(1) as f64;
    let mut of_sample = vec![0.0; samples];
    let values = error
        .chunks(samples.max(1))
        .map(|v| {
            of_sample.iter_mut().zip(v).for_each(|(s, x)| *s += x * x / width);
            v.iter().map(|x| x * x).sum::<f64>() / samples.max(1) as f64
        })
        .collect();
    Spread { values, samples: of_sample }
}

/// What `layer` makes of small errors of its inputs `values`.
fn linearised(layer: &RealLayer, values: &[f64], error: Vec<f64>, samples: usize) -> Vec<f64> {
    match layer {
        RealLayer::Linear { rows, .. } => linear(rows, &error, samples, false),
        RealLayer::Square { acts_on, .. } => {
            let mut error = error;
            let first = error.iter_mut().zip(values).take(acts_on * samples);
            first.for_each(|(e, x)| *e *= 2.0 * x);
            error
        }
        RealLayer::Polynomial { function, acts_on, .. } => {
            let mut error = error;
            let first = error.iter_mut().zip(values).take(acts_on * samples);
            first.for_each(|(e, x)| *e *= function.slope(*x));
            error
        }
    }
}

/// Independent normal numbers by the polar method of Box and Muller.
fn gaussian(count: usize, mut stream: SeedStream) -> Vec<f64> {
    let mut unit = || ((stream.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let mut out = Vec::with_capacity(count + 1);
    while out.len() < count {
        let radius = (-2.0 * unit().ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * unit()).sin_cos();
        out.extend([radius * cos, radius * sin]);
    }
    out.truncate(count);
    out
}
