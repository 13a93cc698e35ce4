//! One face for whatever a scenario is about: opened, planned, run; and for networks of one's own.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod own;

use circuit::Plan;
use data::Dataset;
use inference::{Session, TableStudy};
use progress::Cancel;
use recurrent::SequenceSession;
use report::{Event, NetworksReport, RunReport, SequenceReport};
use scenario::{RunError, Scenario, Sources};
use std::sync::Arc;

pub use own::OwnRequest;

/// A scenario with its model and dataset in memory.
#[derive(Clone)]
pub enum Experiment {
    /// A network of layers one after the other, in one round.
    Layers(Session),
    /// A recurrent network, step by step.
    Sequence(SequenceSession),
}

impl Experiment {
    /// Loads the model and the dataset of `scenario` and checks that they fit together.
    ///
    /// # Errors
    /// When one cannot be read, or they do not fit.
    pub fn open(scenario: &Scenario, sources: &Sources) -> Result<Self, RunError> {
        match scenario.sequence {
            Some(_) => SequenceSession::open(scenario, sources).map(Self::Sequence),
            None => Session::open(scenario, sources).map(Self::Layers),
        }
    }

    /// Another scenario on the same model and dataset, which are in memory.
    ///
    /// # Errors
    /// When they do not go with its settings.
    pub fn with(&self, scenario: &Scenario) -> Result<Self, RunError> {
        match self {
            Self::Layers(of) => {
                let (dataset, network) = (Arc::clone(&of.dataset), Arc::clone(&of.network));
                Session::with(scenario, dataset, network).map(Self::Layers)
            }
            Self::Sequence(of) => {
                let (dataset, model) = (Arc::clone(&of.dataset), Arc::clone(&of.model));
                SequenceSession::with(scenario, dataset, model).map(Self::Sequence)
            }
        }
    }

    /// What it was opened with.
    pub fn scenario(&self) -> &Scenario {
        match self {
            Self::Layers(session) => &session.scenario,
            Self::Sequence(session) => &session.scenario,
        }
    }

    /// The name of the model.
    pub fn model(&self) -> &str {
        match self {
            Self::Layers(session) => session.network.name(),
            Self::Sequence(session) => session.model.name(),
        }
    }

    /// Worker threads: as asked for, or one per core.
    ///
    /// # Errors
    /// When more are asked for than there may be.
    pub fn threads(&self) -> Result<usize, RunError> {
        match self {
            Self::Layers(session) => session.threads(),
            Self::Sequence(session) => session.threads(),
        }
    }

    /// The samples as the model takes them.
    pub fn dataset(&self) -> &Arc<Dataset> {
        match self {
            Self::Layers(session) => &session.dataset,
            Self::Sequence(session) => &session.dataset,
        }
    }

    /// Which networks it is about.
    ///
    /// # Errors
    /// When there is no plan.
    pub fn networks(&self, cancel: &Cancel) -> Result<NetworksReport, RunError> {
        match self {
            Self::Layers(session) => session.networks(&session.compiled(cancel)?),
            Self::Sequence(session) => Ok(session.networks()),
        }
    }

    /// Parameters and predictions, with what must be said of model and data.
    ///
    /// # Errors
    /// When nothing fits, or the work is stopped.
    pub fn plan(&self, cancel: &Cancel) -> Result<Plan, RunError> {
        match self {
            Self::Layers(session) => Ok(session.told(session.compiled(cancel)?.plan())),
            Self::Sequence(session) => session.plan(cancel),
        }
    }

    /// Runs the original, the reference and the encrypted network; `on_event` is told how it goes.
    ///
    /// # Errors
    /// When there is no plan, memory is short, or the work is stopped.
    pub fn run(
        &self,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        match self {
            Self::Layers(session) => session.run(cancel, on_event),
            Self::Sequence(session) => session.run(cancel, on_event),
        }
    }

    /// The steps of a recurrent network as they are foretold; `None` of others.
    ///
    /// # Errors
    /// When there is no plan, or the work is stopped.
    pub fn forecast(&self, cancel: &Cancel) -> Result<Option<SequenceReport>, RunError> {
        match self {
            Self::Layers(_) => Ok(None),
            Self::Sequence(session) => session.forecast(cancel).map(Some),
        }
    }

    /// The lookup tables in the place of activations, where there are such.
    ///
    /// # Errors
    /// When they cannot be made, or the work is stopped.
    pub fn tables(&self, cancel: &Cancel) -> Result<Option<TableStudy>, RunError> {
        match self {
            Self::Layers(session) => session.study_tables(cancel),
            Self::Sequence(_) => Ok(None),
        }
    }
}
