//! Ciphertexts: fresh, computed, decrypted.

use super::keys::SecretKey;
use super::{CkksError, CkksParameters, Scale};
use crate::rlwe::mask_row;
use progress::Watch;
use rayon::prelude::*;
use ring::{MixedRadix, Modulus, PanelMut, Panels, Seed};
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroize;

/// Freshly encrypted vectors: each is `(-a s + e + m, a)`, the mask `a` sent as a seed.
pub type FreshBatch = crate::rlwe::FreshBatch<Scale>;

impl FreshBatch {
    /// Scale of the messages.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }
}

/// Buffers of one thread that encrypts; wiped when dropped.
struct Scratch {
    error: Vec<i64>,
    mask: Vec<u64>,
    /// Public once finished, but holds the message before its mask.
    row: Vec<u64>,
}

impl Scratch {
    fn new(n: usize) -> Self {
        Self { error: vec![0; n], mask: vec![0; n], row: vec![0; n] }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.error.zeroize();
        self.row.zeroize();
    }
}

/// A ciphertext of two or three components at some level.
pub type Ciphertext = crate::rlwe::Ciphertext<Scale>;

impl Ciphertext {
    /// Scale of the message.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Keeps the first `level` primes, at least one: the same message with less room.
    #[must_use]
    pub fn at_level(mut self, level: usize) -> Self {
        self.components.iter_mut().for_each(|p| p.truncate(level.max(1)));
        self
    }
}

/// What a ciphertext holds, and how close it came to holding something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Decrypted {
    /// Slots.
    pub values: Vec<f64>,
    /// `log2(q/2) - log2(max |phase|)`, bits; secret, as it depends on the key. A phase that
    /// overflowed wraps around and fills the whole range, which leaves almost 0.
    pub margin_bits: f64,
}

impl SecretKey {
    /// Encrypts one vector of at most N numbers per ciphertext, at `scale`, with the first `level`
    /// primes. `secret_seed` and all of these give the errors; the masks come from a seed derived of
    /// them that is made public. `what` names the work to `watch`, which is told
    /// after each ciphertext.
    #[expect(clippy::too_many_arguments, reason = "one call, all of them different things")]
    pub fn encrypt(
        &self,
        parameters: &CkksParameters,
        vectors: &[Vec<f64>],
        scale: &Scale,
        level: usize,
        secret_seed: &Seed,
        watch: &Watch,
        what: &str,
    ) -> Result<FreshBatch, CkksError> {
        if !(1..=parameters.levels()).contains(&level) {
            let left = parameters.levels();
            return Err(CkksError::Level { what: "encryption", needed: level.max(1), left });
        }
        if !scale.is_tame() {
            return Err(CkksError::Scale { scale: scale.to_string() });
        }
        // The scale decides what a value becomes, the level modulo what.
        let encoding = format!("{scale:?} at level {level}");
        let context = [b"ckks" as &[u8], &parameters.fingerprint(), encoding.as_bytes()];
        let seed = secret_seed.bound_to(&context, vectors);
        let public = seed.derive("ckks masks", 0);
        let errors = seed.derive("ckks errors", 0);
        let done = AtomicU64::new(0);
        let parts = FreshBatch::part_lens(parameters, vectors.len(), level);
        let mut bodies = Panels::any(parameters.degree(), level, parts);
        bodies.panels_mut().try_for_each_init(
            || Scratch::new(parameters.degree()),
            |scratch, mut panel| {
                for index in panel.range() {
                    let mut message = parameters.encode(&vectors[index], scale)?;
                    errors.stream(index as u64).centered_binomial(&mut scratch.error);
                    message.iter_mut().zip(&scratch.error).for_each(|(m, e)| *m += e);
                    self.mask_message(
                        parameters, &message, &public, index, level, scratch, &mut panel,
                    );
                    message.zeroize();
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    watch.step(what, done, vectors.len() as u64)?;
                }
                Ok::<_, CkksError>(())
            },
        )?;
        Ok(FreshBatch { bodies, seed: public, scale: scale.clone() })
    }

    /// Writes `-a s + message`, by evaluations, as number `index` of the panel.
    #[expect(clippy::too_many_arguments, reason = "what `encrypt` was called with, and one place")]
    fn mask_message(
        &self,
        parameters: &CkksParameters,
        message: &[i64],
        public: &Seed,
        index: usize,
        level: usize,
        scratch: &mut Scratch,
        panel: &mut PanelMut,
    ) {
        let (kernel, basis) = (parameters.kernel(), parameters.basis());
        let Scratch { mask, row, .. } = scratch;
        for j in 0..level {
            let q = parameters.modulus(j);
            kernel.reduce_signed(q, message, row);
            basis.forward(j, row);
            mask_row(parameters, public, index as u64, j, mask);
            kernel.dot(q, row, &[(mask, self.negated.row(j))]);
            panel.put(index, j, row);
        }
    }

    /// Decrypts, and measures the margin.
    pub fn decrypt(&self, parameters: &CkksParameters, ciphertext: &Ciphertext) -> Decrypted {
        let (kernel, level) = (parameters.kernel(), ciphertext.level());
        let mut rows: Vec<Vec<u64>> = Vec::with_capacity(level);
        for j in 0..level {
            // Horner's rule in s, from the last component down.
            let mut row = vec![0; parameters.degree()];
            for component in ciphertext.components.iter().rev() {
                let mut next = component.row(j).to_vec();
                kernel.dot(parameters.modulus(j), &mut next, &[(&row, self.s.row(j))]);
                row = next;
            }
            parameters.basis().inverse(j, &mut row);
            rows.push(row);
        }
        let moduli: Vec<Modulus> = (0..level).map(|j| parameters.modulus(j)).collect();
        let (coefficients, log2_phase) = match MixedRadix::new(&moduli, &vec![1; level]) {
            Some(radix) => {
                radix.digits(kernel, &mut rows, &mut vec![0; parameters.degree()]);
                radix.values(&rows)
            }
            None => (vec![f64::NAN; parameters.degree()], f64::NAN),
        };
        rows.iter_mut().for_each(Zeroize::zeroize);
        Decrypted {
            values: parameters.decode(coefficients, &ciphertext.scale),
            margin_bits: parameters.log2_q(level) - 1.0 - log2_phase,
        }
    }
}
