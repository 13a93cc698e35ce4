//! LWE ciphertexts: masks and bodies in words of 32 bits.

use super::TfheError;
use super::parameters::TfheParameters;
use super::seeds;
use ring::{Kernel, Seed};
use tfhe::core_crypto::prelude::*;

/// Ciphertexts of one dimension, mask then body, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LweList {
    dimension: usize,
    words: Vec<u32>,
}

impl LweList {
    /// `count` encryptions of 0 without noise.
    pub fn zeros(dimension: usize, count: usize) -> Self {
        Self { dimension, words: vec![0; count * (dimension + 1)] }
    }

    pub(super) fn from_words(dimension: usize, words: Vec<u32>) -> Self {
        Self { dimension, words }
    }

    /// The ciphertexts in `rows`, each with `dimension + 1` words.
    pub fn from_rows(dimension: usize, rows: &[Vec<u32>]) -> Self {
        Self { dimension, words: rows.concat() }
    }

    /// Adds the ciphertexts of a list of the same dimension at the end.
    pub fn append(&mut self, other: &Self) {
        self.words.extend_from_slice(&other.words);
    }

    /// Key bits they are encrypted under.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of ciphertexts.
    pub fn len(&self) -> usize {
        self.words.len() / (self.dimension + 1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> u64 {
        4 * self.words.len() as u64
    }

    /// Words of a ciphertext.
    pub fn get(&self, index: usize) -> Option<&[u32]> {
        let size = self.dimension + 1;
        self.words.get(index * size..(index + 1) * size)
    }

    /// All ciphertexts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.words.chunks_exact(self.dimension + 1)
    }

    /// All ciphertexts, to be changed.
    pub fn chunks_mut(&mut self) -> std::slice::ChunksExactMut<'_, u32> {
        self.words.chunks_exact_mut(self.dimension + 1)
    }

    /// `constant + sum of weight * ciphertext[index]`, into `out`.
    ///
    /// # Errors
    /// When there is no such ciphertext, or `out` has another size.
    pub fn weighted_sum(
        &self,
        terms: impl Iterator<Item = (u32, i32)>,
        constant: u32,
        out: &mut [u32],
    ) -> Result<(), TfheError> {
        let kernel = Kernel::best();
        out.fill(0);
        for (index, weight) in terms {
            let found = self.get(index as usize).filter(|c| c.len() == out.len());
            let Some(ciphertext) = found else {
                return Err(TfheError::Dimension {
                    what: "a weighted sum",
                    expected: out.len().saturating_sub(1),
                    found: self.dimension,
                });
            };
            kernel.add_scaled(weight as u32, ciphertext, out);
        }
        if let Some(body) = out.last_mut() {
            *body = body.wrapping_add(constant);
        }
        Ok(())
    }
}

/// Fresh ciphertexts as they travel: the masks as a seed, and the bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeededLwes {
    pub(super) seed: Seed,
    pub(super) bodies: Vec<u32>,
}

impl SeededLwes {
    /// Number of ciphertexts.
    pub fn len(&self) -> usize {
        self.bodies.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }

    /// The ciphertexts with their masks.
    pub fn expand(&self, parameters: &TfheParameters) -> LweList {
        let size = LweSize(parameters.lwe_dimension + 1);
        let modulus = CiphertextModulus::new_native();
        let seeded = SeededLweCiphertextList::from_container(
            self.bodies.as_slice(),
            size,
            seeds::masks(&self.seed),
            modulus,
        );
        let count = LweCiphertextCount(self.bodies.len());
        let mut list = LweCiphertextList::new(0u32, size, count, modulus);
        decompress_seeded_lwe_ciphertext_list::<_, _, _, DefaultRandomGenerator>(
            &mut list, &seeded,
        );
        LweList::from_words(parameters.lwe_dimension, list.into_container())
    }
}

/// Ciphertexts as they travel back: words rounded to their highest bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedLwes {
    pub(super) dimension: usize,
    /// Bits of each word.
    pub(super) bits: u32,
    /// The words, in the low bits.
    pub(super) words: Vec<u32>,
}

impl PackedLwes {
    /// Rounds `list` to words of `bits` bits, 8 to 32.
    pub fn new(list: &LweList, bits: u32) -> Self {
        let bits = bits.clamp(8, 32);
        let drop = 32 - bits;
        let half = if drop == 0 { 0 } else { 1u32 << (drop - 1) };
        let words = list.words.iter().map(|w| w.wrapping_add(half) >> drop).collect();
        Self { dimension: list.dimension, bits, words }
    }

    /// The ciphertexts in full words.
    pub fn expand(&self) -> LweList {
        let drop = 32 - self.bits;
        LweList::from_words(self.dimension, self.words.iter().map(|w| w << drop).collect())
    }
}
