//! What clients, server and authority send each other.

use super::message_error::MessageError;
use functional::febo;
use functional::feip::{Ciphertexts, FUNCTION_KEY_BYTES, FunctionKey};
use functional::group::{ELEMENT_BYTES, Encoded};
use sha2::{Digest, Sha256};
use wire::{Malformed, Reader, Writer};

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
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.u64(self.serial).u64(self.batch as u64).u64(self.samples as u64);
        out.bytes(self.keys.as_flattened());
        out.u64(self.forward.vector_len() as u64).block(&self.forward.to_bytes());
        out.u64(self.backward.len() as u64);
        for part in &self.backward {
            out.u64(part.vector_len() as u64).block(&part.to_bytes());
        }
        out.u64(self.labels.len() as u64);
        for label in &self.labels {
            out.bytes(&label.commitment).bytes(&label.body);
        }
        bytes
    }

    /// Reads what [`EncryptedBatch::to_bytes`] wrote. Points are checked when they are decoded.
    ///
    /// # Errors
    /// When lengths do not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut from = Reader::new(BATCH, bytes);
        let serial = from.u64()?;
        let (batch, samples) = (from.size()?, from.size()?);
        let keys = [from.take()?, from.take()?];
        let forward = ciphertexts(&mut from)?;
        let parts = from.count(1)?;
        let backward = (0..parts).map(|_| ciphertexts(&mut from)).collect::<Result<_, _>>()?;
        let labels = (0..from.count(febo::Ciphertext::BYTES)?)
            .map(|_| Ok(febo::Ciphertext { commitment: from.take()?, body: from.take()? }))
            .collect::<Result<_, Malformed>>()?;
        from.end()?;
        Ok(Self { serial, batch, samples, keys, forward, backward, labels })
    }
}

fn ciphertexts(from: &mut Reader) -> Result<Ciphertexts, MessageError> {
    let len = usize::try_from(from.u64()?).unwrap_or(usize::MAX);
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
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.u64(self.number).u64(self.batch as u64);
        match &self.asked {
            Asked::Products(rows) => write_rows(out.u64(0), rows),
            Asked::Gradients(rows) => write_rows(out.u64(1), rows),
            Asked::Differences(asked) => {
                out.u64(2).u64(asked.len() as u64);
                for (commitment, operand) in asked {
                    out.bytes(commitment).u64(*operand as u64);
                }
            }
        }
        bytes
    }

    /// Reads what [`KeyRequest::to_bytes`] wrote.
    ///
    /// # Errors
    /// When lengths or kinds do not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut from = Reader::new(REQUEST, bytes);
        let (number, batch) = (from.u64()?, from.size()?);
        let asked = match from.u64()? {
            0 => Asked::Products(read_rows(&mut from)?),
            1 => Asked::Gradients(read_rows(&mut from)?),
            2 => {
                let count = from.count(ELEMENT_BYTES + 8)?;
                let one = |_| Ok((from.take()?, from.u64()? as i64));
                Asked::Differences((0..count).map(one).collect::<Result<_, Malformed>>()?)
            }
            kind => {
                return Err(from.unexpected(format!("kind {kind}"), "0, 1 or 2").into());
            }
        };
        from.end()?;
        Ok(Self { number, batch, asked })
    }
}

fn write_rows(out: &mut Writer, rows: &[Vec<i32>]) {
    out.u64(rows.len() as u64).u64(rows.first().map_or(0, Vec::len) as u64);
    for weight in rows.iter().flatten() {
        out.i32(*weight);
    }
}

fn read_rows(from: &mut Reader) -> Result<Vec<Vec<i32>>, Malformed> {
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
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.u64(self.number).bytes(&self.tie);
        match &self.granted {
            Granted::Rows(keys) => {
                out.u64(0).u64(keys.len() as u64);
                for key in keys {
                    out.bytes(&key.to_bytes());
                }
            }
            Granted::Differences(keys) => {
                out.u64(1).u64(keys.len() as u64);
                for key in keys {
                    out.bytes(&key.element);
                }
            }
        }
        bytes
    }

    /// Reads what [`KeyGrant::to_bytes`] wrote.
    ///
    /// # Errors
    /// When lengths or kinds do not fit, or a key is malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut from = Reader::new(GRANT, bytes);
        let (number, tie) = (from.u64()?, from.take()?);
        let kind = from.u64()?;
        let count = from.count(FUNCTION_KEY_BYTES)?;
        let content = |reason| MessageError::Content { what: GRANT, reason };
        let granted = match kind {
            0 => {
                let key = |_| FunctionKey::from_bytes(from.take()?).map_err(content);
                Granted::Rows((0..count).map(key).collect::<Result<_, MessageError>>()?)
            }
            1 => {
                let operation = febo::Operation::Subtract;
                let key = |_| Ok(febo::FunctionKey { operation, element: from.take()? });
                Granted::Differences((0..count).map(key).collect::<Result<_, Malformed>>()?)
            }
            kind => {
                return Err(from.unexpected(format!("kind {kind}"), "0 or 1").into());
            }
        };
        from.end()?;
        Ok(Self { number, tie, granted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use functional::feip::{Encryptor, MasterKey};
    use progress::Cancel;
    use proptest::prelude::*;
    use ring::{Kernel, Seed};

    fn batch() -> EncryptedBatch {
        let seed = Seed::from_number(1);
        let (_, public) = MasterKey::generate(&seed, 3).unwrap();
        let encryptor = Encryptor::new(Kernel::best(), &public, 9).unwrap();
        let encrypt = |vectors: &[Vec<i32>], at| {
            encryptor.encrypt(vectors, &seed.derive("x", at), &Cancel::default()).unwrap()
        };
        let (_, label_key) = febo::MasterKey::generate(&seed);
        EncryptedBatch {
            serial: 7,
            batch: 2,
            samples: 2,
            keys: [[3; 16], [4; 16]],
            forward: encrypt(&[vec![1, 2, 3], vec![4, 5, 6]], 0),
            backward: vec![encrypt(&[vec![1, 4, 0]], 1), encrypt(&[vec![2, 5, 0]], 2)],
            labels: febo::Encryptor::new(&label_key).encrypt(&[100, 0], &seed),
        }
    }

    fn requests() -> Vec<KeyRequest> {
        let rows = vec![vec![1, -2, 3], vec![i32::MIN, i32::MAX, 0]];
        let differences = Asked::Differences(vec![([5; 32], -7), ([6; 32], i64::MAX)]);
        [Asked::Products(rows.clone()), Asked::Gradients(rows), differences]
            .into_iter()
            .zip(1..)
            .map(|(asked, number)| KeyRequest { number, batch: 4, asked })
            .collect()
    }

    fn grants() -> Vec<KeyGrant> {
        let (master, _) = MasterKey::generate(&Seed::from_number(2), 2).unwrap();
        let rows = Granted::Rows(master.derive(&[vec![1, 2], vec![3, 4]]).unwrap());
        let operation = febo::Operation::Subtract;
        let key = |element| febo::FunctionKey { operation, element };
        let differences = Granted::Differences(vec![key([8; 32]), key([9; 32])]);
        let grant = |granted| KeyGrant { number: 5, tie: tie(b"question"), granted };
        vec![grant(rows), grant(differences)]
    }

    #[test]
    fn every_message_survives_the_way_and_none_that_is_cut_or_longer() {
        let batch = batch();
        let bytes = batch.to_bytes();
        assert_eq!(EncryptedBatch::from_bytes(&bytes).unwrap(), batch);
        let whole = |read: &dyn Fn(&[u8]) -> Option<MessageError>, bytes: &[u8]| {
            assert_eq!(read(bytes), None);
            for cut in 0..bytes.len() {
                assert!(read(&bytes[..cut]).is_some(), "cut after {cut} of {}", bytes.len());
            }
            let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
            let text = read(&longer).map(|e| e.to_string()).unwrap_or_default();
            assert!(text.ends_with("1 bytes too many"), "{text}");
        };
        whole(&|b| EncryptedBatch::from_bytes(b).err(), &bytes);
        for request in requests() {
            let bytes = request.to_bytes();
            assert_eq!(KeyRequest::from_bytes(&bytes).unwrap(), request);
            whole(&|b| KeyRequest::from_bytes(b).err(), &bytes);
        }
        for grant in grants() {
            let bytes = grant.to_bytes();
            assert_eq!(KeyGrant::from_bytes(&bytes).unwrap(), grant);
            whole(&|b| KeyGrant::from_bytes(b).err(), &bytes);
        }
    }

    #[test]
    fn kinds_and_keys_that_do_not_exist_are_refused() {
        let mut request = requests().remove(0).to_bytes();
        request[16] = 3;
        let text = KeyRequest::from_bytes(&request).unwrap_err().to_string();
        assert_eq!(text, "key request: kind 3 where 0, 1 or 2 was expected");
        let mut grant = grants().remove(0).to_bytes();
        grant[24] = 2;
        let text = KeyGrant::from_bytes(&grant).unwrap_err().to_string();
        assert_eq!(text, "key grant: kind 2 where 0 or 1 was expected");
        let mut grant = grants().remove(0).to_bytes();
        let key = grant.len() - FUNCTION_KEY_BYTES;
        grant[key..].fill(0xff);
        assert!(matches!(KeyGrant::from_bytes(&grant), Err(MessageError::Content { .. })));
    }

    #[test]
    fn a_tie_is_of_every_byte() {
        let bytes = requests().remove(0).to_bytes();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_ne!(tie(&other), tie(&bytes));
        }
    }

    proptest! {
        /// Nothing a stranger sends brings a role down, and lengths are believed only as far as there
        /// are bytes.
        #[test]
        fn whatever_is_sent_is_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            at in 0..2000_usize,
            kind in 0..4_u64,
        ) {
            for start in [vec![], [1_u64, 0, kind].map(u64::to_le_bytes).concat()] {
                let bytes: Vec<u8> = start.into_iter().chain(bytes.iter().copied()).collect();
                KeyRequest::from_bytes(&bytes).ok();
                KeyGrant::from_bytes(&bytes).ok();
                EncryptedBatch::from_bytes(&bytes).ok();
            }
            let mut whole = batch().to_bytes();
            let at = at % whole.len();
            whole.iter_mut().skip(at).zip(&bytes).for_each(|(b, by)| *b = *by);
            EncryptedBatch::from_bytes(&whole).ok();
        }
    }
}
