//! Why a side could not do its part.

use engine::{EngineError, OfferError};
use file::OutputError;
use progress::Cancelled;
use scenario::RunError;
use wire::WireError;

/// Why a side could not do its part; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error(transparent)]
    Run(RunError),
    #[error(transparent)]
    Engine(EngineError),
    #[error("{file}: {source}")]
    File { file: String, source: WireError },
    #[error("offer: {0}")]
    Offer(#[from] OfferError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("{0}")]
    Refused(String),
}

impl ServiceError {
    /// What is wrong with a message, and which it is.
    pub(super) fn of(file: &str) -> impl Fn(WireError) -> Self {
        move |source| Self::File { file: file.to_owned(), source }
    }
}

impl From<EngineError> for ServiceError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Engine(other),
        }
    }
}

impl From<RunError> for ServiceError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Run(other),
        }
    }
}
