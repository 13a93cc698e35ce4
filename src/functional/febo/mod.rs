//! FEBO: functional encryption of one basic operation, as CryptoNN defines it (Xu, Joshi and Li, ICDCS
//! 2019, arXiv 1904.07303), in the group ristretto255 of prime order p with generator G, written
//! additively:
//!
//! * setup: `s` uniform; public `H = s G`;
//! * encryption of x: r uniform; commitment `R = r G`, body `C = r H + x G`;
//! * key for an operation with y, for one ciphertext alone: `+`: `s R - y G`; `-`: `s R + y G`;
//!   `x`: `y s R`; `/`: `y^-1 s R`;
//! * decryption: `C - key`; with `x` and `/` `y C - key` and `y^-1 C - key`; then a bounded discrete
//!   logarithm.
//!
//! Weaknesses that lie in the definition, not in this code:
//!
//! * whoever holds one key and its y learns x itself, as x is the result with y undone; the scheme
//!   hides inputs from those without keys only;
//! * from the key of a sum or difference follows `s R`, and from it the key of every other operation
//!   on the same ciphertext; the same holds for `x` and `/` with known y;
//! * `/` gives `x y^-1 mod p`, which is small, and found, only where y divides x.

mod decryption;
mod error;
mod keys;
mod operation;
#[cfg(test)]
mod tests;

pub use decryption::decrypt;
pub use error::FeboError;
pub use keys::{Ciphertext, Encryptor, FunctionKey, MasterKey, PublicKey};
pub use operation::Operation;
