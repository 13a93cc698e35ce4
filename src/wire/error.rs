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
    #[error("it goes on after its end: {found} bytes where it has {needed}")]
    Long { found: u64, needed: u64 },
    #[error(transparent)]
    Content(#[from] Malformed),
}

/// Bytes that are not what they should be: what they are read as, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {reason}")]
pub struct Malformed {
    pub what: &'static str,
    pub reason: String,
}

impl Malformed {
    pub fn new(what: &'static str, reason: impl Into<String>) -> Self {
        Self { what, reason: reason.into() }
    }
}
