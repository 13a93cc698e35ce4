//! Many polynomials, interleaved so that both who writes one and who reads a tile of all find their
//! words close together.

use super::RnsPoly;
use super::kernels::{Kernel, TILE_WORDS, Tile};
use super::words::Words;
use rayon::prelude::*;

/// Polynomials in one panel: a tile of all of them is 2 KiB in a row.
const WIDTH: usize = 8;

/// Residues of `count` polynomials, `[panel][prime][tile][polynomial of the panel][word]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panels {
    n: usize,
    primes: usize,
    count: usize,
    words: Words,
}

/// The words of up to eight polynomials, to be written.
#[derive(Debug)]
pub struct PanelMut<'a> {
    kernel: Kernel,
    n: usize,
    /// Number of the first polynomial.
    first: usize,
    len: usize,
    words: &'a mut [u64],
}

impl Panels {
    /// Zero; N is a multiple of 32.
    pub fn zero(n: usize, primes: usize, count: usize) -> Self {
        assert!(n.is_multiple_of(TILE_WORDS), "whole tiles");
        let words = Words::zero(count.next_multiple_of(WIDTH) * primes * n);
        Self { n, primes, count, words }
    }

    /// Anything, for polynomials that are all written; N is a multiple of 32.
    pub fn any(n: usize, primes: usize, count: usize) -> Self {
        assert!(n.is_multiple_of(TILE_WORDS), "whole tiles");
        let size = WIDTH * primes * n;
        let mut words = Words::any(count.div_ceil(WIDTH) * size);
        if !count.is_multiple_of(WIDTH) {
            // Places without a polynomial are compared too.
            let last = words.len() - size;
            words[last..].fill(0);
        }
        Self { n, primes, count, words }
    }

    /// Number of polynomials.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Number of primes.
    pub fn primes(&self) -> usize {
        self.primes
    }

    /// All panels, to be written in parallel.
    pub fn panels_mut(&mut self) -> impl IndexedParallelIterator<Item = PanelMut<'_>> {
        let (n, count, kernel) = (self.n, self.count, Kernel::best());
        let panels = self.words.par_chunks_mut((WIDTH * self.primes * n).max(1));
        panels.enumerate().map(move |(panel, words)| {
            let first = panel * WIDTH;
            PanelMut { kernel, n, first, len: WIDTH.min(count - first), words }
        })
    }

    /// Tile number `tile` of every polynomial modulo prime `j`.
    pub fn tile(&self, j: usize, tile: usize, out: &mut [Tile]) {
        let panels = self.words.chunks_exact((WIDTH * self.primes * self.n).max(1));
        for (panel, out) in panels.zip(out.chunks_mut(WIDTH)) {
            let at = (j * self.n + tile * TILE_WORDS) * WIDTH;
            let words = panel[at..at + WIDTH * TILE_WORDS].as_chunks().0;
            for (out, words) in out.iter_mut().zip(words) {
                out.0 = *words;
            }
        }
    }

    /// Polynomial number `index`.
    pub fn poly(&self, index: usize) -> Option<RnsPoly> {
        if index >= self.count {
            return None;
        }
        let panel = self.words.chunks_exact(WIDTH * self.primes * self.n).nth(index / WIDTH)?;
        let tiles = panel.as_chunks::<TILE_WORDS>().0.iter().skip(index % WIDTH).step_by(WIDTH);
        RnsPoly::from_words(self.n, tiles.flatten().copied().collect())
    }
}

impl PanelMut<'_> {
    /// Numbers of the polynomials in this panel.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.len
    }

    /// Writes the residues of polynomial number `index` modulo prime `j`.
    pub fn put(&mut self, index: usize, j: usize, row: &[u64]) {
        let tiles = &mut self.words[j * self.n * WIDTH..(j + 1) * self.n * WIDTH];
        let tiles = tiles.as_chunks_mut::<TILE_WORDS>().0.iter_mut();
        let mine = tiles.skip(index - self.first).step_by(WIDTH);
        self.kernel.put_away(row.as_chunks().0.iter().zip(mine));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_come_back_whole_and_by_tiles() {
        for count in [0, 1, 8, 13] {
            let (n, primes) = (64, 3);
            let word = |i: usize, j: usize, w: usize| (i * 1000 + j * 100 + w) as u64;
            let mut panels = Panels::zero(n, primes, count);
            panels.panels_mut().for_each(|mut panel| {
                for i in panel.range() {
                    for j in 0..primes {
                        let row: Vec<u64> = (0..n).map(|w| word(i, j, w)).collect();
                        panel.put(i, j, &row);
                    }
                }
            });
            assert_eq!((panels.len(), panels.primes()), (count, primes));
            for i in 0..count {
                let poly = panels.poly(i).unwrap();
                for (j, row) in poly.rows().enumerate() {
                    assert!(row.iter().enumerate().all(|(w, x)| *x == word(i, j, w)));
                }
            }
            assert!(panels.poly(count).is_none());
            let mut tiles = vec![Tile::ZERO; count];
            panels.tile(2, 1, &mut tiles);
            for (i, tile) in tiles.iter().enumerate() {
                assert_eq!(tile.0[5], word(i, 2, TILE_WORDS + 5));
            }
        }
    }
}
