//! What a sweep finds out about one choice of polynomials.

use activation::Method;
use circuit::{Plan, SchemeKind};
use format::short;
use network::{Approximations, IntervalRule};
use report::RunReport;
use serde::{Deserialize, Serialize};

/// One choice of polynomials; fields are filled in as they become known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    pub method: Method,
    /// The degree asked for.
    pub degree: usize,
    pub interval: IntervalRule,
    /// Test samples that shares are of.
    #[serde(default)]
    pub images: usize,
    /// Why there is no polynomial, or why it cannot be carried encrypted; one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<SweepFit>,
    /// The network with the polynomials put in after training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<SweepAccuracy>,
    /// The network trained on with the polynomials inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained: Option<SweepAccuracy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<SweepCost>,
    /// Measured in an encrypted run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<SweepRun>,
}

/// The polynomials themselves; of several layers the worst.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepFit {
    /// Degree reached: less than asked for where symmetry leaves the highest coefficients 0.
    pub degree: usize,
    /// Multiplicative depth of all polynomials, one after the other.
    pub depth: usize,
    /// Largest error on the interval.
    pub error_max: f64,
    /// Mean square error on the interval.
    pub error_mean_square: f64,
    /// Mean square error over the measured inputs of the activations.
    pub error_weighted: Option<f64>,
}

/// Answers of a polynomial network in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepAccuracy {
    /// Share of the samples classified as labelled; NaN, in JSON `null`, where that is not known.
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    /// Share of the samples to which the exact network gives the same class.
    pub agreement: f64,
    /// Share of the samples with an activation input outside its interval.
    pub samples_outside: f64,
}

/// What an encrypted run is predicted to cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepCost {
    pub scheme: SchemeKind,
    /// Levels that squares and polynomials use up (CKKS), or squarings one after the other.
    #[serde(default)]
    pub levels: usize,
    pub ring_degree: usize,
    pub log2_q: f64,
    pub security_bits: u32,
    /// Encrypt, evaluate and decrypt, all samples.
    pub latency_secs: f64,
    pub margin_bits: f64,
    pub upload_bytes: u64,
    pub evaluation_key_bytes: u64,
    pub peak_memory_bytes: u64,
}

/// What an encrypted run measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRun {
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    /// The same of the reference network: what the ciphertexts stand for, in the clear.
    #[serde(default, with = "format::number::known")]
    pub reference_accuracy: f64,
    /// Share of the samples with the class of the reference network.
    pub agreement: f64,
    pub wrong_outputs: u64,
    pub right: bool,
    /// Encrypt, evaluate and decrypt, all samples.
    pub latency_secs: f64,
    /// Smallest of all stages.
    pub margin_bits: Option<f64>,
    pub upload_bytes: u64,
    pub evaluation_key_bytes: u64,
}

impl SweepRow {
    pub(crate) fn new(choice: &Approximations, images: usize) -> Self {
        Self {
            method: choice.method,
            degree: choice.degree,
            interval: choice.interval,
            images,
            refusal: None,
            fit: None,
            replaced: None,
            trained: None,
            predicted: None,
            encrypted: None,
        }
    }

    /// Accuracy in the clear of the network that would be encrypted: after training with the
    /// polynomials where that was done.
    pub fn accuracy(&self) -> Option<f64> {
        self.trained.or(self.replaced).map(|a| a.accuracy)
    }

    /// The interval in words: `±5`, `-1 to 3`, or `measured` for one per layer.
    pub fn interval_text(&self) -> String {
        match self.interval {
            IntervalRule::Given((low, high)) if low == -high => format!("±{}", short(high)),
            IntervalRule::Given((low, high)) => format!("{} to {}", short(low), short(high)),
            IntervalRule::Measured { .. } => "measured".to_owned(),
        }
    }
}

impl SweepCost {
    /// The figures of a plan.
    pub fn of(plan: &Plan) -> Self {
        Self {
            scheme: plan.scheme,
            levels: plan.approximate.as_ref().map_or(plan.depth, |a| a.levels),
            ring_degree: plan.ring_degree,
            log2_q: plan.log2_q,
            security_bits: plan.security_bits,
            latency_secs: plan.secs.total(),
            margin_bits: plan.margin_bits(),
            upload_bytes: plan.bytes.upload,
            evaluation_key_bytes: plan.bytes.evaluation_keys,
            peak_memory_bytes: plan.bytes.peak_memory,
        }
    }
}

impl SweepRun {
    pub(crate) fn of(report: &RunReport) -> Self {
        let margins = report.stages.iter().filter_map(|s| s.margin_bits_measured);
        Self {
            accuracy: report.encrypted.accuracy,
            reference_accuracy: report.plain.integer_accuracy,
            agreement: report.encrypted.agreement,
            wrong_outputs: report.encrypted.wrong_outputs,
            right: report.is_right(),
            latency_secs: report.encrypted.total_secs,
            margin_bits: margins.reduce(f64::min),
            upload_bytes: report.bytes.upload,
            evaluation_key_bytes: report.bytes.evaluation_keys,
        }
    }
}
