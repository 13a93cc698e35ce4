//! Errors of every order: the network that will run, with noise drawn as it will arise, beside the one
//! that is meant. For where errors are not small beside the values, which is when squares of errors
//! count and [`super::forecast`], of first order, says too little.

use super::forecast::Forecast;
use super::network::{RealLayer, RealNetwork, apply, linear};
use super::schedule::Arising;
use crate::affine_row::AffineRow;
use rayon::prelude::*;
use ring::{Seed, SeedStream};

/// Samples that are drawn, about: those of the calibration as often as it takes.
const DRAWN: usize = 1536;

/// Squares of errors count where they have more than this share of the error in mean squares.
const WORTH: f64 = 0.02;

/// The largest number that an error is told as.
const MOST: f64 = 1e300;

/// Linear layers as they will run: weights and biases rounded; `None` for other layers.
pub(super) type Rounded = Vec<Option<Vec<AffineRow>>>;

/// Which errors are followed: what arises up to a layer (0 for the inputs), with or without what arises
/// right there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upto {
    pub layer: usize,
    pub with_own: bool,
}

/// The largest errors that were drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn {
    /// Of each value after the layer, and how many slots were drawn.
    pub values: Vec<f64>,
    /// Of all outputs.
    pub outputs: f64,
    pub slots: usize,
}

impl Drawn {
    /// `largest` of what was drawn, taken to `slots` slots. Squares of normal errors, and products, have
    /// exponential tails: the largest grows with the logarithm.
    pub fn taken_to(&self, largest: f64, slots: usize) -> f64 {
        let log = |count: usize| (count as f64 + 2.0).ln();
        let grown = largest * log(slots) / log(self.slots);
        if grown.is_nan() { MOST } else { grown.min(MOST) }
    }
}

/// Whether squares of errors count anywhere, for errors of these variances at the inputs of each layer.
pub(super) fn matters(
    forecast: &Forecast,
    network: &RealNetwork,
    variances: impl Fn(usize) -> Vec<f64>,
) -> bool {
    network.layers().iter().enumerate().any(|(at, layer)| {
        let second: Box<dyn Fn(f64) -> (f64, f64)> = match layer {
            RealLayer::Linear { .. } => return false,
            RealLayer::Square { .. } => Box::new(|x| (2.0 * x, 2.0)),
            RealLayer::Polynomial { function, .. } => {
                let reach = forecast.largest_before(at).max(1e-9);
                let h = 1e-4 * reach;
                Box::new(move |x| {
                    let curvature = (function.slope(x + h) - function.slope(x - h)) / (2.0 * h);
                    (function.slope(x), curvature)
                })
            }
        };
        // (f'e + f''e^2/2)^2 has the mean f'^2 v + 3/4 f''^2 v^2 for a normal e of variance v.
        let (mut first, mut squares) = (0.0, 0.0);
        let variances = variances(at);
        let acts_on = layer.acts_on().unwrap_or(usize::MAX);
        forecast.each_value(at, |value, x| {
            if value >= acts_on {
                first += variances.get(value).copied().unwrap_or(0.0);
                return;
            }
            let v = variances.get(value).copied().unwrap_or(0.0);
            let (slope, curvature) = second(x);
            first += slope * slope * v;
            squares += 0.75 * curvature * curvature * v * v;
        });
        squares > WORTH * first
    })
}

/// Draws errors of `arising` through `rounded`.
pub(super) fn draw(
    forecast: &Forecast,
    network: &RealNetwork,
    rounded: &Rounded,
    arising: &Arising,
    upto: Upto,
) -> Drawn {
    let layers = network.layers();
    let traces = forecast.traces();
    let samples: usize = traces.iter().map(|t| t.samples).sum();
    let rounds = DRAWN.div_ceil(samples.max(1));
    let counts = |place: usize| place < upto.layer || (place == upto.layer && upto.with_own);
    let jobs: Vec<(usize, usize)> =
        (0..rounds).flat_map(|round| (0..traces.len()).map(move |t| (round, t))).collect();
    let of = |(round, number): &(usize, usize)| -> Drawn {
        let trace = &traces[*number];
        let seed = Seed::from_number((round * traces.len() + number) as u64);
        let mut random = Normal(seed.stream(0x6469_7374));
        // What key switching and rescaling round is multiplied with the secret, which all values of
        // a slot share.
        let secret: Vec<f64> = (0..trace.samples).map(|_| random.next()).collect();
        let mut values = trace.values[0].clone();
        let disturb = |values: &mut [f64], place: usize, random: &mut Normal| {
            let of = |all: &[f64]| all.get(place).copied().unwrap_or(0.0);
            let variance = of(&arising.noise);
            let first = place.checked_sub(1).and_then(|at| layers[at].acts_on());
            if variance > 0.0 && (counts(place) || place == 0) {
                let own = variance.sqrt();
                let beside = match place.checked_sub(1).map(|at| &layers[at]) {
                    Some(RealLayer::Polynomial { .. }) => of(&arising.carried).sqrt(),
                    _ => own,
                };
                for (k, x) in values.iter_mut().enumerate() {
                    let carried = first.is_some_and(|first| k >= first * trace.samples);
                    let standard_deviation = if carried { beside } else { own };
                    let shared = if place == 0 { 1.0 } else { secret[k % trace.samples] };
                    *x += standard_deviation * random.next() * shared;
                }
            }
        };
        let mut drawn = Drawn { slots: trace.samples, ..Drawn::default() };
        disturb(&mut values, 0, &mut random);
        if upto.layer == 0 {
            drawn.values = largest_of_each(&values, &trace.values[0], trace.samples);
        }
        for (at, layer) in layers.iter().enumerate() {
            values = match (&rounded[at], layer) {
                (Some(rows), _) if at < upto.layer => linear(rows, &values, trace.samples, true),
                _ => apply(layer, &values, trace.samples),
            };
            disturb(&mut values, at + 1, &mut random);
            if at + 1 == upto.layer {
                drawn.values = largest_of_each(&values, &trace.values[at + 1], trace.samples);
            }
        }
        let meant = &trace.values[layers.len()];
        drawn.outputs =
            largest_of_each(&values, meant, trace.samples).into_iter().fold(0.0, larger);
        drawn
    };
    let parts: Vec<Drawn> = jobs.par_iter().map(of).collect();
    let mut all = Drawn::default();
    for part in parts {
        all.values.resize(part.values.len(), 0.0);
        all.values.iter_mut().zip(part.values).for_each(|(a, p)| *a = larger(*a, p));
        all.outputs = larger(all.outputs, part.outputs);
        all.slots += part.slots;
    }
    all
}

/// The larger of two, where what is no number is larger than any.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a >= b { a } else { b }
}

/// The largest difference of each value, value-major over `samples` samples.
fn largest_of_each(found: &[f64], meant: &[f64], samples: usize) -> Vec<f64> {
    let pairs = found.chunks(samples.max(1)).zip(meant.chunks(samples.max(1)));
    pairs.map(|(f, m)| f.iter().zip(m).map(|(a, b)| (a - b).abs()).fold(0.0, larger)).collect()
}

/// Normal numbers, two of a pair at a time.
struct Normal(SeedStream);

impl Normal {
    fn next(&mut self) -> f64 {
        let mut unit = || ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let radius = (-2.0 * unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * unit()).cos()
    }
}
