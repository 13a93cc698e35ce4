//! Sums `w_1 P_1 + ... + w_n P_n - k R` for many rows of small weights `w` and keys `k`, eight sets of
//! points at a time: what decryption of inner products spends its time on.
//!
//! Weights are cut into signed digits; points with the same digit are added into a bucket first, and
//! the buckets are summed by a running sum (Pippenger 1976). The multiples of `R` are shared by all
//! rows. Nothing here is secret from whoever computes it: times depend on weights and keys.

use super::fixed::normalise;
use super::point::{Addend, StoredAddend, StoredSum, Sum};
use ring::Kernel;
use ring::kernels::octet::{Octet, OctetProgram};

/// Largest weight in magnitude.
pub const MAX_WEIGHT: i32 = 1 << 24;

/// Widest digits that are tried, bits.
const MAX_DIGIT_BITS: u32 = 10;

/// Products of a bucketed point, of a bucket in the running sum (twice), of a doubling.
const COSTS: [u64; 3] = [7, 18, 8];

/// Points with their buckets, those to be added first, then those to be subtracted.
struct Plane {
    entries: Vec<(u32, u16)>,
    positive: usize,
    /// Largest bucket in use; they count from 1.
    buckets: usize,
}

/// Rows of weights made ready: shared by all sets of points.
pub struct Rows {
    /// Digit planes of each row, most significant first.
    rows: Vec<Vec<Plane>>,
    digit_bits: u32,
    columns: usize,
    most_buckets: usize,
}

/// The next signed digit of `weight`, from `-2^(bits-1)` to `2^(bits-1)`, taken off it.
fn next_digit(weight: &mut i32, bits: u32) -> i32 {
    let half = 1 << (bits - 1);
    let mut digit = *weight & ((1 << bits) - 1);
    // At the tie the sign of what remains decides, so that small weights have one digit.
    if digit > half || (digit == half && *weight < 0) {
        digit -= 1 << bits;
    }
    *weight = (*weight - digit) >> bits;
    digit
}

impl Rows {
    /// Cuts rows of `columns` weights each into digits, as is cheapest. Weights are at most
    /// [`MAX_WEIGHT`] in magnitude.
    pub fn new(weights: &[Vec<i32>], columns: usize) -> Self {
        let candidates = 2..=MAX_DIGIT_BITS;
        let digit_bits = candidates.min_by_key(|&bits| cost(weights, bits)).unwrap_or(2);
        let rows: Vec<Vec<Plane>> = weights.iter().map(|row| planes(row, digit_bits)).collect();
        let most_buckets = rows.iter().flatten().map(|p| p.buckets).max().unwrap_or(0);
        Self { rows, digit_bits, columns, most_buckets }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// Products of the rows in all when digits have so many bits.
fn cost(weights: &[Vec<i32>], bits: u32) -> u64 {
    let mut total = 0;
    for row in weights {
        let mut largest = Vec::new();
        for &weight in row {
            let (mut rest, mut plane) = (weight, 0);
            while rest != 0 {
                let digit = next_digit(&mut rest, bits);
                if largest.len() <= plane {
                    largest.push(0);
                }
                if digit != 0 {
                    total += COSTS[0];
                    if let Some(largest) = largest.get_mut(plane) {
                        *largest = digit.unsigned_abs().max(*largest);
                    }
                }
                plane += 1;
            }
        }
        total += largest.iter().map(|&l| COSTS[1] * u64::from(l)).sum::<u64>();
        total += COSTS[2] * u64::from(bits) * (largest.len() as u64).saturating_sub(1);
    }
    total
}

fn planes(row: &[i32], bits: u32) -> Vec<Plane> {
    let mut rests = row.to_vec();
    let mut planes = Vec::new();
    while rests.iter().any(|&rest| rest != 0) {
        let digits: Vec<i32> = rests.iter_mut().map(|rest| next_digit(rest, bits)).collect();
        let of_sign = |sign: i32| {
            let signed = move |(at, &digit): (usize, &i32)| {
                (digit * sign > 0).then_some((at as u32, digit.unsigned_abs() as u16))
            };
            digits.iter().enumerate().filter_map(signed)
        };
        let mut entries: Vec<_> = of_sign(1).collect();
        let positive = entries.len();
        entries.extend(of_sign(-1));
        let buckets = entries.iter().map(|e| usize::from(e.1)).max().unwrap_or(0);
        planes.push(Plane { entries, positive, buckets });
    }
    planes.reverse();
    planes
}

/// Bits of the digits of keys: with more rows wider tables pay.
pub fn key_digit_bits(rows: usize) -> u32 {
    match rows {
        0..=3 => 2,
        4..=9 => 3,
        10..=40 => 4,
        _ => 5,
    }
}

/// Signed digits of a key given as little-endian bytes below `2^255`, least first.
pub fn key_digits(key: &[u8; 32], bits: u32) -> Vec<i8> {
    let count = 256_u32.div_ceil(bits);
    let bit = |at: u32| key.get(at as usize / 8).map_or(0, |byte| i32::from(byte >> (at % 8) & 1));
    let mut carry = 0;
    let digits = (0..count).map(|i| {
        let window: i32 = (0..bits).map(|b| bit(i * bits + b) << b).sum();
        let mut digit = window + carry;
        carry = i32::from(digit > 1 << (bits - 1));
        digit -= carry << bits;
        digit as i8
    });
    let mut digits: Vec<i8> = digits.collect();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

/// The sums of all rows for one octet of sets.
pub struct RowSums<'a> {
    pub rows: &'a Rows,
    /// `P_i`, one octet for each column.
    pub points: &'a [StoredAddend],
    /// `R`.
    pub base: &'a StoredAddend,
    /// Digits of the key of each row.
    pub keys: &'a [Vec<i8>],
    pub key_bits: u32,
    /// One octet of sums for each row.
    pub out: &'a mut [StoredSum],
}

impl OctetProgram for RowSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        let mut identity = StoredSum::BLANK;
        Sum::<W>::identity().store(&mut identity);
        let longest = self.keys.iter().map(Vec::len).max().unwrap_or(0);
        let table = multiples::<W>(self.base, longest, self.key_bits);
        let row_of_table = 1 << (self.key_bits - 1);
        let mut buckets = vec![identity; self.rows.most_buckets + 1];
        for ((planes, key), out) in self.rows.rows.iter().zip(self.keys).zip(self.out) {
            let mut total = Sum::<W>::identity();
            for (at, plane) in planes.iter().enumerate() {
                if at > 0 {
                    for _ in 0..self.rows.digit_bits {
                        total = total.double();
                    }
                }
                let Some(buckets) = buckets.get_mut(..=plane.buckets) else { continue };
                let (positive, negative) = plane.entries.split_at(plane.positive);
                for &(point, bucket) in positive {
                    let bucket = &mut buckets[usize::from(bucket)];
                    let point = Addend::load(&self.points[point as usize]);
                    Sum::<W>::load(bucket).add(point).store(bucket);
                }
                for &(point, bucket) in negative {
                    let bucket = &mut buckets[usize::from(bucket)];
                    let point = Addend::load(&self.points[point as usize]);
                    Sum::<W>::load(bucket).sub(point).store(bucket);
                }
                // Bucket k is added k times: once to each of the first k running sums.
                let mut running = Sum::<W>::identity();
                for bucket in buckets.iter_mut().skip(1).rev() {
                    running = running.add_sum(Sum::load(bucket));
                    total = total.add_sum(running);
                    *bucket = identity;
                }
            }
            for (multiples, &digit) in table.chunks_exact(row_of_table).zip(key) {
                if digit > 0 {
                    total = total.sub(Addend::load(&multiples[digit as usize - 1]));
                } else if digit < 0 {
                    let at = usize::from(digit.unsigned_abs()) - 1;
                    total = total.add(Addend::load(&multiples[at]));
                }
            }
            total.store(out);
        }
    }
}

/// `2^(bits i) k P` for each `i` below `digits` and `k = 1..=2^(bits - 1)`.
#[inline(always)]
fn multiples<W: Octet>(base: &StoredAddend, digits: usize, bits: u32) -> Vec<StoredAddend> {
    let per_digit = 1_usize << (bits - 1);
    let mut sums = vec![StoredSum::BLANK; digits * per_digit];
    let mut power = Sum::<W>::identity().add(Addend::load(base));
    for row in sums.chunks_exact_mut(per_digit) {
        let mut multiple = power;
        for (at, out) in row.iter_mut().enumerate() {
            if at > 0 {
                multiple = multiple.add_sum(power);
            }
            multiple.store(out);
        }
        power = multiple.double();
    }
    normalise::<W>(&sums)
}

/// `a - b` for each pair of octets.
pub fn differences(kernel: Kernel, a: &[StoredAddend], b: &[StoredAddend]) -> Vec<StoredSum> {
    let mut out = vec![StoredSum::BLANK; a.len().min(b.len())];
    kernel.run_octets(Differences { a, b, out: &mut out });
    out
}

struct Differences<'a> {
    a: &'a [StoredAddend],
    b: &'a [StoredAddend],
    out: &'a mut [StoredSum],
}

impl OctetProgram for Differences<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        for ((a, b), out) in self.a.iter().zip(self.b).zip(self.out) {
            Sum::<W>::identity().add(Addend::load(a)).sub(Addend::load(b)).store(out);
        }
    }
}
