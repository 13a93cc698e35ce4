//! Client and server apart: an offer and its program, keys, requests and answers, in files.
//!
//! | file | whose | what |
//! |---|---|---|
//! | `offer.cso` | everybody's | [`Offer`](engine::Offer) |
//! | `program.csp` | the server's | the program with the weights |
//! | `secret.key` | the client's | the seed of the secret key |
//! | `evaluation.keys` | sent to the server | a message for each plaintext modulus |
//! | request, answer | sent | a head, and a message for each batch and plaintext modulus |
//! | `requests/ID.json` | the client's | what it will need to read the answer |

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answers;
mod client;
mod error;
mod head;
mod program;
mod record;
mod samples;
mod server;

pub use answers::{Answers, CheckFault};
pub use client::{KeyPair, decrypt, encrypt, keygen};
pub use error::ServiceError;
pub use program::{Publication, publish};
pub use record::Record;
pub use samples::Samples;
pub use server::evaluate;
