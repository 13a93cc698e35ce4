//! The number-theoretic transform with 52-bit products, up to three levels at a time in registers.
//!
//! Products are those of Shoup: with `w' = floor(w 2^52 / q)` and any `y < 2^52`,
//! `y w - floor(y w' / 2^52) q` lies in `[0, 2q)` (Harvey, "Faster arithmetic for number-theoretic
//! transforms", 2014, section 3). Sums are left unreduced as long as 52 bits hold them, and bits
//! above the 52 are left as they come: products do not read them.

mod field;
mod forward;
mod inverse;
mod tables;

pub use tables::Transform;

use super::Modulus;
use tables::{Powers, scale};

/// Smallest length: three levels inside registers and one across.
pub const MIN_LENGTH: usize = 32;

impl Transform {
    /// Tables for length `n` (a power of two, at least 32) and a primitive `2n`-th root `psi`;
    /// `None` where the processor lacks the instructions, or `psi` has no inverse.
    pub fn new(n: usize, q: Modulus, psi: u64) -> Option<Self> {
        if !super::ifma_available() || !n.is_power_of_two() || n < MIN_LENGTH {
            return None;
        }
        let shrink = q.inv(n as u64)?;
        Some(Self {
            q,
            forward: Powers::new(n, q, psi),
            inverse: Powers::new(n, q, q.inv(psi)?),
            shrink: [shrink, scale(q, shrink)],
        })
    }

    /// Coefficients to evaluations, in place; canonical before and after.
    pub fn forward(&self, words: &mut [u64]) {
        assert!(words.len() == self.forward.plain.len(), "one transform");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { forward::forward(self, words) }
    }

    /// Coefficients `x`, canonical modulo `from` and read as centred integers, to evaluations.
    ///
    /// Half of `from` is below q, so nothing needs to be reduced on the way in.
    pub fn forward_recentered(&self, from: Modulus, x: &[u64], words: &mut [u64]) {
        assert!(words.len() == self.forward.plain.len() && x.len() == words.len(), "one transform");
        assert!(from.value() / 2 < self.q.value(), "moduli of about one size");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { forward::forward_recentered(self, from, x, words) }
    }

    /// Evaluations to coefficients, in place; canonical before and after.
    pub fn inverse(&self, words: &mut [u64]) {
        assert!(words.len() == self.inverse.plain.len(), "one transform");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { inverse::inverse(self, None, self.shrink, words) }
    }

    /// Evaluations `x`, canonical, to `factor` times the coefficients.
    pub fn inverse_times(&self, x: &[u64], factor: u64, words: &mut [u64]) {
        assert!(words.len() == self.inverse.plain.len() && x.len() == words.len(), "one transform");
        let shrink = self.q.mul(self.shrink[0], factor);
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { inverse::inverse(self, Some(x), [shrink, scale(self.q, shrink)], words) }
    }
}
