//! The number-theoretic transform with 52-bit products, up to three levels at a time in registers.
//!
//! Products are those of Shoup: with `w' = floor(w 2^52 / q)` and any `y < 2^52`,
//! `y w - floor(y w' / 2^52) q` lies in `[0, 2q)` (Harvey, "Faster arithmetic for number-theoretic
//! transforms", 2014, section 3). Sums are left unreduced as long as 52 bits hold them, and bits
//! above the 52 are left as they come: products do not read them.

use super::Modulus;
use super::ifma::{LANES, MASK_52, load, splat, store};
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
        unsafe { forward(self, words) }
    }

    /// Coefficients `x`, canonical modulo `from` and read as centred integers, to evaluations.
    ///
    /// Half of `from` is below q, so nothing needs to be reduced on the way in.
    pub fn forward_recentered(&self, from: Modulus, x: &[u64], words: &mut [u64]) {
        assert!(words.len() == self.forward.plain.len() && x.len() == words.len(), "one transform");
        assert!(from.value() / 2 < self.q.value(), "moduli of about one size");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { forward_recentered(self, from, x, words) }
    }

    /// Evaluations to coefficients, in place; canonical before and after.
    pub fn inverse(&self, words: &mut [u64]) {
        assert!(words.len() == self.inverse.plain.len(), "one transform");
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { inverse(self, None, self.shrink, words) }
    }

    /// Evaluations `x`, canonical, to `factor` times the coefficients.
    pub fn inverse_times(&self, x: &[u64], factor: u64, words: &mut [u64]) {
        assert!(words.len() == self.inverse.plain.len() && x.len() == words.len(), "one transform");
        let shrink = self.q.mul(self.shrink[0], factor);
        // SAFETY: a transform exists only where the processor has these instructions.
        unsafe { inverse(self, Some(x), [shrink, scale(self.q, shrink)], words) }
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

/// What a butterfly needs besides its factor.
#[derive(Clone, Copy)]
struct Field {
    q: __m512i,
    twice: __m512i,
    /// `2^52 - q`: adding its products takes those of q off.
    minus: __m512i,
    mask: __m512i,
    /// `floor(2^52 / q)`.
    ratio: __m512i,
}

impl Field {
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn new(q: Modulus) -> Self {
        let q = q.value();
        let ratio = splat((1 << 52) / q);
        let (twice, minus) = (splat(2 * q), splat((1 << 52) - q));
        Self { q: splat(q), twice, minus, mask: splat(MASK_52), ratio }
    }

    /// `y w` in `[0, 2q)` for `y < 2^52`; bits above the 52 are to be ignored.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn times(self, y: __m512i, w: __m512i, scaled: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let quotient = _mm512_madd52hi_epu64(zero, y, scaled);
        _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(zero, y, w), quotient, self.minus)
    }

    /// The 52 bits that count.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn cut(self, x: __m512i) -> __m512i {
        _mm512_and_si512(x, self.mask)
    }

    /// `x` or `x - 2q`, whichever is not negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn below_twice(self, x: __m512i) -> __m512i {
        _mm512_min_epu64(x, _mm512_sub_epi64(x, self.twice))
    }

    /// `x` modulo q in `[0, 2q)` for `x < 2^52`; bits above the 52 are to be ignored.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn shorten(self, x: __m512i) -> __m512i {
        let zero = _mm512_setzero_si512();
        let quotient = _mm512_madd52hi_epu64(zero, x, self.ratio);
        _mm512_madd52lo_epu64(x, quotient, self.minus)
    }

    /// `x < 2q` below q.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn canonical(self, x: __m512i) -> __m512i {
        _mm512_min_epu64(x, _mm512_sub_epi64(x, self.q))
    }

    /// `2^log q`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn times_q(self, log: usize) -> __m512i {
        _mm512_sll_epi64(self.q, _mm_cvtsi64_si128(log as i64))
    }

    /// Words after a pass of the inverse: at the end times `shrink` and canonical.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn finish(self, x: __m512i, shrink: Shrink) -> __m512i {
        match shrink {
            Some((w, scaled)) => self.canonical(self.cut(self.times(x, w, scaled))),
            None => x,
        }
    }

    /// `(x + y w, x - y w)`; both grow by 2q. Unless `LAZY`, `x` is brought below 2q first, so that
    /// everything stays below 4q.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn forward<const LAZY: bool>(
        self,
        x: __m512i,
        y: __m512i,
        w: __m512i,
        scaled: __m512i,
    ) -> (__m512i, __m512i) {
        let x = if LAZY { x } else { self.below_twice(x) };
        let t = self.times(y, w, scaled);
        let t = if LAZY { t } else { self.cut(t) };
        (_mm512_add_epi64(x, t), _mm512_sub_epi64(_mm512_add_epi64(x, self.twice), t))
    }

    /// `(x + y, (x - y) w)`. Unless `LAZY`, everything is below 2q before and after; otherwise words
    /// are below `bound` before, and twice that after.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn inverse<const LAZY: bool>(
        self,
        x: __m512i,
        y: __m512i,
        w: __m512i,
        scaled: __m512i,
        bound: __m512i,
    ) -> (__m512i, __m512i) {
        let sum = _mm512_add_epi64(x, y);
        if LAZY {
            let difference = _mm512_sub_epi64(_mm512_add_epi64(x, bound), y);
            return (sum, self.times(difference, w, scaled));
        }
        let difference = _mm512_sub_epi64(_mm512_add_epi64(x, self.twice), y);
        (self.below_twice(sum), self.cut(self.times(difference, w, scaled)))
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

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn forward(transform: &Transform, words: &mut [u64]) {
    forward_levels(transform, None, words);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn forward_recentered(transform: &Transform, from: Modulus, x: &[u64], words: &mut [u64]) {
    let source = Source {
        x,
        half: splat(from.value() / 2),
        difference: splat(transform.q.value().wrapping_sub(from.value())),
    };
    forward_levels(transform, Some(source), words);
}

/// Words that are centred for another modulus on their way in.
#[derive(Clone, Copy)]
struct Source<'a> {
    x: &'a [u64],
    half: __m512i,
    /// What takes a word above half to the same integer modulo q.
    difference: __m512i,
}

impl Source<'_> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
    fn load(self, at: usize) -> __m512i {
        let x = load(&self.x[at..].as_chunks().0[0]);
        let above = _mm512_cmpgt_epu64_mask(x, self.half);
        _mm512_mask_add_epi64(x, above, x, self.difference)
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn forward_levels(transform: &Transform, source: Option<Source>, words: &mut [u64]) {
    // With q < 2^48 sums may reach 16q.
    if transform.q.value() >> 48 == 0 {
        forward_all::<true>(transform, source, words);
    } else {
        forward_all::<false>(transform, source, words);
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn forward_all<const LAZY: bool>(transform: &Transform, source: Option<Source>, words: &mut [u64]) {
    let field = Field::new(transform.q);
    let left = words.len().trailing_zeros() as usize - 3;
    let (powers, whole) = (&transform.forward, Part { groups: 1, first: 0 });
    let Some(source) = source else {
        return forward_part::<LAZY>(field, powers, left, whole, 1, words);
    };
    // A first level of its own, or words brought in before it where the last pass has all levels.
    if left < 7 {
        for (at, words) in words.as_chunks_mut().0.iter_mut().enumerate() {
            store(words, source.load(at * LANES));
        }
        return forward_part::<LAZY>(field, powers, left, whole, 1, words);
    }
    across::<LAZY, 3>(field, powers, whole, false, Some(source), words);
    let (left, part) = (left - 3, whole.below(3));
    for (at, words) in words.chunks_exact_mut(LANES << left).enumerate() {
        forward_part::<LAZY>(field, powers, left, part.after(at), 7, words);
    }
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

/// The last `left + 3` levels of `part`. Words are below `bound` q; each level adds two.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn forward_part<const LAZY: bool>(
    field: Field,
    powers: &Powers,
    left: usize,
    part: Part,
    bound: usize,
    words: &mut [u64],
) {
    let levels = pass(left);
    let shorten = LAZY && bound + 2 * levels > 16;
    match (left, levels) {
        (2, _) => return last::<LAZY, 2>(field, powers, part, bound, words),
        (3, _) => return last::<LAZY, 3>(field, powers, part, bound, words),
        (4, _) => return last::<LAZY, 4>(field, powers, part, bound, words),
        (_, 1) => across::<LAZY, 1>(field, powers, part, shorten, None, words),
        (_, 2) => across::<LAZY, 2>(field, powers, part, shorten, None, words),
        _ => across::<LAZY, 3>(field, powers, part, shorten, None, words),
    }
    let bound = if shorten { 2 } else { bound } + 2 * levels;
    let (left, part) = (left - levels, part.below(levels));
    // Every group is a whole transform of its own: one after the other they stay in the cache.
    let size = if words.len() > WORDS_IN_CACHE { LANES << left } else { words.len() };
    for (at, words) in words.chunks_exact_mut(size).enumerate() {
        forward_part::<LAZY>(field, powers, left, part.after(at), bound, words);
    }
}

/// `LEVELS` levels whose distances are at least eight words; of all words, if they come from a source.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn across<const LAZY: bool, const LEVELS: usize>(
    field: Field,
    powers: &Powers,
    part: Part,
    shorten: bool,
    source: Option<Source>,
    words: &mut [u64],
) {
    let size = powers.plain.len() / part.groups;
    let distance = size >> LEVELS;
    for (group, words) in words.chunks_exact_mut(size).enumerate() {
        let factors = factors::<LEVELS>(powers, part.groups, part.first + group);
        for at in (0..distance).step_by(LANES) {
            let mut x = [_mm512_setzero_si512(); 8];
            for (r, x) in x.iter_mut().enumerate().take(1 << LEVELS) {
                let at = r * distance + at;
                *x = source
                    .map_or_else(|| load(&words[at..].as_chunks().0[0]), |source| source.load(at));
            }
            if shorten {
                for x in &mut x {
                    *x = field.shorten(*x);
                }
            }
            for level in 0..LEVELS {
                let half = 1 << (LEVELS - 1 - level);
                for block in 0..1 << level {
                    let (w, scaled) = factors[(1 << level) - 1 + block];
                    for r in 2 * half * block..2 * half * block + half {
                        (x[r], x[r + half]) = field.forward::<LAZY>(x[r], x[r + half], w, scaled);
                    }
                }
            }
            for r in 0..1 << LEVELS {
                store(&mut words[r * distance + at..].as_chunks_mut().0[0], x[r]);
            }
        }
    }
}

/// The last `LEVELS + 3` levels of words below `bound` q, and the final reduction: a group of eight
/// words times `2^LEVELS` stays in registers throughout.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn last<const LAZY: bool, const LEVELS: usize>(
    field: Field,
    powers: &Powers,
    part: Part,
    bound: usize,
    words: &mut [u64],
) {
    let shorten = LAZY && bound + 2 * (LEVELS + 3) > 16;
    let inside = powers.inside[part.first << LEVELS >> 1..].chunks_exact(1 << LEVELS >> 1);
    let groups = words.chunks_exact_mut(LANES << LEVELS).zip(inside);
    for (group, (words, inside)) in groups.enumerate() {
        let words = words.as_chunks_mut::<LANES>().0;
        let mut x = [_mm512_setzero_si512(); 16];
        for (x, words) in x.iter_mut().zip(&*words) {
            *x = load(words);
            if shorten {
                *x = field.shorten(*x);
            }
        }
        for level in 0..LEVELS {
            let half = 1 << (LEVELS - 1 - level);
            let at = (part.groups + part.first + group) << level;
            let (plain, scaled) = (&powers.plain[at..], &powers.scaled[at..]);
            for block in 0..1 << level {
                let (w, scaled) = (splat(plain[block]), splat(scaled[block]));
                for r in 2 * half * block..2 * half * block + half {
                    (x[r], x[r + half]) = field.forward::<LAZY>(x[r], x[r + half], w, scaled);
                }
            }
        }
        for ((words, w), x) in
            words.as_chunks_mut::<2>().0.iter_mut().zip(inside).zip(x.as_chunks::<2>().0)
        {
            let (a, b) = self::inside::<LAZY>(field, w, x[0], x[1]);
            store(&mut words[0], a);
            store(&mut words[1], b);
        }
    }
}

/// The last three levels of sixteen words, and the final reduction.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn inside<const LAZY: bool>(
    field: Field,
    w: &[[u64; LANES]; 6],
    a: __m512i,
    b: __m512i,
) -> (__m512i, __m512i) {
    let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    let x = _mm512_shuffle_i64x2::<0x44>(a, b);
    let y = _mm512_shuffle_i64x2::<0xee>(a, b);
    let (x, y) = field.forward::<LAZY>(x, y, load(&w[0]), load(&w[1]));
    let (a, b) = (_mm512_shuffle_i64x2::<0x88>(x, y), _mm512_shuffle_i64x2::<0xdd>(x, y));
    let (x, y) = field.forward::<LAZY>(a, b, load(&w[2]), load(&w[3]));
    let (a, b) = (_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y));
    let (x, y) = field.forward::<LAZY>(a, b, load(&w[4]), load(&w[5]));
    let (a, b) = (_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y));
    let x = _mm512_permutex2var_epi64(a, first, b);
    let y = _mm512_permutex2var_epi64(a, second, b);
    let (x, y) = if LAZY {
        (field.cut(field.shorten(x)), field.cut(field.shorten(y)))
    } else {
        (field.below_twice(x), field.below_twice(y))
    };
    (field.canonical(x), field.canonical(y))
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn inverse(transform: &Transform, source: Option<&[u64]>, shrink: [u64; 2], words: &mut [u64]) {
    // With q < 2^48 sums may reach 16q.
    if transform.q.value() >> 48 == 0 {
        inverse_all::<true>(transform, source, shrink, words);
    } else {
        inverse_all::<false>(transform, source, shrink, words);
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn inverse_all<const LAZY: bool>(
    transform: &Transform,
    source: Option<&[u64]>,
    shrink: [u64; 2],
    words: &mut [u64],
) {
    let field = Field::new(transform.q);
    let left = words.len().trailing_zeros() as usize - 3;
    let shrink = (splat(shrink[0]), splat(shrink[1]));
    let part = Part { groups: 1, first: 0 };
    inverse_part::<LAZY>(field, &transform.inverse, left, part, Some(shrink), source, words);
}

/// [`forward_part`] backwards, from a source if there is one; at the end everything is multiplied by
/// `shrink` and made canonical.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn inverse_part<const LAZY: bool>(
    field: Field,
    powers: &Powers,
    left: usize,
    part: Part,
    shrink: Shrink,
    source: Option<&[u64]>,
    words: &mut [u64],
) {
    match left {
        2 => return first::<LAZY, 2>(field, powers, part, shrink, source, words),
        3 => return first::<LAZY, 3>(field, powers, part, shrink, source, words),
        4 => return first::<LAZY, 4>(field, powers, part, shrink, source, words),
        _ => {}
    }
    let levels = pass(left);
    let (left, below) = (left - levels, part.below(levels));
    let size = if words.len() > WORDS_IN_CACHE { LANES << left } else { words.len() };
    for (at, words) in words.chunks_exact_mut(size).enumerate() {
        let source = source.map(|source| &source[at * size..][..size]);
        inverse_part::<LAZY>(field, powers, left, below.after(at), None, source, words);
    }
    match levels {
        1 => across_back::<LAZY, 1>(field, powers, part, shrink, words),
        2 => across_back::<LAZY, 2>(field, powers, part, shrink, words),
        _ => across_back::<LAZY, 3>(field, powers, part, shrink, words),
    }
}

/// [`last`] backwards.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn first<const LAZY: bool, const LEVELS: usize>(
    field: Field,
    powers: &Powers,
    part: Part,
    shrink: Shrink,
    source: Option<&[u64]>,
    words: &mut [u64],
) {
    let inside = powers.inside[part.first << LEVELS >> 1..].chunks_exact(1 << LEVELS >> 1);
    let groups = words.chunks_exact_mut(LANES << LEVELS).zip(inside);
    for (group, (words, inside)) in groups.enumerate() {
        let source = source.map(|source| &source[group * (LANES << LEVELS)..]);
        let words = words.as_chunks_mut::<LANES>().0;
        let mut x = [_mm512_setzero_si512(); 16];
        let from = source.map_or(&*words, |source| source.as_chunks().0);
        for pair in 0..1 << LEVELS >> 1 {
            let (a, b) = (load(&from[2 * pair]), load(&from[2 * pair + 1]));
            (x[2 * pair], x[2 * pair + 1]) = inside_back::<LAZY>(field, &inside[pair], a, b);
        }
        let group = Group { powers, at: part.groups + part.first + group };
        if LEVELS > 3 {
            level_back::<LAZY, LEVELS, 3>(field, group, &mut x);
        }
        if LEVELS > 2 {
            level_back::<LAZY, LEVELS, 2>(field, group, &mut x);
        }
        level_back::<LAZY, LEVELS, 1>(field, group, &mut x);
        level_back::<LAZY, LEVELS, 0>(field, group, &mut x);
        for r in 0..1 << LEVELS {
            store(&mut words[r], field.finish(x[r], shrink));
        }
    }
}

/// Where level 0 of [`first`] finds its factors.
#[derive(Clone, Copy)]
struct Group<'a> {
    powers: &'a Powers,
    at: usize,
}

/// Level `LEVEL` of [`first`]. A function, because the compiler leaves a loop that counts down as it
/// is, and with it the words in memory.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn level_back<const LAZY: bool, const LEVELS: usize, const LEVEL: usize>(
    field: Field,
    group: Group,
    x: &mut [__m512i; 16],
) {
    let first = LEVEL + 1 == LEVELS;
    let half = 1 << (LEVELS - 1 - LEVEL);
    let at = group.at << LEVEL;
    let (plain, scaled) = (&group.powers.plain[at..], &group.powers.scaled[at..]);
    // Words below 8q come from inside; after one level they are shortened, so that three more fit.
    let bound = field.times_q(if first { 3 } else { LEVELS - 1 - LEVEL });
    for block in 0..1 << LEVEL {
        let (w, scaled) = (splat(plain[block]), splat(scaled[block]));
        for r in 2 * half * block..2 * half * block + half {
            (x[r], x[r + half]) = field.inverse::<LAZY>(x[r], x[r + half], w, scaled, bound);
        }
    }
    if LAZY && first {
        for x in &mut x[..1 << LEVELS] {
            *x = field.shorten(*x);
        }
    }
}

/// The first three levels of the inverse on sixteen words: [`inside`] backwards.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn inside_back<const LAZY: bool>(
    field: Field,
    w: &[[u64; LANES]; 6],
    x: __m512i,
    y: __m512i,
) -> (__m512i, __m512i) {
    let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    // The permutation of `inside` swaps 128-bit lanes in pairs: it is its own inverse.
    let a = _mm512_permutex2var_epi64(x, first, y);
    let b = _mm512_permutex2var_epi64(x, second, y);
    // Canonical words at first; sums double.
    let (x, y) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let (a, b) = field.inverse::<LAZY>(x, y, load(&w[4]), load(&w[5]), field.q);
    let (x, y) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    let (a, b) = field.inverse::<LAZY>(x, y, load(&w[2]), load(&w[3]), field.twice);
    // Lanes (A01 B01 A45 B45), (A23 B23 A67 B67) to (A01 A23 B01 B23), (A45 A67 B45 B67).
    let low = _mm512_shuffle_i64x2::<0x44>(a, b);
    let high = _mm512_shuffle_i64x2::<0xee>(a, b);
    let (x, y) = (_mm512_shuffle_i64x2::<0xd8>(low, low), _mm512_shuffle_i64x2::<0xd8>(high, high));
    let (a, b) = field.inverse::<LAZY>(x, y, load(&w[0]), load(&w[1]), field.times_q(2));
    (_mm512_shuffle_i64x2::<0x44>(a, b), _mm512_shuffle_i64x2::<0xee>(a, b))
}

/// [`across`] backwards; at the end everything is multiplied by `last` and made canonical.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
fn across_back<const LAZY: bool, const LEVELS: usize>(
    field: Field,
    powers: &Powers,
    part: Part,
    shrink: Shrink,
    words: &mut [u64],
) {
    let size = powers.plain.len() / part.groups;
    let distance = size >> LEVELS;
    for (group, words) in words.chunks_exact_mut(size).enumerate() {
        let factors = factors::<LEVELS>(powers, part.groups, part.first + group);
        for at in (0..distance).step_by(LANES) {
            let mut x = [_mm512_setzero_si512(); 8];
            for r in 0..1 << LEVELS {
                x[r] = load(&words[r * distance + at..].as_chunks().0[0]);
            }
            if LAZY {
                // Words below 16q come in; they leave below `2 2^LEVELS q`.
                for x in &mut x {
                    *x = field.shorten(*x);
                }
            }
            for level in (0..LEVELS).rev() {
                let half = 1 << (LEVELS - 1 - level);
                let bound = field.times_q(LEVELS - level);
                for block in 0..1 << level {
                    let (w, scaled) = factors[(1 << level) - 1 + block];
                    for r in 2 * half * block..2 * half * block + half {
                        (x[r], x[r + half]) =
                            field.inverse::<LAZY>(x[r], x[r + half], w, scaled, bound);
                    }
                }
            }
            for r in 0..1 << LEVELS {
                store(
                    &mut words[r * distance + at..].as_chunks_mut().0[0],
                    field.finish(x[r], shrink),
                );
            }
        }
    }
}
