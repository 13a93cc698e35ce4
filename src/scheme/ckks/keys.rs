//! Secret and evaluation keys.

use super::{CkksError, CkksParameters};
use crate::rlwe::mask;
use rayon::prelude::*;
use ring::{RnsPoly, Seed, rotation_permutation};
use std::collections::BTreeMap;
use zeroize::Zeroize;

/// The client's.
pub type SecretKey = crate::rlwe::SecretKey<CkksParameters>;

/// Turns a product with another secret into one with the secret. Public.
///
/// Digit `d` has `(-a s + e + P g_d s', a)` modulo Q P, where `g_d` is 1 modulo the primes of the
/// digit and 0 modulo the other primes of q. Its residues modulo primes of q are kept divided by P,
/// which turns the last division by P into one by 1 for everything but the rounding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchKey {
    /// Body and mask of each digit, by evaluations.
    pub(super) digits: Vec<(RnsPoly, RnsPoly)>,
    /// The masks come from this seed.
    pub(super) seed: Seed,
}

/// What a server needs to compute. There is no conjugation: slots are real.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationKeys {
    pub(super) relinearisation: SwitchKey,
    /// By steps to the left, in `1..N`.
    pub(super) rotations: BTreeMap<u32, Rotation>,
}

/// A rotation: how evaluations move, and the way back from the rotated secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    pub permutation: Vec<u32>,
    pub key: SwitchKey,
}

impl SecretKey {
    /// A secret drawn from `seed`, which must be as secret as the key.
    pub fn generate(parameters: &CkksParameters, seed: &Seed) -> Self {
        Self::drawn(parameters, &seed.derive("ckks secret", 0))
    }

    /// Keys for relinearisation and for rotations to the left by `rotations` (taken modulo N; 0
    /// needs none), with randomness from `seed`.
    pub fn evaluation_keys(
        &self,
        parameters: &CkksParameters,
        rotations: &[i64],
        seed: &Seed,
    ) -> EvaluationKeys {
        let n = parameters.degree();
        let seed = seed.bound_to_parameters(&[b"ckks keys", &parameters.fingerprint()]);
        let mut squared = self.s.clone();
        for (j, row) in squared.rows_mut().enumerate() {
            row.fill(0);
            parameters.kernel().dot(parameters.modulus(j), row, &[(self.s.row(j), self.s.row(j))]);
        }
        let relinearisation = self.switch_key(parameters, &squared, &seed.derive("relin", 0));
        squared.zeroize();
        let steps = rotations.iter().map(|r| r.rem_euclid(n as i64) as u32).filter(|r| *r != 0);
        let rotation = |steps: u32| {
            let permutation = rotation_permutation(n, i64::from(steps));
            let mut rotated = permute(&self.s, &permutation);
            let key = self.switch_key(parameters, &rotated, &seed.derive("rotation", steps.into()));
            rotated.zeroize();
            (steps, Rotation { permutation, key })
        };
        EvaluationKeys { relinearisation, rotations: steps.map(rotation).collect() }
    }

    /// The key from `other` to this secret.
    fn switch_key(&self, parameters: &CkksParameters, other: &RnsPoly, seed: &Seed) -> SwitchKey {
        let (basis, kernel) = (parameters.basis(), parameters.kernel());
        let (levels, primes) = (parameters.levels(), basis.primes());
        let public = seed.derive("ckks key masks", 0);
        let errors = seed.derive("ckks key errors", 0);
        let digit = |d: usize| {
            let mut e = vec![0i64; parameters.degree()];
            errors.stream(d as u64).centered_binomial(&mut e);
            let mut body = basis.lift(&e, primes);
            e.zeroize();
            let mask = mask(parameters, &public, d as u64, primes);
            let own = parameters.digit(d, levels);
            for j in 0..primes {
                let (q, row) = (parameters.modulus(j), body.row_mut(j));
                if j < levels {
                    kernel.mul_scalar(q, row, parameters.special_inverse(j));
                }
                kernel.dot(q, row, &[(mask.row(j), self.negated.row(j))]);
                if own.contains(&j) {
                    row.iter_mut().zip(other.row(j)).for_each(|(w, s)| *w = q.add(*w, *s));
                }
            }
            (body, mask)
        };
        let digits = (0..parameters.digits(levels)).into_par_iter().map(digit).collect();
        SwitchKey { digits, seed: public }
    }
}

impl EvaluationKeys {
    /// Rotations there are keys for, as steps to the left in `1..N`.
    pub fn rotations(&self) -> impl Iterator<Item = u32> {
        self.rotations.keys().copied()
    }

    pub(super) fn rotation(&self, n: usize, steps: i64) -> Result<&Rotation, CkksError> {
        let found = self.rotations.get(&(steps.rem_euclid(n as i64) as u32));
        found.ok_or(CkksError::RotationKey { steps })
    }
}

/// Evaluations moved about.
pub(super) fn permute(poly: &RnsPoly, permutation: &[u32]) -> RnsPoly {
    let mut out = RnsPoly::zero(poly.degree(), poly.primes());
    for (to, from) in out.rows_mut().zip(poly.rows()) {
        to.iter_mut().zip(permutation).for_each(|(w, k)| *w = from[*k as usize]);
    }
    out
}
