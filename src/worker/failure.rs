//! Why a job ended without its result.

use scenario::RunError;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a job ended without its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("stopped")]
    Cancelled,
    /// The one-line reason.
    #[error("{0}")]
    Refused(String),
    /// A bug: the job panicked. Everything else goes on.
    #[error("internal error: {0}; the window goes on, please report this")]
    Panicked(String),
}

/// Does the work; a panic in it becomes a [`Failure`].
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, RunError>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(RunError::Cancelled(_))) => Err(Failure::Cancelled),
        Ok(Err(error)) => Err(Failure::Refused(error.to_string())),
        Err(payload) => Err(Failure::Panicked(panic_text(&*payload))),
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
