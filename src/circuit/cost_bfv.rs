//! Predicted time of BFV: the operations of the library, scaled. Which costs: see
//! [`super::cost_table`].

use progress::Watch;
use ring::{Seed, ntt_primes};
use scheme::bfv::{BfvError, BfvParameters, SecretKey};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Seconds of each operation, one thread, in degree [`N`] with [`PRIMES`] primes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BfvCosts {
    /// Secret and relinearisation keys.
    pub keygen: f64,
    pub encrypt: f64,
    /// Squaring and relinearisation.
    pub square: f64,
    /// Decryption with the margin.
    pub decrypt: f64,
}

const N: usize = 2048;
const PRIMES: usize = 3;

impl BfvCosts {
    /// Typical costs: those of the machine this was written on.
    pub const TYPICAL: Self =
        Self { keygen: 1.85e-3, encrypt: 5.2e-4, square: 2.8e-3, decrypt: 7.6e-4 };

    /// The costs on this machine as they are now (some 30 ms); typical ones where they cannot be
    /// measured.
    pub fn measured() -> Self {
        measure().unwrap_or(Self::TYPICAL)
    }

    /// All of them, seconds.
    pub(super) fn all(&self) -> [f64; 4] {
        [self.keygen, self.encrypt, self.square, self.decrypt]
    }

    /// The costs in degree `n` with `primes` primes: transforms for every prime, and for squares
    /// something between that and base conversions for every pair of primes.
    pub fn scaled(&self, n: usize, primes: usize) -> Self {
        let transforms = (n as f64 * (n as f64).log2()) / (N as f64 * (N as f64).log2());
        let primes = primes as f64 / PRIMES as f64;
        Self {
            keygen: self.keygen * transforms * primes.powi(2),
            encrypt: self.encrypt * transforms * primes,
            square: self.square * transforms * primes.powf(1.5),
            decrypt: self.decrypt * transforms * primes,
        }
    }
}

fn measure() -> Result<BfvCosts, BfvError> {
    let primes = ntt_primes(48, N, PRIMES, &[]);
    // Only timed, never used: a modulus this large is not secure in this degree.
    let parameters = BfvParameters::insecure(N, &primes, 786_433)?;
    let seed = Seed::from_number(0);
    let watch = Watch::silent();
    let vector = [vec![1; N]];
    let mut costs = BfvCosts {
        keygen: f64::INFINITY,
        encrypt: f64::INFINITY,
        square: f64::INFINITY,
        decrypt: f64::INFINITY,
    };
    for _ in 0..4 {
        let mut started = Instant::now();
        let mut lap = |least: &mut f64| {
            let now = Instant::now();
            *least = least.min((now - started).as_secs_f64());
            started = now;
        };
        let secret = SecretKey::generate(&parameters, &seed)?;
        let keys = secret.evaluation_keys(&parameters, &seed)?;
        lap(&mut costs.keygen);
        let fresh = secret.encrypt(&parameters, &vector, &seed, &watch, "")?;
        lap(&mut costs.encrypt);
        for ciphertext in &fresh {
            let square = keys.square(ciphertext)?;
            lap(&mut costs.square);
            secret.decrypt(&parameters, &square)?;
            lap(&mut costs.decrypt);
        }
    }
    Ok(costs)
}
