//! BFV (Brakerski, eprint 2012/078; Fan and Vercauteren, eprint 2012/144) with batched integer
//! plaintexts, through the `fhe` crate: an implementation independent of our BGV, to check it by.
//!
//! Keys, encryption, multiplication, relinearisation and decryption are the crate's own. Weighted
//! sums are word-wise and run on our kernels; noise is measured here, to a fraction of a bit.
//!
//! The phase of a ciphertext `(c0, c1, ...)` is `c0 + c1 s + c2 s^2 + ...` modulo q. It is `(q/t) m`
//! plus noise, and decrypts to the message m as long as the noise stays below `q / 2t`. The margin is
//! what is left: `log2(q / 2t) - log2(max |phase - (q/t) m|)` bits.
//!
//! The crate draws the secret like an error: centred binomial of variance 10. The security table is
//! for uniform ternary secrets, which are smaller and so no harder to find: its limits hold here too.

mod ciphertext;
mod error;
mod evaluate;
mod keys;
mod parameters;
mod wire;

pub use ciphertext::{Ciphertext, Decrypted};
pub use error::BfvError;
pub use evaluate::linear;
pub use keys::{EvaluationKeys, SecretKey};
pub use parameters::BfvParameters;
pub use wire::HEADER_BYTES;

/// Variance of a coefficient of the secret and of a fresh error: the `fhe` crate's default.
pub const VARIANCE: f64 = 10.0;

#[cfg(test)]
mod tests;
