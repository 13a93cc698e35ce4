//! How a recurrent model is made.

use super::super::stages::Pace;
use crate::recurrent::{CellKind, RecurrentModel};
use activation::Method;

/// The polynomials that stand in for the functions of all gates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepPolynomials {
    pub method: Method,
    pub degree: usize,
}

/// One stage of training.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentStage {
    /// Name shown with its epochs.
    pub name: String,
    pub epochs: usize,
    pub batch: usize,
    /// Learning rate at the start; falls to zero along a cosine.
    pub learning_rate: f64,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// Share of the target spread evenly over all classes.
    pub smoothing: f32,
    /// Standard deviation of Gaussian noise added to normalised inputs.
    pub noise: f32,
    /// Standard deviation of Gaussian noise added to every state (of an LSTM that of its cells too) after
    /// every step, so that what encryption does to states dies away instead of growing.
    pub state_noise: f32,
    /// Share of tokens replaced by the one for unknown words, and of values of the last state left
    /// out.
    pub dropout: f32,
    /// Gradients longer than this, all weights together, are shortened to it.
    pub clip_norm: f64,
    /// Half-width l of the interval `[-l, l]` that pre-activations, and the states of the cells of an
    /// LSTM, shall stay inside.
    pub interval: f64,
    /// Price of values that leave the interval: factor on the mean over the samples of the
    /// sum over steps and units of `max(0, |x| / l - 0.9)^2`.
    pub range_penalty: f64,
    /// Polynomials on the interval that are put in the place of the functions first, and trained
    /// with.
    pub polynomials: Option<StepPolynomials>,
}

impl RecurrentStage {
    /// How it goes.
    pub(super) fn pace(&self) -> Pace {
        Pace {
            name: self.name.clone(),
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            smoothing: self.smoothing,
            clip_norm: Some(self.clip_norm),
        }
    }
}

/// How a recurrent model is made.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentRecipe {
    /// Name of the model.
    pub name: String,
    /// Dataset it is meant for.
    pub dataset: String,
    /// Units of each of the layers, 1 or 2.
    pub hidden: Vec<usize>,
    /// What all layers are made of.
    pub cell: CellKind,
    /// Channels of a token, where samples are text.
    pub embedding: Option<usize>,
    /// Values are divided by this; where left out, each channel is brought to mean 0 and standard
    /// standard deviation 1 over the steps of the training part.
    pub divide: Option<f32>,
    /// The network to start from; fresh weights when left out.
    pub start: Option<RecurrentModel>,
    /// Training samples to hold out; 0 where all are needed.
    pub validation: usize,
    pub stages: Vec<RecurrentStage>,
}
