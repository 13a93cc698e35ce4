//! Lookup tables as a scheme: a batch is one sample, a slot its only one.

use super::client::TableClient;
use super::program::{ServedTables, TablesOffered};
use crate::scheme::{EngineError, Evaluated, Evaluation, Measured, Scheme};
use progress::Watch;
use ring::Seed;
use scheme::tfhe::{
    CompressedKeys, PackedLwes, SecretKey, SeededLwes, ServerKeys, TfheError, TfheParameters,
};
use std::marker::PhantomData;

/// Runs lookup tables with TFHE: `P` is what the server has, of which clients know nothing.
pub struct Tables<P = ServedTables>(PhantomData<P>);

/// The weights and tables of a network, and how a sample goes through them.
pub trait TableWork: Sync {
    /// Evaluates an encrypted sample; `fraction` is told how much is done, 0 to 1.
    ///
    /// # Errors
    /// When it is no sample of this network, or the work is stopped.
    fn evaluate(
        &self,
        parameters: &TfheParameters,
        keys: &ServerKeys,
        sent: &SeededLwes,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<PackedLwes, TfheError>;
}

/// Parameters, and what they were made of.
type Known = (TfheParameters, TablesOffered);

impl From<TfheError> for EngineError {
    fn from(error: TfheError) -> Self {
        match error {
            TfheError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "TFHE", reason: other.to_string() },
        }
    }
}

impl<P: TableWork> Scheme for Tables<P> {
    type Value = f64;
    type Parameters = Known;
    type Program = P;
    type Secret = SecretKey;
    type Keys = ServerKeys;
    type Inputs = SeededLwes;
    type Outputs = PackedLwes;
    type Ciphertext = Vec<u32>;

    fn keygen(
        (parameters, offered): &Known,
        modulus: usize,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<(SecretKey, Vec<u8>), EngineError> {
        let secret = SecretKey::generate(parameters, &seed.derive("secret key", modulus as u64));
        let evaluation = seed.derive("evaluation keys", modulus as u64);
        let keys = secret.server_keys(parameters, offered.switches, &evaluation, watch)?;
        Ok((secret, keys.to_bytes(parameters)))
    }

    fn read_keys(
        (parameters, _): &Known,
        bytes: &[u8],
        watch: &Watch,
    ) -> Result<ServerKeys, EngineError> {
        Ok(CompressedKeys::from_bytes(parameters, bytes)?.expand(parameters, watch)?)
    }

    fn encrypt(
        (parameters, offered): &Known,
        secret: &SecretKey,
        vectors: &[Vec<f64>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<SeededLwes, EngineError> {
        watch.check()?;
        let integers: Vec<i32> =
            vectors.iter().map(|v| v.first().copied().unwrap_or(0.0) as i32).collect();
        let client = TableClient::new(parameters, offered, secret, seed.clone());
        Ok(client.encrypt(0, &integers))
    }

    fn fresh((parameters, _): &Known, inputs: &SeededLwes, index: usize) -> Option<Vec<u32>> {
        inputs.expand(parameters).iter().nth(index).map(<[u32]>::to_vec)
    }

    fn evaluate(
        (parameters, _): &Known,
        program: &P,
        keys: &ServerKeys,
        inputs: SeededLwes,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let Evaluation { watch, fraction, .. } = *following;
        let outputs = program.evaluate(parameters, keys, &inputs, watch, fraction)?;
        let stage_secs = vec![0.0; following.stage_secs.len()];
        Ok(Evaluated { outputs, probes: Vec::new(), stage_secs })
    }

    fn decrypt(
        (parameters, offered): &Known,
        secret: &SecretKey,
        outputs: &PackedLwes,
    ) -> Result<(Vec<Vec<f64>>, f64), EngineError> {
        let client = TableClient::new(parameters, offered, secret, Seed::from_number(0));
        let scores = client.decrypt(outputs)?;
        Ok((scores.into_iter().map(|score| vec![score]).collect(), f64::INFINITY))
    }

    fn measure(
        (parameters, offered): &Known,
        secret: &SecretKey,
        ciphertext: &Vec<u32>,
    ) -> Result<Measured<f64>, EngineError> {
        let client = TableClient::new(parameters, offered, secret, Seed::from_number(0));
        let phase = f64::from(client.phase(ciphertext)? as i32) / f64::from(offered.score_unit);
        Ok(Measured { values: vec![phase], margin_bits: f64::INFINITY })
    }

    fn write_inputs((parameters, _): &Known, inputs: &SeededLwes, out: &mut Vec<u8>) {
        out.extend(inputs.to_bytes(parameters));
    }

    fn read_inputs((parameters, _): &Known, bytes: &[u8]) -> Result<SeededLwes, EngineError> {
        Ok(SeededLwes::from_bytes(parameters, bytes)?)
    }

    fn write_outputs((parameters, _): &Known, outputs: &PackedLwes, out: &mut Vec<u8>) {
        out.extend(outputs.to_bytes(parameters));
    }

    fn read_outputs((parameters, _): &Known, bytes: &[u8]) -> Result<PackedLwes, EngineError> {
        Ok(PackedLwes::from_bytes(parameters, bytes)?)
    }
}
