//! Training a network on with polynomials in the place of its activations.

use super::augment::Augment;
use super::recipe::{Recipe, Scaling, Stage};
use super::recipes::DISTORTED;
use crate::{Approximations, Network};
use data::{Dataset, Shape};

/// Training samples from which on mini-batches are large.
const MANY_SAMPLES: usize = 5000;
/// Side of an image from which on it is distorted: smaller ones lose what they show.
const DISTORTED_FROM: usize = 20;

/// How a network is trained with polynomials in the place of its activations.
#[derive(Clone, Debug, PartialEq)]
pub struct FineTuning {
    pub approximations: Approximations,
    pub epochs: usize,
    pub learning_rate: f64,
    /// See [`Stage::range_penalty`].
    pub range_penalty: f64,
    /// With fresh weights in the place of those of the network.
    pub from_scratch: bool,
}

impl Recipe {
    /// A recipe that trains `network` with polynomials, and with means in the place of max pools.
    pub fn fine_tune(network: &Network, dataset: &Dataset, tuning: &FineTuning) -> Self {
        let network = &network.with_mean_pools().unwrap_or_else(|_| network.clone());
        let many = dataset.train().len() >= MANY_SAMPLES;
        let large = |shape| matches!(shape, Shape::Image { height, width, .. } if height.min(width) >= DISTORTED_FROM);
        let stage = Stage {
            name: "polynomial".into(),
            epochs: tuning.epochs,
            batch: if many { 128 } else { 32 },
            learning_rate: tuning.learning_rate,
            weight_decay: 0.05,
            smoothing: 0.05,
            augment: if large(dataset.shape()) { DISTORTED } else { Augment::NONE },
            simplify: false,
            approximations: Some(tuning.approximations.clone()),
            range_penalty: tuning.range_penalty,
            grid: None,
        };
        Self {
            name: format!("{}-polynomial", network.name()),
            dataset: dataset.name().to_owned(),
            input: network.input(),
            layers: network.layers().to_vec(),
            scaling: Scaling::Given(network.normalisation().clone()),
            start: (!tuning.from_scratch).then(|| network.clone()),
            validation: 0,
            stages: vec![stage],
        }
    }
}
