//! What the worker drives: the real runs, or a scripted stand-in in tests.

use activation::Activation;
use circuit::Plan;
use data::{self, Dataset};
use experiment::Experiment;
use inference::{
    ActivationData, OneByOne, OwnAnswer, PolynomialCheck, SeenLayer, SeenValue, Session, TableStudy,
};
use network::recurrent::RecurrentModel;
use network::{self, Approximations, Network};
use progress::Cancel;
use recurrent::SequenceSession;
use report::{Event, RunReport, SequenceReport};
use scenario::{RunError, Scenario, Sources};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use study::{StrategyComparison, StrategyEvent, StrategyRequest, compare_strategies};
use training::{CryptonnPlan, architecture};

/// The data of a scenario, whatever its model is.
#[derive(Clone, Debug)]
pub struct LoadedData {
    pub dataset: Arc<Dataset>,
    pub facts: Arc<data::Facts>,
}

/// The model and the dataset of an opened scenario, for people to look at.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub dataset: Arc<Dataset>,
    pub network: Arc<Network>,
    /// What the training on encrypted data will take, where the scenario is one.
    pub training: Option<Arc<CryptonnPlan>>,
}

/// The recurrent model and the sequences of an opened scenario.
#[derive(Clone, Debug)]
pub struct LoadedSequence {
    pub dataset: Arc<Dataset>,
    pub model: Arc<RecurrentModel>,
    /// What the model was trained from, with the exact functions; the model itself where it was not.
    pub original: Arc<RecurrentModel>,
}

/// Why there is no plan of a run in a scenario that trains: it has a plan of its own.
pub const TRAINS: &str = "the network is trained on encrypted data first";

/// Opens, plans and runs scenarios. Lives on the worker thread.
pub trait Engine: Send + 'static {
    /// An opened scenario.
    type Opened: Send;

    /// Looks for the larger datasets in `folder` from now on.
    fn look_in(&mut self, folder: &Path);

    /// Drops the keys that outlive a run.
    fn forget_keys(&mut self) {}

    /// Loads the dataset of `scenario`.
    fn dataset(&mut self, scenario: &Scenario) -> Result<Arc<Dataset>, RunError>;

    /// The network of `scenario` where the last `open` read it, whether or not it fits the data.
    fn network(&self, scenario: &Scenario) -> Option<Arc<Network>>;

    /// Loads the model and the dataset of `scenario`.
    fn open(&mut self, scenario: &Scenario) -> Result<Self::Opened, RunError>;

    /// Whether the files behind `scenario` are still those of the last `open`.
    fn is_current(&self, scenario: &Scenario) -> bool;

    /// What was loaded; `None` for recurrent networks, which other tabs do not look at.
    fn loaded(&self, opened: &Self::Opened) -> Option<Loaded>;

    /// What was loaded of a recurrent scenario.
    fn loaded_sequence(&self, _opened: &Self::Opened) -> Option<LoadedSequence> {
        None
    }

    /// Steps of a recurrent network as they are foretold; `None` for others.
    fn forecast(
        &mut self,
        _opened: &Self::Opened,
        _cancel: &Cancel,
    ) -> Result<Option<SequenceReport>, RunError> {
        Ok(None)
    }

    /// Runs every strategy on a recurrent network, one after the other.
    fn compare_strategies(
        &mut self,
        opened: &Self::Opened,
        request: &StrategyRequest,
        cancel: &Cancel,
        on_event: &(dyn Fn(StrategyEvent) + Sync),
    ) -> Result<StrategyComparison, RunError>;

    /// Parameters and predictions, or why it cannot work and what would.
    fn plan(&mut self, opened: &Self::Opened, cancel: &Cancel) -> Result<Plan, RunError>;

    /// The lookup tables of the plan over real data; `None` when it has none.
    fn tables(
        &mut self,
        _opened: &Self::Opened,
        _cancel: &Cancel,
    ) -> Result<Option<TableStudy>, RunError> {
        Ok(None)
    }

    /// Runs; returns soon after `cancel` is set.
    fn run(
        &mut self,
        opened: &Self::Opened,
        plan: &Plan,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError>;

    /// A value of a sample under encryption, as the run of `opened` encrypts it; of a sample that is none of
    /// the dataset where its raw values are given.
    fn look(
        &mut self,
        opened: &Self::Opened,
        at: &LookAt,
        cancel: &Cancel,
    ) -> Result<SeenValue, RunError>;

    /// The values of a sample after a stage of the plan, and the ciphertexts that have them.
    fn look_layer(
        &mut self,
        _opened: &Self::Opened,
        _at: &LayerAt,
        _cancel: &Cancel,
    ) -> Result<SeenLayer, RunError> {
        Err(RunError::Refused("the values between layers cannot be looked at here".into()))
    }

    /// What the three networks of `opened` say to a sample that is none of its dataset.
    fn answer(
        &mut self,
        opened: &Self::Opened,
        raw: &Arc<[f32]>,
        cancel: &Cancel,
    ) -> Result<OwnAnswer, RunError>;

    /// What the model does on its data, measured once for all polynomials.
    fn measure(
        &mut self,
        opened: &Self::Opened,
        cancel: &Cancel,
    ) -> Result<Arc<ActivationData>, RunError>;

    /// Polynomials in the place of the activations, in the clear; `on_part` is told what is known so
    /// far.
    fn check(
        &mut self,
        opened: &Self::Opened,
        data: &ActivationData,
        approximations: &Approximations,
        cancel: &Cancel,
        on_part: &mut dyn FnMut(&PolynomialCheck),
    ) -> Result<PolynomialCheck, RunError>;

    /// Accuracy of the model with `function` itself in the place of its activations.
    fn accuracy_with(
        &mut self,
        opened: &Self::Opened,
        function: &Activation,
        cancel: &Cancel,
    ) -> Result<f64, RunError>;
}

/// The real engine: [`Session`], with the files last read kept in memory.
pub struct SessionEngine {
    sources: Sources,
    dataset: Kept<Dataset>,
    network: Kept<Network>,
    recurrent: Kept<RecurrentModel>,
    measured: Option<Study>,
    own: Option<OwnSamples>,
    /// Keys of lookup tables outlive a run.
    #[cfg(feature = "tfhe")]
    keys: inference::KeyShelf,
}

/// What a value of which sample is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct LookAt {
    /// Number of the sample among those that are run.
    pub sample: usize,
    /// Number of its value.
    pub value: usize,
    /// Raw values of a sample that is none of the dataset.
    pub own: Option<Arc<[f32]>>,
}

/// After which stage of which sample is looked.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerAt {
    /// Raw values of the sample.
    pub raw: Arc<[f32]>,
    /// The stage of the plan, by name.
    pub stage: String,
}

/// A session for samples of a person's own, with the program and the keys of the last one.
struct OwnSamples {
    scenario: Scenario,
    dataset: Arc<Dataset>,
    network: Arc<Network>,
    session: OneByOne,
}

/// What was measured of one model on one dataset.
struct Study {
    dataset: Arc<Dataset>,
    network: Arc<Network>,
    data: Arc<ActivationData>,
    /// Accuracy with each function that was asked for.
    accuracies: Vec<(Activation, f64)>,
}

impl Study {
    fn is_of(&self, session: &Session) -> bool {
        Arc::ptr_eq(&self.dataset, &session.dataset) && Arc::ptr_eq(&self.network, &session.network)
    }
}

impl SessionEngine {
    /// The session for samples of a person's own under the setup of `session`: that of the last one, or
    /// a new one.
    fn own_samples(&mut self, session: &Session, cancel: &Cancel) -> Result<OneByOne, RunError> {
        let is_of = |own: &&OwnSamples| {
            own.scenario == session.scenario
                && Arc::ptr_eq(&own.dataset, &session.dataset)
                && Arc::ptr_eq(&own.network, &session.network)
        };
        if let Some(own) = self.own.as_ref().filter(is_of) {
            return Ok(own.session.clone());
        }
        let made = session.own_samples(cancel)?;
        self.own = Some(OwnSamples {
            scenario: session.scenario.clone(),
            dataset: Arc::clone(&session.dataset),
            network: Arc::clone(&session.network),
            session: made.clone(),
        });
        Ok(made)
    }

    /// An engine that looks for the larger datasets in `sources`.
    pub fn new(sources: Sources) -> Self {
        Self {
            sources,
            dataset: Kept::default(),
            network: Kept::default(),
            recurrent: Kept::default(),
            measured: None,
            own: None,
            #[cfg(feature = "tfhe")]
            keys: inference::KeyShelf::default(),
        }
    }
}

/// A thing read from a file or by name, until another is asked for or the file changes.
struct Kept<T>(Option<(Stamp, Arc<T>)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// Name or path, and when the file was last changed.
type Stamp = (String, Option<SystemTime>);

fn stamp(name: &str) -> Stamp {
    let modified = std::fs::metadata(Path::new(name)).and_then(|m| m.modified()).ok();
    (name.to_owned(), modified)
}

impl<T> Kept<T> {
    fn is_current(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|(kept, _)| *kept == stamp(name))
    }

    fn get<E>(&mut self, name: &str, read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let stamp = stamp(name);
        if let Some((kept, value)) = &self.0
            && *kept == stamp
        {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(read()?);
        self.0 = Some((stamp, Arc::clone(&value)));
        Ok(value)
    }
}

/// An opened scenario.
pub enum OpenedSession {
    Ready(Box<Experiment>),
    /// Data whose names are not those of the model: they can be looked at, and a model can be trained
    /// on them.
    Unmatched {
        reason: String,
        layers: Option<Box<Loaded>>,
        sequence: Option<Box<LoadedSequence>>,
    },
}

impl OpenedSession {
    /// What can be planned and run.
    fn ready(&self) -> Result<&Experiment, RunError> {
        match self {
            Self::Ready(experiment) => Ok(experiment),
            Self::Unmatched { reason, .. } => Err(RunError::Refused(reason.clone())),
        }
    }

    /// The session of layers, for what only that can do.
    fn layers(&self) -> Result<&Session, RunError> {
        match self.ready()? {
            Experiment::Layers(session) => Ok(session),
            Experiment::Sequence(_) => Err(RunError::Refused(
                "a recurrent network; its polynomials are chosen in the setup, its steps are in the tab Sequence".into(),
            )),
        }
    }
}

/// Names of the data are not those of the model, but a model like it can be trained on them.
fn unmatched_layers(
    error: RunError,
    dataset: &Arc<Dataset>,
    network: &Arc<Network>,
) -> Result<OpenedSession, RunError> {
    let fits = dataset.shape().len() == network.input().len()
        && dataset.classes().len() <= network.classes();
    let RunError::Refused(reason) = error else { return Err(error) };
    if !fits {
        return Err(RunError::Refused(reason));
    }
    let (dataset, network) = (Arc::clone(dataset), Arc::clone(network));
    let loaded = Loaded { dataset, network, training: None };
    Ok(OpenedSession::Unmatched { reason, layers: Some(Box::new(loaded)), sequence: None })
}

/// The same for sequences.
fn unmatched_sequence(
    error: RunError,
    dataset: &Arc<Dataset>,
    model: &Arc<RecurrentModel>,
) -> Result<OpenedSession, RunError> {
    let channels = matches!(dataset.shape(), data::Shape::Sequence { channels, .. } if channels == model.channels());
    let words = model.embedding().is_some() != dataset.vocabulary().is_empty();
    let fits = channels && words && dataset.classes().len() <= model.classes();
    let RunError::Refused(reason) = error else { return Err(error) };
    if !fits {
        return Err(RunError::Refused(reason));
    }
    let (dataset, model) = (Arc::clone(dataset), Arc::clone(model));
    let original = Arc::clone(&model);
    let loaded = LoadedSequence { dataset, model, original };
    Ok(OpenedSession::Unmatched { reason, layers: None, sequence: Some(Box::new(loaded)) })
}

impl Engine for SessionEngine {
    type Opened = OpenedSession;

    fn look_in(&mut self, folder: &Path) {
        if self.sources.data_dir.as_deref() != Some(folder) {
            self.sources.data_dir = Some(folder.to_owned());
            self.dataset = Kept::default();
        }
    }

    fn forget_keys(&mut self) {
        self.own = None;
        #[cfg(feature = "tfhe")]
        self.keys.forget();
    }

    fn dataset(&mut self, scenario: &Scenario) -> Result<Arc<Dataset>, RunError> {
        let folder = self.sources.data_dir.as_deref();
        Ok(self.dataset.get(&scenario.dataset, || data::open(&scenario.dataset, folder))?)
    }

    fn network(&self, scenario: &Scenario) -> Option<Arc<Network>> {
        let layers = scenario.sequence.is_none();
        let (_, network) = self.network.0.as_ref().filter(|_| layers)?;
        self.network.is_current(&scenario.model).then(|| Arc::clone(network))
    }

    fn open(&mut self, scenario: &Scenario) -> Result<OpenedSession, RunError> {
        let dataset = self.dataset(scenario)?;
        if scenario.sequence.is_some() {
            let model =
                self.recurrent.get(&scenario.model, || import::open_sequences(&scenario.model))?;
            let opened = SequenceSession::with(scenario, Arc::clone(&dataset), Arc::clone(&model));
            return opened
                .map(|session| OpenedSession::Ready(Box::new(Experiment::Sequence(session))))
                .or_else(|error| unmatched_sequence(error, &dataset, &model));
        }
        let network = self.network.get(&scenario.model, || {
            let recipe = scenario.training.as_ref().and_then(|_| architecture(&scenario.model));
            match recipe {
                Some(recipe) => Ok(recipe.fresh(&dataset, scenario.seed)?),
                None => import::open(&scenario.model).map_err(RunError::from),
            }
        })?;
        let opened = Session::with(scenario, Arc::clone(&dataset), Arc::clone(&network));
        let session = match opened {
            Ok(session) => session,
            Err(error) => return unmatched_layers(error, &dataset, &network),
        };
        #[cfg(feature = "tfhe")]
        let session = session.with_keys(self.keys.clone());
        Ok(OpenedSession::Ready(Box::new(Experiment::Layers(session))))
    }

    fn is_current(&self, scenario: &Scenario) -> bool {
        let model = match scenario.sequence {
            Some(_) => self.recurrent.is_current(&scenario.model),
            None => self.network.is_current(&scenario.model),
        };
        model && self.dataset.is_current(&scenario.dataset)
    }

    fn loaded(&self, opened: &OpenedSession) -> Option<Loaded> {
        if let OpenedSession::Unmatched { layers, .. } = opened {
            return layers.as_deref().cloned();
        }
        let opened = opened.layers().ok()?;
        let choice = opened.scenario.training.as_ref();
        let threads = opened.scenario.threads.unwrap_or_else(rayon::current_num_threads);
        let training = choice.and_then(|choice| {
            CryptonnPlan::of(&opened.network, &opened.dataset, choice, threads).map(Arc::new)
        });
        let (dataset, network) = (Arc::clone(&opened.dataset), Arc::clone(&opened.network));
        Some(Loaded { dataset, network, training })
    }

    fn plan(&mut self, opened: &OpenedSession, cancel: &Cancel) -> Result<Plan, RunError> {
        let experiment = opened.ready()?;
        if matches!(experiment, Experiment::Layers(s) if s.scenario.training.is_some()) {
            return Err(RunError::Refused(TRAINS.into()));
        }
        experiment.plan(cancel)
    }

    fn loaded_sequence(&self, opened: &OpenedSession) -> Option<LoadedSequence> {
        let experiment = match opened {
            OpenedSession::Ready(experiment) => experiment,
            OpenedSession::Unmatched { sequence, .. } => return sequence.as_deref().cloned(),
        };
        let Experiment::Sequence(session) = &**experiment else { return None };
        Some(LoadedSequence {
            dataset: Arc::clone(&session.dataset),
            model: Arc::clone(&session.model),
            original: Arc::clone(&session.original),
        })
    }

    fn forecast(
        &mut self,
        opened: &OpenedSession,
        cancel: &Cancel,
    ) -> Result<Option<SequenceReport>, RunError> {
        opened.ready().map_or(Ok(None), |experiment| experiment.forecast(cancel))
    }

    fn compare_strategies(
        &mut self,
        opened: &OpenedSession,
        request: &StrategyRequest,
        cancel: &Cancel,
        on_event: &(dyn Fn(StrategyEvent) + Sync),
    ) -> Result<StrategyComparison, RunError> {
        match opened.ready()? {
            Experiment::Layers(_) => {
                Err(RunError::Refused("strategies are for recurrent networks".into()))
            }
            Experiment::Sequence(session) => compare_strategies(session, request, cancel, on_event),
        }
    }

    fn tables(
        &mut self,
        opened: &OpenedSession,
        cancel: &Cancel,
    ) -> Result<Option<TableStudy>, RunError> {
        opened.ready().map_or(Ok(None), |experiment| experiment.tables(cancel))
    }

    fn run(
        &mut self,
        opened: &OpenedSession,
        _plan: &Plan, // an opened session keeps its own
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        opened.ready()?.run(cancel, on_event)
    }

    fn look(
        &mut self,
        opened: &OpenedSession,
        at: &LookAt,
        cancel: &Cancel,
    ) -> Result<SeenValue, RunError> {
        let session = opened.layers()?;
        match &at.own {
            None => session.look(at.sample, at.value, cancel),
            Some(raw) => self.own_samples(session, cancel)?.with(raw)?.look(0, at.value, cancel),
        }
    }

    fn look_layer(
        &mut self,
        opened: &OpenedSession,
        at: &LayerAt,
        cancel: &Cancel,
    ) -> Result<SeenLayer, RunError> {
        self.own_samples(opened.layers()?, cancel)?.look_layer(&at.raw, &at.stage, cancel)
    }

    fn answer(
        &mut self,
        opened: &OpenedSession,
        raw: &Arc<[f32]>,
        cancel: &Cancel,
    ) -> Result<OwnAnswer, RunError> {
        self.own_samples(opened.layers()?, cancel)?.answer(raw, cancel)
    }

    fn measure(
        &mut self,
        opened: &OpenedSession,
        cancel: &Cancel,
    ) -> Result<Arc<ActivationData>, RunError> {
        let opened = opened.layers()?;
        if let Some(study) = self.measured.as_ref().filter(|s| s.is_of(opened)) {
            return Ok(Arc::clone(&study.data));
        }
        let data = Arc::new(opened.measure_activations(cancel)?);
        self.measured = Some(Study {
            dataset: Arc::clone(&opened.dataset),
            network: Arc::clone(&opened.network),
            data: Arc::clone(&data),
            accuracies: Vec::new(),
        });
        Ok(data)
    }

    fn check(
        &mut self,
        opened: &OpenedSession,
        data: &ActivationData,
        approximations: &Approximations,
        cancel: &Cancel,
        on_part: &mut dyn FnMut(&PolynomialCheck),
    ) -> Result<PolynomialCheck, RunError> {
        opened.layers()?.check_approximations(data, approximations, cancel, on_part)
    }

    fn accuracy_with(
        &mut self,
        opened: &OpenedSession,
        function: &Activation,
        cancel: &Cancel,
    ) -> Result<f64, RunError> {
        let opened = opened.layers()?;
        let study = self.measured.as_mut().filter(|s| s.is_of(opened));
        let known = study.as_ref().and_then(|s| s.accuracies.iter().find(|(f, _)| f == function));
        if let Some((_, accuracy)) = known {
            return Ok(*accuracy);
        }
        let accuracy = opened.accuracy_with(function, cancel)?;
        if let Some(study) = study {
            study.accuracies.push((function.clone(), accuracy));
        }
        Ok(accuracy)
    }
}
