//! Randomness: a ChaCha20 stream per secret purpose, an AES-256 stream per public one, and the
//! distributions that schemes draw from them.

use super::Modulus;
use super::kernels::{BlockAt, ERROR_BYTES, Kernel, MaskKey, TILE_WORDS, Tile};
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

    /// Stream number `index` (below 2^63) of this seed; different streams are independent.
    pub fn stream(&self, index: u64) -> SeedStream {
        SeedStream {
            key: self.key(),
            kernel: Kernel::best(),
            stream: index,
            next: 0,
            words: [[0; 8]; BLOCKS],
            used: 8 * BLOCKS,
        }
    }

    /// Uniform residues modulo `q`: words `first..` of stream `stream` of this seed, anywhere in it
    /// at the same cost. Word `w` is made of bytes `b w..b (w + 1)` of the AES-256 stream, `b` the
    /// bytes of `q`, cut to the bits of `q`. Words that are not below `q` are drawn again from a
    /// place of their own (see `redraw`). For public values: the time depends on them.
    ///
    /// `first` and the number of words are multiples of 32.
    pub fn uniform(&self, kernel: Kernel, q: Modulus, stream: u64, first: usize, out: &mut [u64]) {
        let mut blocks = Blocks::default();
        let key = MaskKey::new(&self.0);
        for (at, chunk) in out.chunks_mut(UNIFORM_CHUNK).enumerate() {
            let first = first + at * UNIFORM_CHUNK;
            let range = blocks.of(q, first, chunk.len());
            blocks.at.clear();
            blocks.at.extend(range.blocks.map(|counter| BlockAt { counter, stream }));
            blocks.fill(kernel, &key);
            let words = &blocks.words.as_flattened()[range.skip..];
            if !kernel.uniform(q, range.bytes, words, chunk) {
                redraw(kernel, &key, q, stream, first, chunk);
            }
        }
    }

    /// The same for tile number `tile` of many streams at once.
    pub fn uniform_tiles(
        &self,
        kernel: Kernel,
        q: Modulus,
        streams: impl Iterator<Item = u64>,
        tile: usize,
        blocks: &mut Blocks,
        out: &mut [Tile],
    ) {
        let key = MaskKey::new(&self.0);
        let first = tile * TILE_WORDS;
        let range = blocks.of(q, first, TILE_WORDS);
        let each = range.blocks.clone().count();
        let mut streams = streams.zip(out).peekable();
        let mut here = Vec::with_capacity(STREAMS);
        while streams.peek().is_some() {
            here.clear();
            here.extend(streams.by_ref().take(STREAMS));
            blocks.at.clear();
            for (stream, _) in &here {
                let of = |counter| BlockAt { counter, stream: *stream };
                blocks.at.extend(range.blocks.clone().map(of));
            }
            blocks.fill(kernel, &key);
            for ((stream, tile), words) in here.iter_mut().zip(blocks.words.chunks_exact(each)) {
                let words = &words.as_flattened()[range.skip..];
                if !kernel.uniform(q, range.bytes, words, &mut tile.0) {
                    redraw(kernel, &key, q, *stream, first, &mut tile.0);
                }
            }
        }
    }

    fn key(&self) -> [u32; 8] {
        let mut key = [0; 8];
        for (word, bytes) in key.iter_mut().zip(self.0.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        key
    }
}

/// Words of one call of the kernel; their blocks stay in the first-level cache.
const UNIFORM_CHUNK: usize = 512;

/// Streams whose tiles are expanded together; three blocks each make full vectors.
const STREAMS: usize = 16;

/// Blocks of a key stream; a buffer to be used again.
#[derive(Debug, Default)]
pub struct Blocks {
    at: Vec<BlockAt>,
    words: Vec<[u64; 8]>,
}

/// Where the bytes of some words lie in a stream.
struct ByteRange {
    bytes: usize,
    blocks: std::ops::Range<u64>,
    /// 64-bit words before the first byte in the first block.
    skip: usize,
}

impl Blocks {
    fn of(&self, q: Modulus, first: usize, count: usize) -> ByteRange {
        let whole = first.is_multiple_of(TILE_WORDS) && count.is_multiple_of(TILE_WORDS);
        assert!(whole, "whole tiles");
        let bytes = q.value().ilog2() as usize / 8 + 1;
        let (start, end) = (first * bytes, (first + count) * bytes);
        let blocks = (start / 64) as u64..end.div_ceil(64) as u64;
        ByteRange { bytes, blocks, skip: start % 64 / 8 }
    }

    fn fill(&mut self, kernel: Kernel, key: &MaskKey) {
        self.words.resize(self.at.len(), [0; 8]);
        kernel.mask_stream(key, &self.at, &mut self.words);
    }
}

/// Draws the words that are not below `q` again: word `w` of stream `stream` from the blocks
/// `2^16 w, 2^16 w + 1, ...` of stream `stream + 2^63`, eight candidates each, the first that is
/// below `q`. So every word can be made without those before it.
fn redraw(kernel: Kernel, key: &MaskKey, q: Modulus, stream: u64, first: usize, out: &mut [u64]) {
    let mask = u64::MAX >> q.value().leading_zeros();
    for (word, w) in out.iter_mut().zip(first as u64..) {
        let mut counter = w << 16;
        while *word >= q.value() {
            let mut block = [[0; 8]];
            kernel.mask_stream(key, &[BlockAt { counter, stream: stream | 1 << 63 }], &mut block);
            let candidates = block[0].map(|c| c & mask);
            *word = candidates.into_iter().find(|c| *c < q.value()).unwrap_or(*word);
            counter += 1;
        }
    }
}

/// Variance of [`SeedStream::centered_binomial`].
pub const ERROR_VARIANCE: f64 = 10.5;

/// Blocks made at once.
const BLOCKS: usize = 48;

/// A stream of random words; wiped when dropped.
pub struct SeedStream {
    key: [u32; 8],
    kernel: Kernel,
    stream: u64,
    /// The block after those in `words`.
    next: u64,
    words: [[u64; 8]; BLOCKS],
    /// Words used up.
    used: usize,
}

impl Drop for SeedStream {
    fn drop(&mut self) {
        self.key.zeroize();
        self.words.zeroize();
    }
}

impl SeedStream {
    /// One uniform word.
    pub fn next_u64(&mut self) -> u64 {
        if self.used == 8 * BLOCKS {
            self.fill();
        }
        let word = self.words[self.used / 8][self.used % 8];
        self.used += 1;
        word
    }

    /// Fills `out` with errors: differences of two binomials of 21 fair bits each, variance 10.5
    /// (close to a Gaussian of standard deviation 3.2). Constant time. Begins at a new block.
    pub fn centered_binomial(&mut self, out: &mut [i64]) {
        for chunk in out.chunks_mut(64 * BLOCKS / ERROR_BYTES) {
            self.fill();
            self.kernel.centered_binomial(self.words.as_flattened(), chunk);
        }
        self.used = 8 * BLOCKS;
    }

    /// Fills `out` with uniform values of {-1, 0, 1}. The time depends only on how many of the
    /// random 2-bit fields were 3, not on the values kept.
    pub fn ternary(&mut self, out: &mut [i64]) {
        let mut word = 0u64;
        let mut left = 0;
        for value in out.iter_mut() {
            loop {
                if left == 0 {
                    word = self.next_u64();
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

    fn fill(&mut self) {
        let stream = self.stream;
        let at = std::array::from_fn::<_, BLOCKS, _>(|i| BlockAt {
            counter: self.next + i as u64,
            stream,
        });
        self.kernel.key_stream(&self.key, &at, &mut self.words);
        self.next += BLOCKS as u64;
        self.used = 0;
    }
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
    fn streams_are_those_of_chacha20() {
        use chacha20::ChaCha20Rng;
        use chacha20::rand_core::{Rng, SeedableRng};
        let seed = Seed::from_number(99).derive("test", 5);
        let mut oracle = ChaCha20Rng::from_seed(seed.0);
        oracle.set_stream(0x1234_5678_9abc);
        let mut stream = seed.stream(0x1234_5678_9abc);
        assert!((0..2000).all(|_| stream.next_u64() == oracle.next_u64()));
    }

    #[test]
    fn any_part_of_a_uniform_stream_is_the_same_by_any_kernel() {
        let seed = Seed::from_number(5);
        // The first two are often exceeded, so that words are drawn again.
        for q in [(1u64 << 40) + 15, (1 << 16) + 1, 281_474_976_546_817, (1 << 50) - 27] {
            let q = Modulus::new(q).unwrap();
            let mut whole = vec![0; 4096];
            seed.uniform(Kernel::Portable, q, 3, 0, &mut whole);
            assert!(whole.iter().all(|w| *w < q.value()));
            for kernel in Kernel::available() {
                let mut part = vec![0; 1024];
                seed.uniform(kernel, q, 3, 2080, &mut part);
                assert_eq!(part, whole[2080..3104]);
                let mut tiles = [Tile::ZERO; 37];
                let streams = (0..37u64).map(|i| if i == 33 { 3 } else { 100 + i });
                seed.uniform_tiles(kernel, q, streams, 11, &mut Blocks::default(), &mut tiles);
                assert_eq!(tiles[33].0, whole[352..384]);
                assert_ne!(tiles[32], tiles[31]);
            }
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
        let mut words = vec![0; 122_880];
        Seed::from_number(3).uniform(Kernel::best(), q, 0, 0, &mut words);
        assert!(words.iter().all(|w| *w < q.value()));
        // Chi-square over 64 cells, 63 degrees of freedom: 5 standard deviations above the mean is 63 + 5 * 11.2.
        let mut cells = [0f64; 64];
        for w in &words {
            cells[(w * 64 / q.value()) as usize] += 1.0;
        }
        let expected = words.len() as f64 / 64.0;
        let chi2: f64 = cells.iter().map(|c| (c - expected).powi(2) / expected).sum();
        assert!(chi2 < 63.0 + 5.0 * 11.3, "{chi2}");
    }
}
