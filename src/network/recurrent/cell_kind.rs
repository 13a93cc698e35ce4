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

    /// The kind that rows call so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == name)
    }

    /// What rows and settings call it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Elman => "elman",
            Self::Gru => "gru",
            Self::Lstm => "lstm",
        }
    }

    /// Affine maps of input and state: each is a gate.
    pub fn gates(self) -> usize {
        match self {
            Self::Elman => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elman => "Elman",
            Self::Gru => "GRU",
            Self::Lstm => "LSTM",
        }
    }
}
