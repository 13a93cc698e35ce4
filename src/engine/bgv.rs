//! Programs on our BGV.

use super::scheme::{
    Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Probed, Scheme, decrypt_each,
};
use super::share::Share;
use circuit::BgvProgram;
use progress::Watch;
use ring::Seed;
use ring::kernels::TILE_WORDS;
use scheme::bgv::{
    BgvError, BgvParameters, Ciphertext, EvaluationKeys, FreshBatch, SecretKey, SegmentInput,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Runs a program with BGV.
pub enum Bgv {}

impl From<BgvError> for EngineError {
    fn from(error: BgvError) -> Self {
        Self::Scheme { scheme: "BGV", reason: error.to_string() }
    }
}

impl Scheme for Bgv {
    type Value = i64;
    type Parameters = BgvParameters;
    type Program = BgvProgram;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = FreshBatch;
    type Outputs = Vec<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn secret(parameters: &BgvParameters, seed: &Seed) -> Result<SecretKey, EngineError> {
        Ok(SecretKey::generate(parameters, seed))
    }

    fn evaluation_keys(
        parameters: &BgvParameters,
        secret: &SecretKey,
        seed: &Seed,
        _: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        Ok(secret.evaluation_keys(parameters, seed).to_bytes(parameters))
    }

    fn encrypt(
        parameters: &BgvParameters,
        secret: &SecretKey,
        vectors: &[Vec<i64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<FreshBatch, EngineError> {
        Ok(secret.encrypt(parameters, vectors, seed, watch, "encrypt")?)
    }

    fn fresh(parameters: &BgvParameters, inputs: &FreshBatch, index: usize) -> Option<Ciphertext> {
        inputs.ciphertext(parameters, index)
    }

    fn evaluate(
        parameters: &BgvParameters,
        program: &BgvProgram,
        keys: &EvaluationKeys,
        inputs: FreshBatch,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let Evaluation { measure, watch, .. } = *following;
        let share = Share::of(following);
        let mut stage_secs = vec![0.0];
        let mut probes = Vec::new();
        let mut fresh = Some(inputs);
        let mut computed = Vec::new();
        for step in &program.steps {
            let started = Instant::now();
            let first = stage_secs.len();
            let range = first..first + step.layers.len();
            let input = match &fresh {
                Some(batch) => SegmentInput::Fresh(batch),
                None => SegmentInput::Computed(&computed),
            };
            let tiles = input.level() * parameters.degree() / TILE_WORDS;
            let done = AtomicUsize::new(0);
            let tile_done = || {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                share.tell(range.clone(), done as f64 / tiles as f64);
            };
            let wanted = if measure { step.probes.as_slice() } else { &[] };
            let output =
                step.segment.run(parameters, &input, wanted, watch.cancel_flag(), &tile_done)?;
            fresh = None;
            // The wall time is shared by the operations as the threads shared theirs.
            let wall = started.elapsed().as_secs_f64();
            let busy: f64 = output.op_secs.iter().sum();
            stage_secs.extend(output.op_secs.iter().map(|s| wall * s / busy.max(1e-12)));
            probes.extend(output.probes.into_iter().zip(wanted).map(|(ciphertext, probe)| {
                Probed { stage: first + probe.op, index: probe.index, ciphertext }
            }));
            computed = output.ciphertexts;
            if let Some(drop) = step.drop {
                let started = Instant::now();
                let stage = stage_secs.len();
                let report = |s: progress::Step| {
                    share.tell(stage..stage + 1, s.done as f64 / s.total.max(1) as f64);
                };
                let inner = Watch::new(watch.cancel_flag().clone(), &report);
                computed =
                    keys.relinearise_and_switch(parameters, computed, drop, &inner, "switch")?;
                stage_secs.push(started.elapsed().as_secs_f64());
                if measure {
                    let kept = step.switch_probes.iter().filter_map(|&index| {
                        let ciphertext = computed.get(index)?.clone();
                        Some(Probed { stage, index, ciphertext })
                    });
                    probes.extend(kept);
                }
            }
        }
        Ok(Evaluated { outputs: computed, probes, stage_secs })
    }

    fn decrypt(
        parameters: &BgvParameters,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<Decrypted<i64>, EngineError> {
        decrypt_each::<Self>(parameters, secret, outputs)
    }

    fn measure(
        parameters: &BgvParameters,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<i64>, EngineError> {
        let decrypted = secret.decrypt(parameters, ciphertext);
        Ok(Measured { values: decrypted.values, margin_bits: decrypted.margin_bits })
    }

    fn read_keys(
        parameters: &BgvParameters,
        bytes: &[u8],
        _: &Watch,
    ) -> Result<EvaluationKeys, EngineError> {
        Ok(EvaluationKeys::from_bytes(parameters, bytes)?)
    }

    fn parts(inputs: FreshBatch) -> Vec<FreshBatch> {
        inputs.into_parts().collect()
    }

    fn append(inputs: &mut FreshBatch, part: FreshBatch) -> Result<(), EngineError> {
        Ok(inputs.append(part)?)
    }
}

impl OnWire<BgvParameters> for FreshBatch {
    fn write(&self, parameters: &BgvParameters, out: &mut Vec<u8>) {
        self.write(parameters, out);
    }

    fn read(parameters: &BgvParameters, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Self::from_bytes(parameters, bytes)?)
    }
}

impl OnWire<BgvParameters> for Vec<Ciphertext> {
    fn write(&self, parameters: &BgvParameters, out: &mut Vec<u8>) {
        Ciphertext::write_many(parameters, self, out);
    }

    fn read(parameters: &BgvParameters, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Ciphertext::many_from_bytes(parameters, bytes)?)
    }
}
