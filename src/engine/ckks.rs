//! Programs on our CKKS.

use super::evaluator::{Evaluator, Share, Values};
use super::scheme::{EngineError, Evaluated, Evaluation, Measured, Scheme};
use circuit::CkksProgram;
use progress::Watch;
use rayon::prelude::*;
use ring::Seed;
use scheme::ckks::{
    Ciphertext, CkksError, CkksParameters, EvaluationKeys, FreshBatch, Scale, SecretKey,
};

/// Runs a program with CKKS.
pub enum Ckks {}

/// What both sides know.
#[derive(Clone, Debug)]
pub struct CkksOffered {
    pub parameters: CkksParameters,
    /// Scale that inputs are encrypted at.
    pub input_scale: Scale,
}

impl From<CkksError> for EngineError {
    fn from(error: CkksError) -> Self {
        match error {
            CkksError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "CKKS", reason: other.to_string() },
        }
    }
}

impl Scheme for Ckks {
    type Value = f64;
    type Parameters = CkksOffered;
    type Program = CkksProgram;
    type Secret = SecretKey;
    type Keys = EvaluationKeys;
    type Inputs = FreshBatch;
    type Outputs = Vec<Ciphertext>;
    type Ciphertext = Ciphertext;

    fn secret(
        offered: &CkksOffered,
        modulus: usize,
        seed: &Seed,
    ) -> Result<SecretKey, EngineError> {
        let seed = seed.derive("secret key", modulus as u64);
        Ok(SecretKey::generate(&offered.parameters, &seed))
    }

    fn evaluation_keys(
        offered: &CkksOffered,
        secret: &SecretKey,
        modulus: usize,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        watch.check()?;
        let (parameters, seed) =
            (&offered.parameters, seed.derive("evaluation keys", modulus as u64));
        Ok(secret.evaluation_keys(parameters, &[], &seed).to_bytes(parameters))
    }

    fn encrypt(
        offered: &CkksOffered,
        secret: &SecretKey,
        vectors: &[Vec<f64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<FreshBatch, EngineError> {
        let (p, scale) = (&offered.parameters, &offered.input_scale);
        Ok(secret.encrypt(p, vectors, scale, p.levels(), seed, watch, "encrypt")?)
    }

    fn fresh(offered: &CkksOffered, inputs: &FreshBatch, index: usize) -> Option<Ciphertext> {
        inputs.ciphertext(&offered.parameters, index)
    }

    fn evaluate(
        offered: &CkksOffered,
        program: &CkksProgram,
        keys: &EvaluationKeys,
        inputs: FreshBatch,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let Evaluation { stage_secs, measure, watch, fraction } = *following;
        let mut run = Evaluator {
            parameters: &offered.parameters,
            keys,
            measure,
            watch,
            share: Share { secs: stage_secs.to_vec(), fraction },
            values: Values::Fresh(inputs),
            probes: Vec::new(),
            stage_secs: vec![0.0],
        };
        run.run(&program.steps)?;
        let Evaluator { values, probes, stage_secs, .. } = run;
        let outputs = match values {
            Values::Computed(all) => all,
            Values::Fresh(_) => Vec::new(),
        };
        Ok(Evaluated { outputs, probes, stage_secs })
    }

    fn decrypt(
        offered: &CkksOffered,
        secret: &SecretKey,
        outputs: &Vec<Ciphertext>,
    ) -> Result<(Vec<Vec<f64>>, f64), EngineError> {
        let p = &offered.parameters;
        let all: Vec<_> = outputs.par_iter().map(|c| secret.decrypt(p, c)).collect();
        let margin = all.iter().map(|d| d.margin_bits).fold(f64::INFINITY, f64::min);
        Ok((all.into_iter().map(|d| d.values).collect(), margin))
    }

    fn measure(
        offered: &CkksOffered,
        secret: &SecretKey,
        ciphertext: &Ciphertext,
    ) -> Result<Measured<f64>, EngineError> {
        let decrypted = secret.decrypt(&offered.parameters, ciphertext);
        Ok(Measured { values: decrypted.values, margin_bits: decrypted.margin_bits })
    }

    fn read_keys(
        offered: &CkksOffered,
        bytes: &[u8],
        _: &Watch,
    ) -> Result<EvaluationKeys, EngineError> {
        Ok(EvaluationKeys::from_bytes(&offered.parameters, bytes)?)
    }

    fn parts(inputs: FreshBatch) -> Vec<FreshBatch> {
        inputs.into_parts().collect()
    }

    fn write_inputs(offered: &CkksOffered, part: &FreshBatch, out: &mut Vec<u8>) {
        part.write(&offered.parameters, out);
    }

    fn append(inputs: &mut FreshBatch, part: FreshBatch) -> Result<(), EngineError> {
        Ok(inputs.append(part)?)
    }

    fn read_inputs(offered: &CkksOffered, bytes: &[u8]) -> Result<FreshBatch, EngineError> {
        Ok(FreshBatch::from_bytes(&offered.parameters, bytes)?)
    }

    fn write_outputs(offered: &CkksOffered, outputs: &Vec<Ciphertext>, out: &mut Vec<u8>) {
        Ciphertext::write_many(&offered.parameters, outputs, out);
    }

    fn read_outputs(offered: &CkksOffered, bytes: &[u8]) -> Result<Vec<Ciphertext>, EngineError> {
        Ok(Ciphertext::many_from_bytes(&offered.parameters, bytes)?)
    }
}
