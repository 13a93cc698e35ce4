//! Multiples of fixed points, many at a time: what encryption spends its time on.
//!
//! Scalars are cut into signed digits of four bits; a table holds the eight first multiples of
//! `16^i P` for every digit `i`. Every entry of a table is read for every digit, so neither time nor
//! addresses depend on scalars (which are secret here).

use super::codec::{Encoded, decode};
use super::field::{Fe, ONE, ZERO, invert_all};
use super::point::{Addend, StoredAddend, StoredSum, Sum};
use ring::Kernel;
use ring::kernels::octet::{OCTET, Octet, OctetProgram};

/// Digits of a scalar.
pub const FULL_DIGITS: usize = 64;

/// Multiples of one power in a table.
pub(super) const MULTIPLES: usize = 8;

/// Signed digits of a scalar, least first, each from -8 to 8.
pub type Digits = [i8; FULL_DIGITS];

/// The digits of a scalar given as little-endian bytes, below `2^255`.
pub fn digits(bytes: &[u8; 32]) -> Digits {
    let mut digits = [0; FULL_DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[(byte & 15) as i8, (byte >> 4) as i8]);
    }
    let mut carry = 0;
    for digit in &mut digits {
        *digit += carry;
        carry = (*digit + 8) >> 4;
        *digit -= carry << 4;
    }
    // The scalar is below 2^255, so the last digit is at most 8 and nothing is carried out of it.
    digits[FULL_DIGITS - 1] += carry << 4;
    digits
}

/// Digits that hold every signed value up to `max` in magnitude.
pub fn small_digits(max: i32) -> usize {
    // k digits reach 7 (1 + 16 + ... + 16^(k - 1)).
    let (mut digits, mut reach) = (1, 7_i64);
    while reach < i64::from(max) {
        reach = 16 * reach + 7;
        digits += 1;
    }
    digits
}

/// Tables of eight points.
pub struct FixedOctet(pub(super) Vec<StoredAddend>);

impl FixedOctet {
    /// Tables of the points for scalars of `digits` digits.
    pub fn new(kernel: Kernel, points: &StoredAddend, digits: usize) -> Self {
        Self(kernel.run_octets(Multiples { points, digits }))
    }

    /// Tables of one element in every lane; empty where the encoding is malformed.
    pub fn of_element(kernel: Kernel, element: &Encoded, digits: usize) -> Self {
        let octets = decode(kernel, &[*element; OCTET]).unwrap_or_default();
        octets.first().map_or_else(Self::empty, |octet| Self::new(kernel, octet, digits))
    }

    /// A table for no digits at all.
    pub fn empty() -> Self {
        Self(Vec::new())
    }

    pub fn bytes(&self) -> usize {
        self.0.len() * size_of::<StoredAddend>()
    }
}

/// `16^i k P` for each `i` below `digits` and `k = 1..=8`.
struct Multiples<'a> {
    points: &'a StoredAddend,
    digits: usize,
}

impl OctetProgram for Multiples<'_> {
    type Output = Vec<StoredAddend>;

    #[inline(always)]
    fn run<W: Octet>(self) -> Vec<StoredAddend> {
        let mut sums = vec![StoredSum::BLANK; self.digits * MULTIPLES];
        let mut power = Sum::<W>::identity().add(Addend::load(self.points));
        for row in sums.chunks_exact_mut(MULTIPLES) {
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
}

/// The points in the form in which they are added; inversions are shared.
#[inline(always)]
pub fn normalise<W: Octet>(sums: &[StoredSum]) -> Vec<StoredAddend> {
    let mut inverses = Vec::with_capacity(sums.len());
    for sum in sums {
        inverses.push(Sum::<W>::load(sum).point().z.stored());
    }
    invert_all::<W>(&mut inverses, &mut Vec::new());
    let mut out = vec![StoredAddend::BLANK; sums.len()];
    for ((sum, inverse), out) in sums.iter().zip(&inverses).zip(&mut out) {
        let (point, inverse) = (Sum::<W>::load(sum).point(), Fe::load(inverse));
        Addend::from_affine(point.x.mul(inverse), point.y.mul(inverse)).store(out);
    }
    out
}

/// One octet of sums `r P + x Q` for each pair of scalars: the same `r` in all lanes of the octet `P`
/// and another small `x` in each lane, times the point `Q` that all lanes of `base` hold.
pub struct Encrypting<'a> {
    pub points: &'a FixedOctet,
    pub base: &'a FixedOctet,
    /// Of each octet to be made: the digits of `r`.
    pub scalars: &'a [Digits],
    /// Of each octet: the small scalars, as [`small_digits`] of `base` allow.
    pub small: &'a [[i32; OCTET]],
    pub out: &'a mut [StoredSum],
}

impl OctetProgram for Encrypting<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        let jobs = self.scalars.iter().zip(self.small).zip(self.out);
        for ((digits, small), out) in jobs {
            let mut sum = Sum::<W>::identity();
            for (row, &digit) in self.points.0.chunks_exact(MULTIPLES).zip(digits) {
                let digit = W::splat(i64::from(digit) as u64);
                sum = sum.add(choose(row, digit));
            }
            sum = add_small(sum, self.base, small);
            sum.store(out);
        }
    }
}

/// `sum + x Q` with another small `x` in each lane, of the table of `Q`.
#[inline(always)]
pub(super) fn add_small<W: Octet>(mut sum: Sum<W>, base: &FixedOctet, x: &[i32; OCTET]) -> Sum<W> {
    let mut words = [0; OCTET];
    for (word, &x) in words.iter_mut().zip(x) {
        *word = i64::from(x) as u64;
    }
    let mut rest = W::load(&words);
    for row in base.0.chunks_exact(MULTIPLES) {
        // Digit = ((rest + 8) mod 16) - 8, and rest = (rest - digit) / 16 with its sign.
        let digit = rest.add(W::splat(8)).and(W::splat(15)).sub(W::splat(8));
        rest = shift_right_signed(rest.sub(digit));
        sum = sum.add(choose(row, digit));
    }
    sum
}

/// A sixteenth of signed words.
#[inline(always)]
fn shift_right_signed<W: Octet>(words: W) -> W {
    let sign = words.shr::<63>();
    words.shr::<4>().or(W::splat(0).sub(sign).shl::<60>())
}

/// All ones where the words, below `2^63`, are `k`.
#[inline(always)]
fn equal<W: Octet>(words: W, k: u64) -> W {
    W::splat(0).sub(words.xor(W::splat(k)).sub(W::splat(1)).shr::<63>())
}

/// `digit` times the first point of the row, for signed digits of at most eight.
#[inline(always)]
pub(super) fn choose<W: Octet>(row: &[StoredAddend], digit: W) -> Addend<W> {
    let negative = W::splat(0).sub(digit.shr::<63>());
    let magnitude = digit.xor(negative).sub(negative);
    let (zero, one) = (Fe::<W>::constant(ZERO), Fe::constant(ONE).masked(equal(magnitude, 0)));
    let mut chosen = Addend { plus: one, minus: one, t2d: zero };
    for (k, entry) in (1..).zip(row) {
        let (entry, mask) = (Addend::<W>::load(entry), equal(magnitude, k));
        chosen = Addend {
            plus: chosen.plus.or(entry.plus.masked(mask)),
            minus: chosen.minus.or(entry.minus.masked(mask)),
            t2d: chosen.t2d.or(entry.t2d.masked(mask)),
        };
    }
    chosen.negated_where(negative)
}
