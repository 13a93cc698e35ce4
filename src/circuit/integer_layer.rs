//! A layer of the integer network.

use super::stage_name::StageName;
use ring::Row;

/// A layer of small integers.
#[derive(Clone, Debug, PartialEq)]
pub enum IntegerLayer {
    /// Weighted sums and a bias each; `weight_bits` counts the sign.
    Linear { name: StageName, rows: Vec<Row>, bias: Vec<i128>, weight_bits: u32 },
    /// Squares of the first `acts_on` values; the others are carried as they are.
    Square { name: StageName, acts_on: usize },
}

impl IntegerLayer {
    /// The layer's name.
    pub fn name(&self) -> &StageName {
        match self {
            Self::Linear { name, .. } | Self::Square { name, .. } => name,
        }
    }
}
