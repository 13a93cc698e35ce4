//! Circuits on our CKKS.

use super::backend::{Backend, BackendError, Evaluated, Measured};
use super::evaluator::{Evaluator, Share, Values};
use crate::circuit::RealCircuit;
use crate::progress::Watch;
use crate::ring::Seed;
use crate::scheme::ckks::{
    Ciphertext, CkksError, CkksParameters, EvaluationKeys, FreshBatch, SecretKey,
};
use rayon::prelude::*;

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
        let secs = self.0.plan.stages.iter().map(|s| s.secs).collect();
        let mut run = Evaluator {
            parameters: self.parameters(),
            keys,
            measure,
            watch,
            share: Share { secs, fraction },
            values: Values::Fresh(inputs),
            taps: Vec::new(),
            stage_secs: vec![0.0],
        };
        run.run(&self.0.program.steps)?;
        let Evaluator { values, taps, stage_secs, .. } = run;
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
