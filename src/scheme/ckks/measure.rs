//! Measured precision. It takes the secret key, and what it says depends on it.

use super::{Ciphertext, CkksParameters, SecretKey};

/// Below this many bits of margin a phase is taken to have overflowed: a wrapped one fills the whole
/// range.
pub const MIN_MARGIN_BITS: f64 = 1.0;

/// How far a ciphertext is from what it should hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Largest error of a slot; not a number when a value is not.
    pub max_error: f64,
    /// Root mean square of the errors.
    pub rms_error: f64,
    /// `log2(q/2) - log2(max |phase|)`, bits.
    pub margin_bits: f64,
}

impl Measured {
    /// Bits of precision by the largest error: `-log2`.
    pub fn max_bits(&self) -> f64 {
        -self.max_error.log2()
    }

    /// Bits of precision by the root mean square of the errors.
    pub fn rms_bits(&self) -> f64 {
        -self.rms_error.log2()
    }

    /// Whether the phase still fits its modulus and every slot is within `tolerance` of what was
    /// expected. An overflow is never right, whatever the slots say.
    pub fn is_right(&self, tolerance: f64) -> bool {
        self.margin_bits >= MIN_MARGIN_BITS && self.max_error <= tolerance
    }
}

impl SecretKey {
    /// Decrypts and compares the first slots with `expected`.
    pub fn measure(
        &self,
        parameters: &CkksParameters,
        ciphertext: &Ciphertext,
        expected: &[f64],
    ) -> Measured {
        let decrypted = self.decrypt(parameters, ciphertext);
        let (mut max_error, mut sum) = (0f64, 0f64);
        for (got, expected) in decrypted.values.iter().zip(expected) {
            let error = (got - expected).abs();
            // Not `max`, which passes over what is not a number.
            max_error = if error > max_error || error.is_nan() { error } else { max_error };
            sum += error * error;
        }
        let rms_error = (sum / expected.len().max(1) as f64).sqrt();
        Measured { max_error, rms_error, margin_bits: decrypted.margin_bits }
    }
}
