//! What the figures of a run give rise to: the same warnings, raised the same way, for every scheme and
//! protocol.

use super::chance::{BROKEN_LOG10, ln_at_most};
use super::clipping::Clipping;
use super::report::{ClipReport, RunReport, StageReport};
use super::tally::Tally;
use circuit::{Cause, Warning};
use network::RangeReport;

/// Margins further below or above the predicted ones than this are worth a warning, bits.
const TOLERATED_BITS: f64 = 3.0;

/// Samples from which their largest error is held against that of the thousand that plans count with.
const EXTREME_SAMPLES: u64 = 100;

/// Samples from which an accuracy is held against that of guessing.
const MANY_SAMPLES: u64 = 20;

/// And so are those that were this much too optimistic, where every value is measured.
const OPTIMISTIC_BITS: f64 = 1.0;

/// What there is beside the counts of samples.
pub struct Findings<'a> {
    /// What wrong outputs do: "differ from the integer network".
    pub measure: &'a str,
    /// What to do about them.
    pub advice: &'static str,
    /// Share of samples that the plan promised to agree.
    pub promised: Option<f64>,
    pub clipping: &'a Clipping,
    /// Inputs of approximated functions against their intervals.
    pub ranges: &'a [RangeReport],
    /// Whether margins of stages are held against the predicted ones, and both ways.
    pub margins: Margins,
}

/// How measured margins are held against predicted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margins {
    /// Those that are too small or too large.
    BothWays,
    /// Those that are too small.
    Smaller,
    /// Not here: their noise is measured more closely elsewhere.
    #[cfg(feature = "tfhe")]
    Elsewhere,
}

impl Findings<'_> {
    /// Enters counts and warnings into `report`.
    pub fn enter(&self, report: &mut RunReport, tally: &Tally) {
        tally.enter(report);
        report.encrypted.promised_agreement = self.promised;
        report.ranges = self.ranges.to_vec();
        let clipping = self.clipping;
        let inputs = Some(&clipping.inputs).filter(|c| c.any());
        let sums = || clipping.sums.iter().filter(|c| c.any());
        report.clipping = inputs
            .map(|c| ClipReport {
                what: "inputs".into(),
                in_training: clipping.inputs_trained,
                clipped: c.clone(),
            })
            .into_iter()
            .chain(sums().map(|c| ClipReport {
                what: "sums".into(),
                in_training: clipping.sums_trained,
                clipped: c.clone(),
            }))
            .collect();
        let of = tally.samples;
        let mut causes = Vec::new();
        if tally.wrong_outputs() > 0 {
            causes.push(Cause::OutputsWrong {
                wrong: tally.wrong_outputs(),
                of: tally.outputs(),
                measure: self.measure,
                advice: self.advice,
            });
        }
        if let Some(promised) = self.promised {
            let log10_p = ln_at_most(tally.agreeing(), of, promised) / std::f64::consts::LN_10;
            if log10_p < BROKEN_LOG10 {
                report.encrypted.agreement_below_promise = true;
                let agreeing = tally.agreeing();
                causes.push(Cause::AgreementBelowPromise { agreeing, of, promised, log10_p });
            }
        }
        if let Some((correct, most)) = tally.guesses().filter(|_| of >= MANY_SAMPLES) {
            causes.push(Cause::Guessing { correct, most, of });
        }
        for (network, samples) in [("original", tally.overflows()), ("reference", tally.lost())] {
            if samples > 0 {
                causes.push(Cause::Overflow { network, samples, of });
            }
        }
        if !clipping.inputs_trained {
            causes.extend(inputs.map(|inputs| Cause::InputsClipped { inputs, of }));
        }
        if !clipping.sums_trained {
            causes.extend(sums().map(|sums| Cause::SumsOutside { sums, of }));
        }
        let (changed, clipped) = tally.clipped();
        if changed > 0 {
            causes.push(Cause::ClippedAnswers { changed, clipped, of });
        }
        causes.extend(self.ranges.iter().filter(|r| r.samples_outside > 0).map(|range| {
            Cause::IntervalLeft {
                layer: &range.layer,
                interval: range.interval,
                reached: (range.lowest, range.highest),
                factor: range.reach(),
                samples: range.samples_outside,
                of,
            }
        }));
        let mut warnings: Vec<Warning> = causes.into_iter().map(Warning::from).collect();
        warnings.extend(stages(&report.stages, self.margins, of >= EXTREME_SAMPLES));
        report.warnings.extend(warnings);
    }
}

/// Stages that were wrong, else those whose margin is not as predicted. Many of a kind are told as one.
fn stages(all: &[StageReport], margins: Margins, extreme: bool) -> Vec<Warning> {
    const MANY: usize = 3;
    let above = if extreme { TOLERATED_BITS } else { f64::INFINITY };
    let wrong = |s: &&StageReport| s.wrong_values > 0;
    let surprising = |s: &&StageReport| {
        let Some(measured) = s.margin_bits_measured.filter(|_| s.wrong_values == 0) else {
            return false;
        };
        let below = s.margin_bits_predicted - measured;
        match margins {
            // What is no number is no prediction.
            Margins::BothWays => !(-above..=OPTIMISTIC_BITS).contains(&below),
            Margins::Smaller => below.is_nan() || below > TOLERATED_BITS,
            #[cfg(feature = "tfhe")]
            Margins::Elsewhere => false,
        }
    };
    let told = |stages: Vec<&StageReport>, cause: &dyn Fn(&StageReport, usize) -> Warning| {
        let (shown, of) = match stages.len() {
            many if many > MANY => (1, many),
            few => (few, 1),
        };
        stages.into_iter().take(shown).map(|s| cause(s, of)).collect::<Vec<_>>()
    };
    let mut found = told(all.iter().filter(wrong).collect(), &|s, stages| {
        Cause::StageWrong { stage: &s.name, values: s.wrong_values, stages }.into()
    });
    found.extend(told(all.iter().filter(surprising).collect(), &|s, stages| {
        let (measured, predicted) =
            (s.margin_bits_measured.unwrap_or(f64::NAN), s.margin_bits_predicted);
        Cause::MarginSurprise { stage: &s.name, measured, predicted, stages }.into()
    }));
    found
}
