//! What can be wrong with parameters, operands and messages.

use progress::Cancelled;

/// Why parameters or operations are refused, or bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TfheError {
    #[error(
        "TFHE with {what} dimension {dimension} and noise of standard deviation 2^{found:.1} has less than 128 bits of security by {table}; at least 2^{least:.1} is needed: take a larger dimension or more noise"
    )]
    Insecure { what: &'static str, dimension: usize, found: f64, least: f64, table: &'static str },
    #[error("TFHE {what} is {found}; {allowed} are possible")]
    Parameter { what: &'static str, found: String, allowed: &'static str },
    #[error("TFHE ciphertexts of dimension {found} where {expected} is needed: {what}")]
    Dimension { what: &'static str, expected: usize, found: usize },
    #[error(
        "TFHE keys have no key-switching key: a network with one table layer is sent without; make keys for the whole network"
    )]
    NoKeySwitch,
    #[error(transparent)]
    Wire(#[from] wire::Malformed),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
