//! The client of lookup tables: owns the data and the secret key.

use crate::circuit::table::TableCircuit;
use crate::ring::Seed;
use crate::scheme::tfhe::{PackedLwes, SecretKey, Switched, TfheError};

/// Encrypts samples and reads scores. The only holder of the secret key.
pub struct TableClient<'a> {
    circuit: &'a TableCircuit,
    secret: &'a SecretKey,
    seed: Seed,
}

impl<'a> TableClient<'a> {
    /// A client that encrypts with randomness from `seed`, which must not be used with the same key
    /// for other samples.
    pub fn new(circuit: &'a TableCircuit, secret: &'a SecretKey, seed: Seed) -> Self {
        Self { circuit, secret, seed }
    }

    /// The message with one encrypted sample. `number` gives fresh randomness and must be used once.
    pub fn encrypt(&self, number: usize, integers: &[i32]) -> Vec<u8> {
        let unit = self.circuit.program.input_unit;
        let messages: Vec<u32> = integers.iter().map(|x| (*x as u32).wrapping_mul(unit)).collect();
        let seed = self.seed.derive("sample", number as u64);
        let parameters = &self.circuit.parameters;
        self.secret.encrypt(parameters, &messages, &seed).to_bytes(parameters)
    }

    /// The scores in a message of the server, in their units, with noise.
    pub fn decrypt(&self, bytes: &[u8]) -> Result<Vec<f64>, TfheError> {
        let list = PackedLwes::from_bytes(&self.circuit.parameters, bytes)?.expand();
        let unit = f64::from(self.circuit.program.score_unit);
        let score = |phase: &u32| f64::from(*phase as i32) / unit;
        Ok(self.secret.phases(&list)?.iter().map(score).collect())
    }

    /// Message plus noise of one ciphertext, in units of `2^-32` of the torus.
    pub fn phase(&self, ciphertext: &[u32]) -> Result<u32, TfheError> {
        self.secret.phase(ciphertext)
    }

    /// The same of a ciphertext whose modulus was switched, and the position a table is read at:
    /// from `-N` to `N - 1`.
    pub fn position(&self, switched: &Switched) -> Result<(u32, i64), TfheError> {
        let phase = self.secret.phase(&switched.centred())?;
        let bits = (2 * self.circuit.parameters.polynomial_size).trailing_zeros();
        Ok((phase, i64::from(phase as i32 >> (32 - bits))))
    }
}
