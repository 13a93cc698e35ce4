//! The arithmetic of eight lanes against big integers and `curve25519-dalek`, at the ends of every range.

use super::field::{Fe, Stored, ZERO};
use super::*;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::{RistrettoPoint, Scalar};
use num_bigint::BigUint;
use ring::kernels::octet::{LIMBS, OCTET, Octet, OctetProgram};
use ring::{Kernel, Seed, SeedStream};

/// One kernel for each way in which octets are computed.
fn kernels() -> Vec<Kernel> {
    let differs = |k: &Kernel| matches!(k, Kernel::Portable | Kernel::Avx512Ifma);
    Kernel::available().into_iter().filter(differs).collect()
}

fn stream(number: u64) -> SeedStream {
    Seed::from_number(number).stream(0)
}

fn prime() -> BigUint {
    (BigUint::from(1_u8) << 255) - 19_u8
}

/// The number in one lane, modulo p.
fn value(of: &Stored, lane: usize) -> BigUint {
    let weighed = |(k, words): (usize, &[u64; OCTET])| BigUint::from(words[lane]) << (51 * k);
    of.0.iter().enumerate().map(weighed).sum::<BigUint>() % prime()
}

/// Octets with random limbs and with every limb at an end of its range, up to `2^52 - 1`.
fn elements(octets: usize) -> Vec<Stored> {
    let mut random = stream(3);
    let edges = [0, 1, 18, 19, 20, (1 << 51) - 20, (1 << 51) - 19, (1 << 51) - 1, 1 << 51];
    let full = (1_u64 << 52) - 1;
    let mut limb = |octet: usize| match (octet, random.next_u64()) {
        (0, _) => full,
        (octet, word) if octet % 2 == 0 => match (word >> 8) as usize % (edges.len() + 1) {
            at if at < edges.len() => edges[at],
            _ => full,
        },
        (_, word) => word & full,
    };
    let mut all: Vec<Stored> = (0..octets)
        .map(|octet| Stored(std::array::from_fn(|_| std::array::from_fn(|_| limb(octet)))))
        .collect();
    // p, p + 1, 2p - 1, 0, 1, -1 as limbs.
    let (low, rest) = ((1_u64 << 51) - 19, (1_u64 << 51) - 1);
    let special: [[u64; LIMBS]; OCTET] = [
        [low, rest, rest, rest, rest],
        [low + 1, rest, rest, rest, rest],
        [2 * low - 1, 2 * rest, 2 * rest, 2 * rest, 2 * rest],
        [0; LIMBS],
        [1, 0, 0, 0, 0],
        [low - 1, rest, rest, rest, rest],
        [2 * low, 2 * rest, 2 * rest, 2 * rest, 2 * rest],
        [rest; LIMBS],
    ];
    all.push(Stored(std::array::from_fn(|k| std::array::from_fn(|lane| special[lane][k]))));
    all
}

/// What the field computes of each pair of neighbours.
struct FieldOps<'a>(&'a [Stored]);

/// Product, square, sum, difference, negative, inverse; canonical.
type Results = [Stored; 6];

impl OctetProgram for FieldOps<'_> {
    type Output = Vec<Results>;

    #[inline(always)]
    fn run<W: Octet>(self) -> Vec<Results> {
        let mut out = Vec::new();
        for pair in self.0.windows(2) {
            let (a, b) = (Fe::<W>::load(&pair[0]), Fe::<W>::load(&pair[1]));
            let all = [a.mul(b), a.square(), a.add(b), a.sub(b), b.neg(), a.invert()];
            out.push(all.map(|element| {
                let mut stored = Stored::ZERO;
                for (words, limb) in stored.0.iter_mut().zip(element.canonical()) {
                    limb.store(words);
                }
                stored
            }));
        }
        out
    }
}

#[test]
fn the_field_is_that_of_big_integers() {
    let (elements, p) = (elements(60), prime());
    for kernel in kernels() {
        let found = kernel.run_octets(FieldOps(&elements));
        for (pair, found) in elements.windows(2).zip(&found) {
            for lane in 0..OCTET {
                let (a, b) = (value(&pair[0], lane), value(&pair[1], lane));
                let inverse = a.modpow(&(&p - 2_u8), &p);
                let wanted = [
                    &a * &b % &p,
                    &a * &a % &p,
                    (&a + &b) % &p,
                    (&a + &p - &b) % &p,
                    (&p - &b) % &p,
                    inverse,
                ];
                for (found, wanted) in found.iter().zip(wanted) {
                    // Below p, limb by limb, so that encodings are the only ones.
                    assert!(found.0.iter().all(|words| words[lane] >> 51 == 0));
                    let weighed =
                        |(k, words): (usize, &[u64; OCTET])| BigUint::from(words[lane]) << (51 * k);
                    let number: BigUint = found.0.iter().enumerate().map(weighed).sum();
                    assert_eq!(number, wanted, "{} {a} {b}", kernel.name());
                }
            }
        }
    }
}

/// Square root of the inverse, and whether there is one.
struct Roots<'a>(&'a [Stored]);

impl OctetProgram for Roots<'_> {
    type Output = Vec<(Stored, [u64; OCTET], [u64; OCTET])>;

    #[inline(always)]
    fn run<W: Octet>(self) -> Self::Output {
        let mut out = Vec::new();
        for element in self.0 {
            let element = Fe::<W>::load(element);
            let (good, root) = element.invsqrt();
            let (mut mask, mut zero) = ([0; OCTET], [0; OCTET]);
            good.store(&mut mask);
            Fe::<W>::constant(ZERO).add(element).is_zero().store(&mut zero);
            out.push((root.stored(), mask, zero));
        }
        out
    }
}

#[test]
fn inverse_roots_are_roots_where_there_are_any() {
    let (elements, p) = (elements(40), prime());
    let half = (&p - 1_u8) / 2_u8;
    for kernel in kernels() {
        for (element, (root, good, zero)) in
            elements.iter().zip(kernel.run_octets(Roots(&elements)))
        {
            for lane in 0..OCTET {
                let (x, r) = (value(element, lane), value(&root, lane));
                let nothing = x == BigUint::ZERO;
                assert_eq!(zero[lane], if nothing { u64::MAX } else { 0 });
                // Euler's criterion.
                let square = x.modpow(&half, &p) == BigUint::from(1_u8);
                assert_eq!(good[lane], if square { u64::MAX } else { 0 }, "{x}");
                if square {
                    assert_eq!(&r * &r % &p * &x % &p, BigUint::from(1_u8));
                    assert!(!r.bit(0), "the one that is even");
                }
            }
        }
    }
}

/// Encodings of all kinds: of elements, random, around p, of single bits, of small numbers.
fn encodings() -> Vec<Encoded> {
    let mut random = stream(5);
    let mut bytes = || {
        let mut bytes = [0; 32];
        for word in bytes.as_chunks_mut::<8>().0 {
            *word = random.next_u64().to_le_bytes();
        }
        bytes
    };
    let mut all: Vec<Encoded> = (0..300).map(|_| bytes()).collect();
    // Below p and even, so that it is the curve that decides.
    all.extend((0..600).map(|_| {
        let mut even = bytes();
        even[0] &= 0xfe;
        even[31] &= 0x7f;
        even
    }));
    all.extend((0..256).map(|bit| {
        let mut single = [0; 32];
        single[bit / 8] = 1 << (bit % 8);
        single
    }));
    let number = |n: BigUint| {
        let mut bytes = n.to_bytes_le();
        bytes.resize(32, 0);
        Encoded::try_from(bytes).unwrap()
    };
    all.extend((0..300_u16).map(|n| number(BigUint::from(n))));
    all.extend((0..200_u16).map(|n| number(prime() + 100_u8 - n)));
    all.extend((0..100_u16).map(|n| number((BigUint::from(1_u8) << 256) - 1_u8 - n)));
    all.extend((0..100).map(|n| (RistrettoPoint::mul_base(&Scalar::from(n as u64))).compress().0));
    all
}

#[test]
fn the_same_encodings_are_accepted_as_by_dalek() {
    let all = encodings();
    let theirs: Vec<bool> =
        all.iter().map(|e| CompressedRistretto(*e).decompress().is_some()).collect();
    let accepted = theirs.iter().filter(|good| **good).count();
    assert!(accepted > 200 && accepted < all.len() / 2, "{accepted} of {}", all.len());
    for kernel in kernels() {
        for (encoded, good) in all.iter().zip(&theirs) {
            let ours = decode(kernel, std::slice::from_ref(encoded));
            assert_eq!(ours.is_ok(), *good, "{} {encoded:?}", kernel.name());
        }
        // In every lane, and the first that is malformed is named.
        let bad = all[theirs.iter().position(|good| !good).unwrap()];
        for at in 0..20 {
            let mut some = vec![RistrettoPoint::mul_base(&Scalar::from(7_u8)).compress().0; 20];
            some[at] = bad;
            assert_eq!(decode(kernel, &some).unwrap_err(), MalformedElement { at, of: 20 });
        }
    }
}

fn scalars(count: usize) -> Vec<Scalar> {
    let ends =
        [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(2_u8).invert(), -Scalar::from(2_u8)];
    let mut all = random_scalars(&Seed::from_number(11), count.saturating_sub(ends.len()));
    all.extend(ends);
    all
}

fn points(count: usize) -> Vec<RistrettoPoint> {
    scalars(count).iter().map(RistrettoPoint::mul_base).collect()
}

fn encoded(points: &[RistrettoPoint]) -> Vec<Encoded> {
    points.iter().map(|p| p.compress().0).collect()
}

#[test]
fn differences_and_encodings_are_those_of_dalek() {
    let a = points(120);
    // Each with itself, with its negative, and with the next.
    for of in [a.clone(), a.iter().map(|p| -p).collect(), a[1..].to_vec()] {
        let wanted: Vec<Encoded> =
            a.iter().zip(&of).map(|(a, b)| ((a - b) + (a - b)).compress().0).collect();
        for kernel in kernels() {
            let (x, y) =
                (decode(kernel, &encoded(&a)).unwrap(), decode(kernel, &encoded(&of)).unwrap());
            let sums = differences(kernel, &x, &y);
            assert_eq!(encode_doubles(kernel, &sums, wanted.len()), wanted, "{}", kernel.name());
        }
    }
}

#[test]
fn digits_make_up_their_scalar() {
    let order_less_one = (-Scalar::ONE).to_bytes();
    let mut largest = [0xff; 32];
    largest[31] = 0x7f;
    let mut all: Vec<[u8; 32]> = scalars(50).iter().map(Scalar::to_bytes).collect();
    all.extend([order_less_one, largest, [0x88; 32].map(|b| b & 0x7f), [0x77; 32]]);
    let power = |base: u32, at: usize| (0..at).fold(Scalar::ONE, |p, _| p * Scalar::from(base));
    for bytes in all {
        let wanted = Scalar::from_bytes_mod_order(bytes);
        let of = |digits: &[i8], bits: usize| -> Scalar {
            let digit = |(at, d): (usize, &i8)| signed_scalar((*d).into()) * power(1 << bits, at);
            digits.iter().enumerate().map(digit).sum()
        };
        let signed = digits(&bytes);
        assert!(signed.iter().all(|d| (-8..=8).contains(d)));
        assert_eq!(of(&signed, 4), wanted);
        for bits in 2..=5 {
            let signed = key_digits(&bytes, bits);
            assert!(signed.iter().all(|d| d.unsigned_abs() <= 1 << (bits - 1)));
            assert_eq!(of(&signed, bits as usize), wanted, "{bits}");
        }
    }
}

/// Values at the ends of what small scalars reach.
const SMALL: [i32; OCTET] = [0, 1, -1, 8, -8, i32::MAX, -i32::MAX, 1 << 30];

#[test]
fn multiples_are_those_of_dalek() {
    let scalars = scalars(16);
    let base = RistrettoPoint::mul_base(&Scalar::from(99_u8));
    let point = RistrettoPoint::mul_base(&scalars[0]);
    let of_digits: Vec<[Digits; OCTET]> = scalars
        .chunks(OCTET)
        .map(|chunk| std::array::from_fn(|lane| digits(chunk[lane].as_bytes())))
        .collect();
    let small = [SMALL, SMALL.map(|x| -x)];
    let twice = |p: RistrettoPoint| (p + p).compress().0;
    let plus = |at: usize| base * signed_scalar(small[at / OCTET][at % OCTET].into());
    for kernel in kernels() {
        let table = FixedOctet::of_element(kernel, &point.compress().0, FULL_DIGITS);
        let others = FixedOctet::of_element(kernel, &base.compress().0, small_digits(i32::MAX));
        let each = each_multiple(kernel, &table, &of_digits, &others, &small);
        let wanted: Vec<Encoded> =
            scalars.iter().enumerate().map(|(at, s)| twice(point * s + plus(at))).collect();
        assert_eq!(encode_doubles(kernel, &each, 16), wanted, "{}", kernel.name());
        // One scalar for many points, the identity among them.
        let many = points(16);
        let octets = decode(kernel, &encoded(&many)).unwrap();
        for scalar in &scalars[8..] {
            let same = same_multiples(kernel, &octets, &digits(scalar.as_bytes()), &others, &small);
            let wanted: Vec<Encoded> =
                many.iter().enumerate().map(|(at, p)| twice(p * scalar + plus(at))).collect();
            assert_eq!(encode_doubles(kernel, &same, 16), wanted, "{}", kernel.name());
        }
        // The same scalar in all lanes of points that differ.
        let table = FixedOctet::new(kernel, &octets[0], FULL_DIGITS);
        let scalars: Vec<Digits> = scalars.iter().map(|s| digits(s.as_bytes())).collect();
        let (mut out, values) = (vec![StoredSum::BLANK; scalars.len()], vec![SMALL; scalars.len()]);
        kernel.run_octets(Encrypting {
            points: &table,
            base: &others,
            scalars: &scalars,
            small: &values,
            out: &mut out,
        });
        let wanted: Vec<Encoded> = self::scalars(16)
            .iter()
            .flat_map(|s| {
                let lane = move |(p, x): (&RistrettoPoint, i32)| {
                    twice(p * s + base * signed_scalar(x.into()))
                };
                many[..OCTET].iter().zip(SMALL).map(lane).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(encode_doubles(kernel, &out, wanted.len()), wanted, "{}", kernel.name());
    }
}

#[test]
fn sums_of_rows_are_those_of_dalek() {
    let columns = 9;
    let weight = |row: usize, column: usize| match (row, column % 4) {
        (0, _) => MAX_WEIGHT,
        (1, _) => -MAX_WEIGHT,
        (2, 0) => MAX_WEIGHT,
        (2, _) => 0,
        (3, at) => [1, -1, 0, 512][at],
        (4, at) => [511, -511, -512, 513][at],
        _ => (row * 7919 + column * 104_729) as i32 % 4001 - 2000,
    };
    let weights: Vec<Vec<i32>> =
        (0..8).map(|row| (0..columns).map(|c| weight(row, c)).collect()).collect();
    let rows = Rows::new(&weights, columns);
    assert_eq!((rows.len(), rows.columns()), (8, columns));
    // A set in each lane: P_i of the set, and its R.
    let sets: Vec<Vec<RistrettoPoint>> =
        (0..OCTET).map(|set| points(columns + OCTET)[set..set + columns].to_vec()).collect();
    let bases = points(OCTET);
    let secret = scalars(8);
    let key_bits = key_digit_bits(weights.len());
    let keys: Vec<Vec<i8>> = secret.iter().map(|k| key_digits(k.as_bytes(), key_bits)).collect();
    for kernel in kernels() {
        let column = |at: usize| {
            let lanes: Vec<RistrettoPoint> = sets.iter().map(|set| set[at]).collect();
            decode(kernel, &encoded(&lanes)).unwrap()[0]
        };
        let columns: Vec<StoredAddend> = (0..columns).map(column).collect();
        let base = decode(kernel, &encoded(&bases)).unwrap()[0];
        let mut out = vec![StoredSum::BLANK; weights.len()];
        kernel.run_octets(RowSums {
            rows: &rows,
            points: &columns,
            base: &base,
            keys: &keys,
            key_bits,
            out: &mut out,
        });
        let found = encode_doubles(kernel, &out, weights.len() * OCTET);
        for (row, (weights, key)) in weights.iter().zip(&secret).enumerate() {
            for (lane, set) in sets.iter().enumerate() {
                let terms = set.iter().zip(weights).map(|(p, w)| p * signed_scalar((*w).into()));
                let sum = terms.sum::<RistrettoPoint>() - bases[lane] * key;
                assert_eq!(found[row * OCTET + lane], (sum + sum).compress().0, "{row} {lane}");
            }
        }
    }
}

#[test]
fn small_sums_are_sums_of_scalars() {
    let secrets = scalars(200);
    for weight in [MAX_WEIGHT, -MAX_WEIGHT, 1, 0] {
        for alternating in [false, true] {
            let weights: Vec<i32> = (0..secrets.len())
                .map(|at| if alternating && at % 2 == 0 { -weight } else { weight })
                .collect();
            let terms = secrets.iter().zip(&weights).map(|(s, w)| s * signed_scalar((*w).into()));
            assert_eq!(SmallSums::new(&secrets).sum(&weights), terms.sum::<Scalar>());
        }
    }
    assert_eq!(signed_scalar(i64::MIN), -Scalar::from(1_u64 << 63));
}
