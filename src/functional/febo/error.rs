//! What can go wrong with basic operations.

use super::Operation;
use crate::group::{MalformedElement, OutOfBound};

/// Why an operation of FEBO was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeboError {
    #[error("{what}: {reason}")]
    Malformed { what: &'static str, reason: MalformedElement },
    #[error("public key: the identity, with which values would not be hidden")]
    Identity,
    #[error("{found} {what} for {wanted} ciphertexts; each needs its own")]
    Count { what: &'static str, found: usize, wanted: usize },
    #[error("operand {at} is {value}; sums and differences take -{max} to {max}")]
    Operand { value: i64, at: usize, max: i64 },
    #[error("operand {at} of a division is zero; any other value is possible")]
    DivisionByZero { at: usize },
    #[error("key {at} is for {of:?}, {wanted:?} was asked for")]
    Operation { at: usize, of: Operation, wanted: Operation },
    #[error(transparent)]
    OutOfBound(#[from] OutOfBound),
}
