//! What a sweep finds out about one choice of polynomials.

use activation::{Activation, DEFAULT_PARTS, Method, Polynomial};
use circuit::{Plan, SchemeKind};
use format::short;
use network::{Approximations, IntervalRule};
use report::RunReport;
use scenario::{ActivationRequest, KEEP, LayerInterval, LayerRequest, LayerRequests};
use serde::{Deserialize, Serialize};

/// One choice of polynomials; fields are filled in as they become known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    pub method: Method,
    /// The degree asked for.
    pub degree: usize,
    pub interval: IntervalRule,
    /// The function that is approximated; that of each layer itself when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Activation>,
    /// Polynomials in a composition.
    #[serde(default = "usual_parts")]
    pub parts: usize,
    /// The coefficients, where they were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Polynomial>,
    /// Test samples that shares are of.
    #[serde(default)]
    pub images: usize,
    /// Why there is no polynomial, or why it cannot be carried encrypted; one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Accuracy of the network with the exact function; NaN, in JSON `null`, where it is not known.
    #[serde(default = "unknown", with = "format::number::known")]
    pub original: f64,
    /// The interval of each activation layer, once it is known; none where the layer stays as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Option<(f64, f64)>>,
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
    #[serde(default)]
    pub peak_memory_bytes: u64,
}

fn usual_parts() -> usize {
    DEFAULT_PARTS
}

fn unknown() -> f64 {
    f64::NAN
}

impl SweepRow {
    pub(crate) fn new(choice: &Approximations, images: usize) -> Self {
        Self {
            method: choice.method,
            degree: choice.degree,
            interval: choice.interval,
            function: choice.function.clone(),
            parts: choice.parts,
            own: choice.own.clone(),
            images,
            original: f64::NAN,
            layers: Vec::new(),
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

    /// Whether `other` is about the same polynomials.
    pub fn is_of_choice(&self, other: &Self) -> bool {
        let of = |row: &Self| {
            (row.method, row.degree, row.interval, row.function.clone(), row.parts, row.own.clone())
        };
        of(self) == of(other)
    }

    /// What is not known here and was known of `before`, a row about the same polynomials.
    pub fn fill(&mut self, before: &Self) {
        self.trained = self.trained.or(before.trained);
        self.encrypted = self.encrypted.or(before.encrypted);
    }

    /// The polynomials as a setup has them, put in after training.
    ///
    /// # Errors
    /// Why no setup has them, in one line.
    pub fn activation(&self) -> Result<ActivationRequest, &'static str> {
        if self.fit.is_none() {
            return Err("there is no polynomial");
        }
        if self.function.is_some() {
            return Err("a setup has polynomials for the function that the model really has");
        }
        if self.method == Method::CompositeMinimax && self.parts != DEFAULT_PARTS {
            return Err("a setup has composed polynomials of two parts");
        }
        let ends = self.layers.iter().flatten().next().copied().ok_or("no layer takes one")?;
        let of_layer = |interval: &Option<(f64, f64)>| LayerRequest {
            method: interval.is_none().then(|| KEEP.to_owned()),
            degree: None,
            interval: interval.map(|(low, high)| LayerInterval::Ends([low, high])),
        };
        let alike = self.layers.iter().all(|own| *own == Some(ends)) && ends.0 == -ends.1;
        Ok(ActivationRequest {
            method: self.method.id().to_owned(),
            degree: self.degree,
            interval: ends.1.abs().max(ends.0.abs()),
            polynomial: self.own.clone(),
            layers: match alike {
                true => LayerRequests::Same,
                false => LayerRequests::All(self.layers.iter().map(of_layer).collect()),
            },
            ..ActivationRequest::default()
        })
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
            peak_memory_bytes: report.peak_memory_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(interval: IntervalRule, layers: Vec<Option<(f64, f64)>>) -> SweepRow {
        let choice = Approximations {
            function: None,
            method: Method::Minimax,
            degree: 5,
            parts: DEFAULT_PARTS,
            own: None,
            interval,
            layers: Vec::new(),
        };
        let fit = SweepFit {
            degree: 5,
            depth: 3,
            error_max: 0.1,
            error_mean_square: 0.01,
            error_weighted: None,
        };
        SweepRow { fit: Some(fit), layers, ..SweepRow::new(&choice, 10) }
    }

    #[test]
    fn a_setup_takes_the_polynomials_of_a_row() {
        let ends = (-3.0, 3.0);
        let alike = row(IntervalRule::Given(ends), vec![Some(ends); 2]).activation().unwrap();
        assert_eq!((alike.method.as_str(), alike.degree, alike.interval), ("minimax", 5, 3.0));
        assert!(alike.layers.is_same());
        let measured = IntervalRule::Measured { quantile: 1.0, margin: 0.1 };
        let own = row(measured, vec![Some((-2.0, 2.0)), None, Some((-1.0, 4.0))]);
        let LayerRequests::All(all) = own.activation().unwrap().layers else { panic!("each") };
        assert_eq!(all[0].interval.unwrap().ends(), (-2.0, 2.0));
        assert_eq!((all[1].method.as_deref(), all[1].interval), (Some("keep"), None));
        assert_eq!(all[2].interval.unwrap().ends(), (-1.0, 4.0));
        let of = |change: &dyn Fn(&mut SweepRow)| {
            let mut row = own.clone();
            change(&mut row);
            row.activation().unwrap_err()
        };
        assert!(of(&|r| r.function = Some(Activation::Tanh)).contains("really has"));
        assert!(of(&|r| r.fit = None).contains("no polynomial"));
        assert!(
            own.is_of_choice(&own) && !own.is_of_choice(&SweepRow { degree: 4, ..own.clone() })
        );
    }
}
