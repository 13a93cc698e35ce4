//! What approximated activations do to the answers of the plaintext network.

use super::session::Session;
use activation::{Activation, Fitted, depth_of};
use network::{Approximations, LayerInputs, Network, RangeReport, argmax};
use progress::{Cancel, Watch};
use scenario::RunError;
use serde::{Deserialize, Serialize};

/// Samples in the first part of a check; each next part has twice as many.
const FIRST_PART: usize = 256;

/// What a model does on its data, measured once for all polynomials.
#[derive(Clone, Debug, Default)]
pub struct ActivationData {
    /// The inputs of each activation layer over training samples (test samples where there are none).
    pub layers: Vec<LayerInputs>,
    /// How many samples that were.
    pub samples: usize,
    /// The class the model gives to each test sample.
    pub classes: Vec<u16>,
}

/// A network with polynomials in the place of its activations, in the clear, on test samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolynomialCheck {
    /// Test samples so far, and in all.
    pub samples: usize,
    pub of: usize,
    /// Share of these samples classified as labelled; NaN where that is not known.
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    /// The same for the model as it was loaded.
    #[serde(with = "format::number::known")]
    pub model_accuracy: f64,
    /// Share of samples to which polynomial network and model give the same class.
    pub agreement: f64,
    /// Samples with an output that is not a finite number.
    pub not_finite: usize,
    /// How far the inputs of each approximated layer left its interval.
    pub ranges: Vec<RangeReport>,
    /// Multiplicative depth of all polynomials, one after the other.
    pub depth: usize,
}

impl Session {
    /// Measures the inputs of the activation layers, and what the model answers.
    ///
    /// # Errors
    /// When `cancel` asks to stop.
    pub fn measure_activations(&self, cancel: &Cancel) -> Result<ActivationData, RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let inputs = self.calibration_inputs();
        let layers = self.network.measure_activations(inputs, &watch)?;
        let samples = inputs.len() / self.dataset.shape().len();
        let outputs = self.network.forward_batch(&self.dataset.test().inputs, &watch)?;
        let classes = classes(&outputs, self.network.classes());
        Ok(ActivationData { layers, samples, classes })
    }

    /// The model with `function` in the place of every activation, on the test samples: the share
    /// classified as labelled.
    ///
    /// # Errors
    /// When the function is not allowed in a network, or `cancel` asks to stop.
    pub fn accuracy_with(&self, function: &Activation, cancel: &Cancel) -> Result<f64, RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let network = self.network.with_function(function)?;
        let outputs = network.forward_batch(&self.dataset.test().inputs, &watch)?;
        let classes = classes(&outputs, network.classes());
        Ok(share_equal(&classes, self.dataset.test_labels()))
    }

    /// Puts polynomials in the place of the activations and classifies the test samples; `on_part` is
    /// told what is known so far, again and again.
    ///
    /// # Errors
    /// When a layer cannot be approximated in this way, or `cancel` asks to stop.
    pub fn check_approximations(
        &self,
        data: &ActivationData,
        approximations: &Approximations,
        cancel: &Cancel,
        mut on_part: impl FnMut(&PolynomialCheck),
    ) -> Result<PolynomialCheck, RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let fitted = approximations
            .fit(&data.layers)
            .map_err(|e| RunError::Refused(format!("activation: {e}")))?;
        let network: Network = self.network.with_approximations(&fitted)?;
        // Layers that are polynomials already are kept, and multiply too.
        let depth_at = |(layer, fitted): (&LayerInputs, &Option<Fitted>)| match fitted {
            Some(fitted) => fitted.multiplicative_depth(),
            None => depth_of(&layer.function),
        };
        let depth = data.layers.iter().zip(&fitted).map(depth_at).sum();
        let test = self.dataset.test();
        let (len, width) = (self.dataset.shape().len(), network.classes());
        let mut found: Vec<u16> = Vec::with_capacity(test.len());
        let mut ranges: Vec<RangeReport> = Vec::new();
        let mut not_finite = 0;
        let mut part = FIRST_PART;
        loop {
            let from = found.len();
            let to = (from + part).min(test.len());
            let ranged =
                network.forward_ranged(&fitted, &test.inputs[from * len..to * len], &watch)?;
            let rows = ranged.outputs.chunks(width);
            not_finite += rows.filter(|row| row.iter().any(|v| !v.is_finite())).count();
            found.extend(classes(&ranged.outputs, width));
            if ranges.is_empty() {
                ranges = ranged.ranges;
            } else {
                ranges.iter_mut().zip(&ranged.ranges).for_each(|(all, new)| all.merge(new));
            }
            let check = PolynomialCheck {
                samples: to,
                of: test.len(),
                accuracy: share_equal(&found, self.dataset.test_labels()),
                model_accuracy: share_equal(&data.classes[..to], self.dataset.test_labels()),
                agreement: share_equal(&found, &data.classes),
                not_finite,
                ranges: ranges.clone(),
                depth,
            };
            on_part(&check);
            if to == test.len() {
                return Ok(check);
            }
            part *= 2;
        }
    }
}

fn classes(outputs: &[f32], width: usize) -> Vec<u16> {
    outputs.chunks(width).map(|row| argmax(row) as u16).collect()
}

/// Share of `found` that equals what stands at the same place in `expected`; NaN where nothing stands
/// there.
fn share_equal(found: &[u16], expected: &[u16]) -> f64 {
    let both = found.iter().zip(expected);
    let all = both.len();
    both.filter(|(a, b)| a == b).count() as f64 / all as f64
}
