//! Key switch, modulus switch, and blind rotation with a table.

use super::TfheError;
use super::ciphertext::LweList;
use super::keys::{BootstrapKey, ServerKeys};
use super::parameters::TfheParameters;
use super::rotate::rotate;
use super::table::LookupPolynomial;
use progress::Watch;
use ring::Kernel;
use tfhe::core_crypto::prelude::*;

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
    fn to_torus(&self) -> impl Iterator<Item = u32> {
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

impl ServerKeys {
    /// What the keys were made for.
    pub fn parameters(&self) -> &TfheParameters {
        &self.parameters
    }

    /// Ciphertexts under the GLWE key taken to the LWE key. A part of the key is read once for all.
    ///
    /// # Errors
    /// When the keys have no key-switching key, or the dimension is another one.
    pub fn key_switch(&self, ciphertexts: &[&[u32]]) -> Result<LweList, TfheError> {
        let key = self.key_switch.as_ref().ok_or(TfheError::NoKeySwitch)?;
        let p = &self.parameters;
        let mut outputs = LweList::zeros(p.lwe_dimension, ciphertexts.len());
        for (ciphertext, out) in ciphertexts.iter().zip(outputs.chunks_mut()) {
            dimension("a key switch", p.big_dimension(), ciphertext.len())?;
            if let (Some(to), Some(body)) = (out.last_mut(), ciphertext.last()) {
                *to = *body;
            }
        }
        let kernel = Kernel::best();
        // As `keyswitch_lwe_ciphertext` does it, with our own sums.
        let decomposer = SignedDecomposer::<u32>::new(
            DecompositionBaseLog(p.key_switch.base_log as usize),
            DecompositionLevelCount(p.key_switch.levels as usize),
        );
        for (at, block) in key.iter().enumerate() {
            for (ciphertext, out) in ciphertexts.iter().zip(outputs.chunks_mut()) {
                let Some(word) = ciphertext.get(at) else { continue };
                for (row, digit) in block.iter().zip(decomposer.decompose(*word)) {
                    kernel.add_scaled(digit.value().wrapping_neg(), row.as_ref(), out);
                }
            }
        }
        Ok(outputs)
    }

    /// Blind rotation of all `inputs` by one table: a ciphertext under the GLWE key for each of its
    /// functions and every input, function after function.
    ///
    /// # Errors
    /// When inputs have another dimension than the keys, or `watch` asks to stop.
    pub fn bootstrap(
        &self,
        inputs: &[Switched],
        table: &LookupPolynomial,
        functions: usize,
        watch: &Watch,
    ) -> Result<Vec<LweList>, TfheError> {
        let p = &self.parameters;
        for input in inputs {
            dimension("a bootstrapping", p.lwe_dimension, input.words.len())?;
        }
        let rotated = match &self.bootstrap {
            BootstrapKey::One(key) => rotate(p, key, inputs, &table.entries, watch)?,
            BootstrapKey::Several(key) => self.rotate_by_crate(key, inputs, table, watch)?,
        };
        let glwe = (p.glwe_dimension + 1) * p.polynomial_size;
        let size = PolynomialSize(p.polynomial_size);
        let modulus = CiphertextModulus::new_native();
        let mut extracted = LweCiphertext::new(0u64, LweSize(p.big_dimension() + 1), modulus);
        let mut outputs = vec![LweList::zeros(p.big_dimension(), inputs.len()); functions];
        for (function, list) in outputs.iter_mut().enumerate() {
            for (words, out) in rotated.chunks_exact(glwe).zip(list.chunks_mut()) {
                let ciphertext = GlweCiphertext::from_container(words, size, modulus);
                let at = MonomialDegree(function);
                extract_lwe_sample_from_glwe_ciphertext(&ciphertext, &mut extracted, at);
                let pairs = out.iter_mut().zip(extracted.as_ref());
                pairs.for_each(|(w, x)| *w = (x.wrapping_add(1 << 31) >> 32) as u32);
            }
        }
        Ok(outputs)
    }

    /// The same rotation by the crate alone: GLWE ciphertexts, one after another.
    fn rotate_by_crate(
        &self,
        key: &FourierLweBootstrapKeyOwned,
        inputs: &[Switched],
        table: &LookupPolynomial,
        watch: &Watch,
    ) -> Result<Vec<u64>, TfheError> {
        let p = &self.parameters;
        let glwe_size = GlweDimension(p.glwe_dimension).to_glwe_size();
        let size = PolynomialSize(p.polynomial_size);
        let modulus = CiphertextModulus::new_native();
        let fft = Fft::new(size);
        let fft = fft.as_view();
        let mut buffers = ComputationBuffers::new();
        let needed = blind_rotate_assign_mem_optimized_requirement::<u64>(glwe_size, size, fft);
        buffers.resize(needed.unaligned_bytes_required());
        let log = size.to_blind_rotation_input_modulus_log();
        let mut all = Vec::new();
        for input in inputs {
            watch.check()?;
            let words: Vec<u32> = input.to_torus().collect();
            let switched = LweCiphertext::from_container(words, CiphertextModulus::new_native());
            let switched = lwe_ciphertext_modulus_switch(switched, log);
            let mut rotated = GlweCiphertext::new(0u64, glwe_size, size, modulus);
            rotated.get_mut_body().as_mut().copy_from_slice(&table.entries);
            blind_rotate_assign_mem_optimized(&switched, &mut rotated, key, fft, buffers.stack());
            all.extend(rotated.into_container());
        }
        Ok(all)
    }
}

fn dimension(what: &'static str, expected: usize, words: usize) -> Result<(), TfheError> {
    let found = words.saturating_sub(1);
    if found == expected { Ok(()) } else { Err(TfheError::Dimension { what, expected, found }) }
}
