//! What training tells while it goes on.

/// One epoch, for plots.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochRecord {
    /// Name of the stage.
    pub stage: String,
    /// Epoch over all stages, from 1.
    pub epoch: usize,
    /// Mean loss over the epoch's mini-batches.
    pub loss: f64,
    /// Share of the training samples that were classified as labelled, distorted as they were, while
    /// the weights still moved.
    pub train_accuracy: f64,
    /// Accuracy after the epoch on what is held out of training, on quantised inputs where the stage
    /// has a grid, with tables and noise where it has those; reported only, it decides nothing.
    pub accuracy: f64,
    /// Share of the inputs of approximated activations inside their interval, where there are some.
    pub share_inside: Option<f64>,
}

/// What training tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainEvent {
    /// One more mini-batch: step over all stages from 1, of how many in how many epochs, and its loss.
    Step { step: usize, of: usize, epochs: usize, loss: f64 },
    /// One more epoch of so many.
    Epoch { record: EpochRecord, of: usize },
}
