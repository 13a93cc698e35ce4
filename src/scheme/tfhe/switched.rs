//! Ciphertexts switched to the modulus of a rotation.

use super::parameters::TfheParameters;

/// A ciphertext modulo 2N: mask then body, each from 0 to 2N - 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    pub(super) words: Vec<u32>,
    bits: u32,
    merged: u32,
}

impl Switched {
    /// Switches an LWE ciphertext to the modulus `2 N`, to multiples of `2^merged`: position p stands
    /// for phases from p to `p + 2^merged`.
    ///
    /// Half of what rounding takes from the mask is given back to the body: the mean of the error
    /// under a binary secret (mean compensation, as in `lwe_ciphertext_centered_binary_modulus_switch`
    /// of tfhe 1.8.2).
    pub fn new(parameters: &TfheParameters, ciphertext: &[u32], merged: u32) -> Self {
        let bits = (2 * parameters.polynomial_size).trailing_zeros();
        let drop = 32 - bits + merged;
        let half = 1u32 << (drop - 1);
        let (body, mask) = match ciphertext.split_last() {
            Some((body, mask)) => (*body, mask),
            None => (0, ciphertext),
        };
        let mut words: Vec<u32> = Vec::with_capacity(ciphertext.len());
        let mut errors = 0i64;
        for word in mask {
            let switched = word.wrapping_add(half) >> drop;
            errors += i64::from((switched << drop).wrapping_sub(*word) as i32);
            words.push(switched << merged);
        }
        words.push((body.wrapping_add((errors / 2) as u32) >> drop) << merged);
        Self { words, bits, merged }
    }

    /// Body, and word `at` of the mask: positions, below `2 N`.
    pub(super) fn body(&self) -> u32 {
        self.words.last().copied().unwrap_or(0)
    }

    pub(super) fn mask(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// The ciphertext in words of the torus, as blind rotation takes it.
    pub(super) fn to_torus(&self) -> impl Iterator<Item = u32> {
        self.words.iter().map(|w| w << (32 - self.bits))
    }

    /// The same with the body in the middle of what its position stands for, to be measured.
    pub fn centred(&self) -> Vec<u32> {
        let mut words: Vec<u32> = self.to_torus().collect();
        if let Some(body) = words.last_mut() {
            *body = body.wrapping_add(1 << (31 - self.bits + self.merged));
        }
        words
    }
}
