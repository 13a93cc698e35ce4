//! A ring element by residues.

/// Residues of one polynomial, prime after prime, each `n` words; evaluations or coefficients, as
/// the holder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RnsPoly {
    n: usize,
    words: Vec<u64>,
}

impl RnsPoly {
    /// Zero modulo `primes` primes.
    pub fn zero(n: usize, primes: usize) -> Self {
        Self { n, words: vec![0; n * primes] }
    }

    /// From words, prime after prime; `None` unless their number is a multiple of `n`.
    pub fn from_words(n: usize, words: Vec<u64>) -> Option<Self> {
        (n > 0 && words.len().is_multiple_of(n)).then_some(Self { n, words })
    }

    /// Ring degree.
    pub fn degree(&self) -> usize {
        self.n
    }

    /// Number of primes.
    pub fn primes(&self) -> usize {
        self.words.len() / self.n
    }

    /// Residues modulo prime `j`.
    pub fn row(&self, j: usize) -> &[u64] {
        &self.words[j * self.n..(j + 1) * self.n]
    }

    /// Residues modulo prime `j`, to change.
    pub fn row_mut(&mut self, j: usize) -> &mut [u64] {
        &mut self.words[j * self.n..(j + 1) * self.n]
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.words.chunks_exact(self.n)
    }

    /// All rows in order, to change.
    pub fn rows_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [u64]> {
        self.words.chunks_exact_mut(self.n)
    }

    /// Keeps the first `primes` primes.
    pub fn truncate(&mut self, primes: usize) {
        self.words.truncate(primes * self.n);
    }

    /// Whether all words are 0.
    pub fn is_zero(&self) -> bool {
        self.words().iter().all(|word| *word == 0)
    }

    /// All words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

impl zeroize::Zeroize for RnsPoly {
    fn zeroize(&mut self) {
        self.words.zeroize();
    }
}
