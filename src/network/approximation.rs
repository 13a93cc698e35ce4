//! Polynomials in the place of the activations of a network, and what that does to its answers.

use super::forward::ForwardError;
use super::layer::{Layer, Op};
use super::measure::LayerInputs;
use super::model::{Network, NetworkError};
use activation::{
    Activation, Approximation, ApproximationError, Fitted, Histogram, Method, Polynomial,
};
use progress::Watch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Which polynomials shall stand in for the activations of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approximations {
    /// The function that is approximated; that of each layer itself when left out, and then layers
    /// that are polynomials already stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Activation>,
    pub method: Method,
    pub degree: usize,
    /// Polynomials in a composition.
    pub parts: usize,
    /// Coefficients of a person's own, for the method that takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Polynomial>,
    pub interval: IntervalRule,
    /// Where layers differ: one entry for each activation layer, in the place of method, degree and
    /// interval; empty where all are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerRule>,
}

/// The polynomial of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRule {
    /// `None` where the layer stays as it is.
    pub method: Option<Method>,
    pub degree: usize,
    pub interval: IntervalRule,
}

/// On which interval each layer is approximated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalRule {
    /// The same for all layers: lower and upper end.
    Given((f64, f64)),
    /// For each layer `[-l, l]` with the l that holds the share `quantile` of its measured inputs on
    /// either side, widened by the share `margin`.
    Measured { quantile: f64, margin: f64 },
}

impl IntervalRule {
    /// The ends of the interval, for a function with these inputs.
    pub fn ends(self, measured: Option<&Histogram>) -> (f64, f64) {
        match self {
            Self::Given(interval) => interval,
            Self::Measured { quantile, margin } => {
                // What was given nothing but zeros takes any interval.
                let ends = measured.and_then(|m| m.symmetric_interval(quantile, margin));
                ends.unwrap_or((-1.0, 1.0))
            }
        }
    }
}

/// Why a layer got no polynomial.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("layer {layer}: {source}")]
pub struct LayerApproximationError {
    pub layer: String,
    pub source: ApproximationError,
}

/// How far the inputs of one approximated activation left its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeReport {
    /// Name of the activation layer.
    pub layer: String,
    pub interval: (f64, f64),
    /// Smallest and largest input.
    #[serde(with = "format::number")]
    pub lowest: f64,
    #[serde(with = "format::number")]
    pub highest: f64,
    /// Inputs of the layer in all samples.
    pub values: u64,
    /// Of these, outside the interval (what is not a number counts as outside).
    pub values_outside: u64,
    /// Samples with at least one input outside.
    pub samples_outside: u64,
}

/// Outputs of a network whose activations are approximated.
#[derive(Clone, Debug, PartialEq)]
pub struct RangedOutputs {
    /// Logits, row-major `[samples][classes]`.
    pub outputs: Vec<f32>,
    /// One report per approximated activation, in layer order.
    pub ranges: Vec<RangeReport>,
}

impl Approximations {
    /// The polynomial of each activation layer, in the order of `measured`; `None` where the layer
    /// stays as it is.
    ///
    /// # Errors
    /// When a layer cannot be approximated in this way.
    pub fn fit(
        &self,
        measured: &[LayerInputs],
    ) -> Result<Vec<Option<Fitted>>, LayerApproximationError> {
        measured.iter().enumerate().map(|(at, layer)| self.fit_layer(at, layer)).collect()
    }

    /// Whether any fit depends on measured pre-activations.
    pub fn uses_weights(&self) -> bool {
        let of_layer = self.layers.iter().any(|rule| rule.method.is_some_and(Method::uses_weights));
        of_layer || (self.layers.is_empty() && self.method.uses_weights())
    }

    fn fit_layer(
        &self,
        at: usize,
        layer: &LayerInputs,
    ) -> Result<Option<Fitted>, LayerApproximationError> {
        let (method, degree, rule) = match self.layers.get(at) {
            None => (self.method, self.degree, self.interval),
            Some(LayerRule { method: None, .. }) => return Ok(None),
            Some(LayerRule { method: Some(method), degree, interval }) => {
                (*method, *degree, *interval)
            }
        };
        let function = match &self.function {
            Some(function) => function.clone(),
            None if layer.function.is_polynomial() => return Ok(None),
            None => layer.function.clone(),
        };
        let interval = rule.ends(Some(&layer.histogram));
        let request = Approximation::new(function, method, degree, interval);
        let fitted =
            request.with_parts(self.parts).with_own(self.own.clone()).fit(Some(&layer.histogram));
        fitted
            .map(Some)
            .map_err(|source| LayerApproximationError { layer: layer.layer.clone(), source })
    }
}

impl RangeReport {
    /// Counts what another report on the same layer and interval holds.
    pub fn merge(&mut self, other: &Self) {
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        self.values += other.values;
        self.values_outside += other.values_outside;
        self.samples_outside += other.samples_outside;
    }

    /// How far the inputs reach: 1 at the ends of the interval, 2 where they are twice as far from
    /// its middle.
    pub fn reach(&self) -> f64 {
        let (low, high) = self.interval;
        let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
        (self.highest - centre).max(centre - self.lowest) / half
    }
}

impl Network {
    /// The same network with these polynomials in the place of its activations, one entry per
    /// activation layer, in order; `None` leaves a layer as it is.
    ///
    /// # Errors
    /// When there are more or fewer entries than activation layers, or one is not allowed in a network.
    pub fn with_approximations(
        &self,
        approximations: &[Option<Fitted>],
    ) -> Result<Self, NetworkError> {
        let activations = self.layers().iter().filter(|l| l.op.is_activation()).count();
        if activations != approximations.len() {
            return Err(NetworkError::Whole {
                network: self.name().to_owned(),
                reason: format!(
                    "{} polynomials for {activations} activation layers; one for each is needed",
                    approximations.len()
                ),
            });
        }
        let mut next = approximations.iter();
        let layers = self.layers().iter().map(|layer| {
            let approximation = if layer.op.is_activation() { next.next() } else { None };
            match approximation {
                Some(Some(fitted)) => {
                    Layer { name: layer.name.clone(), op: Op::Activation(fitted.activation()) }
                }
                _ => layer.clone(),
            }
        });
        // An integer grid belongs to the activations it was trained with.
        let changed = approximations.iter().any(|s| s.is_some());
        let quantisation = self.quantisation().filter(|_| !changed).cloned();
        self.with_layers(layers.collect(), quantisation)
    }

    /// The outputs of all samples, and how far the inputs of the approximated activations left their
    /// intervals; `approximations` are those the network was made with.
    ///
    /// # Errors
    /// When the inputs are no whole number of samples, or `watch` asks to stop.
    pub fn forward_ranged(
        &self,
        approximations: &[Option<Fitted>],
        raw_inputs: &[f32],
        watch: &Watch,
    ) -> Result<RangedOutputs, ForwardError> {
        let interval = |fitted: &Option<Fitted>| Some(fitted.as_ref()?.request().interval);
        let intervals: Vec<_> = approximations.iter().map(interval).collect();
        self.forward_within(&intervals, raw_inputs, watch)
    }

    /// The same for intervals, one entry per activation layer, in order; `None` where there is none.
    ///
    /// # Errors
    /// When the inputs are no whole number of samples, or `watch` asks to stop.
    pub fn forward_within(
        &self,
        intervals: &[Option<(f64, f64)>],
        raw_inputs: &[f32],
        watch: &Watch,
    ) -> Result<RangedOutputs, ForwardError> {
        let mut next = intervals.iter();
        let mut ranges: Vec<Option<RangeReport>> = self
            .layers()
            .iter()
            .map(|layer| {
                let interval = if layer.op.is_activation() { *next.next()? } else { None };
                let interval = interval?;
                Some(RangeReport {
                    layer: layer.name.clone(),
                    interval,
                    lowest: f64::INFINITY,
                    highest: f64::NEG_INFINITY,
                    values: 0,
                    values_outside: 0,
                    samples_outside: 0,
                })
            })
            .collect();
        let outputs = self.evaluate(raw_inputs, watch, |index, inputs, _| {
            let width = self.shapes().get(index).map_or(1, |s| s.len()).max(1);
            if let Some(Some(report)) = ranges.get_mut(index) {
                report.add(inputs, width);
            }
        })?;
        Ok(RangedOutputs { outputs, ranges: ranges.into_iter().flatten().collect() })
    }
}

impl RangeReport {
    /// Counts the inputs of more samples of `width` values each.
    fn add(&mut self, inputs: &[f32], width: usize) {
        // Rounded outwards, so that a value at an end is inside.
        let (low, high) = self.interval;
        let (low, high) = ((low as f32).next_down(), (high as f32).next_up());
        let (lowest, highest, values, samples) = inputs
            .par_chunks(width)
            .map(|sample| {
                let outside = sample.iter().filter(|x| !(low..=high).contains(*x)).count() as u64;
                let lowest = sample.iter().copied().fold(f32::INFINITY, f32::min);
                let highest = sample.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                (lowest, highest, outside, u64::from(outside > 0))
            })
            .reduce(
                || (f32::INFINITY, f32::NEG_INFINITY, 0, 0),
                |a, b| (a.0.min(b.0), a.1.max(b.1), a.2 + b.2, a.3 + b.3),
            );
        self.lowest = self.lowest.min(f64::from(lowest));
        self.highest = self.highest.max(f64::from(highest));
        self.values += inputs.len() as u64;
        self.values_outside += values;
        self.samples_outside += samples;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Normalisation, Provenance};
    use data::Shape;

    fn network() -> Network {
        let layer = |name: &str, op| Layer { name: name.into(), op };
        let dense = |weight: Vec<f32>| Op::Dense { inputs: 2, outputs: 2, weight, bias: vec![] };
        Network::new(
            "n",
            Shape::Flat { len: 2 },
            Normalisation { offset: vec![0.0], scale: vec![1.0] },
            vec![
                layer("mix", dense(vec![1.0, -0.5, 0.25, 1.0])),
                layer("relu", Op::Activation(Activation::Relu)),
                layer("out", dense(vec![1.0, 0.5, -1.0, 1.0])),
                layer("square", Op::Activation(Activation::Square)),
            ],
            None,
            Provenance::default(),
        )
        .expect("fits")
    }

    fn choice(degree: usize) -> Approximations {
        Approximations {
            function: None,
            method: Method::Minimax,
            degree,
            parts: 2,
            own: None,
            interval: IntervalRule::Measured { quantile: 1.0, margin: 0.05 },
            layers: Vec::new(),
        }
    }

    fn inputs() -> Vec<f32> {
        (0..2000).map(|i| ((i * 37) % 199) as f32 / 50.0 - 2.0).collect()
    }

    #[test]
    fn a_high_degree_gives_nearly_the_same_outputs() {
        let network = network();
        let measured = network.measure_activations(&inputs(), &Watch::silent()).expect("runs");
        let exact = network.forward_batch(&inputs(), &Watch::silent()).expect("runs");
        let mut before = f32::INFINITY;
        for degree in [2, 8, 31] {
            let approximations = choice(degree).fit(&measured).expect("fits");
            assert!(approximations[0].is_some() && approximations[1].is_none(), "the square stays");
            let changed = network.with_approximations(&approximations).expect("fits");
            let found =
                changed.forward_ranged(&approximations, &inputs(), &Watch::silent()).expect("runs");
            let pairs = found.outputs.iter().zip(&exact);
            let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < before, "degree {degree}: {off}");
            before = off;
            assert_eq!(found.ranges.len(), 1);
            assert_eq!((found.ranges[0].values, found.ranges[0].values_outside), (2000, 0));
            assert!(found.ranges[0].reach() < 1.0);
        }
        assert!(before < 0.5, "{before}");
    }

    #[test]
    fn what_leaves_the_interval_is_counted() {
        let network = network();
        let measured = network.measure_activations(&inputs(), &Watch::silent()).expect("runs");
        let narrow = Approximations { interval: IntervalRule::Given((-1.0, 1.0)), ..choice(3) };
        let approximations = narrow.fit(&measured).expect("fits");
        let changed = network.with_approximations(&approximations).expect("fits");
        let report = &changed
            .forward_ranged(&approximations, &inputs(), &Watch::silent())
            .expect("runs")
            .ranges[0];
        let mut values = 0;
        let mut samples = 0;
        let mut far = 0.0_f32;
        for pair in inputs().chunks(2) {
            let mixed = [pair[0] - 0.5 * pair[1], 0.25 * pair[0] + pair[1]];
            let outside = mixed.iter().filter(|x| x.abs() > 1.0).count();
            values += outside as u64;
            samples += u64::from(outside > 0);
            far = mixed.iter().fold(far, |m, x| m.max(x.abs()));
        }
        assert_eq!((report.values_outside, report.samples_outside), (values, samples));
        assert!((report.reach() - f64::from(far)).abs() < 1e-6);
        assert_eq!(report.layer, "relu");
    }

    #[test]
    fn layers_have_polynomials_of_their_own() {
        let sigmoid = network().with_function(&Activation::Sigmoid).expect("fits");
        let layers = sigmoid.activation_layers();
        let given = |half: f64| IntervalRule::Given((-half, half));
        let rule = |method, degree, half| LayerRule { method, degree, interval: given(half) };
        let own = [rule(Some(Method::Minimax), 5, 3.0), rule(None, 1, 1.0)];
        let fitted =
            Approximations { layers: own.to_vec(), ..choice(7) }.fit(&layers).expect("fits");
        let first = fitted[0].as_ref().expect("has a polynomial");
        assert_eq!((first.degree(), first.request().interval), (5, (-3.0, 3.0)));
        assert!(fitted[1].is_none(), "kept");
        let made = sigmoid.with_approximations(&fitted).expect("fits");
        assert_eq!(made.layers()[3].op, Op::Activation(Activation::Sigmoid));
    }

    #[test]
    fn a_chosen_function_replaces_every_activation() {
        let network = network();
        let measured = network.measure_activations(&inputs(), &Watch::silent()).expect("runs");
        let chosen = Approximations { function: Some(Activation::Silu), ..choice(5) };
        let approximations = chosen.fit(&measured).expect("fits");
        assert!(approximations.iter().all(|s| s.is_some()));
        let changed = network.with_approximations(&approximations).expect("fits");
        assert!(changed.layers().iter().all(|l| l.op != Op::Activation(Activation::Square)));
        assert!(network.with_approximations(&approximations[..1]).is_err());
        let refused =
            Approximations { method: Method::Taylor, ..choice(5) }.fit(&measured).unwrap_err();
        assert!(refused.to_string().starts_with("layer relu: Taylor for ReLU"), "{refused}");
    }
}
