//! Integers modulo one word-sized prime.

/// Largest modulus, bits: IFMA kernels take factors below 2^52, and the transform is fastest below 2^50.
pub const MAX_MODULUS_BITS: u32 = 50;

/// A prime modulus `q < 2^50` with the constants that reductions need.
///
/// All results are canonical, in `[0, q)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulus {
    q: u64,
    /// `floor(2^64 / q)`.
    ratio: u64,
    /// `-q^-1 mod 2^64`.
    neg_inverse: u64,
    /// `2^128 mod q`.
    square_of_r: u64,
    /// The same for 52-bit products: `q^-1 mod 2^52`, `2^104 mod q`, `floor(2^62 / q)`.
    ifma: Ifma,
}

/// Constants of the kernels with 52-bit products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ifma {
    pub inverse: u64,
    pub square_of_r: u64,
    pub ratio: u64,
}

impl Modulus {
    /// The modulus `q`, odd and in `[3, 2^50)`; `None` otherwise.
    pub fn new(q: u64) -> Option<Self> {
        if q < 3 || q.is_multiple_of(2) || q >> MAX_MODULUS_BITS != 0 {
            return None;
        }
        // Newton's iteration doubles the right bits each time: 5 steps from 3 to 96 bits.
        let mut inverse = q;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(q.wrapping_mul(inverse)));
        }
        let r = (1u128 << 64) % u128::from(q);
        Some(Self {
            q,
            ratio: ((1u128 << 64) / u128::from(q)) as u64,
            neg_inverse: inverse.wrapping_neg(),
            square_of_r: (r * r % u128::from(q)) as u64,
            ifma: Ifma {
                inverse: inverse & ((1 << 52) - 1),
                square_of_r: ((1u128 << 104) % u128::from(q)) as u64,
                ratio: (1 << 62) / q,
            },
        })
    }

    /// `q` itself.
    pub fn value(self) -> u64 {
        self.q
    }

    /// Constants of the kernels with 52-bit products.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "for IFMA alone"))]
    pub(super) fn ifma(self) -> Ifma {
        self.ifma
    }

    /// `log2 q`.
    pub fn log2(self) -> f64 {
        (self.q as f64).log2()
    }

    /// `a mod q` for any word.
    #[inline(always)]
    pub fn reduce(self, a: u64) -> u64 {
        let quotient = ((u128::from(a) * u128::from(self.ratio)) >> 64) as u64;
        let r = a.wrapping_sub(quotient.wrapping_mul(self.q));
        // floor(a ratio / 2^64) is at most one below floor(a / q).
        r.min(r.wrapping_sub(self.q))
    }

    /// `a mod q` for a signed word.
    #[inline(always)]
    pub fn reduce_signed(self, a: i64) -> u64 {
        let r = self.reduce(a.unsigned_abs());
        if a < 0 { self.neg(r) } else { r }
    }

    /// The representative of `a` (canonical) in `(-q/2, q/2)`.
    #[inline(always)]
    pub fn center(self, a: u64) -> i64 {
        if a > self.q / 2 { a as i64 - self.q as i64 } else { a as i64 }
    }

    /// `a + b` for canonical `a`, `b`.
    #[inline(always)]
    pub fn add(self, a: u64, b: u64) -> u64 {
        let r = a + b;
        r.min(r.wrapping_sub(self.q))
    }

    /// `a - b` for canonical `a`, `b`.
    #[inline(always)]
    pub fn sub(self, a: u64, b: u64) -> u64 {
        let r = a.wrapping_sub(b);
        r.min(r.wrapping_add(self.q))
    }

    /// `-a` for canonical `a`.
    #[inline(always)]
    pub fn neg(self, a: u64) -> u64 {
        self.sub(0, a)
    }

    /// Montgomery's product `a b 2^-64 mod q` for `a b < 2^64 q`.
    #[inline(always)]
    fn montgomery(self, product: u128) -> u64 {
        let m = (product as u64).wrapping_mul(self.neg_inverse);
        let r = ((product + u128::from(m) * u128::from(self.q)) >> 64) as u64;
        r.min(r.wrapping_sub(self.q))
    }

    /// `a b mod q` for words with `a b < 2^114`, so for any canonical `a` and any word `b`.
    #[inline(always)]
    pub fn mul(self, a: u64, b: u64) -> u64 {
        self.reduce_wide(u128::from(a) * u128::from(b))
    }

    /// `a mod q` for `a < 2^64 q`.
    #[inline(always)]
    pub fn reduce_wide(self, a: u128) -> u64 {
        let r = self.montgomery(a);
        self.montgomery(u128::from(r) * u128::from(self.square_of_r))
    }

    /// The constant that [`Modulus::unscale`] takes: `2^76 mod q`.
    pub(super) fn unscaler(self) -> u64 {
        self.pow(2, 76)
    }

    /// `a 2^-52 mod q` for `a < 2^64 q`: takes off the factor that tables for 52-bit products carry.
    #[inline(always)]
    pub(super) fn unscale(self, unscaler: u64, a: u128) -> u64 {
        let r = self.montgomery(a);
        self.montgomery(u128::from(r) * u128::from(unscaler))
    }

    /// `a^e mod q`.
    pub fn pow(self, a: u64, mut e: u64) -> u64 {
        let mut base = self.reduce(a);
        let mut result = 1;
        while e > 0 {
            if e & 1 == 1 {
                result = self.mul(result, base);
            }
            base = self.mul(base, base);
            e >>= 1;
        }
        result
    }

    /// `a^-1 mod q` for a prime `q`; `None` when `a` is 0 mod `q`.
    pub fn inv(self, a: u64) -> Option<u64> {
        let a = self.reduce(a);
        (a != 0).then(|| self.pow(a, self.q - 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moduli() -> impl Strategy<Value = Modulus> {
        prop::sample::select(vec![
            3u64,
            17,
            65_537,
            786_433,
            (1 << 40) - 87,
            281_474_976_546_817,
            (1 << 50) - 27,
        ])
        .prop_map(|q| Modulus::new(q).expect("odd and small"))
    }

    proptest! {
        #[test]
        fn agrees_with_wide_integers(m in moduli(), a: u64, b: u64, s: i64) {
            let q = u128::from(m.value());
            let (x, y) = (m.reduce(a), m.reduce(b));
            prop_assert_eq!(u128::from(x), u128::from(a) % q);
            prop_assert_eq!(u128::from(m.mul(x, y)), u128::from(x) * u128::from(y) % q);
            prop_assert_eq!(u128::from(m.mul(x, b)), u128::from(x) * u128::from(b) % q);
            prop_assert_eq!(u128::from(m.add(x, y)), (u128::from(x) + u128::from(y)) % q);
            prop_assert_eq!(u128::from(m.sub(x, y)), (q + u128::from(x) - u128::from(y)) % q);
            prop_assert_eq!(i128::from(m.reduce_signed(s)), i128::from(s).rem_euclid(q as i128));
            prop_assert_eq!(m.reduce_signed(m.center(x)), x);
            prop_assert!(m.center(x).unsigned_abs() <= m.value() / 2);
        }

        #[test]
        fn inverses_multiply_to_one(m in moduli(), a: u64) {
            match m.inv(a) {
                Some(i) => prop_assert_eq!(m.mul(i, m.reduce(a)), 1),
                None => prop_assert_eq!(m.reduce(a), 0),
            }
        }
    }

    #[test]
    fn what_is_not_an_odd_number_below_2_to_50_is_refused() {
        assert!([0, 1, 2, 4, 1 << 50, u64::MAX].iter().all(|&q| Modulus::new(q).is_none()));
    }

    #[test]
    fn extremes_reduce() {
        for q in [3, (1 << 50) - 27] {
            let m = Modulus::new(q).expect("odd and small");
            assert_eq!(m.reduce(u64::MAX), u64::MAX % q);
            assert_eq!(
                m.reduce_signed(i64::MIN),
                (i128::from(i64::MIN)).rem_euclid(i128::from(q)) as u64
            );
            let wide = (u128::from(q) << 64) - 1;
            assert_eq!(u128::from(m.reduce_wide(wide)), wide % u128::from(q));
        }
    }
}
