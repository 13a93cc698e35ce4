//! The network of real numbers that ciphertexts stand for, evaluated in double precision.

use super::function::RealFunction;
use crate::affine::{FloatStage, LowerError, lower_polynomial};
use crate::affine_row::AffineRow;
use crate::evaluation::Evaluation;
use crate::stage_name::StageName;
use network::{InputEncoding, Network, Normalisation};
use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// How much wider than the calibrated inputs of a polynomial in powers of x its Chebyshev basis is.
const REACH: f64 = 1.25;

/// Samples worked on together: sums of a block of them stay in registers and first-level cache.
pub(super) const CHUNK: usize = 64;

/// A layer of real numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum RealLayer {
    /// Weighted sums and a bias each.
    Linear { name: StageName, rows: Vec<AffineRow> },
    /// Squares of the first `acts_on` values; the others are carried as they are.
    Square { name: StageName, acts_on: usize },
    /// Any other polynomial, of the first `acts_on` values.
    Polynomial { name: StageName, function: RealFunction, acts_on: usize },
}

impl RealLayer {
    /// The layer's name.
    pub fn name(&self) -> &StageName {
        match self {
            Self::Linear { name, .. }
            | Self::Square { name, .. }
            | Self::Polynomial { name, .. } => name,
        }
    }

    /// How many of its first values it is a function of, each by itself; none for sums.
    pub(super) fn acts_on(&self) -> Option<usize> {
        match self {
            Self::Linear { .. } => None,
            Self::Square { acts_on, .. } | Self::Polynomial { acts_on, .. } => Some(*acts_on),
        }
    }
}

/// A network of linear layers and polynomials.
#[derive(Clone, Debug)]
pub struct RealNetwork {
    normalisation: Normalisation,
    inputs: usize,
    layers: Vec<RealLayer>,
}

impl RealNetwork {
    /// `network` with neighbouring affine layers multiplied together, and squares completed. The
    /// `calibration` samples (raw values) say how far the inputs of polynomials in powers of x reach.
    pub fn new(network: &Network, calibration: &[f32]) -> Result<Self, LowerError> {
        let stages = lower_polynomial(network)?;
        let mut made = Self {
            normalisation: network.normalisation().clone(),
            inputs: network.input().len(),
            layers: Vec::with_capacity(stages.len()),
        };
        for stage in stages {
            let layer = match stage {
                FloatStage::Affine { name, rows, .. } => RealLayer::Linear { name, rows },
                FloatStage::Square { name, acts_on } => RealLayer::Square { name, acts_on },
                FloatStage::Polynomial { name, function, acts_on } => {
                    let chunk = &calibration[..calibration.len().min(4 * CHUNK * made.inputs)];
                    // Without a layer before it the inputs themselves.
                    let largest =
                        if made.layers.is_empty() { 1.0 } else { made.reach(chunk, acts_on) };
                    let reach = REACH * largest.max(1e-3);
                    let made = RealFunction::new(&function, reach);
                    let function = made.ok_or_else(|| LowerError::NoPolynomial {
                        layer: name.to_string(),
                        function: function.name(),
                    })?;
                    RealLayer::Polynomial { name, function, acts_on }
                }
            };
            made.layers.push(layer);
        }
        Ok(made)
    }

    /// The largest magnitude of the first `count` values that the layers give for raw samples.
    fn reach(&self, raw: &[f32], count: usize) -> f64 {
        let inputs = self.inputs_of(raw);
        let parts = inputs.par_chunks(CHUNK * self.inputs).map(|chunk| {
            let samples = chunk.len() / self.inputs;
            let start = by_value(chunk, self.inputs);
            let values = self.layers.iter().fold(start, |x, layer| apply(layer, &x, samples));
            values.iter().take(count * samples).fold(0.0, |most: f64, x| most.max(x.abs()))
        });
        parts.reduce(|| 0.0, f64::max)
    }

    /// Values in one input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The layers.
    pub fn layers(&self) -> &[RealLayer] {
        &self.layers
    }

    /// Values after each layer.
    pub fn widths(&self) -> Vec<usize> {
        let mut width = self.inputs;
        let of = |layer: &RealLayer| {
            if let RealLayer::Linear { rows, .. } = layer {
                width = rows.len();
            }
            width
        };
        self.layers.iter().map(of).collect()
    }

    /// Outputs of one sample.
    pub fn outputs(&self) -> usize {
        self.widths().last().copied().unwrap_or(self.inputs)
    }

    /// How a client makes inputs of raw values.
    pub fn encoding(&self) -> InputEncoding {
        let normalisation = self.normalisation.clone();
        InputEncoding { inputs: self.inputs, normalisation, grid: None }
    }

    /// Raw dataset values of whole samples as inputs: normalised.
    pub fn inputs_of(&self, raw: &[f32]) -> Vec<f64> {
        self.encoding().reals(raw)
    }

    /// Outputs of whole samples, row-major, and for each of `captures` (layer, value) the values of
    /// all samples.
    pub fn evaluate(
        &self,
        inputs: &[f64],
        captures: &[(usize, usize)],
        watch: &Watch,
    ) -> Result<Evaluation<f64>, Cancelled> {
        let counts = (captures.len(), self.layers.len());
        let of_chunk = |chunk: &[f64]| self.evaluate_chunk(chunk, captures);
        Evaluation::of_chunks(inputs, CHUNK * self.inputs, counts, watch, of_chunk)
    }

    fn evaluate_chunk(&self, inputs: &[f64], captures: &[(usize, usize)]) -> Evaluation<f64> {
        let samples = inputs.len() / self.inputs;
        let mut values = by_value(inputs, self.inputs);
        let mut captured = vec![Vec::new(); captures.len()];
        let mut largest = Vec::with_capacity(self.layers.len());
        for (at, layer) in self.layers.iter().enumerate() {
            values = apply(layer, &values, samples);
            largest.push(values.iter().fold(0.0, |acc: f64, x| acc.max(x.abs())));
            for ((layer, index), kept) in captures.iter().zip(&mut captured) {
                if *layer == at {
                    kept.extend_from_slice(&values[index * samples..(index + 1) * samples]);
                }
            }
        }
        let outputs = self.outputs();
        let outputs =
            (0..samples * outputs).map(|k| values[k % outputs * samples + k / outputs]).collect();
        Evaluation { outputs, captured, largest }
    }
}

/// Samples of `width` values each, value after value instead of sample after sample.
pub(super) fn by_value(inputs: &[f64], width: usize) -> Vec<f64> {
    let samples = inputs.len() / width.max(1);
    (0..width * samples).map(|k| inputs[k % samples * width + k / samples]).collect()
}

/// The values after `layer`, value-major over `samples` samples.
pub(super) fn apply(layer: &RealLayer, values: &[f64], samples: usize) -> Vec<f64> {
    match layer {
        RealLayer::Linear { rows, .. } => linear(rows, values, samples, true),
        RealLayer::Square { acts_on, .. } => {
            let mut values = values.to_vec();
            values.iter_mut().take(acts_on * samples).for_each(|x| *x *= *x);
            values
        }
        RealLayer::Polynomial { function, acts_on, .. } => {
            let mut values = values.to_vec();
            values.iter_mut().take(acts_on * samples).for_each(|x| *x = function.eval(*x));
            values
        }
    }
}

/// Weighted sums of values, with or without the biases.
pub(super) fn linear(rows: &[AffineRow], values: &[f64], samples: usize, bias: bool) -> Vec<f64> {
    let mut out = vec![0.0; rows.len() * samples];
    for (row, sums) in rows.iter().zip(out.chunks_mut(samples.max(1))) {
        sums.fill(if bias { row.bias } else { 0.0 });
        for (c, w) in row.columns.iter().zip(&row.weights) {
            let x = &values[*c as usize * samples..][..samples];
            sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += w * x);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::tests::{network, samples};

    #[test]
    fn it_computes_what_the_network_does() {
        for degree in [2, 3, 7] {
            let network = network(2, 12, degree);
            let raw = samples(100, 12);
            let real = RealNetwork::new(&network, &raw).unwrap();
            let watch = Watch::silent();
            let last = (real.layers().len() - 1, 1);
            let found = real.evaluate(&real.inputs_of(&raw), &[last], &watch).unwrap();
            let expected = network.forward_batch(&raw, &watch).unwrap();
            for (got, expected) in found.outputs.iter().zip(&expected) {
                assert!((got - f64::from(*expected)).abs() < 1e-4, "degree {degree}: {got}");
            }
            let column: Vec<f64> =
                found.outputs.iter().skip(1).step_by(real.outputs()).copied().collect();
            assert_eq!(found.captured, [column]);
        }
    }
}
