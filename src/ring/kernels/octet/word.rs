//! Eight words side by side, and what is computed with them, whatever the instruction set.

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
