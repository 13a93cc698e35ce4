//! Events stamped with their time as a run goes on.

use super::event::Event;
use super::recording::{Recording, Told};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Records a run from its start on; its events come from any thread.
#[derive(Debug)]
pub struct Recorder {
    began: Instant,
    told: Mutex<Recording>,
}

impl Recorder {
    /// The run begins now.
    pub fn new() -> Self {
        Self { began: Instant::now(), told: Mutex::default() }
    }

    /// Records `event`, and gives it back with its time.
    pub fn note(&self, event: Event) -> Told {
        // Under the lock, so that times and events come in one order.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let secs = self.began.elapsed().as_secs_f64();
        told.note(secs, event.clone());
        Told { secs, event }
    }

    /// Everything that was recorded.
    pub fn end(self) -> Box<Recording> {
        Box::new(self.told.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}
