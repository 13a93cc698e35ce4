//! Progress and cancellation, passed down to everything that can take longer than an instant.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that asks long work to stop. Clones share the flag.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop; it does so at its next check.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether stopping was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// `Err(Cancelled)` once stopping was asked for.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

/// The work was stopped on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// One report of progress: `done` of `total` units of `what`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is being done, in the words of the user ("encrypt", "epoch 3").
    pub what: String,
    /// Units done so far, at most `total`.
    pub done: u64,
    /// Units in all; 0 when unknown.
    pub total: u64,
}

/// What long work is handed: where to report progress and whether to stop.
pub struct Watch<'a> {
    cancel: Cancel,
    report: &'a (dyn Fn(Step) + Sync),
}

impl<'a> Watch<'a> {
    /// A watch that reports to `report` and stops when `cancel` is set.
    pub fn new(cancel: Cancel, report: &'a (dyn Fn(Step) + Sync)) -> Self {
        Self { cancel, report }
    }

    /// A watch that reports nowhere and is never cancelled.
    pub fn silent() -> Watch<'static> {
        Watch { cancel: Cancel::default(), report: &|_| {} }
    }

    /// Reports that `done` of `total` units of `what` are done; `Err` when the work shall stop.
    pub fn step(&self, what: &str, done: u64, total: u64) -> Result<(), Cancelled> {
        (self.report)(Step { what: what.to_owned(), done, total });
        self.cancel.check()
    }

    /// `Err` when the work shall stop; cheap enough for inner loops.
    pub fn check(&self) -> Result<(), Cancelled> {
        self.cancel.check()
    }

    /// The flag itself, to hand on to other threads.
    pub fn cancel_flag(&self) -> &Cancel {
        &self.cancel
    }
}
