//! What a run tells while it goes on.

use super::report::{RunReport, StageReport};
use super::sequence::{SequenceReport, StepSeen};
use circuit::Plan;
use serde::{Deserialize, Serialize};

/// The phases of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Plain,
    Keygen,
    Encrypt,
    Evaluate,
    Decrypt,
}

impl Phase {
    /// The word for it in the window and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plaintext",
            Self::Keygen => "keys",
            Self::Encrypt => "encrypt",
            Self::Evaluate => "evaluate",
            Self::Decrypt => "decrypt",
        }
    }
}

/// One classified sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Index in the test split.
    pub index: usize,
    /// None where the data have no classes.
    #[serde(default)]
    pub label: Option<u16>,
    /// Class by the original network.
    pub plain: u16,
    /// Class by the reference network: what the ciphertexts stand for, in the clear.
    #[serde(default)]
    pub reference: u16,
    /// Class by the decrypted answer.
    pub encrypted: u16,
    /// Outputs of the original network.
    #[serde(with = "outputs")]
    pub plain_logits: Vec<f32>,
    /// Outputs of the reference network, in the units of the original one.
    #[serde(default, with = "outputs")]
    pub reference_logits: Vec<f32>,
    /// Decrypted outputs, in the units of the original network.
    #[serde(with = "outputs")]
    pub encrypted_logits: Vec<f32>,
}

/// Outputs in JSON: those that are no finite numbers are `null`, and `null` is NaN.
mod outputs {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(values: &[f32], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|y| Some(*y).filter(|y| y.is_finite())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
        let values = Vec::<Option<f32>>::deserialize(from)?;
        Ok(values.into_iter().map(|y| y.unwrap_or(f32::NAN)).collect())
    }
}

/// An event of a run. They come in this order; `Progress` may come at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// What is about to be run.
    Planned(Box<Plan>),
    /// Work of a phase: `done` of `total` units over the whole run, and the predicted time left.
    Progress {
        phase: Phase,
        done: u64,
        total: u64,
        #[serde(with = "format::number")]
        fraction: f64,
        #[serde(with = "format::number")]
        eta_secs: f64,
    },
    /// What is foretold of a run on sequences, before anything is encrypted.
    Sequence(Box<SequenceReport>),
    /// A step of the first batch was looked at.
    SequenceStep(Box<StepSeen>),
    /// Figures of one stage so far; the same index comes again with later batches.
    Stage { index: usize, stage: Box<StageReport> },
    /// A batch came back: its samples, in order of index.
    Samples(Vec<Sample>),
    /// The run is over; its report is kept by itself.
    #[serde(skip)]
    Finished(Box<RunReport>),
}
