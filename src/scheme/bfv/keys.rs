//! Secret and evaluation keys.

use super::{BfvError, BfvParameters};
use fhe::bfv::{Encoding, Plaintext, RelinearizationKey};
use fhe_math::rq::traits::TryConvertFrom;
use fhe_math::rq::{Poly, Representation};
use fhe_traits::{FheDecoder, FheDecrypter};
use rand::SeedableRng;
use rand::rngs::StdRng;
use ring::Seed;
use zeroize::Zeroize;

/// The secret. Only the client has it; wiped when dropped.
pub struct SecretKey {
    pub(super) key: fhe::bfv::SecretKey,
    /// Its polynomial by evaluations, for measurements.
    pub(super) s: Poly,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.s.zeroize();
    }
}

impl SecretKey {
    /// A secret drawn from `seed`, which must be as secret as the key.
    pub fn generate(parameters: &BfvParameters, seed: &Seed) -> Result<Self, BfvError> {
        let mut rng = generator(seed, "bfv secret", 0);
        let key = fhe::bfv::SecretKey::random(parameters.library(), &mut rng);
        let s = polynomial_of(parameters, &key)?;
        Ok(Self { key, s })
    }

    /// The relinearisation key that a server needs, with randomness from `seed`.
    pub fn evaluation_keys(
        &self,
        parameters: &BfvParameters,
        seed: &Seed,
    ) -> Result<EvaluationKeys, BfvError> {
        let seed = seed.bound_to_parameters(&[b"bfv keys", &parameters.identity()]);
        let mut rng = generator(&seed, "bfv relinearisation", 0);
        let key = RelinearizationKey::new(&self.key, &mut rng)
            .map_err(BfvError::library("relinearisation key"))?;
        Ok(EvaluationKeys { key })
    }
}

/// The library does not show its secret, but the ciphertext `(0, D)` with `D = round(q/t)` has the
/// phase `D s`, so it decrypts to s.
fn polynomial_of(parameters: &BfvParameters, key: &fhe::bfv::SecretKey) -> Result<Poly, BfvError> {
    const WHAT: &str = "secret key";
    let n = parameters.degree();
    let words = (0..parameters.primes()).flat_map(|j| {
        let scaled = parameters.basis().modulus(j).reduce_signed(parameters.scaled(1, j));
        std::iter::repeat_n(scaled, n)
    });
    let one = parameters.poly(words.collect())?;
    let zero = Poly::zero(parameters.context(), Representation::Ntt);
    let carrier = fhe::bfv::Ciphertext::new(vec![zero, one], parameters.library())
        .map_err(BfvError::library(WHAT))?;
    let plain: Plaintext = key.try_decrypt(&carrier).map_err(BfvError::library(WHAT))?;
    let mut words =
        Vec::<u64>::try_decode(&plain, Encoding::poly()).map_err(BfvError::library(WHAT))?;
    let mut signed: Vec<i64> = words.iter().map(|w| parameters.t().center(*w)).collect();
    let s = Poly::try_convert_from(
        signed.as_slice(),
        parameters.context(),
        false,
        Representation::PowerBasis,
    );
    words.zeroize();
    signed.zeroize();
    let mut s = s.map_err(BfvError::polynomial(WHAT))?;
    s.change_representation(Representation::Ntt);
    Ok(s)
}

/// A generator for the library, from a seed of ours.
pub(super) fn generator(seed: &Seed, label: &str, index: u64) -> StdRng {
    StdRng::from_seed(seed.derive(label, index).to_bytes())
}

/// The relinearisation key. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationKeys {
    pub(super) key: RelinearizationKey,
}
