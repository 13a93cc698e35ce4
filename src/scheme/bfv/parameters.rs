//! Parameters that client and server agree on.

use super::BfvError;
use crate::security::{MIN_SECURITY_BITS, TABLE, max_log2_qp, security_bits};
use fhe::bfv::BfvParametersBuilder;
use fhe_math::rq::traits::TryConvertFrom;
use fhe_math::rq::{Context, Poly, Representation};
use fhe_traits::Serialize;
use ring::{Basis, Kernel, Modulus, Ntt};
use std::sync::Arc;

/// Numbers of primes a modulus may have; the library cannot relinearise with one.
const PRIMES: std::ops::RangeInclusive<usize> = 2..=16;

/// Ring degree, ciphertext primes and plaintext modulus; cheap to clone.
#[derive(Clone, Debug)]
pub struct BfvParameters(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// One object for all: the library compares parameters by address.
    library: Arc<fhe::bfv::BfvParameters>,
    context: Arc<Context>,
    basis: Basis,
    t: Modulus,
    kernel: Kernel,
    /// `q mod t`.
    q_mod_t: u64,
    /// `t^-1` modulo each prime.
    t_inverse: Vec<u64>,
}

impl BfvParameters {
    /// Parameters of at least 128 bits of security; there is no special prime, so `log2(Q P) = log2 q`.
    pub fn new(n: usize, primes: &[u64], t: u64) -> Result<Self, BfvError> {
        let max = max_log2_qp(n).ok_or(BfvError::RingDegree { n })?;
        let log2_q: f64 = primes.iter().map(|q| (*q as f64).log2()).sum();
        if security_bits(n, log2_q) < MIN_SECURITY_BITS {
            return Err(BfvError::Insecure { n, log2_q, max, table: TABLE });
        }
        Self::insecure(n, primes, t)
    }

    /// Parameters whose security is not checked: for tests and for experiments on toy rings.
    pub fn insecure(n: usize, primes: &[u64], t: u64) -> Result<Self, BfvError> {
        let step = 2 * n;
        let bad_primes = || BfvError::Primes { primes: primes.to_vec(), step };
        let (true, Some(&first)) = (PRIMES.contains(&primes.len()), primes.first()) else {
            return Err(bad_primes());
        };
        let basis = Basis::new(n, primes).ok_or_else(bad_primes)?;
        let bad_t = || BfvError::PlaintextModulus { t, step, first };
        // Decryption adds t to a message in (-t/2, t/2) modulo the first prime, which must hold 3t/2.
        if primes.contains(&t) || u128::from(t) * 3 >= u128::from(first) * 2 {
            return Err(bad_t());
        }
        let t_modulus = Ntt::new(n, t).ok_or_else(bad_t)?.modulus();
        let t_inverse = (0..primes.len())
            .map(|j| basis.modulus(j).inv(t))
            .collect::<Option<_>>()
            .ok_or_else(bad_t)?;
        let library = BfvParametersBuilder::new()
            .set_degree(n)
            .set_plaintext_modulus(t)
            .set_moduli(primes)
            .build_arc()
            .map_err(BfvError::library("parameters"))?;
        let context = library.context_at_level(0).map_err(BfvError::library("parameters"))?;
        Ok(Self(Arc::new(Inner {
            context: Arc::clone(context),
            library,
            basis,
            t: t_modulus,
            kernel: Kernel::best(),
            q_mod_t: primes.iter().fold(1, |acc, q| t_modulus.mul(acc, t_modulus.reduce(*q))),
            t_inverse,
        })))
    }

    /// Ring degree N, also the number of slots.
    pub fn degree(&self) -> usize {
        self.0.basis.degree()
    }

    /// The primes of q.
    pub fn basis(&self) -> &Basis {
        &self.0.basis
    }

    /// Number of primes of q.
    pub fn primes(&self) -> usize {
        self.0.basis.primes()
    }

    /// The plaintext modulus.
    pub fn t(&self) -> Modulus {
        self.0.t
    }

    /// The kernel that weighted sums run on.
    pub fn kernel(&self) -> Kernel {
        self.0.kernel
    }

    /// The library's parameters.
    /// Ring degree, plaintext modulus and primes: what tells these parameters from others.
    pub(super) fn identity(&self) -> Vec<u8> {
        let primes = (0..self.primes()).map(|j| self.basis().modulus(j).value());
        let numbers = [self.degree() as u64, self.t().value()].into_iter().chain(primes);
        numbers.flat_map(u64::to_le_bytes).collect()
    }

    pub(super) fn library(&self) -> &Arc<fhe::bfv::BfvParameters> {
        &self.0.library
    }

    /// The ring of ciphertexts.
    pub(super) fn context(&self) -> &Arc<Context> {
        &self.0.context
    }

    /// `(q/t) value`, rounded, modulo prime `j`, centred: what a constant `value` adds to a phase.
    pub(super) fn scaled(&self, value: i128, j: usize) -> i64 {
        let (t, q) = (self.t(), self.basis().modulus(j));
        let value = value.rem_euclid(i128::from(t.value())) as u64;
        // (q v - r) / t with r = q v mod t, centred; q v is 0 modulo the prime.
        let rest = t.center(t.mul(value, self.0.q_mod_t));
        q.center(q.mul(q.reduce_signed(-rest), self.0.t_inverse[j]))
    }

    /// A polynomial from evaluations, prime after prime.
    pub(super) fn poly(&self, words: Vec<u64>) -> Result<Poly, BfvError> {
        Poly::try_convert_from(words, self.context(), true, Representation::Ntt)
            .map_err(BfvError::polynomial("polynomial"))
    }

    /// Bytes of a ciphertext of `components` components on the wire; a fresh one has a seed of 32 bytes in the
    /// place of its second component. Protobuf puts a tag and a length before each.
    pub fn ciphertext_bytes(&self, components: usize, fresh: bool) -> Result<u64, BfvError> {
        let poly = self.poly(vec![0; self.degree() * self.primes()])?.to_bytes().len() as u64;
        let length_bytes = u64::from(poly.max(1).ilog2() / 7 + 1);
        let seed = if fresh { 2 + 32 } else { 0 };
        Ok((components as u64 - u64::from(fresh)) * (1 + length_bytes + poly) + seed)
    }

    /// Bytes of the evaluation keys on the wire: for every prime the first component of a fresh ciphertext,
    /// and one seed.
    pub fn key_bytes(&self) -> Result<u64, BfvError> {
        let component = self.ciphertext_bytes(2, true)? - (2 + 32);
        let key = self.primes() as u64 * component + 2 + 32;
        let length_bytes = u64::from(key.ilog2() / 7 + 1);
        Ok(1 + length_bytes + key)
    }
}
