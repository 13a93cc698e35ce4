//! Linear maps of a few small weights a row, such as convolutions, with signed weights.

use super::Modulus;
use super::kernels::signed::SignedUnit;
use super::kernels::signed_block::SignedBlock;
use super::kernels::{BLOCK_ROWS, Kernel, Tile};
use super::row::Row;
use std::collections::HashSet;
use std::sync::Arc;

/// Weights of one block; see [`SignedBlock`].
type Weights = [[u64; BLOCK_ROWS]];

/// Rows with more columns are cheaper as byte products (measured on a processor that has both).
const FEW_COLUMNS: usize = 60;

/// Groups of rows with one column list each.
#[derive(Clone, Debug)]
pub struct SignedMap {
    groups: Vec<Group>,
    /// No weight is larger.
    largest: u64,
}

#[derive(Clone, Debug)]
struct Group {
    columns: Vec<u32>,
    blocks: Vec<SignedBlock>,
}

impl SignedMap {
    /// The groups of rows (indices into `rows`) that [`SignedMap::takes`]; `None` when there are none.
    pub fn new(rows: &[Row], groups: &[Vec<u32>], prime_bits: u32) -> Option<Self> {
        let taken = || groups.iter().filter(|group| Self::takes(rows, group, prime_bits));
        let largest = taken().map(|group| largest(rows, group)).max()?;
        let mut known = HashSet::new();
        let groups = taken().map(|group| Group::new(group, rows, &mut known)).collect();
        Some(Self { groups, largest })
    }

    /// Whether a group has few columns, and weights small enough for primes of `prime_bits` bits.
    pub fn takes(rows: &[Row], group: &[u32], prime_bits: u32) -> bool {
        let columns = group.first().map_or(0, |r| rows[*r as usize].columns.len());
        let limit = 1u64 << 51u32.saturating_sub(prime_bits);
        (1..=FEW_COLUMNS).contains(&columns) && largest(rows, group) <= limit
    }

    /// What multiplies by these weights.
    pub fn unit(&self, kernel: Kernel, q: Modulus) -> Option<SignedUnit> {
        SignedUnit::new(kernel, q).filter(|unit| self.largest <= unit.largest_weight())
    }

    /// Writes the outputs of the rows that were taken; see [`super::LinearMap::apply`].
    pub fn apply(&self, unit: SignedUnit, x: &[Tile], out: &mut [Tile], scratch: &mut Vec<Tile>) {
        // Residues are next to never zero by chance.
        let x = if unit.has_zeros(x) {
            scratch.resize(x.len(), Tile::ZERO);
            unit.without_zeros(x, scratch);
            scratch.as_slice()
        } else {
            x
        };
        for Group { columns, blocks } in &self.groups {
            for block in blocks {
                unit.sums(x, columns, block, out);
            }
        }
    }
}

/// The largest weight of a group, without its sign.
fn largest(rows: &[Row], group: &[u32]) -> u64 {
    let weights = group.iter().flat_map(|r| &rows[*r as usize].weights);
    weights.map(|w| u64::from(w.unsigned_abs())).max().unwrap_or(0)
}

impl Group {
    fn new(members: &[u32], rows: &[Row], known: &mut HashSet<Arc<Weights>>) -> Self {
        let columns = members.first().map_or(&[][..], |r| &rows[*r as usize].columns).to_vec();
        let mut block = |members: &[u32]| {
            let weight = |column: usize, r: usize| {
                members.get(r).map_or(0, |row| rows[*row as usize].weights[column])
            };
            let cut = |w: i32| i64::from(w) as u64 & ((1 << 52) - 1);
            let negative = |r| (0..columns.len()).filter(|c| weight(*c, r) < 0).count() as u8;
            let weights: Arc<Weights> =
                (0..columns.len()).map(|c| std::array::from_fn(|r| cut(weight(c, r)))).collect();
            SignedBlock {
                count: members.len(),
                rows: std::array::from_fn(|r| members.get(r).copied().unwrap_or(0)),
                weights: known.get(&weights).cloned().unwrap_or_else(|| {
                    known.insert(Arc::clone(&weights));
                    weights
                }),
                negative: std::array::from_fn(negative),
            }
        };
        let blocks = members.chunks(BLOCK_ROWS).map(&mut block).collect();
        Self { columns, blocks }
    }
}
