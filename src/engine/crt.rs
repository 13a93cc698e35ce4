//! Integers from their residues modulo several plaintext moduli.

use ring::Modulus;

/// Chinese remainders of up to two moduli of 50 bits, or more as long as their product stays below
/// 2^127.
#[derive(Clone, Debug)]
pub struct Crt {
    /// Each modulus with the inverse of the product of those before it.
    moduli: Vec<(Modulus, u64)>,
}

impl Crt {
    /// For residues modulo each of `moduli`.
    pub fn new(moduli: &[Modulus]) -> Self {
        let mut product = 1i128;
        let with_inverse = moduli.iter().map(|m| {
            let q = i128::from(m.value());
            let inverse = m.inv(product.rem_euclid(q) as u64).unwrap_or(1);
            product *= q;
            (*m, inverse)
        });
        Self { moduli: with_inverse.collect() }
    }

    /// The integer of smallest magnitude with these residues.
    pub fn combine(&self, residues: &[i64]) -> i128 {
        // Garner: each modulus adds a digit above the product of those before it.
        let mut value = 0i128;
        let mut product = 1i128;
        for ((m, inverse), residue) in self.moduli.iter().zip(residues) {
            let q = i128::from(m.value());
            let lacking = (i128::from(*residue) - value).rem_euclid(q) as u64;
            value += product * i128::from(m.mul(lacking, *inverse));
            product *= q;
        }
        if value > product / 2 { value - product } else { value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ring::ntt_primes;

    proptest! {
        #[test]
        fn chinese_remainders_give_the_integer_back(count in 1usize..5, value: i128) {
            let moduli: Vec<Modulus> =
                ntt_primes(31, 1024, count, &[]).into_iter().filter_map(Modulus::new).collect();
            let half = moduli.iter().map(|m| i128::from(m.value())).product::<i128>() / 2;
            let value = value % half;
            let residues: Vec<i64> = moduli
                .iter()
                .map(|m| m.center(value.rem_euclid(i128::from(m.value())) as u64))
                .collect();
            prop_assert_eq!(Crt::new(&moduli).combine(&residues), value);
        }
    }
}
