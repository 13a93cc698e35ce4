//! Events stamped with their time as a run goes on.

use super::event::Event;
use super::recording::{Recording, Told};
use super::report::RunReport;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Records a run from its start on; its events come from any thread.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    /// Seconds since 1970.
    began_at: u64,
    told: Mutex<Recording>,
}

impl Recorder {
    /// The run begins now.
    pub fn new() -> Self {
        // A clock before 1970 is set wrongly.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: Instant::now(), began_at: now.as_secs(), told: Mutex::default() }
    }

    /// Records `event`, and gives it back with its time.
    pub fn note(&self, event: Event) -> Told {
        // Under the lock, so that times and events come in one order.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let secs = self.began.elapsed().as_secs_f64();
        told.note(secs, event.clone());
        Told { secs, event }
    }

    /// Gives everything that was recorded to the report of the run.
    pub fn end(self, report: &mut RunReport) {
        let told = self.told.into_inner().unwrap_or_else(PoisonError::into_inner);
        report.began = Some(self.began_at);
        report.events = Some(Box::new(told));
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}
