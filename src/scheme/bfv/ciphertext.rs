//! Ciphertexts, encryption, decryption and the noise meter.

use super::keys::{SecretKey, generator};
use super::{BfvError, BfvParameters};
use fhe::bfv::{Encoding, Plaintext};
use fhe_math::rq::Representation;
use fhe_traits::{FheDecoder, FheDecrypter, FheEncoder, FheEncrypter};
use progress::Watch;
use rayon::prelude::*;
use ring::{RnsPoly, Seed};
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::{Zeroize, Zeroizing};

/// A ciphertext of one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphertext(pub(super) fhe::bfv::Ciphertext);

impl Ciphertext {
    /// Evaluations of polynomial number `component`, prime after prime.
    pub(super) fn words(&self, component: usize) -> Option<&[u64]> {
        self.0.get(component)?.coefficients().to_slice()
    }

    /// The first polynomial modulo the first prime, by evaluations: the words that are kept.
    pub fn first_words(&self, parameters: &BfvParameters) -> &[u64] {
        self.words(0).and_then(|words| words.get(..parameters.degree())).unwrap_or_default()
    }
}

/// What a ciphertext holds, and how close it came to holding something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Decrypted {
    /// Slots, centred modulo t.
    pub values: Vec<i64>,
    /// `log2(q / 2t) - log2(max |phase - (q/t) m|)`; secret, as it depends on the key.
    pub margin_bits: f64,
}

impl SecretKey {
    /// Encrypts one vector of at most N integers per ciphertext. Errors come from `seed` and
    /// from the vectors, so that a seed used again adds no error to two messages; the masks come from the library's own generator, seeded by the operating
    /// system, so that ciphertexts differ from run to run. `what` is told to `watch` as they are made.
    pub fn encrypt(
        &self,
        parameters: &BfvParameters,
        vectors: &[Vec<i64>],
        seed: &Seed,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, BfvError> {
        let seed = seed.bound_to(&[b"bfv", &parameters.identity()], vectors);
        let done = AtomicU64::new(0);
        vectors
            .par_iter()
            .enumerate()
            .map(|(index, vector)| {
                let mut rng = generator(&seed, "bfv errors", index as u64);
                let plain = Plaintext::try_encode(
                    vector.as_slice(),
                    Encoding::simd(),
                    parameters.library(),
                )
                .map_err(BfvError::library("encoding"))?;
                let ciphertext = self
                    .key
                    .try_encrypt(&plain, &mut rng)
                    .map_err(BfvError::library("encryption"))?;
                watch.step(what, done.fetch_add(1, Ordering::Relaxed) + 1, vectors.len() as u64)?;
                Ok(Ciphertext(ciphertext))
            })
            .collect()
    }

    /// Decrypts, and measures the margin.
    pub fn decrypt(
        &self,
        parameters: &BfvParameters,
        ciphertext: &Ciphertext,
    ) -> Result<Decrypted, BfvError> {
        let plain: Plaintext =
            self.key.try_decrypt(&ciphertext.0).map_err(BfvError::library("decryption"))?;
        let words = Vec::<u64>::try_decode(&plain, Encoding::simd())
            .map_err(BfvError::library("decoding"))?;
        let t = parameters.t();
        Ok(Decrypted {
            values: words.into_iter().map(|w| t.center(w)).collect(),
            margin_bits: self.margin_bits(parameters, ciphertext),
        })
    }

    /// `t phase = q m + t (phase - (q/t) m)` is, modulo q, t times the noise.
    fn margin_bits(&self, parameters: &BfvParameters, ciphertext: &Ciphertext) -> f64 {
        let mut power = Zeroizing::new(self.s.clone());
        let mut phase = Zeroizing::new(ciphertext.0[0].clone());
        phase.disallow_variable_time_computations();
        for component in &ciphertext.0[1..] {
            let mut product = Zeroizing::new(component.clone());
            product.disallow_variable_time_computations();
            *product.as_mut() *= power.as_ref();
            *phase.as_mut() += product.as_ref();
            *power.as_mut() *= &self.s;
        }
        phase.change_representation(Representation::PowerBasis);
        let (basis, t) = (parameters.basis(), parameters.t());
        let mut noise = RnsPoly::zero(parameters.degree(), parameters.primes());
        for (j, (row, words)) in noise.rows_mut().zip(phase.coefficients().outer_iter()).enumerate()
        {
            row.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
            let q = basis.modulus(j);
            parameters.kernel().mul_scalar(q, row, q.reduce(t.value()));
        }
        let (_, log2_noise) = basis.decode(&noise, t);
        noise.zeroize();
        basis.log2(parameters.primes()) - 1.0 - log2_noise.max(0.0)
    }
}
