//! Key switch, modulus switch, and blind rotation with a table.

use super::TfheError;
use super::ciphertext::LweList;
use super::keys::{BootstrapKey, ServerKeys};
use super::parameters::TfheParameters;
use super::rotate::rotate;
use super::switched::Switched;
use super::table::LookupPolynomial;
use progress::Watch;
use ring::Kernel;
use tfhe::core_crypto::prelude::*;

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
