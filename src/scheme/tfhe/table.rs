//! The polynomial that blind rotation reads a table from.

use super::parameters::TfheParameters;
use serde::{Deserialize, Serialize};

/// Entries of one or more functions in one polynomial: what PBS turns a phase into.
///
/// The phase of a sum lies on a circle of 2N positions; blind rotation reads the polynomial at that
/// position, with its sign changed on the far half. Functions share the polynomial: of `f`
/// functions, position p holds function `p mod f`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupPolynomial {
    pub(super) entries: Vec<u64>,
    /// `log2` of the number of functions, rounded up.
    pub(super) merged: u32,
}

impl LookupPolynomial {
    /// Entries of `functions`: each is given a position from `-N/2` to `N/2 - 1` and answers with a
    /// torus element. On the far half of the circle PBS gives minus what is half a turn away.
    pub fn new(parameters: &TfheParameters, functions: &[&dyn Fn(i64) -> u32]) -> Self {
        let size = parameters.polynomial_size as i64;
        let together = functions.len().max(1).next_power_of_two();
        let merged = together.trailing_zeros();
        let step = 1i64 << merged;
        let entry = |p: i64| -> u64 {
            let Some(f) = functions.get((p % step) as usize) else { return 0 };
            // All functions are read where the first is.
            let at = p - p % step;
            let value = if at < size / 2 { f(at) } else { f(at - size).wrapping_neg() };
            u64::from(value) << 32
        };
        Self { entries: (0..size).map(entry).collect(), merged }
    }

    /// `log2` of the number of functions, rounded up.
    pub fn merged(&self) -> u32 {
        self.merged
    }
}

/// Position on the circle of `2 N` of a sum `(sum + 1/2) / (4 range)` of a turn, not rounded.
pub fn position_of(parameters: &TfheParameters, sum: f64, range: f64) -> f64 {
    (sum + 0.5) / (4.0 * range) * (2 * parameters.polynomial_size) as f64
}
