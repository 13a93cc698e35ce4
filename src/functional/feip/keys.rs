//! Keys: the master key of the authority, the public key of the clients, keys for single functions.

use super::FeipError;
use crate::group::{
    ELEMENT_BYTES, Encoded, IDENTITY, MAX_WEIGHT, SmallSums, decode, random_scalars,
};
use curve25519_dalek::{RistrettoPoint, Scalar};
use rayon::prelude::*;
use ring::{Kernel, Seed};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Longest vectors.
pub const MAX_LEN: usize = 1 << 20;

/// Bytes of a function key.
pub const FUNCTION_KEY_BYTES: usize = 32;

/// The secrets `s_i`; wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct MasterKey {
    secrets: Vec<Scalar>,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterKey").field("len", &self.secrets.len()).finish_non_exhaustive()
    }
}

/// The points `H_i = s_i G`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    points: Vec<Encoded>,
}

/// The key `<y, s>` of one row y.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FunctionKey(Scalar);

impl std::fmt::Debug for FunctionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FunctionKey(..)")
    }
}

impl MasterKey {
    /// Keys for vectors of `len` values, from a seed.
    ///
    /// # Errors
    /// When `len` is 0 or above [`MAX_LEN`].
    pub fn generate(seed: &Seed, len: usize) -> Result<(Self, PublicKey), FeipError> {
        if !(1..=MAX_LEN).contains(&len) {
            return Err(FeipError::Dimension { len, max: MAX_LEN });
        }
        let secrets = random_scalars(&seed.derive("feip master key", len as u64), len);
        let point = |s: &Scalar| RistrettoPoint::mul_base(s).compress().to_bytes();
        let points = secrets.par_iter().map(point).collect();
        Ok((Self { secrets }, PublicKey { points }))
    }

    /// The keys of rows of weights.
    ///
    /// # Errors
    /// When a row has another length than the vectors, or a weight is above [`MAX_WEIGHT`] in
    /// magnitude.
    pub fn derive(&self, rows: &[Vec<i32>]) -> Result<Vec<FunctionKey>, FeipError> {
        check_rows(rows, self.secrets.len())?;
        let sums = SmallSums::new(&self.secrets);
        Ok(rows.iter().map(|row| FunctionKey(sums.sum(row))).collect())
    }
}

/// Refuses rows that are not of `len` weights up to [`MAX_WEIGHT`].
pub(super) fn check_rows(rows: &[Vec<i32>], len: usize) -> Result<(), FeipError> {
    for (row, weights) in rows.iter().enumerate() {
        if weights.len() != len {
            return Err(FeipError::Length { what: "a row", found: weights.len(), wanted: len });
        }
        if let Some(at) = weights.iter().position(|w| !(-MAX_WEIGHT..=MAX_WEIGHT).contains(w)) {
            return Err(FeipError::Weight { value: weights[at], row, at });
        }
    }
    Ok(())
}

impl PublicKey {
    /// Values of a vector.
    pub fn vector_len(&self) -> usize {
        self.points.len()
    }

    pub(super) fn points(&self) -> &[Encoded] {
        &self.points
    }

    /// The points one after the other, [`ELEMENT_BYTES`] each.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.points.as_flattened().to_vec()
    }

    /// Reads what [`PublicKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is no multiple of [`ELEMENT_BYTES`] in its range, or a point is malformed or
    /// the identity, with which values would be encrypted in the clear.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FeipError> {
        let (points, rest) = bytes.as_chunks::<ELEMENT_BYTES>();
        if !rest.is_empty() {
            let wanted = points.len() * ELEMENT_BYTES;
            return Err(FeipError::Bytes { what: "public key", found: bytes.len(), wanted });
        }
        if !(1..=MAX_LEN).contains(&points.len()) {
            return Err(FeipError::Dimension { len: points.len(), max: MAX_LEN });
        }
        let malformed = |reason| FeipError::Malformed { what: "public key", reason };
        decode(Kernel::best(), points).map_err(malformed)?;
        if let Some(at) = points.iter().position(|point| *point == IDENTITY) {
            return Err(FeipError::Identity { at, of: points.len() });
        }
        Ok(Self { points: points.to_vec() })
    }

    /// What tells this key from others.
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut short = [0; 16];
        let digest = Sha256::digest(self.points.as_flattened());
        short.iter_mut().zip(digest).for_each(|(short, byte)| *short = byte);
        short
    }
}

impl FunctionKey {
    pub(super) fn scalar(&self) -> &Scalar {
        &self.0
    }

    /// The scalar, little-endian.
    pub fn to_bytes(&self) -> [u8; FUNCTION_KEY_BYTES] {
        self.0.to_bytes()
    }

    /// Reads what [`FunctionKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// When it is not below the order of the group.
    pub fn from_bytes(bytes: [u8; FUNCTION_KEY_BYTES]) -> Result<Self, FeipError> {
        Option::from(Scalar::from_canonical_bytes(bytes)).map(Self).ok_or(FeipError::Scalar)
    }
}
