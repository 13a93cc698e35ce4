//! What a list of runs tells of each: the head of its report.

use super::report_file::{ReportError, text_of};
use serde::Deserialize;
use std::path::Path;

/// The figures of a run that stand in a list; the rest of its report is passed over.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Summary {
    pub scenario: String,
    pub images: usize,
    pub scheme: SchemeSummary,
    pub encrypted: EncryptedSummary,
    pub bytes: BytesSummary,
}

/// The scheme of a run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SchemeSummary {
    pub kind: String,
}

/// Answers and time of a run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EncryptedSummary {
    #[serde(deserialize_with = "format::number::deserialize")]
    pub accuracy: f64,
    pub wrong_outputs: u64,
    pub total_secs: f64,
}

/// Bytes from client to server and back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BytesSummary {
    pub upload: u64,
    pub download: u64,
}

impl Summary {
    /// Reads what a list tells of the report at `path`.
    ///
    /// # Errors
    /// As those of [`super::SavedRun::open`].
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        let text = text_of(path)?;
        serde_json::from_str(&text).map_err(|error| ReportError::malformed(path, &text, &error))
    }
}
