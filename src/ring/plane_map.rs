//! Linear maps compiled for byte products: blocks of sixteen rows on bytes of inputs.

use super::Modulus;
use super::kernels::avx2::Bytes;
use super::kernels::planes::{
    Output, PlaneUnit, QUAD, QUADS, Quad, ROWS, Sums, WORDS, Weights, planes_of,
};
use super::kernels::{TILE_WORDS, Tile};
use super::row::Row;

/// Planes of all inputs worked on together: for a thousand inputs some 40 KiB.
const PLANES_IN_CACHE: usize = 3;

/// The rows of a map, cut into blocks.
#[derive(Clone, Debug)]
pub struct PlaneMap {
    /// Quads of all inputs, a multiple of [`QUADS`].
    quads: usize,
    /// Blocks that read all inputs.
    whole: Vec<Block>,
    gathering: Vec<Gathering>,
    /// No sum of bytes is larger.
    bound: u64,
    /// No weight is larger.
    largest: u64,
}

/// At most sixteen rows of weights that read the same quads.
#[derive(Clone, Debug)]
struct Block {
    weights: Vec<Weights>,
    outputs: Vec<Output>,
}

/// A block that reads some of the inputs, and the quads to be gathered for it.
#[derive(Clone, Debug)]
struct Gathering {
    list: Vec<u32>,
    block: Block,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct PlaneScratch {
    quads: Vec<Quad>,
    gathered: Vec<Quad>,
    sums: Vec<Sums>,
}

/// Rows that share a list of quads, before they are cut.
struct Pending {
    quads: Vec<u32>,
    /// Row of the map and its number of limbs.
    rows: Vec<(u32, usize)>,
    limbs: usize,
}

impl PlaneMap {
    /// Compiles `groups` of rows (indices into `rows`) with one column list each; `None` when a sum
    /// of bytes could exceed 31 bits.
    pub fn new(inputs: usize, rows: &[Row], groups: &[Vec<u32>]) -> Option<Self> {
        let quads = inputs.div_ceil(QUAD).next_multiple_of(QUADS).max(QUADS);
        let mut pending: Vec<Pending> = Vec::new();
        for members in groups {
            let Some(first) = members.first() else { continue };
            let columns = rows[*first as usize].columns.iter();
            let mut list: Vec<u32> = columns.map(|c| c / QUAD as u32).collect();
            list.dedup();
            let rows = members.iter().map(|m| (*m, limbs(&rows[*m as usize].weights)));
            place(&mut pending, list, rows.collect());
        }
        let (mut whole, mut gathering) = (Vec::new(), Vec::new());
        let mut bound = 0;
        for Pending { quads, rows: members, .. } in pending {
            let block = Block::new(&quads, &members, rows, &mut bound)?;
            if quads.len() == inputs.div_ceil(QUAD) {
                whole.push(block);
            } else {
                gathering.push(Gathering { list: quads, block });
            }
        }
        let weights = rows.iter().flat_map(|row| &row.weights);
        let largest = weights.map(|w| u64::from(w.unsigned_abs())).max().unwrap_or(0);
        (bound >> 31 == 0).then_some(Self { quads, whole, gathering, bound, largest })
    }

    /// The byte products of AVX2 modulo `q`, where weights and sums are small enough for them.
    pub fn avx2(&self, q: Modulus) -> Option<Bytes> {
        Bytes::new(q, self.largest, self.bound)
    }

    /// See [`super::LinearMap::apply`].
    pub fn apply(
        &self,
        unit: &impl PlaneUnit,
        q: Modulus,
        x: &[Tile],
        out: &mut [Tile],
        scratch: &mut PlaneScratch,
    ) {
        let planes = planes_of(q);
        let PlaneScratch { quads, gathered, sums } = scratch;
        quads.resize(planes * self.quads, Quad([0; 64]));
        sums.resize(planes * self.whole.len().max(1), Sums([[0; WORDS]; ROWS]));
        for half in 0..TILE_WORDS / WORDS {
            self.pack(unit, x, planes, half, quads);
            self.multiply_whole(unit, planes, quads, sums);
            for (block, sums) in self.whole.iter().zip(sums.chunks_exact(planes)) {
                unit.combine(q, self.bound, sums, &block.outputs, out, half);
            }
            for Gathering { list, block } in &self.gathering {
                let stride = QUADS * block.weights.len();
                gathered.resize(planes * stride, Quad([0; 64]));
                let of_plane =
                    gathered.chunks_exact_mut(stride).zip(quads.chunks_exact(self.quads));
                for (gathered, plane) in of_plane {
                    for (to, from) in gathered.iter_mut().zip(list) {
                        *to = plane[*from as usize];
                    }
                }
                let sums = &mut sums[..planes];
                unit.multiply(&block.weights, block.rows(), gathered, stride, sums);
                unit.combine(q, self.bound, sums, &block.outputs, out, half);
            }
        }
    }

    /// Blocks that read all inputs: a few planes at a time, so that their bytes stay in the
    /// first-level cache while all weights pass over them; two planes on two blocks where there are.
    fn multiply_whole(
        &self,
        unit: &impl PlaneUnit,
        planes: usize,
        quads: &[Quad],
        sums: &mut [Sums],
    ) {
        let (pairs, single) = self.whole.as_chunks::<2>();
        let (sums_pairs, sums_single) = sums.split_at_mut(2 * planes * pairs.len());
        for first in (0..planes).step_by(2) {
            let quads = &quads[first * self.quads..];
            for ([a, b], sums) in pairs.iter().zip(sums_pairs.chunks_exact_mut(2 * planes)) {
                let (sums_a, sums_b) = sums.split_at_mut(planes);
                match (sums_a[first..].first_chunk_mut(), sums_b[first..].first_chunk_mut()) {
                    (Some(sums_a), Some(sums_b)) => {
                        let weights = [a.weights.as_slice(), b.weights.as_slice()];
                        unit.multiply_two(weights, quads, self.quads, [sums_a, sums_b]);
                    }
                    _ => {
                        unit.multiply(
                            &a.weights,
                            a.rows(),
                            quads,
                            self.quads,
                            &mut sums_a[first..],
                        );
                        unit.multiply(
                            &b.weights,
                            b.rows(),
                            quads,
                            self.quads,
                            &mut sums_b[first..],
                        );
                    }
                }
            }
        }
        for (block, sums) in single.iter().zip(sums_single.chunks_exact_mut(planes)) {
            for (at, sums) in sums.chunks_mut(PLANES_IN_CACHE).enumerate() {
                let quads = &quads[at * PLANES_IN_CACHE * self.quads..];
                unit.multiply(&block.weights, block.rows(), quads, self.quads, sums);
            }
        }
    }

    /// Cuts half `half` of every tile of `x` into bytes.
    fn pack(
        &self,
        unit: &impl PlaneUnit,
        x: &[Tile],
        planes: usize,
        half: usize,
        quads: &mut [Quad],
    ) {
        const NOTHING: &[u64; WORDS] = &[0; WORDS];
        for (at, four) in x.chunks(QUAD).enumerate() {
            let words = |i| four.get(i).map_or(NOTHING, |t: &Tile| &t.0.as_chunks().0[half]);
            unit.pack(std::array::from_fn(words), planes, &mut quads[at..], self.quads);
        }
    }
}

impl Block {
    /// Rows that hold weights.
    fn rows(&self) -> usize {
        self.outputs.last().map_or(0, |last| usize::from(last.row + last.limbs))
    }

    /// Raises `bound` to the largest sum of bytes that the block can give.
    fn new(quads: &[u32], members: &[(u32, usize)], rows: &[Row], bound: &mut u64) -> Option<Self> {
        // Rows without inputs are sums all the same: of nothing.
        let blocks = quads.len().div_ceil(QUADS).max(1);
        let mut weights = vec![Weights([[0; QUAD * QUADS]; ROWS]); blocks];
        let mut outputs = Vec::with_capacity(members.len());
        let mut first = 0;
        for &(index, limbs) in members {
            let row = &rows[index as usize];
            let mut sums = vec![0u64; limbs];
            let mut at = 0;
            for (column, weight) in row.columns.iter().zip(&row.weights) {
                let (quad, byte) = (*column as usize / QUAD, *column as usize % QUAD);
                at += quads[at..].iter().position(|q| *q as usize == quad)?;
                let mut rest = i64::from(*weight);
                for (limb, sum) in sums.iter_mut().enumerate() {
                    let digit = cut(&mut rest);
                    weights[at / QUADS].0[first + limb][at % QUADS * QUAD + byte] = digit;
                    *sum += 255 * u64::from(digit.unsigned_abs());
                }
            }
            *bound = sums.into_iter().fold(*bound, u64::max);
            outputs.push(Output { index, row: first as u8, limbs: limbs as u8 });
            first += limbs;
        }
        Some(Self { weights, outputs })
    }
}

/// Takes the lowest digit, in -128 to 127, off a weight in base 256.
fn cut(weight: &mut i64) -> i8 {
    let digit = *weight as i8;
    *weight = (*weight - i64::from(digit)) >> 8;
    digit
}

/// Digits that the largest of some weights takes; at least one.
fn limbs(weights: &[i32]) -> usize {
    let of = |weight: &i32| {
        let mut rest = i64::from(*weight);
        let mut digits = 0;
        while rest != 0 {
            cut(&mut rest);
            digits += 1;
        }
        digits
    };
    weights.iter().map(of).max().unwrap_or(0).max(1)
}

/// Adds a group of rows: to the block before it when both fit one, otherwise to blocks of its own.
fn place(pending: &mut Vec<Pending>, quads: Vec<u32>, rows: Vec<(u32, usize)>) {
    let limbs: usize = rows.iter().map(|r| r.1).sum();
    if let Some(last) = pending.last_mut().filter(|last| last.limbs + limbs <= ROWS) {
        let mut union = last.quads.clone();
        union.extend(&quads);
        union.sort_unstable();
        union.dedup();
        if union.len() <= QUADS || union == last.quads && union == quads {
            last.quads = union;
            last.rows.extend(rows);
            last.limbs += limbs;
            return;
        }
    }
    let mut here = Pending { quads, rows: Vec::new(), limbs: 0 };
    for (row, limbs) in rows {
        if here.limbs + limbs > ROWS {
            let next = Pending { quads: here.quads.clone(), rows: Vec::new(), limbs: 0 };
            pending.push(std::mem::replace(&mut here, next));
        }
        here.rows.push((row, limbs));
        here.limbs += limbs;
    }
    pending.push(here);
}
