//! The report of an encrypted training.

use super::authority::LogLine;
use crate::figures::{DlogRange, EpochFigures, PhaseSecs, SideBySide, Traffic};
use attack::LeakReport;
use circuit::Warning;
use scenario::TrainingRequest;
use serde::{Deserialize, Serialize};

/// Version of the report's layout.
pub const CRYPTONN_SCHEMA_VERSION: u32 = 2;

/// One epoch of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// From 1.
    pub epoch: usize,
    /// Accuracy on the test split of the network trained on ciphertexts ...
    pub encrypted_accuracy: f64,
    /// ... of the same network trained in floating point from the same seed ...
    pub plain_accuracy: f64,
    /// ... and in plaintext fixed point.
    pub fixed_point_accuracy: f64,
    /// Whether every integer of every step so far equals that of the plaintext fixed point.
    pub fixed_point_identical: bool,
    #[serde(with = "format::number")]
    pub encrypted_loss: f64,
    #[serde(with = "format::number")]
    pub plain_loss: f64,
    /// Seconds of the encrypted training.
    pub secs: f64,
}

/// The report of an encrypted training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CryptonnReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    pub seed: u64,
    pub threads: usize,
    /// Instructions the group arithmetic used.
    pub kernel: String,
    pub samples: usize,
    pub mini_batches: usize,
    pub training: TrainingRequest,
    pub epochs: Vec<EpochReport>,
    /// Whether the authority's limit ended the training before the epochs asked for.
    #[serde(default)]
    pub ended_by_limit: bool,
    /// Steps that were done each time the training was taken up again; times and bytes are of all
    /// sessions together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed_at: Vec<usize>,
    /// Mean seconds of an encrypted step, encryption included.
    pub secs_per_mini_batch: f64,
    /// The same without the clients' encryption: what server and authority take.
    pub server_secs_per_mini_batch: f64,
    /// Seconds of all encrypted steps.
    pub total_secs: f64,
    pub phases: PhaseSecs,
    pub bytes: Traffic,
    pub dlog: DlogRange,
    /// Requests that the authority refused.
    pub refused: Vec<LogLine>,
    pub peak_memory_bytes: u64,
    /// Values that were cut off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// What the server learned, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<LeakReport>,
}

impl EpochReport {
    pub(crate) fn new(figures: &EpochFigures, losses: (f64, f64)) -> Self {
        Self {
            epoch: figures.epoch,
            encrypted_accuracy: figures.accuracy.encrypted,
            plain_accuracy: figures.accuracy.float,
            fixed_point_accuracy: figures.accuracy.fixed_point,
            fixed_point_identical: figures.fixed_point_identical,
            encrypted_loss: losses.0,
            plain_loss: losses.1,
            secs: figures.secs,
        }
    }
}

impl From<&EpochReport> for EpochFigures {
    fn from(report: &EpochReport) -> Self {
        Self {
            epoch: report.epoch,
            accuracy: SideBySide {
                encrypted: report.encrypted_accuracy,
                fixed_point: report.fixed_point_accuracy,
                float: report.plain_accuracy,
            },
            fixed_point_identical: report.fixed_point_identical,
            secs: report.secs,
        }
    }
}

impl CryptonnReport {
    /// Whether every encrypted step gave what plaintext fixed point gives.
    pub fn is_right(&self) -> bool {
        self.epochs.iter().all(|epoch| epoch.fixed_point_identical)
    }
}
