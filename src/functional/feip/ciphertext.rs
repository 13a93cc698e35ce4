//! Ciphertexts as they are sent, and as they are computed with.

use super::{FeipError, MAX_LEN};
use crate::group::{ELEMENT_BYTES, Encoded, MalformedElement, StoredAddend, decode};
use progress::Cancel;
use rayon::prelude::*;
use ring::Kernel;
use ring::kernels::octet::OCTET;

/// Ciphertexts of vectors of one length: `C_0, C_1, ..., C_n` of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertexts {
    len: usize,
    elements: Vec<Encoded>,
}

impl Ciphertexts {
    pub(super) fn from_elements(len: usize, elements: Vec<Encoded>) -> Self {
        Self { len, elements }
    }

    /// Values of a vector.
    pub fn vector_len(&self) -> usize {
        self.len
    }

    /// Number of ciphertexts.
    pub fn count(&self) -> usize {
        self.elements.len() / (self.len + 1)
    }

    pub fn byte_len(&self) -> usize {
        self.elements.len() * ELEMENT_BYTES
    }

    /// The elements of all ciphertexts, [`ELEMENT_BYTES`] each.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.elements.as_flattened().to_vec()
    }

    /// Reads what [`Ciphertexts::to_bytes`] wrote: ciphertexts of vectors of `len` values. Points are
    /// checked by [`Ciphertexts::decode`].
    ///
    /// # Errors
    /// When the bytes are no whole number of ciphertexts.
    pub fn from_bytes(len: usize, bytes: &[u8]) -> Result<Self, FeipError> {
        if !(1..=MAX_LEN).contains(&len) {
            return Err(FeipError::Dimension { len, max: MAX_LEN });
        }
        let (elements, rest) = bytes.as_chunks::<ELEMENT_BYTES>();
        if !rest.is_empty() || !elements.len().is_multiple_of(len + 1) {
            let each = (len + 1) * ELEMENT_BYTES;
            let wanted = bytes.len().div_ceil(each) * each;
            return Err(FeipError::Bytes { what: "ciphertexts", found: bytes.len(), wanted });
        }
        Ok(Self { len, elements: elements.to_vec() })
    }

    /// The ciphertexts ready to be computed with, every point checked.
    ///
    /// # Errors
    /// When a point is malformed, or `cancel` is set.
    pub fn decode(&self, kernel: Kernel, cancel: &Cancel) -> Result<CiphertextSet, FeipError> {
        let width = self.len + 1;
        let groups: Vec<&[Encoded]> = self.elements.chunks(OCTET * width).collect();
        let decoded = groups.par_iter().enumerate().map(|(at, group)| {
            cancel.check()?;
            // Lane by lane another ciphertext; those missing in the last group are identities.
            let mut lanes = vec![Encoded::default(); OCTET * width];
            for (lane, ciphertext) in group.chunks(width).enumerate() {
                for (octet, element) in lanes.chunks_mut(OCTET).zip(ciphertext) {
                    if let Some(slot) = octet.get_mut(lane) {
                        *slot = *element;
                    }
                }
            }
            decode(kernel, &lanes).map_err(|e| {
                let at = (at * OCTET + e.at % OCTET) * width + e.at / OCTET;
                let reason = MalformedElement { at, of: self.elements.len() };
                FeipError::Malformed { what: "ciphertexts", reason }
            })
        });
        let groups = decoded.collect::<Result<Vec<_>, FeipError>>()?;
        Ok(CiphertextSet { kernel, len: self.len, count: self.count(), groups })
    }
}

/// Ciphertexts ready to be computed with.
pub struct CiphertextSet {
    pub(super) kernel: Kernel,
    pub(super) len: usize,
    pub(super) count: usize,
    /// Of eight ciphertexts at a time the octets of `C_0, C_1, ..., C_n`.
    pub(super) groups: Vec<Vec<StoredAddend>>,
}

impl std::fmt::Debug for CiphertextSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CiphertextSet")
            .field("len", &self.len)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl CiphertextSet {
    /// Values of a vector.
    pub fn vector_len(&self) -> usize {
        self.len
    }

    /// Number of ciphertexts.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Memory it takes.
    pub fn memory_bytes(&self) -> usize {
        self.groups.iter().map(|g| size_of_val(&**g)).sum()
    }
}
