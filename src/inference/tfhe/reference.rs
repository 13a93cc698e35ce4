//! What the answers of a run with lookup tables should be: those of the same tables without noise, or of
//! the values that were really read.

use super::measure::Measuring;
use crate::float_run::FloatRun;
use crate::initial_report::InitialReport;
use crate::reference::{Ended, Place, Reference};
use crate::session::Session;
use circuit::table::TableCircuit;
use circuit::{Cause, Plan, Warning};
use engine::{Measured, ModulusAnswer, Scheme, read_reals};
use network::table::Unclipped;
use progress::Cancel;
use report::{
    Clipping, Findings, KERNEL, Margins, Phase, RunProgress, RunReport, StageReport, TableReport,
    Tally, trained_reach,
};
use scenario::RunError;
use std::cell::RefCell;
use std::ops::Range;

/// Measured variances further from the predicted than this, as a share, are worth a warning.
const TOLERATED_VARIANCE: f64 = 0.125;
/// Values a variance must be measured on before it is held against the prediction.
const VARIANCE_SAMPLES: u64 = 1000;

/// A run with lookup tables: noise is measured in every sample.
pub(crate) struct Lookups<'a> {
    circuit: &'a TableCircuit,
    float: FloatRun,
    inputs: Vec<i32>,
    /// Scores without noise.
    outputs: Vec<f64>,
    clipping: Clipping,
    measuring: RefCell<Measuring<'a>>,
}

impl<'a> Lookups<'a> {
    /// Runs the networks in the clear.
    ///
    /// # Errors
    /// When they fail, or the work is stopped.
    pub fn new(
        session: &Session,
        circuit: &'a TableCircuit,
        progress: &RunProgress,
        cancel: &Cancel,
    ) -> Result<Self, RunError> {
        progress.phase(Phase::Plain);
        let network = &circuit.network;
        let (float, (inputs, run, unclipped)) =
            FloatRun::with(session, cancel, progress, |raw, watch| {
                let factor = |at: usize, x: f32| network.input_factor(at, x);
                let trained = network.has_trained_grid();
                let reach = trained_reach(&session.network, &session.dataset, trained, factor);
                let run = network.evaluate(raw, watch)?;
                Ok((network.integers(raw)?, run, network.unclipped(raw, reach)))
            })?;
        let Unclipped { inputs: clipped, far, classes } = unclipped;
        let clipping = Clipping {
            inputs: clipped,
            inputs_trained: far == 0,
            sums: run.outside,
            sums_trained: network.has_trained_ranges(),
            unclipped: classes,
        };
        let outputs = run.scores.iter().map(|score| *score as f64).collect();
        let measuring = RefCell::new(Measuring::new(circuit));
        Ok(Self { circuit, float, inputs, outputs, clipping, measuring })
    }
}

impl<S: Scheme<Value = f64>> Reference<S> for Lookups<'_> {
    type Input = i32;
    type Output = f64;

    fn float(&self) -> &FloatRun {
        &self.float
    }

    fn inputs(&self) -> &[i32] {
        &self.inputs
    }

    fn outputs(&self) -> &[f64] {
        &self.outputs
    }

    fn initial_report(&self, session: &Session, plan: &Plan) -> RunReport {
        InitialReport { plan, kernel: KERNEL, float: &self.float }.report(session)
    }

    fn tally(&self) -> Tally {
        let bound = self.circuit.tables().map_or(0.0, |t| t.score_bound);
        Tally::new(bound, self.circuit.network.score_scale()).with_clipping(&self.clipping)
    }

    fn combine(&self, moduli: &[ModulusAnswer<f64>], samples: usize) -> Vec<f64> {
        read_reals(moduli, samples)
    }

    fn measures(&self, _: usize, _: usize) -> bool {
        true
    }

    fn note(
        &self,
        _: &mut StageReport,
        place: Place,
        found: &Measured<f64>,
        samples: &Range<usize>,
    ) {
        let width = self.circuit.network.input().len();
        let inputs = self.inputs.get(samples.start * width..samples.end * width);
        let inputs = inputs.unwrap_or_default();
        self.measuring.borrow_mut().note(place.stage, place.index, &found.values, inputs);
    }

    fn margins(&self, stages: &mut [StageReport]) {
        self.measuring.borrow().margins(stages);
    }

    fn exact(&self, decrypted: &[f64]) -> Option<Vec<f64>> {
        Some(self.measuring.borrow_mut().scores(decrypted))
    }

    fn findings(&self, report: &mut RunReport, mut ended: Ended) {
        let details = self.circuit.tables().cloned().unwrap_or_default();
        let scale = self.circuit.network.score_scale();
        Findings {
            measure: "are outside their bound",
            advice: "take a larger n or N",
            promised: ended.promised,
            clipping: &self.clipping,
            ranges: &[],
            margins: Margins::Elsewhere,
        }
        .enter(report, ended.tally);
        report.encrypted.error_bound = Some(details.score_bound * scale);
        // The largest of so many normal errors.
        let errors = self.float.samples.max(1) as f64 * self.circuit.network.classes() as f64;
        let largest = (2.0 * errors.max(2.0).ln()).sqrt() * details.score_standard_deviation;
        report.encrypted.max_abs_error_predicted = Some(largest * scale);
        let mut tables = self.measuring.borrow().finish();
        ended.batch_secs.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = ended.batch_secs.len().saturating_sub(1);
            ended.batch_secs.get((share * last as f64) as usize).copied().unwrap_or(0.0)
        };
        tables.sample_secs = [at(0.0), at(0.5), at(1.0)];
        tables.keys_kept = ended.keys_kept;
        report.warnings.extend(warnings(&tables));
        report.tables = Some(tables);
    }
}

/// What the noise of lookups gives rise to.
fn warnings(tables: &TableReport) -> Vec<Warning> {
    let mut all = Vec::new();
    let wrong: u64 = tables.tables.iter().map(|t| t.wrong_bin).sum();
    if wrong > 0 {
        let of = tables.tables.iter().map(|t| t.lookups).sum();
        all.push(Cause::LookupsWrong { wrong, of }.into());
    }
    for table in &tables.tables {
        for noise in table.noise.iter().filter(|n| n.samples >= VARIANCE_SAMPLES) {
            let ratio = noise.variance_ratio();
            // What is no number is not as predicted.
            if (ratio - 1.0).abs() > TOLERATED_VARIANCE || ratio.is_nan() {
                let (layer, what) = (&table.name, noise.what.name());
                all.push(Cause::NoiseSurprise { layer, what, ratio }.into());
            }
        }
    }
    all
}
