//! Sequences of different lengths, laid side by side.

use super::super::dataset::{Dataset, Shape, Split};
use super::super::error::DataError;
use super::super::guess::Guess;
use super::super::parts::UNLABELLED;

/// Most values of all padded sequences together.
const MAX_VALUES: usize = 1 << 27;

/// Sequences with their labels, before they are padded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Series {
    /// Step by step, channel by channel: `[steps][channels]` of each sequence.
    pub values: Vec<Vec<f32>>,
    pub labels: Vec<u16>,
}

impl Series {
    pub fn push(&mut self, values: Vec<f32>, label: u16) {
        self.values.push(values);
        self.labels.push(label);
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    fn longest(&self, channels: usize) -> usize {
        self.values.iter().map(|v| v.len() / channels).max().unwrap_or(0)
    }

    /// Padded with zeros at the front to `steps`.
    pub fn padded(&self, steps: usize, channels: usize) -> Split {
        let mut inputs = Vec::with_capacity(self.len() * steps * channels);
        for values in &self.values {
            let missing = (steps * channels).saturating_sub(values.len());
            inputs.extend(std::iter::repeat_n(0.0, missing));
            inputs.extend(values);
        }
        let full = self.values.iter().all(|v| v.len() == steps * channels);
        let length = |v: &Vec<f32>| u16::try_from(v.len() / channels).unwrap_or(u16::MAX);
        let lengths = if full { Vec::new() } else { self.values.iter().map(length).collect() };
        Split { inputs, labels: self.labels.clone(), lengths }
    }
}

/// What a person is told about a dataset.
pub(super) struct About<'a> {
    pub name: &'a str,
    pub source: &'a str,
    /// The file or folder, for errors.
    pub path: &'a str,
    pub classes: Vec<String>,
}

/// A dataset of two parts (of data without classes the second alone has any samples), all sequences padded at the front to the longest.
pub(super) fn dataset(
    about: About,
    channels: usize,
    train: &Series,
    test: &Series,
) -> Result<Dataset, DataError> {
    let steps = train.longest(channels).max(test.longest(channels));
    let samples = train.len() + test.len();
    let values = steps.saturating_mul(channels).saturating_mul(samples);
    if values > MAX_VALUES {
        return Err(DataError::Layout {
            path: about.path.to_owned(),
            reason: format!(
                "{samples} sequences padded to {steps} steps of {channels} are {values} values; at most {MAX_VALUES} are read"
            ),
        });
    }
    let shape = Shape::Sequence { steps, channels };
    let parts = (train.padded(steps, channels), test.padded(steps, channels));
    let (name, source) = (about.name, about.source);
    let made = if about.classes.is_empty() {
        let made = Dataset::unlabelled((name, source), shape, Vec::new(), parts.0, parts.1)?;
        made.with_guesses(vec![Guess::note(UNLABELLED)])
    } else {
        Dataset::new(name, source, shape, about.classes, Vec::new(), parts.0, parts.1)?
    };
    let lengths = || made.train().lengths.iter().chain(&made.test().lengths);
    let padded = lengths().min().zip(lengths().max()).map(|(shortest, longest)| {
        Guess::note(format!("{shortest} to {longest} steps, padded at the front"))
    });
    Ok(made.with_guesses(padded.into_iter().collect()))
}
