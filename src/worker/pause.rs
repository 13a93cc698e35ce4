//! A gate that holds long work between two steps.

use progress::Cancel;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often a held thread looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);

/// Open or shut; clones share the gate.
#[derive(Clone, Debug, Default)]
pub(super) struct Pause(Arc<(Mutex<bool>, Condvar)>);

impl Pause {
    /// Shuts the gate, or opens it.
    pub fn set(&self, paused: bool) {
        let (held, changed) = &*self.0;
        *held.lock().unwrap_or_else(PoisonError::into_inner) = paused;
        changed.notify_all();
    }

    /// Returns when the gate is open, or when `cancel` is set.
    pub fn wait(&self, cancel: &Cancel) {
        let (held, changed) = &*self.0;
        let mut paused = held.lock().unwrap_or_else(PoisonError::into_inner);
        while *paused && !cancel.is_cancelled() {
            let waited = changed.wait_timeout(paused, LOOK);
            paused = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_shut_gate_holds_until_it_opens_or_the_work_is_cancelled() {
        let (pause, cancel) = (Pause::default(), Cancel::default());
        pause.wait(&cancel);
        pause.set(true);
        let opener = pause.clone();
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(30));
                opener.set(false);
            });
            pause.wait(&cancel);
        });
        assert!(start.elapsed() >= Duration::from_millis(25));
        pause.set(true);
        cancel.cancel();
        pause.wait(&cancel);
    }
}
