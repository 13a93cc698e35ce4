//! The operations.

use serde::{Deserialize, Serialize};

/// What is computed of an encrypted x and a known y.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `x + y`
    Add,
    /// `x - y`
    Subtract,
    /// `x y`
    Multiply,
    /// `x / y`, where y divides x
    Divide,
}
