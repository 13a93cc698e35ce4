//! Secret multiples of points: one scalar for many points, and many scalars for one point. Neither times
//! nor addresses depend on the scalars.

use super::fixed::{Digits, FULL_DIGITS, FixedOctet, MULTIPLES, add_small, choose, normalise};
use super::point::{Addend, StoredAddend, StoredSum, Sum};
use rayon::prelude::*;
use ring::Kernel;
use ring::kernels::octet::{OCTET, Octet, OctetProgram};

/// Octets that share an inversion.
const CHUNK: usize = 16;

/// `k P + x Q` for each point: the same scalar `k`, another small `x` for each, and `Q` in every lane
/// of `base`.
pub fn same_multiples(
    kernel: Kernel,
    points: &[StoredAddend],
    scalar: &Digits,
    base: &FixedOctet,
    small: &[[i32; OCTET]],
) -> Vec<StoredSum> {
    let mut out = vec![StoredSum::BLANK; points.len()];
    let chunks = out.par_chunks_mut(CHUNK).zip(points.par_chunks(CHUNK));
    chunks.zip(small.par_chunks(CHUNK)).for_each(|((out, points), small)| {
        kernel.run_octets(SameMultiples { points, scalar, base, small, out });
    });
    out
}

struct SameMultiples<'a> {
    points: &'a [StoredAddend],
    scalar: &'a Digits,
    base: &'a FixedOctet,
    small: &'a [[i32; OCTET]],
    out: &'a mut [StoredSum],
}

impl OctetProgram for SameMultiples<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        let mut sums = vec![StoredSum::BLANK; self.points.len() * MULTIPLES];
        for (point, row) in self.points.iter().zip(sums.chunks_exact_mut(MULTIPLES)) {
            let point = Addend::<W>::load(point);
            let mut multiple = Sum::identity();
            for out in row {
                multiple = multiple.add(point);
                multiple.store(out);
            }
        }
        let tables = normalise::<W>(&sums);
        let jobs = tables.chunks_exact(MULTIPLES).zip(self.small).zip(self.out);
        for ((table, small), out) in jobs {
            let mut sum = Sum::<W>::identity();
            for &digit in self.scalar.iter().rev() {
                sum = sum.double().double().double().double();
                sum = sum.add(choose(table, W::splat(i64::from(digit) as u64)));
            }
            add_small(sum, self.base, small).store(out);
        }
    }
}

/// `k P + x Q` for each pair of a scalar `k` and a small `x`, eight pairs at a time; `P` and `Q` are in
/// every lane of `point` and `base`.
pub fn each_multiple(
    kernel: Kernel,
    point: &FixedOctet,
    scalars: &[[Digits; OCTET]],
    base: &FixedOctet,
    small: &[[i32; OCTET]],
) -> Vec<StoredSum> {
    let mut out = vec![StoredSum::BLANK; scalars.len()];
    let chunks = out.par_chunks_mut(CHUNK).zip(scalars.par_chunks(CHUNK));
    chunks.zip(small.par_chunks(CHUNK)).for_each(|((out, scalars), small)| {
        kernel.run_octets(EachMultiple { point, scalars, base, small, out });
    });
    out
}

struct EachMultiple<'a> {
    point: &'a FixedOctet,
    scalars: &'a [[Digits; OCTET]],
    base: &'a FixedOctet,
    small: &'a [[i32; OCTET]],
    out: &'a mut [StoredSum],
}

impl OctetProgram for EachMultiple<'_> {
    type Output = ();

    #[inline(always)]
    fn run<W: Octet>(self) {
        for ((scalars, small), out) in self.scalars.iter().zip(self.small).zip(self.out) {
            let mut sum = Sum::<W>::identity();
            for (at, row) in self.point.0.chunks_exact(MULTIPLES).take(FULL_DIGITS).enumerate() {
                let mut words = [0; OCTET];
                for (word, digits) in words.iter_mut().zip(scalars) {
                    *word = i64::from(digits[at]) as u64;
                }
                sum = sum.add(choose(row, W::load(&words)));
            }
            add_small(sum, self.base, small).store(out);
        }
    }
}
