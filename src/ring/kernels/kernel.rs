//! The instruction sets.

use crate::Modulus;
use serde::{Deserialize, Serialize};

/// An instruction set the inner loops are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// Plain Rust on 64-bit words.
    Portable,
    /// AVX2 with fused multiply-add (FMA).
    Avx2,
    /// AVX-512 with the 52-bit integer multiply-add (IFMA).
    Avx512Ifma,
    /// The same, and linear maps on the tile unit with byte products (AMX).
    AmxInt8,
}

impl Kernel {
    /// Short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512Ifma => "avx512_ifma",
            Self::AmxInt8 => "amx_int8",
        }
    }

    /// Whether linear maps modulo `q` go to the tile unit.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn has_tiles(self, q: Modulus) -> bool {
        self == Self::AmxInt8 && q.value() >> 11 != 0
    }
}
