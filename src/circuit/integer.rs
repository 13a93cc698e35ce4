//! The integer network: what the ciphertexts stand for, evaluated exactly in the clear.

use super::affine::{FloatStage, LowerError, lower};
use super::evaluation::Evaluation;
use super::integer_layer::IntegerLayer;
use super::stage_name::StageName;
use super::units::{Sums, Units};
use super::values::Values;
use super::wide_weight::WideWeight;
use network::{
    Clipped, InputEncoding, InputQuantiser, Network, Normalisation, Op, WeightQuantiser,
};
use progress::{Cancelled, Watch};
use std::collections::HashMap;

/// A network on integers, exact: linear layers with integer weights, and squares.
#[derive(Clone, Debug)]
pub struct IntegerNetwork {
    pub(super) input: InputQuantiser,
    pub(super) normalisation: Normalisation,
    pub(super) inputs: usize,
    pub(super) layers: Vec<IntegerLayer>,
    output_step: f64,
    /// Whether the network was trained for its grid of inputs.
    trained_grid: bool,
    /// Weights that were cut off at the ends of their grid: counts by layer, and the weights in order.
    clipped: Vec<Clipped>,
    pub(super) wide: Vec<WideWeight>,
}

/// Bits to quantise with where a network does not bring its own grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// Bits of an input.
    pub input_bits: u32,
    /// Bits of a weight, sign included.
    pub weight_bits: u32,
}

impl Default for Precision {
    fn default() -> Self {
        Self { input_bits: 5, weight_bits: 5 }
    }
}

impl IntegerNetwork {
    /// Quantises `network`. Its own grid is used where it was trained for one and `precision` is not
    /// given; otherwise weights are rounded to `precision` over their largest magnitude, layer by
    /// layer, and inputs over the range of the normalised `calibration` samples.
    pub fn new(
        network: &Network,
        precision: Option<Precision>,
        calibration: &[f32],
    ) -> Result<Self, LowerError> {
        let stages = lower(network)?;
        let own = network.quantisation().filter(|_| precision.is_none());
        let own = own.and_then(|own| Some((own, stage_grids(network, &stages, &own.weights)?)));
        let precision = precision.unwrap_or_default();
        let normalisation = network.normalisation().clone();
        let input = match own {
            Some((own, _)) => own.input,
            None => input_grid(&normalisation, calibration, precision.input_bits),
        };
        let trained_grid = own.is_some();
        let mut grids = own.map(|(_, grids)| grids.into_iter());
        let inputs = network.input().len();
        let mut units = Units::new(f64::from(input.step), inputs);
        let mut layers = Vec::with_capacity(stages.len());
        let (mut clipped, mut wide) = (Vec::new(), Vec::new());
        for (layer, stage) in stages.into_iter().enumerate() {
            layers.push(match stage {
                FloatStage::Square { name, acts_on } => {
                    units.square(acts_on);
                    IntegerLayer::Square { name, acts_on }
                }
                FloatStage::Polynomial { name, function, .. } => {
                    return Err(LowerError::Activation {
                        layer: name.to_string(),
                        function: function.name(),
                    });
                }
                FloatStage::Affine { name, rows, carried } => {
                    let grid = grids.as_mut().and_then(|g| g.next());
                    let bits = precision.weight_bits;
                    let sums = units.sums(&name, rows, carried, grid, bits)?;
                    clipped.extend(Some(sums.clipped).filter(Clipped::any));
                    let cut = sums.cut.into_iter();
                    wide.extend(cut.map(|(row, term, level)| WideWeight {
                        layer,
                        row,
                        term,
                        level,
                    }));
                    let Sums { rows, bias, weight_bits, .. } = sums;
                    IntegerLayer::Linear { name, rows, bias, weight_bits }
                }
            });
        }
        let output_step = units.first();
        Ok(Self { input, normalisation, inputs, layers, output_step, trained_grid, clipped, wide })
    }

    /// Whether the network was trained for its grid of inputs: cutting off outliers was then part of the
    /// training.
    pub fn has_trained_grid(&self) -> bool {
        self.trained_grid
    }

    /// Layers with weights that were cut off at the ends of their grid.
    pub fn clipped_weights(&self) -> &[Clipped] {
        &self.clipped
    }

    /// Values in one input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Largest magnitude of an input integer.
    pub fn input_range(&self) -> f64 {
        f64::from(self.input.max).max(-f64::from(self.input.min))
    }

    /// The layers.
    pub fn layers(&self) -> &[IntegerLayer] {
        &self.layers
    }

    /// Outputs of one sample.
    pub fn outputs(&self) -> usize {
        self.widths().last().copied().unwrap_or(self.inputs)
    }

    /// An output integer times this is the output in the units of the float network.
    pub fn output_step(&self) -> f64 {
        self.output_step
    }

    /// Number of squares in a row: the depth of the circuit.
    pub fn depth(&self) -> usize {
        self.layers.iter().filter(|l| matches!(l, IntegerLayer::Square { .. })).count()
    }

    /// Values after each layer.
    pub fn widths(&self) -> Vec<usize> {
        let mut width = self.inputs;
        self.layers
            .iter()
            .map(|l| {
                if let IntegerLayer::Linear { rows, .. } = l {
                    width = rows.len();
                }
                width
            })
            .collect()
    }

    /// "input 2 bits, weights 4/4/4 bits".
    pub fn precision(&self) -> String {
        let span = f64::from(self.input.max) - f64::from(self.input.min) + 1.0;
        let weights: Vec<String> = self
            .layers
            .iter()
            .filter_map(|l| match l {
                IntegerLayer::Linear { weight_bits, .. } => Some(weight_bits.to_string()),
                IntegerLayer::Square { .. } => None,
            })
            .collect();
        format!("input {} bits, weights {} bits", span.log2().ceil(), weights.join("/"))
    }

    /// How a client makes inputs of raw values.
    pub fn encoding(&self) -> InputEncoding {
        let normalisation = self.normalisation.clone();
        InputEncoding { inputs: self.inputs, normalisation, grid: Some(self.input) }
    }

    /// Raw dataset values of whole samples to input integers.
    pub fn quantise_inputs(&self, raw: &[f32]) -> Vec<i32> {
        self.encoding().integers(raw)
    }

    /// Exact outputs of whole samples, row-major, and for each of `captures` (layer, value) the
    /// values of all samples.
    pub fn evaluate(
        &self,
        inputs: &[i32],
        captures: &[(usize, usize)],
        watch: &Watch,
    ) -> Result<Evaluation<i128>, Cancelled> {
        const CHUNK: usize = 64;
        let counts = (captures.len(), self.layers.len());
        let of_chunk = |chunk: &[i32]| self.evaluate_chunk(chunk, captures);
        Evaluation::of_chunks(inputs, CHUNK * self.inputs, counts, watch, of_chunk)
    }

    fn evaluate_chunk(&self, inputs: &[i32], captures: &[(usize, usize)]) -> Evaluation<i128> {
        let samples = inputs.len() / self.inputs;
        // Value-major, so that the inner loop runs over samples.
        let mut values = Values::Exact(
            (0..self.inputs * samples)
                .map(|k| f64::from(inputs[k % samples * self.inputs + k / samples]))
                .collect(),
        );
        let mut captured = vec![Vec::new(); captures.len()];
        let mut largest = Vec::with_capacity(self.layers.len());
        for (at, layer) in self.layers.iter().enumerate() {
            values = values.apply(layer, samples);
            largest.push(values.largest());
            for ((layer, index), kept) in captures.iter().zip(&mut captured) {
                if *layer == at {
                    kept.extend((0..samples).map(|s| values.get(index * samples + s)));
                }
            }
        }
        let outputs = self.outputs();
        let outputs = (0..samples * outputs)
            .map(|k| values.get(k % outputs * samples + k / outputs))
            .collect();
        Evaluation { outputs, captured, largest }
    }

    /// The largest magnitude after each layer that any input on the grid could give, by interval
    /// arithmetic.
    pub fn worst_ranges(&self) -> Vec<f64> {
        let mut low = vec![f64::from(self.input.min); self.inputs];
        let mut high = vec![f64::from(self.input.max); self.inputs];
        self.layers
            .iter()
            .map(|layer| {
                match layer {
                    IntegerLayer::Linear { rows, bias, .. } => {
                        let bound = |pick_low: bool| -> Vec<f64> {
                            rows.iter()
                                .zip(bias)
                                .map(|(r, b)| {
                                    r.columns.iter().zip(&r.weights).fold(
                                        *b as f64,
                                        |acc, (c, w)| {
                                            let c = *c as usize;
                                            let x =
                                                if (*w < 0) == pick_low { high[c] } else { low[c] };
                                            acc + f64::from(*w) * x
                                        },
                                    )
                                })
                                .collect()
                        };
                        (low, high) = (bound(true), bound(false));
                    }
                    IntegerLayer::Square { acts_on, .. } => {
                        for (l, h) in low.iter_mut().zip(&mut high).take(*acts_on) {
                            let (a, b) = (*l * *l, *h * *h);
                            let crosses = *l <= 0.0 && *h >= 0.0;
                            (*l, *h) = (if crosses { 0.0 } else { a.min(b) }, a.max(b));
                        }
                    }
                }
                low.iter().chain(&high).fold(0.0, |acc: f64, v| acc.max(v.abs()))
            })
            .collect()
    }
}

/// The grid of each affine map of `stages`: of the dense layer or convolution that it is; beside that it
/// may hold others of branches, whose values are carried. `None` where a map is more than that.
fn stage_grids(
    network: &Network,
    stages: &[FloatStage],
    grids: &[WeightQuantiser],
) -> Option<Vec<WeightQuantiser>> {
    let is_linear = |op: &Op| matches!(op, Op::Dense { .. } | Op::Conv2d { .. });
    // One linear layer between two activations, or on a branch.
    let mut since = 0;
    let mut by_name = HashMap::new();
    let mut all = grids.iter();
    for layer in network.layers() {
        match &layer.op {
            op if is_linear(op) => {
                since += 1;
                by_name.insert(layer.name.as_str(), *all.next()?);
            }
            Op::Activation(_) | Op::Branch { .. } => since = 0,
            _ => {}
        }
        if since > 1 {
            return None;
        }
    }
    let maps = stages.iter().filter_map(|stage| match stage {
        FloatStage::Affine { name, .. } => Some(name),
        _ => None,
    });
    let first = |name: &StageName| name.layers().iter().find_map(|l| by_name.get(l.as_str()));
    let found: Option<Vec<WeightQuantiser>> = maps.map(|name| first(name).copied()).collect();
    found
        .filter(|found| all.next().is_none() && (!network.is_chain() || found.len() == grids.len()))
}

fn input_grid(normalisation: &Normalisation, calibration: &[f32], bits: u32) -> InputQuantiser {
    let at = |values: &[f32], i: usize| values[i % values.len()];
    let (mut low, mut high) = (0f32, 0f32);
    for (i, x) in calibration.iter().enumerate() {
        let x = (x - at(&normalisation.offset, i)) / at(&normalisation.scale, i);
        (low, high) = (low.min(x), high.max(x));
    }
    let levels = (1i32 << bits) - 1;
    if low == 0.0 {
        let step = if high > 0.0 { high / levels as f32 } else { 1.0 };
        return InputQuantiser { step, min: 0, max: levels };
    }
    let max = (levels / 2).max(1);
    InputQuantiser { step: high.max(-low) / max as f32, min: -max, max }
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Activation;
    use data::Shape;
    use network::{Layer, Quantisation};
    use proptest::prelude::*;

    fn layer(name: &str, op: Op) -> Layer {
        Layer { name: name.into(), op }
    }

    fn dense(inputs: usize, outputs: usize, weight: &[f32], bias: &[f32]) -> Op {
        Op::Dense { inputs, outputs, weight: weight.to_vec(), bias: bias.to_vec() }
    }

    fn network(weights: &[f32], scale: f32) -> Network {
        let scaled: Vec<f32> = weights.iter().map(|w| w * scale).collect();
        let layers = vec![
            layer("hidden", dense(3, 2, &scaled[..6], &[0.5, -0.25])),
            layer("square", Op::Activation(Activation::Square)),
            layer("again", dense(2, 2, &scaled[6..10], &[])),
            layer("square2", Op::Activation(Activation::Square)),
            layer("output", dense(2, 2, &scaled[10..14], &[1.0, 2.0])),
        ];
        let grid = |max| WeightQuantiser { step: scale, max };
        let quantisation = Quantisation {
            input: InputQuantiser { step: 0.5, min: -20, max: 20 },
            weights: vec![grid(2000), grid(2000), grid(2000)],
            tables: Vec::new(),
        };
        let normalisation = Normalisation { offset: vec![1.0], scale: vec![2.0] };
        let input = Shape::Flat { len: 3 };
        Network::new("test", input, normalisation, layers, Some(quantisation), Default::default())
            .unwrap()
    }

    /// The layers one by one in 128-bit integers.
    fn naive(net: &IntegerNetwork, x: &[i32]) -> Vec<Vec<i128>> {
        let mut x: Vec<i128> = x.iter().map(|v| i128::from(*v)).collect();
        net.layers()
            .iter()
            .map(|l| {
                x = match l {
                    IntegerLayer::Square { .. } => x.iter().map(|v| v * v).collect(),
                    IntegerLayer::Linear { rows, bias, .. } => rows
                        .iter()
                        .zip(bias)
                        .map(|(r, b)| {
                            r.columns
                                .iter()
                                .zip(&r.weights)
                                .fold(*b, |acc, (c, w)| acc + x[*c as usize] * i128::from(*w))
                        })
                        .collect(),
                };
                x.clone()
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn evaluation_is_exact_and_within_its_worst_range(
            weights in prop::collection::vec(-7i32..=7, 14), large: bool,
            x in prop::collection::vec(-20i32..=20, 3 * 70)
        ) {
            // Large weights leave the range of doubles, so both ways of counting are used.
            let factor = if large { 250 } else { 1 };
            let weights: Vec<f32> = weights.iter().map(|w| (w * factor) as f32).collect();
            let net = IntegerNetwork::new(&network(&weights, 0.125), None, &[]).unwrap();
            let captures = [(0, 1), (2, 0)];
            let got = net.evaluate(&x, &captures, &Watch::silent()).unwrap();
            let worst = net.worst_ranges();
            for (sample, x) in x.chunks(3).enumerate() {
                let expected = naive(&net, x);
                prop_assert_eq!(&got.outputs[sample * 2..][..2], &expected[4][..]);
                for ((layer, index), kept) in captures.iter().zip(&got.captured) {
                    prop_assert_eq!(kept[sample], expected[*layer][*index]);
                }
                for (layer, values) in expected.iter().enumerate() {
                    for v in values {
                        prop_assert!(v.unsigned_abs() as f64 <= got.largest[layer] * (1.0 + 1e-12));
                        prop_assert!(got.largest[layer] <= worst[layer] * (1.0 + 1e-12));
                    }
                }
            }
        }
    }

    #[test]
    fn integers_times_the_output_step_are_the_float_outputs() {
        let weights: Vec<f32> = (0..14).map(|i| (i % 5 - 2) as f32).collect();
        let network = network(&weights, 0.125);
        let net = IntegerNetwork::new(&network, None, &[]).unwrap();
        // Raw values on the grid, and biases that are multiples of their steps: nothing is rounded.
        let raw = [3.0, -1.0, 5.0, 0.0, 1.0, 2.0];
        let exact = net.evaluate(&net.quantise_inputs(&raw), &[], &Watch::silent()).unwrap();
        let float = network.forward_batch(&raw, &Watch::silent()).unwrap();
        for (i, f) in exact.outputs.iter().zip(float) {
            assert!((*i as f64 * net.output_step() - f64::from(f)).abs() < 1e-4);
        }
        assert_eq!(net.quantise_inputs(&[1.0, 1e9, -1e9]), [0, 20, -20]);
        assert_eq!((net.inputs(), net.outputs(), net.depth()), (3, 2, 2));
    }

    #[test]
    fn a_chosen_precision_replaces_the_grid_of_the_model() {
        let weights: Vec<f32> = (0..14).map(|i| (i % 5 - 2) as f32).collect();
        let precision = Some(Precision { input_bits: 4, weight_bits: 3 });
        let net =
            IntegerNetwork::new(&network(&weights, 0.3), precision, &[1.0, 7.0, 3.0]).unwrap();
        assert_eq!(net.precision(), "input 4 bits, weights 3/3/3 bits");
        assert_eq!(net.quantise_inputs(&[1.0, 7.0, 99.0]), [0, 15, 15]);
        let IntegerLayer::Linear { rows, .. } = &net.layers()[0] else { panic!("linear first") };
        assert!(rows.iter().flat_map(|r| &r.weights).all(|w| w.abs() <= 3));
    }
}
