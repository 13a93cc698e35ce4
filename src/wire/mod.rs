//! What crosses between client and server, or lies in a file between them: one envelope round every
//! message.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod envelope;
mod error;
mod reader;

pub use envelope::{Draft, ENVELOPE_BYTES, Envelope, Kind, Message, short};
pub use error::WireError;
pub use reader::Reader;
