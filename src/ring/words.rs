//! Large buffers of words.

use memmap2::MmapMut;
use std::ops::{Deref, DerefMut};
use std::sync::Mutex;

/// Buffers from here on ask for huge pages: fewer faults at the first touch, fewer misses after.
const HUGE_BYTES: usize = 8 << 20;

/// Bytes of dropped buffers that are kept to be used again: pages that are new to the program are
/// cleared first, which takes longer than writing them.
const KEPT_BYTES: usize = 256 << 20;

/// Dropped buffers, the oldest first.
static KEPT: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

/// Words of public values, in huge pages where the system has them.
#[derive(Debug)]
pub struct Words(Backing);

#[derive(Debug)]
enum Backing {
    Heap(Vec<u64>),
    /// Whole words from the first byte on; a mapping begins at a page.
    Pages(MmapMut),
}

impl Words {
    /// `len` zeros.
    pub fn zero(len: usize) -> Self {
        let pages = (8 * len >= HUGE_BYTES).then(|| pages(8 * len)).flatten();
        Self(pages.map_or_else(|| Backing::Heap(vec![0; len]), Backing::Pages))
    }

    /// `len` words that hold anything: for buffers that are written whole.
    pub fn any(len: usize) -> Self {
        let kept = KEPT.lock().ok().and_then(|mut kept| {
            let at = kept.iter().position(|pages| pages.len() == 8 * len)?;
            Some(kept.remove(at))
        });
        kept.map_or_else(|| Self::zero(len), |pages| Self(Backing::Pages(pages)))
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        let Backing::Pages(pages) = std::mem::replace(&mut self.0, Backing::Heap(Vec::new()))
        else {
            return;
        };
        let Ok(mut kept) = KEPT.lock() else { return };
        kept.push(pages);
        let mut bytes: usize = kept.iter().map(|pages| pages.len()).sum();
        let dropped = kept.iter().take_while(|pages| {
            let more = bytes > KEPT_BYTES;
            bytes -= pages.len();
            more
        });
        let dropped = dropped.count();
        kept.drain(..dropped);
    }
}

fn pages(bytes: usize) -> Option<MmapMut> {
    let pages = MmapMut::map_anon(bytes).ok()?;
    // Advice may be ignored, then the pages are small.
    #[cfg(target_os = "linux")]
    pages.advise(memmap2::Advice::HugePage).ok();
    Some(pages)
}

impl Deref for Words {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        match &self.0 {
            Backing::Heap(words) => words,
            Backing::Pages(pages) => bytemuck::cast_slice(pages),
        }
    }
}

impl DerefMut for Words {
    fn deref_mut(&mut self) -> &mut [u64] {
        match &mut self.0 {
            Backing::Heap(words) => words,
            Backing::Pages(pages) => bytemuck::cast_slice_mut(pages),
        }
    }
}

impl Clone for Words {
    fn clone(&self) -> Self {
        let mut copy = Self::any(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_buffers_hold_words() {
        for len in [0, 5, HUGE_BYTES / 8 + 3] {
            let mut words = Words::zero(len);
            assert!(words.len() == len && words.iter().all(|w| *w == 0));
            words.iter_mut().zip(7..).for_each(|(w, x)| *w = x);
            let copy = words.clone();
            assert_eq!(copy, words);
            assert!(copy.iter().zip(7..).all(|(w, x)| *w == x));
        }
    }

    #[test]
    fn zeros_are_zeros_after_buffers_were_dropped() {
        let len = HUGE_BYTES / 8 + 5;
        for _ in 0..3 {
            let mut words = Words::any(len);
            assert_eq!(words.len(), len);
            words.fill(9);
            drop(words);
            assert!(Words::zero(len).iter().all(|w| *w == 0));
        }
    }
}
