//! Why an encrypted training cannot start or go on.

use super::message_error::MessageError;
use functional::febo::FeboError;
use functional::feip::FeipError;
use network::train::TrainError;
use network::{ForwardError, NetworkError};
use progress::Cancelled;
use scenario::RunError;

/// Why an encrypted training cannot start or go on; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum CryptonnError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error("inner products: {0}")]
    Feip(FeipError),
    #[error("basic operations: {0}")]
    Febo(#[from] FeboError),
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("the authority refuses: {0}")]
    Refused(#[from] crate::policy_error::PolicyError),
    #[error(transparent)]
    Train(TrainError),
    #[error(transparent)]
    Forward(ForwardError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("{0}")]
    Impossible(String),
    #[error("no randomness from the system: {0}")]
    Randomness(#[from] getrandom::Error),
}

impl From<FeipError> for CryptonnError {
    fn from(error: FeipError) -> Self {
        match error {
            FeipError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Feip(other),
        }
    }
}

impl From<TrainError> for CryptonnError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Train(other),
        }
    }
}

impl From<ForwardError> for CryptonnError {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Forward(other),
        }
    }
}

impl From<CryptonnError> for RunError {
    fn from(error: CryptonnError) -> Self {
        match error {
            CryptonnError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Training(Box::new(other)),
        }
    }
}
