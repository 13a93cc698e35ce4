//! How a client brings raw values into ciphertexts.

use data::Shape;
use network::InputEncoding;
use network::recurrent::SequenceEncoding;
use serde::{Deserialize, Serialize};

/// How raw values of an offer's samples become what is encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Encoding {
    /// Samples that are encrypted whole, value after value.
    Values(InputEncoding),
    /// Sequences, step after step.
    Sequences(SequenceEncoding),
}

impl Encoding {
    /// Vectors that are encrypted of every batch, but where sequences are shown to be shorter.
    pub fn width(&self) -> usize {
        match self {
            Self::Values(encoding) => encoding.inputs,
            Self::Sequences(encoding) => encoding.steps * encoding.width(),
        }
    }

    /// What a server must be told of sequences; `None` where samples are none.
    pub fn sequences(&self) -> Option<&SequenceEncoding> {
        match self {
            Self::Values(_) => None,
            Self::Sequences(encoding) => Some(encoding),
        }
    }

    /// Steps of a check sample with so many raw values, where it can be one of `shape`: 1 of samples
    /// that are no sequences.
    pub(super) fn steps_of(&self, values: usize, shape: Shape) -> Option<usize> {
        match self {
            Self::Values(_) => (values == shape.len()).then_some(1),
            Self::Sequences(encoding) => {
                let steps = values / encoding.channels.max(1);
                let whole = steps * encoding.channels == values;
                (whole && (1..=encoding.steps).contains(&steps)).then_some(steps)
            }
        }
    }

    /// What is wrong with it for samples of `shape`, where something is.
    pub(super) fn fault(&self, shape: Shape) -> Option<String> {
        match self {
            Self::Values(encoding) if encoding.inputs != shape.len() => {
                Some(format!("{} values encoded of samples of {}", encoding.inputs, shape.len()))
            }
            Self::Values(encoding) => encoding.fault(),
            Self::Sequences(encoding) => {
                let (steps, channels) = (encoding.steps, encoding.channels);
                match shape == (Shape::Sequence { steps, channels }) {
                    true => encoding.fault(),
                    false => {
                        Some(format!("{steps} steps of {channels} encoded of samples of {shape}"))
                    }
                }
            }
        }
    }

    /// What is encrypted of raw samples: a vector (a value for each sample) for each input. `lengths`
    /// are the steps of sequences; empty where all have all of them.
    ///
    /// # Errors
    /// When there are other values than samples have, or one is not allowed.
    pub fn vectors(&self, raw: &[f32], lengths: &[u16]) -> Result<Vec<Vec<f64>>, String> {
        match self {
            Self::Values(encoding) => {
                let width = encoding.inputs;
                if width == 0 || !raw.len().is_multiple_of(width) {
                    return Err(format!("{} values of samples of {width}", raw.len()));
                }
                let values: Vec<f64> = match encoding.grid {
                    Some(_) => encoding.integers(raw).into_iter().map(f64::from).collect(),
                    None => encoding.reals(raw),
                };
                let of = |input: usize| values.iter().skip(input).step_by(width).copied().collect();
                Ok((0..width).map(of).collect())
            }
            Self::Sequences(encoding) => encoding.vectors(raw, lengths),
        }
    }
}
