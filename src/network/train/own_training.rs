//! The training of a network that a person wrote as rows, and what came of it.

use super::epoch::{EpochRecord, TrainEvent};
use super::error::TrainError;
use super::own::OwnRecipe;
use super::recurrent::{RecurrentTrained, RecurrentTraining};
use super::trainer::{Trained, Training};
use crate::{NetworkError, Provenance};
use data::Dataset;
use progress::Watch;

/// A training to be done, as [`Training`] of either kind of recipe.
pub struct OwnTraining<'a> {
    pub recipe: &'a OwnRecipe,
    pub dataset: &'a Dataset,
    /// The same seed, data and machine give the same network.
    pub seed: u64,
    /// Training samples to hold out; a tenth when left out.
    pub validation: Option<usize>,
    /// Command that the network names as its origin.
    pub command: String,
    /// Epochs of a stage without a better accuracy on what is held out, after which it ends.
    pub patience: Option<usize>,
}

/// A trained network of either kind, and how it came to be.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainedModel {
    Layers(Trained),
    Sequences(RecurrentTrained),
}

impl OwnTraining<'_> {
    /// Trains, telling `on_event` as it goes.
    ///
    /// # Errors
    /// As [`Training::run`] and [`RecurrentTraining::run`].
    pub fn run(
        &self,
        watch: &Watch,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<TrainedModel, TrainError> {
        let Self { dataset, seed, validation, patience, .. } = *self;
        match self.recipe {
            OwnRecipe::Layers(recipe) => {
                let command = Some(self.command.clone());
                let training = Training { recipe, dataset, seed, validation, command, patience };
                training.run(watch, on_event).map(TrainedModel::Layers)
            }
            OwnRecipe::Sequences(recipe) => {
                let training = RecurrentTraining { recipe, dataset, seed, validation, patience };
                let trained = training.run(watch, on_event)?;
                let model = trained.model.made_by(&self.command);
                Ok(TrainedModel::Sequences(RecurrentTrained { model, ..trained }))
            }
        }
    }
}

impl TrainedModel {
    /// The same network as made by this command.
    ///
    /// # Errors
    /// When the network cannot have it.
    pub fn made_by(self, command: &str) -> Result<Self, NetworkError> {
        Ok(match self {
            Self::Layers(trained) => {
                let network = trained.network.made_by(command)?;
                Self::Layers(Trained { network, ..trained })
            }
            Self::Sequences(trained) => {
                let model = trained.model.made_by(command);
                Self::Sequences(RecurrentTrained { model, ..trained })
            }
        })
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Layers(trained) => trained.network.name(),
            Self::Sequences(trained) => trained.model.name(),
        }
    }

    pub fn provenance(&self) -> &Provenance {
        match self {
            Self::Layers(trained) => trained.network.provenance(),
            Self::Sequences(trained) => trained.model.provenance(),
        }
    }

    /// Epoch by epoch.
    pub fn history(&self) -> &[EpochRecord] {
        match self {
            Self::Layers(trained) => &trained.history,
            Self::Sequences(trained) => &trained.history,
        }
    }

    /// Of each stage the epoch, counted over all stages from 1, whose weights were kept.
    pub fn kept(&self) -> &[usize] {
        match self {
            Self::Layers(trained) => &trained.kept,
            Self::Sequences(trained) => &trained.kept,
        }
    }

    /// Accuracy on the test split after the first of several stages.
    pub fn first_accuracy(&self) -> Option<f64> {
        match self {
            Self::Layers(trained) => trained.first_accuracy,
            Self::Sequences(trained) => trained.first_accuracy,
        }
    }

    /// As a model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Layers(trained) => trained.network.to_bytes(),
            Self::Sequences(trained) => trained.model.to_bytes(),
        }
    }
}
