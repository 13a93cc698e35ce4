//! Encryption schemes on the ring, the security table, and what ciphertexts look like on the wire.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod bfv;
pub mod bgv;
pub mod ckks;
mod head;
mod rlwe;
pub mod security;
#[cfg(feature = "tfhe")]
pub mod tfhe;
