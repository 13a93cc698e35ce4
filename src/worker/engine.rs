//! What the worker drives: the real runs, or a scripted stand-in in tests.

use crate::circuit::Plan;
use crate::data::Dataset;
use crate::network::Network;
use crate::progress::Cancel;
use crate::run::{Event, RunError, RunReport, Scenario, Session, Sources};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// The model and the dataset of an opened scenario, for people to look at.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub dataset: Arc<Dataset>,
    pub network: Arc<Network>,
}

/// Opens, plans and runs scenarios. Lives on the worker thread.
pub trait Engine: Send + 'static {
    /// An opened scenario.
    type Opened: Send;

    /// Loads the model and the dataset of `scenario`.
    fn open(&mut self, scenario: &Scenario) -> Result<Self::Opened, RunError>;

    /// Whether the files behind `scenario` are still those of the last `open`.
    fn is_current(&self, scenario: &Scenario) -> bool;

    /// What was loaded.
    fn loaded(&self, opened: &Self::Opened) -> Loaded;

    /// Parameters and predictions, or why it cannot work and what would.
    fn plan(&mut self, opened: &Self::Opened) -> Result<Plan, RunError>;

    /// Runs; returns soon after `cancel` is set.
    fn run(
        &mut self,
        opened: &Self::Opened,
        plan: &Plan,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError>;
}

/// The real engine: [`Session`], with the last opened files kept in memory.
pub struct SessionEngine {
    sources: Sources,
    kept: Option<(Files, Session)>,
}

/// What decides whether files must be read again.
#[derive(PartialEq)]
struct Files {
    model: (String, Option<SystemTime>),
    dataset: (String, Option<SystemTime>),
}

impl Files {
    fn of(scenario: &Scenario) -> Self {
        let stamp = |name: &str| {
            let modified = std::fs::metadata(Path::new(name)).and_then(|m| m.modified()).ok();
            (name.to_owned(), modified)
        };
        Self { model: stamp(&scenario.model), dataset: stamp(&scenario.dataset) }
    }
}

impl SessionEngine {
    /// An engine that looks for the larger datasets in `sources`.
    pub fn new(sources: Sources) -> Self {
        Self { sources, kept: None }
    }
}

impl Engine for SessionEngine {
    type Opened = Session;

    fn open(&mut self, scenario: &Scenario) -> Result<Session, RunError> {
        let files = Files::of(scenario);
        if let Some((kept, session)) = &self.kept
            && *kept == files
        {
            return Ok(Session { scenario: scenario.clone(), ..session.clone() });
        }
        let session = Session::open(scenario, &self.sources)?;
        self.kept = Some((files, session.clone()));
        Ok(session)
    }

    fn is_current(&self, scenario: &Scenario) -> bool {
        self.kept.as_ref().is_some_and(|(kept, _)| *kept == Files::of(scenario))
    }

    fn loaded(&self, opened: &Session) -> Loaded {
        Loaded { dataset: Arc::clone(&opened.dataset), network: Arc::clone(&opened.network) }
    }

    fn plan(&mut self, opened: &Session) -> Result<Plan, RunError> {
        opened.plan()
    }

    fn run(
        &mut self,
        opened: &Session,
        plan: &Plan,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        opened.run(plan, cancel, on_event)
    }
}
