//! Circuits on our BGV.

use super::backend::{Backend, BackendError, Evaluated, Measured, Tapped};
use crate::circuit::{BgvProgram, Circuit};
use crate::progress::Watch;
use crate::ring::Seed;
use crate::ring::kernels::TILE_WORDS;
use crate::scheme::bgv::{
    BgvParameters, Ciphertext, EvaluationKeys, FreshBatch, SecretKey, SegmentInput,
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Runs a circuit with BGV.
pub struct Bgv<'a> {
    circuit: &'a Circuit,
    program: &'a BgvProgram,
}

impl<'a> Bgv<'a> {
    /// A backend for `circuit`, whose program this is.
    pub fn new(circuit: &'a Circuit, program: &'a BgvProgram) -> Self {
        Self { circuit, program }
    }

    fn parameters(&self, branch: usize) -> &BgvParameters {
        &self.program.parameters[branch]
    }
}

impl Backend for Bgv<'_> {
    type Value = i64;
    type Circuit = Circuit;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = FreshBatch;
    type Outputs = Vec<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn circuit(&self) -> &Circuit {
        self.circuit
    }

    fn branches(&self) -> usize {
        self.circuit.moduli.len()
    }

    fn inputs(&self) -> usize {
        self.circuit.network.inputs()
    }

    fn keygen(
        &self,
        branch: usize,
        seed: &Seed,
    ) -> Result<(SecretKey, EvaluationKeys), BackendError> {
        let parameters = self.parameters(branch);
        let secret = SecretKey::generate(parameters, &seed.derive("secret key", branch as u64));
        let keys =
            secret.evaluation_keys(parameters, &seed.derive("evaluation keys", branch as u64));
        Ok((secret, keys))
    }

    fn encrypt(
        &self,
        branch: usize,
        secret: &SecretKey,
        vectors: &[Vec<i64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<FreshBatch, BackendError> {
        Ok(secret.encrypt(self.parameters(branch), vectors, seed, watch, "encrypt")?)
    }

    fn fresh(&self, branch: usize, inputs: &FreshBatch, index: usize) -> Option<Ciphertext> {
        inputs.ciphertext(self.parameters(branch), index)
    }

    fn evaluate(
        &self,
        branch: usize,
        keys: &EvaluationKeys,
        inputs: FreshBatch,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<Self>, BackendError> {
        let parameters = self.parameters(branch);
        let plan = &self.circuit.plan;
        let predicted: f64 = plan.stages.iter().skip(1).map(|s| s.secs).sum();
        // Progress by predicted time: the share before a stage range, and of the range itself.
        let share = |stages: std::ops::Range<usize>| -> f64 {
            plan.stages[stages].iter().map(|s| s.secs).sum::<f64>() / predicted.max(1e-12)
        };
        let mut stage_secs = vec![0.0];
        let mut taps = Vec::new();
        let mut fresh = Some(inputs);
        let mut computed = Vec::new();
        for step in &self.program.steps {
            let started = Instant::now();
            let first = stage_secs.len();
            let range = first..first + step.layers.len();
            let (before, own) = (share(1..first), share(range));
            let input = match &fresh {
                Some(batch) => SegmentInput::Fresh(batch),
                None => SegmentInput::Computed(&computed),
            };
            let level = match &input {
                SegmentInput::Fresh(_) => parameters.primes(),
                SegmentInput::Computed(all) => all.first().map_or(1, Ciphertext::level),
            };
            let tiles = level * parameters.degree() / TILE_WORDS;
            let done = AtomicUsize::new(0);
            let tile_done = || {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                fraction(before + own * done as f64 / tiles as f64);
            };
            let wanted = if measure { step.taps.as_slice() } else { &[] };
            let output =
                step.segment.run(parameters, &input, wanted, watch.cancel_flag(), &tile_done)?;
            fresh = None;
            // The wall time is shared by the operations as the threads shared theirs.
            let wall = started.elapsed().as_secs_f64();
            let busy: f64 = output.op_secs.iter().sum();
            stage_secs.extend(output.op_secs.iter().map(|s| wall * s / busy.max(1e-12)));
            taps.extend(output.taps.into_iter().zip(wanted).map(|(ciphertext, tap)| Tapped {
                stage: first + tap.op,
                index: tap.index,
                ciphertext,
            }));
            computed = output.ciphertexts;
            if let Some(drop) = step.drop {
                let started = Instant::now();
                let stage = stage_secs.len();
                let (before, own) = (share(1..stage), share(stage..stage + 1));
                let report = |s: crate::progress::Step| {
                    fraction(before + own * s.done as f64 / s.total.max(1) as f64);
                };
                let inner = Watch::new(watch.cancel_flag().clone(), &report);
                computed =
                    keys.relinearise_and_switch(parameters, computed, drop, &inner, "switch")?;
                stage_secs.push(started.elapsed().as_secs_f64());
                if measure {
                    let kept = step.switch_taps.iter().filter_map(|&index| {
                        let ciphertext = computed.get(index)?.clone();
                        Some(Tapped { stage, index, ciphertext })
                    });
                    taps.extend(kept);
                }
            }
        }
        Ok(Evaluated { outputs: computed, taps, stage_secs })
    }

    fn decrypt(
        &self,
        branch: usize,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<(Vec<Vec<i64>>, f64), BackendError> {
        let parameters = self.parameters(branch);
        let all: Vec<_> = outputs.par_iter().map(|c| secret.decrypt(parameters, c)).collect();
        let margin = all.iter().map(|d| d.margin_bits).fold(f64::INFINITY, f64::min);
        Ok((all.into_iter().map(|d| d.values).collect(), margin))
    }

    fn measure(
        &self,
        branch: usize,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<i64>, BackendError> {
        let decrypted = secret.decrypt(self.parameters(branch), ciphertext);
        Ok(Measured { values: decrypted.values, margin_bits: decrypted.margin_bits })
    }

    fn input_bytes(&self, branch: usize, inputs: &FreshBatch) -> u64 {
        FreshBatch::byte_len(self.parameters(branch), inputs.len())
    }

    fn output_bytes(&self, branch: usize, outputs: &Vec<Ciphertext>) -> u64 {
        let (parts, level) = outputs.first().map_or((2, 1), |c| (c.parts(), c.level()));
        Ciphertext::byte_len(self.parameters(branch), outputs.len(), parts, level)
    }

    fn key_bytes(&self, branch: usize, _keys: &EvaluationKeys) -> u64 {
        EvaluationKeys::byte_len(self.parameters(branch))
    }
}
