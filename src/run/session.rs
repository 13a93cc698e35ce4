//! From a scenario to its plan and to its report.

use super::{Event, RunReport, Scenario};
use crate::circuit::Plan;
use crate::data::Dataset;
use crate::network::Network;
use crate::progress::Cancel;
use std::path::PathBuf;
use std::sync::Arc;

/// Where things outside the program are looked for.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Folder of the larger public datasets (`--data`, `CRYPTOSCOPE_DATA`).
    pub data_dir: Option<PathBuf>,
}

/// A scenario with its model and dataset in memory, ready to be planned and run.
#[derive(Clone)]
pub struct Session {
    pub scenario: Scenario,
    pub dataset: Arc<Dataset>,
    pub network: Arc<Network>,
}

/// Why a run could not start or finish; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("cancelled")]
    Cancelled(#[from] crate::progress::Cancelled),
    #[error("{0}")]
    Refused(String),
}

impl Session {
    /// Loads the model and the dataset of `scenario` and checks that they fit together.
    pub fn open(_scenario: &Scenario, _sources: &Sources) -> Result<Self, RunError> {
        Err(RunError::Refused("not wired yet".into()))
    }

    /// Parameters and predictions, or why it cannot work and what would.
    pub fn plan(&self) -> Result<Plan, RunError> {
        Err(RunError::Refused("not wired yet".into()))
    }

    /// Runs the plaintext and the encrypted network side by side, telling `on_event` as it goes.
    pub fn run(
        &self,
        _plan: &Plan,
        _cancel: &Cancel,
        _on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        Err(RunError::Refused("not wired yet".into()))
    }
}
