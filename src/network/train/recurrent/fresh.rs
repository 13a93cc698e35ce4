//! Recurrent models with fresh weights, which training starts from, and with the polynomials of a stage.

use super::super::mix::mix;
use super::super::scaling;
use super::recipe::{RecurrentRecipe, RecurrentStage};
use crate::card::on_one_line;
use crate::provenance::MAX_NAME_BYTES;
use crate::recurrent::{Embedding, GateName, Head, RecurrentLayer, RecurrentModel, RecurrentParts};
use crate::train::TrainError;
use crate::{LayerApproximationError, ModelCard, Normalisation, Provenance};
use activation::{Activation, Approximation};
use data::{Dataset, Shape, Split};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Gain of fresh weights.
const GAIN: f32 = 1.0;
/// Half-width of fresh vectors of tokens.
const FRESH_EMBEDDING: f32 = 0.1;

impl RecurrentRecipe {
    /// The model with fresh weights, and with the functions that it will have in the end.
    ///
    /// # Errors
    /// When the dataset does not fit the recipe.
    pub fn fresh(&self, dataset: &Dataset, seed: u64) -> Result<RecurrentModel, TrainError> {
        let model = start(self, dataset, seed)?;
        self.stages.last().map_or(Ok(model.clone()), |stage| with_polynomials(&model, stage))
    }
}

/// Steps of a sample.
pub(super) fn steps_of(recipe: &RecurrentRecipe, dataset: &Dataset) -> Result<usize, TrainError> {
    match dataset.shape() {
        Shape::Sequence { steps, .. } => Ok(steps),
        found => Err(TrainError::Mismatch {
            recipe: recipe.name.clone(),
            wanted: Shape::Sequence { steps: found.len(), channels: 1 },
            classes: dataset.classes().len(),
            dataset: dataset.name().to_owned(),
            found,
            found_classes: dataset.classes().len(),
        }),
    }
}

fn kind(words: bool) -> &'static str {
    if words { "words" } else { "numbers" }
}

/// The recipe's model with fresh weights, or the one it starts from.
pub(super) fn start(
    recipe: &RecurrentRecipe,
    dataset: &Dataset,
    seed: u64,
) -> Result<RecurrentModel, TrainError> {
    dataset.needs_classes("training")?;
    let steps = steps_of(recipe, dataset)?;
    let channels = dataset.shape().len() / steps.max(1);
    let classes = dataset.classes().len();
    let embeds = match &recipe.start {
        Some(model) => model.embedding().is_some(),
        None => recipe.embedding.is_some(),
    };
    if embeds == dataset.vocabulary().is_empty() {
        let (recipe, dataset) = (recipe.name.clone(), dataset.name().to_owned());
        return Err(TrainError::Words { recipe, dataset, takes: kind(embeds), has: kind(!embeds) });
    }
    if dataset.train().is_empty() {
        return Err(TrainError::NoSamples { dataset: dataset.name().to_owned() });
    }
    if let Some(model) = &recipe.start {
        if model.channels() != channels || model.classes() != classes {
            return Err(TrainError::Mismatch {
                recipe: recipe.name.clone(),
                wanted: Shape::Sequence { steps, channels: model.channels() },
                classes: model.classes(),
                dataset: dataset.name().to_owned(),
                found: dataset.shape(),
                found_classes: classes,
            });
        }
        let name = on_one_line(&recipe.name, MAX_NAME_BYTES);
        return Ok(RecurrentModel::new(RecurrentParts { name, ..model.parts().clone() })?);
    }
    let mut rng = StdRng::seed_from_u64(mix(seed, 0));
    let embedding = recipe.embedding.map(|width| Embedding {
        width,
        table: (0..width * dataset.vocabulary().len().max(1))
            .map(|_| rng.random_range(-FRESH_EMBEDDING..=FRESH_EMBEDDING))
            .collect(),
    });
    let normalisation = match (&embedding, recipe.divide) {
        (Some(_), _) => Normalisation { offset: vec![0.0], scale: vec![1.0] },
        (None, Some(scale)) => Normalisation { offset: vec![0.0], scale: vec![scale] },
        (None, None) => standardise(dataset.train(), steps, channels),
    };
    let mut width = recipe.embedding.unwrap_or(channels);
    let mut layers = Vec::new();
    for hidden in &recipe.hidden {
        layers.push(RecurrentLayer::random(width, *hidden, recipe.cell, GAIN, &mut rng));
        width = *hidden;
    }
    Ok(RecurrentModel::new(RecurrentParts {
        name: on_one_line(&recipe.name, MAX_NAME_BYTES),
        channels,
        embedding,
        normalisation,
        layers,
        head: Head::random(width, classes, &mut rng),
        provenance: Provenance::default(),
        card: ModelCard::of(dataset),
    })?)
}

/// Mean and standard deviation of each channel over all steps that count.
fn standardise(split: &Split, steps: usize, channels: usize) -> Normalisation {
    let per_sample = steps * channels;
    let begins = |sample: usize| {
        split.lengths.get(sample).map_or(0, |l| steps.saturating_sub(usize::from(*l)))
    };
    let rows = || {
        split
            .inputs
            .chunks(per_sample.max(1))
            .enumerate()
            .flat_map(move |(i, s)| s.chunks(channels.max(1)).skip(begins(i)))
    };
    scaling::standardise(rows, channels)
}

/// The model with the polynomials of a stage in the place of its functions.
pub(super) fn with_polynomials(
    model: &RecurrentModel,
    stage: &RecurrentStage,
) -> Result<RecurrentModel, TrainError> {
    let Some(choice) = stage.polynomials else { return Ok(model.clone()) };
    let interval = (-stage.interval, stage.interval);
    let functions = model.layers().iter().flat_map(RecurrentLayer::functions);
    let fit = |(name, function): (GateName, &Activation)| {
        if function.is_polynomial() {
            return Ok(None);
        }
        let request = Approximation::new(function.clone(), choice.method, choice.degree, interval);
        let fitted = request
            .fit(None)
            .map_err(|source| LayerApproximationError { layer: name.id().to_owned(), source })?;
        // In the Chebyshev basis the interval stays known to whoever opens the model.
        Ok::<_, TrainError>(fitted.chebyshev().map(Activation::Chebyshev))
    };
    let activations: Vec<_> = functions.map(fit).collect::<Result<_, _>>()?;
    Ok(model.with_activations(&activations)?)
}
