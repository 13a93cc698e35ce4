//! Rows of small signed weights on one list of columns.

use super::BLOCK_ROWS;
use std::sync::Arc;

/// Columns that one sum takes: `255 * 2^52 < 2^60`.
pub const MAX_COLUMNS: usize = 255;

/// Up to six rows of weights on one list of columns.
#[derive(Clone, Debug)]
pub struct SignedBlock {
    /// How many rows there are.
    pub count: usize,
    /// Numbers of their outputs.
    pub rows: [u32; BLOCK_ROWS],
    /// For each column the weights of the rows, in 52 bits of two's complement. The windows of a
    /// convolution share theirs.
    pub weights: Arc<[[u64; BLOCK_ROWS]]>,
    /// How many weights of each row are negative.
    pub negative: [u8; BLOCK_ROWS],
}
