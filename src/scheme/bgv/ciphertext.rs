//! Ciphertexts: fresh, computed, decrypted.

use super::BgvParameters;
use super::keys::SecretKey;
use crate::rlwe::mask_row;
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use ring::{PanelMut, Panels, RnsPoly, Seed};
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroize;

/// Freshly encrypted vectors: each is `(-a s + t e + m, a)`, the mask `a` sent as a seed.
pub type FreshBatch = crate::rlwe::FreshBatch<u64>;

/// A ciphertext of two or three components at some level; `scale` is the factor that messages have in the
/// phase, modulo t.
pub type Ciphertext = crate::rlwe::Ciphertext<u64>;

/// Buffers of one thread that encrypts; wiped when dropped.
struct Scratch {
    words: Vec<u64>,
    error: Vec<i64>,
    message: Vec<i64>,
    /// Public once finished, but holds the message before its mask.
    row: Vec<u64>,
}

impl Scratch {
    fn new(n: usize) -> Self {
        Self { words: vec![0; n], error: vec![0; n], message: vec![0; n], row: vec![0; n] }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.words.zeroize();
        self.error.zeroize();
        self.message.zeroize();
        self.row.zeroize();
    }
}

/// What a ciphertext holds, and how close it came to holding something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Decrypted {
    /// Slots, centred modulo t.
    pub values: Vec<i64>,
    /// `log2(q/2) - log2(max |phase|)`; secret, as it depends on the key.
    pub margin_bits: f64,
}

impl SecretKey {
    /// Encrypts one vector of at most N integers per ciphertext. `secret_seed` and the vectors give
    /// the errors; the masks come from a seed derived of both that is made public.
    /// `done` is told after each ciphertext.
    pub fn encrypt(
        &self,
        parameters: &BgvParameters,
        vectors: &[Vec<i64>],
        secret_seed: &Seed,
        watch: &Watch,
        what: &str,
    ) -> Result<FreshBatch, Cancelled> {
        let seed = secret_seed.bound_to(&[b"bgv", &parameters.fingerprint()], vectors);
        let public = seed.derive("bgv masks", 0);
        let errors = seed.derive("bgv errors", 0);
        let done = AtomicU64::new(0);
        let parts = FreshBatch::part_lens(parameters, vectors.len());
        let mut bodies = Panels::any(parameters.degree(), parameters.primes(), parts);
        bodies.panels_mut().try_for_each_init(
            || Scratch::new(parameters.degree()),
            |scratch, mut panel| {
                for index in panel.range() {
                    let vector = &vectors[index];
                    self.encrypt_one(
                        parameters, vector, &public, &errors, index, scratch, &mut panel,
                    );
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    watch.step(what, done, vectors.len() as u64)?;
                }
                Ok(())
            },
        )?;
        Ok(FreshBatch { bodies, seed: public, scale: 1 })
    }

    #[expect(clippy::too_many_arguments, reason = "what `encrypt` was called with, and one place")]
    fn encrypt_one(
        &self,
        parameters: &BgvParameters,
        vector: &[i64],
        public: &Seed,
        errors: &Seed,
        index: usize,
        scratch: &mut Scratch,
        panel: &mut PanelMut,
    ) {
        let (kernel, basis) = (parameters.kernel(), parameters.basis());
        let Scratch { words, error, message, row } = scratch;
        parameters.encode(vector, words);
        errors.stream(index as u64).centered_binomial(error);
        kernel.add_error(parameters.t(), words, error, message);
        for j in 0..parameters.primes() {
            let q = basis.modulus(j);
            kernel.reduce_signed(q, message, row);
            basis.ntt(j).forward(row);
            mask_row(parameters, public, index as u64, j, words);
            kernel.dot(q, row, &[(words, self.negated.row(j))]);
            panel.put(index, j, row);
        }
    }

    /// Decrypts, and measures the margin.
    pub fn decrypt(&self, parameters: &BgvParameters, ciphertext: &Ciphertext) -> Decrypted {
        let (basis, kernel, level) = (parameters.basis(), parameters.kernel(), ciphertext.level());
        let mut phase = RnsPoly::zero(parameters.degree(), level);
        for (j, row) in phase.rows_mut().enumerate() {
            // Horner's rule in s, from the last component down.
            let q = basis.modulus(j);
            for (i, component) in ciphertext.components.iter().rev().enumerate() {
                if i == 0 {
                    row.copy_from_slice(component.row(j));
                    continue;
                }
                let mut next = component.row(j).to_vec();
                kernel.dot(q, &mut next, &[(row, self.s.row(j))]);
                row.copy_from_slice(&next);
            }
            basis.ntt(j).inverse(row);
        }
        let (coefficients, log2_phase) = basis.decode(&phase, parameters.t());
        phase.zeroize();
        let t = parameters.t();
        let unfactor = t.inv(ciphertext.scale).unwrap_or(1);
        Decrypted {
            values: parameters.decode(coefficients, unfactor),
            // A phase of 0 counts as 1.
            margin_bits: basis.log2(level) - 1.0 - log2_phase.max(0.0),
        }
    }
}
