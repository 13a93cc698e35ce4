//! What a model remembers of the samples that it was trained on: enough to know some of them again, and
//! to see that others have other units.

use super::dataset::{Dataset, Shape, Split};
use crate::format;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;

/// Samples that are remembered.
const KEPT: usize = 256;
/// Most columns whose values are remembered.
const MAX_COLUMNS: usize = 4096;
/// Samples below which nothing is said of the values of columns.
const FEW: usize = 10;
/// How far the mean of a column may lie from that of the training, in deviations.
const SHIFT: f32 = 2.0;
/// By which factor the spread of a column may differ.
const SPREAD: f32 = 8.0;

/// A sketch of the training part of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sketch {
    /// The least hashes of samples, in order: all of them where there are few (bottom-k sketch, Broder
    /// 1997, "On the resemblance and containment of documents").
    pub least: Vec<u64>,
    /// The values of each column, channel or, where these are many, of all; none for words.
    pub columns: Vec<Values>,
}

/// The values of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    pub least: f32,
    pub largest: f32,
    pub mean: f32,
    pub deviation: f32,
}

/// Test samples that are known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Test samples that would be remembered, had they been among the samples of the training.
    pub looked_at: usize,
    /// Those of them that are.
    pub seen: usize,
}

impl Sketch {
    /// Of the training part of `dataset`.
    pub fn of(dataset: &Dataset) -> Self {
        let mut least = hashes(dataset, dataset.train());
        least.sort_unstable();
        least.dedup();
        least.truncate(KEPT);
        Self { least, columns: columns(dataset, dataset.train()) }
    }

    /// How many samples of the test part of `dataset` were trained on, as far as can be told.
    pub fn seen(&self, dataset: &Dataset) -> Seen {
        let known: HashSet<u64> = self.least.iter().copied().collect();
        let bound = match self.least.last() {
            Some(last) if self.least.len() >= KEPT => *last,
            _ => u64::MAX,
        };
        let all = hashes(dataset, dataset.test());
        let looked_at = || all.iter().filter(|hash| **hash <= bound);
        Seen {
            looked_at: looked_at().count(),
            seen: looked_at().filter(|hash| known.contains(hash)).count(),
        }
    }

    /// The columns of the test part of `dataset` whose values are unlike those of the training: where
    /// the first of them is, what it has there and here, and how many they are.
    pub fn unlike(&self, dataset: &Dataset) -> Option<(usize, Values, Values, usize)> {
        if dataset.test().len() < FEW {
            return None;
        }
        let here = columns(dataset, dataset.test());
        if here.len() != self.columns.len() {
            return None;
        }
        let both = self.columns.iter().zip(&here).enumerate();
        let unlike: Vec<_> = both.filter(|(_, (there, here))| there.unlike(here)).collect();
        let (at, (there, here)) = unlike.first()?;
        Some((*at, **there, **here, unlike.len()))
    }
}

impl Values {
    fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let (mut least, mut largest, mut sum, mut n) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
        for value in values.clone().map(f64::from) {
            (least, largest) = (least.min(value), largest.max(value));
            sum += value;
            n += 1.0;
        }
        if n == 0.0 {
            return Self::default();
        }
        let mean = sum / n;
        let squares: f64 = values.map(|v| (f64::from(v) - mean).powi(2)).sum();
        let deviation = (squares / n).sqrt() as f32;
        Self { least: least as f32, largest: largest as f32, mean: mean as f32, deviation }
    }

    /// Whether most values lie at one end.
    fn is_lopsided(&self) -> bool {
        let room = (self.mean - self.least).min(self.largest - self.mean);
        room < self.deviation / 2.0
    }

    /// Whether values `here` cannot be of the kind of these.
    fn unlike(&self, here: &Self) -> bool {
        // What never changed says nothing of its unit.
        if self.deviation <= 0.0 {
            return false;
        }
        let apart = here.largest < self.least || here.least > self.largest;
        let shifted = (here.mean - self.mean).abs() > SHIFT * self.deviation;
        let ratio = here.deviation / self.deviation;
        let spread = !(1.0 / SPREAD..=SPREAD).contains(&ratio);
        apart || !self.is_lopsided() && (shifted || spread)
    }
}

impl std::fmt::Display for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [mean, least, largest] =
            [self.mean, self.least, self.largest].map(|v| format::short(f64::from(v)));
        write!(f, "{mean} on average, {least} to {largest}")
    }
}

/// A hash of each sample, of its values alone.
fn hashes(dataset: &Dataset, part: &Split) -> Vec<u64> {
    let hash = |sample: &[f32]| {
        let bytes: Vec<u8> = sample.iter().flat_map(|v| (v + 0.0).to_le_bytes()).collect();
        Sha256::digest(&bytes).first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    };
    part.inputs.par_chunks(dataset.shape().len()).map(hash).collect()
}

/// The values of each column of a part.
fn columns(dataset: &Dataset, part: &Split) -> Vec<Values> {
    if !dataset.vocabulary().is_empty() {
        return Vec::new();
    }
    let len = dataset.shape().len();
    let all = &part.inputs;
    match dataset.shape() {
        Shape::Flat { len } if len <= MAX_COLUMNS => {
            let column = |at| Values::of(all.iter().skip(at).step_by(len).copied());
            (0..len).map(column).collect()
        }
        Shape::Sequence { steps, channels } if channels <= MAX_COLUMNS => {
            let begin = |sample: usize| {
                let taken = part.lengths.get(sample).map_or(steps, |l| usize::from(*l));
                steps.saturating_sub(taken) * channels
            };
            let column = |at: usize| {
                let samples = all.chunks(len).enumerate();
                Values::of(samples.flat_map(move |(sample, values)| {
                    values.iter().skip(begin(sample) + at).step_by(channels).copied()
                }))
            };
            (0..channels).map(column).collect()
        }
        _ => vec![Values::of(all.iter().copied())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str) -> Dataset {
        crate::data::open(name, None).expect("opens")
    }

    #[test]
    fn samples_of_the_training_are_known_again_in_another_split() {
        let usual = open("breast_cancer");
        let sketch = Sketch::of(&usual);
        assert_eq!(sketch.least.len(), KEPT);
        assert_eq!(sketch.seen(&usual).seen, 0);
        let other =
            Dataset { train: usual.test.clone(), test: usual.train.clone(), ..usual.clone() };
        let seen = sketch.seen(&other);
        assert_eq!((seen.seen, seen.looked_at), (KEPT, KEPT));
        // Where all are remembered, those of the test part are counted exactly.
        let few = Dataset { train: usual.test.clone(), ..usual.clone() };
        assert_eq!(Sketch::of(&few).seen(&usual).seen, usual.test.len());
    }

    #[test]
    fn other_units_are_seen_in_any_column_and_in_both_directions() {
        for name in ["breast_cancer", "digits", "iris"] {
            let usual = open(name);
            let sketch = Sketch::of(&usual);
            assert_eq!(sketch.unlike(&usual), None, "{name}");
        }
        let usual = open("breast_cancer");
        let sketch = Sketch::of(&usual);
        for column in [0, 2, 3, 7, 29] {
            for factor in [1000.0, 25.4, 10.0, 0.1, 0.01] {
                let mut scaled = usual.clone();
                scaled.test.inputs.iter_mut().skip(column).step_by(30).for_each(|v| *v *= factor);
                let found = sketch.unlike(&scaled).map(|(at, _, _, n)| (at, n));
                assert_eq!(found, Some((column, 1)), "{column} times {factor}");
            }
        }
    }
}
