//! Weights that the grid cuts off.

/// A weight that lies outside its grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WideWeight {
    pub layer: usize,
    pub row: usize,
    pub term: usize,
    /// What it would be on the grid if that had no end.
    pub level: f64,
}
