//! What can be chosen of an encrypted training.

use functional::group::MAX_WEIGHT;
use serde::{Deserialize, Serialize};

/// How weights follow gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimiserKind {
    /// Stochastic gradient descent with momentum 0.9.
    Sgd,
    /// Adam (Kingma and Ba 2015, arXiv 1412.6980).
    #[default]
    Adam,
}

/// The settings of an encrypted training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingRequest {
    pub epochs: usize,
    /// Samples of a mini-batch.
    pub batch: usize,
    pub optimiser: OptimiserKind,
    /// Learning rate; it falls to zero along a cosine.
    pub learning_rate: f64,
    /// Decimal places of inputs in fixed point.
    pub input_decimals: u32,
    /// Decimal places of the weights of the first layer.
    pub weight_decimals: u32,
    /// Decimal places of outputs and labels.
    pub output_decimals: u32,
    /// Largest integer of a row of the backward pass; each tensor is scaled to it.
    pub delta_levels: i32,
    /// Training samples to use, from the first on; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Units of a dense first layer, or filters of a convolution; those of the model when left out. Each
    /// asks for one row in every step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<usize>,
    /// Standard deviation of the noise that clients add to each normalised input, once, before they
    /// encrypt it.
    pub noise: f64,
    /// What the authority allows: the largest weight in a row that keys are asked for ...
    pub max_weight: i32,
    /// ... and how many distinct rows of each kind keys are given for on any one mini-batch; any number
    /// when left out. The training ends when they are used up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<usize>,
}

impl Default for TrainingRequest {
    fn default() -> Self {
        Self {
            epochs: 20,
            batch: 60,
            optimiser: OptimiserKind::Adam,
            learning_rate: 3e-3,
            input_decimals: 2,
            weight_decimals: 2,
            output_decimals: 2,
            delta_levels: 100,
            samples: None,
            units: None,
            noise: 0.0,
            max_weight: 2000,
            max_rows: None,
        }
    }
}

/// Largest mini-batch.
const MAX_BATCH: usize = 4096;

/// Most epochs.
const MAX_EPOCHS: usize = 1000;

/// Most decimal places.
const MAX_DECIMALS: u32 = 4;

/// Most units of a first layer, standard deviation of noise, and rows of a limit.
const MAX_UNITS: usize = 4096;
const MAX_NOISE: f64 = 10.0;
const MAX_ROWS: usize = 1 << 30;

/// Most levels of a row of the backward pass.
const MAX_LEVELS: i32 = 100_000;

impl TrainingRequest {
    /// Whether every setting is in its range; otherwise what, and the range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), String> {
        let decimals =
            [self.input_decimals, self.weight_decimals, self.output_decimals].into_iter().max();
        let ranges = [
            ("training.epochs", self.epochs as f64, 1.0, MAX_EPOCHS as f64),
            ("training.batch", self.batch as f64, 1.0, MAX_BATCH as f64),
            ("training.learning_rate", self.learning_rate, 1e-9, 10.0),
            ("training.*_decimals", f64::from(decimals.unwrap_or(0)), 0.0, f64::from(MAX_DECIMALS)),
            ("training.delta_levels", f64::from(self.delta_levels), 1.0, f64::from(MAX_LEVELS)),
            ("training.max_weight", f64::from(self.max_weight), 1.0, f64::from(MAX_WEIGHT)),
            ("training.units", self.units.unwrap_or(1) as f64, 1.0, MAX_UNITS as f64),
            ("training.noise", self.noise, 0.0, MAX_NOISE),
            ("training.max_rows", self.max_rows.unwrap_or(1) as f64, 1.0, MAX_ROWS as f64),
        ];
        for (what, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return Err(format!("{what} is {value}; {low} to {high} are possible"));
            }
        }
        if self.samples == Some(0) {
            return Err("training.samples is 0; at least 1 is needed".into());
        }
        Ok(())
    }

    /// Epochs that the authority's limit leaves of those asked for, where a step takes `rows` rows of a
    /// kind on a mini-batch.
    pub fn epochs_allowed(&self, rows: usize) -> usize {
        self.max_rows.map_or(self.epochs, |most| self.epochs.min(most / rows.max(1)))
    }

    pub fn input_scale(&self) -> f64 {
        10_f64.powi(self.input_decimals as i32)
    }

    pub fn weight_scale(&self) -> f64 {
        10_f64.powi(self.weight_decimals as i32)
    }

    pub fn output_scale(&self) -> f64 {
        10_f64.powi(self.output_decimals as i32)
    }
}
