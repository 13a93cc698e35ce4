//! Predicted time of a lookup.

use progress::Watch;
use ring::Seed;
use scheme::tfhe::{LookupPolynomial, LweList, SecretKey, Switched, TfheError, TfheParameters};
use std::collections::HashMap;
use std::hint::black_box;
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

/// Seconds that a word of the key switching key takes, as [`typical_rotation_cost`].
const SWITCH_WORD: f64 = 0.12e-9;

/// Seconds of a key switch on one core, as [`typical_rotation_cost`].
pub fn typical_switch_cost(parameters: &TfheParameters) -> f64 {
    SWITCH_WORD * switch_words(parameters)
}

/// Words of the key that a key switch reads.
fn switch_words(parameters: &TfheParameters) -> f64 {
    let digits = parameters.big_dimension() * parameters.key_switch.levels as usize;
    (digits * (parameters.lwe_dimension + 1)) as f64
}

/// Seconds that parts of a sample take on this machine, one thread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LookupCost {
    /// Modulus switch and blind rotation.
    pub rotation: f64,
    pub key_switch: f64,
    /// Making the server's bootstrapping key, and taking it to the Fourier domain.
    pub keygen: f64,
    /// A word of a weighted sum.
    pub sum_word: f64,
    /// A word of a mask, drawn.
    pub mask_word: f64,
}

/// Seconds of units of work, one thread.
#[derive(Clone, Copy)]
struct LookupUnits {
    /// Rotation and keys, a bit of the key.
    rotation: f64,
    keygen: f64,
    /// A word of the key switching key.
    switch_word: f64,
    sum_word: f64,
    mask_word: f64,
}

/// Key bits of the trial, its inputs, and terms of its sum.
const TRIAL_BITS: usize = 64;
const TRIAL_INPUTS: usize = 16;
const TRIAL_TERMS: usize = 1024;

/// Measures a small key of the same family at the first call (some 50 ms) and keeps the figures
/// while the program runs.
pub fn lookup_cost(parameters: &TfheParameters) -> LookupCost {
    type Known = HashMap<(usize, usize, u32), LookupUnits>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let family = (parameters.glwe_dimension, parameters.polynomial_size);
    let key = (family.0, family.1, parameters.pbs.levels);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    let typical = LookupUnits {
        rotation: typical_rotation_cost(family),
        keygen: 1e-3,
        switch_word: SWITCH_WORD,
        sum_word: 0.35e-9,
        mask_word: 1.2e-9,
    };
    let unit = *known.entry(key).or_insert_with(|| trial(parameters).unwrap_or(typical));
    let n = parameters.lwe_dimension as f64;
    LookupCost {
        rotation: unit.rotation * n,
        key_switch: unit.switch_word * switch_words(parameters),
        keygen: unit.keygen * n,
        sum_word: unit.sum_word,
        mask_word: unit.mask_word,
    }
}

/// Units of work, tried with a toy of the family of `parameters`.
fn trial(parameters: &TfheParameters) -> Result<LookupUnits, TfheError> {
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
    let keys = secret.server_keys(&toy, true, &seed, &watch)?.expand(&toy, &watch)?;
    let threads = rayon::current_num_threads().clamp(1, TRIAL_BITS / 8) as f64;
    let keygen = started.elapsed().as_secs_f64() * threads / TRIAL_BITS as f64;
    let sent = secret.encrypt(&toy, &[1 << 20; TRIAL_INPUTS], &seed);
    let list = sent.expand(&toy);
    // Masks are as long as they will be: beginning one takes as long as some hundred words.
    let mask_words = (TRIAL_INPUTS * (parameters.lwe_dimension + 1)) as f64;
    let masks = fastest(|| {
        black_box(sent.expand(parameters));
        Ok(())
    })?;
    let inputs: Vec<Switched> = list.iter().map(|c| Switched::new(&toy, c, 0)).collect();
    let table = LookupPolynomial::new(&toy, &[&|_| 1 << 28]);
    let rotations = fastest(|| keys.bootstrap(&inputs, &table, 1, &watch).map(drop))?;
    let big = LweList::zeros(toy.big_dimension(), TRIAL_INPUTS);
    let rows: Vec<&[u32]> = big.iter().collect();
    let switches = fastest(|| keys.key_switch(&rows).map(drop))?;
    let mut sum = vec![0; toy.big_dimension() + 1];
    let terms = || (0..TRIAL_TERMS).map(|at| ((at % TRIAL_INPUTS) as u32, 3));
    let sums = fastest(|| big.weighted_sum(terms(), 0, black_box(&mut sum)))?;
    Ok(LookupUnits {
        rotation: rotations / (TRIAL_INPUTS * TRIAL_BITS) as f64,
        keygen,
        switch_word: switches / (TRIAL_INPUTS as f64 * switch_words(&toy)),
        sum_word: sums / (TRIAL_TERMS * sum.len()) as f64,
        mask_word: masks / mask_words,
    })
}

/// Seconds of the fastest of three.
fn fastest(mut work: impl FnMut() -> Result<(), TfheError>) -> Result<f64, TfheError> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let started = Instant::now();
        work()?;
        best = best.min(started.elapsed().as_secs_f64());
    }
    Ok(best)
}
