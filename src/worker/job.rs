//! Requests by number, and what comes back.

use super::Loaded;
use crate::circuit::Plan;
use crate::run::{Event, RunReport, Scenario};

/// The number of a request; later requests have larger numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Job(pub(super) u64);

/// Why a job ended without its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("stopped")]
    Cancelled,
    /// The engine's one-line reason.
    #[error("{0}")]
    Refused(String),
    /// A bug: the job panicked. Everything else goes on.
    #[error("internal error: {0}; the window goes on, please report this")]
    Panicked(String),
}

/// What the worker has to tell, in order.
#[derive(Clone, Debug)]
pub enum Update {
    /// The model and dataset of the newest plan request are in memory.
    Loaded(Loaded),
    /// The answer to the newest plan request.
    Planned(Result<Box<Plan>, Failure>),
    /// Something happened in the run.
    Run(Event),
    /// The run is over; the worker is free again.
    RunEnded(Result<Box<RunReport>, Failure>),
}

/// A request on its way to the thread.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub job: Job,
    pub scenario: Scenario,
    pub cancel: crate::progress::Cancel,
}
