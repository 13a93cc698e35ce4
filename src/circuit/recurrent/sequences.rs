//! Sequences as circuits take them: one length for all, the shorter ones begin later.

use std::ops::Range;

/// Sequences of real vectors, normalised, padded at the front with zeros to one number of steps, so
/// that all of them end together.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequences {
    channels: usize,
    steps: usize,
    /// Sequence after sequence, step after step, channel after channel.
    values: Vec<f64>,
    /// Steps that each sequence really has.
    lengths: Vec<usize>,
}

impl Sequences {
    /// Sequences from the values of their real steps: `None` unless each has at least one step and
    /// whole steps of `channels` values.
    pub fn new(channels: usize, sequences: &[Vec<f64>]) -> Option<Self> {
        let whole = |s: &Vec<f64>| !s.is_empty() && s.len().is_multiple_of(channels.max(1));
        if channels == 0 || !sequences.iter().all(whole) {
            return None;
        }
        let lengths: Vec<usize> = sequences.iter().map(|s| s.len() / channels).collect();
        let steps = lengths.iter().copied().max()?;
        let mut values = Vec::with_capacity(sequences.len() * steps * channels);
        for sequence in sequences {
            values.resize(values.len() + steps * channels - sequence.len(), 0.0);
            values.extend_from_slice(sequence);
        }
        Some(Self { channels, steps, values, lengths })
    }

    /// The same sequences with more padding in front, up to `steps` steps in all.
    #[must_use]
    pub(super) fn padded(self, steps: usize) -> Self {
        if steps <= self.steps {
            return self;
        }
        let width = self.steps * self.channels;
        let mut values = Vec::with_capacity(self.len() * steps * self.channels);
        for sequence in self.values.chunks(width.max(1)) {
            values.resize(values.len() + (steps - self.steps) * self.channels, 0.0);
            values.extend_from_slice(sequence);
        }
        Self { steps, values, ..self }
    }

    /// Values in a step.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Steps, padding included.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Steps that sequence `index` really has.
    pub fn length(&self, index: usize) -> usize {
        self.lengths.get(index).copied().unwrap_or(0)
    }

    /// Whether any is shorter than the others.
    pub fn is_masked(&self) -> bool {
        self.lengths.iter().any(|l| *l < self.steps)
    }

    /// Whether `step` is no padding of sequence `index`.
    pub fn has_begun(&self, index: usize, step: usize) -> bool {
        step + self.length(index) >= self.steps
    }

    /// Values of sequence `index`, padding included, step after step.
    pub fn values(&self, index: usize) -> &[f64] {
        let width = self.steps * self.channels;
        self.values.get(index * width..(index + 1) * width).unwrap_or(&[])
    }

    /// Values of one step of `count` sequences from `first` on, channel after channel.
    pub fn step(&self, first: usize, count: usize, step: usize) -> Vec<f64> {
        let width = self.steps * self.channels;
        let at = |channel: usize, sample: usize| {
            self.values[(first + sample) * width + step * self.channels + channel]
        };
        (0..self.channels).flat_map(|c| (0..count).map(move |s| at(c, s))).collect()
    }

    /// Some of them, with the same number of steps.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let range = range.start.min(end)..end;
        let width = self.steps * self.channels;
        Self {
            channels: self.channels,
            steps: self.steps,
            values: self.values[range.start * width..range.end * width].to_vec(),
            lengths: self.lengths[range].to_vec(),
        }
    }

    /// The same sequences with `steps` steps: the last ones, or repeated from their end backwards
    /// until there are so many.
    #[must_use]
    pub fn with_steps(&self, steps: usize) -> Self {
        let mut values = Vec::with_capacity(self.len() * steps * self.channels);
        let mut lengths = Vec::with_capacity(self.len());
        for index in 0..self.len() {
            let own = self.values(index);
            let length = self.length(index).max(1);
            let real = &own[own.len() - length * self.channels..];
            let wanted = if length < self.steps { length * steps / self.steps } else { steps };
            let wanted = wanted.clamp(1, steps.max(1));
            values.resize(values.len() + (steps - wanted) * self.channels, 0.0);
            for step in 0..wanted {
                let from = (step + length * wanted - wanted) % length;
                values.extend_from_slice(&real[from * self.channels..(from + 1) * self.channels]);
            }
            lengths.push(wanted);
        }
        Self { channels: self.channels, steps, values, lengths }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_sequences_begin_later() {
        let s = Sequences::new(2, &[vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0]]).unwrap();
        assert_eq!((s.steps(), s.len(), s.is_masked()), (2, 2, true));
        assert!(s.has_begun(0, 0) && !s.has_begun(1, 0) && s.has_begun(1, 1));
        assert_eq!(s.step(0, 2, 0), [1.0, 0.0, 2.0, 0.0]);
        assert_eq!(s.step(0, 2, 1), [3.0, 5.0, 4.0, 6.0]);
        assert_eq!(s.slice(1..2).values(0), [0.0, 0.0, 5.0, 6.0]);
        assert!(Sequences::new(2, &[vec![1.0]]).is_none());
        assert!(Sequences::new(2, &[vec![]]).is_none());
    }

    #[test]
    fn longer_ones_end_as_the_original_does() {
        let s = Sequences::new(1, &[vec![1.0, 2.0, 3.0]]).unwrap();
        assert_eq!(s.with_steps(2).values(0), [2.0, 3.0]);
        assert_eq!(s.with_steps(7).values(0), [3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        assert_eq!(s.with_steps(3), s);
    }
}
