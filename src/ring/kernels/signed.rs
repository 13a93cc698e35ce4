//! Sums of a few inputs with small signed weights: each is reduced before it leaves the registers.

use super::signed_block::{MAX_COLUMNS, SignedBlock};
use super::{Kernel, Modulus, Tile, ifma};

/// The kernels that have such sums.
#[derive(Clone, Copy, Debug)]
pub struct SignedUnit {
    q: Modulus,
    /// `2^52 mod q`.
    excess: u64,
}

impl SignedUnit {
    /// For words modulo `q`; `None` where the kernel has other ways.
    pub fn new(kernel: Kernel, q: Modulus) -> Option<Self> {
        let has = matches!(kernel, Kernel::Avx512Ifma | Kernel::AmxInt8) && super::ifma_available();
        (has && q.value() >> 11 != 0).then(|| Self { q, excess: q.reduce(1 << 52) })
    }

    /// The largest weight of either sign: its products fit 51 bits.
    pub fn largest_weight(self) -> u64 {
        (1 << 51) / self.q.value()
    }

    /// Whether a word is zero.
    pub fn has_zeros(self, x: &[Tile]) -> bool {
        // SAFETY: a unit exists only where the processor has these instructions.
        unsafe { ifma::has_zeros(x) }
    }

    /// `out = x`, but q where x is zero.
    pub fn without_zeros(self, x: &[Tile], out: &mut [Tile]) {
        assert_eq!(x.len(), out.len(), "slices of one length");
        // SAFETY: a unit exists only where the processor has these instructions.
        unsafe { ifma::without_zeros(self.q, x, out) };
    }

    /// `out[rows[r]] = sum_c weights[c][r] x[columns[c]] mod q`, canonical, for words that are not zero.
    pub fn sums(self, x: &[Tile], columns: &[u32], block: &SignedBlock, out: &mut [Tile]) {
        assert!(columns.len() <= MAX_COLUMNS && columns.len() == block.weights.len(), "one sum");
        // SAFETY: a unit exists only where the processor has these instructions.
        unsafe { ifma::signed_sums(self.q, self.excess, x, columns, block, out) };
    }
}
