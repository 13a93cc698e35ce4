//! When a stage of a training ends early, and what it keeps.

use super::error::TrainError;

/// What is kept of a stage: the newest network, or with patience the best one.
pub(super) struct Keeper<T> {
    patience: Option<usize>,
    kept: T,
    /// The epoch that it is of, counted over all stages.
    epoch: usize,
    /// The best accuracy, and epochs since it was reached first.
    best: f64,
    since: usize,
}

impl<T> Keeper<T> {
    /// Of a stage that begins with `start` after so many epochs.
    pub fn new(patience: Option<usize>, start: T, epochs: usize) -> Self {
        Self { patience, kept: start, epoch: epochs, best: f64::NEG_INFINITY, since: 0 }
    }

    /// Whether there were as many epochs without a better accuracy as there may be.
    pub fn is_over(&self) -> bool {
        self.patience.is_some_and(|most| self.since >= most)
    }

    /// Takes what an epoch gave.
    pub fn take(&mut self, current: T, epoch: usize, accuracy: f64) {
        self.since = if accuracy > self.best { 0 } else { self.since + 1 };
        // Of epochs that are equally good the last one: it was trained the longest.
        if self.patience.is_none() || accuracy >= self.best {
            (self.kept, self.epoch) = (current, epoch);
        }
        self.best = self.best.max(accuracy);
    }

    /// What was kept, and the epoch that it is of.
    pub fn kept(self) -> (T, usize) {
        (self.kept, self.epoch)
    }
}

/// Refuses a patience that nothing can be held against.
pub(super) fn check_patience(patience: Option<usize>, held_out: bool) -> Result<(), TrainError> {
    match patience {
        Some(_) if !held_out => Err(TrainError::NothingHeldOut),
        Some(0) => {
            let (field, given, allowed) = ("patience", "0".into(), "1 or more epochs".into());
            Err(TrainError::Choice { field, given, allowed })
        }
        _ => Ok(()),
    }
}
