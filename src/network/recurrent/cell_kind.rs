//! The kinds of cells that networks are made of.

use serde::{Deserialize, Serialize};

/// A kind of cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    #[default]
    Elman,
    Gru,
    Lstm,
}

impl CellKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Elman, Self::Gru, Self::Lstm];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elman => "Elman",
            Self::Gru => "GRU",
            Self::Lstm => "LSTM",
        }
    }
}
