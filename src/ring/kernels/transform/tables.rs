//! What a transform is computed with: powers of roots, and which part of a level comes next.

use crate::kernels::Modulus;
use crate::kernels::ifma::{LANES, splat};
use std::arch::x86_64::*;

/// Words that the levels inside registers take together.
pub(super) const PAIR: usize = 2 * LANES;

/// Words that stay in the first-level cache through several passes.
pub(super) const WORDS_IN_CACHE: usize = 4096;

/// Powers of a root, and the same times `2^52 / q`.
#[derive(Clone, Debug)]
pub(super) struct Powers {
    /// Entry `k` is the root to the power of `k` with its bits reversed.
    pub(super) plain: Vec<u64>,
    pub(super) scaled: Vec<u64>,
    /// For every sixteen words, the factors of the levels at distance 4, 2 and 1, lane by lane.
    pub(super) inside: Vec<[[u64; LANES]; 6]>,
}

/// Tables of one transform.
#[derive(Clone, Debug)]
pub struct Transform {
    pub(super) q: Modulus,
    pub(super) forward: Powers,
    pub(super) inverse: Powers,
    /// `n^-1`, plain and scaled.
    pub(super) shrink: [u64; 2],
}

/// `floor(w 2^52 / q)`.
pub(super) fn scale(q: Modulus, w: u64) -> u64 {
    ((u128::from(w) << 52) / u128::from(q.value())) as u64
}

impl Powers {
    pub(super) fn new(n: usize, q: Modulus, root: u64) -> Self {
        let mut plain = vec![1; n];
        let mut power = 1;
        let bits = n.trailing_zeros();
        for k in 0..n {
            plain[k.reverse_bits() >> (usize::BITS - bits)] = power;
            power = q.mul(power, root);
        }
        let scaled: Vec<u64> = plain.iter().map(|w| scale(q, *w)).collect();
        // Lanes of the sixteen words in the order that `inner` works on them.
        const AT: [[usize; LANES]; 3] =
            [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 2, 2, 1, 1, 3, 3], [0, 1, 4, 5, 2, 3, 6, 7]];
        let inside = (0..n / PAIR).map(|pair| {
            let level = |table: &[u64], level: usize| {
                let groups = n >> (3 - level);
                AT[level].map(|at| table[groups + (pair << (level + 1)) + at])
            };
            std::array::from_fn(|i| level(if i % 2 == 0 { &plain } else { &scaled }, i / 2))
        });
        let inside = inside.collect();
        Self { plain, scaled, inside }
    }
}

/// Levels of the next pass when `left` are left, so that four remain for the last one.
pub(super) fn pass(left: usize) -> usize {
    match left {
        ..=4 => left,
        5 => 1,
        6 | 8 => 2,
        _ => 3,
    }
}

/// `n^-1`, plain and scaled, where it is due.
pub(super) type Shrink = Option<(__m512i, __m512i)>;

/// Factors of up to three levels: entry `2^l - 1 + b` is for block `b` of level `l`.
pub(super) type Factors = [(__m512i, __m512i); 7];

/// Factors of `LEVELS` levels from that with `groups` groups on, for group number `group` of it.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(super) fn factors<const LEVELS: usize>(
    powers: &Powers,
    groups: usize,
    group: usize,
) -> Factors {
    let mut factors = [(_mm512_setzero_si512(), _mm512_setzero_si512()); 7];
    for level in 0..LEVELS {
        for block in 0..1 << level {
            let at = (groups << level) + (group << level) + block;
            let entry = &mut factors[(1 << level) - 1 + block];
            *entry = (splat(powers.plain[at]), splat(powers.scaled[at]));
        }
    }
    factors
}

/// Some consecutive groups of a level.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// Groups of the level.
    pub(super) groups: usize,
    /// The first of the part.
    pub(super) first: usize,
}

impl Part {
    /// The same words `levels` levels further down.
    pub(super) fn below(self, levels: usize) -> Self {
        Self { groups: self.groups << levels, first: self.first << levels }
    }

    /// The group after `by` others.
    pub(super) fn after(self, by: usize) -> Self {
        Self { first: self.first + by, ..self }
    }
}
