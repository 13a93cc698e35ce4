//! What can be wrong with parameters and operands.

use progress::Cancelled;

/// Why parameters are refused or an operation could not be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BfvError {
    #[error(
        "BFV with N = {n} and log2 q = {log2_q:.1} has less than 128 bits of security by the {table}; at most {max} bits are allowed: use fewer or smaller primes, or a larger N"
    )]
    Insecure { n: usize, log2_q: f64, max: u32, table: &'static str },
    #[error(
        "BFV has no ring degree {n}; powers of two from 2048 to 131072 are in the security table"
    )]
    RingDegree { n: usize },
    #[error(
        "BFV modulus {primes:?}: its primes must differ, be 1 modulo {step} and below 2^50, 2 to 16 of them"
    )]
    Primes { primes: Vec<u64>, step: usize },
    #[error(
        "BFV plaintext modulus {t}: it must be a prime, 1 modulo {step}, not one of the primes of q and below two thirds of the first of them, {first}"
    )]
    PlaintextModulus { t: u64, step: usize, first: u64 },
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error(transparent)]
    Wire(#[from] wire::Malformed),
    #[error("BFV {what}: {reason}")]
    Library { what: &'static str, reason: String },
}

impl BfvError {
    /// An error of the library while doing `what`.
    pub(super) fn library(what: &'static str) -> impl Fn(fhe::Error) -> Self {
        move |e| Self::Library { what, reason: e.to_string() }
    }

    /// An error of the library's polynomials while doing `what`.
    pub(super) fn polynomial(what: &'static str) -> impl Fn(fhe_math::Error) -> Self {
        move |e| Self::Library { what, reason: e.to_string() }
    }
}
