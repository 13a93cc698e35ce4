//! Secret and evaluation keys.

use super::BgvParameters;
use crate::rlwe::mask;
use ring::{RnsPoly, Seed};
use zeroize::Zeroize;

/// The client's.
pub type SecretKey = crate::rlwe::SecretKey<BgvParameters>;

impl SecretKey {
    /// A secret drawn from `seed`, which must be as secret as the key.
    pub fn generate(parameters: &BgvParameters, seed: &Seed) -> Self {
        Self::drawn(parameters, &seed.derive("bgv secret", 0))
    }

    /// The relinearisation key that a server needs, with randomness from `seed`.
    ///
    /// Digit `i` (a residue modulo prime `i`) has the key `(-a_i s + t e_i + g_i s^2, a_i)`, where
    /// `g_i` is 1 modulo prime `i` and 0 modulo the others: the RNS gadget of Bajard et al.,
    /// eprint 2016/510, section 3. A prefix of digits and primes serves every lower level.
    pub fn evaluation_keys(&self, parameters: &BgvParameters, seed: &Seed) -> EvaluationKeys {
        let (basis, kernel) = (parameters.basis(), parameters.kernel());
        let level = parameters.primes();
        let seed = seed.bound_to_parameters(&[b"bgv keys", &parameters.fingerprint()]);
        let public = seed.derive("bgv relinearisation masks", 0);
        let errors = seed.derive("bgv relinearisation errors", 0);
        let t = parameters.t().value() as i64;
        let digits = (0..level).map(|digit| {
            let mut e = vec![0i64; parameters.degree()];
            errors.stream(digit as u64).centered_binomial(&mut e);
            e.iter_mut().for_each(|e| *e *= t);
            let mut body = basis.lift(&e, level);
            e.zeroize();
            let mask = mask(parameters, &public, digit as u64, level);
            for j in 0..level {
                let q = basis.modulus(j);
                let mut pairs = vec![(mask.row(j), self.negated.row(j))];
                if j == digit {
                    pairs.push((self.s.row(j), self.s.row(j)));
                }
                kernel.dot(q, body.row_mut(j), &pairs);
            }
            (body, mask)
        });
        EvaluationKeys { digits: digits.collect(), seed: public }
    }
}

/// The relinearisation key. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationKeys {
    /// Body and mask of each digit, by evaluations.
    pub(super) digits: Vec<(RnsPoly, RnsPoly)>,
    /// The masks come from this seed.
    pub(super) seed: Seed,
}
