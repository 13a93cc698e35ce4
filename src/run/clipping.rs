//! Samples with values that were cut off, and what they are answered without that.

use crate::network::Clipped;
use std::collections::BTreeMap;

/// What was cut off in the reference network of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Clipping {
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

/// Share of the inputs of calibration samples that training may have cut off: outliers. Where it is
/// more, the data are others than those that the model was trained on.
const OUTLIERS: f64 = 0.05;

/// How far inputs may lie outside of their range before a sample counts as unlike what the network was
/// trained on, given what is cut off of calibration samples: as far as those where it was trained with
/// that range, else not at all.
pub(super) fn trained_reach(calibration: &Clipped, is_trained: bool) -> f64 {
    let few = calibration.values as f64 <= OUTLIERS * calibration.of as f64;
    if is_trained && few { calibration.factor.max(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_of_the_training_are_part_of_it_and_other_data_are_not() {
        let clipped = |values| Clipped { values, of: 100, factor: 3.0, ..Clipped::default() };
        assert_eq!(trained_reach(&clipped(4), true), 3.0);
        assert_eq!(trained_reach(&clipped(4), false), 1.0);
        assert_eq!(trained_reach(&clipped(60), true), 1.0);
        assert_eq!(trained_reach(&Clipped { factor: 0.5, ..clipped(0) }, true), 1.0);
    }
}
