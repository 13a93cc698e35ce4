//! What a plan for lookup tables has besides.

use serde::{Deserialize, Serialize};

/// Predictions for the lookups of one table. Deviations are fractions of the torus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LookupPlan {
    pub name: String,
    /// Programmable bootstrappings of one sample.
    #[serde(rename = "readings")]
    pub lookups: usize,
    /// Functions that one of them evaluates.
    pub functions: usize,
    pub bits: u32,
    /// Width of a step, as a fraction of the torus.
    pub step: f64,
    /// Deviation of the noise of a sum.
    #[serde(rename = "deviation_sum")]
    pub standard_deviation_sum: f64,
    /// The same after the key switch; that of the sum where there is none.
    #[serde(rename = "deviation_key_switch")]
    pub standard_deviation_key_switch: f64,
    /// The same after the modulus switch: with what the table is read.
    #[serde(rename = "deviation")]
    pub standard_deviation: f64,
    /// Deviation of the noise of what PBS gives.
    #[serde(rename = "deviation_output")]
    pub standard_deviation_output: f64,
    /// Probability that a sum on the edge of a step is read more than one step off.
    pub failure: f64,
    /// Mean probability that a sum of the calibration data is read one step off.
    #[serde(rename = "one_step")]
    pub adjacent: f64,
}

/// Parameters and predictions of lookup tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TablePlan {
    /// Dimension n of the ciphertexts that are bootstrapped.
    pub lwe_dimension: usize,
    /// Polynomials k of a GLWE mask.
    pub glwe_dimension: usize,
    /// Degree N of the polynomials.
    pub polynomial_size: usize,
    pub pbs_base_log: u32,
    pub pbs_levels: u32,
    /// Of the key switch; 0 levels where there is none.
    pub key_switch_base_log: u32,
    pub key_switch_levels: u32,
    /// `log2` of the standard deviation of fresh noise under both keys, fractions of the torus.
    pub lwe_noise_log2: f64,
    pub glwe_noise_log2: f64,
    /// Bits of the words that answers travel in.
    pub output_bits: u32,
    /// Programmable bootstrappings of one sample.
    #[serde(rename = "readings")]
    pub lookups: usize,
    /// Predicted seconds of one on one thread, key switch included.
    #[serde(rename = "reading_secs")]
    pub lookup_secs: f64,
    /// Predicted seconds of a sample on all threads.
    pub sample_secs: f64,
    /// Probability that a lookup is more than one step off, and that any of a sample is.
    #[serde(rename = "failure_per_reading")]
    pub failure_per_lookup: f64,
    pub failure_per_sample: f64,
    /// Lookups of a sample that are one step off, predicted.
    #[serde(rename = "one_step_per_sample")]
    pub adjacent_per_sample: f64,
    /// Share of the calibration samples whose answer is that without noise, predicted.
    pub agreement: f64,
    /// Deviation of the noise of a score, and the bound on it, in units of a score.
    #[serde(rename = "score_deviation")]
    pub score_standard_deviation: f64,
    pub score_bound: f64,
    /// Keys in the server's memory.
    pub key_memory_bytes: u64,
    pub tables: Vec<LookupPlan>,
}
