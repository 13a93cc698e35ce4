//! What the planner promises before a key exists.

use super::real::DegreeRequest;
use super::recurrent::SequencePlan;
use super::table_plan::TablePlan;
use super::warning::Warning;
use serde::{Deserialize, Serialize};
use wire::{ENVELOPE_BYTES, PART_HEAD_BYTES};

/// The scheme that carries a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeKind {
    /// Brakerski-Gentry-Vaikuntanathan, our own, batched, exact integers.
    Bgv,
    /// Brakerski/Fan-Vercauteren through the `fhe` crate: the independent second opinion.
    Bfv,
    /// Cheon-Kim-Kim-Song, our own, batched, approximate real numbers.
    Ckks,
    /// Chillotti-Gama-Georgieva-Izabachène through the crate `tfhe`: lookup tables, one sample at a time.
    Tfhe,
}

impl SchemeKind {
    pub const ALL: [Self; 4] = [Self::Bgv, Self::Bfv, Self::Ckks, Self::Tfhe];

    /// Whether it carries integers, all of them right.
    pub fn is_exact(self) -> bool {
        !matches!(self, Self::Ckks | Self::Tfhe)
    }

    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bgv => "BGV",
            Self::Bfv => "BFV",
            Self::Ckks => "CKKS",
            Self::Tfhe => "TFHE",
        }
    }
}

/// What happens in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// Fresh ciphertexts of the inputs.
    Input,
    /// Weighted sums by plaintext integers, plus bias.
    Linear,
    /// Squaring (two components become three).
    Square,
    /// A polynomial of any other degree on every value.
    Polynomial,
    /// Relinearisation (three components become two) and modulus switching or rescaling.
    Switch,
    /// Key switch of sums to the dimension that is bootstrapped (TFHE).
    KeySwitch,
    /// Modulus switch and programmable bootstrapping: a lookup table on every value (TFHE).
    Lookup,
}

/// Prediction for one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StagePlan {
    /// Layer name, or "input", "relinearise + switch".
    pub name: String,
    /// Layers of the network that it computes, by name: none of what encryption adds, and of a step of a
    /// sequence all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    pub kind: StageKind,
    /// Predicted wall time of the stage for all batches, seconds.
    pub secs: f64,
    /// Ciphertexts after the stage (one batch, one plaintext modulus).
    pub ciphertexts: usize,
    /// Polynomials in each of them.
    #[serde(rename = "parts")]
    pub components: usize,
    /// Bits of the ciphertext modulus after the stage.
    pub log2_q: f64,
    /// Bytes of all ciphertexts after the stage in memory (one batch, one plaintext modulus).
    pub ciphertext_bytes: u64,
    /// Predicted margin, bits: `log2(q/2) - log2(max |phase|)` of exact schemes; for CKKS
    /// `log2(required_error) - log2(max_error)`, the bits of precision left above the required.
    #[serde(with = "format::number")]
    pub margin_bits: f64,
    /// Predicted largest error of a value (CKKS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_error: Option<f64>,
    /// The error that, had all errors up to here grown alike, would reach the bound at the outputs
    /// (CKKS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_error: Option<f64>,
    /// Largest magnitude of an integer after the stage on the calibration data.
    #[serde(with = "format::number")]
    pub range_calibrated: f64,
    /// Largest magnitude of an integer after the stage that any input could give.
    #[serde(with = "format::number")]
    pub range_worst: f64,
}

/// Predicted bytes between client and server, all batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanBytes {
    pub upload: u64,
    pub download: u64,
    pub evaluation_keys: u64,
    /// Peak memory of the run, estimated.
    pub peak_memory: u64,
}

/// Bytes of a message with a body of so many.
pub(super) fn message(body: u64) -> u64 {
    body + ENVELOPE_BYTES as u64
}

/// Bytes of a request with parts of so many.
pub(super) fn message_in_parts(parts: impl IntoIterator<Item = u64>) -> u64 {
    parts.into_iter().map(|part| message(part + PART_HEAD_BYTES as u64)).sum()
}

/// Predicted wall times, seconds, all batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanSecs {
    pub keygen: f64,
    pub encrypt: f64,
    pub evaluate: f64,
    pub decrypt: f64,
}

impl PlanSecs {
    /// Encrypt, evaluate and decrypt.
    pub fn total(&self) -> f64 {
        self.encrypt + self.evaluate + self.decrypt
    }
}

/// What a plan for approximate arithmetic has besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approximate {
    /// Decrypted outputs further than this from the polynomial network count as wrong.
    pub error_bound: f64,
    /// Predicted largest error of an output.
    pub max_error: f64,
    /// Special primes of key switching, and primes to a digit.
    pub special_primes: Vec<u64>,
    pub digit_primes: usize,
    /// Levels that squares and polynomials use up.
    pub levels: usize,
    /// `log2` of the scale of inputs, and of values that are squared or go into polynomials.
    pub input_scale_bits: f64,
    pub scale_bits: f64,
    /// Bits of the weights of each linear layer, with their sign.
    pub weight_bits: Vec<u32>,
    /// What polynomials of each degree would need in the place of all activations.
    pub degrees: Vec<DegreeRequest>,
}

impl Approximate {
    /// Bits of precision by prediction, of what is required, and left.
    pub fn precision_bits(&self) -> (f64, f64, f64) {
        let (predicted, required) = (-self.max_error.log2(), -self.error_bound.log2());
        (predicted, required, predicted - required)
    }
}

/// Parameters and predictions for one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub scheme: SchemeKind,
    /// Ring degree N, also the number of slots: samples in one batch.
    pub ring_degree: usize,
    /// Primes of the ciphertext modulus, in the order in which they stay longest.
    pub primes: Vec<u64>,
    /// Plaintext moduli; more than one when the integers outgrow one (CRT).
    pub plaintext_moduli: Vec<u64>,
    /// Bits of the ciphertext modulus q.
    pub log2_q: f64,
    /// Bits of q times the special primes of key switching: what security depends on.
    pub log2_qp: f64,
    /// Bits of all plaintext moduli together.
    pub plaintext_bits: f64,
    /// Security level reached in `security_table`: 128, 192 or 256; 0 when insecure.
    pub security_bits: u32,
    /// Table and year the level is read from.
    pub security_table: String,
    /// Depth in squarings.
    pub depth: usize,
    /// Weight bits of each linear layer and input bits, for people: "input 2, weights 4/4/4".
    pub precision: String,
    /// Samples to run, and batches they need.
    pub images: usize,
    pub batches: usize,
    pub threads: usize,
    pub stages: Vec<StagePlan>,
    pub bytes: PlanBytes,
    pub secs: PlanSecs,
    pub warnings: Vec<Warning>,
    /// Share of samples that reference and encrypted network are promised to agree on at least: 1
    /// where schemes are exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_agreement: Option<f64>,
    /// Precision and levels, for CKKS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate: Option<Approximate>,
    /// Parameters and predicted noise of lookup tables, for TFHE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<TablePlan>,
    /// Steps and traffic of sequences.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Box<SequencePlan>>,
}

impl Plan {
    /// The smallest predicted margin of any stage, bits.
    pub fn margin_bits(&self) -> f64 {
        self.stages.iter().map(|s| s.margin_bits).fold(f64::INFINITY, f64::min)
    }
}
