//! The negacyclic number-theoretic transform of one prime.

use super::Modulus;
use super::kernels::Kernel;
#[cfg(target_arch = "x86_64")]
use super::kernels::transform::Transform;
use tfhe_ntt::prime64::Plan;

/// Transforms between coefficients and evaluations at the primitive 2N-th roots of unity.
///
/// Evaluation `k` is the value at `psi^(2 bitrev(k) + 1)`, on every processor (tested), so that
/// transformed polynomials may be sent from one machine to another.
pub struct Ntt {
    modulus: Modulus,
    plan: Plan,
    /// Our own tables, where the processor has the instructions for them.
    #[cfg(target_arch = "x86_64")]
    transform: Option<Transform>,
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
        let (modulus, plan) = (Modulus::new(q)?, Plan::try_new(n, q)?);
        Some(Self {
            #[cfg(target_arch = "x86_64")]
            transform: fast(n, modulus, &plan),
            modulus,
            plan,
        })
    }

    /// The modulus.
    pub fn modulus(&self) -> Modulus {
        self.modulus
    }

    /// Coefficients to evaluations, in place; words canonical before and after.
    pub fn forward(&self, words: &mut [u64]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(transform) = &self.transform {
            return transform.forward(words);
        }
        self.plan.fwd(words);
    }

    /// Coefficients `x`, canonical modulo `from` and read as centred integers, to evaluations in `out`.
    pub fn forward_recentered(&self, kernel: Kernel, from: Modulus, x: &[u64], out: &mut [u64]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(transform) = &self.transform
            && from.value() / 2 < self.modulus.value()
        {
            return transform.forward_recentered(from, x, out);
        }
        kernel.recenter(from, self.modulus, x, out);
        self.forward(out);
    }

    /// Evaluations to coefficients, in place; words canonical before and after.
    pub fn inverse(&self, words: &mut [u64]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(transform) = &self.transform {
            return transform.inverse(words);
        }
        self.plan.inv(words);
        self.plan.normalize(words);
    }

    /// Evaluations `x` to `factor` times the coefficients; words and factor canonical.
    pub fn inverse_times(&self, kernel: Kernel, x: &[u64], factor: u64, out: &mut [u64]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(transform) = &self.transform {
            return transform.inverse_times(x, factor, out);
        }
        out.copy_from_slice(x);
        self.inverse(out);
        kernel.mul_scalar(self.modulus, out, factor);
    }
}

/// The transform of the wide kernels, with the root that `plan` uses.
#[cfg(target_arch = "x86_64")]
fn fast(n: usize, modulus: Modulus, plan: &Plan) -> Option<Transform> {
    if !matches!(Kernel::best(), Kernel::Avx512Ifma | Kernel::AmxInt8) {
        return None;
    }
    // The first evaluation of X is the root itself.
    let mut x = vec![0; n];
    *x.get_mut(1)? = 1;
    plan.fwd(&mut x);
    Transform::new(n, modulus, *x.first()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ntt_primes;
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
            log_n in 5u32..11, bits in 24u32..=50, words in prop::collection::vec(any::<u64>(), 2048)
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
            prop_assert_eq!(&x, &a);
            ntt.forward(&mut x);
            let mut times = vec![3; n];
            ntt.inverse_times(Kernel::best(), &x, m.reduce(words[0]), &mut times);
            prop_assert!(times.iter().zip(&a).all(|(t, a)| *t == m.mul(*a, m.reduce(words[0]))));
            // Through another modulus, larger or smaller, centred.
            for from in ntt_primes(40, n, 2, &[]).into_iter().chain([q]) {
                let from = Modulus::new(from).unwrap();
                let a: Vec<u64> = words[..n].iter().map(|w| from.reduce(*w)).collect();
                let mut expected: Vec<u64> =
                    a.iter().map(|w| m.reduce_signed(from.center(*w))).collect();
                ntt.forward(&mut expected);
                let mut out = vec![7; n];
                ntt.forward_recentered(Kernel::best(), from, &a, &mut out);
                prop_assert_eq!(out, expected);
            }
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn transforms_agree_with_those_of_the_library(
            log_n in 5u32..=14, bits in 20u32..=50, ends in any::<bool>(), seed: u64
        ) {
            let n = 1 << log_n;
            prop_assume!(bits >= log_n + 4);
            let Some(&q) = ntt_primes(bits, n, 1, &[]).first() else { return Ok(()) };
            let ntt = Ntt::new(n, q).unwrap();
            let mut stream = crate::Seed::from_number(seed).stream(0);
            let word = |random: u64| match random % 4 {
                0 if ends => 0,
                1 | 2 if ends => q - 1,
                _ => ntt.modulus().reduce(random),
            };
            let words: Vec<u64> = (0..n).map(|_| word(stream.next_u64())).collect();
            let (mut ours, mut theirs) = (words.clone(), words.clone());
            ntt.forward(&mut ours);
            ntt.plan.fwd(&mut theirs);
            prop_assert_eq!(&ours, &theirs);
            ntt.inverse(&mut ours);
            prop_assert_eq!(ours, words);
        }
    }

    #[test]
    fn moduli_without_a_transform_are_refused() {
        assert!(Ntt::new(1024, 17).is_none());
        assert!(Ntt::new(1000, 12_289).is_none());
        assert!(Ntt::new(1024, 6145).is_none(), "1 mod 2N but not prime");
    }
}
