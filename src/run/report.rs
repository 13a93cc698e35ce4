//! The one record of a run: what plots draw, the command line prints and exporters write.

use super::identity::MATCHING;
use super::sequence::SequenceReport;
use super::table_report::TableReport;
use crate::circuit::{StageKind, StagePlan};
use crate::network::RangeReport;
use serde::{Deserialize, Serialize};

/// Version of the JSON layout of [`RunReport`].
pub const SCHEMA_VERSION: u32 = 2;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivationReport {
    pub kind: String,
    pub method: String,
    pub degree: usize,
    pub interval: f64,
    /// Bits of lookup tables; absent for polynomials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SchemeReport {
    pub kind: String,
    pub ring_degree: usize,
    pub log2_q: f64,
    pub log2_qp: f64,
    pub plaintext_bits: f64,
    pub plaintext_moduli: Vec<u64>,
    pub primes: Vec<u64>,
    pub security_bits: u32,
    pub security_table: String,
    /// Arithmetic kernel used ("avx512_ifma", "portable").
    pub kernel: String,
    /// Special primes of key switching (CKKS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_primes: Vec<u64>,
    /// `log2` of the scale of values that are squared or go into polynomials (CKKS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_bits: Option<f64>,
}

/// The original float model with its original activation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlainReport {
    /// Share of samples classified as labelled.
    pub accuracy: f64,
    /// How many of [`RunReport::images`] that is; absent in reports before version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<u64>,
    /// Wall time of all samples together, seconds.
    pub latency_secs: f64,
    /// Accuracy of the reference network, which is what the ciphertexts stand for: the integer
    /// network, under CKKS the polynomial one, with lookup tables that of the tables.
    pub integer_accuracy: f64,
    /// Samples that the reference network classifies as labelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_correct: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EncryptedReport {
    pub accuracy: f64,
    /// Samples classified as labelled; absent in reports before version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<u64>,
    /// Share of samples whose encrypted argmax equals that of the reference network.
    pub agreement: f64,
    /// How many that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreeing: Option<u64>,
    /// Decrypted values that differ from that network by more than `error_bound` (exact schemes: any
    /// difference).
    pub wrong_outputs: u64,
    pub max_abs_error: f64,
    /// The stated bound on errors of outputs; absent for exact schemes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_bound: Option<f64>,
    /// Largest error predicted for an output; absent for exact schemes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_abs_error_predicted: Option<f64>,
    pub keygen_secs: f64,
    pub encrypt_secs: f64,
    pub evaluate_secs: f64,
    pub decrypt_secs: f64,
    pub total_secs: f64,
    pub images_per_sec: f64,
}

/// What was measured in one stage, next to what was predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    pub name: String,
    pub kind: StageKind,
    /// Wall time over all batches and plaintext moduli, seconds.
    pub secs: f64,
    /// Predicted wall time, seconds.
    pub secs_predicted: f64,
    /// Wall time of the same layer in the float network, all samples, seconds.
    pub plain_secs: f64,
    pub ciphertexts: usize,
    pub parts: usize,
    pub log2_q: f64,
    /// Bytes of all ciphertexts after the stage (one batch, one plaintext modulus).
    pub ciphertext_bytes: u64,
    /// Bytes the same values take in the clear as f32, one batch.
    pub plain_bytes: u64,
    pub margin_bits_predicted: f64,
    /// Measured with the secret key on a sample of ciphertexts; absent when not measured.
    pub margin_bits_measured: Option<f64>,
    /// Largest difference between decrypted sample ciphertexts and the network they stand for.
    pub max_abs_error: Option<f64>,
    /// Largest difference predicted for them (CKKS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_abs_error_predicted: Option<f64>,
    /// Decrypted sample values that differ from that network; under CKKS, by more than one bit
    /// past any margin.
    pub wrong_values: u64,
}

impl StageReport {
    /// A stage before it has run; a batch has `in_batch` samples.
    pub(super) fn planned(stage: &StagePlan, in_batch: u64) -> Self {
        Self {
            name: stage.name.clone(),
            kind: stage.kind,
            secs: 0.0,
            secs_predicted: stage.secs,
            plain_secs: 0.0,
            ciphertexts: stage.ciphertexts,
            parts: stage.parts,
            log2_q: stage.log2_q,
            ciphertext_bytes: stage.ciphertext_bytes,
            plain_bytes: 4 * in_batch * stage.ciphertexts as u64,
            margin_bits_predicted: stage.margin_bits,
            margin_bits_measured: None,
            max_abs_error: None,
            max_abs_error_predicted: stage.max_error,
            wrong_values: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BytesReport {
    pub upload: u64,
    pub download: u64,
    pub evaluation_keys: u64,
    pub rounds: u64,
}

/// Kind of the warning that inputs of a polynomial left its interval.
pub const RANGE_EXCEEDED: &str = "range_exceeded";

/// Something that a reader of the report must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunWarning {
    /// Stable short name, snake case.
    pub kind: String,
    /// What, where, and what to do.
    pub message: String,
}

/// A network by name and content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkReport {
    pub name: String,
    /// SHA-256 of what it computes, hexadecimal.
    pub digest: String,
    /// What became of it: exact activations, polynomials, integers, tables.
    pub form: String,
}

/// The networks of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworksReport {
    /// The float model with its exact activations.
    pub original: NetworkReport,
    /// What the ciphertexts stand for, in the clear.
    pub reference: NetworkReport,
    /// The reference network on ciphertexts.
    pub encrypted: NetworkReport,
}

/// Everything one run showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    pub images: usize,
    pub classes: usize,
    pub class_names: Vec<String>,
    pub threads: usize,
    pub seed: u64,
    pub activation: ActivationReport,
    pub scheme: SchemeReport,
    pub plain: PlainReport,
    pub encrypted: EncryptedReport,
    pub stages: Vec<StageReport>,
    pub bytes: BytesReport,
    /// Peak resident memory of the process, bytes; 0 where the system does not tell.
    pub peak_memory_bytes: u64,
    pub warnings: Vec<RunWarning>,
    /// Which networks were run; empty in old reports.
    #[serde(default)]
    pub networks: NetworksReport,
    /// How far inputs of approximated activations left the interval of their polynomial: of the
    /// polynomial network in the clear, on the same samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<RangeReport>,
    /// Noise and readings of lookup tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<TableReport>,
    /// Margins were measured with the secret key: not to be shared with a server.
    pub analysis_mode: bool,
    /// Step by step, for recurrent networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Box<SequenceReport>>,
}

impl RunReport {
    /// Says first how data and model were matched.
    pub(super) fn say(&mut self, notes: &[String]) {
        let warning = |n: &String| RunWarning { kind: MATCHING.to_owned(), message: n.clone() };
        self.warnings.splice(0..0, notes.iter().map(warning));
    }

    /// Whether every decrypted output agreed with its reference.
    pub fn is_right(&self) -> bool {
        self.encrypted.wrong_outputs == 0 && self.stages.iter().all(|s| s.wrong_values == 0)
    }
}
