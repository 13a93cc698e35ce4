//! Bounded discrete logarithms: baby steps in a table, giant steps outwards from zero.
//!
//! With `U = 4 v G` the affine coordinates do not depend on which of the points that stand for one
//! ristretto255 element was at hand, and `U` and `-U` share their `y`: a table of `0..B` answers for
//! `-B..B`. Inversions are shared by many targets (Montgomery's trick).

use super::codec::decode;
use super::field::{Fe, Stored, invert_all};
use super::fixed::normalise;
use super::point::{Addend, StoredAddend, StoredSum, Sum};
use curve25519_dalek::{RistrettoPoint, Scalar};
use progress::Cancel;
use rayon::prelude::*;
use ring::Kernel;
use ring::kernels::octet::{LIMBS, OCTET, Octet, OctetProgram};

/// Octets of targets that share an inversion.
const CHUNK: usize = 64;

/// Giant steps that share an inversion, when few targets are left.
const STRIDE: usize = 16;

/// Smallest and largest table, as the logarithm of its baby steps.
pub const TABLE_BITS: std::ops::RangeInclusive<u32> = 8..=24;

/// A slot of the table that holds nothing.
const EMPTY: u64 = u64::MAX;

/// A logarithm was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "value {at} of {of} lies outside of -{bound}..={bound}, or was decrypted with a key that is not its own"
)]
pub struct OutOfBound {
    pub at: usize,
    pub of: usize,
    pub bound: u64,
}

/// Affine coordinates of one point, canonical.
type Affine = [[u64; LIMBS]; 2];

/// `y + x`, `y - x`, `2 d x y` of one point.
type Entry = [[u64; LIMBS]; 3];

/// The table of baby steps: the same for every thread and every run.
pub struct DlogTable {
    kernel: Kernel,
    bits: u32,
    /// Open addressing: the upper bits of a key over its value.
    slots: Vec<u64>,
    /// `i 4 G` and `i 2^low_bits 4 G`, against which hits are verified.
    low: Vec<Entry>,
    high: Vec<Entry>,
    low_bits: u32,
    /// `(2B - 1) 4 G` in every lane.
    giant: StoredAddend,
}

impl std::fmt::Debug for DlogTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DlogTable").field("bits", &self.bits).finish_non_exhaustive()
    }
}

impl DlogTable {
    /// `2^bits` baby steps of the generator G.
    pub fn new(kernel: Kernel, bits: u32) -> Self {
        let generator = RistrettoPoint::mul_base(&Scalar::ONE).compress().to_bytes();
        // The encoding of a point that was just encoded.
        let base = decode(kernel, &[generator; OCTET]).unwrap_or_default();
        let base = base.first().unwrap_or(&StoredAddend::BLANK);
        let bits = bits.clamp(*TABLE_BITS.start(), *TABLE_BITS.end());
        let low_bits = bits / 2;
        let four = kernel.run_octets(Quadruple(base));
        let low = kernel.run_octets(Steps { base: &four, count: 1 << low_bits });
        let big = kernel.run_octets(Multiple { base: &four, times: 1 << low_bits });
        let high = kernel.run_octets(Steps { base: &big, count: 1 << (bits - low_bits) });
        let giant = kernel.run_octets(Multiple { base: &four, times: (2 << bits) - 1 });
        let slots = vec![EMPTY; 2 << bits];
        let mut table = Self { kernel, bits, slots, low, high, low_bits, giant };
        let highs = table.high.chunks(OCTET).enumerate();
        let mut found: Vec<Vec<(u64, u64)>> = highs
            .map(|(at, high)| kernel.run_octets(BabySteps { at, high, low: &table.low, low_bits }))
            .collect();
        for (key, value) in found.drain(..).flatten() {
            table.insert(key, value);
        }
        table
    }

    /// The size of table for values up to `bound`: all of them baby steps, up to `2^20`.
    pub fn bits_for(bound: u64) -> u32 {
        (u64::BITS - bound.leading_zeros()).clamp(12, 20)
    }

    /// Bytes of the table for values up to `bound`.
    pub fn bytes_for(bound: u64) -> usize {
        let bits = Self::bits_for(bound);
        let low = bits / 2;
        let entries = (1 << low) + (1 << (bits - low));
        (2 << bits) * size_of::<u64>() + entries * size_of::<Entry>()
    }

    /// Baby steps B: values in `-B..B` are found at once.
    pub fn baby_steps(&self) -> u64 {
        1 << self.bits
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&*self.slots) + size_of_val(&*self.low) + size_of_val(&*self.high)
    }

    fn mask(&self) -> u64 {
        (2 << self.bits) - 1
    }

    fn low_mask(&self) -> u64 {
        (1 << self.low_bits) - 1
    }

    fn insert(&mut self, key: u64, value: u64) {
        let mask = self.mask();
        let mut at = key & mask;
        loop {
            let Some(slot) = self.slots.get_mut(at as usize) else { return };
            if *slot == EMPTY {
                *slot = (key & !mask) | value;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// The value under `key`, with the sign that `odd` (of the coordinate x) gives it: the one after
    /// `skip` others that look alike. Not verified.
    #[inline(always)]
    fn look_up(&self, key: u64, odd: u64, mut skip: usize) -> Option<i64> {
        let mask = self.mask();
        let mut at = key & mask;
        loop {
            let slot = *self.slots.get(at as usize)?;
            if slot == EMPTY {
                return None;
            }
            if slot & !mask == key & !mask {
                if skip == 0 {
                    let value = ((slot & mask) >> 1) as i64;
                    return Some(if slot & 1 == odd { value } else { -value });
                }
                skip -= 1;
            }
            at = (at + 1) & mask;
        }
    }

    /// The logarithms of the first `count` points of these octets, each in `-bound..=bound`.
    ///
    /// # Errors
    /// The first whose logarithm is none of these; once `cancel` is set, the first that was not looked
    /// for any more.
    pub fn solve(
        &self,
        points: &[StoredSum],
        count: usize,
        bound: u64,
        cancel: &Cancel,
    ) -> Result<Vec<i64>, OutOfBound> {
        let count = count.min(points.len() * OCTET);
        let mut values = vec![None; points.len() * OCTET];
        values.par_chunks_mut(CHUNK * OCTET).zip(points.par_chunks(CHUNK)).for_each(
            |(values, points)| {
                self.kernel.run_octets(Solve { table: self, points, bound, cancel, values });
            },
        );
        let outside = |at| OutOfBound { at, of: count, bound };
        let values = values.into_iter().take(count).enumerate();
        values.map(|(at, value)| value.ok_or(outside(at))).collect()
    }
}

struct Quadruple<'a>(&'a StoredAddend);

impl OctetProgram for Quadruple<'_> {
    type Output = StoredAddend;

    #[inline(always)]
    fn run<W: Octet>(self) -> StoredAddend {
        let mut sum = StoredSum::BLANK;
        Sum::<W>::identity().add(Addend::load(self.0)).double().double().store(&mut sum);
        normalise::<W>(&[sum]).first().copied().unwrap_or(StoredAddend::BLANK)
    }
}

struct Multiple<'a> {
    base: &'a StoredAddend,
    times: u64,
}

impl OctetProgram for Multiple<'_> {
    type Output = StoredAddend;

    #[inline(always)]
    fn run<W: Octet>(self) -> StoredAddend {
        let (mut sum, base) = (Sum::<W>::identity(), Addend::load(self.base));
        for bit in (0..u64::BITS - self.times.leading_zeros()).rev() {
            sum = sum.double();
            if self.times >> bit & 1 == 1 {
                sum = sum.add(base);
            }
        }
        let mut stored = StoredSum::BLANK;
        sum.store(&mut stored);
        normalise::<W>(&[stored]).first().copied().unwrap_or(StoredAddend::BLANK)
    }
}

/// `0, P, 2P, ...`: `count` of them.
struct Steps<'a> {
    base: &'a StoredAddend,
    count: usize,
}

impl OctetProgram for Steps<'_> {
    type Output = Vec<Entry>;

    #[inline(always)]
    fn run<W: Octet>(self) -> Vec<Entry> {
        let (mut sum, base) = (Sum::<W>::identity(), Addend::load(self.base));
        let mut sums = vec![StoredSum::BLANK; self.count];
        for out in &mut sums {
            sum.store(out);
            sum = sum.add(base);
        }
        normalise::<W>(&sums).iter().map(|entry| entry.lane(0)).collect()
    }
}

/// Keys and values of `(8 at + lane) 2^low_bits + i` for all `i`.
struct BabySteps<'a> {
    at: usize,
    high: &'a [Entry],
    low: &'a [Entry],
    low_bits: u32,
}

impl OctetProgram for BabySteps<'_> {
    type Output = Vec<(u64, u64)>;

    #[inline(always)]
    fn run<W: Octet>(self) -> Vec<(u64, u64)> {
        let mut start = StoredAddend::BLANK;
        for (lane, entry) in self.high.iter().enumerate() {
            start.set_lane(lane, entry);
        }
        let start = Sum::<W>::identity().add(Addend::load(&start));
        let mut out = Vec::with_capacity(self.low.len() * OCTET);
        let mut normaliser = Normaliser::default();
        for (chunk, low) in self.low.chunks(CHUNK).enumerate() {
            normaliser.clear();
            for entry in low {
                let mut step = StoredAddend::BLANK;
                for lane in 0..OCTET {
                    step.set_lane(lane, entry);
                }
                normaliser.push(start.add(Addend::<W>::load(&step)));
            }
            let affine = normaliser.affine::<W>();
            for (i, [x, y]) in affine.iter().enumerate() {
                let low = (chunk * CHUNK + i) as u64;
                for lane in 0..self.high.len() {
                    let value = ((self.at * OCTET + lane) as u64) << self.low_bits | low;
                    let odd = x.0[0][lane] & 1;
                    out.push((key(y, lane), value << 1 | odd));
                }
            }
        }
        out
    }
}

/// 64 bits of the coordinate y.
#[inline(always)]
fn key(y: &Stored, lane: usize) -> u64 {
    y.0[0][lane] | y.0[1][lane] << 51
}

/// Brings points to affine coordinates, inversions shared.
#[derive(Default)]
struct Normaliser {
    points: Vec<[Stored; 2]>,
    inverses: Vec<Stored>,
    scratch: Vec<Stored>,
}

impl Normaliser {
    fn clear(&mut self) {
        self.points.clear();
        self.inverses.clear();
    }

    #[inline(always)]
    fn push<W: Octet>(&mut self, sum: Sum<W>) {
        let point = sum.point();
        self.points.push([point.x.stored(), point.y.stored()]);
        self.inverses.push(point.z.stored());
    }

    /// The canonical coordinates of what was pushed.
    #[inline(always)]
    fn affine<W: Octet>(&mut self) -> &[[Stored; 2]] {
        invert_all::<W>(&mut self.inverses, &mut self.scratch);
        for (point, inverse) in self.points.iter_mut().zip(&self.inverses) {
            let inverse = Fe::<W>::load(inverse);
            for coordinate in point {
                let affine = Fe::<W>::load(coordinate).mul(inverse).canonical();
                for (words, limb) in coordinate.0.iter_mut().zip(affine) {
                    limb.store(words);
                }
            }
        }
        &self.points
    }
}

/// A target that the table did not hold.
struct Missed {
    at: usize,
    affine: Affine,
}

struct Solve<'a> {
    table: &'a DlogTable,
    points: &'a [StoredSum],
    bound: u64,
    cancel: &'a Cancel,
    values: &'a mut [Option<i64>],
}

impl OctetProgram for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        let Self { table, points, bound, cancel, values } = self;
        if cancel.is_cancelled() {
            return;
        }
        let mut normaliser = Normaliser::default();
        for point in points {
            normaliser.push(Sum::<W>::load(point).double().double());
        }
        let affine = normaliser.affine::<W>();
        let mut missed = Vec::new();
        for (octet, point) in affine.iter().enumerate() {
            let found = verified::<W>(table, point);
            for (lane, found) in found.into_iter().enumerate() {
                let at = octet * OCTET + lane;
                match found {
                    Some(value) => values[at] = within(value, bound),
                    None => missed.push(Missed { at, affine: lane_of(point, lane) }),
                }
            }
        }
        for group in missed.chunks(OCTET).take_while(|_| !cancel.is_cancelled()) {
            step_outwards::<W>(table, group, bound, values);
        }
    }
}

fn within(value: i64, bound: u64) -> Option<i64> {
    (value.unsigned_abs() <= bound).then_some(value)
}

fn lane_of(point: &[Stored; 2], lane: usize) -> Affine {
    point.each_ref().map(|coordinate| coordinate.0.map(|words| words[lane]))
}

/// Giant steps from the targets of `group`, those left in each lane, until all are found or the
/// bound is passed.
#[inline(always)]
fn step_outwards<W: Octet>(
    table: &DlogTable,
    group: &[Missed],
    bound: u64,
    values: &mut [Option<i64>],
) {
    let mut start = [Stored::ZERO; 2];
    for (lane, missed) in group.iter().enumerate() {
        for (coordinate, limbs) in start.iter_mut().zip(&missed.affine) {
            for (words, limb) in coordinate.0.iter_mut().zip(limbs) {
                words[lane] = *limb;
            }
        }
    }
    let (x, y) = (Fe::<W>::load(&start[0]), Fe::load(&start[1]));
    let start = Sum::identity().add(Addend::from_affine(x, y));
    let giant = Addend::<W>::load(&table.giant);
    let width = 2 * table.baby_steps() - 1;
    // Values beyond this many steps lie outside of the bound.
    let last = bound.saturating_sub(table.baby_steps() - 1).div_ceil(width);
    let (mut up, mut down) = (start, start);
    let mut left = group.len();
    let mut normaliser = Normaliser::default();
    let mut step = 0;
    while step < last && left > 0 {
        let count = (STRIDE as u64).min(last - step);
        normaliser.clear();
        for _ in 0..count {
            // U - k giant has a small logarithm for a value near +k.
            up = up.sub(giant);
            down = down.add(giant);
            normaliser.push(up);
            normaliser.push(down);
        }
        let affine = normaliser.affine::<W>();
        for (at, point) in affine.iter().enumerate() {
            let steps = (step + 1 + at as u64 / 2) as i64 * width as i64;
            let offset = if at % 2 == 0 { steps } else { -steps };
            for (missed, found) in group.iter().zip(verified::<W>(table, point)) {
                let Some(slot) = values.get_mut(missed.at) else { continue };
                if let (None, Some(near)) = (*slot, found) {
                    // Found, though perhaps just outside of the bound.
                    *slot = within(offset + near, bound);
                    left -= 1;
                }
            }
        }
        step += count;
    }
}

/// Of each lane the logarithm, when the table holds it: looked up, computed back, and compared.
#[inline(always)]
fn verified<W: Octet>(table: &DlogTable, point: &[Stored; 2]) -> [Option<i64>; OCTET] {
    let mut values = [None; OCTET];
    let mut skip = 0;
    loop {
        let mut open = false;
        let mut found = [None; OCTET];
        for (lane, (found, value)) in found.iter_mut().zip(&values).enumerate() {
            if value.is_none() {
                *found = table.look_up(key(&point[1], lane), point[0].0[0][lane] & 1, skip);
                open |= found.is_some();
            }
        }
        if !open {
            return values;
        }
        let same = compare::<W>(table, point, &found);
        for ((value, found), same) in values.iter_mut().zip(found).zip(same) {
            *value = value.or(found.filter(|_| same != 0));
        }
        // Two values that look alike are not to be expected in a lifetime, but would be told apart.
        skip += 1;
    }
}

/// Not zero in the lanes whose point has the logarithm that is claimed.
#[inline(always)]
fn compare<W: Octet>(
    table: &DlogTable,
    point: &[Stored; 2],
    claimed: &[Option<i64>; OCTET],
) -> [u64; OCTET] {
    let mut negative = [0; OCTET];
    let (mut low, mut high) = (StoredAddend::BLANK, StoredAddend::BLANK);
    for (lane, claimed) in claimed.iter().enumerate() {
        let value = claimed.unwrap_or(0);
        negative[lane] = if value < 0 { u64::MAX } else { 0 };
        let (l, h) =
            (value.unsigned_abs() & table.low_mask(), value.unsigned_abs() >> table.low_bits);
        if let (Some(l), Some(h)) = (table.low.get(l as usize), table.high.get(h as usize)) {
            low.set_lane(lane, l);
            high.set_lane(lane, h);
        }
    }
    let expected = Sum::<W>::identity().add(Addend::load(&low)).add(Addend::load(&high)).point();
    let (x, y) = (Fe::<W>::load(&point[0]), Fe::<W>::load(&point[1]));
    let x = x.select(x.neg(), W::load(&negative));
    let same_x = x.mul(expected.z).sub(expected.x).is_zero();
    let same_y = y.mul(expected.z).sub(expected.y).is_zero();
    let mut same = [0; OCTET];
    same_x.and(same_y).store(&mut same);
    same
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::signed_scalar;
    use proptest::prelude::*;
    use ring::Seed;

    fn points(values: &[i64]) -> Vec<StoredSum> {
        let encoded: Vec<[u8; 32]> = values
            .iter()
            .map(|v| RistrettoPoint::mul_base(&signed_scalar(*v)).compress().to_bytes())
            .collect();
        let decoded = decode(Kernel::best(), &encoded).unwrap();
        let nothing = decode(Kernel::best(), &vec![[0; 32]; encoded.len()]).unwrap();
        super::super::differences(Kernel::best(), &decoded, &nothing)
    }

    fn table() -> &'static DlogTable {
        static TABLE: std::sync::OnceLock<DlogTable> = std::sync::OnceLock::new();
        TABLE.get_or_init(|| DlogTable::new(Kernel::best(), 12))
    }

    fn solve(values: &[i64], bound: u64) -> Result<Vec<i64>, OutOfBound> {
        table().solve(&points(values), values.len(), bound, &Cancel::default())
    }

    #[test]
    fn the_table_is_the_same_on_every_thread_kernel_and_run() {
        let made = |threads: usize, kernel: Kernel| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| DlogTable::new(kernel, 10))
        };
        let first = made(1, Kernel::best());
        for other in [made(1, Kernel::best()), made(3, Kernel::best()), made(2, Kernel::Portable)] {
            assert_eq!(other.slots, first.slots);
            assert_eq!((&other.low, &other.high), (&first.low, &first.high));
        }
        let full = first.slots.iter().filter(|slot| **slot != EMPTY).count();
        assert_eq!(full as u64, first.baby_steps());
    }

    #[test]
    fn around_the_edges_of_table_and_bound_everything_is_found_or_told() {
        let baby = table().baby_steps() as i64;
        let giant = 2 * baby - 1;
        let edges =
            [0, 1, baby - 1, baby, baby + 1, giant, giant + baby - 1, giant + baby, 3 * giant];
        let near = edges.iter().flat_map(|e| [e - 1, *e, e + 1]);
        let values: Vec<i64> = near.flat_map(|v| [v, -v]).collect();
        let bound = 3 * giant as u64 + 1;
        assert_eq!(solve(&values, bound).unwrap(), values);
        for bound in [0, 1, baby - 1, baby, giant, 3 * giant] {
            assert_eq!(solve(&[bound, -bound], bound as u64), Ok(vec![bound, -bound]));
            for outside in [bound + 1, -bound - 1] {
                let error = OutOfBound { at: 1, of: 2, bound: bound as u64 };
                assert_eq!(solve(&[0, outside], bound as u64), Err(error));
            }
        }
    }

    #[test]
    fn what_is_no_small_multiple_is_told_and_never_guessed() {
        let mut stream = Seed::from_number(5).stream(0);
        let random = crate::group::random_scalar(&mut stream);
        let point = RistrettoPoint::mul_base(&random).compress().to_bytes();
        let decoded = decode(Kernel::best(), &[point; 3]).unwrap();
        let nothing = decode(Kernel::best(), &[[0; 32]; 3]).unwrap();
        let sums = super::super::differences(Kernel::best(), &decoded, &nothing);
        let found = table().solve(&sums, 3, 100_000, &Cancel::default());
        assert_eq!(found, Err(OutOfBound { at: 0, of: 3, bound: 100_000 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn logarithms_of_the_full_signed_range_are_found(
            values in prop::collection::vec(-300_000..=300_000_i64, 1..40)
        ) {
            prop_assert_eq!(solve(&values, 300_000), Ok(values));
        }
    }
}
