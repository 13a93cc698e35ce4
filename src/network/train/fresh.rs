//! Networks with fresh weights, which training starts from.

use super::error::TrainError;
use super::mix::mix;
use super::recipe::Recipe;
use crate::{Layer, ModelCard, Network, Normalisation, Op, Provenance};
use data::Dataset;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

impl Recipe {
    /// The network training starts from: with fresh weights, unless the recipe names one.
    ///
    /// # Errors
    /// When the dataset does not fit the recipe.
    pub fn fresh(&self, dataset: &Dataset, seed: u64) -> Result<Network, TrainError> {
        start(self, dataset, seed)
    }
}

/// The recipe's network with fresh weights.
pub(super) fn start(recipe: &Recipe, dataset: &Dataset, seed: u64) -> Result<Network, TrainError> {
    if let Some(network) = &recipe.start {
        fits(recipe, network, dataset)?;
        return Ok(network.with_name(&recipe.name)?);
    }
    dataset.needs_classes("training")?;
    let mut rng = StdRng::seed_from_u64(mix(seed, 0));
    let layers = recipe.layers.iter().map(|layer| initialise(layer, &mut rng)).collect();
    if dataset.train().is_empty() {
        return Err(TrainError::NoSamples { dataset: dataset.name().to_owned() });
    }
    // The normalisation is read from the data only once their shape is known to fit.
    let plain = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    let build = |normalisation, layers| {
        Network::new(
            recipe.name.as_str(),
            recipe.input,
            normalisation,
            layers,
            None,
            Provenance::default(),
        )
    };
    let network = build(plain, layers)?;
    fits(recipe, &network, dataset)?;
    let network = build(recipe.normalisation(dataset), network.layers().to_vec())?;
    Ok(network.with_card(ModelCard::of(dataset))?)
}

/// Holds the network against the samples and classes of the dataset.
fn fits(recipe: &Recipe, network: &Network, dataset: &Dataset) -> Result<(), TrainError> {
    if dataset.train().is_empty() {
        return Err(TrainError::NoSamples { dataset: dataset.name().to_owned() });
    }
    if network.input() != dataset.shape() || network.classes() != dataset.classes().len() {
        return Err(TrainError::Mismatch {
            recipe: recipe.name.clone(),
            wanted: network.input(),
            classes: network.classes(),
            dataset: dataset.name().to_owned(),
            found: dataset.shape(),
            found_classes: dataset.classes().len(),
        });
    }
    Ok(())
}

/// Weights of mean 0 and variance `1 / inputs`, biases zero, batch normalisation that does nothing.
fn initialise(layer: &Layer, rng: &mut StdRng) -> Layer {
    let mut layer = layer.clone();
    let inputs = match &layer.op {
        Op::Dense { inputs, .. } => *inputs,
        Op::Conv2d { in_channels, kernel, .. } => in_channels * kernel.0 * kernel.1,
        Op::BatchNorm { .. } => {
            if let Op::BatchNorm { gamma, beta, mean, variance, .. } = &mut layer.op {
                gamma.fill(1.0);
                beta.fill(0.0);
                mean.fill(0.0);
                variance.fill(1.0);
            }
            return layer;
        }
        _ => return layer,
    };
    // Uniform on [-a, a] has variance a^2 / 3.
    let a = (3.0 / inputs.max(1) as f32).sqrt();
    if let Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. } = &mut layer.op {
        weight.iter_mut().for_each(|w| *w = rng.random_range(-a..=a));
        bias.fill(0.0);
    }
    layer
}
