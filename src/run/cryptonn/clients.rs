//! The clients: encrypt their samples with the public keys and send mini-batches.

use super::authority::PublicKeys;
use super::message::{EncryptedBatch, Tie};
use super::{Batches, CryptonnError};
use crate::ring::{Kernel, Seed};
use crate::scheme::febo;
use crate::scheme::feip::Encryptor;

/// The clients together: what one sends does not depend on the others.
#[derive(Debug)]
pub struct Clients<'a> {
    batches: &'a Batches,
    forward: Encryptor,
    backward: Encryptor,
    labels: febo::Encryptor,
    keys: [Tie; 2],
    seed: Seed,
    serial: u64,
}

impl<'a> Clients<'a> {
    /// Clients with these data and keys; `seed` is the source of all their randomness.
    ///
    /// # Errors
    /// When a key is malformed.
    pub fn new(batches: &'a Batches, keys: &PublicKeys, seed: Seed) -> Result<Self, CryptonnError> {
        let kernel = Kernel::best();
        let max = batches.max_input();
        Ok(Self {
            batches,
            forward: Encryptor::new(kernel, &keys.forward, max)?,
            backward: Encryptor::new(kernel, &keys.backward, max)?,
            labels: febo::Encryptor::new(&keys.labels),
            keys: [keys.forward.fingerprint(), keys.backward.fingerprint()],
            seed,
            serial: 0,
        })
    }

    /// Encrypts a mini-batch, with fresh randomness every time: its samples (or their windows), the
    /// same transposed, and its labels.
    ///
    /// # Errors
    /// When a value is out of range.
    pub fn send(&mut self, batch: usize) -> Result<Vec<u8>, CryptonnError> {
        self.serial += 1;
        let seed = self.seed.derive("mini-batch", self.serial);
        let forward = self.forward.encrypt(&self.batches.forward(batch), &seed.derive("x", 0))?;
        let parts = self.batches.backward(batch);
        let part = |(at, part): (usize, &Vec<Vec<i32>>)| {
            self.backward.encrypt(part, &seed.derive("x transposed", at as u64))
        };
        let backward = parts.iter().enumerate().map(part).collect::<Result<_, _>>()?;
        let labels = self.labels.encrypt(&self.batches.labels(batch), &seed.derive("y", 0));
        let samples = self.batches.members(batch).len();
        let (serial, keys) = (self.serial, self.keys);
        Ok(EncryptedBatch { serial, batch, samples, keys, forward, backward, labels }.to_bytes())
    }
}
