//! The server: holds the weights, asks for keys, and decrypts results of functions only.

use super::authority::of_batch;
use super::message::{Asked, EncryptedBatch, Granted, KeyGrant, KeyRequest, Tie, tie};
use super::message_error::MessageError;
use crate::error::CryptonnError;
use functional::febo;
use functional::feip::{CiphertextSet, FunctionKey, Products};
use functional::group::{DlogTable, Encoded};
use progress::Cancel;
use ring::Kernel;
use std::collections::HashMap;

/// The shape of what is sent, known to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Values of a vector of the forward pass.
    pub forward_len: usize,
    /// Values of a vector of the backward pass.
    pub backward_len: usize,
    pub windows: usize,
    pub classes: usize,
    /// Largest magnitude of an encrypted input, and of a label.
    pub max_input: i32,
    pub max_label: i32,
}

/// A mini-batch that arrived, every point checked.
#[derive(Debug)]
struct Received {
    samples: usize,
    forward: CiphertextSet,
    backward: Vec<CiphertextSet>,
    labels: Vec<febo::Ciphertext>,
}

/// The server: it knows fingerprints of the public keys, and has no place for a master key.
///
/// ```compile_fail,E0308
/// use cryptoscope_training::{Dimensions, Server};
/// use functional::feip::MasterKey;
/// use progress::Cancel;
/// fn leak(dimensions: Dimensions, master: MasterKey) -> Server {
///     Server::new(dimensions, vec![master], 14, Cancel::default())
/// }
/// ```
#[derive(Debug)]
pub struct Server {
    dimensions: Dimensions,
    /// Fingerprints of the public keys that ciphertexts must be under: one pair for all mini-batches, or
    /// one for each.
    keys: Vec<[Tie; 2]>,
    table: DlogTable,
    received: HashMap<usize, Received>,
    /// Number of the latest message of the clients.
    serial: u64,
    requests: u64,
    /// Largest bound that logarithms were searched in, and largest magnitude found.
    bound: u64,
    largest: u64,
    cancel: Cancel,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub struct Pending {
    number: u64,
    tie: Tie,
    pub bytes: Vec<u8>,
}

impl Server {
    /// A server for ciphertexts under the keys with these fingerprints: one pair for all mini-batches, or
    /// one for each. `cancel` stops it within a few milliseconds.
    pub fn new(
        dimensions: Dimensions,
        keys: Vec<[Tie; 2]>,
        table_bits: u32,
        cancel: Cancel,
    ) -> Self {
        Self {
            dimensions,
            keys,
            table: DlogTable::new(Kernel::best(), table_bits),
            received: HashMap::new(),
            serial: 0,
            requests: 0,
            bound: 0,
            largest: 0,
            cancel,
        }
    }

    /// Whether the mini-batch is here.
    pub fn has(&self, batch: usize) -> bool {
        self.received.contains_key(&batch)
    }

    /// Forgets a mini-batch.
    pub fn release(&mut self, batch: usize) {
        self.received.remove(&batch);
    }

    /// Takes in mini-batch number `batch`.
    ///
    /// # Errors
    /// When the message is malformed, is about another mini-batch, was here before, is under other
    /// keys, or holds a malformed point.
    pub fn receive(&mut self, batch: usize, bytes: &[u8]) -> Result<(), CryptonnError> {
        const WHAT: &str = "encrypted mini-batch";
        let message = EncryptedBatch::from_bytes(bytes)?;
        if message.serial <= self.serial {
            return Err(MessageError::Replayed { what: WHAT, number: message.serial }.into());
        }
        let d = self.dimensions;
        let vectors = message.samples.saturating_mul(d.windows);
        let parts = vectors.div_ceil(d.backward_len.max(1));
        let fits = [
            ("mini-batch", message.batch, batch),
            ("forward vector length", message.forward.vector_len(), d.forward_len),
            ("forward ciphertexts", message.forward.count(), vectors),
            ("backward parts", message.backward.len(), parts),
            ("labels", message.labels.len(), message.samples.saturating_mul(d.classes)),
        ];
        let part_fits = message.backward.iter().flat_map(|part| {
            [
                ("backward vector length", part.vector_len(), d.backward_len),
                ("backward ciphertexts", part.count(), d.forward_len),
            ]
        });
        for (what, found, wanted) in fits.into_iter().chain(part_fits) {
            if found != wanted {
                let (found, wanted) = (format!("{what} {found}"), wanted.to_string());
                return Err(MessageError::Unexpected { what: WHAT, found, wanted }.into());
            }
        }
        if of_batch(&self.keys, batch) != Some(&message.keys) {
            return Err(MessageError::Unexpected {
                what: WHAT,
                found: "ciphertexts under other public keys".into(),
                wanted: "the keys of this training".into(),
            }
            .into());
        }
        let (kernel, cancel) = (Kernel::best(), &self.cancel);
        let parts = message.backward.iter().map(|part| part.decode(kernel, cancel));
        let backward = parts.collect::<Result<_, _>>()?;
        let forward = message.forward.decode(kernel, cancel)?;
        self.serial = message.serial;
        let (samples, labels) = (message.samples, message.labels);
        self.received.insert(batch, Received { samples, forward, backward, labels });
        Ok(())
    }

    fn batch(&self, batch: usize) -> Result<&Received, CryptonnError> {
        let missing = || MessageError::Unexpected {
            what: "mini-batch",
            found: format!("none with number {batch}"),
            wanted: "one that was received".into(),
        };
        Ok(self.received.get(&batch).ok_or_else(missing)?)
    }

    fn ask(&mut self, batch: usize, asked: Asked) -> Pending {
        self.requests += 1;
        let number = self.requests;
        let bytes = KeyRequest { number, batch, asked }.to_bytes();
        Pending { number, tie: tie(&bytes), bytes }
    }

    /// Asks for keys of rows of the forward pass on a mini-batch.
    pub fn ask_products(&mut self, batch: usize, rows: &[Vec<i32>]) -> Pending {
        self.ask(batch, Asked::Products(rows.to_vec()))
    }

    /// Asks for keys of rows of the backward pass on a mini-batch.
    pub fn ask_gradients(&mut self, batch: usize, rows: &[Vec<i32>]) -> Pending {
        self.ask(batch, Asked::Gradients(rows.to_vec()))
    }

    /// Asks for keys of the differences between labels and outputs in fixed point.
    ///
    /// # Errors
    /// When the mini-batch is not here.
    pub fn ask_differences(
        &mut self,
        batch: usize,
        outputs: &[i64],
    ) -> Result<Pending, CryptonnError> {
        let labels = self.batch(batch)?.labels.iter().map(|label| label.commitment);
        let asked: Vec<(Encoded, i64)> = labels.zip(outputs.iter().copied()).collect();
        Ok(self.ask(batch, Asked::Differences(asked)))
    }

    /// The products of all vectors of the forward pass with the rows, in the exponent.
    ///
    /// # Errors
    /// When the answer is not that to `pending`, or does not fit.
    pub fn products(
        &self,
        batch: usize,
        rows: &[Vec<i32>],
        pending: &Pending,
        grant: &[u8],
    ) -> Result<Products, CryptonnError> {
        let keys = row_keys(pending, grant)?;
        Ok(self.batch(batch)?.forward.products(rows, &keys, &self.cancel)?)
    }

    /// The products of the vectors of each part of the backward pass with its rows, in the exponent;
    /// `rows` holds the same number of rows for each part, one part after the other.
    ///
    /// # Errors
    /// As [`Server::products`].
    pub fn gradients(
        &self,
        batch: usize,
        rows: &[Vec<i32>],
        pending: &Pending,
        grant: &[u8],
    ) -> Result<Vec<Products>, CryptonnError> {
        let keys = row_keys(pending, grant)?;
        let parts = &self.batch(batch)?.backward;
        let each = rows.len() / parts.len().max(1);
        let chunks = rows.chunks(each.max(1)).zip(keys.chunks(each.max(1)));
        Ok(parts
            .iter()
            .zip(chunks)
            .map(|(p, (r, k))| p.products(r, k, &self.cancel))
            .collect::<Result<_, _>>()?)
    }

    /// The inner products themselves, each below the bound that follows from the rows and the range of
    /// inputs.
    ///
    /// # Errors
    /// When one is outside.
    pub fn logarithms(
        &mut self,
        products: &Products,
        rows: &[Vec<i32>],
    ) -> Result<Vec<i64>, CryptonnError> {
        let sum = |row: &Vec<i32>| row.iter().map(|w| u64::from(w.unsigned_abs())).sum::<u64>();
        let max_input = u64::from(self.dimensions.max_input.unsigned_abs());
        let bound = rows.iter().map(sum).max().unwrap_or(0).saturating_mul(max_input);
        let values = products.decrypt(&self.table, bound, &self.cancel)?;
        self.note(bound, &values);
        Ok(values)
    }

    /// Outputs minus labels.
    ///
    /// # Errors
    /// As [`Server::products`] and [`Server::logarithms`].
    pub fn differences(
        &mut self,
        batch: usize,
        outputs: &[i64],
        pending: &Pending,
        grant: &[u8],
    ) -> Result<Vec<i64>, CryptonnError> {
        let Granted::Differences(keys) = granted(pending, grant)? else {
            return Err(wrong_kind("keys of rows", "keys of differences"));
        };
        let largest = outputs.iter().map(|a| a.unsigned_abs()).max().unwrap_or(0);
        let bound = largest + u64::from(self.dimensions.max_label.unsigned_abs());
        let labels = &self.batch(batch)?.labels;
        let operation = febo::Operation::Subtract;
        let values = febo::decrypt(operation, labels, outputs, &keys, &self.table, bound)?;
        self.note(bound, &values);
        Ok(values.into_iter().map(|v| -v).collect())
    }

    fn note(&mut self, bound: u64, values: &[i64]) {
        self.bound = self.bound.max(bound);
        let largest = values.iter().map(|v| v.unsigned_abs()).max();
        self.largest = self.largest.max(largest.unwrap_or(0));
    }

    /// Largest bound so far, largest magnitude met, bytes of the table.
    pub fn dlog_range(&self) -> crate::figures::DlogRange {
        let table_bytes = self.table.bytes() as u64;
        crate::figures::DlogRange { bound: self.bound, largest: self.largest, table_bytes }
    }

    /// Samples of a mini-batch that is here.
    pub fn samples(&self, batch: usize) -> usize {
        self.received.get(&batch).map_or(0, |received| received.samples)
    }
}

/// Keys, when the answer is that to the request.
fn granted(pending: &Pending, grant: &[u8]) -> Result<Granted, CryptonnError> {
    let grant = KeyGrant::from_bytes(grant)?;
    if grant.number != pending.number || grant.tie != pending.tie {
        return Err(MessageError::Unexpected {
            what: "key grant",
            found: format!("an answer to request {}", grant.number),
            wanted: format!("the answer to request {} as it was sent", pending.number),
        }
        .into());
    }
    Ok(grant.granted)
}

fn row_keys(pending: &Pending, grant: &[u8]) -> Result<Vec<FunctionKey>, CryptonnError> {
    match granted(pending, grant)? {
        Granted::Rows(keys) => Ok(keys),
        Granted::Differences(_) => Err(wrong_kind("keys of differences", "keys of rows")),
    }
}

fn wrong_kind(found: &str, wanted: &str) -> CryptonnError {
    let (found, wanted) = (found.to_owned(), wanted.to_owned());
    MessageError::Unexpected { what: "key grant", found, wanted }.into()
}
