//! What can be wrong with parameters and messages.

/// Why parameters are refused or bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BgvError {
    #[error(
        "BGV with N = {n} and log2 q = {log2_q:.1} has less than 128 bits of security by the {table}; at most {max} bits are allowed: use fewer or smaller primes, or a larger N"
    )]
    Insecure { n: usize, log2_q: f64, max: u32, table: &'static str },
    #[error(
        "BGV has no ring degree {n}; powers of two from 2048 to 131072 are in the security table"
    )]
    RingDegree { n: usize },
    #[error(
        "BGV modulus {primes:?}: its primes must differ, be 1 modulo {step} and below 2^50, at most 16 of them"
    )]
    Primes { primes: Vec<u64>, step: usize },
    #[error(
        "BGV plaintext modulus {t}: it must be a prime below 2^50, 1 modulo {step}, and not one of the primes of q"
    )]
    PlaintextModulus { t: u64, step: usize },
    #[error(transparent)]
    Wire(#[from] wire::Malformed),
}
