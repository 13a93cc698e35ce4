//! CKKS (Cheon, Kim, Kim, Song, eprint 2016/421) with real slots: approximate arithmetic on
//! vectors of N real numbers in the conjugate-invariant ring of degree N (eprint 2018/952), by
//! residues (eprint 2018/931).
//!
//! The phase `c0 + c1 s + c2 s^2` of a ciphertext, read with centred coefficients, is the message
//! times its scale plus an error; how large the error is in bits is the precision. It holds as long
//! as the phase stays below q/2, and the margin is what is left of that:
//! `log2(q/2) - log2(max |phase|)` bits.
//!
//! Decrypted values carry the error, which depends on the key: whoever publishes them as they are
//! gives the key away bit by bit (Li and Micciancio, eprint 2020/1533). They are for the holder of
//! the key.

mod arithmetic;
mod ciphertext;
mod encoder;
mod error;
mod keys;
mod measure;
mod moduli;
mod noise;
mod parameters;
mod polynomial;
mod scale;
mod segment;
mod slots;
mod switching;
mod wire;

pub use arithmetic::Plaintext;
pub use ciphertext::{Ciphertext, Decrypted, FreshBatch};
pub use error::CkksError;
pub use keys::{EvaluationKeys, SecretKey, SwitchKey};
pub use measure::{MIN_MARGIN_BITS, Measured};
pub use moduli::CkksModuli;
pub use noise::Noise;
pub use parameters::{CkksParameters, MAX_CHAIN};
pub use polynomial::{
    Interval, Parity, PolynomialCost, PolynomialInput, PolynomialPlan, PolynomialPrecision,
};
pub use scale::Scale;
pub use segment::{Segment, SegmentInput, SegmentOp, SegmentOutput, round_weights};

#[cfg(test)]
mod tests;
