//! What a trained network does on exact integers.

use super::error::TrainError;
use super::integers::Integers;
use crate::table::TableNetwork;
use crate::{Network, accuracy};
use data::{Dataset, Split};
use progress::{Cancelled, Watch};

/// What the network does on exact integers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerCheck {
    /// Accuracy on the test split.
    pub accuracy: f64,
    /// Largest magnitude after each layer that is no flattening, over training and test samples.
    pub largest: Vec<f64>,
}

/// What a network trained with lookup tables does on exact integers, over the test split.
#[derive(Clone, Debug, PartialEq)]
pub struct TableCheck {
    /// Accuracy without noise.
    pub accuracy: f64,
    /// Standard deviation of the noise it was trained with, as a share of the ranges.
    pub noise: f64,
    /// Accuracy with that noise.
    pub noisy_accuracy: f64,
    /// Share of the samples whose answer with that noise is the one without.
    pub agreement: f64,
}

/// What a network trained with tables does on integers, with noise and without.
pub(super) fn check_tables(
    network: &Network,
    noise: f64,
    split: &Split,
    seed: u64,
    watch: &Watch,
) -> Result<Option<TableCheck>, TrainError> {
    let Some(tables) = TableNetwork::trained(network)? else { return Ok(None) };
    let exact = tables.evaluate(&split.inputs, watch)?;
    let shaken = tables.relative_noise(noise, seed);
    let noisy = tables.simulate(&split.inputs, &split.labels, &shaken, watch)?;
    Ok(Some(TableCheck {
        accuracy: exact.accuracy(tables.classes(), &split.labels),
        noise,
        noisy_accuracy: noisy.accuracy,
        agreement: noisy.agreement,
    }))
}

/// What a network trained on an integer grid does on integers.
pub(super) fn check_integers(
    network: &Network,
    dataset: &Dataset,
    watch: &Watch,
) -> Result<Option<IntegerCheck>, Cancelled> {
    let Some(integers) = network.quantisation().and_then(|q| Integers::new(network, q)) else {
        return Ok(None);
    };
    let test = integers.run(&network.normalise(&dataset.test().inputs), watch)?;
    let seen = integers.run(&network.normalise(&dataset.train().inputs), watch)?;
    let (Some(test), Some(seen)) = (test, seen) else { return Ok(None) };
    let largest = test.largest.iter().zip(&seen.largest).map(|(a, b)| a.max(*b)).collect();
    let accuracy = accuracy(&test.outputs, network.classes(), &dataset.test().labels);
    Ok(Some(IntegerCheck { accuracy, largest }))
}
