//! Samples with values that were cut off, and what they are answered without that.

use data::{Dataset, Sketch};
use network::{Clipped, Network};
use std::collections::BTreeMap;

/// What was cut off in the reference network of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clipping {
    pub inputs: Clipped,
    /// Whether no input was cut off that training would not have cut off too.
    pub inputs_trained: bool,
    /// Sums outside the range of their lookup table, layer by layer.
    pub sums: Vec<Clipped>,
    /// Whether that range was part of the training: the model knows no other.
    pub sums_trained: bool,
    /// Of each sample with something cut off that training did not know: the class without that;
    /// `None` where the network gives no number then.
    pub unclipped: BTreeMap<usize, Option<usize>>,
}

/// How far inputs may lie outside of their range before a sample counts as unlike what the network was
/// trained on: as far as those of its training, which the model remembers, where it was trained with that
/// range, else not at all. What the data at hand hold says nothing of that. `factor` is that of a raw
/// value at a position.
pub fn trained_reach(
    network: &Network,
    dataset: &Dataset,
    is_trained: bool,
    factor: impl Fn(usize, f32) -> f64,
) -> f64 {
    if !is_trained {
        return 1.0;
    }
    let card = network.card();
    let own = || {
        // A model that remembers no values may still know its data.
        let data = card.dataset.as_ref()?;
        (data.digest == dataset.digest()).then(|| Sketch::of(dataset))
    };
    let inputs = network.input().len();
    card.sketch.clone().or_else(own).map_or(1.0, |s| s.reach(inputs, factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_of_the_training_are_part_of_it_whatever_the_data_at_hand_hold() {
        let hospital = network::open("hospital").unwrap();
        let dataset = data::open("breast_cancer", None).unwrap();
        // A grid that ends at 3000: the largest area of the training is larger, as all others are not.
        let factor = |_: usize, x: f32| f64::from(x) / 3000.0;
        let largest = dataset.train().inputs.iter().fold(0.0, |m: f32, x| m.max(*x));
        let expected = f64::from(largest) / 3000.0;
        assert!(expected > 1.0);
        assert_eq!(trained_reach(&hospital, &dataset, true, factor), expected);
        assert_eq!(trained_reach(&hospital, &dataset, false, factor), 1.0);
        // Other data at hand change nothing.
        let wide = dataset.with_columns(&(0..30).rev().map(Ok).collect::<Vec<_>>());
        assert_eq!(trained_reach(&hospital, &wide, true, factor), expected);
    }
}
