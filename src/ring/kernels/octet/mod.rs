//! Eight numbers modulo `2^255 - 19` side by side, as words: what the arithmetic of curves is built on.
//!
//! A number is five limbs of 51 bits; an [`Octet`] holds the same limb of eight numbers. Programs are
//! written once, generic over the instruction set, and give identical words on all of them.

#[cfg(target_arch = "x86_64")]
mod ifma;
mod portable;
mod word;

pub use word::{LIMB_BITS, LIMBS, OCTET, Octet, OctetProgram, each_limb};

use super::Kernel;

impl Kernel {
    /// Runs a program with the widest instructions this kernel has for it.
    pub fn run_octets<P: OctetProgram>(self, program: P) -> P::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Ifma | Self::AmxInt8 if super::ifma_available() => {
                // SAFETY: the processor has the features that the function is compiled for.
                unsafe { ifma::run(program) }
            }
            _ => program.run::<portable::Words>(),
        }
    }
}
