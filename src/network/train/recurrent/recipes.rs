//! The recipes of the recurrent models that come with the program.

use super::recipe::{RecurrentRecipe, RecurrentStage, StepPolynomials};
use crate::recurrent::{self, CellKind, RecurrentModel};
use activation::Method;

/// Half-width of the interval that pre-activations are kept in.
const INTERVAL: f64 = 2.5;

/// Deviation of the noise that states bear.
const STATE_NOISE: f32 = 0.05;

impl Default for RecurrentStage {
    fn default() -> Self {
        stage("exact", 30, 32, 4e-3)
    }
}

impl RecurrentRecipe {
    /// Names of the recipes that come with the program; those that end in `-tanh` have the exact
    /// function, the others start from them and are trained with polynomials.
    pub const NAMES: [&'static str; 16] = [
        "cryptornn",
        "cryptornn-tanh",
        "cryptornn-gru",
        "cryptornn-gru-tanh",
        "cryptornn-lstm",
        "cryptornn-lstm-tanh",
        "cryptornn-power",
        "cryptornn-power-tanh",
        "cryptornn-ecg",
        "cryptornn-ecg-tanh",
        "cryptornn-vowels",
        "cryptornn-vowels-tanh",
        "cryptornn-sentiment",
        "cryptornn-sentiment-tanh",
        "cryptornn-mnist-rows",
        "cryptornn-mnist-rows-tanh",
    ];

    /// The recipe that `model` was made by or trained from, or else a usual one, for `dataset`.
    pub fn like(model: &RecurrentModel, dataset: &str) -> Self {
        let name = model.provenance().original.as_deref().unwrap_or(model.name());
        let known = Self::built_in(name).filter(|r| r.dataset == dataset);
        known.unwrap_or_else(|| {
            let embedding = model.embedding().map(|e| e.width);
            Self { embedding, ..recipe("model", dataset, 16, RecurrentStage::default()) }
        })
    }

    /// The recipe of that name, if there is one and the model it starts from is there.
    pub fn built_in(name: &str) -> Option<Self> {
        match name.strip_suffix("-tanh") {
            Some(base) => exact(base),
            None => polynomial(name),
        }
    }
}

pub(super) fn stage(name: &str, epochs: usize, batch: usize, learning_rate: f64) -> RecurrentStage {
    RecurrentStage {
        name: name.to_owned(),
        epochs,
        batch,
        learning_rate,
        weight_decay: 0.01,
        smoothing: 0.05,
        noise: 0.0,
        state_noise: STATE_NOISE,
        dropout: 0.0,
        clip_norm: 1.0,
        interval: INTERVAL,
        range_penalty: 1.0,
        polynomials: None,
    }
}

pub(super) fn recipe(
    name: &str,
    dataset: &str,
    hidden: usize,
    stage: RecurrentStage,
) -> RecurrentRecipe {
    RecurrentRecipe {
        name: format!("{name}-tanh"),
        dataset: dataset.to_owned(),
        hidden: vec![hidden],
        cell: CellKind::Elman,
        embedding: None,
        divide: None,
        start: None,
        validation: 0,
        stages: vec![stage],
    }
}

/// A stage without noise on states.
fn quiet(stage: RecurrentStage) -> RecurrentStage {
    RecurrentStage { state_noise: 0.0, ..stage }
}

/// The recipe with the exact function.
pub(super) fn exact(name: &str) -> Option<RecurrentRecipe> {
    let recipe = |dataset, hidden, stage| recipe(name, dataset, hidden, stage);
    Some(match name {
        "cryptornn" => recipe("waves", 16, stage("tanh", 40, 32, 5e-3)),
        "cryptornn-gru" => RecurrentRecipe {
            cell: CellKind::Gru,
            ..recipe("waves", 12, stage("tanh", 40, 32, 5e-3))
        },
        "cryptornn-lstm" => RecurrentRecipe {
            cell: CellKind::Lstm,
            ..recipe("waves", 12, stage("tanh", 40, 32, 5e-3))
        },
        "cryptornn-power" => recipe(
            "ItalyPowerDemand",
            16,
            RecurrentStage { noise: 0.1, weight_decay: 0.1, ..stage("tanh", 60, 16, 3e-3) },
        ),
        "cryptornn-ecg" => recipe(
            "ECG200?frame=4",
            16,
            RecurrentStage { noise: 0.1, weight_decay: 0.1, ..quiet(stage("tanh", 100, 16, 3e-3)) },
        ),
        "cryptornn-vowels" => recipe(
            "JapaneseVowels",
            32,
            RecurrentStage { noise: 0.3, weight_decay: 0.1, ..stage("tanh", 120, 32, 4e-3) },
        ),
        "cryptornn-sentiment" => RecurrentRecipe {
            embedding: Some(16),
            ..recipe(
                "sentiment",
                32,
                RecurrentStage {
                    dropout: 0.5,
                    weight_decay: 0.3,
                    ..quiet(stage("tanh", 16, 32, 3e-3))
                },
            )
        },
        "cryptornn-mnist-rows" => RecurrentRecipe {
            divide: Some(255.0),
            validation: 5000,
            ..recipe("mnist-rows", 64, quiet(stage("tanh", 12, 128, 3e-3)))
        },
        _ => return None,
    })
}

/// Degree of the polynomials that models are trained with.
const DEGREE: usize = 3;

/// The recipe that goes on from the exact one with polynomials.
pub(super) fn polynomial(name: &str) -> Option<RecurrentRecipe> {
    let from = exact(name)?;
    let start = recurrent::open(&from.name).ok()?;
    Some(from.with_polynomials(name, start))
}

impl RecurrentRecipe {
    /// The recipe that trains `start`, a model of this recipe, on with polynomials.
    fn with_polynomials(self, name: &str, start: RecurrentModel) -> Self {
        let stages = self.stages.into_iter().map(|stage| RecurrentStage {
            name: "polynomial".into(),
            epochs: stage.epochs.div_ceil(3),
            learning_rate: stage.learning_rate / 3.0,
            polynomials: Some(StepPolynomials { method: Method::LeastSquares, degree: DEGREE }),
            range_penalty: 4.0 * stage.range_penalty,
            ..stage
        });
        let stages = stages.collect();
        Self { name: name.to_owned(), start: Some(start), stages, ..self }
    }
}
