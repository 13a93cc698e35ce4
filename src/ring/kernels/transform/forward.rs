//! Coefficients to evaluations.

use super::field::Field;
use super::tables::{Part, Powers, Transform, WORDS_IN_CACHE, factors, pass};
use crate::kernels::Modulus;
use crate::kernels::ifma::{LANES, load, splat, store};
use std::arch::x86_64::*;

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(super) fn forward(transform: &Transform, words: &mut [u64]) {
    forward_levels(transform, None, words);
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(super) fn forward_recentered(
    transform: &Transform,
    from: Modulus,
    x: &[u64],
    words: &mut [u64],
) {
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
