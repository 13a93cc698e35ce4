//! What a model remembers of the samples that it was trained on: enough to know some of them again, and
//! to see that others have other units.

use super::dataset::{Dataset, Shape, Split};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;

/// Samples that are remembered.
const KEPT: usize = 2048;
/// Most columns whose values are remembered.
const MAX_COLUMNS: usize = 4096;
/// Samples below which nothing is said of the values of columns.
const FEW: usize = 10;
/// How far the mean of a column may lie from that of the training, in standard deviations.
const SHIFT: f32 = 2.0;
/// By which factor the spread of a column may differ: of few samples, and of many.
const SPREAD: [f32; 2] = [8.0, 3.0];
/// Samples that are many.
const MANY: usize = 200;

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
    #[serde(rename = "deviation")]
    pub standard_deviation: f32,
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
        let columns = columns(dataset, dataset.train(), None);
        Self { least: kept(hashes(dataset, dataset.train())), columns }
    }

    /// The same with the samples of an earlier training too.
    #[must_use]
    pub fn with_earlier(self, other: &Self) -> Self {
        let least = kept(self.least.iter().chain(&other.least).copied().collect());
        Self { least, ..self }
    }

    /// How far the samples lie out at most, `factor` being that of a raw value at a position; 1 where
    /// they do not, or nothing is known of values at positions.
    pub fn reach(&self, inputs: usize, factor: impl Fn(usize, f32) -> f64) -> f64 {
        let of = |at: usize| match self.columns.len() {
            1 => self.columns.first(),
            n if n == inputs => self.columns.get(at),
            _ => None,
        };
        let ends = (0..inputs).filter_map(|at| of(at).map(|v| (at, v)));
        let factors = ends.flat_map(|(at, v)| [factor(at, v.least), factor(at, v.largest)]);
        factors.fold(1.0, f64::max)
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
        let here = columns(dataset, dataset.test(), Some(self.columns.len()));
        if here.len() != self.columns.len() {
            return None;
        }
        let samples = dataset.test().len();
        let alone = here.len() == 1;
        let both = self.columns.iter().zip(&here).enumerate();
        let unlike: Vec<_> =
            both.filter(|(_, (there, here))| there.unlike(here, samples, alone)).collect();
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
        let standard_deviation = (squares / n).sqrt() as f32;
        Self { least: least as f32, largest: largest as f32, mean: mean as f32, standard_deviation }
    }

    /// Whether most values lie at one end.
    fn is_lopsided(&self) -> bool {
        let room = (self.mean - self.least).min(self.largest - self.mean);
        room < self.standard_deviation / 2.0
    }

    /// Whether values `here` of so many samples cannot be of the kind of these, which are those of one
    /// column or `alone` stand for all.
    fn unlike(&self, here: &Self, samples: usize, alone: bool) -> bool {
        let apart = here.largest < self.least || here.least > self.largest;
        // What never changed says nothing of its spread, and a column that is nearly always the same
        // may be so here.
        if apart || self.standard_deviation <= 0.0 || self.is_lopsided() && !alone {
            return apart;
        }
        let most = SPREAD[usize::from(samples >= MANY)];
        let ratio = here.standard_deviation / self.standard_deviation;
        let shifted = (here.mean - self.mean).abs() > SHIFT * self.standard_deviation;
        shifted || !(1.0 / most..=most).contains(&ratio)
    }
}

impl std::fmt::Display for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [mean, least, largest] =
            [self.mean, self.least, self.largest].map(|v| format::short(f64::from(v)));
        write!(f, "{mean} on average, {least} to {largest}")
    }
}

/// The least of hashes, in order.
fn kept(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(KEPT);
    hashes
}

/// A hash of each sample, of its values alone, without padding.
fn hashes(dataset: &Dataset, part: &Split) -> Vec<u64> {
    let steps = match dataset.shape() {
        Shape::Sequence { steps, .. } => steps,
        _ => 1,
    };
    let len = dataset.shape().len();
    let hash = |(at, sample): (usize, &[f32])| {
        let taken = part.lengths.get(at).map_or(steps, |l| usize::from(*l));
        let own = sample.get(len - len / steps * taken.min(steps)..).unwrap_or(sample);
        let bytes: Vec<u8> = own.iter().flat_map(|v| (v + 0.0).to_le_bytes()).collect();
        Sha256::digest(&bytes).first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    };
    part.inputs.par_chunks(len).enumerate().map(hash).collect()
}

/// The values of each column of a part; where `like` is given, in so many columns if the samples can be
/// seen so.
fn columns(dataset: &Dataset, part: &Split, like: Option<usize>) -> Vec<Values> {
    if !dataset.vocabulary().is_empty() {
        return Vec::new();
    }
    let len = dataset.shape().len();
    let all = &part.inputs;
    let each = |count: usize| -> Vec<Values> {
        let column = |at| Values::of(all.iter().skip(at).step_by(count).copied());
        (0..count).map(column).collect()
    };
    match (dataset.shape(), like) {
        // A table of pixels is an image row by row, and the other way round.
        (Shape::Flat { .. } | Shape::Image { .. }, Some(1)) => return each(1),
        (Shape::Flat { .. } | Shape::Image { .. }, Some(n)) if n == len => return each(len),
        _ => {}
    }
    match dataset.shape() {
        Shape::Flat { len } if len <= MAX_COLUMNS => each(len),
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
        _ => each(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str) -> Dataset {
        crate::open(name, None).expect("opens")
    }

    #[test]
    fn samples_of_the_training_are_known_again_in_another_split() {
        let usual = open("breast_cancer");
        let sketch = Sketch::of(&usual);
        assert_eq!(sketch.least.len(), usual.train.len());
        assert_eq!(sketch.seen(&usual).seen, 0);
        let other =
            Dataset { train: usual.test.clone(), test: usual.train.clone(), ..usual.clone() };
        let seen = sketch.seen(&other);
        assert_eq!((seen.seen, seen.looked_at), (other.test.len(), other.test.len()));
        // What a fine-tuned model saw before counts too.
        let both = Sketch::of(&other).with_earlier(&sketch);
        assert_eq!(both.seen(&usual).seen, usual.test.len());
        assert_eq!(both.seen(&other).seen, other.test.len());
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
        // Pixels between 0 and 1 where they were between 0 and 16, as images and as a table.
        let digits = open("digits");
        let sketch = Sketch::of(&digits);
        let mut small = digits.clone();
        small.test.inputs.iter_mut().for_each(|v| *v /= 16.0);
        let flat = |of: &Dataset| Dataset { shape: Shape::Flat { len: 64 }, ..of.clone() };
        assert_eq!(sketch.unlike(&flat(&digits)), None);
        assert!(sketch.unlike(&small).is_some() && sketch.unlike(&flat(&small)).is_some());
        // A column that never changed in the training.
        let mut fixed = open("breast_cancer");
        fixed.train.inputs.iter_mut().skip(2).step_by(30).for_each(|v| *v = 5.0);
        let found = Sketch::of(&fixed).unlike(&fixed).map(|(at, _, _, n)| (at, n));
        assert_eq!(found, Some((2, 1)));
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
