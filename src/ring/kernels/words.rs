//! What the kernels work on: tiles of words, blocks of key streams, and how much one pass takes.

use crate::Modulus;

/// Words in one tile: four 512-bit registers.
pub const TILE_WORDS: usize = 32;

/// Rows of a linear map that share one pass over the inputs.
pub const BLOCK_ROWS: usize = 6;

/// Bits of a product that a multiply-accumulate takes exactly.
pub const PRODUCT_BITS: u32 = 52;

/// Bits of the weights that a multiply-accumulate takes.
pub const WEIGHT_BITS: u32 = 32;

/// Columns that one accumulator takes: `1000 * 2^52 < 2^62`.
pub const MAX_COLUMNS: usize = 1000;

/// Bytes of a key stream that one error coefficient takes: twice 21 bits, rounded up.
pub const ERROR_BYTES: usize = 6;

/// A block of a key stream: 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockAt {
    pub counter: u64,
    pub stream: u64,
}

/// Ones up to the highest bit of `q`.
pub(crate) fn bit_mask(q: Modulus) -> u64 {
    u64::MAX >> q.value().leading_zeros()
}

/// Bits of `q`.
pub(crate) fn bits_of(q: Modulus) -> u32 {
    64 - q.value().leading_zeros()
}

/// Rows that [`Kernel::affine`] sums in one pass.
pub(crate) const AFFINE_ROWS: usize = 12;

/// Some consecutive words of one polynomial, aligned for the widest registers.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile(pub [u64; TILE_WORDS]);

impl Tile {
    /// All zero.
    pub const ZERO: Self = Self([0; TILE_WORDS]);
}
