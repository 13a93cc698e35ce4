//! BGV (Brakerski, Gentry, Vaikuntanathan, eprint 2011/277) with batched integer plaintexts.
//!
//! The phase of a ciphertext `(c0, c1, ...)` is `c0 + c1 s + c2 s^2 + ...`, an element of
//! `Z_q[X]/(X^N + 1)` read with centred coefficients. It equals `f m` modulo t, where `m` is the
//! message and `f` the known factor that modulus switching leaves, as long as its largest
//! coefficient stays below q/2. The margin is what is left: `log2(q/2) - log2(max |phase|)` bits.

mod ciphertext;
mod encoder;
mod error;
mod evaluate;
mod keys;
mod parameters;
mod wire;

pub use ciphertext::{Ciphertext, Decrypted, FreshBatch};
pub use error::BgvError;
pub use evaluate::{Segment, SegmentInput, SegmentOp, SegmentOutput};
pub use keys::{EvaluationKeys, SecretKey};
pub use parameters::BgvParameters;

#[cfg(test)]
mod tests;
