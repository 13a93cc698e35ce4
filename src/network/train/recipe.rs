//! How a model is made: its layers and the stages of its training.

use super::augment::Augment;
use super::error::TrainError;
use super::scaling::standardise;
use super::stages::Pace;
use crate::{Approximations, InputQuantiser, Layer, Network, Normalisation};
use data::{Dataset, Shape};

/// Most epochs of a stage.
const MAX_EPOCHS: usize = 1000;

/// How raw values become inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// Divided by a constant (255 for 8-bit pixels).
    Divide(f32),
    /// Each feature to mean 0 and standard deviation 1 on the training split.
    Standardise,
    /// As given.
    Given(Normalisation),
}

/// The integer grid of a fine-tuning stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Grid of the normalised inputs.
    pub input: InputQuantiser,
    /// Largest weight magnitude, one per dense layer or convolution.
    pub weight_max: Vec<i32>,
    /// Factor on the weight step of least squared error, one per layer: above 1 gives smaller
    /// integers, and with them smaller outputs.
    pub step_factor: Vec<f32>,
    /// Lookup tables in the place of the activations.
    pub tables: Option<TableGrid>,
}

/// Lookup tables that are trained with.
#[derive(Clone, Debug, PartialEq)]
pub struct TableGrid {
    /// Bits of every table, 1 to 6.
    pub bits: u32,
    /// Standard deviation of the noise on every sum before its table, as a share of the table's range.
    pub noise: f64,
    /// The range of a table is that of the sums of the network before the stage, this many times as
    /// wide.
    pub room: f64,
}

/// One stage of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Name shown with its epochs.
    pub name: String,
    pub epochs: usize,
    pub batch: usize,
    /// Learning rate at the start; falls to zero along a cosine. With a grid it counts in steps of
    /// the grid.
    pub learning_rate: f64,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// Share of the target spread evenly over all classes.
    pub smoothing: f32,
    pub augment: Augment,
    /// Whether the network is simplified (see [`crate::Network::simplify`]) first.
    pub simplify: bool,
    /// Polynomials that are put in the place of the activations first, and trained with.
    pub approximations: Option<Approximations>,
    /// Price of activation inputs that leave the interval of their polynomial: factor on the mean
    /// over the samples of the sum over all inputs of `max(0, d - 0.9)^2`, d the distance from the
    /// middle of the interval in half-widths.
    pub range_penalty: f64,
    /// The integer grid, for quantisation-aware training.
    pub grid: Option<Grid>,
}

/// How a model is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Name of the model.
    pub name: String,
    /// Dataset it is meant for.
    pub dataset: String,
    /// Input shape and layers; the values of the weights do not matter.
    pub input: Shape,
    pub layers: Vec<Layer>,
    pub scaling: Scaling,
    /// The network to start from; fresh weights when left out.
    pub start: Option<Network>,
    /// Training samples to hold out, the accuracies of epochs are taken on; 0 holds none out and
    /// takes them on the test split.
    pub validation: usize,
    pub stages: Vec<Stage>,
}

impl Stage {
    /// How it goes.
    pub(super) fn pace(&self) -> Pace {
        Pace {
            name: self.name.clone(),
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            smoothing: self.smoothing,
            clip_norm: None,
        }
    }
}

impl Recipe {
    /// The recipe with `epochs` in every stage.
    ///
    /// # Errors
    /// When none or more than 1000 are asked for.
    pub fn with_epochs(mut self, epochs: usize) -> Result<Self, TrainError> {
        check_epochs(epochs)?;
        self.stages.iter_mut().for_each(|stage| stage.epochs = epochs);
        Ok(self)
    }

    /// Normalisation for `dataset`.
    pub(super) fn normalisation(&self, dataset: &Dataset) -> Normalisation {
        match &self.scaling {
            Scaling::Given(normalisation) => normalisation.clone(),
            Scaling::Divide(scale) => Normalisation { offset: vec![0.0], scale: vec![*scale] },
            Scaling::Standardise => {
                let features = dataset.shape().len();
                standardise(|| dataset.train().inputs.chunks(features), features)
            }
        }
    }
}

/// Refuses more epochs than a stage may have, or none.
pub(super) fn check_epochs(epochs: usize) -> Result<(), TrainError> {
    if (1..=MAX_EPOCHS).contains(&epochs) {
        return Ok(());
    }
    let (given, allowed) = (epochs.to_string(), format!("1 to {MAX_EPOCHS}"));
    Err(TrainError::Choice { field: "epochs", given, allowed })
}
