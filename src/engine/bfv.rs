//! Programs on BFV of the `fhe` crate.

use super::scheme::{
    Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Probed, Scheme, decrypt_each,
};
use super::share::Share;
use circuit::{BfvOp, BfvProgram};
use progress::Watch;
use rayon::prelude::*;
use ring::Seed;
use ring::kernels::TILE_WORDS;
use scheme::bfv::{BfvError, BfvParameters, Ciphertext, EvaluationKeys, SecretKey, linear};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Runs a program with BFV.
pub enum Bfv {}

impl From<BfvError> for EngineError {
    fn from(error: BfvError) -> Self {
        match error {
            BfvError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "BFV", reason: other.to_string() },
        }
    }
}

impl Scheme for Bfv {
    type Value = i64;
    type Parameters = BfvParameters;
    type Program = BfvProgram;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = Vec<Ciphertext>;
    type Outputs = Vec<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn secret(parameters: &BfvParameters, seed: &Seed) -> Result<SecretKey, EngineError> {
        Ok(SecretKey::generate(parameters, seed)?)
    }

    fn evaluation_keys(
        parameters: &BfvParameters,
        secret: &SecretKey,
        seed: &Seed,
        _: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        Ok(secret.evaluation_keys(parameters, seed)?.to_bytes())
    }

    fn encrypt(
        parameters: &BfvParameters,
        secret: &SecretKey,
        vectors: &[Vec<i64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<Ciphertext>, EngineError> {
        Ok(secret.encrypt(parameters, vectors, seed, watch, "encrypt")?)
    }

    fn fresh(
        _parameters: &BfvParameters,
        inputs: &Vec<Ciphertext>,
        index: usize,
    ) -> Option<Ciphertext> {
        inputs.get(index).cloned()
    }

    fn evaluate(
        parameters: &BfvParameters,
        program: &BfvProgram,
        keys: &EvaluationKeys,
        inputs: Vec<Ciphertext>,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let Evaluation { measure, watch, .. } = *following;
        let share = Share::of(following);
        let mut stage_secs = vec![0.0];
        let mut probes = Vec::new();
        let mut values = inputs;
        for (stage, layer) in (1..).zip(&program.layers) {
            let started = Instant::now();
            let units = match &layer.op {
                BfvOp::Linear { .. } => parameters.primes() * parameters.degree() / TILE_WORDS,
                BfvOp::Square => values.len(),
                BfvOp::SquareFirst(count) => *count,
            };
            let done = AtomicUsize::new(0);
            let unit_done = || {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                share.tell(stage..stage + 1, done as f64 / units.max(1) as f64);
            };
            let cancel = watch.cancel_flag();
            values = match &layer.op {
                BfvOp::Linear { map, bias } => {
                    linear(parameters, &values, map, bias, cancel, &unit_done)?
                }
                BfvOp::Square | BfvOp::SquareFirst(_) => {
                    let first =
                        if let BfvOp::SquareFirst(count) = layer.op { count } else { units };
                    values
                        .into_par_iter()
                        .enumerate()
                        .map(|(at, ciphertext)| {
                            if at >= first {
                                return Ok(ciphertext);
                            }
                            cancel.check()?;
                            let square = keys.square(&ciphertext)?;
                            unit_done();
                            Ok(square)
                        })
                        .collect::<Result<_, BfvError>>()?
                }
            };
            stage_secs.push(started.elapsed().as_secs_f64());
            if measure {
                probes.extend(layer.probes.iter().filter_map(|&index| {
                    let ciphertext = values.get(index)?.clone();
                    Some(Probed { stage, index, ciphertext })
                }));
            }
        }
        Ok(Evaluated { outputs: values, probes, stage_secs })
    }

    fn decrypt(
        parameters: &BfvParameters,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<Decrypted<i64>, EngineError> {
        decrypt_each::<Self>(parameters, secret, outputs)
    }

    fn measure(
        parameters: &BfvParameters,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<i64>, EngineError> {
        let decrypted = secret.decrypt(parameters, ciphertext)?;
        Ok(Measured { values: decrypted.values, margin_bits: decrypted.margin_bits })
    }

    fn read_keys(
        parameters: &BfvParameters,
        bytes: &[u8],
        _: &Watch,
    ) -> Result<EvaluationKeys, EngineError> {
        Ok(EvaluationKeys::from_bytes(parameters, bytes)?)
    }
}

impl OnWire<BfvParameters> for Vec<Ciphertext> {
    fn write(&self, _: &BfvParameters, out: &mut Vec<u8>) {
        Ciphertext::write_many(self, out);
    }

    fn read(parameters: &BfvParameters, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Ciphertext::many_from_bytes(parameters, bytes)?)
    }
}
