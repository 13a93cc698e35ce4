//! Secret and evaluation keys.

use super::BgvParameters;
use ring::{RnsPoly, Seed};
use zeroize::Zeroize;

/// The secret: a uniform ternary polynomial. Only the client has it; wiped when dropped.
pub struct SecretKey {
    /// `s` by evaluations at every prime.
    pub(super) s: RnsPoly,
    /// `-s`.
    pub(super) negated: RnsPoly,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.s.zeroize();
        self.negated.zeroize();
    }
}

impl SecretKey {
    /// A secret drawn from `seed`, which must be as secret as the key.
    pub fn generate(parameters: &BgvParameters, seed: &Seed) -> Self {
        let mut coefficients = vec![0i64; parameters.degree()];
        seed.derive("bgv secret", 0).stream(0).ternary(&mut coefficients);
        let s = parameters.basis().lift(&coefficients, parameters.primes());
        coefficients.iter_mut().for_each(|c| *c = -*c);
        let negated = parameters.basis().lift(&coefficients, parameters.primes());
        coefficients.zeroize();
        Self { s, negated }
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

/// Mask number `index`: uniform residues for the first `level` primes, from the public `seed`.
pub(super) fn mask(parameters: &BgvParameters, seed: &Seed, index: u64, level: usize) -> RnsPoly {
    let mut poly = RnsPoly::zero(parameters.degree(), level);
    for (j, row) in poly.rows_mut().enumerate() {
        mask_row(parameters, seed, index, j, row);
    }
    poly
}

/// One prime of mask number `index`. Each prime has its own stream, so that a server can work
/// prime by prime and never holds all masks.
pub(super) fn mask_row(
    parameters: &BgvParameters,
    seed: &Seed,
    index: u64,
    j: usize,
    row: &mut [u64],
) {
    let stream = mask_stream(index, j);
    seed.uniform(parameters.kernel(), parameters.basis().modulus(j), stream, 0, row);
}

/// The stream of prime `j` of mask number `index`.
pub(super) fn mask_stream(index: u64, j: usize) -> u64 {
    (index << 8) | j as u64
}
