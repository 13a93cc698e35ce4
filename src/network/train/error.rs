//! Why training stopped.

use crate::table::TableError;
use crate::{ForwardError, LayerApproximationError, NetworkError, SimplifyError};
use data::{DatasetError, Shape};
use progress::Cancelled;

/// Why training stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("{field} is {given}; {allowed} are possible")]
    Choice { field: &'static str, given: String, allowed: String },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error(
        "recipe {recipe} takes samples of {wanted} and {classes} classes; dataset {dataset} has samples of {found} and {found_classes} classes"
    )]
    Mismatch {
        recipe: String,
        wanted: Shape,
        classes: usize,
        dataset: String,
        found: Shape,
        found_classes: usize,
    },
    #[error(
        "recipe {recipe} takes {takes} but dataset {dataset} has {has}; choose a scenario for such data"
    )]
    Words { recipe: String, dataset: String, takes: &'static str, has: &'static str },
    #[error("dataset {dataset} has no training samples")]
    NoSamples { dataset: String },
    #[error(
        "stage {stage}, epoch {epoch}: the loss is no longer a finite number; lower the learning rate"
    )]
    Diverged { stage: String, epoch: usize },
    #[error(
        "patience needs training samples that are held out, but none are; hold out at least 1 (--validation 1)"
    )]
    NothingHeldOut,
    #[error("recipe {recipe}, stage {stage}: batch and epochs must be at least 1")]
    EmptyStage { recipe: String, stage: String },
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    HoldOut(#[from] DatasetError),
    #[error(transparent)]
    Approximation(#[from] LayerApproximationError),
    #[error(transparent)]
    Simplify(#[from] SimplifyError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Forward(ForwardError),
    #[error("training kernel: {0}")]
    Kernel(#[from] candle_core::Error),
}

impl From<ForwardError> for TrainError {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Forward(other),
        }
    }
}
