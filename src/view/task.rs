//! How long work stands: sweeps, trainings, comparisons.

use worker::Failure;

/// How long work stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TaskStatus {
    #[default]
    Idle,
    Running,
    Finished,
    Stopped,
    Failed(String),
}

impl TaskStatus {
    /// How work of several rows stands after its end, `left` of them not done.
    pub fn with_left<T>(result: &Result<T, Failure>, left: impl Fn(&T) -> usize) -> Self {
        match result {
            Ok(report) if left(report) > 0 => Self::Stopped,
            other => Self::of(other),
        }
    }

    /// How it stands after the end.
    pub fn of<T>(result: &Result<T, Failure>) -> Self {
        match result {
            Ok(_) => Self::Finished,
            Err(Failure::Cancelled) => Self::Stopped,
            Err(failure) => Self::Failed(failure.to_string()),
        }
    }
}
