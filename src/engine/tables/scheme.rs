//! Lookup tables as a scheme: a batch is one sample, a slot its only one.

use super::client::TableClient;
use super::program::{ServedTables, TablesOffered};
use super::server::TableServer;
use crate::scheme::{EngineError, Evaluated, Evaluation, Measured, Scheme};
use progress::Watch;
use ring::Seed;
use scheme::tfhe::{
    CompressedKeys, PackedLwes, SecretKey, SeededLwes, ServerKeys, TfheError, TfheParameters,
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs lookup tables with TFHE.
pub enum Tables {}

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

impl Scheme for Tables {
    type Value = f64;
    type Parameters = Known;
    type Program = ServedTables;
    type Secret = SecretKey;
    type Keys = ServerKeys;
    type Inputs = SeededLwes;
    type Outputs = PackedLwes;
    type Ciphertext = Vec<u32>;

    fn keygen(
        (parameters, offered): &Known,
        branch: usize,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<(SecretKey, Vec<u8>), EngineError> {
        let secret = SecretKey::generate(parameters, &seed.derive("secret key", branch as u64));
        let evaluation = seed.derive("evaluation keys", branch as u64);
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
        program: &ServedTables,
        keys: &ServerKeys,
        inputs: SeededLwes,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError> {
        let server = TableServer::new(parameters, program, keys);
        let lookups = program.program.sums.iter().filter(|s| s.reading.is_some());
        let all: usize = lookups.map(|s| s.constants.len()).sum();
        let done = AtomicUsize::new(0);
        let count = |n: usize| {
            let done = done.fetch_add(n, Ordering::Relaxed) + n;
            (following.fraction)(done as f64 / all.max(1) as f64);
        };
        let answer = server.evaluate(&inputs, false, following.watch, &count)?;
        let stage_secs = vec![0.0; following.stage_secs.len()];
        Ok(Evaluated { outputs: answer.scores, taps: Vec::new(), stage_secs })
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
