//! Events on their way out: gathered for a moment, repeated ones replaced, never blocking the run.

use super::job::{Job, Update};
use crossbeam_channel::{SendTimeoutError, Sender, TrySendError};
use progress::Cancel;
use report::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Updates of one job that travel together.
pub(super) type Batch = (Job, Vec<Update>);

/// How long events are gathered before they are sent: about 30 batches a second.
const GATHER: Duration = Duration::from_millis(33);

/// How long one attempt waits for room.
const ROOM_TICK: Duration = Duration::from_millis(20);

/// Events of a run that were not sent yet. The window takes them too when it looks for news, so that
/// the last events before a long silence are not held back.
#[derive(Default)]
pub(super) struct Gathered {
    job: Option<Job>,
    events: Vec<Event>,
    sent_at: Option<Instant>,
}

impl Gathered {
    /// What waits, emptied.
    pub fn take(&mut self) -> Option<Batch> {
        let job = self.job?;
        let updates: Vec<_> = self.events.drain(..).map(Update::Run).collect();
        (!updates.is_empty()).then_some((job, updates))
    }
}

/// The gathered events, shared by the thread and the window.
pub(super) type Shared = Arc<Mutex<Gathered>>;

/// The gathered events, also after a panic elsewhere: they are whole at every step.
pub(super) fn lock(shared: &Shared) -> MutexGuard<'_, Gathered> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct Outbox<'a> {
    tx: &'a Sender<Batch>,
    wake: &'a (dyn Fn() + Send + Sync),
    gathered: &'a Shared,
}

impl<'a> Outbox<'a> {
    pub fn new(
        job: Job,
        tx: &'a Sender<Batch>,
        wake: &'a (dyn Fn() + Send + Sync),
        gathered: &'a Shared,
    ) -> Self {
        *lock(gathered) = Gathered { job: Some(job), ..Gathered::default() };
        Self { tx, wake, gathered }
    }

    /// Sends what must not be lost after what was gathered, waiting for room until `closing`.
    pub fn tell(&self, update: Update, closing: &Cancel) {
        let Some(job) = lock(self.gathered).job else { return };
        let waiting = lock(self.gathered).take();
        for mut batch in waiting.into_iter().chain([(job, vec![update])]) {
            while !closing.is_cancelled() {
                match self.tx.send_timeout(batch, ROOM_TICK) {
                    Ok(()) | Err(SendTimeoutError::Disconnected(_)) => break,
                    Err(SendTimeoutError::Timeout(back)) => {
                        batch = back;
                        (self.wake)();
                    }
                }
            }
        }
        (self.wake)();
    }

    /// Takes an event; sends what was gathered when its time has come and there is room.
    pub fn push(&self, event: Event) {
        // Held until the batch is in the channel: the window sees batches in order.
        let mut gathered = lock(self.gathered);
        add(&mut gathered.events, event);
        if gathered.sent_at.is_some_and(|at| at.elapsed() < GATHER) {
            return;
        }
        let Some(batch) = gathered.take() else { return };
        match self.tx.try_send(batch) {
            Ok(()) => {
                gathered.sent_at = Some(Instant::now());
                drop(gathered);
                (self.wake)();
            }
            // The window is busy: keep gathering, the events are merged meanwhile.
            Err(TrySendError::Full((_, updates)) | TrySendError::Disconnected((_, updates))) => {
                gathered.events = updates.into_iter().filter_map(event_of).collect();
            }
        }
    }
}

fn event_of(update: Update) -> Option<Event> {
    match update {
        Update::Run(event) => Some(event),
        Update::Loaded(_)
        | Update::LoadedSequence(_)
        | Update::Forecast(_)
        | Update::NoiseStrategy(_)
        | Update::StrategiesEnded(_)
        | Update::Tables(_)
        | Update::Planned(_)
        | Update::RunEnded(_)
        | Update::Activations(_)
        | Update::Checked(_)
        | Update::FunctionAccuracy(..)
        | Update::CheckEnded(_) => None,
    }
}

/// Adds `event`, replacing an earlier one that it makes obsolete.
fn add(events: &mut Vec<Event>, event: Event) {
    match (&event, events.last_mut()) {
        (Event::Progress { .. }, _) => {
            events.retain(|e| !matches!(e, Event::Progress { .. }));
            events.push(event);
        }
        (Event::Stage { index, .. }, _) => {
            events.retain(|e| !matches!(e, Event::Stage { index: i, .. } if i == index));
            events.push(event);
        }
        (Event::Samples(new), Some(Event::Samples(old))) => old.extend(new.iter().cloned()),
        // The end is told once, by the job itself.
        (Event::Finished(_), _) => {}
        _ => events.push(event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Phase;

    fn progress(done: u64) -> Event {
        Event::Progress { phase: Phase::Encrypt, done, total: 9, fraction: 0.0, eta_secs: 0.0 }
    }

    #[test]
    fn newer_progress_replaces_older() {
        let mut events = vec![];
        add(&mut events, progress(1));
        add(&mut events, Event::Samples(vec![]));
        add(&mut events, progress(2));
        assert_eq!(events, [Event::Samples(vec![]), progress(2)]);
    }

    #[test]
    fn nothing_is_lost_or_waited_for_while_the_channel_is_full() {
        let (tx, rx) = crossbeam_channel::bounded(1);
        let shared = Shared::default();
        let out = Outbox::new(Job(1), &tx, &|| {}, &shared);
        out.push(progress(1));
        for done in 2..6 {
            std::thread::sleep(GATHER);
            out.push(progress(done));
        }
        assert_eq!(rx.len(), 1, "only the first found room");
        let rest = lock(&shared).take().map(|(_, updates)| updates);
        assert!(matches!(rest.as_deref(), Some([Update::Run(e)]) if *e == progress(5)), "{rest:?}");
    }
}
