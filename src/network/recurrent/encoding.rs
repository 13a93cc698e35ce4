//! From raw sequences to what is encrypted of them.

use super::model::{Embedding, MAX_TOKENS, MAX_WIDTH};
use super::sequences::{Sequences, StepInputs};
use crate::Normalisation;
use serde::{Deserialize, Serialize};

/// Most steps of a sequence: a length is a number of 16 bits.
const MAX_STEPS: usize = u16::MAX as usize;
/// Most masks behind the values of a step.
const MAX_MASKS: usize = 2;

/// What happens to sequences that have fewer steps than the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shorter {
    /// There are none.
    Refused,
    /// They begin later, and so many masks behind the values of every step say so, encrypted: the
    /// first is 1 from the first step of a sequence on, the next one from the second on.
    Masked(usize),
    /// Only their own steps are encrypted, so that the server sees how many they are.
    Shown,
}

/// A grid of integers: `round(x / step)`, not beyond `most` on either side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceGrid {
    pub step: f64,
    pub most: f64,
}

impl SequenceGrid {
    /// The whole number next to `x`.
    pub fn integer(&self, x: f64) -> i64 {
        (x / self.step).round().clamp(-self.most, self.most) as i64
    }
}

/// How raw sequences become what a client encrypts: their values normalised, or their words looked up
/// in a table of vectors, which is public preprocessing; on a grid where integers are encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceEncoding {
    /// Steps: the last ones of longer sequences.
    pub steps: usize,
    /// Raw values of a step; 1 where it is a word.
    pub channels: usize,
    pub normalisation: Normalisation,
    /// The vectors of words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
    /// The words; empty where samples are none, or the model does not name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vocabulary: Vec<String>,
    pub shorter: Shorter,
    /// `None` where real numbers are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<SequenceGrid>,
}

impl SequenceEncoding {
    /// Different words; 0 where samples are numbers.
    pub fn tokens(&self) -> usize {
        self.embedding.as_ref().map_or(0, |e| e.table.len() / e.width.max(1))
    }

    /// Values that are encrypted of every step, masks included.
    pub fn width(&self) -> usize {
        let values = self.embedding.as_ref().map_or(self.channels, |e| e.width);
        values + self.masks()
    }

    fn masks(&self) -> usize {
        match self.shorter {
            Shorter::Masked(masks) => masks,
            Shorter::Refused | Shorter::Shown => 0,
        }
    }

    /// What is wrong with it, where something is.
    pub fn fault(&self) -> Option<String> {
        let sized =
            (1..=MAX_STEPS).contains(&self.steps) && (1..=MAX_WIDTH).contains(&self.channels);
        if !sized
            || !matches!(
                self.shorter,
                Shorter::Refused | Shorter::Shown | Shorter::Masked(1..=MAX_MASKS)
            )
        {
            return Some(format!(
                "{} steps of {} values with {} masks; 1 to {MAX_STEPS} of 1 to {MAX_WIDTH} with {MAX_MASKS} at most are possible",
                self.steps,
                self.channels,
                self.masks()
            ));
        }
        let Normalisation { offset, scale } = &self.normalisation;
        let fits = |values: &[f32]| values.len() == 1 || values.len() == self.channels;
        let finite = offset.iter().chain(scale).all(|v| v.is_finite());
        if !fits(offset) || !fits(scale) || !finite || scale.contains(&0.0) {
            return Some(
                "offsets and scales that are not one, or one for each value of a step".into(),
            );
        }
        if let Some(Embedding { width, table }) = &self.embedding {
            let whole = (1..=MAX_WIDTH).contains(width)
                && table.len().is_multiple_of(*width)
                && (1..=MAX_TOKENS).contains(&self.tokens());
            if !whole || self.channels != 1 || table.iter().any(|v| !v.is_finite()) {
                return Some(format!(
                    "a table of {} values that has no rows of {width}",
                    table.len()
                ));
            }
        }
        if !self.vocabulary.is_empty() && self.vocabulary.len() != self.tokens() {
            let words = self.vocabulary.len();
            return Some(format!("{words} words where the table has {}", self.tokens()));
        }
        let right =
            |grid: &SequenceGrid| grid.step.is_finite() && grid.step > 0.0 && grid.most >= 1.0;
        self.grid
            .filter(|grid| !right(grid))
            .map(|grid| format!("a grid of {} to {}", grid.step, grid.most))
    }

    /// What is encrypted of raw sequences, padded at the front to all steps: a vector (a value for each
    /// sequence) for each value of each step, step after step.
    ///
    /// # Errors
    /// When values and lengths do not fit, a sequence is shorter where none may be, or a word is none
    /// of the table.
    pub fn vectors(&self, raw: &[f32], lengths: &[u16]) -> Result<Vec<Vec<f64>>, String> {
        let prepared =
            self.inputs().prepare(Sequences { inputs: raw, lengths, steps: self.steps })?;
        let first = prepared.begins.iter().copied().min().unwrap_or(0);
        if self.shorter == Shorter::Refused && prepared.is_padded() {
            return Err(format!(
                "a sequence has fewer than {} steps, and the offer is for such that have all of them; ask for an offer made with sequences of different lengths",
                self.steps
            ));
        }
        let skipped = if self.shorter == Shorter::Shown { first } else { 0 };
        let mut vectors = Vec::with_capacity((self.steps - skipped) * self.width());
        for step in skipped..self.steps {
            for channel in 0..prepared.width {
                let value = |x: f64| self.grid.map_or(x, |grid| grid.integer(x) as f64);
                vectors.push(prepared.column(step, channel).map(value).collect());
            }
            for before in 0..self.masks() {
                vectors.push(match step.checked_sub(before) {
                    Some(earlier) => prepared.begun(earlier).collect(),
                    None => vec![0.0; prepared.samples],
                });
            }
        }
        Ok(vectors)
    }

    /// Raw sequences of `steps` steps, padded at the front, as so many steps as this takes: their last
    /// ones, or more padding. `lengths` may be empty, where all have all of their steps.
    pub fn fitted(&self, raw: &[f32], lengths: &[u16], steps: usize) -> (Vec<f32>, Vec<u16>) {
        let (own, width) = (steps * self.channels, self.steps * self.channels);
        let samples = raw.chunks_exact(own.max(1));
        let mut all = Vec::with_capacity(samples.len() * width);
        for sample in samples.clone() {
            all.resize(all.len() + width.saturating_sub(own), 0.0);
            all.extend_from_slice(sample.get(own.saturating_sub(width)..).unwrap_or_default());
        }
        let most = self.steps.min(steps);
        let of = |sample: usize| {
            let length = lengths.get(sample).map_or(steps, |l| usize::from(*l));
            u16::try_from(length.min(most)).unwrap_or(u16::MAX)
        };
        (all, (0..samples.len()).map(of).collect())
    }

    fn inputs(&self) -> StepInputs<'_> {
        StepInputs {
            channels: self.channels,
            normalisation: &self.normalisation,
            embedding: self.embedding.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(shorter: Shorter) -> SequenceEncoding {
        SequenceEncoding {
            steps: 3,
            channels: 2,
            normalisation: Normalisation { offset: vec![1.0, 0.0], scale: vec![2.0, 1.0] },
            embedding: None,
            vocabulary: Vec::new(),
            shorter,
            grid: None,
        }
    }

    #[test]
    fn sequences_are_cut_padded_and_masked() {
        let masked = encoding(Shorter::Masked(2));
        assert_eq!((masked.fault(), masked.width()), (None, 4));
        // Four steps of one sequence, of which the last three are taken.
        let (raw, lengths) = masked.fitted(&[9., 9., 1., 2., 3., 4., 5., 6.], &[], 4);
        assert_eq!((raw.as_slice(), lengths.as_slice()), (&[1., 2., 3., 4., 5., 6.][..], &[3][..]));
        // One of one step.
        let (more, length) = masked.fitted(&[7., 8.], &[1], 1);
        assert_eq!((more.as_slice(), length.as_slice()), (&[0., 0., 0., 0., 7., 8.][..], &[1][..]));
        let both = [raw.clone(), more.clone()].concat();
        let vectors = masked.vectors(&both, &[3, 1]).unwrap();
        assert_eq!(vectors.len(), 12);
        assert_eq!(vectors[..4], [[0., 0.], [2., 0.], [1., 0.], [0., 0.]]);
        assert_eq!(vectors[8..], [[2., 3.], [6., 8.], [1., 1.], [1., 0.]]);
        let refused = encoding(Shorter::Refused);
        assert_eq!(refused.vectors(&raw, &[3]).unwrap().len(), 6);
        assert!(refused.vectors(&more, &[1]).unwrap_err().contains("fewer than 3 steps"));
        let grid = Some(SequenceGrid { step: 0.5, most: 7.0 });
        let shown = SequenceEncoding { grid, ..encoding(Shorter::Shown) };
        assert_eq!(shown.vectors(&more, &[1]).unwrap(), [[6.0], [7.0]]);
    }

    #[test]
    fn words_are_looked_up_and_unknown_ones_refused() {
        let words = SequenceEncoding {
            channels: 1,
            steps: 2,
            normalisation: Normalisation { offset: vec![0.0], scale: vec![1.0] },
            embedding: Some(Embedding { width: 2, table: vec![0.0, 0.0, 1.0, 2.0] }),
            vocabulary: vec!["".into(), "good".into()],
            ..encoding(Shorter::Refused)
        };
        assert_eq!((words.fault(), words.tokens(), words.width()), (None, 2, 2));
        assert_eq!(words.vectors(&[1.0, 0.0], &[]).unwrap(), [[1.0], [2.0], [0.0], [0.0]]);
        assert!(words.vectors(&[2.0, 0.0], &[]).unwrap_err().contains("token 2"));
        let few = SequenceEncoding { vocabulary: vec!["one".into()], ..words };
        assert!(few.fault().unwrap().contains("1 words"));
    }

    #[test]
    fn what_cannot_be_right_is_told() {
        let fine = encoding(Shorter::Masked(1));
        for wrong in [
            SequenceEncoding { steps: 0, ..fine.clone() },
            SequenceEncoding { steps: 1 << 16, ..fine.clone() },
            SequenceEncoding { channels: 3, ..fine.clone() },
            SequenceEncoding { shorter: Shorter::Masked(3), ..fine.clone() },
            SequenceEncoding { grid: Some(SequenceGrid { step: 0.0, most: 1.0 }), ..fine.clone() },
            SequenceEncoding {
                embedding: Some(Embedding { width: 0, table: Vec::new() }),
                ..fine.clone()
            },
        ] {
            assert!(wrong.fault().is_some(), "{wrong:?}");
        }
    }
}
