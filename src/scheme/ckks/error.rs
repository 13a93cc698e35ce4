//! What can be wrong with parameters, operands and messages.

use progress::Cancelled;

/// Why parameters or operations are refused, or bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CkksError {
    #[error(
        "CKKS with N = {n} and log2 QP = {log2_qp:.1} (special primes included) has less than 128 bits of security by the {table}; at most {max} bits are allowed: use fewer or smaller primes, or a larger N"
    )]
    Insecure { n: usize, log2_qp: f64, max: u32, table: &'static str },
    #[error(
        "CKKS has no ring degree {n}; powers of two from 2048 to 131072 are in the security table"
    )]
    RingDegree { n: usize },
    #[error(
        "CKKS modulus: {chain} chain and {special} special primes, {digit_primes} to a digit; they must differ, be 1 modulo {step} and below 2^50, 1 to 64 in the chain, at most 16 special, 1 to 16 to a digit"
    )]
    Moduli { chain: usize, special: usize, digit_primes: usize, step: usize },
    #[error(
        "CKKS operands have the scales {left} and {right}, which are not equal: bring one to the other by a multiplication with a constant"
    )]
    ScaleMismatch { left: String, right: String },
    #[error(
        "CKKS scale {scale} is out of range: it must be 2^-1024 to 2^1024 with exponents up to 1024; rescale, or normalise it by a multiplication with a constant"
    )]
    Scale { scale: String },
    #[error(
        "CKKS values times the scale {scale} reach 2^61 or are not finite: use smaller values or a smaller scale"
    )]
    TooLarge { scale: String },
    #[error("CKKS {what} needs {needed} levels where {left} are left: use a longer modulus chain")]
    Level { what: &'static str, needed: usize, left: usize },
    #[error(
        "CKKS {what} takes ciphertexts of {expected} parts; this one has {found}: relinearise first"
    )]
    Components { what: &'static str, expected: &'static str, found: usize },
    #[error("CKKS rotation by {steps}: there is no key for it; ask for it when keys are made")]
    RotationKey { steps: i64 },
    #[error("CKKS {count} values where a ciphertext has {slots} slots")]
    Slots { count: usize, slots: usize },
    #[error("CKKS polynomial: {reason}")]
    Polynomial { reason: String },
    #[error(
        "CKKS segment does not fit its {inputs} inputs of {components} parts: all need one number of parts and one level, maps one input for each, and a square two parts"
    )]
    Segment { inputs: usize, components: usize },
    #[error(transparent)]
    Wire(#[from] wire::Malformed),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
