//! The client: owns the data and the secret key.

use super::backend::{Backend, BackendError, Measured};
use crate::circuit::Circuit;
use crate::progress::Watch;
use crate::ring::{Modulus, Seed};

/// Encrypts inputs and reads answers. The only holder of the secret keys, one per branch.
pub struct Client<'a, B: Backend> {
    backend: &'a B,
    secrets: Vec<B::Secret>,
    seed: Seed,
}

/// Answers of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Outputs, sample after sample.
    pub outputs: Vec<i128>,
    /// Smallest margin of any output ciphertext, bits.
    pub margin_bits: f64,
}

/// Outputs of one branch as they came back: a vector of slots per output.
pub struct BranchAnswer<V> {
    vectors: Vec<Vec<V>>,
    margin_bits: f64,
}

impl<'a, B: Backend> Client<'a, B> {
    /// A client with fresh keys from `seed`; also the keys for the server, one set per branch.
    pub fn new(
        backend: &'a B,
        seed: Seed,
        watch: &Watch,
    ) -> Result<(Self, Vec<B::Keys>), BackendError> {
        let mut secrets = Vec::new();
        let mut keys = Vec::new();
        for branch in 0..backend.branches() {
            watch.check()?;
            let (secret, key) = backend.keygen(branch, &seed)?;
            secrets.push(secret);
            keys.push(key);
        }
        Ok((Self { backend, secrets, seed }, keys))
    }

    /// Encrypts one batch (sample after sample) for one branch. `batch` numbers batches: every
    /// number gives fresh randomness and must be used once.
    pub fn encrypt<V: Copy + Into<B::Value>>(
        &self,
        branch: usize,
        batch: usize,
        inputs: &[V],
        watch: &Watch,
    ) -> Result<B::Inputs, BackendError> {
        let width = self.backend.inputs();
        // Slots hold samples: input i of every sample goes into ciphertext i.
        let vectors: Vec<Vec<B::Value>> = (0..width)
            .map(|i| inputs.chunks_exact(width).map(|sample| sample[i].into()).collect())
            .collect();
        let seed = self.seed.derive("batch", (batch as u64) << 8 | branch as u64);
        self.backend.encrypt(branch, &self.secrets[branch], &vectors, &seed, watch)
    }

    /// Decrypts the outputs of one branch.
    pub fn decrypt(
        &self,
        branch: usize,
        outputs: &B::Outputs,
    ) -> Result<BranchAnswer<B::Value>, BackendError> {
        let (vectors, margin_bits) =
            self.backend.decrypt(branch, &self.secrets[branch], outputs)?;
        Ok(BranchAnswer { vectors, margin_bits })
    }

    /// Measures one ciphertext with the secret key.
    pub fn measure(
        &self,
        branch: usize,
        ciphertext: &B::Ciphertext,
    ) -> Result<Measured<B::Value>, BackendError> {
        self.backend.measure(branch, &self.secrets[branch], ciphertext)
    }
}

impl<B: Backend<Value = f64>> Client<'_, B> {
    /// The outputs of a batch of `samples`, sample after sample, and the smallest margin of any
    /// output ciphertext, bits.
    pub fn read(answer: &BranchAnswer<f64>, samples: usize) -> (Vec<f64>, f64) {
        let of = |sample: usize| answer.vectors.iter().map(move |v| v[sample]);
        ((0..samples).flat_map(of).collect(), answer.margin_bits)
    }
}

impl<B: Backend<Value = i64, Circuit = Circuit>> Client<'_, B> {
    /// Puts the branches of a batch of `samples` together: outputs modulo the product of all
    /// plaintext moduli, centred.
    pub fn combine(&self, branches: &[BranchAnswer<i64>], samples: usize) -> Answers {
        let moduli = &self.backend.circuit().moduli;
        let outputs = self.backend.circuit().network.outputs();
        let crt = Crt::new(moduli);
        let mut residues = vec![0; moduli.len()];
        let mut combined = Vec::with_capacity(samples * outputs);
        for sample in 0..samples {
            for output in 0..outputs {
                for (residue, branch) in residues.iter_mut().zip(branches) {
                    *residue = branch.vectors[output][sample];
                }
                combined.push(crt.combine(&residues));
            }
        }
        let margin_bits = branches.iter().map(|b| b.margin_bits).fold(f64::INFINITY, f64::min);
        Answers { outputs: combined, margin_bits }
    }
}

/// Chinese remainders of up to two moduli of 50 bits, or more as long as their product stays below
/// 2^127.
struct Crt {
    /// Each modulus with the inverse of the product of those before it.
    moduli: Vec<(Modulus, u64)>,
}

impl Crt {
    fn new(moduli: &[Modulus]) -> Self {
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
    fn combine(&self, residues: &[i64]) -> i128 {
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
    use crate::ring::ntt_primes;
    use proptest::prelude::*;

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
