//! Predicted noise: variances as fractions of the torus squared.

use super::parameters::{GLWE_WORD_BITS, TfheParameters, WORD_BITS};
use std::f64::consts::FRAC_1_SQRT_2;

/// Bits of a mantissa in the Fourier transform.
const MANTISSA_BITS: u32 = 53;

/// Noise of each operation under some parameters. Formulas are those of tfhe 1.8.2
/// (`core_crypto/commons/noise_formulas`) with the noise of the keys left open; secrets are binary.
#[derive(Clone, Copy, Debug)]
pub struct NoiseModel<'a> {
    parameters: &'a TfheParameters,
}

/// Variance that rounding to multiples of `step` adds: uniform.
fn rounding(step: f64) -> f64 {
    step * step / 12.0
}

impl<'a> NoiseModel<'a> {
    /// The noise under `parameters`.
    pub fn new(parameters: &'a TfheParameters) -> Self {
        Self { parameters }
    }

    /// Of a fresh ciphertext.
    pub fn fresh(&self) -> f64 {
        self.parameters.lwe_variance
    }

    /// What a key switch adds (`lwe_keyswitch.rs`): the noise of the key times the digits, and what
    /// is left below the last digit.
    pub fn key_switch(&self) -> f64 {
        let p = self.parameters;
        let (base, levels) = (p.key_switch.base(), f64::from(p.key_switch.levels));
        let big = p.big_dimension() as f64;
        let q = f64::from(WORD_BITS).exp2();
        levels * big * p.lwe_variance * (base * base / 12.0 + 1.0 / 6.0)
            + big * (base.powf(-2.0 * levels) / 24.0 + q.powi(-2) / 48.0)
    }

    /// What switching to the modulus `2 N / 2^merged` adds, the mean of the rounding of the mask
    /// taken off the body (`centered_mean_shifted_modulus_switch.rs`): n/48 and 1/12 steps squared.
    pub fn modulus_switch(&self, merged: u32) -> f64 {
        let p = self.parameters;
        let step = f64::from(merged).exp2() / (2 * p.polynomial_size) as f64;
        rounding(step) * (p.lwe_dimension as f64 / 4.0 + 1.0)
    }

    /// Of what PBS gives (`lwe_programmable_bootstrap.rs`, Gaussian, Fourier multiplication), rounded
    /// to words of 32 bits.
    pub fn bootstrap(&self) -> f64 {
        let p = self.parameters;
        let (k, degree) = (p.glwe_dimension as f64, p.polynomial_size as f64);
        let (base, levels) = (p.pbs.base(), f64::from(p.pbs.levels));
        let q_bits = f64::from(GLWE_WORD_BITS);
        let lost = f64::from(GLWE_WORD_BITS - MANTISSA_BITS);
        let fourier = 0.00705
            * (2.0 * (lost + base.log2() - q_bits)).exp2()
            * levels.powf(1.01827)
            * k.powf(1.22003)
            * degree.powf(2.22003)
            * (k + 1.0).powf(1.01827);
        let keys = levels * degree * p.glwe_variance * (base * base / 12.0 + 1.0 / 6.0) * (k + 1.0);
        let below = (k * degree / 2.0 + 1.0) * base.powf(-2.0 * levels) / 24.0;
        let words = self.word_rounding(p.big_dimension());
        p.lwe_dimension as f64 * (fourier + keys + below) + words
    }

    /// What rounding mask and body to words of `bits` bits adds under a binary secret.
    fn rounded_to(dimension: usize, bits: u32) -> f64 {
        // A binary secret has mean square 1/2.
        rounding((-f64::from(bits)).exp2()) * (dimension as f64 / 2.0 + 1.0)
    }

    fn word_rounding(&self, dimension: usize) -> f64 {
        Self::rounded_to(dimension, WORD_BITS)
    }

    /// What sending outputs in words of `bits` bits adds.
    pub fn packing(&self, bits: u32) -> f64 {
        if bits >= WORD_BITS {
            0.0
        } else {
            Self::rounded_to(self.parameters.big_dimension(), bits)
        }
    }
}

/// Probability that a normal variable of mean 0 is above `distance`.
pub fn upper_tail(distance: f64, standard_deviation: f64) -> f64 {
    if standard_deviation > 0.0 {
        0.5 * libm::erfc(distance / standard_deviation * FRAC_1_SQRT_2)
    } else if distance > 0.0 {
        0.0
    } else {
        0.5
    }
}

/// Probability that its magnitude is above `distance`.
pub fn both_tails(distance: f64, standard_deviation: f64) -> f64 {
    2.0 * upper_tail(distance, standard_deviation)
}
