//! What it takes to turn ciphertexts into messages and back.

use super::scheme::EngineError;
use std::ops::AddAssign;
use std::time::Instant;
use wire::{Draft, Envelope, Kind, Message};

/// Wall seconds of messages, both sides together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WireClock {
    /// Writing ciphertexts as bytes.
    pub encode_secs: f64,
    /// Hashing what is sent, and again what came.
    pub hash_secs: f64,
    /// Reading ciphertexts from bytes.
    pub decode_secs: f64,
}

impl WireClock {
    /// A sealed message whose body `write` appends, in the memory of an earlier one.
    pub fn seal(
        &mut self,
        memory: Vec<u8>,
        envelope: &Envelope,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Vec<u8> {
        let mut draft = Draft::within(memory, envelope);
        timed(&mut self.encode_secs, || write(draft.body()));
        timed(&mut self.hash_secs, || draft.seal())
    }

    /// What `read` makes of the body of a message, once it is of this kind and offer and unchanged.
    ///
    /// # Errors
    /// When it is not, or `read` fails.
    pub fn open<T>(
        &mut self,
        bytes: &[u8],
        (kind, offer): (Kind, &[u8; 32]),
        read: impl FnOnce(&Envelope, &[u8]) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let message = timed(&mut self.hash_secs, || Message::open(bytes)?.expect(kind, offer))?;
        timed(&mut self.decode_secs, || read(&message.envelope, message.body))
    }
}

impl AddAssign for WireClock {
    fn add_assign(&mut self, other: Self) {
        self.encode_secs += other.encode_secs;
        self.hash_secs += other.hash_secs;
        self.decode_secs += other.decode_secs;
    }
}

fn timed<T>(secs: &mut f64, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    *secs += started.elapsed().as_secs_f64();
    result
}
