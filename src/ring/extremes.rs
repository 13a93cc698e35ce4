//! What stands on the kernels (maps, programs, transforms, digits) at the ends of everything that
//! planner and files may choose, against big integers: weights of full width, primes of every size,
//! long rows, residues 0 and q - 1, on every kernel.

use super::*;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use progress::Cancel;
use std::sync::Arc;

const N: usize = 64;

fn modulus(bits: u32) -> Modulus {
    Modulus::new(ntt_primes(bits, 1024, 1, &[])[0]).unwrap()
}

fn residue(value: &BigInt, q: Modulus) -> u64 {
    let q = BigInt::from(q.value());
    (((value % &q) + &q) % &q).to_u64().unwrap()
}

/// Weights of which some take all of their 32 bits, of one sign or both.
fn weights(pattern: usize, row: usize, columns: usize) -> Vec<i32> {
    let of: [&[i32]; 5] = [
        &[i32::MIN],
        &[i32::MAX],
        &[i32::MIN, i32::MAX, 0, -1],
        &[-7, 7, 1, 0, -8],
        &[-(1 << 20), 3, 1 << 23, -129, 128],
    ];
    let of = of[pattern % of.len()];
    (0..columns).map(|c| of[(c + row) % of.len()]).collect()
}

/// Outputs of a map, or squares.
enum Step {
    Linear { outputs: usize, pattern: usize },
    Square,
}

/// Big integers through the steps; parts of a ciphertext side by side.
struct Wide {
    /// `[value][part]`
    values: Vec<Vec<BigInt>>,
}

impl Wide {
    fn linear(&self, rows: &[Row], constants: &[i64]) -> Self {
        let parts = self.values[0].len();
        let value = |(row, constant): (&Row, &i64)| {
            let part = |p: usize| {
                let terms = row.columns.iter().zip(&row.weights);
                let sum: BigInt = terms.map(|(c, w)| &self.values[*c as usize][p] * *w).sum();
                if p == 0 { sum + *constant } else { sum }
            };
            (0..parts).map(part).collect()
        };
        Self { values: rows.iter().zip(constants).map(value).collect() }
    }

    fn square(&self) -> Self {
        let square = |v: &Vec<BigInt>| vec![&v[0] * &v[0], &v[0] * &v[1] * 2, &v[1] * &v[1]];
        Self { values: self.values.iter().map(square).collect() }
    }
}

fn check(prime_bits: u32, inputs: usize, steps: &[Step]) {
    let q = modulus(prime_bits);
    let words = [q.value() - 1, 0, 1, q.value() / 2, q.value() - 2];
    let rows: Vec<Vec<Vec<u64>>> = (0..2)
        .map(|p| {
            let input = |i: usize| (0..N).map(|w| words[(i * (p + 2) + w) % words.len()]).collect();
            (0..inputs).map(input).collect()
        })
        .collect();
    let mut wide: Vec<Wide> = (0..N)
        .map(|w| {
            let value = |i: usize| (0..2).map(|p| BigInt::from(rows[p][i][w])).collect();
            Wide { values: (0..inputs).map(value).collect() }
        })
        .collect();
    let (mut ops, mut now) = (Vec::new(), inputs);
    for step in steps {
        match step {
            Step::Linear { outputs, pattern } => {
                let all: Arc<[u32]> = (0..now as u32).collect();
                let half: Arc<[u32]> = (0..now as u32).step_by(2).collect();
                let row = |r: usize| {
                    let columns = Arc::clone(if r % 3 == 2 { &half } else { &all });
                    let weights = weights(*pattern, r, columns.len());
                    Row { columns, weights }
                };
                let rows: Vec<Row> = (0..*outputs).map(row).collect();
                let ends = [i64::MAX, i64::MIN, 0, -1, 1 << 61];
                let constants: Vec<i64> = (0..*outputs).map(|r| ends[r % ends.len()]).collect();
                wide.iter_mut().for_each(|w| *w = w.linear(&rows, &constants));
                let map = Arc::new(LinearMap::new(now, &rows, prime_bits).unwrap());
                ops.push(WordOp::Linear { map, constants });
                now = *outputs;
            }
            Step::Square => {
                wide.iter_mut().for_each(|w| *w = w.square());
                ops.push(WordOp::Square);
            }
        }
    }
    let program = WordProgram::new(inputs, 2, ops).unwrap();
    let (outputs, parts) = program.output();
    let sources: Vec<Source> =
        rows.iter().map(|p| Source::Rows(p.iter().map(Vec::as_slice).collect())).collect();
    for kernel in Kernel::available() {
        let mut values = vec![vec![vec![0_u64; N]; parts]; outputs];
        let out: RowsMut =
            values.iter_mut().map(|v| v.iter_mut().map(Vec::as_mut_slice).collect()).collect();
        let (cancel, probes) = (Cancel::default(), Vec::new());
        program.run(kernel, q, N, &sources, out, &[], probes, &cancel, &|| ()).unwrap();
        for (w, wide) in wide.iter().enumerate() {
            for (value, wide) in values.iter().zip(&wide.values) {
                for (part, wide) in value.iter().zip(wide) {
                    let at = format!("{} {prime_bits} bits, {inputs} inputs", kernel.name());
                    assert_eq!(part[w], residue(wide, q), "{at}, word {w}");
                }
            }
        }
    }
}

#[test]
fn programs_of_every_shape_with_weights_of_full_width() {
    let linear = |outputs, pattern| Step::Linear { outputs, pattern };
    for prime_bits in [30, 40, 45, 48, 49, 50] {
        for pattern in 0..5 {
            check(prime_bits, 3, &[linear(1, pattern)]);
            check(prime_bits, 16, &[linear(7, pattern), Step::Square]);
            check(prime_bits, 5, &[Step::Square, linear(4, pattern)]);
            check(prime_bits, 9, &[linear(6, pattern), Step::Square, linear(13, pattern + 1)]);
        }
        // Longer than an accumulator takes, and than a cache line of columns.
        check(prime_bits, 1003, &[linear(2, 2)]);
        check(prime_bits, 129, &[linear(8, 0), linear(3, 1)]);
    }
}

#[test]
#[should_panic(expected = "as small as the limbs are made for")]
fn a_map_for_smaller_primes_is_not_applied() {
    let row = Row { columns: Arc::new([0]), weights: vec![1 << 20] };
    let map = LinearMap::new(1, &[row], 30).unwrap();
    let (x, mut out) = ([kernels::Tile::ZERO], [kernels::Tile::ZERO]);
    map.apply(Kernel::Portable, modulus(50), &x, &mut out, &mut LinearScratch::default());
}

/// Words at the ends: all of them, one alone, in turn.
fn rows_at_the_ends(n: usize, q: u64) -> Vec<Vec<u64>> {
    let single = |at: usize, word: u64| (0..n).map(|w| if w == at { word } else { 0 }).collect();
    vec![
        vec![q - 1; n],
        vec![q / 2; n],
        (0..n).map(|w| if w % 2 == 0 { q - 1 } else { 0 }).collect(),
        (0..n).map(|w| if w < n / 2 { q - 1 } else { 1 }).collect(),
        single(0, q - 1),
        single(n - 1, q - 1),
        vec![0; n],
    ]
}

#[test]
fn transforms_are_evaluations_at_the_ends_of_residues() {
    let n = 128;
    for bits in [24, 30, 36, 40, 45, 48, 49, 50] {
        let q = ntt_primes(bits, n, 1, &[])[0];
        let ntt = Ntt::new(n, q).unwrap();
        let mut x = vec![0; n];
        x[1] = 1;
        ntt.forward(&mut x);
        let points: Vec<BigInt> = x.into_iter().map(BigInt::from).collect();
        for row in rows_at_the_ends(n, q) {
            let mut out = row.clone();
            ntt.forward(&mut out);
            // Horner's rule by big integers at each root.
            for (value, point) in out.iter().zip(&points) {
                let horner = |sum: BigInt, word: &u64| (sum * point + *word) % q;
                assert_eq!(BigInt::from(*value), row.iter().rev().fold(BigInt::from(0), horner));
            }
            for kernel in Kernel::available() {
                for factor in [0, 1, q - 1] {
                    let mut back = vec![7; n];
                    ntt.inverse_times(kernel, &out, factor, &mut back);
                    let times =
                        |w: &u64| (u128::from(*w) * u128::from(factor) % u128::from(q)) as u64;
                    assert_eq!(back, row.iter().map(times).collect::<Vec<_>>(), "{bits} bits");
                }
                for from in [30, 40, 50].map(modulus) {
                    let ends = rows_at_the_ends(n, from.value());
                    for row in ends {
                        let mut wanted: Vec<u64> = row
                            .iter()
                            .map(|w| from.center(*w).rem_euclid(q as i64) as u64)
                            .collect();
                        ntt.forward(&mut wanted);
                        let mut found = vec![7; n];
                        ntt.forward_recentered(kernel, from, &row, &mut found);
                        assert_eq!(found, wanted, "{} {bits} bits", kernel.name());
                    }
                }
            }
            ntt.inverse(&mut out);
            assert_eq!(out, row, "{bits} bits");
        }
    }
}

#[test]
fn real_transforms_come_back_and_agree_on_every_kernel() {
    let n = 128;
    for bits in [30, 40, 48, 50] {
        let q = ntt_primes(bits, 4 * n, 1, &[])[0];
        let real = RealNtt::new(n, q).unwrap();
        for row in rows_at_the_ends(n, q) {
            let on = |kernel: Kernel| {
                let mut out = row.clone();
                real.forward(kernel, &mut out);
                let evaluations = out.clone();
                real.inverse(kernel, &mut out);
                assert_eq!(out, row, "{} {bits} bits", kernel.name());
                evaluations
            };
            let first = on(Kernel::Portable);
            assert!(Kernel::available().into_iter().all(|kernel| on(kernel) == first));
        }
    }
}

#[test]
fn digits_of_key_switches_hold_at_the_ends_of_the_modulus_on_every_kernel() {
    for (bits, count) in [(30, 3), (40, 7), (50, 1), (50, 2), (50, 13), (50, 16)] {
        let moduli: Vec<Modulus> =
            ntt_primes(bits, N, count, &[]).into_iter().map(|p| Modulus::new(p).unwrap()).collect();
        let q: BigInt = moduli.iter().map(|p| BigInt::from(p.value())).product();
        let half: BigInt = (&q - 1) / 2;
        let mut values: Vec<BigInt> = vec![half.clone(), -half.clone(), &half - 1, 1 - &half];
        values.extend([0, 1, -1].map(BigInt::from));
        // Next to every multiple of a partial product, where a digit turns over.
        for k in 1..count {
            let below: BigInt = moduli[..k].iter().map(|p| BigInt::from(p.value())).product();
            values.extend([&below / 2, &below / 2 + 1, below.clone(), -below]);
        }
        values.retain(|v| v <= &half && -v <= half);
        let radix = MixedRadix::new(&moduli, &vec![1; count]).unwrap();
        for to in [30, 45, 50].map(modulus) {
            for factor in [1, to.value() - 1] {
                let onto = radix.onto(to, count, factor);
                let wanted: Vec<u64> = values.iter().map(|v| residue(&(v * factor), to)).collect();
                for kernel in Kernel::available() {
                    let row = |q: &Modulus| values.iter().map(|v| residue(v, *q)).collect();
                    let mut rows: Vec<Vec<u64>> = moduli.iter().map(row).collect();
                    radix.digits(kernel, &mut rows, &mut vec![0; values.len()]);
                    let mut out = vec![0; values.len()];
                    onto.write(kernel, to, &rows, &mut out);
                    assert_eq!(out, wanted, "{} {count} x {bits} bits", kernel.name());
                }
            }
        }
    }
}
