//! Parameters, and the security they are held against.

use super::TfheError;
use serde::{Deserialize, Serialize};
use sha2::Digest;

/// Security of parameters on the curve of [`minimal_variance`], bits.
pub const SECURITY_BITS: u32 = 132;

/// Where that curve comes from.
pub const SECURITY_TABLE: &str =
    "tfhe 1.8 secure noise curve (lattice estimator), 132 bits, binary secret, Gaussian error";

/// The least variance of a Gaussian error, as a fraction of the torus, that gives 132 bits of
/// security with a binary secret of `dimension` bits, modulo `2^modulus_bits`:
/// `2^(4 - 2 log2 q) + 2^(5.31469187675068 - 0.0497829131652661 n)`.
///
/// `minimal_lwe_variance_for_132_bits_security_gaussian` of tfhe 1.8.2,
/// `core_crypto/commons/noise_formulas/secure_noise.rs`, fitted with the lattice estimator.
pub fn minimal_variance(dimension: usize, modulus_bits: u32) -> f64 {
    (4.0 - 2.0 * f64::from(modulus_bits)).exp2()
        + (5.314_691_876_750_68 - 0.049_782_913_165_266_1 * dimension as f64).exp2()
}

/// How words are cut into digits: `levels` digits of `base_log` bits, from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decomposition {
    pub base_log: u32,
    pub levels: u32,
}

impl Decomposition {
    /// The base, 2^base_log.
    pub fn base(self) -> f64 {
        f64::from(self.base_log).exp2()
    }
}

/// Dimensions, decompositions and noise.
#[derive(Clone, Debug, PartialEq)]
pub struct TfheParameters {
    /// Dimension n of the LWE ciphertexts that are bootstrapped.
    pub lwe_dimension: usize,
    /// Polynomials k in the mask of a GLWE ciphertext.
    pub glwe_dimension: usize,
    /// Degree N of the polynomials; a table has N entries.
    pub polynomial_size: usize,
    /// Of blind rotation.
    pub pbs: Decomposition,
    /// Of the key switch from dimension k N to n.
    pub key_switch: Decomposition,
    /// Variance of fresh noise under the LWE key, as a fraction of the torus.
    pub lwe_variance: f64,
    /// Variance of fresh noise under the GLWE key.
    pub glwe_variance: f64,
    insecure: bool,
}

/// Bits of the words of LWE ciphertexts.
pub(super) const WORD_BITS: u32 = 32;
/// Bits of the words inside blind rotation.
pub(super) const GLWE_WORD_BITS: u32 = 64;

impl TfheParameters {
    /// Parameters with the least noise that is secure.
    ///
    /// # Errors
    /// When a dimension or a decomposition is out of range.
    pub fn secure(
        lwe_dimension: usize,
        (glwe_dimension, polynomial_size): (usize, usize),
        pbs: Decomposition,
        key_switch: Decomposition,
    ) -> Result<Self, TfheError> {
        let lwe_variance = minimal_variance(lwe_dimension, WORD_BITS);
        let glwe_variance = minimal_variance(glwe_dimension * polynomial_size, GLWE_WORD_BITS);
        Self::with_noise(
            lwe_dimension,
            (glwe_dimension, polynomial_size),
            (pbs, key_switch),
            (lwe_variance, glwe_variance),
        )
    }

    /// Parameters with a given noise.
    ///
    /// # Errors
    /// When a dimension or a decomposition is out of range, or the noise is too small to be secure.
    pub fn with_noise(
        lwe_dimension: usize,
        glwe: (usize, usize),
        decompositions: (Decomposition, Decomposition),
        variances: (f64, f64),
    ) -> Result<Self, TfheError> {
        let made = Self::unchecked(lwe_dimension, glwe, decompositions, variances, false);
        made.check_ranges()?;
        let checks = [
            ("LWE", lwe_dimension, made.lwe_variance, WORD_BITS),
            ("GLWE", made.big_dimension(), made.glwe_variance, GLWE_WORD_BITS),
        ];
        for (what, dimension, variance, bits) in checks {
            let least = minimal_variance(dimension, bits);
            // The curve was computed in doubles: what it gives itself must pass.
            if variance.is_nan() || variance < least * (1.0 - 1e-9) {
                return Err(TfheError::Insecure {
                    what,
                    dimension,
                    found: variance.log2() / 2.0,
                    least: least.log2() / 2.0,
                    table: SECURITY_TABLE,
                });
            }
        }
        Ok(made)
    }

    /// Parameters that protect nothing, for tests that must be fast.
    ///
    /// # Errors
    /// When a dimension or a decomposition is out of range.
    pub fn insecure_toy(
        lwe_dimension: usize,
        glwe: (usize, usize),
        decompositions: (Decomposition, Decomposition),
        variances: (f64, f64),
    ) -> Result<Self, TfheError> {
        let made = Self::unchecked(lwe_dimension, glwe, decompositions, variances, true);
        made.check_ranges()?;
        Ok(made)
    }

    fn unchecked(
        lwe_dimension: usize,
        (glwe_dimension, polynomial_size): (usize, usize),
        (pbs, key_switch): (Decomposition, Decomposition),
        (lwe_variance, glwe_variance): (f64, f64),
        insecure: bool,
    ) -> Self {
        Self {
            lwe_dimension,
            glwe_dimension,
            polynomial_size,
            pbs,
            key_switch,
            lwe_variance,
            glwe_variance,
            insecure,
        }
    }

    fn check_ranges(&self) -> Result<(), TfheError> {
        let refuse =
            |what, found: String, allowed| Err(TfheError::Parameter { what, found, allowed });
        if !(1..=2048).contains(&self.lwe_dimension) {
            return refuse("LWE dimension", self.lwe_dimension.to_string(), "1 to 2048");
        }
        if !(1..=8).contains(&self.glwe_dimension) {
            return refuse("GLWE dimension", self.glwe_dimension.to_string(), "1 to 8");
        }
        let n = self.polynomial_size;
        if !(n.is_power_of_two() && (256..=8192).contains(&n)) {
            return refuse("polynomial size", n.to_string(), "powers of two from 256 to 8192");
        }
        let all = [("PBS", self.pbs, GLWE_WORD_BITS), ("key switch", self.key_switch, WORD_BITS)];
        for (what, d, bits) in all {
            let digits = d.base_log.checked_mul(d.levels).unwrap_or(0);
            if d.base_log < 1 || d.levels < 1 || digits >= bits {
                let found = format!("{} digits of {} bits ({what})", d.levels, d.base_log);
                return refuse(
                    "decomposition",
                    found,
                    "digits of 1 bit and more, fewer bits in all than a word has,",
                );
            }
        }
        let noises = [self.lwe_variance, self.glwe_variance];
        if noises.iter().any(|v| !(*v >= 0.0 && *v < 0.01)) {
            return refuse(
                "noise variance",
                format!("{noises:?}"),
                "0 to 0.01 of the torus squared",
            );
        }
        Ok(())
    }

    /// Dimension k N of what blind rotation gives.
    pub fn big_dimension(&self) -> usize {
        self.glwe_dimension * self.polynomial_size
    }

    /// Bits of security; 0 of sets that protect nothing.
    pub fn security_bits(&self) -> u32 {
        if self.insecure { 0 } else { SECURITY_BITS }
    }

    /// What tells messages for other parameters apart.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        let mut hash = sha2::Sha256::new();
        let sizes = [
            self.lwe_dimension as u64,
            self.glwe_dimension as u64,
            self.polynomial_size as u64,
            u64::from(self.pbs.base_log),
            u64::from(self.pbs.levels),
            u64::from(self.key_switch.base_log),
            u64::from(self.key_switch.levels),
            self.lwe_variance.to_bits(),
            self.glwe_variance.to_bits(),
        ];
        sizes.iter().for_each(|s| hash.update(s.to_le_bytes()));
        let digest: [u8; 32] = hash.finalize().into();
        let mut out = [0; 16];
        out.copy_from_slice(&digest[..16]);
        out
    }

    /// Words of the bootstrapping key on the wire: one polynomial per row of every GGSW ciphertext.
    pub(super) fn bootstrap_words(&self) -> usize {
        let rows = (self.glwe_dimension + 1) * self.pbs.levels as usize;
        self.lwe_dimension * rows * self.polynomial_size
    }

    /// Words of the key-switching key on the wire: one per digit of every key bit.
    pub(super) fn key_switch_words(&self) -> usize {
        self.big_dimension() * self.key_switch.levels as usize
    }

    /// Bytes of a word of the bootstrapping key on the wire: four bits below its noise are enough.
    pub(super) fn bootstrap_word_bytes(&self) -> usize {
        let needed = (-0.5 * self.glwe_variance.max(1e-300).log2() + 4.0) / 8.0;
        (needed.ceil() as usize).clamp(1, 8)
    }

    /// Bytes of the server's keys in memory: the Fourier-domain bootstrapping key and the key-switching key.
    pub fn key_memory_bytes(&self, key_switch: bool) -> u64 {
        let polys = (self.glwe_dimension + 1) as u64;
        let bootstrap = self.bootstrap_words() as u64 * polys * 8;
        let switch = self.key_switch_words() as u64 * (self.lwe_dimension as u64 + 1) * 4;
        bootstrap + if key_switch { switch } else { 0 }
    }
}
