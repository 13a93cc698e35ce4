//! Which functions the network has that ciphertexts stand for.

use circuit::{Functions, Remedy};

/// The functions of the network that ciphertexts stand for.
pub(crate) fn functions(remedy: Remedy) -> Functions {
    match remedy {
        Remedy::Client | Remedy::Bootstrap => Functions::Exact,
        Remedy::OneChain | Remedy::Refresh => Functions::Polynomial,
    }
}
