//! Progress of an evaluation by predicted time.

use super::scheme::Evaluation;
use std::ops::Range;

/// How much of an evaluation is done when parts of its stages are.
pub(super) struct Share<'a> {
    /// Predicted seconds of each stage.
    secs: &'a [f64],
    fraction: &'a (dyn Fn(f64) + Sync),
}

impl<'a> Share<'a> {
    pub fn of(following: &Evaluation<'a>) -> Self {
        Self { secs: following.stage_secs, fraction: following.fraction }
    }

    /// `part` of the stages `range` is done.
    pub fn tell(&self, range: Range<usize>, part: f64) {
        let sum = |range: Range<usize>| -> f64 {
            self.secs.get(range).map_or(0.0, |secs| secs.iter().sum())
        };
        let all = sum(1..self.secs.len()).max(1e-12);
        (self.fraction)((sum(1..range.start) + sum(range) * part) / all);
    }
}
