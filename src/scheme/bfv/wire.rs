//! Messages as bytes. All integers little-endian: the number of ciphertexts and the bytes of each (4 + 4),
//! then the ciphertexts, each as its library writes it (protobuf); keys as the library writes them.

use super::{BfvError, BfvParameters, Ciphertext, EvaluationKeys};
use crate::head::MAX_COUNT;
use fhe::bfv::RelinearizationKey;
use fhe_traits::{DeserializeParametrized, Serialize};
use rayon::prelude::*;
use wire::{Reader, Writer};

/// Bytes before the ciphertexts of a message.
pub const HEADER_BYTES: u64 = 8;

impl Ciphertext {
    /// Appends ciphertexts of one kind.
    pub fn write_many(ciphertexts: &[Self], out: &mut Vec<u8>) {
        let all: Vec<Vec<u8>> = ciphertexts.par_iter().map(|c| c.0.to_bytes()).collect();
        let each = all.first().map_or(0, Vec::len);
        let mut out = Writer::new(out);
        out.u32(all.len() as u32).u32(each as u32);
        all.iter().for_each(|bytes| _ = out.bytes(bytes));
    }

    /// Reads what [`Ciphertext::write_many`] wrote for the same parameters.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn many_from_bytes(
        parameters: &BfvParameters,
        bytes: &[u8],
    ) -> Result<Vec<Self>, BfvError> {
        let mut from = Reader::new("BFV ciphertexts", bytes);
        let (count, each) = (from.u32()? as usize, from.u32()? as usize);
        if count > MAX_COUNT {
            let reason = format!("{count} ciphertexts; at most {MAX_COUNT} are possible");
            return Err(from.fail(reason).into());
        }
        from.exactly(count as u64 * each as u64)?;
        let read = |bytes: &[u8]| {
            let found = fhe::bfv::Ciphertext::from_bytes(bytes, parameters.library());
            found.map(Self).map_err(BfvError::library("ciphertexts"))
        };
        from.rest().par_chunks(each.max(1)).map(read).collect()
    }
}

impl EvaluationKeys {
    /// The message as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.key.to_bytes()
    }

    /// Reads what [`EvaluationKeys::to_bytes`] wrote for the same parameters.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn from_bytes(parameters: &BfvParameters, bytes: &[u8]) -> Result<Self, BfvError> {
        let key = RelinearizationKey::from_bytes(bytes, parameters.library());
        Ok(Self { key: key.map_err(BfvError::library("evaluation keys"))? })
    }
}
