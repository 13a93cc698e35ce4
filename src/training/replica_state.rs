//! A network in training, as numbers.

use super::optimiser::Optimiser;

/// A network in training, as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    /// Weights and biases of the first layer, then all parameters behind it.
    pub tensors: Vec<Vec<f32>>,
    pub optimiser: Optimiser,
}

impl ReplicaState {
    /// Whether lengths are those of `other`, every number is finite, and the optimiser took `steps`.
    pub(super) fn fits(&self, other: &Self, steps: usize) -> bool {
        let lengths = |tensors: &[Vec<f32>]| tensors.iter().map(Vec::len).collect::<Vec<_>>();
        let finite = self.tensors.iter().flatten().all(|v| v.is_finite());
        lengths(&self.tensors) == lengths(&other.tensors)
            && finite
            && self.optimiser.fits(&other.optimiser, &self.tensors, steps)
    }
}
