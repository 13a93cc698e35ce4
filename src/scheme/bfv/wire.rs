//! Messages as bytes. All integers little-endian: the number of ciphertexts and the bytes of each (4 + 4),
//! then the ciphertexts, each as its library writes it (protobuf); keys as the library writes them.

use super::{BfvError, BfvParameters, Ciphertext, EvaluationKeys};
use fhe::bfv::RelinearizationKey;
use fhe_traits::{DeserializeParametrized, Serialize};
use rayon::prelude::*;

/// Bytes before the ciphertexts of a message.
pub const HEADER_BYTES: u64 = 8;

/// Most ciphertexts in one message.
const MAX_COUNT: usize = 1 << 20;

fn wire(reason: impl Into<String>) -> BfvError {
    BfvError::Library { what: "ciphertexts", reason: reason.into() }
}

impl Ciphertext {
    /// Appends ciphertexts of one kind.
    pub fn write_many(ciphertexts: &[Self], out: &mut Vec<u8>) {
        let all: Vec<Vec<u8>> = ciphertexts.par_iter().map(|c| c.0.to_bytes()).collect();
        let each = all.first().map_or(0, Vec::len);
        out.extend_from_slice(&(all.len() as u32).to_le_bytes());
        out.extend_from_slice(&(each as u32).to_le_bytes());
        all.iter().for_each(|bytes| out.extend_from_slice(bytes));
    }

    /// Reads what [`Ciphertext::write_many`] wrote for the same parameters.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn many_from_bytes(
        parameters: &BfvParameters,
        bytes: &[u8],
    ) -> Result<Vec<Self>, BfvError> {
        let number = |at: usize| {
            let field = bytes.get(at..)?.first_chunk()?;
            Some(u32::from_le_bytes(*field) as usize)
        };
        let (Some(count), Some(each)) = (number(0), number(4)) else {
            return Err(wire(format!("{} bytes; a header has {HEADER_BYTES}", bytes.len())));
        };
        let rest = bytes.get(HEADER_BYTES as usize..).unwrap_or_default();
        if count > MAX_COUNT || rest.len() as u64 != count as u64 * each as u64 {
            return Err(wire(format!(
                "{} bytes for {count} ciphertexts of {each}; at most {MAX_COUNT} are possible",
                rest.len()
            )));
        }
        let read = |bytes: &[u8]| {
            let found = fhe::bfv::Ciphertext::from_bytes(bytes, parameters.library());
            found.map(Self).map_err(BfvError::library("ciphertexts"))
        };
        rest.par_chunks(each.max(1)).map(read).collect()
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
