//! Measurements: how long each part takes, how near it comes to what the processor can do, and
//! whether its outputs are right. A figure whose outputs are wrong is an error, never a figure.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod ciphertexts;
mod ckks;
mod cryptonets;
mod cryptonn;
mod exact;
mod harness;
mod measurement;
mod networks;
#[cfg(feature = "tfhe")]
mod pbs;
mod peak;
mod programs;
mod recurrent;
mod scaling;
mod transforms;

pub use ciphertexts::{Setting, check_vectors};
pub use harness::{BenchError, Harness, Options};
pub use measurement::{Limit, Measurement, Timing};
pub use peak::peak_macs_per_sec;
pub use programs::Program;
pub use transforms::Transforms;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Number-theoretic transforms.
    Ntt,
    /// Encoding and encrypting one batch of CryptoNets.
    Encrypt,
    /// Decrypting and decoding.
    Decrypt,
    /// Word-wise segments: the dense layer of CryptoNets, and its whole first segment.
    Segment,
    /// Relinearisation.
    Relinearise,
    /// Modulus switching, alone and after relinearisation.
    Switch,
    /// CryptoNets on the MNIST test images, from end to end.
    Cryptonets,
    /// CryptoNets under CKKS per image, beside a figure cited for OpenFHE.
    Ckks,
    /// CryptoNets by threads and by batches.
    Scaling,
    /// Networks of growing size, predicted and measured.
    Networks,
    /// Key switch and programmable bootstrapping of TFHE.
    Pbs,
    /// Steps of recurrent networks.
    Recurrent,
    /// Training on encrypted data: encryption and the server's part of a mini-batch and of a first
    /// convolution.
    Cryptonn,
    /// All of these.
    All,
}

impl Workload {
    /// Each with the name it is asked for by.
    pub const NAMED: [(&'static str, Self); 14] = [
        ("ntt", Self::Ntt),
        ("encrypt", Self::Encrypt),
        ("decrypt", Self::Decrypt),
        ("segment", Self::Segment),
        ("relinearise", Self::Relinearise),
        ("switch", Self::Switch),
        ("cryptonets", Self::Cryptonets),
        ("ckks", Self::Ckks),
        ("scaling", Self::Scaling),
        ("networks", Self::Networks),
        ("pbs", Self::Pbs),
        ("recurrent", Self::Recurrent),
        ("cryptonn", Self::Cryptonn),
        ("all", Self::All),
    ];

    /// The workload of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(n, _)| *n == name).map(|(_, workload)| *workload)
    }

    /// Measures it, handing each figure to `harness` as soon as it is checked.
    ///
    /// # Errors
    /// When data are missing, outputs are wrong, or the work was stopped.
    pub fn measure(self, harness: &mut Harness) -> Result<(), BenchError> {
        match self {
            Self::Ntt => transforms::measure(harness),
            Self::Encrypt => ciphertexts::encrypt(harness),
            Self::Decrypt => ciphertexts::decrypt(harness),
            Self::Segment => programs::measure(harness),
            Self::Relinearise => ciphertexts::relinearise(harness),
            Self::Switch => ciphertexts::switch(harness),
            Self::Cryptonets => cryptonets::measure(harness),
            Self::Ckks => ckks::measure(harness),
            Self::Scaling => scaling::measure(harness),
            Self::Networks => networks::measure(harness),
            #[cfg(feature = "tfhe")]
            Self::Pbs => pbs::measure(harness),
            #[cfg(not(feature = "tfhe"))]
            Self::Pbs => Err(BenchError::Refused(
                "pbs was left out of this build (Cargo feature tfhe)".into(),
            )),
            Self::Recurrent => recurrent::measure(harness),
            Self::Cryptonn => cryptonn::measure(harness),
            Self::All => {
                // What is missing is told before the long work, not after it.
                cryptonets::session(harness, harness.run_threads())?;
                let each = Self::NAMED.iter().map(|(_, workload)| *workload);
                each.filter(|w| *w != Self::All && (cfg!(feature = "tfhe") || *w != Self::Pbs))
                    .try_for_each(|w| w.measure(harness))
            }
        }
    }
}
