//! Messages between the client and the server of a recurrent run. All integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `CSQ1` |
//! | 1 | kind |
//! | 16 | session |
//! | 8 | number: how many messages this side sent before |
//! | 4, 4, 1 | batch, step, layer |
//! | 8 | length of the payload |
//! | n | payload |
//! | 32 | SHA-256 of everything before |
//!
//! Both sides know which message comes next. A message that is lost, late, repeated, out of order,
//! cut short or changed is an error that says so; nothing is computed on it. The digest finds
//! accidents, not forgeries: against those a connection needs TLS or its like.

use sha2::{Digest, Sha256};

const MAGIC: &[u8; 4] = b"CSQ1";
const HEADER_BYTES: usize = 4 + 1 + 16 + 8 + 4 + 4 + 1 + 8;
const DIGEST_BYTES: usize = 32;

/// Largest payload that is read, bytes.
const MAX_PAYLOAD_BYTES: u64 = 1 << 36;

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Client to server: what both must agree on, and the evaluation keys where there are any.
    Hello = 1,
    /// Client to server: the encrypted inputs of a step.
    Inputs = 2,
    /// Client to server: the freshly encrypted state of a layer.
    State = 3,
    /// Server to client: the state of a layer, to be encrypted anew.
    Refresh = 4,
    /// Server to client: what the functions of a layer are to be applied to.
    Arguments = 5,
    /// Server to client: the encrypted outputs of a batch.
    Outputs = 6,
    /// Either way: the other side gave up; of a server also why.
    Failure = 7,
}

impl MessageKind {
    fn of(byte: u8) -> Option<Self> {
        use MessageKind::*;
        let all = [Hello, Inputs, State, Refresh, Arguments, Outputs, Failure];
        all.into_iter().find(|k| *k as u8 == byte)
    }

    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Inputs => "encrypted inputs",
            Self::State => "fresh state",
            Self::Refresh => "state to refresh",
            Self::Arguments => "pre-activations",
            Self::Outputs => "outputs",
            Self::Failure => "failure",
        }
    }
}

/// Where a message belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub kind: MessageKind,
    pub batch: u32,
    pub step: u32,
    pub layer: u8,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, batch, step, layer } = self;
        write!(f, "{} of batch {batch}, step {step}, layer {layer}", kind.name())
    }
}

/// Identifies one conversation.
pub type SessionId = [u8; 16];

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub session: SessionId,
    /// Messages that its sender sent before.
    pub number: u64,
    pub place: Place,
    pub payload: Vec<u8>,
}

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error(
        "a message of {found} bytes ends before its {needed}: it was cut short on the way; start the run again"
    )]
    Truncated { found: usize, needed: u64 },
    #[error("a message does not start with CSQ1: {found} bytes that are none of this protocol")]
    Foreign { found: usize },
    #[error(
        "a message was changed on the way: its SHA-256 differs from the one it carries; start the run again"
    )]
    Corrupted,
    #[error("a message names the kind {kind} and a payload of {len} bytes: no such message exists")]
    Impossible { kind: u8, len: u64 },
}

impl Message {
    /// The message as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::byte_len(self.payload.len()));
        out.extend_from_slice(MAGIC);
        out.push(self.place.kind as u8);
        out.extend_from_slice(&self.session);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.place.batch.to_le_bytes());
        out.extend_from_slice(&self.place.step.to_le_bytes());
        out.push(self.place.layer);
        out.extend_from_slice(&(self.payload.len() as u64).to_le_bytes());
        out.extend_from_slice(&self.payload);
        let digest: [u8; DIGEST_BYTES] = Sha256::digest(&out).into();
        out.extend_from_slice(&digest);
        out
    }

    /// Length of a message with such a payload.
    pub fn byte_len(payload: usize) -> usize {
        HEADER_BYTES + payload + DIGEST_BYTES
    }

    /// Reads one message, which must fill all of `bytes`.
    ///
    /// # Errors
    /// Unless it is exactly what [`Message::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let found = bytes.len();
        let short = |needed: u64| MessageError::Truncated { found, needed };
        if bytes.get(..4).is_some_and(|m| m != MAGIC) {
            return Err(MessageError::Foreign { found });
        }
        let least = (HEADER_BYTES + DIGEST_BYTES) as u64;
        let mut reader = Reader { bytes: bytes.get(4..).ok_or_else(|| short(least))? };
        let cut = || short(least);
        let [kind] = reader.take().ok_or_else(cut)?;
        let session: SessionId = reader.take().ok_or_else(cut)?;
        let number = u64::from_le_bytes(reader.take().ok_or_else(cut)?);
        let batch = u32::from_le_bytes(reader.take().ok_or_else(cut)?);
        let step = u32::from_le_bytes(reader.take().ok_or_else(cut)?);
        let [layer] = reader.take().ok_or_else(cut)?;
        let len = u64::from_le_bytes(reader.take().ok_or_else(cut)?);
        if len > MAX_PAYLOAD_BYTES {
            return Err(MessageError::Impossible { kind, len });
        }
        let needed = least + len;
        if (found as u64) < needed {
            return Err(short(needed));
        }
        let body = HEADER_BYTES + len as usize;
        let (content, digest) = bytes.split_at_checked(body).ok_or_else(|| short(needed))?;
        let own: [u8; DIGEST_BYTES] = Sha256::digest(content).into();
        if digest != own {
            return Err(MessageError::Corrupted);
        }
        let kind = MessageKind::of(kind).ok_or(MessageError::Impossible { kind, len })?;
        let payload = content.get(HEADER_BYTES..).unwrap_or_default().to_vec();
        Ok(Self { session, number, place: Place { kind, batch, step, layer }, payload })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        let (field, rest) = self.bytes.split_first_chunk::<LEN>()?;
        self.bytes = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(payload: Vec<u8>) -> Message {
        let place = Place { kind: MessageKind::State, batch: 1, step: 7, layer: 0 };
        Message { session: [5; 16], number: 3, place, payload }
    }

    #[test]
    fn messages_come_back() {
        for len in [0, 1, 1000] {
            let sent = message((0..len).map(|i| i as u8).collect());
            let bytes = sent.to_bytes();
            assert_eq!(bytes.len(), Message::byte_len(len));
            assert_eq!(Message::from_bytes(&bytes), Ok(sent));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_changed_or_missing_is_found(
            payload in prop::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(), flip in 1u8..=255, cut in any::<prop::sample::Index>()
        ) {
            let bytes = message(payload).to_bytes();
            let mut changed = bytes.clone();
            changed[at.index(bytes.len())] ^= flip;
            prop_assert!(Message::from_bytes(&changed).is_err());
            let shorter = &bytes[..cut.index(bytes.len())];
            let found = Message::from_bytes(shorter);
            let told = matches!(found, Err(MessageError::Truncated { .. }));
            prop_assert!(told, "{:?}", found);
            let longer = [bytes.as_slice(), &[flip]].concat();
            prop_assert!(Message::from_bytes(&longer).is_err());
        }

        #[test]
        fn noise_is_no_message(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Message::from_bytes(&bytes).is_err());
        }
    }
}
