//! A first look at a network on its data, in the clear: a wrong normalisation, or classes in another
//! order, are seen before a long run.

use super::engine::{Loaded, LoadedSequence};
use data::{Dataset, Shape};
use experiment::Experiment;
use inference::Session;
use network::argmax;
use network::recurrent::Sequences;
use progress::{Cancel, Watch};
use recurrent::SequenceSession;
use scenario::{RunError, Scenario};
use std::sync::Arc;

/// Test samples that are looked at, at most.
const SAMPLES: usize = 500;
/// Samples between two looks at whether a newer question was asked.
const CHUNK: usize = 50;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance {
    /// Test samples, the first ones.
    pub samples: usize,
    /// How many of them the network answers right; `None` where the data have no classes.
    pub right: Option<usize>,
    pub classes: usize,
    /// Least and largest of their values as the network takes them, normalised.
    pub inputs: (f32, f32),
}

/// What is looked at.
pub enum Seen {
    Layers(Loaded),
    Sequences(LoadedSequence),
}

impl Seen {
    /// A setup on what is in memory.
    pub(super) fn open(&self, setup: &Scenario) -> Result<Experiment, RunError> {
        match self {
            Self::Layers(Loaded { dataset, network, .. }) => {
                let (dataset, network) = (Arc::clone(dataset), Arc::clone(network));
                Session::with(setup, dataset, network).map(Experiment::Layers)
            }
            Self::Sequences(LoadedSequence { dataset, model, .. }) => {
                let (dataset, model) = (Arc::clone(dataset), Arc::clone(model));
                SequenceSession::with(setup, dataset, model).map(Experiment::Sequence)
            }
        }
    }

    /// Looks at it; `None` where the network takes other samples.
    pub(super) fn glance(&self, cancel: &Cancel) -> Result<Option<Glance>, RunError> {
        match self {
            Self::Layers(loaded) => Glance::of(loaded, cancel),
            Self::Sequences(loaded) => Glance::of_sequences(loaded, cancel),
        }
    }
}

impl Glance {
    /// Whether the network does hardly more than guess.
    pub fn is_doubtful(&self) -> bool {
        let guessed = self.samples as f64 / self.classes.max(1) as f64;
        let doubtful = |right: usize| (right as f64) < 1.5 * guessed;
        self.samples >= 20 && self.right.is_some_and(doubtful)
    }

    /// Looks at the first test samples; `None` where the network takes other ones.
    fn of(loaded: &Loaded, cancel: &Cancel) -> Result<Option<Self>, RunError> {
        let (network, test) = (&loaded.network, loaded.dataset.test());
        let width = network.input().len();
        let fits = loaded.dataset.shape().len() == width;
        let sequences = matches!(loaded.dataset.shape(), Shape::Sequence { .. });
        if !fits || sequences || test.is_empty() {
            return Ok(None);
        }
        let watch = Watch::new(cancel.clone(), &|_| {});
        let samples = test.len().min(SAMPLES);
        let values = test.inputs.get(..samples * width).unwrap_or_default();
        let (mut outputs, mut inputs) = (Vec::new(), NOTHING);
        for chunk in values.chunks(CHUNK * width) {
            let taken = network.normalise(chunk);
            inputs = taken.iter().fold(inputs, |range, x| widened(range, *x));
            let more = network
                .forward_batch(chunk, &watch)
                .map_err(|error| RunError::Refused(error.to_string()))?;
            outputs.extend(more);
        }
        let right = right(&loaded.dataset, &outputs, network.classes());
        Ok(Some(Self { samples, right, classes: network.classes(), inputs }))
    }

    /// The same of sequences, all their steps.
    fn of_sequences(loaded: &LoadedSequence, cancel: &Cancel) -> Result<Option<Self>, RunError> {
        let (model, test) = (&loaded.original, loaded.dataset.test());
        let Shape::Sequence { steps, channels } = loaded.dataset.shape() else { return Ok(None) };
        let samples = test.len().min(SAMPLES);
        let raw = Sequences {
            inputs: test.inputs.get(..samples * steps * channels).unwrap_or_default(),
            lengths: test.lengths.get(..samples).unwrap_or_default(),
            steps,
        };
        if samples == 0 || channels != model.channels() {
            return Ok(None);
        }
        // Words that are none of the model are told of where it is matched to the data.
        let Ok(prepared) = model.prepare(raw) else { return Ok(None) };
        let watch = Watch::new(cancel.clone(), &|_| {});
        let outputs = model.forward(&prepared, &watch)?;
        let inputs = prepared.values.iter().fold(NOTHING, |range, x| widened(range, *x as f32));
        let right = right(&loaded.dataset, &outputs, model.classes());
        Ok(Some(Self { samples, right, classes: model.classes(), inputs }))
    }
}

/// The range of no values.
const NOTHING: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

fn widened((low, high): (f32, f32), x: f32) -> (f32, f32) {
    (low.min(x), high.max(x))
}

/// How many rows of outputs have the class of their sample; `None` where the data have no classes.
fn right<T: Copy + PartialOrd>(dataset: &Dataset, outputs: &[T], classes: usize) -> Option<usize> {
    let rows = outputs.chunks(classes.max(1)).zip(dataset.test_labels());
    let right = rows.filter(|(row, label)| argmax(row) == usize::from(**label)).count();
    dataset.has_classes().then_some(right)
}
