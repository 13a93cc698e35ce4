//! What can go wrong with inner products.

use crate::group::{MAX_WEIGHT, MalformedElement, OutOfBound};
use progress::Cancelled;

/// Why an operation of FEIP was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeipError {
    #[error("{what} has length {found}; the key is for vectors of length {wanted}")]
    Length { what: &'static str, found: usize, wanted: usize },
    #[error("vector length {len}; 1 to {max} are possible")]
    Dimension { len: usize, max: usize },
    #[error("value {value} at position {at} of vector {vector}; -{max} to {max} are possible here")]
    Value { value: i32, vector: usize, at: usize, max: i32 },
    #[error(
        "weight {value} at position {at} of row {row}; -{MAX_WEIGHT} to {MAX_WEIGHT} are possible"
    )]
    Weight { value: i32, row: usize, at: usize },
    #[error("{keys} keys for {rows} rows; each row needs its own")]
    Keys { keys: usize, rows: usize },
    #[error("{what}: {reason}")]
    Malformed { what: &'static str, reason: MalformedElement },
    #[error(
        "public key: element {at} of {of} is the identity, with which values would not be hidden"
    )]
    Identity { at: usize, of: usize },
    #[error("{what} is {found} bytes; {wanted} are needed")]
    Bytes { what: &'static str, found: usize, wanted: usize },
    #[error("a function key that is no scalar below the order of the group")]
    Scalar,
    #[error(transparent)]
    OutOfBound(#[from] OutOfBound),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
