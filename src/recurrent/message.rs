//! Messages between the client and the server of a recurrent run: envelopes ([`wire::Envelope`], kind
//! *turn*) that name the session and the batch. Their body, all integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | kind |
//! | 8 | number: how many messages this side sent before |
//! | 4, 1 | step, layer |
//! | rest | payload |
//!
//! Both sides know which message comes next. A message that is lost, late, repeated, out of order,
//! cut short or changed is an error that says so; nothing is computed on it. The digest finds
//! accidents, not forgeries: against those a connection needs TLS or its like.

use wire::{Draft, Envelope, Kind, Reader, WireError, Writer};

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Client to server: what both must agree on, and the evaluation keys where there are any.
    Hello = 1,
    /// Client to server: the encrypted inputs of a step.
    Inputs = 2,
    /// Client to server: the freshly encrypted state of a layer; of an LSTM that of its cells in another
    /// message behind it.
    State = 3,
    /// Server to client: the same, to be encrypted anew.
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
pub type SessionId = [u8; 32];

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub session: SessionId,
    /// Messages that its sender sent before.
    pub number: u64,
    pub place: Place,
    pub payload: Vec<u8>,
}

impl Message {
    /// The message as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Place { kind, batch, step, layer } = self.place;
        let envelope =
            Envelope { kind: Kind::Turn, offer: self.session, batch: batch.into(), modulus: 0 };
        let mut draft = Draft::new(&envelope);
        let mut out = Writer::new(draft.body());
        out.u8(kind as u8).u64(self.number).u32(step).u8(layer).bytes(&self.payload);
        draft.seal()
    }

    /// Reads one message, which must fill all of `bytes`.
    ///
    /// # Errors
    /// Unless it is exactly what [`Message::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let opened = wire::Message::open(bytes)?;
        let session = opened.envelope.offer;
        let Envelope { batch, modulus, .. } = opened.expect(Kind::Turn, &session)?.envelope;
        let mut from = Reader::new("message of a conversation", opened.body);
        let kind = from.u8()?;
        let kind = MessageKind::of(kind).ok_or_else(|| from.fail(format!("kind {kind}")))?;
        let (number, step, layer) = (from.u64()?, from.u32()?, from.u8()?);
        let (Ok(batch), 0) = (u32::try_from(batch), modulus) else {
            return Err(from.fail(format!("batch {batch}, plaintext modulus {modulus}")).into());
        };
        let payload = from.rest().to_vec();
        Ok(Self { session, number, place: Place { kind, batch, step, layer }, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(payload: Vec<u8>) -> Message {
        let place = Place { kind: MessageKind::State, batch: 1, step: 7, layer: 0 };
        Message { session: [5; 32], number: 3, place, payload }
    }

    #[test]
    fn messages_come_back() {
        for len in [0, 1, 1000] {
            let sent = message((0..len).map(|i| i as u8).collect());
            let bytes = sent.to_bytes();
            assert_eq!(bytes.len(), wire::ENVELOPE_BYTES + 14 + len);
            assert_eq!(Message::from_bytes(&bytes).unwrap(), sent);
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
            let told = matches!(found, Err(WireError::Short { .. }));
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
