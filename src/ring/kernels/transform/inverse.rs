//! Evaluations to coefficients: the forward transform backwards.

use super::field::Field;
use super::tables::{Part, Powers, Shrink, Transform, WORDS_IN_CACHE, factors, pass};
use crate::kernels::ifma::{LANES, load, splat, store};
use std::arch::x86_64::*;

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vbmi,avx512vpopcntdq,avx512ifma")]
pub(super) fn inverse(
    transform: &Transform,
    source: Option<&[u64]>,
    shrink: [u64; 2],
    words: &mut [u64],
) {
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
