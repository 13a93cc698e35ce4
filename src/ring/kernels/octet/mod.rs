//! Eight numbers modulo `2^255 - 19` side by side, as words: what the arithmetic of curves is built on.
//!
//! A number is five limbs of 51 bits; an [`Octet`] holds the same limb of eight numbers. Programs are
//! written once, generic over the instruction set, and give identical words on all of them.

#[cfg(target_arch = "x86_64")]
mod ifma;
mod portable;

use super::Kernel;

/// Numbers side by side.
pub const OCTET: usize = 8;

/// Limbs of a number.
pub const LIMBS: usize = 5;

/// Bits of a limb.
pub const LIMB_BITS: u32 = 51;

/// The same limb of eight numbers.
pub trait Octet: Copy {
    fn load(words: &[u64; OCTET]) -> Self;
    fn store(self, words: &mut [u64; OCTET]);
    /// Eight times the same word.
    fn splat(word: u64) -> Self;
    /// Sum modulo `2^64`, as are the next ones.
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn shr<const BITS: u32>(self) -> Self;
    fn shl<const BITS: u32>(self) -> Self;
    /// Products modulo `2^255 - 19`, limbs below `2^61`; the factors' limbs are below `2^52`.
    fn multiply(a: &[Self; LIMBS], b: &[Self; LIMBS]) -> [Self; LIMBS];
    /// Squares, as [`Octet::multiply`].
    fn square(a: &[Self; LIMBS]) -> [Self; LIMBS];
    /// The same numbers with limbs below `2^51 + 2^18`; those of `a` are below `2^64`.
    fn carry(a: &[Self; LIMBS]) -> [Self; LIMBS];
}

/// An array of one expression for each limb. Closures would not be compiled for the instruction set
/// of the program they stand in.
#[macro_export]
macro_rules! each_limb {
    ($k:ident => $value:expr) => {
        [
            {
                const $k: usize = 0;
                $value
            },
            {
                const $k: usize = 1;
                $value
            },
            {
                const $k: usize = 2;
                $value
            },
            {
                const $k: usize = 3;
                $value
            },
            {
                const $k: usize = 4;
                $value
            },
        ]
    };
}
pub use each_limb;

/// A computation on octets, written for any instruction set. `run` and everything it calls must be
/// `#[inline(always)]`, so that it is compiled for the instruction set it is called with.
pub trait OctetProgram {
    type Output;
    fn run<W: Octet>(self) -> Self::Output;
}

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
