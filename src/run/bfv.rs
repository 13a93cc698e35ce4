//! Circuits on BFV of the `fhe` crate.

use super::backend::{Backend, BackendError, Evaluated, Measured, Tapped};
use crate::circuit::{BfvOp, BfvProgram, Circuit};
use crate::progress::Watch;
use crate::ring::Seed;
use crate::ring::kernels::TILE_WORDS;
use crate::scheme::bfv::{BfvError, BfvParameters, Ciphertext, EvaluationKeys, SecretKey, linear};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Runs a circuit with BFV.
pub struct Bfv<'a> {
    circuit: &'a Circuit,
    program: &'a BfvProgram,
}

impl<'a> Bfv<'a> {
    /// A backend for `circuit`, whose program this is.
    pub fn new(circuit: &'a Circuit, program: &'a BfvProgram) -> Self {
        Self { circuit, program }
    }

    fn parameters(&self, branch: usize) -> &BfvParameters {
        &self.program.parameters[branch]
    }
}

impl From<BfvError> for BackendError {
    fn from(error: BfvError) -> Self {
        match error {
            BfvError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "BFV", reason: other.to_string() },
        }
    }
}

impl Backend for Bfv<'_> {
    type Value = i64;
    type Circuit = Circuit;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = Vec<Ciphertext>;
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
        let branch_seed = |label| seed.derive(label, branch as u64);
        let parameters = self.parameters(branch);
        let secret = SecretKey::generate(parameters, &branch_seed("secret key"))?;
        let keys = secret.evaluation_keys(parameters, &branch_seed("evaluation keys"))?;
        Ok((secret, keys))
    }

    fn encrypt(
        &self,
        branch: usize,
        secret: &SecretKey,
        vectors: &[Vec<i64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<Ciphertext>, BackendError> {
        Ok(secret.encrypt(self.parameters(branch), vectors, seed, watch, "encrypt")?)
    }

    fn fresh(&self, _branch: usize, inputs: &Vec<Ciphertext>, index: usize) -> Option<Ciphertext> {
        inputs.get(index).cloned()
    }

    fn evaluate(
        &self,
        branch: usize,
        keys: &EvaluationKeys,
        inputs: Vec<Ciphertext>,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<Self>, BackendError> {
        let parameters = self.parameters(branch);
        let stages = &self.circuit.plan.stages;
        let predicted: f64 = stages.iter().skip(1).map(|s| s.secs).sum();
        let mut before = 0.0;
        let mut stage_secs = vec![0.0];
        let mut taps = Vec::new();
        let mut values = inputs;
        for (stage, layer) in (1..).zip(&self.program.layers) {
            let started = Instant::now();
            let own = stages.get(stage).map_or(0.0, |s| s.secs) / predicted.max(1e-12);
            let units = match &layer.op {
                BfvOp::Linear { .. } => parameters.primes() * parameters.degree() / TILE_WORDS,
                BfvOp::Square => values.len(),
            };
            let done = AtomicUsize::new(0);
            let unit_done = || {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                fraction(before + own * done as f64 / units.max(1) as f64);
            };
            let cancel = watch.cancel_flag();
            values = match &layer.op {
                BfvOp::Linear { map, bias } => {
                    linear(parameters, &values, map, bias, cancel, &unit_done)?
                }
                BfvOp::Square => values
                    .into_par_iter()
                    .map(|ciphertext| {
                        cancel.check()?;
                        let square = keys.square(&ciphertext)?;
                        unit_done();
                        Ok(square)
                    })
                    .collect::<Result<_, BfvError>>()?,
            };
            before += own;
            stage_secs.push(started.elapsed().as_secs_f64());
            if measure {
                taps.extend(layer.taps.iter().filter_map(|&index| {
                    let ciphertext = values.get(index)?.clone();
                    Some(Tapped { stage, index, ciphertext })
                }));
            }
        }
        Ok(Evaluated { outputs: values, taps, stage_secs })
    }

    fn decrypt(
        &self,
        branch: usize,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<(Vec<Vec<i64>>, f64), BackendError> {
        let parameters = self.parameters(branch);
        let all: Vec<_> = outputs
            .par_iter()
            .map(|c| secret.decrypt(parameters, c))
            .collect::<Result<_, BfvError>>()?;
        let margin = all.iter().map(|d| d.margin_bits).fold(f64::INFINITY, f64::min);
        Ok((all.into_iter().map(|d| d.values).collect(), margin))
    }

    fn measure(
        &self,
        branch: usize,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<i64>, BackendError> {
        let decrypted = secret.decrypt(self.parameters(branch), ciphertext)?;
        Ok(Measured { values: decrypted.values, margin_bits: decrypted.margin_bits })
    }

    fn input_bytes(&self, _branch: usize, inputs: &Vec<Ciphertext>) -> u64 {
        bytes_of(inputs)
    }

    fn output_bytes(&self, _branch: usize, outputs: &Vec<Ciphertext>) -> u64 {
        bytes_of(outputs)
    }

    fn key_bytes(&self, _branch: usize, keys: &EvaluationKeys) -> u64 {
        keys.byte_len()
    }
}

/// Ciphertexts of one kind all take the same bytes on the wire.
fn bytes_of(ciphertexts: &[Ciphertext]) -> u64 {
    ciphertexts.first().map_or(0, Ciphertext::byte_len) * ciphertexts.len() as u64
}
