//! Parameters that client and server agree on.

use super::BgvError;
use crate::rlwe::RlweParameters;
use crate::security::{MIN_SECURITY_BITS, TABLE, max_log2_qp, security_bits};
use ring::{Basis, Kernel, Modulus, Ntt, RnsPoly};
use std::sync::Arc;

/// Most primes a modulus may have.
pub(super) const MAX_PRIMES: usize = 16;

/// Ring degree, ciphertext primes and plaintext modulus; cheap to clone.
#[derive(Clone, Debug)]
pub struct BgvParameters {
    inner: Arc<Inner>,
    kernel: Kernel,
}

#[derive(Debug)]
struct Inner {
    basis: Basis,
    slots: Ntt,
    /// `t q_j^-1`-free constants of modulus switching: for each dropped prime p, `t^-1 mod p`.
    t_inverse: Vec<u64>,
}

impl BgvParameters {
    /// Parameters of at least 128 bits of security; there is no special prime, so `log2(Q P) = log2 q`.
    pub fn new(n: usize, primes: &[u64], t: u64) -> Result<Self, BgvError> {
        let max = max_log2_qp(n).ok_or(BgvError::RingDegree { n })?;
        let parameters = Self::insecure(n, primes, t)?;
        if parameters.security_bits() < MIN_SECURITY_BITS {
            let log2_q = parameters.basis().log2(primes.len());
            return Err(BgvError::Insecure { n, log2_q, max, table: TABLE });
        }
        Ok(parameters)
    }

    /// Parameters whose security is not checked: for tests and for experiments on toy rings.
    pub fn insecure(n: usize, primes: &[u64], t: u64) -> Result<Self, BgvError> {
        let step = 2 * n;
        let bad_primes = || BgvError::Primes { primes: primes.to_vec(), step };
        if primes.len() > MAX_PRIMES {
            return Err(bad_primes());
        }
        let basis = Basis::new(n, primes).ok_or_else(bad_primes)?;
        let bad_t = || BgvError::PlaintextModulus { t, step };
        if primes.contains(&t) {
            return Err(bad_t());
        }
        let slots = Ntt::new(n, t).ok_or_else(bad_t)?;
        let t_inverse = (0..primes.len())
            .map(|j| basis.modulus(j).inv(t))
            .collect::<Option<_>>()
            .ok_or_else(bad_t)?;
        let inner = Arc::new(Inner { basis, slots, t_inverse });
        Ok(Self { inner, kernel: Kernel::best() })
    }

    /// Ring degree N, also the number of slots.
    pub fn degree(&self) -> usize {
        self.inner.basis.degree()
    }

    /// The primes of q with their transforms.
    pub fn basis(&self) -> &Basis {
        &self.inner.basis
    }

    /// Number of primes of q.
    pub fn primes(&self) -> usize {
        self.inner.basis.primes()
    }

    /// The plaintext modulus.
    pub fn t(&self) -> Modulus {
        self.inner.slots.modulus()
    }

    /// The transform between slots and coefficients modulo t.
    pub(super) fn slots(&self) -> &Ntt {
        &self.inner.slots
    }

    /// `t^-1` modulo prime `j`.
    pub(super) fn t_inverse(&self, j: usize) -> u64 {
        self.inner.t_inverse[j]
    }

    /// The kernel all arithmetic uses.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// The same parameters with another kernel: the same words, in another time.
    #[must_use]
    pub fn with_kernel(&self, kernel: Kernel) -> Self {
        Self { kernel, ..self.clone() }
    }

    /// Security level by the table, bits; 0 when under 128.
    pub fn security_bits(&self) -> u32 {
        security_bits(self.degree(), self.basis().log2(self.primes()))
    }

    /// Bytes that name these parameters on the wire: equal exactly when the parameters are.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        use sha2::Digest;
        let mut hash = sha2::Sha256::new();
        hash.update(b"cryptoscope bgv 1");
        hash.update((self.degree() as u64).to_le_bytes());
        hash.update(self.t().value().to_le_bytes());
        for j in 0..self.primes() {
            hash.update(self.basis().modulus(j).value().to_le_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        std::array::from_fn(|i| digest[i])
    }
}

impl RlweParameters for BgvParameters {
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
        self.basis().lift(coefficients, self.primes())
    }
}
