//! Programs on BFV of the `fhe` crate.

use super::scheme::{EngineError, Evaluated, Evaluation, Measured, Probed, Scheme};
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

    fn secret(
        parameters: &BfvParameters,
        modulus: usize,
        seed: &Seed,
    ) -> Result<SecretKey, EngineError> {
        Ok(SecretKey::generate(parameters, &seed.derive("secret key", modulus as u64))?)
    }

    fn evaluation_keys(
        parameters: &BfvParameters,
        secret: &SecretKey,
        modulus: usize,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        watch.check()?;
        let seed = seed.derive("evaluation keys", modulus as u64);
        Ok(secret.evaluation_keys(parameters, &seed)?.to_bytes())
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
        let Evaluation { stage_secs: planned, measure, watch, fraction } = *following;
        let predicted: f64 = planned.iter().skip(1).sum();
        let mut before = 0.0;
        let mut stage_secs = vec![0.0];
        let mut probes = Vec::new();
        let mut values = inputs;
        for (stage, layer) in (1..).zip(&program.layers) {
            let started = Instant::now();
            let own = planned.get(stage).copied().unwrap_or(0.0) / predicted.max(1e-12);
            let units = match &layer.op {
                BfvOp::Linear { .. } => parameters.primes() * parameters.degree() / TILE_WORDS,
                BfvOp::Square => values.len(),
                BfvOp::SquareFirst(count) => *count,
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
            before += own;
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
    ) -> Result<(Vec<Vec<i64>>, f64), EngineError> {
        let all: Vec<_> = outputs
            .par_iter()
            .map(|c| secret.decrypt(parameters, c))
            .collect::<Result<_, BfvError>>()?;
        let margin = all.iter().map(|d| d.margin_bits).fold(f64::INFINITY, f64::min);
        Ok((all.into_iter().map(|d| d.values).collect(), margin))
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

    fn write_inputs(_: &BfvParameters, inputs: &Vec<Ciphertext>, out: &mut Vec<u8>) {
        Ciphertext::write_many(inputs, out);
    }

    fn read_inputs(
        parameters: &BfvParameters,
        bytes: &[u8],
    ) -> Result<Vec<Ciphertext>, EngineError> {
        Ok(Ciphertext::many_from_bytes(parameters, bytes)?)
    }

    fn write_outputs(_parameters: &BfvParameters, outputs: &Vec<Ciphertext>, out: &mut Vec<u8>) {
        Ciphertext::write_many(outputs, out);
    }

    fn read_outputs(
        parameters: &BfvParameters,
        bytes: &[u8],
    ) -> Result<Vec<Ciphertext>, EngineError> {
        Ok(Ciphertext::many_from_bytes(parameters, bytes)?)
    }
}
