//! Predicted time of a lookup.

use progress::Watch;
use ring::Seed;
use scheme::tfhe::{LookupPolynomial, LweList, SecretKey, Switched, TfheError, TfheParameters};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Seconds of one step of blind rotation (one key bit) on one core, as measured with AVX-512 on the
/// machine this was written on: enough to choose between parameters, the same everywhere.
pub fn typical_rotation_cost(family: (usize, usize)) -> f64 {
    match family {
        (4, 512) => 10.1e-6,
        (2, 1024) => 10.9e-6,
        (1, 2048) => 15.2e-6,
        (1, 4096) => 33.0e-6,
        (k, n) => 8.1e-9 * (k * n) as f64,
    }
}

/// Seconds of a key switch on one core: words of the key that are read.
pub fn switch_cost(parameters: &TfheParameters) -> f64 {
    let digits = parameters.big_dimension() * parameters.key_switch.levels as usize;
    0.12e-9 * (digits * (parameters.lwe_dimension + 1)) as f64
}

/// Seconds that parts of a sample take on this machine, one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LookupCost {
    /// Modulus switch and blind rotation.
    pub rotation: f64,
    pub key_switch: f64,
    /// Making the server's bootstrapping key, and taking it to the Fourier domain.
    pub keygen: f64,
}

/// Key bits of the trial.
const TRIAL_BITS: usize = 64;

/// Measures a small key of the same family at the first call (some 50 ms) and keeps the figures
/// while the program runs.
pub fn lookup_cost(parameters: &TfheParameters) -> LookupCost {
    type Known = HashMap<(usize, usize, u32), (f64, f64)>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let family = (parameters.glwe_dimension, parameters.polynomial_size);
    let key = (family.0, family.1, parameters.pbs.levels);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    let (rotation, keygen) = *known
        .entry(key)
        .or_insert_with(|| trial(parameters).unwrap_or((typical_rotation_cost(family), 1e-3)));
    let n = parameters.lwe_dimension as f64;
    LookupCost { rotation: rotation * n, key_switch: switch_cost(parameters), keygen: keygen * n }
}

/// Seconds per key bit of a blind rotation, and of making and expanding keys.
fn trial(parameters: &TfheParameters) -> Result<(f64, f64), TfheError> {
    let toy = TfheParameters::insecure_toy(
        TRIAL_BITS,
        (parameters.glwe_dimension, parameters.polynomial_size),
        (parameters.pbs, parameters.key_switch),
        (parameters.lwe_variance, parameters.glwe_variance),
    )?;
    let seed = Seed::from_number(0);
    let secret = SecretKey::generate(&toy, &seed);
    let watch = Watch::silent();
    let started = Instant::now();
    let keys = secret.server_keys(&toy, false, &seed, &watch)?.expand(&toy, &watch)?;
    let threads = rayon::current_num_threads().clamp(1, TRIAL_BITS / 8) as f64;
    let keygen = started.elapsed().as_secs_f64() * threads / TRIAL_BITS as f64;
    let list: LweList = secret.encrypt(&toy, &[1 << 20; 16], &seed).expand(&toy);
    let inputs: Vec<Switched> = list.iter().map(|c| Switched::new(&toy, c, 0)).collect();
    let table = LookupPolynomial::new(&toy, &[&|_| 1 << 28]);
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let started = Instant::now();
        keys.bootstrap(&inputs, &table, 1, &watch)?;
        best = best.min(started.elapsed().as_secs_f64());
    }
    Ok((best / (inputs.len() * TRIAL_BITS) as f64, keygen))
}
