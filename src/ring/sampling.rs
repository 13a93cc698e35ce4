//! Randomness: a ChaCha20 stream per purpose, and the distributions that schemes draw from it.

use super::Modulus;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The seed of a stream; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Seed {
    /// Fresh randomness of the operating system.
    pub fn from_os() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// A seed for a run that shall be repeatable. Secrets derived from it are only as secret as `number`.
    pub fn from_number(number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Self(bytes)
    }

    /// A seed that was sent in the clear, for public randomness.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for seeds that are public.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The independent seed number `index` for the purpose `label`.
    pub fn derive(&self, label: &str, index: u64) -> Self {
        use sha2::Digest;
        let mut hash = sha2::Sha256::new();
        hash.update(self.0);
        hash.update((label.len() as u64).to_le_bytes());
        hash.update(label.as_bytes());
        hash.update(index.to_le_bytes());
        Self(hash.finalize().into())
    }

    /// Stream number `index` of this seed; different streams are independent.
    pub fn stream(&self, index: u64) -> SeedStream {
        let mut rng = ChaCha20Rng::from_seed(self.0);
        rng.set_stream(index);
        SeedStream(rng)
    }
}

/// Variance of [`SeedStream::centered_binomial`].
pub const ERROR_VARIANCE: f64 = 10.5;

/// A stream of random words; wiped when dropped.
pub struct SeedStream(ChaCha20Rng);

impl SeedStream {
    /// One uniform word.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Fills `out` with uniform residues modulo `q`: words are masked to the bits of `q` and those
    /// not below `q` are drawn again. For public values: the time depends on them.
    pub fn uniform(&mut self, q: Modulus, out: &mut [u64]) {
        let q = q.value();
        let mask = u64::MAX >> q.leading_zeros();
        self.fill(out);
        for word in out.iter_mut() {
            let mut candidate = *word & mask;
            while candidate >= q {
                candidate = self.0.next_u64() & mask;
            }
            *word = candidate;
        }
    }

    /// Fills `out` with errors: differences of two binomials of 21 fair bits each, variance 10.5
    /// (close to a Gaussian of deviation 3.2). Constant time.
    pub fn centered_binomial(&mut self, out: &mut [i64]) {
        const HALF: u64 = (1 << 21) - 1;
        let mut words = [0u64; 256];
        for chunk in out.chunks_mut(words.len()) {
            self.fill(&mut words);
            for (value, word) in chunk.iter_mut().zip(&words) {
                let plus = bit_count(word & HALF);
                let minus = bit_count((word >> 21) & HALF);
                *value = plus as i64 - minus as i64;
            }
        }
        words.zeroize();
    }

    /// Fills `out` with uniform values of {-1, 0, 1}. The time depends only on how many of the
    /// random 2-bit fields were 3, not on the values kept.
    pub fn ternary(&mut self, out: &mut [i64]) {
        let mut word = 0u64;
        let mut left = 0;
        for value in out.iter_mut() {
            loop {
                if left == 0 {
                    word = self.0.next_u64();
                    left = 32;
                }
                let field = word & 3;
                word >>= 2;
                left -= 1;
                if field != 3 {
                    *value = field as i64 - 1;
                    break;
                }
            }
        }
        word.zeroize();
    }

    fn fill(&mut self, out: &mut [u64]) {
        // Little-endian on every machine, so that a seed means the same words everywhere.
        const BLOCK: usize = 512;
        let mut bytes = [0u8; 8 * BLOCK];
        for chunk in out.chunks_mut(BLOCK) {
            let bytes = &mut bytes[..8 * chunk.len()];
            self.0.fill_bytes(bytes);
            for (word, raw) in chunk.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*raw);
            }
        }
        bytes.zeroize();
    }
}

/// Ones among the low 32 bits by shifts and adds: no table, and the compiler can vectorise it.
#[inline(always)]
fn bit_count(x: u64) -> u32 {
    let x = x as u32;
    let x = x - ((x >> 1) & 0x5555_5555);
    let x = (x & 0x3333_3333) + ((x >> 2) & 0x3333_3333);
    ((x + (x >> 4)) & 0x0f0f_0f0f).wrapping_mul(0x0101_0101) >> 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_every_time_and_streams_differ() {
        let seed = Seed::from_number(7);
        let draw =
            |seed: &Seed, index| (0..8).map(|_| seed.stream(index).next_u64()).collect::<Vec<_>>();
        assert_eq!(draw(&seed, 3), draw(&seed, 3));
        assert_ne!(draw(&seed, 3), draw(&seed, 4));
        assert_ne!(seed.derive("a", 0), seed.derive("b", 0));
        assert_ne!(seed.derive("a", 0), seed.derive("a", 1));
        assert_ne!(Seed::from_os().unwrap(), Seed::from_os().unwrap());
    }

    #[test]
    fn bits_are_counted() {
        for x in [0u64, 1, 0x1f_ffff, 0xffff_ffff, 0x1234_5678] {
            assert_eq!(bit_count(x), x.count_ones());
        }
    }

    #[test]
    fn errors_have_the_stated_mean_and_deviation() {
        let mut e = vec![0i64; 1 << 17];
        Seed::from_number(1).stream(0).centered_binomial(&mut e);
        let n = e.len() as f64;
        let mean = e.iter().sum::<i64>() as f64 / n;
        let variance = e.iter().map(|x| (x * x) as f64).sum::<f64>() / n;
        // Five standard errors of the mean and of the variance.
        assert!(mean.abs() < 5.0 * (ERROR_VARIANCE / n).sqrt(), "{mean}");
        assert!(
            (variance - ERROR_VARIANCE).abs() < 5.0 * ERROR_VARIANCE * (2.0 / n).sqrt(),
            "{variance}"
        );
        assert!(e.iter().all(|x| x.abs() <= 21));
    }

    #[test]
    fn secrets_are_uniform_over_three_values() {
        let mut s = vec![0i64; 90_000];
        Seed::from_number(2).stream(0).ternary(&mut s);
        for value in -1..=1 {
            let count = s.iter().filter(|x| **x == value).count() as f64;
            // Five standard deviations of a binomial with p = 1/3.
            assert!((count - 30_000.0).abs() < 5.0 * 141.5, "{value}: {count}");
        }
    }

    #[test]
    fn uniform_residues_fill_their_range() {
        let q = Modulus::new(12_289).unwrap();
        let mut words = vec![0; 122_890];
        Seed::from_number(3).stream(0).uniform(q, &mut words);
        assert!(words.iter().all(|w| *w < q.value()));
        // Chi-square over 64 cells, 63 degrees of freedom: 5 deviations above the mean is 63 + 5 * 11.2.
        let mut cells = [0f64; 64];
        for w in &words {
            cells[(w * 64 / q.value()) as usize] += 1.0;
        }
        let expected = words.len() as f64 / 64.0;
        let chi2: f64 = cells.iter().map(|c| (c - expected).powi(2) / expected).sum();
        assert!(chi2 < 63.0 + 5.0 * 11.3, "{chi2}");
    }
}
