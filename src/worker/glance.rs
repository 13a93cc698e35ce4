//! A first look at a network on its data, in the clear: a wrong normalisation, or classes in another
//! order, are seen before a long run.

use super::engine::Loaded;
use data::Shape;
use network::argmax;
use progress::{Cancel, Watch};
use scenario::RunError;

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

impl Glance {
    /// Whether the network does hardly more than guess.
    pub fn is_doubtful(&self) -> bool {
        let guessed = self.samples as f64 / self.classes.max(1) as f64;
        let doubtful = |right: usize| (right as f64) < 1.5 * guessed;
        self.samples >= 20 && self.right.is_some_and(doubtful)
    }

    /// Looks at the first test samples; `None` where the network takes other ones.
    pub(super) fn of(loaded: &Loaded, cancel: &Cancel) -> Result<Option<Self>, RunError> {
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
        let (mut right, mut inputs) = (0, (f32::INFINITY, f32::NEG_INFINITY));
        let labels = loaded.dataset.test_labels();
        for (at, chunk) in values.chunks(CHUNK * width).enumerate() {
            let taken = network.normalise(chunk);
            inputs = taken.iter().fold(inputs, |(low, high), x| (low.min(*x), high.max(*x)));
            let outputs = network
                .forward_batch(chunk, &watch)
                .map_err(|error| RunError::Refused(error.to_string()))?;
            let rows = outputs.chunks(network.classes()).zip(labels.iter().skip(at * CHUNK));
            right += rows.filter(|(row, label)| argmax(row) == usize::from(**label)).count();
        }
        let right = loaded.dataset.has_classes().then_some(right);
        Ok(Some(Self { samples, right, classes: network.classes(), inputs }))
    }
}
