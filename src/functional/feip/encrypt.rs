//! Encryption with the public key, many vectors at a time.

use super::{Ciphertexts, FeipError, PublicKey};
use crate::group::{
    Digits, Encoded, Encrypting, FULL_DIGITS, FixedOctet, MalformedElement, StoredSum, decode,
    digits, encode_doubles, random_scalar, small_digits,
};
use curve25519_dalek::{RistrettoPoint, Scalar};
use progress::Cancel;
use rayon::prelude::*;
use ring::kernels::octet::OCTET;
use ring::{Kernel, Seed};
use zeroize::Zeroize;

/// Vectors that share a pass over the tables.
const CHUNK: usize = 512;

/// A public key with tables of its points, for values of a certain range. Neither times nor addresses
/// depend on what is encrypted.
pub struct Encryptor {
    kernel: Kernel,
    len: usize,
    max_value: i32,
    /// Tables of `G, H_1, ..., H_n`, eight points each.
    points: Vec<FixedOctet>,
    /// Table of `G/2`: see [`encode_doubles`].
    half: FixedOctet,
    /// `1/2` modulo the order of the group.
    one_half: Scalar,
}

impl std::fmt::Debug for Encryptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encryptor").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Encryptor {
    /// Tables of the points of `key`, 61 KB each, for values up to `max_value` in magnitude.
    ///
    /// # Errors
    /// When a point of the key is malformed.
    pub fn new(kernel: Kernel, key: &PublicKey, max_value: i32) -> Result<Self, FeipError> {
        let malformed =
            |reason: MalformedElement| FeipError::Malformed { what: "public key", reason };
        let one_half = Scalar::from(2_u64).invert();
        let generator = RistrettoPoint::mul_base(&Scalar::ONE).compress().to_bytes();
        let half = RistrettoPoint::mul_base(&one_half).compress().to_bytes();
        let bases: Vec<Encoded> =
            std::iter::once(generator).chain(key.points().iter().copied()).collect();
        let bases = decode(kernel, &bases).map_err(malformed)?;
        let half = decode(kernel, &[half; OCTET]).map_err(malformed)?;
        let table = |octet| FixedOctet::new(kernel, octet, FULL_DIGITS);
        let points: Vec<FixedOctet> = bases.par_iter().map(table).collect();
        let half = half.last().map(|o| FixedOctet::new(kernel, o, small_digits(max_value)));
        let half = half.unwrap_or_else(FixedOctet::empty);
        Ok(Self { kernel, len: key.vector_len(), max_value, points, half, one_half })
    }

    /// Values of a vector.
    pub fn vector_len(&self) -> usize {
        self.len
    }

    /// Encrypts vectors with randomness from `seed` and from them: the same seed for other vectors gives
    /// other randomness.
    ///
    /// # Errors
    /// When a vector has another length than the key, a value is above the range, or `cancel` is set
    /// (looked at after a few milliseconds of work).
    pub fn encrypt(
        &self,
        vectors: &[Vec<i32>],
        seed: &Seed,
        cancel: &Cancel,
    ) -> Result<Ciphertexts, FeipError> {
        self.check(vectors)?;
        let seed = seed.bound_to(&[b"feip"], vectors);
        let width = self.len + 1;
        let mut elements = vec![Encoded::default(); vectors.len() * width];
        let chunks = vectors.chunks(CHUNK).zip(elements.chunks_mut(CHUNK * width));
        for (at, (vectors, elements)) in chunks.enumerate() {
            let mut stream = seed.derive("feip encryption", at as u64).stream(0);
            let mut scalars: Vec<Digits> = Vec::with_capacity(vectors.len());
            for _ in vectors {
                let mut halved = random_scalar(&mut stream) * self.one_half;
                scalars.push(digits(halved.as_bytes()));
                halved.zeroize();
            }
            // One octet of points after the other, all vectors with each: its table stays in cache.
            let octets: Result<Vec<Vec<Encoded>>, FeipError> = (0..self.points.len())
                .into_par_iter()
                .map(|octet| {
                    cancel.check()?;
                    Ok(self.octet(octet, vectors, &scalars))
                })
                .collect();
            scalars.zeroize();
            let octets = octets?;
            for (vector, row) in elements.chunks_mut(width).enumerate() {
                for (octet, row) in octets.iter().zip(row.chunks_mut(OCTET)) {
                    let made = octet.get(vector * OCTET..).unwrap_or_default();
                    row.iter_mut().zip(made).for_each(|(element, made)| *element = *made);
                }
            }
        }
        Ok(Ciphertexts::from_elements(self.len, elements))
    }

    /// Elements `8 octet..` of the ciphertexts of these vectors, eight of each.
    fn octet(&self, octet: usize, vectors: &[Vec<i32>], scalars: &[Digits]) -> Vec<Encoded> {
        let Some(points) = self.points.get(octet) else { return Vec::new() };
        let value = |vector: &[i32], lane: usize| {
            let at = (octet * OCTET + lane).checked_sub(1);
            at.and_then(|at| vector.get(at)).copied().unwrap_or(0)
        };
        let mut small: Vec<[i32; OCTET]> =
            vectors.iter().map(|v| std::array::from_fn(|lane| value(v, lane))).collect();
        let mut out = vec![StoredSum::BLANK; vectors.len()];
        let job = Encrypting { points, base: &self.half, scalars, small: &small, out: &mut out };
        self.kernel.run_octets(job);
        small.zeroize();
        encode_doubles(self.kernel, &out, out.len() * OCTET)
    }

    fn check(&self, vectors: &[Vec<i32>]) -> Result<(), FeipError> {
        for (vector, values) in vectors.iter().enumerate() {
            if values.len() != self.len {
                let (found, wanted) = (values.len(), self.len);
                return Err(FeipError::Length { what: "a vector", found, wanted });
            }
            let max = self.max_value;
            if let Some(at) = values.iter().position(|v| !(-max..=max).contains(v)) {
                return Err(FeipError::Value { value: values[at], vector, at, max });
            }
        }
        Ok(())
    }
}
