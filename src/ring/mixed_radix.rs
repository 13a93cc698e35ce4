//! Residues to integers: exact, centred, row by row.

use super::{Kernel, Modulus};

/// Reads residues modulo several primes as the centred integer they stand for,
/// `x = r_0 + r_1 p_0 + r_2 p_0 p_1 + ...` with every digit `|r_i| < p_i / 2`, and hence
/// `|x| < p_0 p_1 ... / 2` (Garner's algorithm; Knuth, TAOCP vol. 2, 4.3.2, eq. 24). A prefix of
/// the primes has a prefix of the digits.
///
/// Rows hold digits shifted into `[0, p_i)`: `u_i = r_i + floor(p_i / 2)`.
#[derive(Clone, Debug)]
pub struct MixedRadix {
    moduli: Vec<Modulus>,
    /// For digit `i`: the constants of `u_0, ..., u_{i-1}` and of the residue, and the offset.
    steps: Vec<(Vec<u64>, u64)>,
}

/// How to write an integer, given by its digits, modulo another prime.
#[derive(Clone, Debug)]
pub struct Onto {
    constants: Vec<u64>,
    offset: u64,
}

impl MixedRadix {
    /// For distinct primes. Residue `i` is multiplied by `factors[i]` first. `None` for primes that
    /// are not distinct.
    pub fn new(moduli: &[Modulus], factors: &[u64]) -> Option<Self> {
        let mut steps = Vec::with_capacity(moduli.len());
        for (i, (q, factor)) in moduli.iter().zip(factors).enumerate() {
            // r_i = (x - (r_0 + r_1 p_0 + ...)) / (p_0 ... p_{i-1}).
            let below = Onto::new(&moduli[..i], *q, 1);
            let inverse = q.inv(product(&moduli[..i], *q))?;
            let by = |c: u64| q.mul(c, inverse);
            let mut constants: Vec<u64> = below.constants.iter().map(|c| q.neg(by(*c))).collect();
            constants.push(by(*factor));
            let offset = q.sub(half(*q), by(below.offset));
            steps.push((constants, offset));
        }
        Some(Self { moduli: moduli.to_vec(), steps })
    }

    /// Residues (coefficients, canonical) of the first primes to shifted digits, in place. `spare`
    /// has the length of a row.
    pub fn digits(&self, kernel: Kernel, rows: &mut [Vec<u64>], spare: &mut Vec<u64>) {
        for (i, (constants, offset)) in self.steps.iter().enumerate().take(rows.len()) {
            let (done, rest) = rows.split_at_mut(i);
            let inputs: Vec<&[u64]> =
                done.iter().map(Vec::as_slice).chain([rest[0].as_slice()]).collect();
            kernel.affine(self.moduli[i], &inputs, constants, *offset, spare);
            std::mem::swap(&mut rest[0], spare);
        }
    }

    /// How to write `factor x` modulo `to` from the first `count` digits.
    pub fn onto(&self, to: Modulus, count: usize, factor: u64) -> Onto {
        Onto::new(&self.moduli[..count], to, factor)
    }

    /// The product of the primes modulo `to`.
    pub fn product(&self, to: Modulus) -> u64 {
        product(&self.moduli, to)
    }

    /// The integers whose shifted digits these rows are, as floating point numbers (infinite where
    /// they are too large), and `log2 max|x|` (minus infinity for zero).
    pub fn values(&self, rows: &[Vec<u64>]) -> (Vec<f64>, f64) {
        // Past this the digits below no longer count.
        const LARGE: f64 = 1e60;
        let radix: Vec<f64> = self.moduli.iter().map(|q| q.value() as f64).collect();
        let mut log2_below = vec![0.0; rows.len()];
        for i in 1..rows.len() {
            log2_below[i] = log2_below[i - 1] + radix[i - 1].log2();
        }
        let mut log2_max = f64::NEG_INFINITY;
        let values = (0..rows.first().map_or(0, Vec::len)).map(|w| {
            let mut value = 0f64;
            let mut at = rows.len();
            while at > 0 && value.abs() < LARGE {
                at -= 1;
                let digit = rows[at][w] as i64 - half(self.moduli[at]) as i64;
                value = value * radix[at] + digit as f64;
            }
            log2_max = log2_max.max(value.abs().log2() + log2_below.get(at).unwrap_or(&0.0));
            radix[..at].iter().fold(value, |v, p| v * p)
        });
        let values = values.collect();
        (values, log2_max)
    }
}

impl Onto {
    fn new(moduli: &[Modulus], to: Modulus, factor: u64) -> Self {
        let mut radix = to.reduce(factor);
        let (mut constants, mut offset) = (Vec::with_capacity(moduli.len()), 0);
        for p in moduli {
            constants.push(radix);
            offset = to.sub(offset, to.mul(radix, to.reduce(half(*p))));
            radix = to.mul(radix, to.reduce(p.value()));
        }
        Self { constants, offset }
    }

    /// Writes the integers with these shifted digits modulo `to`, the modulus this was made for.
    pub fn write(&self, kernel: Kernel, to: Modulus, digits: &[Vec<u64>], out: &mut [u64]) {
        let rows: Vec<&[u64]> = digits.iter().map(Vec::as_slice).collect();
        kernel.affine(to, &rows, &self.constants, self.offset, out);
    }
}

fn half(q: Modulus) -> u64 {
    q.value() / 2
}

fn product(moduli: &[Modulus], to: Modulus) -> u64 {
    moduli.iter().fold(1, |acc, p| to.mul(acc, to.reduce(p.value())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ntt_primes;
    use num_bigint::BigInt;
    use num_traits::{Signed, ToPrimitive};
    use proptest::prelude::*;

    fn residues(values: &[BigInt], moduli: &[Modulus]) -> Vec<Vec<u64>> {
        let residue = |v: &BigInt, q: &Modulus| {
            let q = BigInt::from(q.value());
            (((v % &q) + &q) % &q).to_u64().unwrap()
        };
        moduli.iter().map(|q| values.iter().map(|v| residue(v, q)).collect()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn digits_stand_for_centred_integers(
            k in 1usize..16, raw in prop::collection::vec(any::<[u64; 13]>(), 19), signs: [bool; 19],
            shift in 0usize..700, factor in 1u64..1000
        ) {
            let moduli: Vec<Modulus> =
                ntt_primes(45, 64, k, &[]).into_iter().map(|p| Modulus::new(p).unwrap()).collect();
            let q: BigInt = moduli.iter().map(|p| BigInt::from(p.value())).product();
            let half: BigInt = (&q - 1) / 2;
            let values: Vec<BigInt> = raw.iter().zip(signs).map(|(w, s)| {
                let big = w.iter().fold(BigInt::from(0), |acc: BigInt, x| (acc << 64) + *x);
                let big: BigInt = (big >> shift) % (&half + 1);
                if s { -big } else { big }
            }).chain([half.clone(), -half.clone(), BigInt::from(0), BigInt::from(-1)]).collect();
            let to = Modulus::new(ntt_primes(40, 64, 1, &[])[0]).unwrap();
            let kernel = Kernel::best();
            let radix = MixedRadix::new(&moduli, &vec![1; k]).unwrap();
            let mut rows = residues(&values, &moduli);
            radix.digits(kernel, &mut rows, &mut vec![0; values.len()]);
            let mut out = vec![0; values.len()];
            radix.onto(to, k, factor).write(kernel, to, &rows, &mut out);
            let scaled: Vec<BigInt> = values.iter().map(|v| v * factor).collect();
            prop_assert_eq!(&out, &residues(&scaled, &[to])[0]);
            let (floats, log2) = radix.values(&rows);
            for (got, v) in floats.iter().zip(&values) {
                let expected = v.to_f64().unwrap();
                // A product and a sum of each digit are rounded.
                let bound = 2.0 * k as f64 * f64::EPSILON * expected.abs();
                prop_assert!((got - expected).abs() <= bound, "{got} {expected}");
            }
            let largest = values.iter().map(|v| v.abs()).max().unwrap().to_f64().unwrap().log2();
            prop_assert!((log2 - largest).abs() < 1e-9 || log2 == largest, "{log2} {largest}");
        }
    }

    #[test]
    fn factors_apply_to_residues() {
        let moduli: Vec<Modulus> =
            ntt_primes(40, 64, 3, &[]).into_iter().map(|p| Modulus::new(p).unwrap()).collect();
        let values = [BigInt::from(-77i64), BigInt::from(1u64 << 60)];
        // Residue i divided by 5 first, multiplied by 5 on reading.
        let mut rows = residues(&values, &moduli);
        for (row, q) in rows.iter_mut().zip(&moduli) {
            let fifth = q.inv(5).unwrap();
            row.iter_mut().for_each(|w| *w = q.mul(*w, fifth));
        }
        let radix = MixedRadix::new(&moduli, &[5; 3]).unwrap();
        radix.digits(Kernel::best(), &mut rows, &mut vec![0; 2]);
        assert_eq!(radix.values(&rows).0, [-77.0, (1u64 << 60) as f64]);
    }

    #[test]
    fn integers_beyond_floating_point_keep_their_logarithm() {
        let moduli: Vec<Modulus> =
            ntt_primes(50, 4096, 24, &[]).into_iter().map(|p| Modulus::new(p).unwrap()).collect();
        let radix = MixedRadix::new(&moduli, &[1; 24]).unwrap();
        let q: BigInt = moduli.iter().map(|p| BigInt::from(p.value())).product();
        let half: BigInt = (&q - 1) / 2;
        let mut rows = residues(&[half], &moduli);
        radix.digits(Kernel::best(), &mut rows, &mut vec![0; 1]);
        let (values, log2) = radix.values(&rows);
        assert!(values[0].is_infinite());
        let expected: f64 = moduli.iter().map(|m| m.log2()).sum::<f64>() - 1.0;
        assert!((log2 - expected).abs() < 1e-9);
        assert!(MixedRadix::new(&[moduli[0], moduli[0]], &[1; 2]).is_none());
    }
}
