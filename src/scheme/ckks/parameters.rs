//! Parameters that client and server agree on.

use super::CkksError;
use super::moduli::CkksModuli;
use super::slots::Encoder;
use crate::rlwe::RlweParameters;
use crate::security::{MIN_SECURITY_BITS, TABLE, max_log2_qp, security_bits};
use ring::{Kernel, MixedRadix, Modulus, Onto, RealBasis, RnsPoly};
use std::ops::Range;
use std::sync::Arc;

/// Most primes of a modulus chain.
pub const MAX_CHAIN: usize = 64;
const MAX_SPECIAL: usize = 16;

/// Ring degree, modulus chain and special primes; cheap to clone.
#[derive(Clone, Debug)]
pub struct CkksParameters(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The chain, then the special primes.
    basis: RealBasis,
    levels: usize,
    digit_primes: usize,
    encoder: Encoder,
    digits: Vec<Digit>,
    /// `P^-1` modulo each prime of the chain.
    special_inverse: Vec<u64>,
}

/// One digit of key switching.
#[derive(Debug)]
struct Digit {
    radix: MixedRadix,
    /// `[primes in use - 1][target prime]`.
    onto: Vec<Vec<Onto>>,
}

impl CkksParameters {
    /// Parameters of at least 128 bits of security, special primes counted.
    pub fn new(n: usize, moduli: &CkksModuli) -> Result<Self, CkksError> {
        let max = max_log2_qp(n).ok_or(CkksError::RingDegree { n })?;
        let parameters = Self::insecure(n, moduli)?;
        if parameters.security_bits() < MIN_SECURITY_BITS {
            let log2_qp = parameters.log2_qp();
            return Err(CkksError::Insecure { n, log2_qp, max, table: TABLE });
        }
        Ok(parameters)
    }

    /// Parameters whose security is not checked: for tests and for experiments on toy rings.
    pub fn insecure(n: usize, moduli: &CkksModuli) -> Result<Self, CkksError> {
        let CkksModuli { chain, special, digit_primes } = moduli;
        let bad = || CkksError::Moduli {
            chain: chain.len(),
            special: special.len(),
            digit_primes: *digit_primes,
            step: 4 * n,
        };
        let sizes_fit = (1..=MAX_CHAIN).contains(&chain.len())
            && special.len() <= MAX_SPECIAL
            && (1..=MAX_SPECIAL).contains(digit_primes);
        if !sizes_fit {
            return Err(bad());
        }
        let primes: Vec<u64> = chain.iter().chain(special).copied().collect();
        let basis = RealBasis::new(n, &primes, Kernel::best()).ok_or_else(bad)?;
        let special_inverse = (0..chain.len())
            .map(|j| {
                let q = basis.modulus(j);
                q.inv(special.iter().fold(1, |acc, p| q.mul(acc, q.reduce(*p))))
            })
            .collect::<Option<_>>()
            .ok_or_else(bad)?;
        let digits = (0..chain.len())
            .step_by(*digit_primes)
            .map(|first| Digit::new(&basis, first..chain.len().min(first + digit_primes)))
            .collect::<Option<_>>()
            .ok_or_else(bad)?;
        Ok(Self(Arc::new(Inner {
            encoder: Encoder::new(n),
            levels: chain.len(),
            digit_primes: *digit_primes,
            basis,
            digits,
            special_inverse,
        })))
    }

    /// Ring degree N, also the number of slots.
    pub fn degree(&self) -> usize {
        self.0.basis.degree()
    }

    /// The primes of q, then the special primes, with their transforms.
    pub fn basis(&self) -> &RealBasis {
        &self.0.basis
    }

    /// Number of primes of q: the level of a fresh ciphertext. A level is a number of primes left.
    pub fn levels(&self) -> usize {
        self.0.levels
    }

    /// The primes that these parameters were made with.
    pub fn moduli(&self) -> CkksModuli {
        let prime = |j| self.modulus(j).value();
        CkksModuli {
            chain: (0..self.levels()).map(prime).collect(),
            special: self.special().map(prime).collect(),
            digit_primes: self.digit_primes(),
        }
    }

    /// Where the special primes are in the basis.
    pub fn special(&self) -> Range<usize> {
        self.0.levels..self.0.basis.primes()
    }

    /// Primes to a key switching digit.
    pub fn digit_primes(&self) -> usize {
        self.0.digit_primes
    }

    /// The primes of digit `d` at `level`.
    pub(super) fn digit(&self, d: usize, level: usize) -> Range<usize> {
        let first = d * self.0.digit_primes;
        first.min(level)..level.min(first + self.0.digit_primes)
    }

    /// Digits at `level`.
    pub fn digits(&self, level: usize) -> usize {
        level.div_ceil(self.0.digit_primes)
    }

    /// Residues of digit `d` to its mixed-radix digits.
    pub(super) fn digit_radix(&self, d: usize) -> &MixedRadix {
        &self.0.digits[d].radix
    }

    /// How to write digit `d`, of `count` primes, modulo prime `target` of the basis.
    pub(super) fn digit_onto(&self, d: usize, count: usize, target: usize) -> &Onto {
        &self.0.digits[d].onto[count - 1][target]
    }

    /// `P^-1` modulo prime `j` of the chain.
    pub(super) fn special_inverse(&self, j: usize) -> u64 {
        self.0.special_inverse[j]
    }

    /// The kernel all arithmetic uses.
    pub fn kernel(&self) -> Kernel {
        self.0.basis.kernel()
    }

    /// Prime `j` of the chain.
    pub fn prime(&self, j: usize) -> u64 {
        self.modulus(j).value()
    }

    /// Modulus `j` of the basis.
    pub(super) fn modulus(&self, j: usize) -> Modulus {
        self.0.basis.modulus(j)
    }

    pub(super) fn encoder(&self) -> &Encoder {
        &self.0.encoder
    }

    /// `log2` of the modulus at `level`.
    pub fn log2_q(&self, level: usize) -> f64 {
        self.0.basis.log2(0..level)
    }

    /// `log2 P`; 0 without special primes.
    pub fn log2_p(&self) -> f64 {
        self.0.basis.log2(self.special())
    }

    /// `log2` of the largest modulus keys are made for, which the security level depends on.
    pub fn log2_qp(&self) -> f64 {
        self.0.basis.log2(0..self.0.basis.primes())
    }

    /// Security level by the table, bits; 0 when under 128. The ring has degree N like the power of
    /// two rings of the table (Kim and Song, eprint 2018/952, section 3).
    pub fn security_bits(&self) -> u32 {
        security_bits(self.degree(), self.log2_qp())
    }

    /// Bytes that name these parameters on the wire: equal exactly when the parameters are.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        use sha2::Digest;
        let mut hash = sha2::Sha256::new();
        hash.update(b"cryptoscope ckks 1");
        for number in [self.degree(), self.levels(), self.digit_primes()] {
            hash.update((number as u64).to_le_bytes());
        }
        for j in 0..self.basis().primes() {
            hash.update(self.basis().modulus(j).value().to_le_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        std::array::from_fn(|i| digest[i])
    }
}

impl Digit {
    fn new(basis: &RealBasis, primes: Range<usize>) -> Option<Self> {
        let moduli: Vec<Modulus> = primes.map(|j| basis.modulus(j)).collect();
        let radix = MixedRadix::new(&moduli, &vec![1; moduli.len()])?;
        let of_count = |count| {
            let targets = 0..basis.primes();
            targets.map(|j| radix.onto(basis.modulus(j), count, 1)).collect()
        };
        let onto = (1..=moduli.len()).map(of_count).collect();
        Some(Self { radix, onto })
    }
}

impl RlweParameters for CkksParameters {
    fn degree(&self) -> usize {
        self.degree()
    }

    fn kernel(&self) -> Kernel {
        self.kernel()
    }

    fn modulus(&self, j: usize) -> Modulus {
        self.basis().modulus(j)
    }

    fn lift(&self, coefficients: &[i64]) -> RnsPoly {
        self.basis().lift(coefficients, self.basis().primes())
    }
}
