//! The envelope of a message. All integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `CSW1` |
//! | 4 | kind |
//! | 32 | identity of the offer or conversation that it belongs to; of an offer zero |
//! | 8 | number of the batch |
//! | 8 | number of the plaintext modulus |
//! | 8 | length of the body |
//! | 32 | BLAKE3 of all of the above and the body |
//! | rest | body |

use super::error::WireError;
use super::reader::Reader;
use super::writer::Writer;
use std::io::Read;

/// Bytes before the body.
pub const ENVELOPE_BYTES: usize = HASHED + HASH;

/// Bytes that the body of a part of a request begins with: its number, and how many there are.
pub const PART_HEAD_BYTES: usize = 8;

const MAGIC: &[u8; 4] = b"CSW1";
/// Bytes of the envelope that are hashed.
const HASHED: usize = 64;
const HASH: usize = 32;
/// From this length on more than one thread hashes.
const LONG: usize = 1 << 18;
/// Largest body, bytes.
const MAX_BODY: u64 = 1 << 40;
/// What is read at a time, bytes.
const STEP: u64 = 1 << 24;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a server offers, public.
    Offer = 1,
    /// What a server computes with: its own.
    Program = 2,
    /// The seed of a client's secret key: its own.
    SecretKey = 3,
    EvaluationKeys = 4,
    /// What a file of encrypted inputs begins with.
    Request = 5,
    /// Encrypted outputs of the same.
    Answer = 6,
    /// A step of a conversation of many rounds.
    Turn = 7,
    /// Some of the encrypted inputs of one batch and plaintext modulus.
    Part = 8,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Offer,
        Self::Program,
        Self::SecretKey,
        Self::EvaluationKeys,
        Self::Request,
        Self::Answer,
        Self::Turn,
        Self::Part,
    ];

    /// For people, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offer => "an offer",
            Self::Program => "a program of a server",
            Self::SecretKey => "a secret key",
            Self::EvaluationKeys => "evaluation keys",
            Self::Request => "a request",
            Self::Answer => "an answer",
            Self::Turn => "a message of a conversation",
            Self::Part => "encrypted inputs",
        }
    }
}

/// What stands on the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub kind: Kind,
    /// Identity of the offer or conversation.
    pub offer: [u8; 32],
    pub batch: u64,
    /// Number of the plaintext modulus.
    pub modulus: u64,
}

/// A message that is being written.
#[derive(Debug)]
pub struct Draft {
    bytes: Vec<u8>,
}

impl Draft {
    /// A message without a body.
    pub fn new(envelope: &Envelope) -> Self {
        Self::within(Vec::with_capacity(ENVELOPE_BYTES), envelope)
    }

    /// The same in the memory of an earlier message.
    pub fn within(mut bytes: Vec<u8>, envelope: &Envelope) -> Self {
        bytes.clear();
        let mut out = Writer::new(&mut bytes);
        out.bytes(MAGIC).u32(envelope.kind as u32).bytes(&envelope.offer);
        out.u64(envelope.batch).u64(envelope.modulus);
        bytes.resize(ENVELOPE_BYTES, 0);
        Self { bytes }
    }

    /// Where its body is appended.
    pub fn body(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The message with its length and digest.
    pub fn seal(self) -> Vec<u8> {
        let mut bytes = self.bytes;
        let len = (bytes.len() - ENVELOPE_BYTES) as u64;
        if let Some(place) = bytes.get_mut(HASHED - 8..HASHED) {
            place.copy_from_slice(&len.to_le_bytes());
        }
        let (head, body) = bytes.split_at(ENVELOPE_BYTES);
        let hash = digest(head, body);
        if let Some(place) = bytes.get_mut(HASHED..ENVELOPE_BYTES) {
            place.copy_from_slice(&hash);
        }
        bytes
    }
}

/// BLAKE3 of the part of the envelope that is hashed, and of the body.
fn digest(head: &[u8], body: &[u8]) -> [u8; HASH] {
    let mut hash = blake3::Hasher::new();
    hash.update(head.get(..HASHED).unwrap_or_default());
    if body.len() >= LONG {
        hash.update_rayon(body);
    } else {
        hash.update(body);
    }
    *hash.finalize().as_bytes()
}

/// A message whose digest holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub envelope: Envelope,
    pub body: &'a [u8],
    /// The digest.
    pub digest: [u8; 32],
}

impl<'a> Message<'a> {
    /// Checks `bytes`, which are one message and no more.
    ///
    /// # Errors
    /// When they are not, or anything in them was changed.
    pub fn open(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some((head, body)) = bytes.split_at_checked(ENVELOPE_BYTES) else {
            return Err(cut_head(bytes));
        };
        let (envelope, len, stated) = read_head(head)?;
        let (found, needed) = (bytes.len() as u64, len + ENVELOPE_BYTES as u64);
        if found < needed {
            return Err(WireError::Short { found, needed });
        }
        if found > needed {
            return Err(WireError::Long { found, needed });
        }
        let digest = digest(head, body);
        if digest != stated {
            return Err(WireError::Damaged);
        }
        Ok(Self { envelope, body, digest })
    }

    /// The same, held against what is expected.
    ///
    /// # Errors
    /// When it is another kind of message, or belongs to another offer.
    pub fn expect(self, kind: Kind, offer: &[u8; 32]) -> Result<Self, WireError> {
        let expected = kind.name();
        if self.envelope.kind != kind {
            return Err(WireError::Kind { found: self.envelope.kind.name().to_owned(), expected });
        }
        if self.envelope.offer != *offer {
            let (found, expected) = (short(&self.envelope.offer), short(offer));
            return Err(WireError::Offer { found, expected });
        }
        Ok(self)
    }

    /// The bytes of the next message of a stream; `None` at its end.
    ///
    /// # Errors
    /// When the stream fails, is cut off, or what comes is no message. The digest is not yet checked.
    pub fn next<R: Read + ?Sized>(stream: &mut R) -> Result<Option<Vec<u8>>, WireError> {
        let mut bytes = Vec::with_capacity(ENVELOPE_BYTES);
        Read::take(&mut *stream, ENVELOPE_BYTES as u64).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() < ENVELOPE_BYTES {
            return Err(cut_head(&bytes));
        }
        let (_, len, _) = read_head(&bytes)?;
        // No more memory than has come.
        let mut left = len;
        while left > 0 {
            let read = Read::take(&mut *stream, left.min(STEP)).read_to_end(&mut bytes)? as u64;
            if read == 0 {
                let needed = len + ENVELOPE_BYTES as u64;
                return Err(WireError::Short { found: needed - left, needed });
            }
            left -= read;
        }
        Ok(Some(bytes))
    }
}

/// The first digits of a digest.
pub fn short(digest: &[u8; 32]) -> String {
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Of what ends inside its envelope.
fn cut_head(bytes: &[u8]) -> WireError {
    match bytes.starts_with(MAGIC) || MAGIC.starts_with(bytes) {
        true => WireError::Short { found: bytes.len() as u64, needed: ENVELOPE_BYTES as u64 },
        false => WireError::Foreign,
    }
}

/// Envelope, length of the body and digest.
fn read_head(head: &[u8]) -> Result<(Envelope, u64, [u8; HASH]), WireError> {
    let mut reader = Reader::new("envelope", head);
    if &reader.take::<4>().unwrap_or_default() != MAGIC {
        return Err(WireError::Foreign);
    }
    let number = reader.u32()?;
    let kind = Kind::ALL.into_iter().find(|kind| *kind as u32 == number);
    let kind =
        kind.ok_or_else(|| reader.fail(format!("no kind of message has number {number}")))?;
    let offer = reader.take()?;
    let (batch, modulus, len) = (reader.u64()?, reader.u64()?, reader.u64()?);
    if len > MAX_BODY {
        let reason = format!("a body of {len} bytes; at most {MAX_BODY} are possible");
        return Err(reader.fail(reason).into());
    }
    Ok((Envelope { kind, offer, batch, modulus }, len, reader.take()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(len: usize) -> Vec<u8> {
        let envelope = Envelope { kind: Kind::Request, offer: [7; 32], batch: 3, modulus: 1 };
        let mut draft = Draft::new(&envelope);
        draft.body().extend((0..len).map(|i| i as u8));
        draft.seal()
    }

    #[test]
    fn messages_come_back_from_bytes_and_from_streams() {
        for len in [0, 1, 1000, LONG + 5] {
            let bytes = sealed(len);
            assert_eq!(bytes.len(), ENVELOPE_BYTES + len);
            let message = Message::open(&bytes).expect("right");
            assert_eq!((message.envelope.batch, message.body.len()), (3, len));
            assert!(message.expect(Kind::Request, &[7; 32]).is_ok());
            assert!(matches!(message.expect(Kind::Answer, &[7; 32]), Err(WireError::Kind { .. })));
            assert!(matches!(
                message.expect(Kind::Request, &[8; 32]),
                Err(WireError::Offer { .. })
            ));
            let both = [bytes.clone(), bytes.clone()].concat();
            let mut stream = both.as_slice();
            for _ in 0..2 {
                assert_eq!(Message::next(&mut stream).expect("reads"), Some(bytes.clone()));
            }
            assert_eq!(Message::next(&mut stream).expect("reads"), None);
        }
    }

    #[test]
    fn the_digest_is_that_of_blake3() {
        let bytes = sealed(LONG + 5);
        let (head, body) = bytes.split_at(ENVELOPE_BYTES);
        let whole = [&head[..HASHED], body].concat();
        assert_eq!(head[HASHED..], *blake3::hash(&whole).as_bytes());
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_seen() {
        let bytes = sealed(40);
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            assert!(Message::open(&broken).is_err(), "byte {at}");
            assert!(Message::open(&bytes[..at]).is_err(), "cut at {at}");
            if at > 0 {
                assert!(Message::next(&mut &bytes[..at]).is_err(), "stream cut at {at}");
            }
        }
        assert!(Message::open(&[&bytes[..], &[0]].concat()).is_err());
        assert!(matches!(Message::open(b"PK"), Err(WireError::Foreign)));
        // A length that nobody has sent allocates nothing.
        let mut endless = bytes.clone();
        endless[56..64].copy_from_slice(&(MAX_BODY - 1).to_le_bytes());
        assert!(matches!(Message::next(&mut endless.as_slice()), Err(WireError::Short { .. })));
    }
}
