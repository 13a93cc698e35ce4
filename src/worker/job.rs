//! Requests by number, and what comes back.

use super::{Loaded, LoadedSequence};
use activation::Activation;
use circuit::Plan;
use inference::{ActivationData, PolynomialCheck, TableStudy};
use network::Approximations;
use report::{Event, RunReport, SequenceReport};
use scenario::Scenario;
use std::sync::Arc;
use study::{StrategyComparison, StrategyEvent, StrategyRequest};

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
    Loaded(Option<Loaded>),
    /// The recurrent model and the sequences of the newest plan request; `None` where it has none.
    LoadedSequence(Option<LoadedSequence>),
    /// Steps of the newest plan request as they are foretold, which is about to be answered.
    Forecast(Arc<SequenceReport>),
    /// The lookup tables of the newest plan request, which is about to be answered.
    Tables(Arc<TableStudy>),
    /// The answer to the newest plan request.
    Planned(Result<Box<Plan>, Failure>),
    /// Something happened in the run.
    Run(Event),
    /// The run is over; the worker is free again.
    RunEnded(Result<Box<RunReport>, Failure>),
    /// Something happened in the comparison of strategies.
    NoiseStrategy(StrategyEvent),
    /// The comparison is over; the worker is free again.
    StrategiesEnded(Result<Box<StrategyComparison>, Failure>),
    /// What goes into the activation layers of the model of the newest check.
    Activations(Arc<ActivationData>),
    /// The newest check, so far or whole.
    Checked(Box<PolynomialCheck>),
    /// Accuracy of the model with the function of the newest check itself.
    FunctionAccuracy(Activation, f64),
    /// The newest check is over.
    CheckEnded(Result<(), Failure>),
}

/// What a check is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Its model and dataset count.
    pub scenario: Scenario,
    pub approximations: Approximations,
}

/// A check on its way to the thread.
#[derive(Clone, Debug)]
pub(super) struct CheckRequest {
    pub job: Job,
    pub check: Check,
    pub cancel: progress::Cancel,
}

/// A request on its way to the thread.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub job: Job,
    pub scenario: Scenario,
    /// Not one run, but one with every strategy.
    pub strategies: Option<StrategyRequest>,
    pub cancel: progress::Cancel,
}
