//! Encryption, decryption, relinearisation and modulus switching, at the parameters of CryptoNets.

use super::harness::{BenchError, Harness, demand};
use super::measurement::Measurement;
use super::transforms::transform_secs;
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use ring::{Kernel, Seed, ntt_primes};
use scheme::bgv::{
    BgvError, BgvParameters, Ciphertext, EvaluationKeys, FreshBatch, SecretKey, Segment,
    SegmentInput, SegmentOp,
};

const N: usize = 8192;
const PRIMES: usize = 4;
const PRIME_BITS: u32 = 48;
const PLAINTEXT_BITS: u32 = 40;

/// Pixels of an image.
const INPUTS: usize = 784;

/// Ciphertexts that are switched at once in CryptoNets.
const SWITCHED: usize = 100;

/// Values whose squares stay below half of the plaintext modulus.
const LARGEST_VALUE: u64 = 700_000;

/// Ciphertexts that the portable kernel computes again.
const PORTABLE: usize = 2;

/// Keys, and vectors to encrypt.
pub struct Setting {
    pub parameters: BgvParameters,
    pub secret: SecretKey,
    pub keys: EvaluationKeys,
    /// One per ciphertext, N values each.
    pub vectors: Vec<Vec<i64>>,
    seed: Seed,
}

impl Setting {
    /// `count` vectors of values of at most `largest`, and keys, from a seed.
    pub fn new(count: usize, largest: u64, seed: u64) -> Result<Self, BgvError> {
        let primes = ntt_primes(PRIME_BITS, N, PRIMES, &[]);
        let t = ntt_primes(PLAINTEXT_BITS, N, 1, &primes).first().copied().unwrap_or_default();
        let parameters = BgvParameters::new(N, &primes, t)?;
        let seed = Seed::from_number(seed).derive("bench", 0);
        let secret = SecretKey::generate(&parameters, &seed.derive("secret key", 0));
        let keys = secret.evaluation_keys(&parameters, &seed.derive("evaluation keys", 0));
        let values = seed.derive("values", 0);
        let vector = |index: usize| {
            let mut stream = values.stream(index as u64);
            (0..N).map(|_| (stream.next_u64() % (largest + 1)) as i64).collect()
        };
        let vectors = (0..count).into_par_iter().map(vector).collect();
        Ok(Self { parameters, secret, keys, vectors, seed })
    }

    /// The inputs of CryptoNets: pixels of two bits.
    pub fn pixels(seed: u64) -> Result<Self, BgvError> {
        Self::new(INPUTS, 3, seed)
    }

    /// As many values as CryptoNets switches at once, to be squared.
    pub fn values(seed: u64) -> Result<Self, BgvError> {
        Self::new(SWITCHED, LARGEST_VALUE, seed)
    }

    /// Encrypts the first `count` vectors with the arithmetic of `parameters`.
    fn encrypt_with(
        &self,
        parameters: &BgvParameters,
        count: usize,
        watch: &Watch,
    ) -> Result<FreshBatch, Cancelled> {
        let seed = self.seed.derive("batch", 0);
        self.secret.encrypt(parameters, &self.vectors[..count], &seed, watch, "encrypt")
    }

    /// Encrypts all vectors.
    pub fn encrypt(&self, watch: &Watch) -> Result<FreshBatch, Cancelled> {
        self.encrypt_with(&self.parameters, self.vectors.len(), watch)
    }

    /// The vectors encrypted, with their masks written out.
    pub fn fresh(&self, watch: &Watch) -> Result<Vec<Ciphertext>, Cancelled> {
        let batch = self.encrypt(watch)?;
        let write_out = |index| batch.ciphertext(&self.parameters, index);
        Ok((0..batch.len()).into_par_iter().filter_map(write_out).collect())
    }

    /// The vectors encrypted and squared: three components each.
    pub fn squares(&self, watch: &Watch) -> Result<Vec<Ciphertext>, Cancelled> {
        let batch = self.encrypt(watch)?;
        let segment = Segment { ops: vec![SegmentOp::Square] };
        let input = SegmentInput::Fresh(&batch);
        let squared = segment.run(&self.parameters, &input, &[], watch.cancel_flag(), &|| ())?;
        Ok(squared.ciphertexts)
    }

    /// Squares of the vectors.
    pub fn squared_vectors(&self) -> Vec<Vec<i64>> {
        let square = |vector: &Vec<i64>| vector.iter().map(|x| x * x).collect();
        self.vectors.iter().map(square).collect()
    }

    /// Relinearises all of `ciphertexts`.
    pub fn relinearise(&self, ciphertexts: Vec<Ciphertext>) -> Vec<Ciphertext> {
        let one = |c| self.keys.relinearise(&self.parameters, c);
        ciphertexts.into_par_iter().map(one).collect()
    }

    /// Drops a prime of each of `ciphertexts`.
    pub fn switch(&self, ciphertexts: Vec<Ciphertext>) -> Vec<Ciphertext> {
        ciphertexts.into_par_iter().map(|c| c.switch(&self.parameters)).collect()
    }

    /// Decrypts all of `ciphertexts`.
    pub fn decrypt(&self, ciphertexts: &[Ciphertext]) -> Vec<Vec<i64>> {
        let one = |c| self.secret.decrypt(&self.parameters, c).values;
        ciphertexts.par_iter().map(one).collect()
    }

    /// The same parameters on the portable kernel.
    fn portable(&self) -> BgvParameters {
        self.parameters.with_kernel(Kernel::Portable)
    }

    fn describe(&self, measurement: Measurement) -> Measurement {
        measurement
            .with("ring_degree", N)
            .with("primes", PRIMES)
            .with("prime_bits", PRIME_BITS)
            .with("log2_q", self.parameters.basis().log2(PRIMES))
            .with("plaintext_bits", PLAINTEXT_BITS)
            .with("security_bits", self.parameters.security_bits())
            .with("ciphertexts", self.vectors.len())
    }
}

/// Whether every decrypted vector is what it should be.
pub fn check_vectors(
    what: &str,
    found: &[Vec<i64>],
    expected: &[Vec<i64>],
) -> Result<(), BenchError> {
    demand(found.len() == expected.len(), what, || {
        format!("{} results, not {}", found.len(), expected.len())
    })?;
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let wrong = expected.len().abs_diff(found.len())
            + found.iter().zip(expected).filter(|(a, b)| a != b).count();
        demand(wrong == 0, what, || {
            format!("{wrong} values of ciphertext {index} decrypt to something else")
        })?;
    }
    Ok(())
}

const DECRYPTED: &str = "all decrypted; the portable kernel";

/// `transforms` of each ciphertext and nothing else.
fn limited(
    harness: &Harness,
    measurement: Measurement,
    transforms: usize,
) -> Result<Measurement, BenchError> {
    let secs = transform_secs(harness, N)? * transforms as f64;
    let what = format!("{transforms} transforms for each ciphertext, measured in this run");
    Ok(measurement.with_limit(&what, harness.threads() as f64 / secs))
}

/// A watch that only carries the wish to stop.
fn quiet<'a>(harness: &Harness) -> Watch<'a> {
    Watch::new(harness.watch.cancel_flag().clone(), &|_| ())
}

pub(crate) fn encrypt(harness: &mut Harness) -> Result<(), BenchError> {
    let what = "encrypt";
    let setting = Setting::pixels(harness.options.seed)?;
    let watch = quiet(harness);
    let (timing, batch) = harness.time(what, || (), |()| setting.encrypt(&watch))?;
    let decrypted: Vec<_> = harness.pool().install(|| {
        let decrypt = |index| {
            let ciphertext = batch.ciphertext(&setting.parameters, index)?;
            Some(setting.secret.decrypt(&setting.parameters, &ciphertext).values)
        };
        (0..batch.len()).into_par_iter().filter_map(decrypt).collect()
    });
    check_vectors(what, &decrypted, &setting.vectors)?;
    let portable = setting.encrypt_with(&setting.portable(), PORTABLE, &watch)?;
    // Randomness is bound to all that is encrypted: the same few vectors on both kernels.
    let few = setting.encrypt_with(&setting.parameters, PORTABLE, &watch)?;
    let ciphertext = |batch: &FreshBatch, index| batch.ciphertext(&setting.parameters, index);
    let mut same = (0..PORTABLE).map(|i| ciphertext(&few, i) == ciphertext(&portable, i));
    demand(same.all(|s| s), what, || "the portable kernel gives other ciphertexts".into())?;
    let measurement = Measurement::new(what, &timing, batch.len() as f64, "ciphertexts");
    let measurement = limited(harness, setting.describe(measurement), PRIMES + 1)?;
    harness.emit(measurement.checked_by(DECRYPTED))
}

pub(crate) fn decrypt(harness: &mut Harness) -> Result<(), BenchError> {
    let setting = Setting::values(harness.options.seed)?;
    let watch = quiet(harness);
    for (what, components) in [("decrypt fresh", 2), ("decrypt squares", 3)] {
        let (ciphertexts, expected) = harness.pool().install(|| match components {
            2 => Ok((setting.fresh(&watch)?, setting.vectors.clone())),
            _ => Ok::<_, Cancelled>((setting.squares(&watch)?, setting.squared_vectors())),
        })?;
        let work = |()| Ok(setting.decrypt(&ciphertexts));
        let (timing, decrypted) = harness.time(what, || (), work)?;
        check_vectors(what, &decrypted, &expected)?;
        let count = ciphertexts.len() as f64;
        let measurement = Measurement::new(what, &timing, count, "ciphertexts");
        let measurement = setting.describe(measurement).with("parts", components);
        let measurement = limited(harness, measurement, PRIMES + 1)?;
        harness.emit(measurement.checked_by("all values"))?;
    }
    Ok(())
}

pub(crate) fn relinearise(harness: &mut Harness) -> Result<(), BenchError> {
    let what = "relinearise";
    let setting = Setting::values(harness.options.seed)?;
    let watch = quiet(harness);
    let squares = harness.pool().install(|| setting.squares(&watch))?;
    let work = |squares| Ok(setting.relinearise(squares));
    let (timing, relinearised) = harness.time(what, || squares.clone(), work)?;
    let decrypted = harness.pool().install(|| setting.decrypt(&relinearised));
    check_vectors(what, &decrypted, &setting.squared_vectors())?;
    let portable = setting.portable();
    let again = squares[..PORTABLE].iter().map(|c| setting.keys.relinearise(&portable, c.clone()));
    demand(again.eq(relinearised[..PORTABLE].iter().cloned()), what, || {
        "the portable kernel gives other ciphertexts".into()
    })?;
    let measurement = Measurement::new(what, &timing, squares.len() as f64, "ciphertexts");
    let measurement = limited(harness, setting.describe(measurement), PRIMES * PRIMES)?;
    harness.emit(measurement.checked_by(DECRYPTED))
}

pub(crate) fn switch(harness: &mut Harness) -> Result<(), BenchError> {
    let setting = Setting::values(harness.options.seed)?;
    let watch = quiet(harness);
    let squares = harness.pool().install(|| setting.squares(&watch))?;
    let relinearised = harness.pool().install(|| setting.relinearise(squares.clone()));
    // Both components once back from, and to each prime that stays.
    let transforms = 2 * PRIMES;
    for (what, input, transforms) in [
        ("switch", &relinearised, transforms),
        ("relinearise + switch", &squares, PRIMES * PRIMES + transforms),
    ] {
        let both = what != "switch";
        let work = |input| match both {
            true => {
                setting.keys.relinearise_and_switch(&setting.parameters, input, 1, &watch, what)
            }
            false => Ok(setting.switch(input)),
        };
        let (timing, switched) = harness.time(what, || input.clone(), work)?;
        let decrypted = harness.pool().install(|| setting.decrypt(&switched));
        check_vectors(what, &decrypted, &setting.squared_vectors())?;
        let portable = setting.portable();
        let again = relinearised[..PORTABLE].iter().map(|c| c.clone().switch(&portable));
        demand(again.eq(switched[..PORTABLE].iter().cloned()), what, || {
            "the portable kernel gives other ciphertexts".into()
        })?;
        let measurement = Measurement::new(what, &timing, input.len() as f64, "ciphertexts");
        let measurement = setting.describe(measurement).with("primes_dropped", 1);
        let measurement = limited(harness, measurement, transforms)?;
        harness.emit(measurement.checked_by(DECRYPTED))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_decrypts_wrongly_is_told() {
        let expected = vec![vec![1, 2, 3], vec![4, 5, 6]];
        check_vectors("x", &expected, &expected).unwrap();
        let mut found = expected.clone();
        found[1][2] = 7;
        let text = check_vectors("x", &found, &expected).unwrap_err().to_string();
        assert!(
            text.starts_with("x: 1 values of ciphertext 1 decrypt to something else"),
            "{text}"
        );
        found[1].pop();
        assert!(check_vectors("x", &found, &expected).is_err());
        assert!(check_vectors("x", &expected[..1], &expected).is_err());
    }
}
