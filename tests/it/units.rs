//! The unit of a measurement is no property of the thing measured: data in other units are trained
//! alike.

use cryptoscope::data::{Dataset, Split, open};
use cryptoscope::network::train::{Recipe, train};
use cryptoscope::progress::Watch;

/// A billionth, or nearly: a power of two, so that no value is rounded.
const UNIT: f32 = 1.0 / (1 << 30) as f32;

/// The same samples in another unit.
fn in_unit(dataset: &Dataset, unit: f32) -> Dataset {
    let split = |part: &Split| Split {
        inputs: part.inputs.iter().map(|x| x * unit).collect(),
        ..part.clone()
    };
    Dataset::new(
        dataset.name(),
        "in another unit",
        dataset.shape(),
        dataset.classes().to_vec(),
        dataset.features().to_vec(),
        split(dataset.train()),
        split(dataset.test()),
    )
    .expect("as before")
}

#[test]
fn a_table_in_billionths_is_trained_as_the_table() {
    let dataset = open("breast_cancer", None).expect("built in");
    let mut recipe = Recipe::built_in("hospital").expect("built in");
    recipe.stages.iter_mut().for_each(|stage| stage.epochs = stage.epochs.min(8));
    let of = |dataset: &Dataset| train(&recipe, dataset, 1, &Watch::silent()).expect("trains");
    let (large, small) = (of(&dataset), of(&in_unit(&dataset, UNIT)));
    assert_eq!(small.network.layers(), large.network.layers(), "the weights are the same");
    let accuracy = large.network.provenance().test_accuracy.expect("measured");
    assert_eq!(small.network.provenance().test_accuracy, Some(accuracy));
    assert!(accuracy > 0.9, "{accuracy}");
}
