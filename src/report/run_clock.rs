//! When a run began, and how long ago that is.

use super::event::Event;
use super::recording::Told;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Runs from the start of a run on.
#[derive(Clone, Copy, Debug)]
pub struct RunClock {
    began: Instant,
    /// Seconds since 1970.
    began_at: u64,
}

impl RunClock {
    /// The run begins now.
    pub fn start() -> Self {
        // A clock before 1970 is set wrongly.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: Instant::now(), began_at: now.as_secs() }
    }

    /// When the run began, seconds since 1970.
    pub fn began_at(&self) -> u64 {
        self.began_at
    }

    /// An event that is told now.
    pub fn told(&self, event: Event) -> Told {
        Told { secs: self.began.elapsed().as_secs_f64(), event }
    }
}
