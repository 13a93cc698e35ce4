//! What is learned over the steps of a training.

use super::knowledge::Knowledge;
use super::measure::{Pool, Score};
use super::settings::LeakOptions;
use crate::reconstruct::of_knowledge;
use crate::view::ServerView;
use progress::{Cancel, Cancelled};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Most steps between two points are passed over where points would be many.
const MOST_POINTS: usize = 24;

/// Scores over the steps seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakCurve {
    pub settings: LeakOptions,
    pub points: Vec<LeakPoint>,
}

/// The mean over all mini-batches of the view after `steps` steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeakPoint {
    /// Steps seen.
    pub steps: usize,
    #[serde(flatten)]
    pub score: Score,
}

/// The scores of the attack `settings` after 0, 1, ... steps of the view.
///
/// # Errors
/// When `cancel` is set.
pub fn curve(
    view: &ServerView,
    pool: &Pool,
    settings: &LeakOptions,
    cancel: &Cancel,
) -> Result<LeakCurve, Cancelled> {
    let mut batches: Vec<usize> = view.steps.iter().map(|s| s.batch).collect();
    batches.sort_unstable();
    batches.dedup();
    let ends = stops(view);
    let scores: Vec<Vec<Score>> = batches
        .par_iter()
        .map(|batch| of_batch(view, pool, *batch, &ends, settings, cancel))
        .collect::<Result<_, _>>()?;
    let points = ends.iter().enumerate().map(|(at, steps)| {
        let of_batches: Vec<Score> = scores.iter().filter_map(|s| s.get(at)).copied().collect();
        LeakPoint { steps: *steps, score: Score::mean(&of_batches) }
    });
    Ok(LeakCurve { settings: settings.clone(), points: points.collect() })
}

/// After how many steps it is measured: nothing seen, and after each recorded step, thinned out
/// towards the end.
fn stops(view: &ServerView) -> Vec<usize> {
    let mut ends: Vec<usize> = view.steps.iter().map(|s| s.step + 1).collect();
    ends.push(0);
    ends.sort_unstable();
    ends.dedup();
    let count = ends.len();
    if count <= MOST_POINTS {
        return ends;
    }
    // Close together at the beginning, where things happen.
    let dense = MOST_POINTS / 2;
    let growth = ((count - 1) as f64 / dense as f64).powf(1.0 / (MOST_POINTS - dense) as f64);
    let mut chosen: Vec<usize> = (0..dense).collect();
    let later = (1..=MOST_POINTS - dense).map(|k| (dense as f64 * growth.powi(k as i32)) as usize);
    chosen.extend(later.map(|k| k.min(count - 1)));
    chosen.push(count - 1);
    chosen.dedup();
    chosen.into_iter().filter_map(|k| ends.get(k).copied()).collect()
}

fn of_batch(
    view: &ServerView,
    pool: &Pool,
    batch: usize,
    ends: &[usize],
    settings: &LeakOptions,
    cancel: &Cancel,
) -> Result<Vec<Score>, Cancelled> {
    let mut scores: Vec<Score> = Vec::with_capacity(ends.len());
    let mut rows = None;
    for seen in ends {
        let Some(known) = Knowledge::of(view, batch, *seen, settings, pool.background.as_ref())
        else {
            continue;
        };
        // Nothing new is seen, or nothing is left to see.
        let same = rows == Some(known.rows());
        let score = match scores.last() {
            Some(last) if same || last.certain == 1.0 => *last,
            _ => pool.score(&of_knowledge(&known, settings, cancel)?),
        };
        rows = Some(known.rows());
        scores.push(score);
    }
    Ok(scores)
}
