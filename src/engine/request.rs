//! A request in numbered parts: each is read and dropped before the next is written, so that neither side
//! holds its ciphertexts twice.

use super::scheme::{EngineError, OnWire, Scheme};
use wire::{Reader, Writer};

/// Begins the body of a part: its number and how many there are, in [`wire::PART_HEAD_BYTES`].
pub(super) fn write_number(part: usize, parts: usize, out: &mut Vec<u8>) {
    Writer::new(out).u32(part as u32).u32(parts as u32);
}

/// The parts of a request that came.
pub struct Incoming<S: Scheme> {
    inputs: Option<S::Inputs>,
    came: u32,
    /// How many there are, as the first one says.
    parts: u32,
}

impl<S: Scheme> Default for Incoming<S> {
    fn default() -> Self {
        Self { inputs: None, came: 0, parts: 0 }
    }
}

impl<S: Scheme> Incoming<S> {
    /// Takes the body of the next part; all inputs once it was the last.
    pub(super) fn take(
        &mut self,
        parameters: &S::Parameters,
        body: &[u8],
    ) -> Result<Option<S::Inputs>, EngineError> {
        let mut from = Reader::new("encrypted inputs", body);
        let (part, parts) = (from.u32()?, from.u32()?);
        if self.came == 0 {
            self.parts = parts;
        }
        if part != self.came || parts != self.parts || part >= parts {
            let (part, due) = (u64::from(part) + 1, self.came + 1);
            let reason = format!("part {part} of {parts} where part {due} was expected");
            return Err(from.fail(reason).into());
        }
        let more = S::Inputs::read(parameters, from.rest())?;
        match &mut self.inputs {
            Some(inputs) => S::append(inputs, more)?,
            none => *none = Some(more),
        }
        self.came += 1;
        Ok(if self.came == self.parts { std::mem::take(self).inputs } else { None })
    }
}
