//! What a person chooses of a recurrent training.

use super::recipe::{RecurrentRecipe, RecurrentStage, StepPolynomials};
use crate::recurrent::{CellKind, RecurrentModel};
use crate::train::TrainError;
use activation::Method;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Limits of choices.
const HIDDEN: RangeInclusive<usize> = 1..=256;
const LAYERS: RangeInclusive<usize> = 1..=2;
const EPOCHS: RangeInclusive<usize> = 1..=1000;
const BATCH: RangeInclusive<usize> = 1..=4096;
const DEGREES: RangeInclusive<usize> = 1..=63;
const RATE: RangeInclusive<f64> = 1e-6..=0.5;
const PENALTY: RangeInclusive<f64> = 0.0..=1e6;
const CLIP: RangeInclusive<f64> = 1e-3..=1e6;
const INTERVAL: RangeInclusive<f64> = 0.1..=100.0;
const NOISE: RangeInclusive<f32> = 0.0..=1.0;

/// Share of the epochs that follow with polynomials inside, and how much slower they learn.
const POLYNOMIAL_SHARE: usize = 3;
const POLYNOMIAL_RATE: f64 = 1.0 / 3.0;
const POLYNOMIAL_PENALTY: f64 = 4.0;

/// Choices for a recurrent training from fresh weights: first with the exact functions, then,
/// where they are asked for, with polynomials inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecurrentOptions {
    pub cell: CellKind,
    /// Units of each layer, and layers.
    pub hidden: usize,
    pub layers: usize,
    pub epochs: usize,
    /// Samples of a mini-batch.
    pub batch: usize,
    /// Learning rate at the start; it falls to zero along a cosine.
    pub learning_rate: f64,
    /// Price of pre-activations that leave the interval `[-interval, interval]`.
    pub range_penalty: f64,
    pub interval: f64,
    /// Gradients longer than this, all weights together, are shortened to it.
    pub clip_norm: f64,
    /// Standard deviation of the noise added to every state.
    pub state_noise: f32,
    /// Whether polynomials of this method and degree take the place of the functions in the end.
    pub polynomials: bool,
    pub method: Method,
    pub degree: usize,
}

impl Default for RecurrentOptions {
    fn default() -> Self {
        Self {
            cell: CellKind::Elman,
            hidden: 16,
            layers: 1,
            epochs: 30,
            batch: 32,
            learning_rate: 4e-3,
            range_penalty: 1.0,
            interval: 2.5,
            clip_norm: 1.0,
            state_noise: 0.05,
            polynomials: true,
            method: Method::LeastSquares,
            degree: 3,
        }
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    given: T,
    allowed: RangeInclusive<T>,
) -> Result<(), TrainError> {
    if allowed.contains(&given) {
        return Ok(());
    }
    let allowed = format!("{} to {}", allowed.start(), allowed.end());
    Err(TrainError::Choice { field, given: given.to_string(), allowed })
}

impl RecurrentOptions {
    /// The choices that a recipe made.
    pub fn of(recipe: &RecurrentRecipe) -> Self {
        let usual = Self::default();
        let Some(stage) = recipe.stages.first() else { return usual };
        let polynomials = stage.polynomials;
        Self {
            cell: recipe.cell,
            hidden: recipe.hidden,
            layers: recipe.layers,
            epochs: stage.epochs,
            batch: stage.batch,
            learning_rate: stage.learning_rate,
            range_penalty: stage.range_penalty,
            interval: stage.interval,
            clip_norm: stage.clip_norm,
            state_noise: stage.state_noise,
            polynomials: polynomials.is_some(),
            method: polynomials.map_or(usual.method, |p| p.method),
            degree: polynomials.map_or(usual.degree, |p| p.degree),
        }
    }

    /// What is usual for the data of a model: the choices of the recipe that made it or that it was
    /// trained from, with polynomials at the end.
    pub fn for_model(model: &RecurrentModel) -> Self {
        let name = model.provenance().original.as_deref().unwrap_or(model.name());
        let recipe = RecurrentRecipe::built_in(name);
        recipe.map_or_else(Self::default, |r| Self { polynomials: true, ..Self::of(&r) })
    }

    /// With one of them changed, as in `cell=gru` or `hidden=24`.
    ///
    /// # Errors
    /// When there is no such choice, or the value means nothing.
    pub fn with_setting(&self, setting: &str) -> Result<Self, String> {
        let (key, text) = setting.split_once('=').ok_or("write KEY=VALUE")?;
        let mut json = serde_json::to_value(self).map_err(|e| e.to_string())?;
        let fields = json.as_object_mut().ok_or("no fields")?;
        if !fields.contains_key(key) {
            let known: Vec<&str> = fields.keys().map(String::as_str).collect();
            return Err(format!("no choice {key}: {} are possible", known.join(", ")));
        }
        let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
        fields.insert(key.to_owned(), value);
        serde_json::from_value(json).map_err(|e| file::reason(key, &e.to_string()))
    }

    /// The choices that differ from those of `usual`, as [`RecurrentOptions::with_setting`] takes them.
    pub fn changes(&self, usual: &Self) -> Vec<String> {
        let fields = |options: &Self| match serde_json::to_value(options) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let usual = fields(usual);
        let changed = fields(self).into_iter().filter(|(key, value)| usual.get(key) != Some(value));
        let text = |(key, value): (String, serde_json::Value)| match value {
            serde_json::Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        };
        changed.map(text).collect()
    }

    /// The recipe of these choices, everything else as in `like`.
    ///
    /// # Errors
    /// When a choice is out of its range.
    pub fn recipe(
        &self,
        name: &str,
        like: &RecurrentRecipe,
    ) -> Result<RecurrentRecipe, TrainError> {
        within("hidden", self.hidden, HIDDEN)?;
        within("layers", self.layers, LAYERS)?;
        within("epochs", self.epochs, EPOCHS)?;
        within("batch", self.batch, BATCH)?;
        within("degree", self.degree, DEGREES)?;
        within("learning_rate", self.learning_rate, RATE)?;
        within("range_penalty", self.range_penalty, PENALTY)?;
        within("clip_norm", self.clip_norm, CLIP)?;
        within("interval", self.interval, INTERVAL)?;
        within("state_noise", self.state_noise, NOISE)?;
        let exact = RecurrentStage {
            name: "exact".into(),
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            range_penalty: self.range_penalty,
            interval: self.interval,
            clip_norm: self.clip_norm,
            state_noise: self.state_noise,
            polynomials: None,
            ..like.stages.first().cloned().unwrap_or_default()
        };
        let polynomial = self.polynomials.then(|| RecurrentStage {
            name: "polynomial".into(),
            epochs: self.epochs.div_ceil(POLYNOMIAL_SHARE),
            learning_rate: self.learning_rate * POLYNOMIAL_RATE,
            range_penalty: self.range_penalty * POLYNOMIAL_PENALTY,
            polynomials: Some(StepPolynomials { method: self.method, degree: self.degree }),
            ..exact.clone()
        });
        Ok(RecurrentRecipe {
            name: name.to_owned(),
            hidden: self.hidden,
            layers: self.layers,
            cell: self.cell,
            start: None,
            stages: std::iter::once(exact).chain(polynomial).collect(),
            ..like.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_change_choices_and_wrong_ones_are_named() {
        let usual = RecurrentOptions::default();
        let gru = usual.with_setting("cell=gru").and_then(|o| o.with_setting("hidden=24"));
        assert_eq!(gru.map(|o| (o.cell, o.hidden)), Ok((CellKind::Gru, 24)));
        let both = usual.with_setting("cell=gru").and_then(|o| o.with_setting("hidden=24"));
        let changes = both.map(|o| o.changes(&usual));
        assert_eq!(changes, Ok(vec!["cell=gru".to_owned(), "hidden=24".to_owned()]));
        assert!(usual.with_setting("colour=red").unwrap_err().contains("cell"));
        assert!(usual.with_setting("hidden=many").is_err());
    }

    #[test]
    fn a_recipe_has_the_stages_that_were_chosen() {
        let like = RecurrentRecipe::built_in("cryptornn-tanh").expect("there is one");
        let options = RecurrentOptions { epochs: 9, ..RecurrentOptions::of(&like) };
        assert_eq!(options.recipe("mine", &like).map(|r| r.stages.len()).ok(), Some(1));
        let options = RecurrentOptions { polynomials: true, layers: 2, ..options };
        let recipe = options.recipe("mine", &like).expect("in range");
        assert_eq!((recipe.layers, recipe.stages[1].epochs), (2, 3));
        let error = RecurrentOptions { layers: 3, ..options }.recipe("mine", &like).unwrap_err();
        assert_eq!(error.to_string(), "layers is 3; 1 to 2 are possible");
    }
}
