//! Messages: short-lived ones over the window, and all of them in the log.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    /// Something did not work; stays longer, and in the log.
    Error,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Note {
    pub id: u64,
    pub level: Level,
    pub text: String,
    at: Instant,
}

/// Messages, newest last.
#[derive(Debug, Default)]
pub struct Notifications {
    shown: Vec<Note>,
    log: VecDeque<Note>,
    next_id: u64,
}

const INFO_STAYS: Duration = Duration::from_secs(5);
const ERROR_STAYS: Duration = Duration::from_secs(30);
const LOG_LINES: usize = 500;
/// More than this many at once would cover the window.
const SHOWN: usize = 3;

impl Notifications {
    /// Says that something was done.
    pub fn info(&mut self, text: impl Into<String>) {
        self.add(Level::Info, text.into());
    }

    /// Says that something did not work.
    pub fn error(&mut self, text: impl Into<String>) {
        self.add(Level::Error, text.into());
    }

    fn add(&mut self, level: Level, text: String) {
        let note = Note { id: self.next_id, level, text, at: Instant::now() };
        self.next_id += 1;
        self.shown.retain(|n| n.text != note.text);
        if self.shown.len() == SHOWN {
            self.shown.remove(0);
        }
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
        }
        self.shown.push(note.clone());
        self.log.push_back(note);
    }

    /// Messages over the window.
    pub fn shown(&self) -> &[Note] {
        &self.shown
    }

    /// All messages with their age, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = (&Note, Duration)> {
        self.log.iter().map(|n| (n, n.at.elapsed()))
    }

    /// Takes one message from the window; it stays in the log.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|n| n.id != id);
    }

    /// Drops what has been shown long enough; how long until the next one is due.
    pub fn expire(&mut self) -> Option<Duration> {
        self.shown.retain(|n| n.at.elapsed() < n.level.stays());
        self.shown.iter().map(|n| n.level.stays().saturating_sub(n.at.elapsed())).min()
    }
}

impl Level {
    /// How long a message stands over the window.
    fn stays(self) -> Duration {
        match self {
            Self::Info => INFO_STAYS,
            Self::Error => ERROR_STAYS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_not_covered_and_the_log_keeps_all() {
        let mut notifications = Notifications::default();
        for i in 0..10 {
            notifications.error(format!("error {i}"));
        }
        assert_eq!(notifications.shown().len(), SHOWN);
        assert_eq!(notifications.log().count(), 10);
        let due = notifications.expire();
        assert!(due.is_some_and(|due| due > INFO_STAYS && due <= ERROR_STAYS), "{due:?}");
        let id = notifications.shown()[0].id;
        notifications.dismiss(id);
        assert_eq!(notifications.shown().len(), SHOWN - 1);
    }
}
