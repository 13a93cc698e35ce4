//! The client of lookup tables: owns the data and the secret key.

use super::program::TablesOffered;
use ring::Seed;
use scheme::tfhe::{PackedLwes, SecretKey, SeededLwes, Switched, TfheError, TfheParameters};

/// Encrypts samples and reads scores. The only holder of the secret key.
pub struct TableClient<'a> {
    parameters: &'a TfheParameters,
    offered: &'a TablesOffered,
    secret: &'a SecretKey,
    seed: Seed,
}

impl<'a> TableClient<'a> {
    /// A client that encrypts with randomness from `seed`, which must not be used with the same key
    /// for other samples.
    pub fn new(
        parameters: &'a TfheParameters,
        offered: &'a TablesOffered,
        secret: &'a SecretKey,
        seed: Seed,
    ) -> Self {
        Self { parameters, offered, secret, seed }
    }

    /// One encrypted sample. `number` gives fresh randomness and must be used once.
    pub fn encrypt(&self, number: usize, integers: &[i32]) -> SeededLwes {
        let unit = self.offered.input_unit;
        let messages: Vec<u32> = integers.iter().map(|x| (*x as u32).wrapping_mul(unit)).collect();
        let seed = self.seed.derive("sample", number as u64);
        self.secret.encrypt(self.parameters, &messages, &seed)
    }

    /// The scores that the server sent, in their units, with noise.
    ///
    /// # Errors
    /// When they are not for this key.
    pub fn decrypt(&self, scores: &PackedLwes) -> Result<Vec<f64>, TfheError> {
        let list = scores.expand();
        let unit = f64::from(self.offered.score_unit);
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
        let bits = (2 * self.parameters.polynomial_size).trailing_zeros();
        Ok((phase, i64::from(phase as i32 >> (32 - bits))))
    }
}
