//! Keys and ciphertexts.

use super::{FeboError, Operation};
use crate::group::{
    self, Digits, ELEMENT_BYTES, Encoded, FULL_DIGITS, FixedOctet, IDENTITY, MalformedElement,
    StoredSum, decode, digits, each_multiple, random_scalar, same_multiples, signed_scalar,
    small_digits,
};
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::{RistrettoPoint, Scalar};
use rayon::prelude::*;
use ring::kernels::octet::OCTET;
use ring::{Kernel, Seed};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The secret `s`; wiped when dropped.
pub struct MasterKey {
    secret: Scalar,
    /// Table of `G/2` for operands.
    half: FixedOctet,
}

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// The point `H = s G`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(RistrettoPoint);

/// One encrypted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ciphertext {
    /// `R = r G`, which keys are derived from.
    pub commitment: Encoded,
    /// `C = r H + x G`.
    pub body: Encoded,
}

impl Ciphertext {
    pub const BYTES: usize = 2 * ELEMENT_BYTES;
}

/// The key of one operation on one ciphertext.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FunctionKey {
    #[zeroize(skip)]
    pub operation: Operation,
    pub element: Encoded,
}

impl std::fmt::Debug for FunctionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunctionKey").field("operation", &self.operation).finish_non_exhaustive()
    }
}

impl FunctionKey {
    pub const BYTES: usize = ELEMENT_BYTES;
}

/// The points of a list, each checked.
pub(super) fn points(
    what: &'static str,
    elements: &[Encoded],
) -> Result<Vec<RistrettoPoint>, FeboError> {
    let of = elements.len();
    let point = |(at, element): (usize, &Encoded)| {
        let malformed = FeboError::Malformed { what, reason: MalformedElement { at, of } };
        CompressedRistretto(*element).decompress().ok_or(malformed)
    };
    elements.par_iter().enumerate().map(point).collect()
}

/// The encodings of points given by their halves.
pub(super) fn encode_doubles(halves: &[RistrettoPoint]) -> Vec<Encoded> {
    let batches = halves.par_chunks(64).map(RistrettoPoint::double_and_compress_batch);
    batches.flatten_iter().map(|compressed| compressed.to_bytes()).collect()
}

/// `1/2` modulo the order of the group.
pub(super) fn one_half() -> Scalar {
    Scalar::from(2_u64).invert()
}

impl MasterKey {
    /// Keys from a seed.
    pub fn generate(seed: &Seed) -> (Self, PublicKey) {
        let secret = random_scalar(&mut seed.derive("febo master key", 0).stream(0));
        let point = RistrettoPoint::mul_base(&secret);
        (Self { secret, half: half_generator(i32::MAX) }, PublicKey(point))
    }

    /// The keys of `operation` with `operands` for the ciphertexts with these commitments.
    ///
    /// # Errors
    /// When there is not one operand for each, a commitment is malformed, or an operand of a division
    /// is zero.
    pub fn derive(
        &self,
        operation: Operation,
        commitments: &[Encoded],
        operands: &[i64],
    ) -> Result<Vec<FunctionKey>, FeboError> {
        if operands.len() != commitments.len() {
            let (found, wanted) = (operands.len(), commitments.len());
            return Err(FeboError::Count { what: "operands", found, wanted });
        }
        if operation == Operation::Divide
            && let Some(at) = operands.iter().position(|&y| y == 0)
        {
            return Err(FeboError::DivisionByZero { at });
        }
        let elements = match operation {
            Operation::Add => {
                let negated: Vec<i32> = small(operands)?.iter().map(|y| -y).collect();
                self.shifted(commitments, &negated)?
            }
            Operation::Subtract => self.shifted(commitments, &small(operands)?)?,
            Operation::Multiply => self.scaled(commitments, operands, |y| y)?,
            Operation::Divide => self.scaled(commitments, operands, |y| y.invert())?,
        };
        Ok(elements.into_iter().map(|element| FunctionKey { operation, element }).collect())
    }

    /// `s R + y G` for each commitment.
    fn shifted(
        &self,
        commitments: &[Encoded],
        operands: &[i32],
    ) -> Result<Vec<Encoded>, FeboError> {
        let kernel = Kernel::best();
        let malformed = |reason| FeboError::Malformed { what: "commitments", reason };
        let points = decode(kernel, commitments).map_err(malformed)?;
        let mut half = self.secret * one_half();
        let mut scalar = digits(half.as_bytes());
        let sums = same_multiples(kernel, &points, &scalar, &self.half, &octets(operands));
        half.zeroize();
        scalar.zeroize();
        Ok(group::encode_doubles(kernel, &sums, commitments.len()))
    }

    /// `f(y) s R` for each commitment.
    fn scaled(
        &self,
        commitments: &[Encoded],
        operands: &[i64],
        f: impl Fn(Scalar) -> Scalar + Sync,
    ) -> Result<Vec<Encoded>, FeboError> {
        let commitments = points("commitments", commitments)?;
        let half_secret = Zeroizing::new(self.secret * one_half());
        let half_key = |(r, &y): (&RistrettoPoint, &i64)| {
            let scalar = Zeroizing::new(*half_secret * f(signed_scalar(y)));
            r * *scalar
        };
        let mut halves: Vec<_> = commitments.par_iter().zip(operands).map(half_key).collect();
        let keys = encode_doubles(&halves);
        halves.zeroize();
        Ok(keys)
    }
}

/// Operands of sums and differences: -(2^31 - 1) to 2^31 - 1, so that each has its negative.
///
/// # Errors
/// At the first that is outside.
fn small(operands: &[i64]) -> Result<Vec<i32>, FeboError> {
    let max = i64::from(i32::MAX);
    let one = |(at, &value): (usize, &i64)| {
        let fits = (-max..=max).contains(&value);
        let small = i32::try_from(value).ok().filter(|_| fits);
        small.ok_or(FeboError::Operand { value, at, max })
    };
    operands.iter().enumerate().map(one).collect()
}

/// Values eight at a time, filled up with zeros.
fn octets(values: &[i32]) -> Vec<[i32; OCTET]> {
    let octet = |chunk: &[i32]| {
        let mut octet = [0; OCTET];
        octet.iter_mut().zip(chunk).for_each(|(slot, value)| *slot = *value);
        octet
    };
    values.chunks(OCTET).map(octet).collect()
}

/// Table of `G/2` for small scalars up to `max` in magnitude.
fn half_generator(max: i32) -> FixedOctet {
    let half = RistrettoPoint::mul_base(&one_half()).compress().to_bytes();
    FixedOctet::of_element(Kernel::best(), &half, small_digits(max))
}

/// A public key with tables: encrypts many values fast.
pub struct Encryptor {
    kernel: Kernel,
    generator: FixedOctet,
    point: FixedOctet,
    half: FixedOctet,
}

impl std::fmt::Debug for Encryptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encryptor").finish_non_exhaustive()
    }
}

impl Encryptor {
    /// Tables of `key`, 1.5 MB.
    pub fn new(key: &PublicKey) -> Self {
        let kernel = Kernel::best();
        let generator = RistrettoPoint::mul_base(&Scalar::ONE).compress().to_bytes();
        let full = |element: &Encoded| FixedOctet::of_element(kernel, element, FULL_DIGITS);
        let half = half_generator(i32::MAX);
        Self { kernel, generator: full(&generator), point: full(&key.to_bytes()), half }
    }

    /// Encrypts values with randomness from `seed` and from them: the same seed for other values gives
    /// other randomness.
    pub fn encrypt(&self, values: &[i32], seed: &Seed) -> Vec<Ciphertext> {
        let mut stream = seed.bound_to(&[b"febo"], &[values]).stream(0);
        let one_half = one_half();
        let mut small = octets(values);
        let mut scalars: Vec<[Digits; OCTET]> = Vec::with_capacity(small.len());
        for _ in &small {
            let mut octet = [[0; FULL_DIGITS]; OCTET];
            for slot in &mut octet {
                let mut halved = random_scalar(&mut stream) * one_half;
                *slot = digits(halved.as_bytes());
                halved.zeroize();
            }
            scalars.push(octet);
        }
        let (kernel, nothing) = (self.kernel, FixedOctet::empty());
        let commitments = each_multiple(kernel, &self.generator, &scalars, &nothing, &small);
        let bodies = each_multiple(kernel, &self.point, &scalars, &self.half, &small);
        scalars.zeroize();
        small.zeroize();
        let encode = |sums: &[StoredSum]| group::encode_doubles(kernel, sums, values.len());
        let pairs = encode(&commitments).into_iter().zip(encode(&bodies));
        pairs.map(|(commitment, body)| Ciphertext { commitment, body }).collect()
    }
}

impl PublicKey {
    /// The encoded point.
    pub fn to_bytes(&self) -> Encoded {
        self.0.compress().to_bytes()
    }

    /// Reads what [`PublicKey::to_bytes`] wrote.
    ///
    /// # Errors
    /// When it is no element of the group, or the identity, with which values would be encrypted in
    /// the clear.
    pub fn from_bytes(bytes: &Encoded) -> Result<Self, FeboError> {
        if *bytes == IDENTITY {
            return Err(FeboError::Identity);
        }
        let point = points("public key", std::slice::from_ref(bytes))?;
        let reason = MalformedElement { at: 0, of: 1 };
        let malformed = FeboError::Malformed { what: "public key", reason };
        point.first().copied().map(Self).ok_or(malformed)
    }
}
