//! What real data send into the activation layers of a network.

use super::forward::ForwardError;
use super::layer::Op;
use super::model::Network;
use activation::{Activation, Histogram};
use progress::Watch;
use rayon::prelude::*;

/// Values of a layer that are kept one by one, at most.
const SAMPLE: usize = 4096;

/// Values that one task counts.
const TASK: usize = 1 << 16;

/// The inputs of one activation layer over a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerInputs {
    /// Name of the activation layer.
    pub layer: String,
    /// The function the layer applies.
    pub function: Activation,
    /// How often which value went in.
    pub histogram: Histogram,
    /// Some of the values, evenly spread over the samples.
    pub sample: Vec<f32>,
}

impl Network {
    /// The activation layers in order, nothing measured yet.
    pub fn activation_layers(&self) -> Vec<LayerInputs> {
        let layers = self.layers().iter().filter_map(|layer| match &layer.op {
            Op::Activation(function) => Some(LayerInputs {
                layer: layer.name.clone(),
                function: function.clone(),
                histogram: Histogram::default(),
                sample: Vec::new(),
            }),
            _ => None,
        });
        layers.collect()
    }

    /// Runs the network over raw dataset values and collects the inputs of each activation layer, in
    /// layer order. The result does not depend on the number of threads.
    ///
    /// # Errors
    /// When the inputs are no whole number of samples, or `watch` asks to stop.
    pub fn measure_activations(
        &self,
        raw_inputs: &[f32],
        watch: &Watch,
    ) -> Result<Vec<LayerInputs>, ForwardError> {
        let samples = raw_inputs.len() / self.input().len().max(1);
        let mut layers = self.activation_layers();
        let mut places = layers.iter_mut();
        let mut by_layer: Vec<Option<&mut LayerInputs>> = self
            .layers()
            .iter()
            .map(|layer| if layer.op.is_activation() { places.next() } else { None })
            .collect();
        self.evaluate(raw_inputs, watch, |index, inputs, _| {
            let Some(Some(layer)) = by_layer.get_mut(index) else { return };
            let values = samples * self.shapes().get(index).map_or(0, |s| s.len());
            let stride = values.div_ceil(SAMPLE).max(1);
            let seen = (layer.histogram.total() + layer.histogram.not_finite()) as usize;
            let first = (stride - seen % stride) % stride;
            layer.sample.extend(inputs.iter().skip(first).step_by(stride));
            let parts: Vec<Histogram> = inputs.par_chunks(TASK).map(Histogram::of).collect();
            parts.iter().for_each(|part| layer.histogram.merge(part));
        })?;
        Ok(layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layer, Normalisation, Provenance};
    use data::Shape;
    use progress::Cancel;

    fn network() -> Network {
        let layer = |name: &str, op| Layer { name: name.into(), op };
        let identity = (0..9).map(|i| f32::from(u8::from(i % 4 == 0))).collect();
        let dense = Op::Dense { inputs: 3, outputs: 3, weight: identity, bias: vec![1.0; 3] };
        Network::new(
            "n",
            Shape::Flat { len: 3 },
            Normalisation { offset: vec![0.0], scale: vec![2.0] },
            vec![
                layer("relu", Op::Activation(Activation::Relu)),
                layer("dense", dense),
                layer("square", Op::Activation(Activation::Square)),
            ],
            None,
            Provenance::default(),
        )
        .expect("fits")
    }

    #[test]
    fn inputs_of_every_activation_are_counted() {
        let raw: Vec<f32> = (0..30_000).map(|i| (i % 101) as f32 - 50.0).collect();
        let layers = network().measure_activations(&raw, &Watch::silent()).expect("runs");
        let names: Vec<_> = layers.iter().map(|l| (l.layer.as_str(), &l.function)).collect();
        assert_eq!(names, [("relu", &Activation::Relu), ("square", &Activation::Square)]);
        let first: Vec<f32> = raw.iter().map(|x| x / 2.0).collect();
        let second: Vec<f32> = first.iter().map(|x| x.max(0.0) + 1.0).collect();
        for (layer, expected) in layers.iter().zip([&first, &second]) {
            let whole = Histogram::of(expected);
            assert_eq!(layer.histogram.total(), 30_000);
            assert_eq!(layer.histogram.bins(64), whole.bins(64));
            assert_eq!((layer.histogram.min(), layer.histogram.max()), (whole.min(), whole.max()));
            let stride = 30_000_usize.div_ceil(SAMPLE);
            let kept: Vec<f32> = expected.iter().step_by(stride).copied().collect();
            assert_eq!(layer.sample, kept);
        }
    }

    #[test]
    fn measuring_stops_when_asked() {
        let cancel = Cancel::default();
        cancel.cancel();
        let stopped = network().measure_activations(&[0.0; 30], &Watch::new(cancel, &|_| {}));
        assert!(matches!(stopped, Err(ForwardError::Cancelled(_))));
    }
}
