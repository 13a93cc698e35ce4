//! A finished sweep, and its table as CSV.

use super::row::SweepRow;
use scenario::Setup;
use serde::{Deserialize, Serialize};

/// Version of the fields of [`SweepReport`].
pub const SWEEP_SCHEMA_VERSION: u32 = 2;

/// Everything one sweep found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    /// Test samples that accuracies are taken on.
    pub images: usize,
    pub seed: u64,
    /// Name of the function that is approximated.
    pub function: String,
    /// Accuracy of the network with the exact function.
    pub exact_accuracy: f64,
    /// What was swept, as it can be opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Box<Setup>>,
    pub rows: Vec<SweepRow>,
    /// Rows asked for and not done, because the sweep was stopped.
    #[serde(default)]
    pub rows_left: usize,
}

/// Head of the CSV.
const HEAD: [&str; 31] = [
    "method",
    "degree",
    "interval",
    "degree_reached",
    "depth",
    "error_max",
    "error_mean_square",
    "error_weighted",
    "accuracy",
    "agreement",
    "samples_outside",
    "trained_accuracy",
    "trained_samples_outside",
    "scheme",
    "ring_degree",
    "log2_q",
    "security_bits",
    "predicted_latency_secs",
    "predicted_margin_bits",
    "predicted_upload_bytes",
    "predicted_evaluation_key_bytes",
    "predicted_peak_memory_bytes",
    "encrypted_accuracy",
    "encrypted_agreement",
    "wrong_outputs",
    "latency_secs",
    "margin_bits",
    "upload_bytes",
    "refusal",
    "images",
    "encrypted_reference_accuracy",
];

impl SweepReport {
    /// Whether everything that was decrypted was right.
    pub fn is_right(&self) -> bool {
        self.rows.iter().filter_map(|r| r.encrypted).all(|run| run.right)
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// One line per row; what is not known is empty.
    pub fn to_csv(&self) -> String {
        format::csv_table(&HEAD, self.rows.iter().map(|row| cells(row, self.images)))
    }
}

fn cells(row: &SweepRow, images: usize) -> [String; HEAD.len()] {
    fn cell<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(String::new, |v| v.to_string())
    }
    let (fit, replaced, trained) = (row.fit.as_ref(), row.replaced, row.trained);
    let (cost, run) = (row.predicted, row.encrypted);
    [
        row.method.id().to_owned(),
        row.degree.to_string(),
        row.interval_text().replace('±', "+-"),
        cell(fit.map(|f| f.degree)),
        cell(fit.map(|f| f.depth)),
        cell(fit.map(|f| f.error_max)),
        cell(fit.map(|f| f.error_mean_square)),
        cell(fit.and_then(|f| f.error_weighted)),
        cell(replaced.map(|a| a.accuracy)),
        cell(replaced.map(|a| a.agreement)),
        cell(replaced.map(|a| a.samples_outside)),
        cell(trained.map(|a| a.accuracy)),
        cell(trained.map(|a| a.samples_outside)),
        cell(cost.map(|c| c.scheme.name())),
        cell(cost.map(|c| c.ring_degree)),
        cell(cost.map(|c| c.log2_q)),
        cell(cost.map(|c| c.security_bits)),
        cell(cost.map(|c| c.latency_secs)),
        cell(cost.map(|c| c.margin_bits)),
        cell(cost.map(|c| c.upload_bytes)),
        cell(cost.map(|c| c.evaluation_key_bytes)),
        cell(cost.map(|c| c.peak_memory_bytes)),
        cell(run.map(|r| r.accuracy)),
        cell(run.map(|r| r.agreement)),
        cell(run.map(|r| r.wrong_outputs)),
        cell(run.map(|r| r.latency_secs)),
        cell(run.and_then(|r| r.margin_bits)),
        cell(run.map(|r| r.upload_bytes)),
        cell(row.refusal.clone()),
        images.to_string(),
        cell(run.map(|r| r.reference_accuracy)),
    ]
}
