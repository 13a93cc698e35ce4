//! What is to be planned, what the user fixed, and what is asked for out of range.

use super::integer::IntegerNetwork;
use super::plan::SchemeKind;
use progress::Cancelled;
use ring::ntt_primes;
use scheme::bfv::BfvError;
use scheme::bgv::BgvError;
use scheme::ckks::CkksError;
use scheme::security::{max_log2_qp, ring_degrees};
use std::sync::Arc;

/// What the user fixed; the planner chooses the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    pub ring_degree: Option<usize>,
    pub prime_count: Option<usize>,
    pub prime_bits: Option<u32>,
    pub plaintext_bits: Option<u32>,
    /// Dimension n of bootstrapped ciphertexts (TFHE).
    pub lwe_dimension: Option<usize>,
    /// Take parameters whose predicted margin is too small, to see decryption fail.
    pub past_budget: bool,
}

/// Why no plan fits.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("{what} is {given}; {allowed} are possible")]
    OutOfRange { what: &'static str, given: String, allowed: String },
    #[error("does not fit: {reason}; {nearest}")]
    DoesNotFit { reason: String, nearest: String },
    /// So many steps of a recurrent network one after the other are too many for one modulus chain.
    #[error("does not fit: {reason}")]
    ChainTooLong { reason: String },
    #[error(transparent)]
    Bgv(#[from] BgvError),
    #[error(transparent)]
    Bfv(#[from] BfvError),
    #[error(transparent)]
    Ckks(#[from] CkksError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Margin every stage must have by prediction, bits: the prediction is good to about one bit, and
/// two bits more put the threshold at 17 standard deviations.
pub const REQUIRED_MARGIN_BITS: f64 = 3.0;

/// Head room over the largest output on calibration data, bits.
const RANGE_HEADROOM_BITS: f64 = 1.0;

pub(super) const MAX_RING_DEGREE: usize = 32_768;
pub(super) const MAX_PRIMES: usize = 16;
const MAX_CKKS_PRIMES: usize = 48;
/// Bits of a prime of the ciphertext modulus.
pub const PRIME_BITS: std::ops::RangeInclusive<u32> = 30..=50;
/// Bits of a plaintext modulus.
pub const PLAINTEXT_BITS: std::ops::RangeInclusive<u32> = 16..=50;
/// Dimensions of bootstrapped ciphertexts.
pub const LWE_DIMENSIONS: std::ops::RangeInclusive<usize> = 440..=1200;
const MAX_PLAINTEXT_MODULI: usize = 4;
/// Bits of all plaintext moduli together: answers are combined in 128-bit integers.
const MAX_PLAINTEXT_BITS: f64 = 120.0;

/// A circuit to be planned.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The scheme to carry it; BGV where there is to be no encryption.
    pub scheme: SchemeKind,
    pub network: &'a Arc<IntegerNetwork>,
    /// Largest magnitude after each layer on calibration data.
    pub calibrated: &'a [f64],
    pub images: usize,
    pub threads: usize,
    pub constraints: Constraints,
}

/// Holds what the user fixed against what is possible.
pub(super) fn check(c: &Constraints) -> Result<(), PlanError> {
    let out = |what, given: String, allowed: String| PlanError::OutOfRange { what, given, allowed };
    if let Some(n) = c.ring_degree.filter(|n| *n > MAX_RING_DEGREE || max_log2_qp(*n).is_none()) {
        let allowed: Vec<String> =
            ring_degrees().filter(|n| *n <= MAX_RING_DEGREE).map(|n| n.to_string()).collect();
        return Err(out("scheme.ring_degree", n.to_string(), allowed.join(", ")));
    }
    if let Some(k) = c.prime_count.filter(|k| !(1..=MAX_PRIMES).contains(k)) {
        return Err(out("scheme.prime_count", k.to_string(), format!("1 to {MAX_PRIMES}")));
    }
    let bits = |what, given: Option<u32>, range: std::ops::RangeInclusive<u32>| match given {
        Some(b) if !range.contains(&b) => {
            Err(out(what, b.to_string(), format!("{} to {}", range.start(), range.end())))
        }
        _ => Ok(()),
    };
    bits("scheme.prime_bits", c.prime_bits, PRIME_BITS)?;
    bits("scheme.plaintext_bits", c.plaintext_bits, PLAINTEXT_BITS)
}

/// The same for CKKS, with its ring degrees.
pub(super) fn check_ckks(c: &Constraints, least: usize, most: usize) -> Result<(), PlanError> {
    if let Some(n) = c.ring_degree.filter(|n| *n < least || *n > most || max_log2_qp(*n).is_none())
    {
        let allowed: Vec<String> =
            ring_degrees().filter(|n| (least..=most).contains(n)).map(|n| n.to_string()).collect();
        let (given, allowed) = (n.to_string(), allowed.join(", "));
        return Err(PlanError::OutOfRange { what: "scheme.ring_degree", given, allowed });
    }
    check(&Constraints { ring_degree: None, prime_count: None, ..*c })?;
    match c.prime_count {
        Some(k) if !(1..=MAX_CKKS_PRIMES).contains(&k) => Err(PlanError::OutOfRange {
            what: "scheme.prime_count",
            given: k.to_string(),
            allowed: format!("1 to {MAX_CKKS_PRIMES}"),
        }),
        _ => Ok(()),
    }
}

/// Bits that hold `-range..=range`.
pub(super) fn signed_bits(range: f64) -> f64 {
    (2.0 * range + 1.0).log2().max(1.0)
}

/// Bits the plaintext moduli must have together: of the outputs only, since everything before them
/// may wrap around as long as they do not.
pub(super) fn needed_plaintext_bits(request: &Request) -> f64 {
    let calibrated = request.calibrated.last().copied().unwrap_or(1.0);
    let worst = request.network.worst_ranges().last().copied().unwrap_or(1.0);
    signed_bits(worst).min(signed_bits(calibrated) + RANGE_HEADROOM_BITS)
}

/// Sets of plaintext moduli with enough bits: one prime, or several smaller ones.
pub(super) fn plaintext_choices(n: usize, needed: f64, constraints: Constraints) -> Vec<Vec<u64>> {
    if needed > MAX_PLAINTEXT_BITS {
        return Vec::new();
    }
    let least = (2 * n as u64).ilog2() + 2;
    let sets = |bits: u32, count: usize| -> Option<Vec<u64>> {
        let primes = ntt_primes(bits.max(least), n, count, &[]);
        (primes.len() == count).then_some(primes)
    };
    if let Some(bits) = constraints.plaintext_bits {
        let one = sets(bits, 1).map(|p| (p[0] as f64).log2());
        let count = one.map_or(1, |log2| (needed / log2).ceil().max(1.0) as usize);
        let count = if constraints.past_budget { 1 } else { count };
        return sets(bits, count.min(MAX_PLAINTEXT_MODULI))
            .filter(|_| count <= MAX_PLAINTEXT_MODULI)
            .into_iter()
            .collect();
    }
    (1..=MAX_PLAINTEXT_MODULI)
        .filter_map(|count| {
            // Primes just below a power of two fall a little short of it: one bit more where needed.
            let bits = (needed / count as f64).ceil() as u32;
            [bits, bits + 1].into_iter().filter(|b| *b <= *PLAINTEXT_BITS.end()).find_map(|b| {
                sets(b, count)
                    .filter(|p| p.iter().map(|t| (*t as f64).log2()).sum::<f64>() >= needed)
            })
        })
        .collect()
}
