//! Sequences as they are read, and as a model takes them.

use super::model::{Embedding, RecurrentModel};
use crate::{NetworkError, Normalisation};

/// Raw sequences of one length, shorter ones padded at the front.
#[derive(Clone, Copy, Debug)]
pub struct Sequences<'a> {
    /// `[samples][steps][channels]`.
    pub inputs: &'a [f32],
    /// Steps that count in each sample, its last ones; empty when all do.
    pub lengths: &'a [u16],
    /// Steps of every sample, padding included.
    pub steps: usize,
}

/// Sequences as the first layer takes them: what a client encrypts.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    pub samples: usize,
    pub steps: usize,
    /// Values of a step.
    pub width: usize,
    /// `[samples][steps][width]`; zero where a sample has not begun.
    pub values: Vec<f64>,
    /// First step that counts, per sample.
    pub begins: Vec<usize>,
}

impl Prepared {
    /// The value of one channel of one step in every sample.
    pub fn column(&self, step: usize, channel: usize) -> impl Iterator<Item = f64> + '_ {
        let skip = step * self.width + channel;
        self.values.iter().skip(skip).step_by((self.steps * self.width).max(1)).copied()
    }

    /// Whether each sample has begun at a step: 1, or 0 before.
    pub fn begun(&self, step: usize) -> impl Iterator<Item = f64> + '_ {
        self.begins.iter().map(move |&b| if step >= b { 1.0 } else { 0.0 })
    }

    /// Whether any sample is padded.
    pub fn is_padded(&self) -> bool {
        self.begins.iter().any(|&b| b > 0)
    }

    /// The samples of a range; those beyond the end are left out.
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        let (from, to) = (range.start.min(self.samples), range.end.min(self.samples));
        let per_sample = self.steps * self.width;
        let values = self.values.get(from * per_sample..to * per_sample).unwrap_or_default();
        let begins = self.begins.get(from..to).unwrap_or_default();
        Self { samples: begins.len(), values: values.to_vec(), begins: begins.to_vec(), ..*self }
    }
}

/// What is known of a step of raw sequences.
#[derive(Clone, Copy)]
pub(super) struct StepInputs<'a> {
    pub channels: usize,
    pub normalisation: &'a Normalisation,
    pub embedding: Option<&'a Embedding>,
}

impl RecurrentModel {
    /// Raw sequences as the first layer takes them: normalised, or tokens looked up; steps before a
    /// sample begins are zero.
    ///
    /// # Errors
    /// When values, lengths and steps do not fit, or a token is none of the model.
    pub fn prepare(&self, raw: Sequences) -> Result<Prepared, NetworkError> {
        let inputs = StepInputs {
            channels: self.channels(),
            normalisation: self.normalisation(),
            embedding: self.embedding(),
        };
        let network = || self.name().to_owned();
        inputs.prepare(raw).map_err(|reason| NetworkError::Whole { network: network(), reason })
    }
}

impl StepInputs<'_> {
    /// [`RecurrentModel::prepare`].
    pub fn prepare(&self, raw: Sequences) -> Result<Prepared, String> {
        let (steps, channels, width) = (raw.steps, self.channels, self.width());
        let per_sample = steps.saturating_mul(channels);
        if per_sample == 0 || !raw.inputs.len().is_multiple_of(per_sample) {
            return Err(format!(
                "{} input values are no whole number of samples; each sample has {steps} steps of {channels}",
                raw.inputs.len()
            ));
        }
        let samples = raw.inputs.len() / per_sample;
        let begins: Vec<usize> = match raw.lengths {
            [] => vec![0; samples],
            lengths => lengths.iter().map(|&l| steps.saturating_sub(usize::from(l))).collect(),
        };
        if begins.len() != samples || raw.lengths.iter().any(|&l| usize::from(l) > steps || l == 0)
        {
            return Err(format!(
                "{} lengths for {samples} samples; one for each is needed, from 1 to {steps}",
                raw.lengths.len()
            ));
        }
        let mut values = Vec::with_capacity(samples * steps * width);
        for (sample, &begin) in raw.inputs.chunks(per_sample).zip(&begins) {
            for (step, row) in sample.chunks(channels).enumerate() {
                if step < begin {
                    values.extend(std::iter::repeat_n(0.0, width));
                } else {
                    self.prepare_step(row, &mut values)?;
                }
            }
        }
        Ok(Prepared { samples, steps, width, values, begins })
    }

    /// Values of a step as the first layer takes it.
    fn width(&self) -> usize {
        self.embedding.map_or(self.channels, |e| e.width)
    }

    fn prepare_step(&self, row: &[f32], values: &mut Vec<f64>) -> Result<(), String> {
        if let Some(embedding) = self.embedding {
            let token = row.first().copied().unwrap_or(-1.0);
            let found = if token >= 0.0 && token.fract() == 0.0 {
                embedding.table.chunks_exact(embedding.width).nth(token as usize)
            } else {
                None
            };
            let tokens = embedding.table.len() / embedding.width;
            let found =
                found.ok_or_else(|| format!("token {token}; tokens go from 0 to {tokens} - 1"))?;
            values.extend(found.iter().map(|v| f64::from(*v)));
            return Ok(());
        }
        let offset = self.normalisation.offset.iter().cycle();
        let scale = self.normalisation.scale.iter().cycle();
        values.extend(
            row.iter()
                .zip(offset.zip(scale))
                .map(|(x, (o, s))| (f64::from(*x) - f64::from(*o)) / f64::from(*s)),
        );
        Ok(())
    }
}
