//! Which functions the network has that ciphertexts stand for.

use circuit::{Functions, NoiseStrategy};

/// The functions of the network that ciphertexts stand for.
pub(crate) fn functions(strategy: NoiseStrategy) -> Functions {
    match strategy {
        NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => Functions::Exact,
        NoiseStrategy::Levelled | NoiseStrategy::Refresh => Functions::Polynomial,
    }
}
