//! Rows of linear maps.

use std::sync::Arc;

/// One output of a linear map: `sum_c weights[c] x[columns[c]]`.
///
/// Rows that share a column list (the maps of a convolution window, the rows of a dense layer)
/// share one pass over the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Inputs that take part, in rising order.
    pub columns: Arc<[u32]>,
    /// Their weights.
    pub weights: Vec<i32>,
}
