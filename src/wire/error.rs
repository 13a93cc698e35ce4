//! Why bytes are no message.

use std::io;

/// Why bytes are no message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("not of this program: it does not begin with CSW1")]
    Foreign,
    #[error("it is {found} where {expected} is expected")]
    Kind { found: String, expected: &'static str },
    #[error("it belongs to another offer ({found}, this is {expected})")]
    Offer { found: String, expected: String },
    #[error("it is damaged: its content does not have the digest that it states")]
    Damaged,
    #[error("it ends too early: {found} of {needed} bytes")]
    Short { found: u64, needed: u64 },
    #[error("{what}: {reason}")]
    Content { what: &'static str, reason: String },
}
