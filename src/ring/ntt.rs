//! The negacyclic number-theoretic transform of one prime.

use super::Modulus;
use tfhe_ntt::prime64::Plan;

/// Transforms between coefficients and evaluations at the primitive 2N-th roots of unity.
///
/// Evaluation `k` is the value at `psi^(2 bitrev(k) + 1)`, on every processor (tested), so that
/// transformed polynomials may be sent from one machine to another.
pub struct Ntt {
    modulus: Modulus,
    plan: Plan,
}

impl std::fmt::Debug for Ntt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ntt(N={}, q={})", self.plan.ntt_size(), self.modulus.value())
    }
}

impl Ntt {
    /// The transform of length `n` (a power of two, at least 32) modulo the prime `q`,
    /// `q = 1 mod 2n`; `None` when there is none.
    pub fn new(n: usize, q: u64) -> Option<Self> {
        if !n.is_power_of_two() || n < 32 || q % (2 * n as u64) != 1 || !super::is_prime(q) {
            return None;
        }
        Some(Self { modulus: Modulus::new(q)?, plan: Plan::try_new(n, q)? })
    }

    /// The modulus.
    pub fn modulus(&self) -> Modulus {
        self.modulus
    }

    /// Coefficients to evaluations, in place; words canonical before and after.
    pub fn forward(&self, words: &mut [u64]) {
        self.plan.fwd(words);
    }

    /// Evaluations to N times the coefficients, in place; words canonical before and after.
    pub(super) fn inverse_times_n(&self, words: &mut [u64]) {
        self.plan.inv(words);
    }

    /// Evaluations to coefficients, in place; words canonical before and after.
    pub fn inverse(&self, words: &mut [u64]) {
        self.plan.inv(words);
        self.plan.normalize(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::ntt_primes;
    use proptest::prelude::*;

    fn naive_product(m: Modulus, a: &[u64], b: &[u64]) -> Vec<u64> {
        let n = a.len();
        let mut out = vec![0; n];
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                let p = m.mul(*x, *y);
                let at = (i + j) % n;
                out[at] = if i + j < n { m.add(out[at], p) } else { m.sub(out[at], p) };
            }
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn products_of_evaluations_are_negacyclic_products(
            log_n in 5u32..8, bits in 24u32..=50, words in prop::collection::vec(any::<u64>(), 512)
        ) {
            let n = 1 << log_n;
            let q = ntt_primes(bits, n, 1, &[])[0];
            let ntt = Ntt::new(n, q).unwrap();
            let m = ntt.modulus();
            let a: Vec<u64> = words[..n].iter().map(|w| m.reduce(*w)).collect();
            let b: Vec<u64> = words[n..2 * n].iter().map(|w| m.reduce(*w)).collect();
            let (mut x, mut y) = (a.clone(), b.clone());
            ntt.forward(&mut x);
            ntt.forward(&mut y);
            prop_assert!(x.iter().chain(&y).all(|w| *w < q));
            let mut z: Vec<u64> = x.iter().zip(&y).map(|(x, y)| m.mul(*x, *y)).collect();
            ntt.inverse(&mut z);
            prop_assert_eq!(z, naive_product(m, &a, &b));
            ntt.inverse(&mut x);
            prop_assert_eq!(x, a);
        }
    }

    #[test]
    fn evaluations_are_in_bit_reversed_order_whatever_the_processor() {
        for n in [32usize, 1024, 8192] {
            for bits in [30, 48, 50] {
                let q = ntt_primes(bits, n, 1, &[])[0];
                let ntt = Ntt::new(n, q).unwrap();
                let m = ntt.modulus();
                let mut x = vec![0; n];
                x[1] = 1;
                ntt.forward(&mut x);
                let psi = x[0];
                assert_eq!(m.pow(psi, n as u64), q - 1, "a primitive 2N-th root of unity");
                for (k, value) in x.iter().enumerate() {
                    let rev = (k as u64).reverse_bits() >> (64 - n.trailing_zeros());
                    assert_eq!(*value, m.pow(psi, 2 * rev + 1), "N={n} bits={bits} k={k}");
                }
            }
        }
    }

    #[test]
    fn moduli_without_a_transform_are_refused() {
        assert!(Ntt::new(1024, 17).is_none());
        assert!(Ntt::new(1000, 12_289).is_none());
        assert!(Ntt::new(1024, 6145).is_none(), "1 mod 2N but not prime");
    }
}
