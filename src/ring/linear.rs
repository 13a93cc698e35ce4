//! Linear maps with small integer weights, compiled for the kernels.

use super::Modulus;
#[cfg(target_arch = "x86_64")]
use super::kernels::amx::Session;
use super::kernels::{BLOCK_ROWS, Kernel, MAX_COLUMNS, PRODUCT_BITS, Tile, WEIGHT_BITS};
use super::row::Row;
#[cfg(target_arch = "x86_64")]
use super::{
    plane_map::{PlaneMap, PlaneScratch},
    signed_map::SignedMap,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Columns whose tiles stay in the first-level cache while all blocks of rows pass over them.
const COLUMNS_IN_CACHE: usize = 80;

/// A matrix of small integers, ready to be applied to tiles of residues.
///
/// Weights are made non-negative by an offset (taken off again with the sum of the inputs) and cut
/// into limbs so that weight limb times residue stays below 2^52.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "WrittenMap", into = "WrittenMap")]
pub struct LinearMap {
    inputs: usize,
    outputs: usize,
    /// What it was made of.
    source: Arc<[Row]>,
    /// Bits of the largest modulus it is made for.
    prime_bits: u32,
    limb_bits: u32,
    groups: Vec<Group>,
    #[cfg(target_arch = "x86_64")]
    planes: Option<PlaneMap>,
    /// Rows of few columns.
    #[cfg(target_arch = "x86_64")]
    signed: Option<SignedMap>,
    /// Byte products for the rows that are not among them, if any.
    #[cfg(target_arch = "x86_64")]
    other_planes: Option<PlaneMap>,
    macs: u64,
}

/// A map as it is written: each list of columns once.
#[derive(Serialize, Deserialize)]
struct WrittenMap {
    inputs: usize,
    prime_bits: u32,
    lists: Vec<Vec<u32>>,
    /// Number of its list, and the weights of each row.
    rows: Vec<(usize, Vec<i32>)>,
}

impl From<LinearMap> for WrittenMap {
    fn from(map: LinearMap) -> Self {
        let mut numbers: HashMap<Arc<[u32]>, usize> = HashMap::new();
        let mut lists = Vec::new();
        let rows = map.source.iter().map(|row| {
            let number = *numbers.entry(Arc::clone(&row.columns)).or_insert_with(|| {
                lists.push(row.columns.to_vec());
                lists.len() - 1
            });
            (number, row.weights.clone())
        });
        let rows = rows.collect();
        Self { inputs: map.inputs, prime_bits: map.prime_bits, lists, rows }
    }
}

impl TryFrom<WrittenMap> for LinearMap {
    type Error = &'static str;

    fn try_from(written: WrittenMap) -> Result<Self, Self::Error> {
        let lists: Vec<Arc<[u32]>> = written.lists.into_iter().map(Arc::from).collect();
        let row = |(list, weights): (usize, Vec<i32>)| {
            Some(Row { columns: Arc::clone(lists.get(list)?), weights })
        };
        let rows: Option<Vec<Row>> = written.rows.into_iter().map(row).collect();
        let map = rows.and_then(|rows| Self::new(written.inputs, &rows, written.prime_bits));
        map.ok_or("a linear map names columns that are not there")
    }
}

/// Buffers of one thread that applies maps.
#[derive(Debug, Default)]
pub struct LinearScratch {
    reduced: Vec<Tile>,
    sums: Vec<[Tile; BLOCK_ROWS]>,
    #[cfg(target_arch = "x86_64")]
    planes: PlaneScratch,
    #[cfg(target_arch = "x86_64")]
    without_zeros: Vec<Tile>,
}

/// Rows with one column list.
#[derive(Clone, Debug)]
struct Group {
    /// Whether the signed sums have these rows too.
    #[cfg(target_arch = "x86_64")]
    signed: bool,
    offset: u64,
    limbs: usize,
    rows: Vec<u32>,
    /// Column list and, for each block of kernel rows, the weights; cut where an accumulator is full.
    chunks: Vec<Chunk>,
}

#[derive(Clone, Debug)]
struct Chunk {
    columns: Vec<u32>,
    /// Kernel row 0 sums the inputs (for the offset); then the limbs of row 0, of row 1, ..., lowest first.
    blocks: Vec<Vec<[u64; BLOCK_ROWS]>>,
}

impl LinearMap {
    /// Compiles `rows` over `inputs` values for primes of at most `prime_bits` bits (at most 50);
    /// `None` when a row names an input that is not there or lists and weights differ in length.
    pub fn new(inputs: usize, rows: &[Row], prime_bits: u32) -> Option<Self> {
        let limb_bits = limb_bits(prime_bits).filter(|b| *b > 0)?;
        let mut lists: Vec<Arc<[u32]>> = Vec::new();
        let mut by_list: HashMap<Arc<[u32]>, usize> = HashMap::new();
        let mut members: Vec<Vec<u32>> = Vec::new();
        let mut macs = 0;
        for (index, row) in rows.iter().enumerate() {
            let fits = row.columns.iter().all(|c| (*c as usize) < inputs);
            if !fits || row.columns.len() != row.weights.len() {
                return None;
            }
            macs += row.weights.iter().filter(|w| **w != 0).count() as u64;
            let group = *by_list.entry(Arc::clone(&row.columns)).or_insert_with(|| {
                lists.push(Arc::clone(&row.columns));
                members.push(Vec::new());
                lists.len() - 1
            });
            members[group].push(index as u32);
        }
        #[cfg(target_arch = "x86_64")]
        let (signed, planes, other_planes) = {
            let signed = SignedMap::new(rows, &members, prime_bits);
            let others: Vec<Vec<u32>> = members
                .iter()
                .filter(|group| !SignedMap::takes(rows, group, prime_bits))
                .cloned()
                .collect();
            let other_planes = (signed.is_some() && !others.is_empty())
                .then(|| PlaneMap::new(inputs, rows, &others))
                .flatten();
            (signed, PlaneMap::new(inputs, rows, &members), other_planes)
        };
        let groups = lists
            .iter()
            .zip(members)
            .map(|(columns, rows_of_group)| Group::new(columns, rows_of_group, rows, prime_bits))
            .collect();
        Some(Self {
            inputs,
            outputs: rows.len(),
            source: rows.into(),
            prime_bits,
            limb_bits,
            groups,
            #[cfg(target_arch = "x86_64")]
            planes,
            #[cfg(target_arch = "x86_64")]
            signed,
            #[cfg(target_arch = "x86_64")]
            other_planes,
            macs,
        })
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiply-accumulates by weights that are not zero, for one word of every input.
    pub fn macs(&self) -> u64 {
        self.macs
    }

    /// Multiply-accumulates the kernels really do for one word of every input: limbs, offset sums
    /// and unused kernel rows counted in.
    pub fn kernel_macs(&self) -> u64 {
        let chunks = self.groups.iter().flat_map(|g| &g.chunks);
        chunks.map(|c| (c.columns.len() * c.blocks.len() * BLOCK_ROWS) as u64).sum()
    }

    /// `out[r] = sum_c w[r][c] x[c] mod q`, word by word, canonical; `x` has one tile per input,
    /// `out` one per output.
    pub fn apply(
        &self,
        kernel: Kernel,
        q: Modulus,
        x: &[Tile],
        out: &mut [Tile],
        scratch: &mut LinearScratch,
    ) {
        let shapes = x.len() == self.inputs && out.len() == self.outputs;
        assert!(shapes, "a tile for each input and output");
        assert!(q.value() >> self.prime_bits == 0, "a modulus as small as the limbs are made for");
        #[cfg(target_arch = "x86_64")]
        let signed = self.signed.as_ref().and_then(|map| Some((map, map.unit(kernel, q)?)));
        #[cfg(target_arch = "x86_64")]
        {
            if let Some((map, unit)) = signed {
                map.apply(unit, x, out, &mut scratch.without_zeros);
            }
            let planes = if signed.is_some() { &self.other_planes } else { &self.planes };
            if let (Some(planes), true) = (planes, kernel.has_tiles(q))
                && let Some(session) = Session::begin()
            {
                return planes.apply(&session, q, x, out, &mut scratch.planes);
            }
            if let (Some(planes), Kernel::Avx2) = (&self.planes, kernel)
                && let Some(bytes) = planes.avx2(q)
            {
                return planes.apply(&bytes, q, x, out, &mut scratch.planes);
            }
        }
        let LinearScratch { reduced, sums, .. } = scratch;
        for group in &self.groups {
            #[cfg(target_arch = "x86_64")]
            if signed.is_some() && group.signed {
                continue;
            }
            if let (1, [chunk]) = (group.limbs, group.chunks.as_slice()) {
                group.apply_short(chunk, kernel, q, x, out, sums);
                continue;
            }
            group.sums(kernel, q, x, reduced);
            let (total, sums) = reduced.split_at(1);
            for (row, limbs) in group.rows.iter().zip(sums.chunks_exact(group.limbs)) {
                let mut value = limbs[group.limbs - 1];
                for low in limbs[..group.limbs - 1].iter().rev() {
                    let high = value;
                    kernel.combine(q, Some((&high, self.limb_bits)), low, 0, &total[0], &mut value);
                }
                kernel.combine(q, None, &value, group.offset, &total[0], &mut out[*row as usize]);
            }
        }
    }
}

/// Bits of a weight limb whose products with words of `prime_bits` bits are exact.
fn limb_bits(prime_bits: u32) -> Option<u32> {
    PRODUCT_BITS.checked_sub(prime_bits).map(|bits| bits.min(WEIGHT_BITS))
}

impl Group {
    fn new(columns: &[u32], rows_of_group: Vec<u32>, rows: &[Row], prime_bits: u32) -> Self {
        let limb_bits = limb_bits(prime_bits).unwrap_or(1);
        let weights = || rows_of_group.iter().flat_map(|r| &rows[*r as usize].weights);
        let offset = weights().map(|w| -i64::from(*w)).max().unwrap_or(0).max(0);
        // The offset itself is multiplied by a residue too, so it must fit the limbs as well.
        let largest = weights().map(|w| i64::from(*w) + offset).max().unwrap_or(0).max(offset);
        let bits = 64 - (largest as u64).leading_zeros();
        let limbs = bits.div_ceil(limb_bits).max(1) as usize;
        let mask = (1i64 << limb_bits) - 1;
        // Kernel rows: the sum of inputs, then every limb of every row.
        let kernel_rows = 1 + rows_of_group.len() * limbs;
        let weight_of = |kernel_row: usize, column: usize| -> u64 {
            let Some(at) = kernel_row.checked_sub(1) else { return 1 };
            let Some(row) = rows_of_group.get(at / limbs) else { return 0 };
            let weight = i64::from(rows[*row as usize].weights[column]) + offset;
            ((weight >> (limb_bits as usize * (at % limbs))) & mask) as u64
        };
        let chunks = (0..columns.len())
            .step_by(MAX_COLUMNS)
            .map(|start| {
                let end = columns.len().min(start + MAX_COLUMNS);
                let blocks = (0..kernel_rows)
                    .step_by(BLOCK_ROWS)
                    .map(|first| {
                        let row = |c| std::array::from_fn(|r| weight_of(first + r, c));
                        (start..end).map(row).collect()
                    })
                    .collect();
                Chunk { columns: columns[start..end].to_vec(), blocks }
            })
            .collect();
        Self {
            #[cfg(target_arch = "x86_64")]
            signed: SignedMap::takes(rows, &rows_of_group, prime_bits),
            offset: offset as u64,
            limbs,
            rows: rows_of_group,
            chunks,
        }
    }

    /// Rows of one limb whose columns fit one accumulator: each is reduced once, its offset taken
    /// off in the same step.
    fn apply_short(
        &self,
        chunk: &Chunk,
        kernel: Kernel,
        q: Modulus,
        x: &[Tile],
        out: &mut [Tile],
        sums: &mut Vec<[Tile; BLOCK_ROWS]>,
    ) {
        sums.clear();
        sums.resize(chunk.blocks.len(), [Tile::ZERO; BLOCK_ROWS]);
        for start in (0..chunk.columns.len()).step_by(COLUMNS_IN_CACHE) {
            let range = start..chunk.columns.len().min(start + COLUMNS_IN_CACHE);
            for (sums, weights) in sums.iter_mut().zip(&chunk.blocks) {
                kernel.accumulate(x, &chunk.columns[range.clone()], &weights[range.clone()], sums);
            }
        }
        let mut term = Tile::ZERO;
        let mut sums = sums.iter().flatten();
        if let Some(total) = sums.next() {
            kernel.offset_term(q, self.offset, total, &mut term);
        }
        for (row, sum) in self.rows.iter().zip(sums) {
            kernel.reduce_sum(q, sum, &term, &mut out[*row as usize]);
        }
    }

    /// The sum of the inputs and all limb sums of all rows, canonical.
    fn sums(&self, kernel: Kernel, q: Modulus, x: &[Tile], reduced: &mut Vec<Tile>) {
        let needed = 1 + self.rows.len() * self.limbs;
        reduced.clear();
        reduced.resize(needed.next_multiple_of(BLOCK_ROWS), Tile::ZERO);
        let mut acc = [Tile::ZERO; BLOCK_ROWS];
        for (at, chunk) in self.chunks.iter().enumerate() {
            for (block, weights) in chunk.blocks.iter().enumerate() {
                acc.fill(Tile::ZERO);
                kernel.accumulate(x, &chunk.columns, weights, &mut acc);
                let outs = &mut reduced[block * BLOCK_ROWS..(block + 1) * BLOCK_ROWS];
                for (acc, out) in acc.iter().zip(outs) {
                    if at == 0 {
                        kernel.reduce(q, acc, out);
                    } else {
                        let mut here = Tile::ZERO;
                        kernel.reduce(q, acc, &mut here);
                        let before = *out;
                        kernel.combine(q, Some((&before, 0)), &here, 0, &before, out);
                    }
                }
            }
        }
        reduced.truncate(needed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::TILE_WORDS;
    use crate::ntt_primes;
    use proptest::prelude::*;

    fn check(inputs: usize, rows: &[Row], prime_bits: u32, words: &[u64]) {
        let q = Modulus::new(ntt_primes(prime_bits, 1024, 1, &[])[0]).unwrap();
        let map = LinearMap::new(inputs, rows, prime_bits).unwrap();
        let x: Vec<Tile> = (0..inputs)
            .map(|i| Tile(std::array::from_fn(|w| q.reduce(words[(i * 7 + w) % words.len()]))))
            .collect();
        for kernel in Kernel::available() {
            let mut out = vec![Tile::ZERO; rows.len()];
            map.apply(kernel, q, &x, &mut out, &mut LinearScratch::default());
            for (row, out) in rows.iter().zip(&out) {
                for w in 0..TILE_WORDS {
                    let sum: i128 = row
                        .columns
                        .iter()
                        .zip(&row.weights)
                        .map(|(c, k)| i128::from(x[*c as usize].0[w]) * i128::from(*k))
                        .sum();
                    assert_eq!(i128::from(out.0[w]), sum.rem_euclid(i128::from(q.value())));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn maps_agree_with_wide_integers(
            prime_bits in prop::sample::select(vec![30u32, 40, 44, 48, 50]),
            max in prop::sample::select(vec![1i32, 7, 8, 100, 2000]),
            lists in prop::collection::vec(prop::collection::btree_set(0u32..20, 0..20), 1..4),
            picks in prop::collection::vec(0usize..4, 1..17),
            raw in prop::collection::vec(any::<i32>(), 400), words in prop::collection::vec(any::<u64>(), 64)
        ) {
            let lists: Vec<Arc<[u32]>> = lists.into_iter().map(|l| l.into_iter().collect()).collect();
            let rows: Vec<Row> = picks.iter().enumerate().map(|(i, pick)| {
                let columns = Arc::clone(&lists[pick % lists.len()]);
                let weights = (0..columns.len()).map(|c| raw[(i * 20 + c) % 400] % (max + 1)).collect();
                Row { columns, weights }
            }).collect();
            check(20, &rows, prime_bits, &words);
        }
    }

    #[test]
    fn weights_of_full_width() {
        // Weights take all of their 32 bits where a planner rounds finely; one sign, both, and mixed
        // with small ones, so that offset and limbs are as large as they can be.
        let patterns: [&[i32]; 6] = [
            &[i32::MIN],
            &[i32::MAX],
            &[i32::MIN, i32::MAX],
            &[i32::MIN, 0, 1, i32::MAX, -1],
            &[-(1 << 13)],
            &[-(1 << 23), 1 << 23, 5],
        ];
        for pattern in patterns {
            for inputs in [1usize, 16, 129, 1001] {
                let columns: Arc<[u32]> = (0..inputs as u32).collect();
                let row = |turn: usize| Row {
                    columns: Arc::clone(&columns),
                    weights: (0..inputs).map(|c| pattern[(c + turn) % pattern.len()]).collect(),
                };
                let rows: Vec<Row> = (0..7).map(row).collect();
                for prime_bits in [30, 40, 45, 49, 50] {
                    let q = ntt_primes(prime_bits, 1024, 1, &[])[0];
                    check(inputs, &rows, prime_bits, &[q - 1]);
                    check(inputs, &rows, prime_bits, &[q - 1, 0, 1, q / 2, q - 2]);
                }
            }
        }
    }

    #[test]
    fn more_columns_than_an_accumulator_takes() {
        let columns: Arc<[u32]> = (0..2500).collect();
        let rows: Vec<Row> = (0..7)
            .map(|r| Row {
                columns: Arc::clone(&columns),
                weights: (0..2500).map(|c| (c * (r + 3)) % 15 - 7).collect(),
            })
            .collect();
        check(2500, &rows, 48, &[u64::MAX, 1, 0, 1 << 47, (1 << 48) - 1]);
    }

    #[test]
    fn weights_of_one_sign() {
        let columns: Arc<[u32]> = (0..4).collect();
        for weight in [-7, -1, 0, 1, 7, 15] {
            let rows = [Row { columns: Arc::clone(&columns), weights: vec![weight; 4] }];
            for prime_bits in [30, 48, 50] {
                check(4, &rows, prime_bits, &[u64::MAX, (1 << 50) - 1, 12_345_678_901_234]);
            }
        }
    }

    #[test]
    fn the_largest_weights_of_the_byte_products() {
        // The largest weights whose products with bytes fit 16 bits sixteen, eight, four, two times
        // and once, and one more; then those that no longer fit a signed byte. Either sign, and the
        // largest residues.
        for weight in [4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 127, 128, 129] {
            for inputs in [1, 63, 64, 65, 200, 900] {
                let columns: Arc<[u32]> = (0..inputs).collect();
                let row = |sign: i32| Row {
                    columns: Arc::clone(&columns),
                    weights: vec![sign * weight; inputs as usize],
                };
                let rows = [row(1), row(-1), row(1), row(-1), row(1)];
                for prime_bits in [30, 40, 48, 50] {
                    let q = ntt_primes(prime_bits, 1024, 1, &[])[0];
                    check(inputs as usize, &rows, prime_bits, &[q - 1]);
                    check(inputs as usize, &rows, prime_bits, &[q - 1, 0xff_ffff, 1, 0xff00_ff00]);
                }
            }
        }
    }

    #[test]
    fn rows_without_inputs_are_zero() {
        let none = Row { columns: Arc::new([]), weights: Vec::new() };
        let some = Row { columns: Arc::new([0, 2]), weights: vec![3, -4] };
        for inputs in [3, 70] {
            check(inputs, &[none.clone(), some.clone(), none.clone()], 48, &[1, 1 << 47]);
            check(inputs, std::slice::from_ref(&none), 48, &[1, 1 << 47]);
        }
        check(0, std::slice::from_ref(&none), 48, &[1]);
    }

    #[test]
    fn maps_that_do_not_fit_are_refused() {
        let row = |columns: &[u32], weights: &[i32]| Row {
            columns: columns.into(),
            weights: weights.into(),
        };
        assert!(LinearMap::new(2, &[row(&[2], &[1])], 48).is_none());
        assert!(LinearMap::new(2, &[row(&[1], &[1, 2])], 48).is_none());
        assert!(LinearMap::new(2, &[row(&[1], &[1])], 52).is_none());
        assert!(LinearMap::new(2, &[row(&[1], &[1])], 48).is_some());
    }
}
