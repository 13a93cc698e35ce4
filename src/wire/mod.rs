//! What crosses between client and server, or lies in a file between them: one envelope round every
//! message, one reader and one writer of what is in it.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod envelope;
mod error;
mod reader;
mod writer;

pub use envelope::{Draft, ENVELOPE_BYTES, Envelope, Kind, Message, PART_HEAD_BYTES, short};
pub use error::{Malformed, WireError};
pub use reader::Reader;
pub use writer::Writer;
