//! What clients, server and authority send each other.

use super::wire::{Reader, Writer};
use crate::scheme::febo;
use crate::scheme::feip::{Ciphertexts, FUNCTION_KEY_BYTES, FeipError, FunctionKey};
use crate::scheme::group::{ELEMENT_BYTES, Encoded};
use sha2::{Digest, Sha256};

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("{what}: {wanted} more bytes are announced, {left} are left")]
    Short { what: &'static str, wanted: usize, left: usize },
    #[error("{what}: {left} bytes too many")]
    Trailing { what: &'static str, left: usize },
    #[error("{what}: {found} where {wanted} was expected")]
    Unexpected { what: &'static str, found: String, wanted: String },
    #[error("{what} number {number} was here before; every message counts once")]
    Replayed { what: &'static str, number: u64 },
    #[error("{what}: {reason}")]
    Content { what: &'static str, reason: FeipError },
}

/// A digest that ties an answer to its question.
pub type Tie = [u8; 16];

/// The digest of a message.
pub fn tie(bytes: &[u8]) -> Tie {
    let mut tie = [0; 16];
    tie.iter_mut().zip(Sha256::digest(bytes)).for_each(|(t, b)| *t = b);
    tie
}

/// A mini-batch from the clients to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedBatch {
    /// Rises with every message of the clients.
    pub serial: u64,
    pub batch: usize,
    pub samples: usize,
    /// Fingerprints of the public keys of forward and backward pass.
    pub keys: [Tie; 2],
    pub forward: Ciphertexts,
    pub backward: Vec<Ciphertexts>,
    /// One-hot labels, `[sample][class]`.
    pub labels: Vec<febo::Ciphertext>,
}

const BATCH: &str = "encrypted mini-batch";

impl EncryptedBatch {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(self.serial).number(self.batch as u64).number(self.samples as u64);
        out.bytes(self.keys.as_flattened());
        out.number(self.forward.vector_len() as u64).block(&self.forward.to_bytes());
        out.number(self.backward.len() as u64);
        for part in &self.backward {
            out.number(part.vector_len() as u64).block(&part.to_bytes());
        }
        out.number(self.labels.len() as u64);
        for label in &self.labels {
            out.bytes(&label.commitment).bytes(&label.body);
        }
        out.finish()
    }

    /// Reads what [`EncryptedBatch::to_bytes`] wrote. Points are checked when they are decoded.
    ///
    /// # Errors
    /// When lengths do not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut from = Reader::new(BATCH, bytes);
        let serial = from.number()?;
        let (batch, samples) = (from.number()? as usize, from.number()? as usize);
        let keys = [from.array()?, from.array()?];
        let forward = ciphertexts(&mut from)?;
        let parts = from.count(1)?;
        let backward = (0..parts).map(|_| ciphertexts(&mut from)).collect::<Result<_, _>>()?;
        let labels = (0..from.count(febo::Ciphertext::BYTES)?)
            .map(|_| Ok(febo::Ciphertext { commitment: from.array()?, body: from.array()? }))
            .collect::<Result<_, MessageError>>()?;
        from.end()?;
        Ok(Self { serial, batch, samples, keys, forward, backward, labels })
    }
}

fn ciphertexts(from: &mut Reader) -> Result<Ciphertexts, MessageError> {
    let len = usize::try_from(from.number()?).unwrap_or(usize::MAX);
    let content = |reason| MessageError::Content { what: BATCH, reason };
    Ciphertexts::from_bytes(len, from.block()?).map_err(content)
}

/// What keys are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Inner products of the forward pass with these rows.
    Products(Vec<Vec<i32>>),
    /// Inner products of the backward pass with these rows.
    Gradients(Vec<Vec<i32>>),
    /// Labels minus these outputs; for each the commitment of its ciphertext.
    Differences(Vec<(Encoded, i64)>),
}

/// A request of the server to the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    /// Rises with every request.
    pub number: u64,
    /// The mini-batch that the keys shall open.
    pub batch: usize,
    pub asked: Asked,
}

const REQUEST: &str = "key request";

impl KeyRequest {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(self.number).number(self.batch as u64);
        match &self.asked {
            Asked::Products(rows) => write_rows(out.number(0), rows),
            Asked::Gradients(rows) => write_rows(out.number(1), rows),
            Asked::Differences(asked) => {
                out.number(2).number(asked.len() as u64);
                for (commitment, operand) in asked {
                    out.bytes(commitment).number(*operand as u64);
                }
            }
        }
        out.finish()
    }

    /// Reads what [`KeyRequest::to_bytes`] wrote.
    ///
    /// # Errors
    /// When lengths or kinds do not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut from = Reader::new(REQUEST, bytes);
        let (number, batch) = (from.number()?, from.number()? as usize);
        let asked = match from.number()? {
            0 => Asked::Products(read_rows(&mut from)?),
            1 => Asked::Gradients(read_rows(&mut from)?),
            2 => {
                let count = from.count(ELEMENT_BYTES + 8)?;
                let one = |_| Ok((from.array()?, from.number()? as i64));
                Asked::Differences((0..count).map(one).collect::<Result<_, MessageError>>()?)
            }
            kind => {
                return Err(MessageError::Unexpected {
                    what: REQUEST,
                    found: format!("kind {kind}"),
                    wanted: "0, 1 or 2".into(),
                });
            }
        };
        from.end()?;
        Ok(Self { number, batch, asked })
    }
}

fn write_rows(out: &mut Writer, rows: &[Vec<i32>]) {
    out.number(rows.len() as u64).number(rows.first().map_or(0, Vec::len) as u64);
    for weight in rows.iter().flatten() {
        out.bytes(&weight.to_le_bytes());
    }
}

fn read_rows(from: &mut Reader) -> Result<Vec<Vec<i32>>, MessageError> {
    let rows = from.count(0)?;
    let width = from.count(4)?;
    let bytes = from.bytes(rows.saturating_mul(width).saturating_mul(4))?;
    let row = |row: &[u8]| row.as_chunks::<4>().0.iter().map(|w| i32::from_le_bytes(*w)).collect();
    Ok(bytes.chunks(4 * width.max(1)).map(row).collect())
}

/// Keys as they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    Rows(Vec<FunctionKey>),
    Differences(Vec<febo::FunctionKey>),
}

/// The authority's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGrant {
    pub number: u64,
    /// Digest of the request.
    pub tie: Tie,
    pub granted: Granted,
}

const GRANT: &str = "key grant";

impl KeyGrant {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(self.number).bytes(&self.tie);
        match &self.granted {
            Granted::Rows(keys) => {
                out.number(0).number(keys.len() as u64);
                for key in keys {
                    out.bytes(&key.to_bytes());
                }
            }
            Granted::Differences(keys) => {
                out.number(1).number(keys.len() as u64);
                for key in keys {
                    out.bytes(&key.element);
                }
            }
        }
        out.finish()
    }

    /// Reads what [`KeyGrant::to_bytes`] wrote.
    ///
    /// # Errors
    /// When lengths or kinds do not fit, or a key is malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut from = Reader::new(GRANT, bytes);
        let (number, tie) = (from.number()?, from.array()?);
        let kind = from.number()?;
        let count = from.count(FUNCTION_KEY_BYTES)?;
        let content = |reason| MessageError::Content { what: GRANT, reason };
        let granted = match kind {
            0 => {
                let key = |_| FunctionKey::from_bytes(from.array()?).map_err(content);
                Granted::Rows((0..count).map(key).collect::<Result<_, _>>()?)
            }
            1 => {
                let operation = febo::Operation::Subtract;
                let key = |_| Ok(febo::FunctionKey { operation, element: from.array()? });
                Granted::Differences((0..count).map(key).collect::<Result<_, MessageError>>()?)
            }
            kind => {
                return Err(MessageError::Unexpected {
                    what: GRANT,
                    found: format!("kind {kind}"),
                    wanted: "0 or 1".into(),
                });
            }
        };
        from.end()?;
        Ok(Self { number, tie, granted })
    }
}
