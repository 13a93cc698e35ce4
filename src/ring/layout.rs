//! Polynomials on the wire: polynomial after polynomial, prime after prime, each word in as many bits
//! as its prime has.

use super::packing::{pack_words, packed_len, unpack_words};
use super::{Modulus, Panels, RnsPoly};
use rayon::prelude::*;
use std::borrow::Borrow;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How polynomials of some ring and primes lie in bytes.
#[derive(Clone, Debug)]
pub struct PolyLayout {
    n: usize,
    moduli: Vec<Modulus>,
}

impl PolyLayout {
    /// Of polynomials of degree `n` modulo each of `moduli`.
    pub fn new(n: usize, moduli: impl IntoIterator<Item = Modulus>) -> Self {
        Self { n, moduli: moduli.into_iter().collect() }
    }

    /// Bytes of one polynomial.
    pub fn poly_len(&self) -> usize {
        self.moduli.iter().map(|q| packed_len(self.n, bits(*q))).sum()
    }

    /// Appends `count` polynomials, number by number.
    pub fn write<P: Borrow<RnsPoly>>(
        &self,
        count: usize,
        poly: impl Fn(usize) -> Option<P> + Sync,
        out: &mut Vec<u8>,
    ) {
        let (start, each) = (out.len(), self.poly_len());
        grow(out, count * each);
        let Some(place) = out.get_mut(start..) else { return };
        place.par_chunks_exact_mut(each.max(1)).enumerate().for_each(|(index, mut bytes)| {
            let Some(poly) = poly(index) else { return };
            for (q, row) in self.moduli.iter().zip(poly.borrow().rows()) {
                let bits = bits(*q);
                let (here, rest) = bytes.split_at_mut(packed_len(self.n, bits));
                pack_words(row, bits, here);
                bytes = rest;
            }
        });
    }

    /// Reads `count` polynomials.
    ///
    /// # Errors
    /// The number of one that is cut off, or has a word that is not below its prime.
    pub fn read(&self, count: usize, bytes: &[u8]) -> Result<Vec<RnsPoly>, usize> {
        let one = |index: usize| {
            let mut words = vec![0; self.n * self.moduli.len()];
            let mut rest = self.slice(index, bytes);
            for (q, row) in self.moduli.iter().zip(words.chunks_exact_mut(self.n.max(1))) {
                let (here, after) = split(rest, packed_len(self.n, bits(*q)));
                rest = after;
                if !unpack_words(here, bits(*q), q.value(), row) {
                    return Err(index);
                }
            }
            RnsPoly::from_words(self.n, words).ok_or(index)
        };
        (0..count).into_par_iter().map(one).collect()
    }

    /// Reads `count` polynomials, interleaved.
    ///
    /// # Errors
    /// As [`PolyLayout::read`].
    pub fn read_panels(&self, count: usize, bytes: &[u8]) -> Result<Panels, usize> {
        let mut panels = Panels::any(self.n, self.moduli.len(), [count]);
        let broken = AtomicUsize::new(usize::MAX);
        panels.panels_mut().for_each(|mut panel| {
            let mut row = vec![0; self.n];
            for index in panel.range() {
                let mut fits = true;
                let mut rest = self.slice(index, bytes);
                for (j, q) in self.moduli.iter().enumerate() {
                    let (here, after) = split(rest, packed_len(self.n, bits(*q)));
                    rest = after;
                    fits &= unpack_words(here, bits(*q), q.value(), &mut row);
                    panel.put(index, j, &row);
                }
                if !fits {
                    broken.fetch_min(index, Ordering::Relaxed);
                }
            }
        });
        match broken.into_inner() {
            usize::MAX => Ok(panels),
            index => Err(index),
        }
    }

    /// The bytes of polynomial number `index`; fewer where they are cut off.
    fn slice<'a>(&self, index: usize, bytes: &'a [u8]) -> &'a [u8] {
        let each = self.poly_len();
        let rest = bytes.get(index.saturating_mul(each)..).unwrap_or_default();
        split(rest, each).0
    }
}

/// Appends `more` zeros. Where that needs new memory it is asked for as zeros, which the system gives page
/// by page to the threads that write there first, instead of all at once to this one.
fn grow(out: &mut Vec<u8>, more: usize) {
    let len = out.len() + more;
    if len <= out.capacity() {
        out.resize(len, 0);
        return;
    }
    let mut grown = vec![0; len];
    grown.iter_mut().zip(out.iter()).for_each(|(to, from)| *to = *from);
    *out = grown;
}

/// The first `len` bytes, or as many as there are, and the rest.
fn split(bytes: &[u8], len: usize) -> (&[u8], &[u8]) {
    bytes.split_at(len.min(bytes.len()))
}

/// Bits of a word modulo `q`.
fn bits(q: Modulus) -> u32 {
    64 - q.value().leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ntt_primes;

    #[test]
    fn polynomials_come_back_and_words_over_their_prime_are_refused() {
        let n = 64;
        let primes: Vec<u64> =
            [30, 41, 50].iter().map(|b| ntt_primes(*b, 2 * n, 1, &[])[0]).collect();
        let layout = PolyLayout::new(n, primes.iter().filter_map(|q| Modulus::new(*q)));
        for count in [0, 1, 8, 11] {
            let poly = |index: usize| {
                let word = |(j, w): (usize, usize)| match w {
                    0 => 0,
                    1 => primes[j] - 1,
                    _ => (index as u64 + 1) * 0x9e37_79b9_7f4a_7c15 % primes[j],
                };
                let words = (0..primes.len()).flat_map(|j| (0..n).map(move |w| (j, w)));
                RnsPoly::from_words(n, words.map(word).collect())
            };
            let mut bytes = vec![7; 3];
            layout.write(count, poly, &mut bytes);
            assert_eq!(bytes.len(), 3 + count * layout.poly_len());
            let bytes = &bytes[3..];
            let polys = layout.read(count, bytes).expect("right");
            let panels = layout.read_panels(count, bytes).expect("right");
            for (index, found) in polys.iter().enumerate() {
                assert_eq!(Some(found), poly(index).as_ref());
                assert_eq!(panels.poly(index), poly(index));
            }
            if count > 3 {
                let mut broken = bytes.to_vec();
                // The first word of the second prime of polynomial 2: all ones are above the prime.
                let at = 2 * layout.poly_len() + packed_len(n, 30);
                broken[at..at + 6].fill(0xff);
                assert_eq!(layout.read(count, &broken), Err(2));
                assert_eq!(layout.read_panels(count, &broken).err(), Some(2));
                assert_eq!(layout.read(count, &bytes[..bytes.len() - 1]), Err(count - 1));
            }
        }
    }
}
