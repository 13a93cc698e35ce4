//! Every kernel against the portable one, and the portable one against wide integers.

use super::*;
use crate::ntt_primes;
use proptest::prelude::*;

fn moduli() -> impl Strategy<Value = Modulus> {
    let mut primes = vec![3u64, 17, 257, 1031, 2053, 12_289, 65_537];
    for bits in [20, 30, 40, 43, 48, 49, 50] {
        primes.extend(ntt_primes(bits, 1024, 1, &[]));
    }
    prop::sample::select(primes).prop_map(|q| Modulus::new(q).expect("an odd number below 2^50"))
}

/// Words with the ends of the range overrepresented.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![4 => any::<u64>(), 1 => Just(0), 1 => Just(u64::MAX)]
}

fn canonical(q: Modulus, word: u64) -> u64 {
    if word == u64::MAX { q.value() - 1 } else { q.reduce(word) }
}

fn tile(q: Modulus, words: &[u64]) -> Tile {
    Tile(std::array::from_fn(|w| canonical(q, words[w % words.len()])))
}

/// The largest weight that keeps a product below 2^52.
fn largest_weight(q: Modulus) -> u64 {
    ((1u64 << PRODUCT_BITS) / q.value() - 1).min((1 << WEIGHT_BITS) - 1)
}

fn others() -> Vec<Kernel> {
    Kernel::available().into_iter().filter(|k| *k != Kernel::Portable).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn slice_operations_agree(
        q in moduli(), to in moduli(), len in 1usize..41,
        a in prop::collection::vec(word(), 41 * 17), c in word(), d in word()
    ) {
        let a: Vec<u64> = a.iter().map(|w| canonical(q, *w)).collect();
        let (c, d) = (canonical(q, c), canonical(q, d));
        let rows: Vec<&[u64]> = a.chunks_exact(41).map(|r| &r[..len]).collect();
        let pairs: Vec<_> = (0..16).map(|i| (rows[i], rows[i + 1])).collect();
        let run = |kernel: Kernel| {
            let mut dotted = rows[3].to_vec();
            kernel.dot(q, &mut dotted, &pairs);
            let mut scaled = rows[4].to_vec();
            kernel.mul_scalar(q, &mut scaled, c);
            let mut recentered = vec![0; len];
            kernel.recenter(q, to, rows[5], &mut recentered);
            let mut subtracted = rows[6].to_vec();
            kernel.scale_sub(q, &mut subtracted, c, rows[7], d);
            let mut added = tile(q, rows[9]);
            kernel.add_scalar(q, &mut added, c);
            let mut away = [0; TILE_WORDS];
            kernel.put_away(std::iter::once((&added.0, &mut away)));
            let signed: Vec<i64> =
                rows[8].iter().enumerate().map(|(i, w)| if i % 2 == 0 { *w as i64 } else { -(*w as i64) }).collect();
            let mut reduced = vec![0; len];
            kernel.reduce_signed(to, &signed, &mut reduced);
            (dotted, scaled, recentered, subtracted, reduced, added, away)
        };
        let expected = run(Kernel::Portable);
        let wide = u128::from(q.value());
        for w in 0..len {
            let dot: u128 = pairs.iter().map(|(x, y)| u128::from(x[w]) * u128::from(y[w]) % wide).sum();
            prop_assert_eq!(u128::from(expected.0[w]), (dot + u128::from(rows[3][w])) % wide);
            prop_assert_eq!(u128::from(expected.1[w]), u128::from(rows[4][w]) * u128::from(c) % wide);
            let centred = i128::from(q.center(rows[5][w]));
            prop_assert_eq!(i128::from(expected.2[w]), centred.rem_euclid(i128::from(to.value())));
            let plus = u128::from(rows[6][w]) * u128::from(c);
            let minus = u128::from(rows[7][w]) * u128::from(d) % wide;
            prop_assert_eq!(u128::from(expected.3[w]), (plus + wide - minus) % wide);
        }
        for kernel in others() {
            prop_assert_eq!(&run(kernel), &expected);
        }
    }

    #[test]
    fn squares_agree(q in moduli(), x in prop::collection::vec(word(), 64), y in prop::collection::vec(word(), 64)) {
        let tiles = |words: &[u64]| -> Vec<Tile> { words.chunks(32).map(|c| tile(q, c)).collect() };
        let (x, y) = (tiles(&x), tiles(&y));
        let run = |kernel: Kernel| {
            let mut out = [vec![Tile::ZERO; 2], vec![Tile::ZERO; 2], vec![Tile::ZERO; 2]];
            let [a, b, c] = &mut out;
            kernel.square(q, &x, &y, [a, b, c]);
            out
        };
        let expected = run(Kernel::Portable);
        let wide = u128::from(q.value());
        for (i, (x, y)) in x.iter().zip(&y).enumerate() {
            for w in 0..TILE_WORDS {
                let (x, y) = (u128::from(x.0[w]), u128::from(y.0[w]));
                prop_assert_eq!(u128::from(expected[0][i].0[w]), x * x % wide);
                prop_assert_eq!(u128::from(expected[1][i].0[w]), 2 * x * y % wide);
                prop_assert_eq!(u128::from(expected[2][i].0[w]), y * y % wide);
            }
        }
        for kernel in others() {
            prop_assert_eq!(&run(kernel), &expected);
        }
    }

    #[test]
    fn sums_agree(
        q in moduli(), words in prop::collection::vec(word(), 37), columns in prop::collection::vec(0u32..7, 0..40),
        weights in prop::collection::vec(any::<[u64; BLOCK_ROWS]>(), 40), shift in 0u32..9, offset in 0u64..512
    ) {
        let max = largest_weight(q);
        let weights: Vec<[u64; BLOCK_ROWS]> = weights[..columns.len()]
            .iter().map(|row| row.map(|w| if w == u64::MAX { max } else { w % (max + 1) })).collect();
        let x: Vec<Tile> = (0..7).map(|i| tile(q, &words[i..i + 30])).collect();
        let run = |kernel: Kernel| {
            let mut acc = [Tile::ZERO; BLOCK_ROWS];
            kernel.accumulate(&x, &columns, &weights, &mut acc);
            let mut reduced = [Tile::ZERO; BLOCK_ROWS];
            for (acc, out) in acc.iter().zip(&mut reduced) {
                kernel.reduce(q, acc, out);
            }
            let mut combined = Tile::ZERO;
            kernel.combine(q, Some((&reduced[0], shift)), &reduced[1], offset, &reduced[2], &mut combined);
            let mut plain = Tile::ZERO;
            kernel.combine(q, None, &reduced[3], offset, &reduced[4], &mut plain);
            let limit = (max / 2).min(offset);
            let mut term = Tile::ZERO;
            kernel.offset_term(q, limit, &acc[5], &mut term);
            let mut summed = Tile::ZERO;
            kernel.reduce_sum(q, &acc[4], &term, &mut summed);
            (acc, reduced, combined, plain, term, summed)
        };
        let expected = run(Kernel::Portable);
        let wide = u128::from(q.value());
        for w in 0..TILE_WORDS {
            let row = |r: usize| -> u128 {
                columns.iter().zip(&weights).map(|(c, k)| u128::from(x[*c as usize].0[w]) * u128::from(k[r])).sum()
            };
            for r in 0..BLOCK_ROWS {
                prop_assert_eq!(u128::from(expected.0[r].0[w]), row(r));
                prop_assert_eq!(u128::from(expected.1[r].0[w]), row(r) % wide);
            }
            let high = (row(0) % wide) << shift;
            let minus = u128::from(offset) * (row(2) % wide) % wide;
            prop_assert_eq!(u128::from(expected.2.0[w]), (high + row(1) + wide - minus) % wide);
            let limit = u128::from((max / 2).min(offset));
            prop_assert!(u128::from(expected.4.0[w]) <= (limit + 1) * wide);
            let taken_off = row(4) % wide + limit * (wide - row(5) % wide);
            prop_assert_eq!(u128::from(expected.5.0[w]), taken_off % wide);
        }
        for kernel in others() {
            prop_assert_eq!(&run(kernel), &expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn mirrors_agree(q in moduli(), log_n in 1u32..8, a in prop::collection::vec(word(), 384)) {
        let n = 1 << log_n;
        let a: Vec<u64> = a.iter().map(|w| canonical(q, *w)).collect();
        let (x, front, back) = (&a[..n], &a[128..128 + n], &a[256..256 + n]);
        let run = |kernel: Kernel| {
            let mut words = x.to_vec();
            kernel.mirror(q, &mut words, front, back);
            words
        };
        let expected = run(Kernel::Portable);
        let wide = u128::from(q.value());
        let unscale = u128::from(q.inv(q.reduce(1 << 52)).unwrap());
        for j in 0..n {
            let own = u128::from(x[j]) * u128::from(front[j]);
            let other = if j == 0 { 0 } else { u128::from(x[n - j]) * u128::from(back[j]) };
            prop_assert_eq!(u128::from(expected[j]), (own + other) % wide * unscale % wide);
        }
        for kernel in others() {
            prop_assert_eq!(&run(kernel), &expected);
        }
    }

    #[test]
    fn affine_sums_agree(
        q in moduli(), len in 1usize..41, count in 0usize..30,
        a in prop::collection::vec(word(), 41 * 30), c in prop::collection::vec(word(), 31)
    ) {
        // Words of any modulus below 2^50, the largest among them.
        let word = |w: &u64| if *w == u64::MAX { (1 << 50) - 1 } else { w >> 14 };
        let a: Vec<u64> = a.iter().map(word).collect();
        let c: Vec<u64> = c.iter().map(|w| canonical(q, *w)).collect();
        let rows: Vec<&[u64]> = a.chunks_exact(41).map(|r| &r[..len]).take(count).collect();
        let run = |kernel: Kernel| {
            let mut out = vec![1; len];
            kernel.affine(q, &rows, &c[..count], c[30], &mut out);
            out
        };
        let expected = run(Kernel::Portable);
        for (w, got) in expected.iter().enumerate() {
            let products = rows.iter().zip(&c).map(|(r, c)| u128::from(r[w]) * u128::from(*c));
            let sum = u128::from(c[30]) + products.sum::<u128>();
            prop_assert_eq!(u128::from(*got), sum % u128::from(q.value()));
        }
        for kernel in others() {
            prop_assert_eq!(&run(kernel), &expected);
        }
    }
}

#[test]
fn the_largest_sum_the_contract_allows_is_exact() {
    for bits in [30, 40, 48, 50] {
        let q = Modulus::new(ntt_primes(bits, 1024, 1, &[])[0]).unwrap();
        let max = largest_weight(q);
        let x = [Tile([q.value() - 1; TILE_WORDS])];
        let columns = vec![0; MAX_COLUMNS];
        let weights = vec![[max; BLOCK_ROWS]; MAX_COLUMNS];
        let exact = u128::from(q.value() - 1) * u128::from(max) * MAX_COLUMNS as u128;
        for kernel in Kernel::available() {
            let mut acc = [Tile::ZERO; BLOCK_ROWS];
            kernel.accumulate(&x, &columns, &weights, &mut acc);
            assert!(acc.iter().all(|t| t.0.iter().all(|w| u128::from(*w) == exact)));
            let mut out = Tile::ZERO;
            kernel.reduce(q, &acc[0], &mut out);
            assert!(out.0.iter().all(|w| u128::from(*w) == exact % u128::from(q.value())));
        }
    }
}

proptest! {
    #[test]
    fn key_streams_agree(
        key in prop::array::uniform8(any::<u32>()),
        at in prop::collection::vec((any::<u64>(), any::<u64>()), 0..40)
    ) {
        let at: Vec<BlockAt> =
            at.into_iter().map(|(counter, stream)| BlockAt { counter, stream }).collect();
        let mask_key = MaskKey::new(&std::array::from_fn(|i| (key[i / 4] >> (8 * (i % 4))) as u8));
        let run = |kernel: Kernel| {
            let mut out = vec![[0; 8]; at.len()];
            kernel.key_stream(&key, &at, &mut out);
            let mut masks = vec![[0; 8]; at.len()];
            kernel.mask_stream(&mask_key, &at, &mut masks);
            (out, masks)
        };
        for kernel in others() {
            prop_assert_eq!(run(kernel), run(Kernel::Portable));
        }
    }

    #[test]
    fn sampling_agrees(
        q in moduli(), len in 0usize..70, spare in 0usize..9,
        stream in prop::collection::vec(word(), 80)
    ) {
        let bytes = q.value().ilog2() as usize / 8 + 1;
        let stream_for = |bytes: usize| &stream[..((bytes * len).div_ceil(8) + spare).min(80)];
        let run = |kernel: Kernel| {
            let mut words = vec![0; len];
            let below = kernel.uniform(q, bytes, stream_for(bytes), &mut words);
            let mut errors = vec![0; len];
            kernel.centered_binomial(stream_for(ERROR_BYTES), &mut errors);
            let message: Vec<u64> = words.iter().map(|w| canonical(q, *w)).collect();
            let mut noisy = vec![0; len];
            kernel.add_error(q, &message, &errors, &mut noisy);
            (below, words, errors, noisy)
        };
        let expected = run(Kernel::Portable);
        prop_assert_eq!(expected.0, expected.1.iter().all(|w| *w < q.value()));
        prop_assert!(expected.2.iter().all(|e| e.abs() <= 21));
        for kernel in others() {
            prop_assert_eq!(run(kernel), expected.clone());
        }
    }
}

#[test]
fn bytes_and_bits_of_a_stream() {
    let stream = [u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]), u64::MAX];
    let q = Modulus::new((1 << 17) - 1).expect("odd");
    let mut words = [0; 3];
    Kernel::Portable.uniform(q, 3, &stream, &mut words);
    assert_eq!(words, [0x1_0201, 0x0_0504, 0x1_0807]);
    // 21 ones minus none, then none minus 21.
    let stream = [(1 << 21) - 1, ((1 << 21) - 1) << 5];
    let mut errors = [0; 2];
    Kernel::Portable.centered_binomial(&stream, &mut errors);
    assert_eq!(errors, [21, -21]);
}
