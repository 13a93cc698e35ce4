//! A residue number system: several primes with their transforms.

use super::{Modulus, Ntt, RnsPoly};
use std::sync::Arc;

/// Primes `q_0, ..., q_{k-1}` with transforms of one length; a prefix of them is a level.
#[derive(Clone, Debug)]
pub struct Basis {
    n: usize,
    ntts: Arc<[Ntt]>,
}

impl Basis {
    /// A basis of distinct primes, each 1 modulo `2n`; `None` otherwise.
    pub fn new(n: usize, primes: &[u64]) -> Option<Self> {
        let distinct = primes.iter().enumerate().all(|(i, q)| !primes[..i].contains(q));
        if primes.is_empty() || !distinct {
            return None;
        }
        let ntts = primes.iter().map(|&q| Ntt::new(n, q)).collect::<Option<Vec<_>>>()?;
        Some(Self { n, ntts: ntts.into() })
    }

    /// Ring degree.
    pub fn degree(&self) -> usize {
        self.n
    }

    /// Number of primes.
    pub fn primes(&self) -> usize {
        self.ntts.len()
    }

    /// Modulus number `j`.
    pub fn modulus(&self, j: usize) -> Modulus {
        self.ntts[j].modulus()
    }

    /// Transform number `j`.
    pub fn ntt(&self, j: usize) -> &Ntt {
        &self.ntts[j]
    }

    /// `log2` of the product of the first `level` primes.
    pub fn log2(&self, level: usize) -> f64 {
        self.ntts[..level].iter().map(|n| n.modulus().log2()).sum()
    }

    /// Small signed coefficients as evaluations modulo the first `level` primes.
    pub fn lift(&self, coefficients: &[i64], level: usize) -> RnsPoly {
        let mut poly = RnsPoly::zero(self.n, level);
        for (row, ntt) in poly.rows_mut().zip(self.ntts.iter()) {
            let m = ntt.modulus();
            for (word, c) in row.iter_mut().zip(coefficients) {
                *word = m.reduce_signed(*c);
            }
            ntt.forward(row);
        }
        poly
    }

    /// Evaluations to coefficients, in place.
    pub fn to_coefficients(&self, poly: &mut RnsPoly) {
        for (row, ntt) in poly.rows_mut().zip(self.ntts.iter()) {
            ntt.inverse(row);
        }
    }

    /// Reads each coefficient `x` of `poly` (in coefficient form) as the centred integer
    /// `|x| < q/2` it stands for; returns `x mod t` for each, and `log2 max|x|` (minus infinity
    /// for zero).
    ///
    /// Garner's mixed radix: `x = v_0 + v_1 q_0 + v_2 q_0 q_1 + ...`, `0 <= v_i < q_i`
    /// (Knuth, TAOCP vol. 2, 4.3.2, eq. 24), negative when above q/2.
    pub fn decode(&self, poly: &RnsPoly, t: Modulus) -> (Vec<u64>, f64) {
        let k = poly.primes();
        let moduli: Vec<Modulus> = self.ntts[..k].iter().map(Ntt::modulus).collect();
        // inverse[i][j] = q_j^-1 mod q_i for j < i; distinct primes, so it exists.
        let inverse: Vec<Vec<u64>> = (0..k)
            .map(|i| (0..i).filter_map(|j| moduli[i].inv(moduli[j].value())).collect())
            .collect();
        let radix: Vec<u64> = radices(&moduli, |m| t.reduce(m.value()), |a, b| t.mul(a, b), 1);
        let radix_f64: Vec<f64> = radices(&moduli, |m| m.value() as f64, |a, b| a * b, 1.0);
        let q_mod_t = moduli.iter().fold(1, |acc, m| t.mul(acc, t.reduce(m.value())));
        let half: Vec<u64> = half_digits(&moduli);

        let mut digits = vec![0u64; k];
        let mut values = Vec::with_capacity(self.n);
        let mut largest = 0f64;
        for c in 0..self.n {
            for i in 0..k {
                let m = moduli[i];
                let mut v = poly.row(i)[c];
                for j in 0..i {
                    v = m.mul(m.sub(v, m.reduce(digits[j])), inverse[i][j]);
                }
                digits[i] = v;
            }
            let negative = digits.iter().rev().gt(half.iter().rev());
            let mut value = digits
                .iter()
                .zip(&radix)
                .fold(0, |acc, (v, r)| t.add(acc, t.mul(*r, t.reduce(*v))));
            let magnitude: f64 = if negative {
                value = t.sub(value, q_mod_t);
                // q - x has digits q_i - 1 - v_i (plus one, lost in the rounding unless all is tiny).
                1.0 + digits
                    .iter()
                    .zip(&moduli)
                    .zip(&radix_f64)
                    .map(|((v, m), r)| (m.value() - 1 - v) as f64 * r)
                    .sum::<f64>()
            } else {
                digits.iter().zip(&radix_f64).map(|(v, r)| *v as f64 * r).sum()
            };
            largest = largest.max(magnitude);
            values.push(value);
        }
        (values, largest.log2())
    }
}

/// `1, q_0, q_0 q_1, ...` in any ring.
fn radices<T: Copy>(
    moduli: &[Modulus],
    of: impl Fn(&Modulus) -> T,
    mul: impl Fn(T, T) -> T,
    one: T,
) -> Vec<T> {
    moduli
        .iter()
        .scan(one, |acc, m| {
            let here = *acc;
            *acc = mul(here, of(m));
            Some(here)
        })
        .collect()
}

/// Mixed-radix digits of `(q - 1) / 2`: each is `(q_i - 1) / 2`, because
/// `sum (q_i - 1) prod_{j<i} q_j = q - 1`.
fn half_digits(moduli: &[Modulus]) -> Vec<u64> {
    moduli.iter().map(|m| (m.value() - 1) / 2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ntt_primes;
    use num_bigint::BigInt;
    use num_traits::{Signed, ToPrimitive};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn decoding_agrees_with_big_integers(
            k in 1usize..5, raw in prop::collection::vec(any::<[u64; 5]>(), 32), sign: [bool; 32]
        ) {
            let n = 32;
            let primes = ntt_primes(40, n, k, &[]);
            let basis = Basis::new(n, &primes).unwrap();
            let t = Modulus::new(65_537).unwrap();
            let q: BigInt = primes.iter().map(|p| BigInt::from(*p)).product();
            let half: BigInt = (&q - 1) / 2;
            let values: Vec<BigInt> = raw.iter().zip(sign).map(|(w, s)| {
                let big: BigInt = w.iter().fold(BigInt::from(0), |acc: BigInt, x| (acc << 64) + *x);
                let big: BigInt = big % (&half + 1);
                if s { BigInt::from(0) - big } else { big }
            }).collect();
            let mut poly = RnsPoly::zero(n, k);
            for (j, p) in primes.iter().enumerate() {
                for (c, v) in values.iter().enumerate() {
                    let p = BigInt::from(*p);
                    poly.row_mut(j)[c] = (((v % &p) + &p) % &p).to_u64().unwrap();
                }
            }
            let (decoded, log2) = basis.decode(&poly, t);
            for (got, v) in decoded.iter().zip(&values) {
                let t = BigInt::from(t.value());
                prop_assert_eq!(BigInt::from(*got), ((v % &t) + &t) % &t);
            }
            let largest = values.iter().map(|v| v.abs()).max().unwrap().to_f64().unwrap().log2();
            prop_assert!((log2 - largest).abs() < 1e-9 || log2 == largest, "{log2} {largest}");
        }
    }

    #[test]
    fn the_ends_of_the_range_keep_their_sign() {
        let n = 32;
        let primes = ntt_primes(30, n, 2, &[]);
        let basis = Basis::new(n, &primes).unwrap();
        let t = Modulus::new(257).unwrap();
        let half = i128::from(primes[0]) * i128::from(primes[1]) / 2;
        let values = [half, -half, 1, -1, 0];
        let mut poly = RnsPoly::zero(n, 2);
        for (j, p) in primes.iter().enumerate() {
            for (c, v) in values.iter().enumerate() {
                poly.row_mut(j)[c] = v.rem_euclid(i128::from(*p)) as u64;
            }
        }
        let (decoded, log2) = basis.decode(&poly, t);
        for (got, v) in decoded.iter().zip(values) {
            assert_eq!(i128::from(*got), v.rem_euclid(257));
        }
        assert!((log2 - (half as f64).log2()).abs() < 1e-9);
    }

    #[test]
    fn bases_of_equal_or_unfit_primes_are_refused() {
        let p = ntt_primes(30, 64, 2, &[]);
        assert!(Basis::new(64, &p).is_some());
        assert!(Basis::new(64, &[p[0], p[0]]).is_none());
        assert!(Basis::new(64, &[]).is_none());
        assert!(Basis::new(64, &[101]).is_none());
    }

    #[test]
    fn lifted_coefficients_come_back() {
        let n = 64;
        let basis = Basis::new(n, &ntt_primes(35, n, 3, &[])).unwrap();
        let small: Vec<i64> = (0..n as i64).map(|i| i * 1_000_003 - 30_000_000).collect();
        let mut poly = basis.lift(&small, 2);
        basis.to_coefficients(&mut poly);
        let t = Modulus::new(1_073_741_827).unwrap();
        let (values, _) = basis.decode(&poly, t);
        assert!(values.iter().zip(&small).all(|(v, s)| t.center(*v) == *s));
    }
}
