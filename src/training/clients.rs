//! The clients: encrypt their samples with the public keys and send mini-batches.

use super::authority::{InputKeys, PublicKeys};
use super::message::{EncryptedBatch, Tie};
use super::message_error::MessageError;
use crate::batches::Batches;
use crate::error::CryptonnError;
use functional::febo;
use functional::feip::Encryptor;
use progress::Cancel;
use ring::{Kernel, Seed};

/// The clients together: what one sends does not depend on the others. They know public keys, and have no
/// place for a master key:
///
/// ```compile_fail,E0308
/// use cryptoscope_training::{Batches, Clients};
/// use functional::feip::MasterKey;
/// use progress::Cancel;
/// use ring::Seed;
/// fn leak(batches: &Batches, master: MasterKey, seed: Seed) {
///     let _ = Clients::new(batches, master, seed, Cancel::default());
/// }
/// ```
#[derive(Debug)]
pub struct Clients<'a> {
    batches: &'a Batches,
    keys: PublicKeys,
    /// Tables of the public keys that were used last.
    tables: Tables,
    labels: febo::Encryptor,
    seed: Seed,
    serial: u64,
    cancel: Cancel,
}

/// Public keys of inputs with tables.
#[derive(Debug)]
struct Tables {
    keys: [Tie; 2],
    forward: Encryptor,
    backward: Encryptor,
}

impl Tables {
    fn new(keys: &InputKeys, max: i32) -> Result<Self, CryptonnError> {
        let kernel = Kernel::best();
        let forward = Encryptor::new(kernel, &keys.forward, max)?;
        let backward = Encryptor::new(kernel, &keys.backward, max)?;
        Ok(Self { keys: keys.fingerprints(), forward, backward })
    }
}

fn no_keys(batch: usize) -> MessageError {
    let (found, wanted) = (format!("none for mini-batch {batch}"), "one".to_owned());
    MessageError::Unexpected { what: "public keys", found, wanted }
}

impl<'a> Clients<'a> {
    /// Clients with these data and keys; `seed` is the source of all their randomness and must never
    /// be used again with the same keys. `cancel` stops them within a few milliseconds.
    ///
    /// # Errors
    /// When a key is malformed.
    pub fn new(
        batches: &'a Batches,
        keys: PublicKeys,
        seed: Seed,
        cancel: Cancel,
    ) -> Result<Self, CryptonnError> {
        let tables = Tables::new(keys.of_batch(0).ok_or(no_keys(0))?, batches.max_input())?;
        let labels = febo::Encryptor::new(&keys.labels);
        Ok(Self { batches, keys, tables, labels, seed, serial: 0, cancel })
    }

    /// Encrypts a mini-batch, with fresh randomness every time: its samples (or their windows), the
    /// same transposed, and its labels.
    ///
    /// # Errors
    /// When a value is out of range, or the work is stopped.
    pub fn send(&mut self, batch: usize) -> Result<Vec<u8>, CryptonnError> {
        let keys = self.keys.of_batch(batch).ok_or(no_keys(batch))?;
        if self.keys.inputs.len() > 1 && keys.fingerprints() != self.tables.keys {
            self.tables = Tables::new(keys, self.batches.max_input())?;
        }
        let (tables, cancel) = (&self.tables, &self.cancel);
        self.serial += 1;
        let seed = self.seed.derive("mini-batch", self.serial);
        let x = self.batches.forward(batch);
        let forward = tables.forward.encrypt(&x, &seed.derive("x", 0), cancel)?;
        let parts = self.batches.backward(batch);
        let part = |(at, part): (usize, &Vec<Vec<i32>>)| {
            tables.backward.encrypt(part, &seed.derive("x transposed", at as u64), cancel)
        };
        let backward = parts.iter().enumerate().map(part).collect::<Result<_, _>>()?;
        let labels = self.labels.encrypt(&self.batches.labels(batch), &seed.derive("y", 0));
        let samples = self.batches.members(batch).len();
        let (serial, keys) = (self.serial, tables.keys);
        Ok(EncryptedBatch { serial, batch, samples, keys, forward, backward, labels }.to_bytes())
    }
}
