//! What a run with lookup tables shows besides: noise at every stage and lookups that were off.

use serde::{Deserialize, Serialize};

/// Lookups from which the probability of a wrong one is extrapolated, at least: their standard deviation is then
/// known to 9 %, the margin to a fifth.
pub const LEAST_LOOKUPS: u64 = 60;

/// What computes on table lookups, as reports name it.
pub const KERNEL: &str = "tfhe 1.8 (core_crypto, fft64)";

/// Bins of a distribution of noise: from -6 to 6 predicted standard deviations.
pub const NOISE_BINS: usize = 48;
/// Predicted standard deviations on each side.
pub const NOISE_SPAN: f64 = 6.0;

/// Where noise is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoisePlace {
    #[default]
    #[serde(rename = "input")]
    Input,
    #[serde(rename = "sum")]
    Sum,
    /// Sums after their key switch.
    #[serde(rename = "key switch")]
    KeySwitch,
    /// What a table is read with.
    #[serde(rename = "modulus switch")]
    ModulusSwitch,
    /// What a table gave.
    #[serde(rename = "output")]
    Output,
    #[serde(rename = "score")]
    Score,
}

impl NoisePlace {
    /// For people, and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Sum => "sum",
            Self::KeySwitch => "key switch",
            Self::ModulusSwitch => "modulus switch",
            Self::Output => "output",
            Self::Score => "score",
        }
    }
}

/// Noise at one place, phase minus message, as fractions of the torus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NoiseReport {
    pub what: NoisePlace,
    /// Values measured.
    pub samples: u64,
    pub mean: f64,
    #[serde(rename = "deviation_predicted")]
    pub standard_deviation_predicted: f64,
    #[serde(rename = "deviation_measured")]
    pub standard_deviation_measured: f64,
    /// How many fell into each of [`NOISE_BINS`] bins of equal width; the outermost hold what lies
    /// beyond them too.
    pub counts: Vec<u64>,
}

impl NoiseReport {
    /// Measured over predicted variance.
    pub fn variance_ratio(&self) -> f64 {
        (self.standard_deviation_measured / self.standard_deviation_predicted.max(1e-300)).powi(2)
    }
}

/// Lookups whose sum lay at some distance from the next step where the output changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DistanceReport {
    /// Upper end of the distances, in widths of a step.
    pub distance: f64,
    #[serde(rename = "readings")]
    pub lookups: u64,
    pub off: u64,
    /// Lookups expected to be off.
    pub off_predicted: f64,
}

/// One layer of tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LookupReport {
    pub name: String,
    #[serde(rename = "readings")]
    pub lookups: u64,
    /// Lookups one step off, with another output.
    #[serde(rename = "one_step")]
    pub adjacent: u64,
    /// Lookups off by prediction, given the sums that were read.
    #[serde(rename = "one_step_predicted")]
    pub adjacent_predicted: f64,
    /// Lookups more than one step off: wrong.
    #[serde(rename = "further")]
    pub wrong_bin: u64,
    pub noise: Vec<NoiseReport>,
    pub distances: Vec<DistanceReport>,
}

/// All tables of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableReport {
    pub lwe_dimension: usize,
    pub glwe_dimension: usize,
    pub polynomial_size: usize,
    /// Bits of the tables.
    pub bits: u32,
    /// Programmable bootstrappings of one sample.
    #[serde(rename = "readings")]
    pub lookups: usize,
    /// Keys in the server's memory, bytes.
    pub key_memory_bytes: u64,
    /// Whether the keys were those of the run before.
    #[serde(default)]
    pub keys_kept: bool,
    /// Wall seconds of the server for one sample: least, median and largest.
    pub sample_secs: [f64; 3],
    #[serde(rename = "failure_per_reading_predicted")]
    pub failure_per_lookup_predicted: f64,
    pub failure_per_sample_predicted: f64,
    /// Fresh noise of the inputs.
    pub inputs: NoiseReport,
    pub tables: Vec<LookupReport>,
    /// Noise of the scores, in units of a score.
    pub scores: NoiseReport,
}
