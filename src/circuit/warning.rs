//! Everything that a plan or a run warns of: one list of kinds, each with its numbers and what to do.

use network::Clipped;
use serde::{Deserialize, Serialize};

/// Something that a reader of a plan or a report must know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable short name, snake case: one of [`Cause::kind`].
    pub kind: String,
    /// What, where, and what to do.
    pub message: String,
    /// Layer or stage that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Samples that it concerns; of weights, how many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u64>,
    /// By which factor a range is exceeded: 1 at its ends.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "format::number::option")]
    pub factor: Option<f64>,
}

/// Why there is a warning.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause<'a> {
    /// How data and model were matched.
    Matching { note: &'a str },
    /// Less margin is predicted than is required, bits.
    MarginShort { margin_bits: f64, required_bits: f64 },
    /// Values are larger than the modulus, by so many bits.
    ModulusShort { bits: f64 },
    /// Predicted errors exceed the bound.
    ErrorAboveBound { error: f64, bound: f64 },
    /// `log2` of the probability that a table lookup is more than one bin off, and of the allowed.
    LookupsFail { log2_probability: f64, log2_allowed: f64 },
    /// Outputs of calibration samples are larger than the plaintext range of so many bits.
    OutputsWrap { reach: f64, bits: f64 },
    /// Outputs of other samples could be; `spare_bits` are left on calibration samples.
    OutputsMayWrap { reach: f64, spare_bits: f64 },
    /// Scores could be `reach` times as large as there is room for, which is `room` times what
    /// calibration samples give.
    ScoresMayWrap { room: f64, reach: f64 },
    /// Share of the answers that noise is predicted to change.
    NoiseChangesAnswers { share: f64, advice: &'static str },
    /// Bytes of memory, needed and free.
    MemoryShort { needed: u64, free: u64, advice: &'static str },
    /// A setting that nothing here uses.
    NotUsed { path: &'a str, reason: &'a str },
    /// Weights of a layer were cut off at the ends of their grid.
    WeightsClipped { weights: &'a Clipped, advice: &'static str },
    /// Bits of precision asked for, and what the gaps between outputs need.
    PrecisionBelowGaps { asked: f64, needed: f64, agreement: f64 },
    /// Decrypted outputs that are wrong.
    OutputsWrong { wrong: u64, of: u64, measure: &'a str, advice: &'static str },
    /// Measured values of a stage that are wrong; `stages` are.
    StageWrong { stage: &'a str, values: u64, stages: usize },
    /// Lookups that were more than one bin off.
    LookupsWrong { wrong: u64, of: u64 },
    /// A margin other than predicted, bits; the first of `stages`.
    MarginSurprise { stage: &'a str, measured: f64, predicted: f64, stages: usize },
    /// Measured over predicted variance of noise at a place.
    NoiseSurprise { layer: &'a str, what: &'a str, ratio: f64 },
    /// Inputs of an approximated function that lie outside its interval.
    IntervalLeft {
        layer: &'a str,
        interval: (f64, f64),
        reached: (f64, f64),
        factor: f64,
        samples: u64,
        of: u64,
    },
    /// Inputs were cut off at the ends of what can be encrypted.
    InputsClipped { inputs: &'a Clipped, of: u64 },
    /// Sums of a layer lay outside the range of their lookup table.
    SumsOutside { sums: &'a Clipped, of: u64 },
    /// Samples that are answered otherwise than without clipping.
    ClippedAnswers { changed: u64, clipped: u64, of: u64 },
    /// Outputs of a network in the clear that are no numbers.
    Overflow { network: &'static str, samples: u64, of: u64 },
    /// The original network is right no more often than one that always gives the most frequent class.
    Guessing { correct: u64, most: u64, of: u64 },
    /// Reference and encrypted network agree less often than the plan promised; `log10_p` is that of
    /// the probability to see that by chance.
    AgreementBelowPromise { agreeing: u64, of: u64, promised: f64, log10_p: f64 },
}

/// Kind of the warning that tells how data and model were matched.
pub const MATCHING: &str = "matching";

/// Kind of the warning that inputs of a polynomial left its interval.
pub const RANGE_EXCEEDED: &str = "range_exceeded";

impl Cause<'_> {
    /// The stable short name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Matching { .. } => MATCHING,
            Self::MarginShort { .. }
            | Self::ModulusShort { .. }
            | Self::ErrorAboveBound { .. }
            | Self::LookupsFail { .. } => "past_budget",
            Self::OutputsWrap { .. } => "range_exceeds_plaintext",
            Self::OutputsMayWrap { .. } | Self::ScoresMayWrap { .. } => "range_not_guaranteed",
            Self::NoiseChangesAnswers { .. } => "noise",
            Self::MemoryShort { .. } => "memory",
            Self::NotUsed { .. } => "not_used",
            Self::WeightsClipped { .. } => "weights_clipped",
            Self::PrecisionBelowGaps { .. } => "precision_below_gaps",
            Self::OutputsWrong { .. } => "decrypted_wrongly",
            Self::StageWrong { .. } | Self::LookupsWrong { .. } => "stage_decrypted_wrongly",
            Self::MarginSurprise { .. } => "margin_not_as_predicted",
            Self::NoiseSurprise { .. } => "noise_not_as_predicted",
            Self::IntervalLeft { .. } => RANGE_EXCEEDED,
            Self::InputsClipped { .. } => "input_clipped",
            Self::SumsOutside { .. } => "sums_outside",
            Self::ClippedAnswers { .. } => "clipped_answers",
            Self::Overflow { .. } => "plaintext_overflow",
            Self::Guessing { .. } => "no_better_than_guessing",
            Self::AgreementBelowPromise { .. } => "agreement_below_promise",
        }
    }

    fn layer(&self) -> Option<&str> {
        match self {
            Self::WeightsClipped { weights: clipped, .. }
            | Self::SumsOutside { sums: clipped, .. } => Some(&clipped.layer),
            Self::StageWrong { stage: layer, .. }
            | Self::MarginSurprise { stage: layer, .. }
            | Self::NoiseSurprise { layer, .. }
            | Self::IntervalLeft { layer, .. } => Some(layer),
            _ => None,
        }
    }

    fn samples(&self) -> Option<u64> {
        match self {
            Self::WeightsClipped { weights, .. } => Some(weights.values),
            Self::SumsOutside { sums: clipped, .. }
            | Self::InputsClipped { inputs: clipped, .. } => Some(clipped.samples),
            Self::IntervalLeft { samples, .. } | Self::Overflow { samples, .. } => Some(*samples),
            Self::ClippedAnswers { changed, .. } => Some(*changed),
            Self::AgreementBelowPromise { agreeing, of, .. } => Some(of - agreeing),
            _ => None,
        }
    }

    fn factor(&self) -> Option<f64> {
        match self {
            Self::WeightsClipped { weights: clipped, .. }
            | Self::SumsOutside { sums: clipped, .. }
            | Self::InputsClipped { inputs: clipped, .. } => Some(clipped.factor),
            Self::IntervalLeft { factor, .. } => Some(*factor),
            _ => None,
        }
    }

    fn message(&self) -> String {
        let times = |factor: f64| match factor {
            small if small < 1000.0 => format!("{small:.2}"),
            large => format!("{large:.1e}"),
        };
        let first = |stages: usize| match stages {
            0 | 1 => String::new(),
            n => format!(" (the first of {n} stages)"),
        };
        match self {
            Self::Matching { note } => (*note).to_owned(),
            Self::MarginShort { margin_bits, required_bits } => format!(
                "predicted margin {margin_bits:.1} bits, less than {required_bits}: decryption will fail; take more primes or a larger N"
            ),
            Self::ModulusShort { bits } => format!(
                "values exceed the modulus by {bits:.1} bits: decryption will fail; take more primes or a larger N"
            ),
            Self::ErrorAboveBound { error, bound } => format!(
                "predicted errors of {error:.2e} exceed the bound of {bound:.2e}: outputs will be wrong; take larger primes"
            ),
            Self::LookupsFail { log2_probability, log2_allowed } => format!(
                "a lookup hits a wrong bin with probability 2^{log2_probability:.1}, above 2^{log2_allowed:.0}: answers will be wrong; take a larger n or N"
            ),
            Self::OutputsWrap { reach, bits } => format!(
                "outputs reach {reach:.3e} on calibration data but plaintext moduli hold {bits:.1} bits: outputs will wrap around; take larger plaintext moduli"
            ),
            Self::OutputsMayWrap { reach, spare_bits } => format!(
                "outputs reach {reach:.3e} on calibration data, {spare_bits:.1} bits below the plaintext range; an input unlike any of them could exceed it"
            ),
            Self::ScoresMayWrap { room, reach } => format!(
                "scores have room to {room} times what calibration samples give; an input unlike any of them could reach {reach:.1} times that and wrap around"
            ),
            Self::NoiseChangesAnswers { share, advice } => {
                format!(
                    "noise is predicted to change {:.1} % of the answers: {advice}",
                    100.0 * share
                )
            }
            Self::MemoryShort { needed, free, advice } => format!(
                "about {} of memory are needed where {} are free: {advice}",
                format::bytes(*needed),
                format::bytes(*free)
            ),
            Self::NotUsed { path, reason } => format!("{path} is not used here: {reason}"),
            Self::WeightsClipped { weights, advice } => format!(
                "{}: {} of {} weights lie outside their grid, up to {} times its reach, and were cut off: {advice}",
                weights.layer,
                format::count(weights.values),
                format::count(weights.of),
                times(weights.factor)
            ),
            Self::PrecisionBelowGaps { asked, needed, agreement } => format!(
                "{asked} bits of precision were asked for where the gaps between outputs need {}: errors within the bound can change {} of the answers; leave scheme.precision_bits out",
                match needed {
                    needed if needed.is_finite() => format!("{needed:.1}"),
                    _ => "more than any (two are equal)".to_owned(),
                },
                format::percent(1.0 - agreement)
            ),
            Self::OutputsWrong { wrong, of, measure, advice } => format!(
                "{wrong} of {of} decrypted outputs {measure}: the answers of this run are not to be used; {advice}"
            ),
            Self::StageWrong { stage, values, stages } => format!(
                "{stage}{}: {values} measured values decrypt wrongly, so the margin was used up here or before",
                first(*stages)
            ),
            Self::LookupsWrong { wrong, of } => format!(
                "{wrong} of {of} lookups hit a wrong bin: take a larger n or N, or fewer bits"
            ),
            Self::MarginSurprise { stage, measured, predicted, stages } => format!(
                "{stage}{}: margin {measured:.1} bits measured where {predicted:.1} were predicted{}",
                first(*stages),
                if measured < predicted {
                    "; calibration data may be unlike these samples"
                } else {
                    ""
                }
            ),
            Self::NoiseSurprise { layer, what, ratio } => {
                format!("{layer}, {what}: variance {ratio:.2} times the predicted one")
            }
            Self::IntervalLeft { layer, interval, reached, factor, samples, of } => format!(
                "{layer}: inputs of the polynomial reach {:.3} to {:.3}, {} times the interval {:.3} to {:.3}, in {samples} of {of} samples (polynomial network in the clear): widen the interval, or train with a range penalty",
                reached.0,
                reached.1,
                times(*factor),
                interval.0,
                interval.1
            ),
            Self::InputsClipped { inputs, of } => format!(
                "{} of {of} samples have inputs outside what is encrypted, up to {} times its reach; they were cut off: normalise the data as those that the model was trained on",
                inputs.samples,
                times(inputs.factor)
            ),
            Self::SumsOutside { sums, of } => format!(
                "{}: sums reach {} times the range of the lookup table in {} of {of} samples, and are looked up where the circle folds them back to: give the table more room, or train the model with it",
                sums.layer,
                times(sums.factor),
                sums.samples
            ),
            Self::ClippedAnswers { changed, clipped, of } => format!(
                "{changed} of {clipped} clipped samples ({of} in all) are answered otherwise than without clipping: these answers are not those of the model"
            ),
            Self::Overflow { network, samples, of } => format!(
                "outputs of the {network} network are no numbers in {samples} of {of} samples: it overflows; its classes mean nothing there"
            ),
            Self::Guessing { correct, most, of } => format!(
                "the original network is right on {correct} of {of} samples; always giving the most frequent class would be right on {most}: its answers say nothing of these data (other units, classes or columns than it was trained on?)"
            ),
            Self::AgreementBelowPromise { agreeing, of, promised, log10_p } => format!(
                "encrypted and reference network agree on {agreeing} of {of} samples ({}) where the plan promised {}; {}: these samples lie closer to the border between classes than those of calibration; ask for more precision",
                format::percent(*agreeing as f64 / (*of).max(1) as f64),
                format::percent(*promised),
                match log10_p.is_finite() {
                    true => format!("the probability of that by chance is 10^{log10_p:.0}"),
                    false => "that cannot be by chance".to_owned(),
                }
            ),
        }
    }
}

impl From<Cause<'_>> for Warning {
    fn from(cause: Cause) -> Self {
        Self {
            kind: cause.kind().to_owned(),
            message: cause.message(),
            layer: cause.layer().map(str::to_owned),
            samples: cause.samples(),
            factor: cause.factor(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_carries_its_numbers_through_json() {
        let sums =
            Clipped { layer: "relu1".into(), values: 9, of: 40, samples: 3, factor: f64::INFINITY };
        let warning = Warning::from(Cause::SumsOutside { sums: &sums, of: 20 });
        assert_eq!((warning.samples, warning.layer.as_deref()), (Some(3), Some("relu1")));
        let text = serde_json::to_string(&warning).expect("text");
        assert!(text.contains("\"Infinity\""), "{text}");
        assert_eq!(serde_json::from_str::<Warning>(&text).expect("reads"), warning);
    }

    #[test]
    fn warnings_of_old_reports_still_open() {
        let old = r#"{"kind":"noise_model","message":"7 steps"}"#;
        let warning: Warning = serde_json::from_str(old).expect("reads");
        assert_eq!((warning.kind.as_str(), warning.factor), ("noise_model", None));
    }
}
