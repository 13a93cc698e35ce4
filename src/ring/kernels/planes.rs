//! Byte-wise matrix products: residues are cut into planes of bytes, one byte of every word each, and
//! multiplied by weights that are signed bytes; the sums of the planes are then put together.

use super::{Modulus, Tile};

/// Words worked on together: 32-bit lanes of a 512-bit register.
pub const WORDS: usize = 16;

/// Rows of weights in one block of weights.
pub const ROWS: usize = 16;

/// Inputs in one group of four bytes.
pub const QUAD: usize = 4;

/// Groups of four inputs in one block of weights.
pub const QUADS: usize = 16;

/// Most byte planes of a word below 2^50.
pub const MAX_PLANES: usize = 7;

/// Bytes of a word modulo `q`.
pub fn planes_of(q: Modulus) -> usize {
    q.value().ilog2() as usize / 8 + 1
}

/// One byte of four inputs, for sixteen words; words in the order of the unit's own `pack`.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quad(pub [u8; 64]);

/// Weights of sixteen rows on sixteen quads, `[row][input]`.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights(pub [[i8; QUAD * QUADS]; ROWS]);

/// An output of a map: `limbs` rows, the lowest digit first; row `row + l` counts `2^(8 l)` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    pub index: u32,
    pub row: u8,
    pub limbs: u8,
}

/// Sums of sixteen rows over sixteen words, for one plane.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums(pub [[i32; WORDS]; ROWS]);

/// Instructions that multiply bytes.
pub trait PlaneUnit {
    /// Cuts sixteen words of four inputs into bytes: plane `p` goes to `out[p stride]`.
    fn pack(&self, inputs: [&[u64; WORDS]; QUAD], planes: usize, out: &mut [Quad], stride: usize);

    /// `sums[p][r][w] = sum over blocks b and inputs i of weights[b][r][i] quads[p stride + 16 b + i/4]`,
    /// for planes `p < sums.len()` and rows `r < rows`; other rows may hold anything. Exact while each
    /// sum stays below 2^31.
    fn multiply(
        &self,
        weights: &[Weights],
        rows: usize,
        quads: &[Quad],
        stride: usize,
        sums: &mut [Sums],
    );

    /// [`PlaneUnit::multiply`] for two blocks of rows of one length on two planes of the same quads.
    fn multiply_two(
        &self,
        weights: [&[Weights]; 2],
        quads: &[Quad],
        stride: usize,
        sums: [&mut [Sums; 2]; 2],
    ) {
        for (weights, sums) in weights.into_iter().zip(sums) {
            self.multiply(weights, ROWS, quads, stride, sums);
        }
    }

    /// Puts the planes of the rows of some outputs together, modulo `q` (at least 2^11), and writes
    /// them to half `half` of their tiles. No sum of bytes may be larger than `bound`, which is below
    /// `2^31`.
    fn combine(
        &self,
        q: Modulus,
        bound: u64,
        sums: &[Sums],
        outputs: &[Output],
        out: &mut [Tile],
        half: usize,
    );
}
