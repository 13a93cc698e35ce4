//! Networks of sums and lookup tables under TFHE, sample by sample: client and server, which
//! exchange bytes, the executor, and the measuring of noise.

mod execute;
mod keys;
mod measure;

pub use execute::execute_tables;
pub use keys::{KeyShelf, TableKeys};

/// Readings from which the probability of a wrong one is extrapolated, at least: their deviation is then
/// known to 9 %, the margin to a fifth.
pub(super) const LEAST_READINGS: u64 = 60;

/// What computes on table lookups, as reports name it.
pub(super) const KERNEL: &str = "tfhe 1.8 (core_crypto, fft64)";
