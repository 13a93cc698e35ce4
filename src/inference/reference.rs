//! What the answers of a run should be: where runs on integers and on real numbers differ.

use super::float_run::FloatRun;
use super::initial_report::InitialReport;
use super::session::Session;
use circuit::{Circuit, IntegerNetwork, Plan, RealCircuit, StagePlan, StageProbe};
use engine::{Crt, Measured, ModulusAnswer, Scheme, combined, read_reals};
use network::RangeReport;
use progress::Cancel;
use rayon::prelude::*;
use report::{
    Clipping, Findings, Margins, Output, Phase, RunProgress, RunReport, StageReport, Tally, larger,
    trained_reach,
};
use ring::Modulus;
use scenario::RunError;
use std::ops::Range;

/// Errors inside may be larger than what leaves a margin by this factor, one bit, before they count
/// as wrong: what they do to the outputs is known to about that.
const TOLERATED: f64 = 2.0;

/// Where a measured ciphertext was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Number of the plaintext modulus.
    pub modulus: usize,
    pub stage: usize,
    /// Which of the stage's values it is.
    pub index: usize,
}

/// The networks in the clear, and how decrypted values are held against them.
pub(crate) trait Reference<S: Scheme> {
    /// An input of the network.
    type Input: Copy + Into<S::Value>;
    /// An output.
    type Output: Output;

    fn float(&self) -> &FloatRun;

    /// Inputs of all samples, sample after sample.
    fn inputs(&self) -> &[Self::Input];

    /// Outputs of the reference network, sample after sample.
    fn outputs(&self) -> &[Self::Output];

    /// The report before anything is encrypted.
    fn initial_report(&self, session: &Session, plan: &Plan) -> RunReport;

    /// Nothing counted yet.
    fn tally(&self) -> Tally;

    /// Outputs of a batch of `samples` from those of its plaintext moduli.
    fn combine(&self, moduli: &[ModulusAnswer<S::Value>], samples: usize) -> Vec<Self::Output>;

    /// Whether ciphertexts of a batch and plaintext modulus are measured: those of the first, but where
    /// noise takes many samples to be known.
    fn measures(&self, batch: usize, modulus: usize) -> bool {
        batch == 0 && modulus == 0
    }

    /// Enters a measured ciphertext of these samples into its stage.
    fn note(
        &self,
        stage: &mut StageReport,
        place: Place,
        found: &Measured<S::Value>,
        samples: &Range<usize>,
    );

    /// Enters margins that are known of all samples so far only.
    fn margins(&self, _: &mut [StageReport]) {}

    /// What errors of the decrypted outputs of the batch that was measured last are counted from, where
    /// that is not the reference network.
    fn exact(&self, _decrypted: &[Self::Output]) -> Option<Vec<Self::Output>> {
        None
    }

    /// Enters counts and warnings.
    fn findings(&self, report: &mut RunReport, ended: Ended);
}

/// What is known of a run when its last batch is decrypted.
#[cfg_attr(not(feature = "tfhe"), allow(dead_code, reason = "lookup tables tell more of a run"))]
pub(crate) struct Ended<'a> {
    pub tally: &'a Tally,
    /// Share of samples that the plan promised to agree.
    pub promised: Option<f64>,
    /// Seconds of the server for each batch and plaintext modulus.
    pub batch_secs: Vec<f64>,
    /// Whether keys were those of a run before.
    pub keys_kept: bool,
}

/// A run on integers: every value is right or wrong.
pub(crate) struct Integers<'a> {
    circuit: &'a Circuit,
    float: FloatRun,
    inputs: Vec<i32>,
    outputs: Vec<i128>,
    /// Values that are measured, in the order of the probes.
    captured: Vec<Vec<i128>>,
    clipping: Clipping,
    crt: Crt,
}

impl<'a> Integers<'a> {
    /// Runs the networks in the clear.
    ///
    /// # Errors
    /// When they fail, or the work is stopped.
    pub fn new(
        session: &Session,
        circuit: &'a Circuit,
        progress: &RunProgress,
        cancel: &Cancel,
    ) -> Result<Self, RunError> {
        progress.phase(Phase::Plain);
        let (float, (inputs, integer)) =
            FloatRun::with(session, cancel, progress, |raw, watch| {
                let inputs = circuit.network.quantise_inputs(raw);
                let integer = circuit.network.evaluate(&inputs, &wanted(&circuit.probes), watch)?;
                let clipping = clipping(session, &circuit.network, raw);
                Ok((inputs, (integer, clipping)))
            })?;
        let (integer, clipping) = integer;
        let crt = Crt::new(&circuit.moduli);
        let (outputs, captured) = (integer.outputs, integer.captured);
        Ok(Self { circuit, float, inputs, outputs, captured, clipping, crt })
    }
}

impl<S: Scheme<Value = i64>> Reference<S> for Integers<'_> {
    type Input = i32;
    type Output = i128;

    fn float(&self) -> &FloatRun {
        &self.float
    }

    fn inputs(&self) -> &[i32] {
        &self.inputs
    }

    fn outputs(&self) -> &[i128] {
        &self.outputs
    }

    fn initial_report(&self, session: &Session, plan: &Plan) -> RunReport {
        InitialReport { plan, kernel: self.circuit.kernel(), float: &self.float }.report(session)
    }

    fn tally(&self) -> Tally {
        Tally::new(0.0, self.circuit.network.output_step()).with_clipping(&self.clipping)
    }

    fn combine(&self, moduli: &[ModulusAnswer<i64>], samples: usize) -> Vec<i128> {
        combined(&self.crt, moduli, samples)
    }

    fn note(
        &self,
        stage: &mut StageReport,
        place: Place,
        found: &Measured<i64>,
        samples: &Range<usize>,
    ) {
        let Some(&t) = self.circuit.moduli.get(place.modulus) else { return };
        if place.stage == 0 {
            let width = self.circuit.network.inputs();
            let inputs = &self.inputs[samples.start * width..samples.end * width];
            let expected = inputs.chunks_exact(width).map(|x| i128::from(x[place.index]));
            return note_integers(stage, t, found, expected);
        }
        if let Some(expected) = captured(&self.circuit.probes, &self.captured, place, samples) {
            note_integers(stage, t, found, expected.iter().copied());
        }
    }

    fn findings(&self, report: &mut RunReport, ended: Ended) {
        Findings {
            measure: "differ from the integer network",
            advice: "take more primes, a larger N or larger plaintext moduli",
            promised: ended.promised,
            clipping: &self.clipping,
            ranges: &[],
            margins: Margins::BothWays,
        }
        .enter(report, ended.tally);
    }
}

/// A run on real numbers: every value has an error.
pub(crate) struct Reals<'a> {
    circuit: &'a RealCircuit,
    float: FloatRun,
    inputs: Vec<f64>,
    outputs: Vec<f64>,
    /// Values that are measured, in the order of the probes.
    captured: Vec<Vec<f64>>,
    ranges: Vec<RangeReport>,
}

impl<'a> Reals<'a> {
    /// Runs the networks in the clear.
    ///
    /// # Errors
    /// When they fail, or the work is stopped.
    pub fn new(
        session: &Session,
        circuit: &'a RealCircuit,
        progress: &RunProgress,
        cancel: &Cancel,
    ) -> Result<Self, RunError> {
        progress.phase(Phase::Plain);
        let (float, plain) = FloatRun::with(session, cancel, progress, |raw, watch| {
            let inputs = circuit.network.inputs_of(raw);
            let polynomial = circuit.network.evaluate(&inputs, &wanted(&circuit.probes), watch)?;
            Ok((inputs, polynomial, session.ranges(raw, watch)?))
        })?;
        let (inputs, polynomial, ranges) = plain;
        let (outputs, captured) = (polynomial.outputs, polynomial.captured);
        Ok(Self { circuit, float, inputs, outputs, captured, ranges })
    }

    fn bound(&self) -> f64 {
        self.circuit.plan.approximate.as_ref().map_or(0.0, |a| a.error_bound)
    }
}

impl<S: Scheme<Value = f64>> Reference<S> for Reals<'_> {
    type Input = f64;
    type Output = f64;

    fn float(&self) -> &FloatRun {
        &self.float
    }

    fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    fn outputs(&self) -> &[f64] {
        &self.outputs
    }

    fn initial_report(&self, session: &Session, plan: &Plan) -> RunReport {
        let kernel = self.circuit.program.parameters.kernel().name();
        InitialReport { plan, kernel, float: &self.float }.report(session)
    }

    fn tally(&self) -> Tally {
        Tally::new(self.bound(), 1.0)
    }

    fn combine(&self, moduli: &[ModulusAnswer<f64>], samples: usize) -> Vec<f64> {
        read_reals(moduli, samples)
    }

    fn note(
        &self,
        stage: &mut StageReport,
        place: Place,
        found: &Measured<f64>,
        samples: &Range<usize>,
    ) {
        let Some(planned) = self.circuit.plan.stages.get(place.stage) else { return };
        if place.stage == 0 {
            let width = self.circuit.network.inputs();
            let inputs = &self.inputs[samples.start * width..samples.end * width];
            let expected = inputs.chunks_exact(width).map(|x| x[place.index]);
            return note_reals(stage, planned, found, expected);
        }
        if let Some(expected) = captured(&self.circuit.probes, &self.captured, place, samples) {
            note_reals(stage, planned, found, expected.iter().copied());
        }
    }

    fn findings(&self, report: &mut RunReport, ended: Ended) {
        let bound = self.bound();
        Findings {
            measure: &format!("are further than {bound:.2e} from the polynomial network"),
            advice: "take more or larger primes, or a larger N",
            promised: ended.promised,
            clipping: &Clipping::default(),
            ranges: &self.ranges,
            margins: Margins::BothWays,
        }
        .enter(report, ended.tally);
    }
}

/// Layers and values that probes measure.
fn wanted(probes: &[StageProbe]) -> Vec<(usize, usize)> {
    probes.iter().map(|t| (t.layer, t.index)).collect()
}

/// What the value at `place` should be, for `samples`.
fn captured<'a, V>(
    probes: &[StageProbe],
    values: &'a [Vec<V>],
    place: Place,
    samples: &Range<usize>,
) -> Option<&'a [V]> {
    let at = probes.iter().position(|t| t.stage == place.stage && t.index == place.index)?;
    values.get(at)?.get(samples.clone())
}

/// What of raw samples is cut off: their own inputs, further out than those of calibration samples, or
/// weights, which concern them all.
fn clipping(session: &Session, network: &IntegerNetwork, raw: &[f32]) -> Clipping {
    let (inputs, clipped) = network.input_clipping(raw);
    let factor = |at: usize, x: f32| network.input_factor(at, x);
    let reach =
        trained_reach(&session.network, &session.dataset, network.has_trained_grid(), factor);
    let beyond = clipped.into_iter().filter(|(_, factor)| *factor > reach);
    let mut samples: Vec<usize> = beyond.map(|(index, _)| index).collect();
    let inputs_trained = samples.is_empty();
    let width = network.inputs().max(1);
    if !network.clipped_weights().is_empty() {
        samples = (0..raw.len() / width).collect();
    }
    let class = |index: usize| {
        let sample = raw.get(index * width..(index + 1) * width).unwrap_or_default();
        (index, network.unclipped_class(sample))
    };
    let unclipped: Vec<_> = samples.into_par_iter().map(class).collect();
    let unclipped = unclipped.into_iter().collect();
    Clipping { inputs, inputs_trained, unclipped, ..Clipping::default() }
}

/// Enters integers modulo `t` into their stage.
fn note_integers(
    stage: &mut StageReport,
    t: Modulus,
    found: &Measured<i64>,
    expected: impl Iterator<Item = i128>,
) {
    let margin = stage.margin_bits_measured.unwrap_or(f64::INFINITY).min(found.margin_bits);
    stage.margin_bits_measured = Some(margin);
    let mut largest = stage.max_abs_error.unwrap_or(0.0);
    for (value, expected) in found.values.iter().zip(expected) {
        let expected = t.center(expected.rem_euclid(i128::from(t.value())) as u64);
        if *value != expected {
            stage.wrong_values += 1;
            largest = largest.max((value - expected).unsigned_abs() as f64);
        }
    }
    stage.max_abs_error = Some(largest);
}

/// Enters real numbers into their stage: the margin is what their largest error leaves of the one that is
/// allowed there.
fn note_reals(
    stage: &mut StageReport,
    planned: &StagePlan,
    found: &Measured<f64>,
    expected: impl Iterator<Item = f64>,
) {
    let allowed = planned.required_error.unwrap_or(f64::INFINITY);
    let mut largest = stage.max_abs_error.unwrap_or(0.0);
    for (value, expected) in found.values.iter().zip(expected) {
        let error = (value - expected).abs();
        // What is not a number is wrong too.
        if error.is_nan() || error > TOLERATED * allowed {
            stage.wrong_values += 1;
        }
        largest = larger(largest, error);
    }
    stage.max_abs_error = Some(largest);
    // Nothing is known more precisely than doubles are.
    let least = (f64::EPSILON * allowed).max(f64::MIN_POSITIVE);
    stage.margin_bits_measured = Some((allowed / larger(least, largest)).log2());
}
