//! The conjugate-invariant ring, whose elements are real at every root of unity.

use super::{Kernel, Modulus, Ntt, RnsPoly};
use std::sync::Arc;

/// Transforms of one prime `q = 1 mod 4N` for the ring of
/// `a = a_0 + sum_{0<j<N} a_j (X^j + X^-j)` in `Z_q[X]/(X^{2N} + 1)`
/// (Kim and Song, eprint 2018/952): N coefficients `a_j`, N evaluations, N real slots.
///
/// Let psi be a primitive 4N-th root of unity and `i = psi^N`. Because `X^-j = -X^{2N-j}`,
/// `a mod (X^N - i)` has the coefficients `a_0` and `a_j - i a_{N-j}`. With `X = psi^-1 Y` it
/// becomes a polynomial modulo `Y^N + 1`, whose coefficients `psi^-j (a_j - i a_{N-j})` the
/// negacyclic transform of length N takes. Evaluation `k` is the value at
/// `psi^(4 bitrev(k) + 1)`; the other roots of unity have the same values, by conjugation.
pub struct RealNtt {
    ntt: Ntt,
    forward: Mirror,
    inverse: Mirror,
}

/// Tables of [`Kernel::mirror`].
struct Mirror {
    front: Vec<u64>,
    back: Vec<u64>,
}

impl std::fmt::Debug for RealNtt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RealNtt(N={}, q={})", self.forward.front.len(), self.modulus().value())
    }
}

impl RealNtt {
    /// The transform of length `n` (a power of two, at least 32) modulo the prime `q`,
    /// `q = 1 mod 4n`; `None` when there is none.
    pub fn new(n: usize, q: u64) -> Option<Self> {
        if q % (4 * n as u64) != 1 {
            return None;
        }
        let ntt = Ntt::new(n, q)?;
        let m = ntt.modulus();
        let psi = fourth_root(&ntt, n)?;
        let (i, zeta) = (m.pow(psi, n as u64), m.inv(psi)?);
        // Two mirrors leave a factor 2.
        let half = m.inv(2)?;
        let grow = |x: u64| m.mul(x, m.reduce(1 << 52));
        let powers = |base: u64, factor: u64| -> Vec<u64> {
            let next = |x: &u64| Some(m.mul(*x, base));
            std::iter::successors(Some(grow(factor)), next).take(n).collect()
        };
        // a_j = (psi^j b_j + i psi^{N-j} b_{N-j}) / 2, and i psi^{N-j} = i^2 psi^-j.
        let mut forward = Mirror { front: powers(zeta, 1), back: powers(zeta, m.neg(i)) };
        let mut inverse = Mirror { front: powers(psi, half), back: powers(zeta, m.neg(half)) };
        // a_0 stays by itself.
        (forward.back[0], inverse.back[0]) = (0, 0);
        inverse.front[0] = m.add(inverse.front[0], inverse.front[0]);
        Some(Self { ntt, forward, inverse })
    }

    /// The modulus.
    pub fn modulus(&self) -> Modulus {
        self.ntt.modulus()
    }

    /// Coefficients to evaluations, in place; words canonical before and after.
    pub fn forward(&self, kernel: Kernel, words: &mut [u64]) {
        kernel.mirror(self.modulus(), words, &self.forward.front, &self.forward.back);
        self.ntt.forward(words);
    }

    /// Evaluations to coefficients, in place; words canonical before and after.
    pub fn inverse(&self, kernel: Kernel, words: &mut [u64]) {
        self.ntt.inverse(words);
        kernel.mirror(self.modulus(), words, &self.inverse.front, &self.inverse.back);
    }
}

/// A primitive 4n-th root of unity whose square is the root that the transform uses.
fn fourth_root(ntt: &Ntt, n: usize) -> Option<u64> {
    let m = ntt.modulus();
    let mut x = vec![0; n];
    x[1] = 1;
    ntt.forward(&mut x);
    let root = x[0];
    let exponent = (m.value() - 1) / (4 * n as u64);
    // Some base is not a square, and then this power of it has order 4n.
    let w = (2..1000).map(|g| m.pow(g, exponent)).find(|w| m.pow(*w, 2 * n as u64) == m.neg(1))?;
    // root = w^(2 odd): walk the odd powers of w.
    let square = m.mul(w, w);
    let psi = std::iter::successors(Some(w), |x| Some(m.mul(*x, square)))
        .take(2 * n)
        .find(|x| m.mul(*x, *x) == root)?;
    Some(psi.min(m.neg(psi)))
}

/// Where the evaluations of `a(X^g)`, `g = 5^steps`, are among those of `a`: word `k` of the result
/// is word `permutation[k]`. The values at slot exponents `5^k` move by `steps` to the left.
pub fn rotation_permutation(n: usize, steps: i64) -> Vec<u32> {
    let order = 4 * n as u64;
    let steps = steps.rem_euclid(n as i64) as u64;
    let g = (0..steps).fold(1, |g, _| g * 5 % order);
    let reverse = |k: u64| k.reverse_bits() >> (64 - n.trailing_zeros());
    (0..n as u64).map(|k| reverse((g * (4 * reverse(k) + 1) % order - 1) / 4) as u32).collect()
}

/// Primes with transforms of the conjugate-invariant ring of one degree.
#[derive(Clone, Debug)]
pub struct RealBasis {
    n: usize,
    kernel: Kernel,
    ntts: Arc<[RealNtt]>,
}

impl RealBasis {
    /// A basis of distinct primes, each 1 modulo `4n`; `None` otherwise.
    pub fn new(n: usize, primes: &[u64], kernel: Kernel) -> Option<Self> {
        let distinct = primes.iter().enumerate().all(|(i, q)| !primes[..i].contains(q));
        if primes.is_empty() || !distinct {
            return None;
        }
        let ntts = primes.iter().map(|&q| RealNtt::new(n, q)).collect::<Option<Vec<_>>>()?;
        Some(Self { n, kernel, ntts: ntts.into() })
    }

    /// Ring degree.
    pub fn degree(&self) -> usize {
        self.n
    }

    /// The kernel all arithmetic uses.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Number of primes.
    pub fn primes(&self) -> usize {
        self.ntts.len()
    }

    /// Modulus number `j`.
    pub fn modulus(&self, j: usize) -> Modulus {
        self.ntts[j].modulus()
    }

    /// `log2` of the product of the primes in `range`.
    pub fn log2(&self, range: std::ops::Range<usize>) -> f64 {
        self.ntts[range].iter().map(|n| n.modulus().log2()).sum()
    }

    /// Coefficients modulo prime `j` to evaluations, in place.
    pub fn forward(&self, j: usize, words: &mut [u64]) {
        self.ntts[j].forward(self.kernel, words);
    }

    /// Evaluations modulo prime `j` to coefficients, in place.
    pub fn inverse(&self, j: usize, words: &mut [u64]) {
        self.ntts[j].inverse(self.kernel, words);
    }

    /// Signed coefficients below 2^61 as evaluations modulo the first `level` primes.
    pub fn lift(&self, coefficients: &[i64], level: usize) -> RnsPoly {
        let mut poly = RnsPoly::zero(self.n, level);
        for (j, row) in poly.rows_mut().enumerate() {
            self.kernel.reduce_signed(self.modulus(j), coefficients, row);
            self.forward(j, row);
        }
        poly
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ntt_primes;
    use proptest::prelude::*;

    /// The product of two symmetric elements from its definition: Laurent polynomials in X with
    /// `X^{2N} = -1`.
    fn symmetric_product(m: Modulus, a: &[u64], b: &[u64]) -> Vec<u64> {
        let n = a.len() as i64;
        let spread = |a: &[u64]| -> Vec<(i64, u64)> {
            let pairs = (1..n).flat_map(|j| [(j, a[j as usize]), (-j, a[j as usize])]);
            std::iter::once((0, a[0])).chain(pairs).collect()
        };
        let mut out = vec![0; 2 * n as usize];
        for (i, x) in spread(a) {
            for (j, y) in spread(b) {
                let (wraps, at) = ((i + j).div_euclid(2 * n), (i + j).rem_euclid(2 * n) as usize);
                let p = m.mul(x, y);
                out[at] = if wraps % 2 == 0 { m.add(out[at], p) } else { m.sub(out[at], p) };
            }
        }
        // The result is symmetric again: X^-j = -X^{2N-j}.
        for j in 1..n as usize {
            assert_eq!(out[j], m.neg(out[2 * n as usize - j]));
        }
        assert_eq!(out[n as usize], 0);
        out.truncate(n as usize);
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn products_of_evaluations_are_symmetric_products(
            log_n in 5u32..8, bits in 24u32..=50, words in prop::collection::vec(any::<u64>(), 256)
        ) {
            let n = 1 << log_n;
            let q = ntt_primes(bits, 2 * n, 1, &[])[0];
            let ntt = RealNtt::new(n, q).unwrap();
            let m = ntt.modulus();
            let a: Vec<u64> = words[..n].iter().map(|w| m.reduce(*w)).collect();
            let b: Vec<u64> = words[n..2 * n].iter().map(|w| m.reduce(*w)).collect();
            for kernel in Kernel::available() {
                let (mut x, mut y) = (a.clone(), b.clone());
                ntt.forward(kernel, &mut x);
                ntt.forward(kernel, &mut y);
                prop_assert!(x.iter().chain(&y).all(|w| *w < q));
                let mut z: Vec<u64> = x.iter().zip(&y).map(|(x, y)| m.mul(*x, *y)).collect();
                ntt.inverse(kernel, &mut z);
                prop_assert_eq!(z, symmetric_product(m, &a, &b));
                ntt.inverse(kernel, &mut x);
                prop_assert_eq!(&x, &a);
            }
        }
    }

    #[test]
    fn evaluations_are_values_at_the_stated_roots() {
        for n in [32usize, 1024, 4096] {
            let q = ntt_primes(45, 2 * n, 1, &[])[0];
            let ntt = RealNtt::new(n, q).unwrap();
            let m = ntt.modulus();
            let psi = fourth_root(&ntt.ntt, n).unwrap();
            assert_eq!(m.pow(psi, 2 * n as u64), q - 1, "a primitive 4N-th root of unity");
            let mut x = vec![0; n];
            x[1] = 1;
            ntt.forward(Kernel::best(), &mut x);
            for (k, value) in x.iter().enumerate() {
                let rev = (k as u64).reverse_bits() >> (64 - n.trailing_zeros());
                let root = m.pow(psi, 4 * rev + 1);
                assert_eq!(*value, m.add(root, m.inv(root).unwrap()), "N={n} k={k}");
            }
        }
    }

    #[test]
    fn permuted_evaluations_are_those_of_the_rotated_element() {
        let n = 64;
        let q = ntt_primes(40, 2 * n, 1, &[])[0];
        let ntt = RealNtt::new(n, q).unwrap();
        let m = ntt.modulus();
        let kernel = Kernel::best();
        let a: Vec<u64> = (0..n as u64).map(|j| m.reduce((j + 3).pow(9))).collect();
        for steps in [0i64, 1, 5, -1, 63] {
            let g = (0..steps.rem_euclid(n as i64)).fold(1, |g, _| g * 5 % (4 * n));
            // a(X^g): the exponents j g fold back into 0..N by X^{2N} = -1 and X^-j = X^j.
            let mut moved = vec![0; n];
            for (j, x) in a.iter().enumerate() {
                let at = j * g % (4 * n);
                let (at, sign) = if at < 2 * n { (at, 1) } else { (at - 2 * n, -1) };
                let (at, sign) = if at > n { (2 * n - at, -sign) } else { (at, sign) };
                moved[at] = if sign > 0 { *x } else { m.neg(*x) };
            }
            ntt.forward(kernel, &mut moved);
            let mut x = a.clone();
            ntt.forward(kernel, &mut x);
            let permuted: Vec<u64> =
                rotation_permutation(n, steps).into_iter().map(|k| x[k as usize]).collect();
            assert_eq!(permuted, moved, "{steps}");
        }
    }

    #[test]
    fn moduli_without_a_transform_are_refused() {
        let only_2n = (1..).map(|k| 64 * k + 1).find(|q| q % 128 != 1 && crate::is_prime(*q));
        assert!(RealNtt::new(32, only_2n.unwrap()).is_none());
        let primes = ntt_primes(30, 64, 2, &[]);
        assert!(RealBasis::new(32, &primes, Kernel::best()).is_some());
        assert!(RealBasis::new(32, &[primes[0]; 2], Kernel::best()).is_none());
        assert!(RealBasis::new(32, &[], Kernel::best()).is_none());
    }
}
