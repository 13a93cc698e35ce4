//! Recurrent networks with random weights, for tests and measurements.

use super::cell_kind::CellKind;
use super::model::{Cell, Gate, Head, RecurrentLayer, RecurrentModel, RecurrentParts};
use crate::{ModelCard, Normalisation, Provenance};
use activation::Activation;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The states of a random network neither die away nor saturate at this size of its weights.
const GAIN: f32 = 0.8;

impl RecurrentLayer {
    /// A layer with weights uniform of variance `gain^2 / (inputs + hidden)`, biases zero, `tanh`
    /// and, in a GRU or LSTM, sigmoid gates. The forget gate of an LSTM begins open, with a bias of 1
    /// (Jozefowicz, Zaremba and Sutskever, ICML 2015).
    pub(crate) fn random(
        inputs: usize,
        hidden: usize,
        kind: CellKind,
        gain: f32,
        rng: &mut StdRng,
    ) -> Self {
        let limit = gain * (3.0 / (inputs + hidden).max(1) as f32).sqrt();
        let mut gate = |activation| {
            let mut draw = |len: usize| -> Vec<f32> {
                (0..len).map(|_| rng.random_range(-limit..=limit)).collect()
            };
            Gate {
                input: draw(hidden * inputs),
                recurrent: draw(hidden * hidden),
                bias: vec![0.0; hidden],
                activation,
            }
        };
        let cell = match kind {
            CellKind::Elman => Cell::Elman(gate(Activation::Tanh)),
            CellKind::Gru => Cell::Gru {
                reset: gate(Activation::Sigmoid),
                update: gate(Activation::Sigmoid),
                candidate: gate(Activation::Tanh),
                candidate_shift: vec![0.0; hidden],
            },
            CellKind::Lstm => Cell::Lstm {
                input: gate(Activation::Sigmoid),
                forget: Gate { bias: vec![1.0; hidden], ..gate(Activation::Sigmoid) },
                output: gate(Activation::Sigmoid),
                candidate: gate(Activation::Tanh),
                state: Activation::Tanh,
            },
        };
        Self { inputs, hidden, cell }
    }
}

impl Head {
    /// A head with weights uniform of variance `1 / hidden`, biases zero.
    pub(crate) fn random(hidden: usize, classes: usize, rng: &mut StdRng) -> Self {
        let limit = (3.0 / hidden.max(1) as f32).sqrt();
        let weight = (0..classes * hidden).map(|_| rng.random_range(-limit..=limit)).collect();
        Self { weight, bias: vec![0.0; classes] }
    }
}

impl RecurrentModel {
    /// A network of `layers` (1 or 2) equal cells with random weights; the same seed gives the same
    /// one. Inputs are taken as they are. Widths of 0 become 1, and fewer than 2 classes 2.
    pub fn random(
        channels: usize,
        hidden: usize,
        classes: usize,
        layers: usize,
        kind: CellKind,
        seed: u64,
    ) -> Self {
        let (channels, hidden, classes) = (channels.max(1), hidden.max(1), classes.max(2));
        let mut rng = StdRng::seed_from_u64(seed);
        let mut made = vec![RecurrentLayer::random(channels, hidden, kind, GAIN, &mut rng)];
        if layers > 1 {
            made.push(RecurrentLayer::random(hidden, hidden, kind, GAIN, &mut rng));
        }
        let head = Head::random(hidden, classes, &mut rng);
        Self::trusted(
            RecurrentParts {
                name: format!("random{hidden}"),
                channels,
                embedding: None,
                normalisation: Normalisation { offset: vec![0.0], scale: vec![1.0] },
                layers: made,
                head,
                provenance: Provenance { seed, ..Provenance::default() },
                card: ModelCard::default(),
            },
            classes,
        )
    }
}
