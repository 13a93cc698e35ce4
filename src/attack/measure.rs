//! How good a reconstruction is, measured on the true samples that the server never has.

use super::background::Background;
use super::view::InputEncoding;
use crate::reconstruction::Reconstruction;
use serde::{Deserialize, Serialize};

/// True samples in the integers of the encoding: those attacked, and others to tell them apart from.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    /// Index of each in the training set.
    pub indices: Vec<usize>,
    /// Inputs, sample after sample.
    pub values: Vec<f32>,
    /// Values of one sample.
    pub input_len: usize,
    /// Greatest minus least encoded input.
    pub range: f64,
    /// What somebody knows who has seen similar samples.
    pub background: Option<Background>,
}

/// Figures of one or more reconstructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean of the squared error of an input, in units of the range of inputs squared.
    pub mean_squared_error: f64,
    /// Share of the samples whose reconstruction is nearer to them than to any other of the pool.
    pub identified: f64,
    /// Share of the samples that the server knows for certain.
    pub certain: f64,
    /// Share of the inputs that the equations alone determine.
    pub known_share: f64,
}

impl Score {
    /// The mean of scores; of none at all the best there could be for the samples.
    pub fn mean(scores: &[Self]) -> Self {
        let mean = |value: fn(&Self) -> f64| {
            scores.iter().map(value).sum::<f64>() / scores.len().max(1) as f64
        };
        Self {
            mean_squared_error: mean(|s| s.mean_squared_error),
            identified: mean(|s| s.identified),
            certain: mean(|s| s.certain),
            known_share: mean(|s| s.known_share),
        }
    }
}

impl Pool {
    /// The samples with these `indices`, `values` one after the other, in the integers of `encoding`.
    /// `similar` are encoded samples that are public.
    pub fn new(
        indices: Vec<usize>,
        values: Vec<f32>,
        encoding: &InputEncoding,
        similar: &[i32],
    ) -> Self {
        let range = f64::from(encoding.range.1) - f64::from(encoding.range.0);
        let similar: Vec<f32> = similar.iter().map(|v| *v as f32).collect();
        let (input_len, range) = (encoding.input_len, range.max(1.0));
        let background = Background::of(&similar, input_len, range);
        Self { values, indices, input_len, range, background }
    }

    /// The true sample with this index of the training set.
    pub fn sample(&self, index: usize) -> Option<&[f32]> {
        let at = self.indices.iter().position(|i| *i == index)?;
        self.values.get(at * self.input_len..(at + 1) * self.input_len)
    }

    /// How near `found` comes to the truth.
    pub fn score(&self, found: &Reconstruction) -> Score {
        let count = found.samples.len().max(1) as f64;
        let (mut squares, mut identified) = (0.0, 0);
        for (index, x) in found.samples.iter().zip(found.values.chunks_exact(self.input_len.max(1)))
        {
            let Some(truth) = self.sample(*index) else { continue };
            squares += distance(x, truth);
            identified += usize::from(self.nearest(x) == Some(*index));
        }
        let inputs = self.input_len.max(1) as f64;
        Score {
            mean_squared_error: squares / (count * inputs * self.range * self.range),
            identified: identified as f64 / count,
            certain: found.certain as f64 / count,
            known_share: found.known_share,
        }
    }

    /// Index of the true sample nearest to `x`.
    fn nearest(&self, x: &[f64]) -> Option<usize> {
        let samples = self.indices.iter().zip(self.values.chunks_exact(self.input_len.max(1)));
        samples
            .map(|(index, truth)| (*index, distance(x, truth)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(index, _)| index)
    }

    /// Error of the mean sample as a guess for every sample: what is reached without any attack by
    /// somebody who knows the average.
    pub fn mean_guess_error(&self) -> f64 {
        let count = self.indices.len().max(1) as f64;
        let mut variance = 0.0;
        for input in 0..self.input_len {
            let column = || self.values.iter().skip(input).step_by(self.input_len.max(1));
            let mean = column().map(|v| f64::from(*v)).sum::<f64>() / count;
            variance += column().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count;
        }
        variance / (self.input_len.max(1) as f64 * self.range * self.range)
    }
}

fn distance(a: &[f64], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - f64::from(*b)).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_and_identification_by_hand() {
        let pool = Pool {
            indices: vec![7, 9],
            values: vec![0.0, 10.0, 10.0, 0.0],
            input_len: 2,
            range: 10.0,
            background: None,
        };
        let found = Reconstruction {
            samples: vec![9, 7],
            values: vec![10.0, 0.0, 9.0, 1.0],
            ..Reconstruction::default()
        };
        let score = pool.score(&found);
        // The second is nearer to the wrong one: 81 + 81 over 2 samples, 2 inputs, range 10.
        assert!((score.mean_squared_error - 162.0 / 400.0).abs() < 1e-12);
        assert_eq!(score.identified, 0.5);
        assert!((pool.mean_guess_error() - 0.25).abs() < 1e-12);
    }
}
