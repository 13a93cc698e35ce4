//! The number-theoretic transform with 52-bit products, up to three levels at a time in registers.
//!
//! Products are those of Shoup: with `w' = floor(w 2^52 / q)` and any `y < 2^52`,
//! `y w - floor(y w' / 2^52) q` lies in `[0, 2q)` (Harvey, "Faster arithmetic for number-theoretic
//! transforms", 2014, section 3). Sums are left unreduced as long as 52 bits hold them, and bits
//! above the 52 are left as they come: products do not read them.

mod field;
mod forward;
mod inverse;

use super::Modulus;
use super::ifma::{LANES, splat};
use std::arch::x86_64::*;

/// Smallest length: three levels inside registers and one across.
pub const MIN_LENGTH: usize = 32;

/// Words that the levels inside registers take together.
const PAIR: usize = 2 * LANES;

/// Words that stay in the first-level cache through several passes.
const WORDS_IN_CACHE: usize = 4096;

/// Powers of a root, and the same times `2^52 / q`.
#[derive(Clone, Debug)]
struct Powers {
    /// Entry `k` is the root to the power of `k` with its bits reversed.
    plain: Vec<u64>,
    scaled: Vec<u64>,
    /// For every sixteen words, the factors of the levels at distance 4, 2 and 1, lane by lane.
    inside: Vec<[[u64; LANES]; 6]>,
}

/// Tables of one transform.
#[derive(Clone, Debug)]
pub struct Transform {
    q: Modulus,
    forward: Powers,
    inverse: Powers,
    /// `n^-1`, plain and scaled.
    shrink: [u64; 2],
}

impl Transform {
    /// Tables for length `n` (a power of two, at least 32) and a primitive `2n`-th root `psi`;
    /// `None` where the processor lacks the instructions, or `psi` has no inverse.
    pub fn new(n: usize, q: Modulus, psi: u64) -> Option<Self> {
        if !super::ifma_available() || !n.is_power_of_two() || n < MIN_LENGTH {
            return None;
        }
        let shrink = q.inv(n as u64)?;
        Some(Self {
            q,
            forward: Powers::new(n, q, psi),
            inverse: Powers::new(n, q, q.inv(psi)?),
            shrink: [shrink, scale(q, shrink)],
        })
    }

    /// Coefficients to evaluations, in place; canonical before and after.
    pub fn forward(&self, words: &mut [u64]) {
        assert!(words.len() == self.forward.plain.len(), "one transform");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { forward::forward(self, words) }
    }

    /// Coefficients `x`, canonical modulo `from` and read as centred integers, to evaluations.
    ///
    /// Half of `from` is below q, so nothing needs to be reduced on the way in.
    pub fn forward_recentered(&self, from: Modulus, x: &[u64], words: &mut [u64]) {
        assert!(words.len() == self.forward.plain.len() && x.len() == words.len(), "one transform");
        assert!(from.value() / 2 < self.q.value(), "moduli of about one size");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { forward::forward_recentered(self, from, x, words) }
    }

    /// Evaluations to coefficients, in place; canonical before and after.
    pub fn inverse(&self, words: &mut [u64]) {
        assert!(words.len() == self.inverse.plain.len(), "one transform");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { inverse::inverse(self, None, self.shrink, words) }
    }

    /// Evaluations `x`, canonical, to `factor` times the coefficients.
    pub fn inverse_times(&self, x: &[u64], factor: u64, words: &mut [u64]) {
        assert!(words.len() == self.inverse.plain.len() && x.len() == words.len(), "one transform");
        let shrink = self.q.mul(self.shrink[0], factor);
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { inverse::inverse(self, Some(x), [shrink, scale(self.q, shrink)], words) }
    }
}

/// `floor(w 2^52 / q)`.
fn scale(q: Modulus, w: u64) -> u64 {
    ((u128::from(w) << 52) / u128::from(q.value())) as u64
}

impl Powers {
    fn new(n: usize, q: Modulus, root: u64) -> Self {
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
fn pass(left: usize) -> usize {
    match left {
        ..=4 => left,
        5 => 1,
        6 | 8 => 2,
        _ => 3,
    }
}

/// `n^-1`, plain and scaled, where it is due.
type Shrink = Option<(__m512i, __m512i)>;

/// Factors of up to three levels: entry `2^l - 1 + b` is for block `b` of level `l`.
type Factors = [(__m512i, __m512i); 7];

/// Factors of `LEVELS` levels from that with `groups` groups on, for group number `group` of it.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn factors<const LEVELS: usize>(powers: &Powers, groups: usize, group: usize) -> Factors {
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
struct Part {
    /// Groups of the level.
    groups: usize,
    /// The first of the part.
    first: usize,
}

impl Part {
    /// The same words `levels` levels further down.
    fn below(self, levels: usize) -> Self {
        Self { groups: self.groups << levels, first: self.first << levels }
    }

    /// The group after `by` others.
    fn after(self, by: usize) -> Self {
        Self { first: self.first + by, ..self }
    }
}
