//! What background jobs have to tell the window.

use super::board::News;
use super::cost::Cost;
use super::engine::{Loaded, LoadedData, LoadedSequence};
use super::failure::Failure;
use super::glance::Glance;
use super::leak::LeakUpdate;
use super::reading::Reading;
use super::shelf::KeptRun;
use activation::Activation;
use circuit::Plan;
use inference::{ActivationData, OwnAnswer, PolynomialCheck, SeenLayer, SeenValue, TableStudy};
use network::Network;
use network::train::{TrainEvent, TrainedModel};
use report::{Event, RunReport, SavedRun, SequenceReport, Told};
use scenario::Scenario;
use std::path::PathBuf;
use std::sync::Arc;
use study::{
    CompareEvent, CompareReport, MitigationEvent, MitigationReport, StrategyComparison,
    StrategyEvent, SweepEvent, SweepReport,
};
use training::{Checkpoint, CryptonnEvent, CryptonnTrained};

/// What jobs have to tell, in order; what ends one comes last of it.
#[derive(Clone, Debug)]
pub enum Update {
    /// The data of the newest plan request, and what they hold; `None` where they cannot be read.
    Data(Option<LoadedData>),
    /// Its model, also where that does not fit the data; `None` for others than networks of layers.
    Model(Option<Arc<Network>>),
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
    Run(Told),
    RunEnded(Result<Box<RunReport>, Failure>),
    /// Something happened in the comparison of strategies.
    NoiseStrategy(StrategyEvent),
    StrategiesEnded(Result<Box<StrategyComparison>, Failure>),
    /// What goes into the activation layers of the model of the newest check.
    Activations(Arc<ActivationData>),
    /// The newest check, so far or whole.
    Checked(Box<PolynomialCheck>),
    /// Accuracy of the model with the function of the newest check itself.
    FunctionAccuracy(Activation, f64),
    /// What the loaded network does with the first test samples in the clear, where it can be seen.
    Glance(Option<Glance>),
    CheckEnded(Result<(), Failure>),
    /// What a setup that is explored would cost.
    Cost(Box<Cost>),
    CostsEnded(Result<(), Failure>),
    /// Keys that were made are dropped.
    KeysForgotten(Result<(), Failure>),
    /// The newest sample of a person's own was answered.
    Answered(Result<Box<OwnAnswer>, Failure>),
    /// The newest value that was asked for is encrypted.
    Looked(Result<Box<SeenValue>, Failure>),
    /// The values after a layer that were asked for last.
    LayerSeen(Result<Box<SeenLayer>, Failure>),
    /// A picture was read as the values of a sample.
    Pictured(Result<Vec<f32>, Failure>),
    /// Samples of a person's own were put into their file.
    OwnKept(Result<PathBuf, Failure>),
    Sweep(SweepEvent),
    SweepEnded(Result<Box<SweepReport>, Failure>),
    Compare(CompareEvent),
    CompareEnded(Result<Box<CompareReport>, Failure>),
    Train(TrainEvent),
    TrainEnded(Result<Arc<TrainedModel>, Failure>),
    OwnTrainEnded(Result<Arc<TrainedModel>, Failure>),
    Cryptonn(CryptonnEvent),
    CryptonnEnded(Result<Box<CryptonnTrained>, Failure>),
    Mitigation(MitigationEvent),
    MitigationsEnded(Result<Box<MitigationReport>, Failure>),
    /// An answer to the newest question about what a server learns.
    Attack(LeakUpdate),
    AttackEnded(Result<(), Failure>),
    /// The desktop's dialog was closed, with a path or without.
    Picked(Result<Option<PathBuf>, Failure>),
    /// A lesson was read.
    Lesson(Result<Arc<lesson::Lesson>, Failure>),
    /// A report of a run was read.
    ReportOpened(Reading, Result<Box<SavedRun>, Failure>),
    /// The runs that are kept now.
    KeptRuns(Result<Vec<KeptRun>, Failure>),
    /// A scenario was read.
    Opened(Result<Box<Scenario>, Failure>),
    /// An encrypted training that was kept was read.
    Checkpoint(Result<Arc<Checkpoint>, Failure>),
    /// How far the download of a public dataset is: what is being done, and the share of it.
    Fetching(String, f64),
    /// It is over, its files in this folder.
    Fetched(Result<PathBuf, Failure>),
    /// A model file was read, to see what it was made for; `None` where it cannot be read.
    ModelRead(String, Option<import::Opened>),
    /// A trained network was put aside.
    Kept(Result<PathBuf, Failure>),
    /// A file was written.
    Saved(Result<PathBuf, Failure>),
}

impl News for Update {
    /// A run never waits for the window; of other work this is how far it got.
    fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Run(_)
                | Self::Checked(_)
                | Self::Sweep(SweepEvent::Doing { .. })
                | Self::Compare(CompareEvent::Doing { .. })
                | Self::Fetching(..)
                | Self::Train(TrainEvent::Step { .. })
                | Self::Cryptonn(CryptonnEvent::Step { .. })
                | Self::Mitigation(MitigationEvent::Doing { .. })
        )
    }

    fn replaces(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Run(new), Self::Run(old)) => match (&new.event, &old.event) {
                (Event::Stage { index, .. }, Event::Stage { index: old, .. }) => index == old,
                (Event::Progress { .. }, Event::Progress { .. }) => true,
                _ => false,
            },
            // A job has news in passing of one kind.
            _ => true,
        }
    }
}
