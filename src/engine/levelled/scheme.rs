//! A levelled recurrent network as a scheme: a slot is a sequence, a batch has all of their steps.

use super::offered::LevelledKnown;
use super::step::Stepper;
use crate::ckks::Ckks;
use crate::scheme::{Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Scheme};
use circuit::RecurrentProgram;
use progress::Watch;
use ring::Seed;
use scheme::ckks::{Ciphertext, EvaluationKeys, FreshBatch, SecretKey};
use std::time::Instant;
use wire::{Malformed, Reader, Writer};

/// Runs a recurrent network on one modulus chain with CKKS.
pub enum Levelled {}

/// Encrypted sequences of a batch.
#[derive(Debug)]
pub struct LevelledInputs {
    /// The states before the first step, where they are sent: a ciphertext for each unit.
    first_states: Vec<FreshBatch>,
    /// A ciphertext for each value of each step.
    steps: Vec<FreshBatch>,
}

impl LevelledInputs {
    fn all(&self) -> impl Iterator<Item = &FreshBatch> {
        self.first_states.iter().chain(&self.steps)
    }

    /// What is not as it must be, where something is.
    fn fault(&self, known: &LevelledKnown, program: &RecurrentProgram) -> Option<String> {
        let width = program.input_width();
        let due = known.first_states.iter().map(|s| (s.units, s.level));
        let due = due.chain(known.step_levels.iter().map(|level| (width, *level)));
        let mut pairs = self.all().zip(due);
        let (batch, (count, level)) = pairs.find(|(batch, due)| {
            (batch.len(), batch.level()) != *due || *batch.scale() != known.ckks.input_scale
        })?;
        Some(format!(
            "{} ciphertexts at level {} where {count} at level {level} and the scale of the offer are due",
            batch.len(),
            batch.level()
        ))
    }
}

impl Scheme for Levelled {
    type Value = f64;
    type Parameters = LevelledKnown;
    type Program = RecurrentProgram;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = LevelledInputs;
    type Outputs = Vec<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn secret(known: &LevelledKnown, seed: &Seed) -> Result<SecretKey, EngineError> {
        Ckks::secret(&known.ckks, seed)
    }

    fn evaluation_keys(
        known: &LevelledKnown,
        secret: &SecretKey,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        Ckks::evaluation_keys(&known.ckks, secret, seed, watch)
    }

    fn read_keys(
        known: &LevelledKnown,
        bytes: &[u8],
        watch: &Watch,
    ) -> Result<EvaluationKeys, EngineError> {
        Ckks::read_keys(&known.ckks, bytes, watch)
    }

    /// The vectors are those of all steps, one after the other.
    fn encrypt(
        known: &LevelledKnown,
        secret: &SecretKey,
        vectors: &[Vec<f64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<LevelledInputs, EngineError> {
        let (p, scale) = (&known.ckks.parameters, &known.ckks.input_scale);
        let steps = known.step_levels.len();
        if steps == 0 || vectors.is_empty() || !vectors.len().is_multiple_of(steps) {
            let reason = format!("{} vectors for {steps} steps", vectors.len());
            return Err(Malformed::new("sequences", reason).into());
        }
        let within = Watch::new(watch.cancel_flag().clone(), &|_| ());
        let fresh = |vectors: &[Vec<f64>], level: usize, number: usize| {
            let seed = seed.derive("part", number as u64);
            secret.encrypt(p, vectors, scale, level, &seed, &within, "encrypt")
        };
        let slots = vectors.first().map_or(0, Vec::len);
        let (mut first_states, mut all) = (Vec::new(), Vec::with_capacity(steps));
        for (layer, state) in known.first_states.iter().enumerate() {
            let zeros = vec![vec![0.0; slots]; state.units];
            first_states.push(fresh(&zeros, state.level, steps + layer)?);
        }
        let each = vectors.chunks_exact(vectors.len() / steps).zip(&known.step_levels);
        for (step, (vectors, level)) in each.enumerate() {
            all.push(fresh(vectors, *level, step)?);
            watch.step("encrypt", (step + 1) as u64, steps as u64)?;
        }
        Ok(LevelledInputs { first_states, steps: all })
    }

    fn fresh(known: &LevelledKnown, inputs: &LevelledInputs, index: usize) -> Option<Ciphertext> {
        let width = inputs.steps.first().map_or(1, FreshBatch::len).max(1);
        inputs.steps.get(index / width)?.ciphertext(&known.ckks.parameters, index % width)
    }

    fn evaluate(
        known: &LevelledKnown,
        program: &RecurrentProgram,
        keys: &EvaluationKeys,
        inputs: LevelledInputs,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        if let Some(reason) = inputs.fault(known, program) {
            return Err(Malformed::new("sequences", reason).into());
        }
        let stepper = Stepper { program, watch: following.watch, pool: None };
        let mut states: Vec<Option<Vec<Ciphertext>>> = vec![None; program.layers.len()];
        for (state, batch) in states.iter_mut().zip(&inputs.first_states) {
            *state = Some(stepper.computed(batch));
        }
        let levels = program.entry_levels(program.cycle_at(0));
        let all = inputs.steps.len().max(1) as f64;
        let mut stage_secs = Vec::with_capacity(inputs.steps.len());
        for (step, (batch, levels)) in inputs.steps.iter().zip(&levels).enumerate() {
            following.watch.check()?;
            let started = Instant::now();
            stepper.step(batch, levels, &mut states, &mut |layer, sums, state| {
                Ok::<_, EngineError>(stepper.finish(keys, layer, sums, state)?)
            })?;
            stage_secs.push(started.elapsed().as_secs_f64());
            (following.fraction)((step + 1) as f64 / all);
        }
        let outputs = stepper.outputs(&states.pop().flatten().unwrap_or_default())?;
        Ok(Evaluated { outputs, probes: Vec::new(), stage_secs })
    }

    fn decrypt(
        known: &LevelledKnown,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<Decrypted<f64>, EngineError> {
        Ckks::decrypt(&known.ckks, secret, outputs)
    }

    fn measure(
        known: &LevelledKnown,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<f64>, EngineError> {
        Ckks::measure(&known.ckks, secret, ciphertext)
    }
}

/// A block for each first state and each step.
impl OnWire<LevelledKnown> for LevelledInputs {
    fn write(&self, known: &LevelledKnown, out: &mut Vec<u8>) {
        for batch in self.all() {
            Writer::new(out).block_of(|out| batch.write(&known.ckks.parameters, out));
        }
    }

    fn read(known: &LevelledKnown, bytes: &[u8]) -> Result<Self, EngineError> {
        let mut reader = Reader::new("sequences", bytes);
        let mut next = || -> Result<FreshBatch, EngineError> {
            Ok(FreshBatch::from_bytes(&known.ckks.parameters, reader.block()?)?)
        };
        let first_states = known.first_states.iter().map(|_| next()).collect::<Result<_, _>>()?;
        let steps = known.step_levels.iter().map(|_| next()).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self { first_states, steps })
    }
}

impl OnWire<LevelledKnown> for Vec<Ciphertext> {
    fn write(&self, known: &LevelledKnown, out: &mut Vec<u8>) {
        OnWire::write(self, &known.ckks, out);
    }

    fn read(known: &LevelledKnown, bytes: &[u8]) -> Result<Self, EngineError> {
        OnWire::read(&known.ckks, bytes)
    }
}
