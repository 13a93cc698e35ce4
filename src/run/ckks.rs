//! Circuits on our CKKS.

use super::backend::{Backend, BackendError, Evaluated, Measured, Tapped};
use crate::circuit::{CkksPart, CkksStep, RealCircuit};
use crate::progress::{Step, Watch};
use crate::ring::Seed;
use crate::ring::kernels::TILE_WORDS;
use crate::scheme::ckks::{
    Ciphertext, CkksError, CkksParameters, EvaluationKeys, FreshBatch, SecretKey, SegmentInput,
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Values whose polynomials are evaluated together: what they came from is dropped before the next.
const TOGETHER: usize = 64;

/// Runs a circuit with CKKS.
pub struct Ckks<'a>(pub &'a RealCircuit);

impl From<CkksError> for BackendError {
    fn from(error: CkksError) -> Self {
        match error {
            CkksError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "CKKS", reason: other.to_string() },
        }
    }
}

impl Ckks<'_> {
    fn parameters(&self) -> &CkksParameters {
        &self.0.program.parameters
    }
}

/// What a step has to work on.
enum Values {
    Fresh(FreshBatch),
    Computed(Vec<Ciphertext>),
}

impl Values {
    /// Drops what is no longer needed.
    fn clear(&mut self) {
        *self = Self::Computed(Vec::new());
    }
}

/// Progress of an evaluation by predicted time.
struct Share<'a> {
    secs: Vec<f64>,
    fraction: &'a (dyn Fn(f64) + Sync),
}

impl Share<'_> {
    /// `part` of stages `range` is done.
    fn tell(&self, range: std::ops::Range<usize>, part: f64) {
        let sum = |range: std::ops::Range<usize>| -> f64 {
            self.secs.get(range).map_or(0.0, |secs| secs.iter().sum())
        };
        let all = sum(1..self.secs.len()).max(1e-12);
        (self.fraction)((sum(1..range.start) + sum(range) * part) / all);
    }
}

impl Backend for Ckks<'_> {
    type Value = f64;
    type Circuit = RealCircuit;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = FreshBatch;
    type Outputs = Vec<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn circuit(&self) -> &RealCircuit {
        self.0
    }

    fn branches(&self) -> usize {
        1
    }

    fn inputs(&self) -> usize {
        self.0.network.inputs()
    }

    fn keygen(
        &self,
        _branch: usize,
        seed: &Seed,
    ) -> Result<(SecretKey, EvaluationKeys), BackendError> {
        let secret = SecretKey::generate(self.parameters(), &seed.derive("secret key", 0));
        let seed = seed.derive("evaluation keys", 0);
        let keys = secret.evaluation_keys(self.parameters(), &[], &seed);
        Ok((secret, keys))
    }

    fn encrypt(
        &self,
        _branch: usize,
        secret: &SecretKey,
        vectors: &[Vec<f64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<FreshBatch, BackendError> {
        let (p, scale) = (self.parameters(), &self.0.program.input_scale);
        Ok(secret.encrypt(p, vectors, scale, p.levels(), seed, watch, "encrypt")?)
    }

    fn fresh(&self, _branch: usize, inputs: &FreshBatch, index: usize) -> Option<Ciphertext> {
        inputs.ciphertext(self.parameters(), index)
    }

    fn evaluate(
        &self,
        _branch: usize,
        keys: &EvaluationKeys,
        inputs: FreshBatch,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<Self>, BackendError> {
        let parameters = self.parameters();
        let secs = self.0.plan.stages.iter().map(|s| s.secs).collect();
        let share = Share { secs, fraction };
        let mut stage_secs = vec![0.0];
        let mut taps = Vec::new();
        let mut values = Values::Fresh(inputs);
        for step in &self.0.program.steps {
            let started = Instant::now();
            let stage = stage_secs.len();
            match step {
                CkksStep::Segment { layers, segment, taps: wanted, drop, switch_taps } => {
                    let range = stage..stage + layers.len();
                    let (input, level) = match &values {
                        Values::Fresh(batch) => (SegmentInput::Fresh(batch), batch.level()),
                        Values::Computed(all) => {
                            let level = all.first().map_or(1, Ciphertext::level);
                            (SegmentInput::Computed(all), level)
                        }
                    };
                    let tiles = (level * parameters.degree() / TILE_WORDS) as f64;
                    let done = AtomicUsize::new(0);
                    let tile_done = || {
                        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                        share.tell(range.clone(), done as f64 / tiles);
                    };
                    let wanted = if measure { wanted.as_slice() } else { &[] };
                    let cancel = watch.cancel_flag();
                    let output = segment.run(parameters, &input, wanted, cancel, &tile_done)?;
                    // The wall time is shared by the operations as the threads shared theirs.
                    let wall = started.elapsed().as_secs_f64();
                    let busy: f64 = output.op_secs.iter().sum();
                    stage_secs.extend(output.op_secs.iter().map(|s| wall * s / busy.max(1e-12)));
                    taps.extend(output.taps.into_iter().zip(wanted).map(|(ciphertext, tap)| {
                        Tapped { stage: stage + tap.op, index: tap.index, ciphertext }
                    }));
                    let mut computed = output.ciphertexts;
                    if let Some(drop) = *drop {
                        // What was worked on is not needed while keys are switched.
                        values.clear();
                        let started = Instant::now();
                        let stage = stage_secs.len();
                        let report =
                            |s: Step| share.tell(stage..stage + 1, s.done as f64 / s.total as f64);
                        let inner = Watch::new(watch.cancel_flag().clone(), &report);
                        computed = keys.relinearise_and_rescale(
                            parameters, computed, drop, &inner, "rescale",
                        )?;
                        stage_secs.push(started.elapsed().as_secs_f64());
                        tap(&computed, switch_taps, stage, measure, &mut taps);
                    }
                    values = Values::Computed(computed);
                }
                CkksStep::Polynomial { parts, gate, taps: wanted, .. } => {
                    let inputs = match std::mem::replace(&mut values, Values::Computed(Vec::new()))
                    {
                        Values::Computed(all) => all,
                        Values::Fresh(batch) => (0..batch.len())
                            .filter_map(|index| batch.ciphertext(parameters, index))
                            .collect(),
                    };
                    let total = inputs.len().max(1) as f64;
                    let mut results = Vec::with_capacity(inputs.len());
                    let mut rest = inputs.into_iter();
                    loop {
                        let some: Vec<_> = rest.by_ref().take(TOGETHER).collect();
                        if some.is_empty() {
                            break;
                        }
                        results.extend(polynomial(parameters, keys, parts, *gate, some, watch)?);
                        share.tell(stage..stage + 1, results.len() as f64 / total);
                    }
                    stage_secs.push(started.elapsed().as_secs_f64());
                    tap(&results, wanted, stage, measure, &mut taps);
                    values = Values::Computed(results);
                }
            }
        }
        let outputs = match values {
            Values::Computed(all) => all,
            Values::Fresh(_) => Vec::new(),
        };
        Ok(Evaluated { outputs, taps, stage_secs })
    }

    fn decrypt(
        &self,
        _branch: usize,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<(Vec<Vec<f64>>, f64), BackendError> {
        let p = self.parameters();
        let all: Vec<_> = outputs.par_iter().map(|c| secret.decrypt(p, c)).collect();
        let margin = all.iter().map(|d| d.margin_bits).fold(f64::INFINITY, f64::min);
        Ok((all.into_iter().map(|d| d.values).collect(), margin))
    }

    fn measure(
        &self,
        _branch: usize,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<f64>, BackendError> {
        let decrypted = secret.decrypt(self.parameters(), ciphertext);
        Ok(Measured { values: decrypted.values, margin_bits: decrypted.margin_bits })
    }

    fn input_bytes(&self, _branch: usize, inputs: &FreshBatch) -> u64 {
        FreshBatch::byte_len(self.parameters(), inputs.len(), inputs.level(), inputs.scale())
    }

    fn output_bytes(&self, _branch: usize, outputs: &Vec<Ciphertext>) -> u64 {
        outputs.first().map_or(0, |c| {
            let (parts, level) = (c.parts(), c.level());
            Ciphertext::byte_len(self.parameters(), outputs.len(), parts, level, c.scale())
        })
    }

    fn key_bytes(&self, _branch: usize, _keys: &EvaluationKeys) -> u64 {
        EvaluationKeys::byte_len(self.parameters(), 0)
    }
}

/// Copies the values that are to be measured.
fn tap(
    values: &[Ciphertext],
    wanted: &[usize],
    stage: usize,
    measure: bool,
    taps: &mut Vec<Tapped<Ciphertext>>,
) {
    let wanted = wanted.iter().filter(|_| measure);
    taps.extend(wanted.filter_map(|&index| {
        let ciphertext = values.get(index)?.clone();
        Some(Tapped { stage, index, ciphertext })
    }));
}

/// The polynomials of `parts`, one after the other, of every value; with a gate, times the value.
fn polynomial(
    parameters: &CkksParameters,
    keys: &EvaluationKeys,
    parts: &[CkksPart],
    gate: bool,
    values: Vec<Ciphertext>,
    watch: &Watch,
) -> Result<Vec<Ciphertext>, CkksError> {
    let inner = Watch::new(watch.cancel_flag().clone(), &|_| ());
    let originals = if gate { values.clone() } else { Vec::new() };
    let mut values = values;
    for part in parts {
        let mapped = values.into_iter().map(|x| parameters.map_interval(x, part.interval));
        let mapped = mapped.collect::<Result<Vec<_>, _>>()?;
        let CkksPart { plan, coefficients, scale, .. } = part;
        values = keys.evaluate_polynomial(
            parameters,
            plan,
            coefficients,
            mapped,
            scale,
            &inner,
            "polynomial",
        )?;
    }
    if !gate {
        return Ok(values);
    }
    let products = originals.par_iter().zip(&values).map(|(x, s)| parameters.multiply(x, s));
    let products = products.collect::<Result<Vec<_>, _>>()?;
    keys.relinearise_and_rescale(parameters, products, 1, &inner, "gate")
}
