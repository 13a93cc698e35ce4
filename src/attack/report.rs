//! The leak of a training in figures: what a report carries.

use super::measure::Pool;
use super::settings::{AttackMethod, LeakOptions, LeakSources};
use crate::curve::{LeakCurve, curve};
use crate::labels::labels;
use crate::view::ServerView;
use progress::{Cancel, Cancelled};
use serde::{Deserialize, Serialize};

/// Rows per ciphertext in the curve with a limit.
pub const LIMIT_ROWS: usize = 8;

/// Everything measured about what the server learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakReport {
    /// Samples that were attacked, and how many they are told apart from.
    pub samples: usize,
    pub pool: usize,
    /// Error of guessing the mean sample: what somebody knows who has seen nothing.
    pub mean_guess_error: f64,
    /// Share of pool hit by chance.
    pub chance: f64,
    /// Labels read off `A - Y`, and the share of them that is right.
    pub labels_recovered: usize,
    pub labels_right: f64,
    /// Products and gradients; products alone; the linear program; all under a limit; and that by
    /// somebody who knows similar data.
    pub curves: Vec<LeakCurve>,
}

/// Measures what `view` gives away. `label` is the true label of a training sample.
///
/// # Errors
/// When `cancel` is set.
pub fn report(
    view: &ServerView,
    pool: &Pool,
    label: impl Fn(usize) -> Option<u16>,
    cancel: &Cancel,
) -> Result<LeakReport, Cancelled> {
    let all = LeakOptions::default();
    let products = LeakOptions { sources: LeakSources::Products, ..all.clone() };
    let program = LeakOptions { method: AttackMethod::LinearProgram, ..products.clone() };
    let limited = LeakOptions { most_rows: Some(LIMIT_ROWS), ..all.clone() };
    let similar = LeakOptions { similar: true, ..limited.clone() };
    let curves = [all, products, program, limited, similar]
        .iter()
        .map(|settings| curve(view, pool, settings, cancel))
        .collect::<Result<_, _>>()?;
    let leak = labels(view, usize::MAX);
    let mut samples: Vec<usize> = view.steps.iter().flat_map(|s| s.samples.clone()).collect();
    samples.sort_unstable();
    samples.dedup();
    Ok(LeakReport {
        samples: samples.len(),
        pool: pool.indices.len(),
        mean_guess_error: pool.mean_guess_error(),
        chance: 1.0 / pool.indices.len().max(1) as f64,
        labels_recovered: leak.recovered.len(),
        labels_right: leak.right(label),
        curves,
    })
}
