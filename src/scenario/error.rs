//! Why a run could not start or finish.

use circuit::{LowerError, PlanError};
use data::DataError;
use engine::{EngineError, OfferError};
use network::table::TableError;
use network::train::TrainError;
use network::{ForwardError, ModelError, NetworkError};
use progress::Cancelled;

/// Why a run could not start or finish; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Lower(#[from] LowerError),
    #[error(transparent)]
    Plan(PlanError),
    #[error(transparent)]
    Forward(ForwardError),
    #[error(transparent)]
    Train(TrainError),
    #[error(transparent)]
    Engine(EngineError),
    #[error("offer: {0}")]
    Offer(#[from] OfferError),
    #[error(transparent)]
    Training(Box<dyn std::error::Error + Send + Sync>),
    #[error("{0}")]
    Refused(String),
}

impl From<EngineError> for RunError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Engine(other),
        }
    }
}

impl From<TrainError> for RunError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Train(other),
        }
    }
}

impl From<PlanError> for RunError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Plan(other),
        }
    }
}

impl From<ForwardError> for RunError {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Forward(other),
        }
    }
}

impl From<TableError> for RunError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Refused(other.to_string()),
        }
    }
}

#[cfg(feature = "tfhe")]
impl From<scheme::tfhe::TfheError> for RunError {
    fn from(error: scheme::tfhe::TfheError) -> Self {
        match error {
            scheme::tfhe::TfheError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Refused(other.to_string()),
        }
    }
}
