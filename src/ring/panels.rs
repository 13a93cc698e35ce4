//! Many polynomials, interleaved so that both who writes one and who reads a tile of all find their
//! words close together.

use super::RnsPoly;
use super::kernels::{Kernel, TILE_WORDS, Tile};
use super::words::Words;
use rayon::prelude::*;

/// Polynomials in one panel: a tile of all of them is 2 KiB in a row.
pub const PANEL: usize = 8;

/// Residues of `count` polynomials, `[panel][prime][tile][polynomial of the panel][word]`.
#[derive(Clone, Debug)]
pub struct Panels {
    n: usize,
    primes: usize,
    count: usize,
    /// Whole panels in each.
    words: Vec<Words>,
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
        let words = Words::zero(count.next_multiple_of(PANEL) * primes * n);
        Self { n, primes, count, words: vec![words] }
    }

    /// Anything, for polynomials that are all written, in pieces of so many: whole panels in all but the
    /// last. N is a multiple of 32.
    pub fn any(n: usize, primes: usize, pieces: impl IntoIterator<Item = usize>) -> Self {
        assert!(n.is_multiple_of(TILE_WORDS), "whole tiles");
        let size = PANEL * primes * n;
        let mut all = Self { n, primes, count: 0, words: Vec::new() };
        for count in pieces {
            assert!(all.count.is_multiple_of(PANEL), "whole panels");
            let mut words = Words::any(count.div_ceil(PANEL) * size);
            if !count.is_multiple_of(PANEL) {
                // Places without a polynomial are compared too.
                let last = words.len() - size;
                words[last..].fill(0);
            }
            all.words.push(words);
            all.count += count;
        }
        all
    }

    /// Puts the polynomials of `more` behind these, where they are; gives them back where they have another
    /// degree or other primes, or these end within a panel ([`PANEL`]).
    ///
    /// # Errors
    /// `more`.
    pub fn append(&mut self, more: Self) -> Result<(), Self> {
        if (self.n, self.primes) != (more.n, more.primes) || !self.count.is_multiple_of(PANEL) {
            return Err(more);
        }
        self.words.extend(more.words);
        self.count += more.count;
        Ok(())
    }

    /// What was put together, in pieces again.
    pub fn pieces(self) -> impl Iterator<Item = Self> {
        let (n, primes, size) = (self.n, self.primes, self.panel_size());
        let mut left = self.count;
        self.words.into_iter().map(move |words| {
            let count = left.min(words.len() / size * PANEL);
            left -= count;
            Self { n, primes, count, words: vec![words] }
        })
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
        let size = self.panel_size();
        let panels: Vec<_> = self.words.iter_mut().flat_map(|w| w.chunks_exact_mut(size)).collect();
        panels.into_par_iter().enumerate().map(move |(panel, words)| {
            let first = panel * PANEL;
            PanelMut { kernel, n, first, len: PANEL.min(count - first), words }
        })
    }

    /// Words of a panel.
    fn panel_size(&self) -> usize {
        (PANEL * self.primes * self.n).max(1)
    }

    fn panels(&self) -> impl Iterator<Item = &[u64]> {
        self.words.iter().flat_map(|words| words.chunks_exact(self.panel_size()))
    }

    /// Tile number `tile` of every polynomial modulo prime `j`.
    pub fn tile(&self, j: usize, tile: usize, out: &mut [Tile]) {
        for (panel, out) in self.panels().zip(out.chunks_mut(PANEL)) {
            let at = (j * self.n + tile * TILE_WORDS) * PANEL;
            let words = panel[at..at + PANEL * TILE_WORDS].as_chunks().0;
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
        let panel = self.panels().nth(index / PANEL)?;
        let tiles = panel.as_chunks::<TILE_WORDS>().0.iter().skip(index % PANEL).step_by(PANEL);
        RnsPoly::from_words(self.n, tiles.flatten().copied().collect())
    }
}

impl PartialEq for Panels {
    fn eq(&self, other: &Self) -> bool {
        let shape = |all: &Self| (all.n, all.primes, all.count);
        shape(self) == shape(other) && self.panels().eq(other.panels())
    }
}

impl Eq for Panels {}

impl PanelMut<'_> {
    /// Numbers of the polynomials in this panel.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.len
    }

    /// Writes the residues of polynomial number `index` modulo prime `j`.
    pub fn put(&mut self, index: usize, j: usize, row: &[u64]) {
        let tiles = &mut self.words[j * self.n * PANEL..(j + 1) * self.n * PANEL];
        let tiles = tiles.as_chunks_mut::<TILE_WORDS>().0.iter_mut();
        let mine = tiles.skip(index - self.first).step_by(PANEL);
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

    fn filled(primes: usize, range: std::ops::Range<usize>) -> Panels {
        let mut panels = Panels::any(64, primes, [range.len()]);
        panels.panels_mut().for_each(|mut panel| {
            for i in panel.range() {
                let word = |w| ((range.start + i) * 100 + w) as u64;
                let row: Vec<u64> = (0..64).map(word).collect();
                (0..primes).for_each(|j| panel.put(i, j, &row));
            }
        });
        panels
    }

    #[test]
    fn parts_behind_one_another_are_the_whole() {
        let whole = filled(2, 0..29);
        let mut parts = filled(2, 0..16);
        parts.append(filled(2, 16..24)).unwrap();
        assert_ne!(parts, whole);
        parts.append(filled(2, 24..29)).unwrap();
        assert_eq!(parts, whole);
        assert_eq!(parts.poly(28), whole.poly(28));
        let mut tiles = [vec![Tile::ZERO; 29], vec![Tile::ZERO; 29]];
        let [of_parts, of_whole] = &mut tiles;
        parts.tile(1, 1, of_parts);
        whole.tile(1, 1, of_whole);
        assert!(of_parts.iter().zip(of_whole.iter()).all(|(a, b)| a.0 == b.0));
        let pieces: Vec<Panels> = parts.clone().pieces().collect();
        assert_eq!(pieces, [filled(2, 0..16), filled(2, 16..24), filled(2, 24..29)]);
        // Behind the end of a panel only, and of the same primes.
        assert_eq!(parts.append(filled(2, 0..8)), Err(filled(2, 0..8)));
        assert!(filled(2, 0..8).append(filled(1, 0..8)).is_err());
    }
}
