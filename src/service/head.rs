//! What stands before the messages of a request, and of its answer.

use serde::{Deserialize, Serialize};
use wire::{Draft, Envelope, Kind, Malformed, Message, WireError};

/// Most batches of a request.
const MAX_BATCHES: usize = 1 << 32;

/// What both sides must know of the messages that follow. It holds nothing of the samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// Chosen by the client, random: by it the answer finds its request.
    pub id: String,
    pub batches: usize,
    /// Plaintext moduli: so many messages to a batch.
    #[serde(rename = "branches")]
    pub moduli: usize,
}

impl Head {
    /// The message.
    pub fn seal(&self, kind: Kind, offer: [u8; 32]) -> Vec<u8> {
        let mut draft = Draft::new(&Envelope { kind, offer, batch: u64::MAX, modulus: 0 });
        draft.body().extend(serde_json::to_vec(self).unwrap_or_default());
        draft.seal()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// When it is no head, was changed, or cannot be right.
    pub fn open(bytes: &[u8], kind: Kind, offer: &[u8; 32]) -> Result<Self, WireError> {
        let message = Message::open(bytes)?.expect(kind, offer)?;
        let fail = |reason: String| WireError::from(Malformed::new("head", reason));
        if message.envelope.batch != u64::MAX {
            return Err(fail("the first message is not the head".into()));
        }
        let head: Self =
            serde_json::from_slice(message.body).map_err(|e| fail(format::one_line(&e)))?;
        let named = head.id.len() == 32 && head.id.bytes().all(|b| b.is_ascii_hexdigit());
        let counted = (1..=MAX_BATCHES).contains(&head.batches) && (1..=64).contains(&head.moduli);
        if !named || !counted {
            return Err(fail(format!(
                "{} batches of {} messages with the name {}",
                head.batches,
                head.moduli,
                format::excerpt(&head.id)
            )));
        }
        Ok(head)
    }

    /// Numbers of batch and plaintext modulus of each message, in order.
    pub fn messages(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let moduli = self.moduli;
        (0..self.batches).flat_map(move |batch| (0..moduli).map(move |modulus| (batch, modulus)))
    }
}
