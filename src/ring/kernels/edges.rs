//! Every kernel at the ends of the ranges it states, against wide integers.

use super::*;
use crate::ntt_primes;

/// Moduli at the ends of what the kernels distinguish.
fn edge_moduli() -> Vec<Modulus> {
    let below = |end: u64| Modulus::new(end - 1).expect("odd and in range");
    let mut all: Vec<Modulus> =
        [1 << 2, 1 << 11, 1 << 12, 1 << 20, 1 << 48, 1 << 50].map(below).into();
    all.extend(
        [3, (1 << 11) + 1, (1 << 49) + 1].map(|q| Modulus::new(q).expect("odd and in range")),
    );
    all
}

/// Each of them with each kernel.
fn edge_cases() -> Vec<(Modulus, Kernel)> {
    let with = |q| Kernel::available().into_iter().map(move |kernel| (q, kernel));
    edge_moduli().into_iter().flat_map(with).collect()
}

/// Words below `end` where a reduction is most likely to go wrong: next to multiples of q and to
/// powers of two, at both ends.
fn edge_words(q: Modulus, end: u64) -> Vec<u64> {
    let q = q.value();
    let most = (end - 1) / q;
    let multiples = [0, 1, 2, most / 3, most / 2, most.saturating_sub(1), most].map(|m| m * q);
    let halves = [q / 2, most * q - q / 2];
    let powers = (0..62).map(|bit| 1u64 << bit);
    let centres = multiples.into_iter().chain(halves).chain(powers).chain([end]);
    let around = |c: u64| [c.wrapping_sub(2), c.wrapping_sub(1), c, c + 1];
    centres.flat_map(around).filter(|w| *w < end).collect()
}

/// The words as tiles, the last one filled up with zeros.
fn tiles(words: &[u64]) -> Vec<Tile> {
    let tile = |chunk: &[u64]| Tile(std::array::from_fn(|w| chunk.get(w).copied().unwrap_or(0)));
    words.chunks(TILE_WORDS).map(tile).collect()
}

#[test]
fn reductions_hold_at_the_ends_of_their_ranges() {
    for (q, kernel) in edge_cases() {
        let words = edge_words(q, 1 << 62);
        let mut out = Tile::ZERO;
        for tile in tiles(&words) {
            kernel.reduce(q, &tile, &mut out);
            assert_eq!(out.0, tile.0.map(|w| w % q.value()), "{} q={}", kernel.name(), q.value());
        }
        for tile in tiles(&edge_words(q, 1 << 61)) {
            kernel.reduce_sum(q, &tile, &tile, &mut out);
            assert_eq!(
                out.0,
                tile.0.map(|w| 2 * w % q.value()),
                "{} q={}",
                kernel.name(),
                q.value()
            );
            let limit = (1u64 << PRODUCT_BITS) / q.value() - 1;
            kernel.offset_term(q, limit, &tile, &mut out);
            let term = |w: u64| (limit + 1) * q.value() - limit * (w % q.value());
            assert_eq!(out.0, tile.0.map(term), "{} q={}", kernel.name(), q.value());
        }
        let signed: Vec<i64> =
            edge_words(q, 1 << 61).iter().flat_map(|w| [*w as i64, -(*w as i64)]).collect();
        let mut reduced = vec![0; signed.len()];
        kernel.reduce_signed(q, &signed, &mut reduced);
        let expected: Vec<u64> =
            signed.iter().map(|x| x.rem_euclid(q.value() as i64) as u64).collect();
        assert_eq!(reduced, expected, "{} q={}", kernel.name(), q.value());
    }
}

#[test]
fn products_hold_at_the_ends_of_their_ranges() {
    for (q, kernel) in edge_cases() {
        let wide = u128::from(q.value());
        let at = format!("{} q={}", kernel.name(), q.value());
        let words = edge_words(q, q.value());
        for &c in &words {
            let mut scaled = words.clone();
            kernel.mul_scalar(q, &mut scaled, c);
            let product = |w: &u64| (u128::from(*w) * u128::from(c) % wide) as u64;
            assert_eq!(scaled, words.iter().map(product).collect::<Vec<_>>(), "{at}");
            let mut difference = words.clone();
            let largest = vec![q.value() - 1; words.len()];
            kernel.scale_sub(q, &mut difference, c, &largest, q.value() - 1);
            let expected = |w: &u64| ((u128::from(*w) * u128::from(c) + wide - 1) % wide) as u64;
            assert_eq!(difference, words.iter().map(expected).collect::<Vec<_>>(), "{at}");
            // The largest sum of all: every accumulator as full as it can be.
            let mut sum = vec![q.value() - 1; words.len()];
            let factor = vec![c; words.len()];
            kernel.dot(q, &mut sum, &[(words.as_slice(), factor.as_slice()); 16]);
            let expected =
                |w: &u64| ((16 * u128::from(*w) * u128::from(c) + wide - 1) % wide) as u64;
            assert_eq!(sum, words.iter().map(expected).collect::<Vec<_>>(), "{at}");
        }
        let x = tiles(&words);
        for &c in &words {
            let y = vec![Tile([c; TILE_WORDS]); x.len()];
            let mut out =
                [vec![Tile::ZERO; x.len()], vec![Tile::ZERO; x.len()], vec![Tile::ZERO; x.len()]];
            let [a, b, d] = &mut out;
            kernel.square(q, &x, &y, [a, b, d]);
            let product = |a: u64, b: u64| (u128::from(a) * u128::from(b) % wide) as u64;
            for (i, x) in x.iter().enumerate() {
                assert_eq!(out[0][i].0, x.0.map(|w| product(w, w)), "{at}");
                assert_eq!(out[1][i].0, x.0.map(|w| product(2, product(w, c))), "{at}");
                assert_eq!(out[2][i].0, [product(c, c); TILE_WORDS], "{at}");
            }
        }
        for to in edge_moduli() {
            let mut out = vec![0; words.len()];
            kernel.recenter(q, to, &words, &mut out);
            let centred = |w: &u64| q.center(*w).rem_euclid(to.value() as i64) as u64;
            assert_eq!(
                out,
                words.iter().map(centred).collect::<Vec<_>>(),
                "{at} to {}",
                to.value()
            );
        }
    }
}

#[test]
fn limbs_combine_at_the_ends_of_their_ranges() {
    for (q, kernel) in edge_cases() {
        let last = q.value() - 1;
        // `high 2^shift` as large as 2^61 lets it be; offsets of every size, to the last word.
        let shift = 61 - bits_of(q);
        let near = ((1u64 << 61) - 1) / last.max(1);
        let offsets = [
            0,
            1,
            1 << 13,
            (1 << 31) - 1,
            1 << 31,
            u32::MAX.into(),
            1 << 32,
            near,
            1 << 63,
            u64::MAX,
        ];
        let words = edge_words(q, q.value());
        for (tile, offset) in
            tiles(&words).iter().flat_map(|tile| offsets.map(|offset| (tile, offset)))
        {
            let full = Tile([last; TILE_WORDS]);
            let mut out = Tile::ZERO;
            let wide = i128::from(q.value());
            let minus = |w: u64| i128::from(offset) * i128::from(w);
            let plus = i128::from(last) << shift;
            let at = format!("{} q={} offset {offset}", kernel.name(), q.value());
            kernel.combine(q, Some((&full, shift)), tile, offset, tile, &mut out);
            let expected = |w: u64| (plus + i128::from(w) - minus(w)).rem_euclid(wide) as u64;
            assert_eq!(out.0, tile.0.map(expected), "{at}");
            // The largest sum of inputs to be taken off, and no upper limb.
            kernel.combine(q, None, tile, offset, &full, &mut out);
            let expected = |w: u64| (i128::from(w) - minus(last)).rem_euclid(wide) as u64;
            assert_eq!(out.0, tile.0.map(expected), "{at}");
        }
    }
}

#[test]
fn a_repeated_sum_is_that_many_sums() {
    let q = Modulus::new(ntt_primes(48, 1024, 1, &[])[0]).expect("a prime below 2^50");
    let words: Vec<u64> = (0..TILE_WORDS as u64).map(|w| q.value() - 1 - w * w).collect();
    let (x, weights) = (Tile(std::array::from_fn(|w| words[w])), [15, 0, 1, 7, 8, 14]);
    for kernel in Kernel::available() {
        let mut repeated = [Tile([5; TILE_WORDS]); BLOCK_ROWS];
        let mut summed = repeated;
        kernel.repeat(&x, &weights, 9, &mut repeated);
        kernel.accumulate(&[x], &[0; 9], &[weights; 9], &mut summed);
        assert_eq!(repeated, summed, "{}", kernel.name());
    }
}

#[test]
fn errors_of_every_size_are_added_to_messages_at_the_ends() {
    for (t, kernel) in edge_cases() {
        let words = edge_words(t, t.value());
        for e in [-21, -1, 0, 1, 21] {
            let mut out = vec![0; words.len()];
            kernel.add_error(t, &words, &vec![e; words.len()], &mut out);
            let expected = |w: &u64| t.center(*w) + t.value() as i64 * e;
            assert_eq!(out, words.iter().map(expected).collect::<Vec<_>>(), "{}", kernel.name());
        }
    }
}
