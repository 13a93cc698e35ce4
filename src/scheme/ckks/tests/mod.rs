//! CKKS against plain floating point, against big integers, against itself on the wire, and against
//! what it must refuse.

mod arithmetic;
mod encryption;
mod polynomial;
mod precision;
mod segment;
mod wire;

use super::*;
use progress::Watch;
use ring::Seed;

/// A toy ring: quick, and of no security.
pub(super) const N: usize = 64;

pub(super) fn toy(chain: &[u32], special: &[u32], digit_primes: usize) -> CkksParameters {
    let moduli = CkksModuli::find(N, chain, special, digit_primes).unwrap();
    CkksParameters::insecure(N, &moduli).unwrap()
}

pub(super) struct Setting {
    pub parameters: CkksParameters,
    pub secret: SecretKey,
    pub keys: EvaluationKeys,
    pub scale: Scale,
}

impl Setting {
    pub fn new(parameters: CkksParameters, scale_bits: i32, rotations: &[i64]) -> Self {
        let seed = Seed::from_number(11);
        let secret = SecretKey::generate(&parameters, &seed);
        let keys = secret.evaluation_keys(&parameters, rotations, &seed.derive("keys", 0));
        Self { parameters, secret, keys, scale: Scale::power_of_two(scale_bits) }
    }

    pub fn encrypt(&self, vectors: &[Vec<f64>]) -> FreshBatch {
        let (p, seed) = (&self.parameters, Seed::from_number(12));
        let watch = Watch::silent();
        self.secret.encrypt(p, vectors, &self.scale, p.levels(), &seed, &watch, "").unwrap()
    }

    pub fn ciphertexts(&self, vectors: &[Vec<f64>]) -> Vec<Ciphertext> {
        let batch = self.encrypt(vectors);
        (0..batch.len()).map(|i| batch.ciphertext(&self.parameters, i).unwrap()).collect()
    }

    pub fn decrypt(&self, c: &Ciphertext) -> Vec<f64> {
        self.secret.decrypt(&self.parameters, c).values
    }
}

/// Vectors of numbers in [-1, 1] with nothing regular about them.
pub(super) fn vectors(count: usize, n: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut stream = Seed::from_number(seed).stream(0);
    let mut number = || (stream.next_u64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
    (0..count).map(|_| (0..n).map(|_| number()).collect()).collect()
}

pub(super) fn max_error(got: &[f64], expected: impl IntoIterator<Item = f64>) -> f64 {
    got.iter().zip(expected).map(|(g, e)| (g - e).abs()).fold(0.0, f64::max)
}
