//! TFHE: weighted sums of LWE ciphertexts, and lookup tables by programmable bootstrapping (PBS).
//!
//! Chillotti, Gama, Georgieva and Izabachène, "TFHE: Fast Fully Homomorphic Encryption over the
//! Torus", eprint 2018/421. Blind rotation is that of the crate `tfhe` (`core_crypto`); encodings,
//! parameters, messages and noise accounting are ours. Values lie on the torus `[0, 1)` in steps of
//! `2^-32`; variances are fractions of its square.

mod ciphertext;
mod error;
mod evaluate;
mod interval;
mod keys;
mod noise;
mod parameters;
mod rotate;
mod seeds;
mod switched;
mod table;
#[cfg(test)]
mod tests;
mod wire;

pub use ciphertext::{LweList, PackedLwes, SeededLwes};
pub use error::TfheError;
pub use interval::rate_interval;
pub use keys::{CompressedKeys, SERVER_KEYS, SecretKey, ServerKeys};
pub use noise::{NoiseModel, both_tails, upper_tail};
pub use parameters::{
    Decomposition, SECURITY_BITS, SECURITY_TABLE, TfheParameters, minimal_variance,
};
pub use switched::Switched;
pub use table::{LookupPolynomial, position_of};
