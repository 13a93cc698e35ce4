//! Programs on our CKKS.

use super::evaluator::{Evaluator, Values};
use super::scheme::{
    Decrypted, EngineError, Evaluated, Evaluation, Measured, OnWire, Scheme, decrypt_each,
};
use super::share::Share;
use circuit::CkksProgram;
use progress::Watch;
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

    fn secret(offered: &CkksOffered, seed: &Seed) -> Result<SecretKey, EngineError> {
        Ok(SecretKey::generate(&offered.parameters, seed))
    }

    fn evaluation_keys(
        offered: &CkksOffered,
        secret: &SecretKey,
        seed: &Seed,
        _: &Watch,
    ) -> Result<Vec<u8>, EngineError> {
        let parameters = &offered.parameters;
        Ok(secret.evaluation_keys(parameters, &[], seed).to_bytes(parameters))
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
        let Evaluation { measure, watch, .. } = *following;
        let mut run = Evaluator {
            parameters: &offered.parameters,
            keys,
            measure,
            watch,
            share: Share::of(following),
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
    ) -> Result<Decrypted<f64>, EngineError> {
        decrypt_each::<Self>(offered, secret, outputs)
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

    fn append(inputs: &mut FreshBatch, part: FreshBatch) -> Result<(), EngineError> {
        Ok(inputs.append(part)?)
    }
}

impl OnWire<CkksOffered> for FreshBatch {
    fn write(&self, offered: &CkksOffered, out: &mut Vec<u8>) {
        self.write(&offered.parameters, out);
    }

    fn read(offered: &CkksOffered, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Self::from_bytes(&offered.parameters, bytes)?)
    }
}

impl OnWire<CkksOffered> for Vec<Ciphertext> {
    fn write(&self, offered: &CkksOffered, out: &mut Vec<u8>) {
        Ciphertext::write_many(&offered.parameters, self, out);
    }

    fn read(offered: &CkksOffered, bytes: &[u8]) -> Result<Self, EngineError> {
        Ok(Ciphertext::many_from_bytes(&offered.parameters, bytes)?)
    }
}
