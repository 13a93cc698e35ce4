//! What the plan of a recurrent run has besides.

use super::strategy::NoiseStrategy;
use super::traffic::NetworkModel;
use serde::{Deserialize, Serialize};

/// Prediction for one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepPlan {
    /// Bits of precision left above the required: `log2(allowed error) - log2(largest error)`.
    pub margin_bits: f64,
    /// Room of a state in its modulus: `log2(q/2) - log2(max |phase|)`.
    pub budget_bits: f64,
    /// Largest error of a state.
    pub max_error: f64,
    /// Primes left after the step.
    pub level: usize,
    pub client_secs: f64,
    pub server_secs: f64,
    pub up_bytes: u64,
    pub down_bytes: u64,
}

/// What the plan of a recurrent run has besides. Of lookup tables, which have no chain of primes, what
/// concerns primes and scales is 0 or empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequencePlan {
    #[serde(rename = "remedy")]
    pub strategy: NoiseStrategy,
    /// Steps from one fresh state to the next.
    pub refresh_every: usize,
    pub steps: usize,
    pub sequences: usize,
    pub special_primes: Vec<u64>,
    pub digit_primes: usize,
    /// Bits of the primes that functions drop.
    pub sigma_bits: u32,
    /// `log2` of the scale of inputs and states.
    pub scale_bits: f64,
    /// Levels of one more step.
    pub levels_per_step: usize,
    /// The most steps that one chain carries at 128 bits of security, as plans of such chains were
    /// made; 0 where none were.
    pub longest_chain: usize,
    /// Decrypted outputs further than this from the network they stand for are wrong.
    pub error_bound: f64,
    /// Predicted largest error of an output.
    pub max_error: f64,
    /// Share of sequences that errors within the bound leave their answer.
    #[serde(default)]
    pub agreement: f64,
    /// By step, one batch.
    pub step_plans: Vec<StepPlan>,
    /// Rounds of one batch: how often one side waits for the other.
    pub rounds: u64,
    /// Bytes of all batches.
    pub upload_bytes: u64,
    pub download_bytes: u64,
    pub key_bytes: u64,
    pub memory_bytes: u64,
    pub keygen_secs: f64,
    /// Busy seconds of each side, all batches, without the keys.
    pub client_secs: f64,
    pub server_secs: f64,
    /// The connection that `refresh_every` was chosen for, and the time over it of all batches.
    pub connection: NetworkModel,
    pub end_to_end_secs: f64,
}
