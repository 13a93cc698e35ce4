//! From a scenario to its plan and to its report.

use super::backend::BackendError;
use super::bfv::Bfv;
use super::bgv::Bgv;
use super::execute::execute;
use super::scenario::{ActivationKind, SchemeSelector};
use super::{Event, RunReport, Scenario};
use crate::activation::{DEFAULT_PARTS, Method};
use crate::circuit::{
    self, Circuit, Constraints, IntegerNetwork, LowerError, Plan, PlanError, Precision, Program,
    Request, SchemeKind,
};
use crate::data::{DataError, Dataset, Split};
use crate::network::{ForwardError, IntervalRule, ModelError, Network, NetworkError, StandIns};
use crate::progress::{Cancel, Cancelled, Watch};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

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
    /// The model as it was loaded, with its original activations.
    pub network: Arc<Network>,
    circuit: Arc<OnceLock<Arc<Circuit>>>,
}

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
    Plan(#[from] PlanError),
    #[error(transparent)]
    Forward(ForwardError),
    #[error(transparent)]
    Backend(BackendError),
    #[error("{0}")]
    Refused(String),
}

impl From<BackendError> for RunError {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Backend(other),
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

/// Training samples that ranges are calibrated on, at most.
const CALIBRATION_SAMPLES: usize = 2048;

/// Bits an input or a weight may be quantised to.
const PRECISION_BITS: std::ops::RangeInclusive<u32> = 2..=12;

/// Most worker threads.
const MAX_THREADS: usize = 256;

impl Session {
    /// Loads the model and the dataset of `scenario` and checks that they fit together.
    pub fn open(scenario: &Scenario, sources: &Sources) -> Result<Self, RunError> {
        let dataset = crate::data::open(&scenario.dataset, sources.data_dir.as_deref())?;
        let network = crate::network::open(&scenario.model)?;
        Self::with(scenario, Arc::new(dataset), Arc::new(network))
    }

    /// A session with a model and a dataset already in memory.
    pub fn with(
        scenario: &Scenario,
        dataset: Arc<Dataset>,
        network: Arc<Network>,
    ) -> Result<Self, RunError> {
        if dataset.shape().len() != network.input().len() {
            return Err(RunError::Refused(format!(
                "model {} takes samples of shape {} but dataset {} has samples of shape {}; choose a model trained on this dataset",
                network.name(),
                network.input(),
                dataset.name(),
                dataset.shape()
            )));
        }
        if dataset.classes().len() > network.classes() {
            return Err(RunError::Refused(format!(
                "model {} tells {} classes apart but dataset {} has {}; choose a model trained on this dataset",
                network.name(),
                network.classes(),
                dataset.name(),
                dataset.classes().len()
            )));
        }
        let scenario = scenario.clone();
        Ok(Self { scenario, dataset, network, circuit: Arc::default() })
    }

    /// Samples of the test split that take part.
    pub fn images(&self) -> Result<usize, RunError> {
        let all = self.dataset.test().len();
        match self.scenario.images {
            Some(n) if n == 0 || n > all => Err(RunError::Refused(format!(
                "images is {n}; the test split of {} has {all}, so 1 to {all} are possible",
                self.dataset.name()
            ))),
            given => Ok(given.unwrap_or(all)),
        }
    }

    /// Worker threads: as asked for, or one per core.
    pub fn threads(&self) -> Result<usize, RunError> {
        match self.scenario.threads {
            Some(n) if n == 0 || n > MAX_THREADS => {
                Err(RunError::Refused(format!("threads is {n}; 1 to {MAX_THREADS} are possible")))
            }
            given => Ok(given
                .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))),
        }
    }

    /// Parameters and predictions, or why it cannot work and what would.
    pub fn plan(&self) -> Result<Plan, RunError> {
        Ok(self.circuit(&Cancel::default())?.plan.clone())
    }

    /// The compiled circuit, made once.
    pub fn circuit(&self, cancel: &Cancel) -> Result<Arc<Circuit>, RunError> {
        if let Some(made) = self.circuit.get() {
            return Ok(Arc::clone(made));
        }
        let watch = Watch::new(cancel.clone(), &|_| ());
        let polynomial = self.polynomial_network()?;
        let raw = self.calibration_inputs();
        let integer = Arc::new(IntegerNetwork::new(&polynomial, self.precision()?, raw)?);
        let on_calibration = integer.evaluate(&integer.quantise_inputs(raw), &[], &watch)?;
        let scheme = &self.scenario.scheme;
        let request = Request {
            scheme: match scheme.kind {
                SchemeSelector::Auto | SchemeSelector::Bgv => SchemeKind::Bgv,
                SchemeSelector::Bfv => SchemeKind::Bfv,
            },
            network: &integer,
            calibrated: &on_calibration.largest,
            images: self.images()?,
            threads: self.threads()?,
            constraints: Constraints {
                ring_degree: scheme.ring_degree,
                prime_count: scheme.prime_count,
                prime_bits: scheme.prime_bits,
                plaintext_bits: scheme.plaintext_bits,
                past_budget: scheme.past_budget,
            },
        };
        let circuit = Arc::new(circuit::plan(&request)?);
        Ok(Arc::clone(self.circuit.get_or_init(|| circuit)))
    }

    fn precision(&self) -> Result<Option<Precision>, RunError> {
        let scheme = &self.scenario.scheme;
        if scheme.input_bits.is_none() && scheme.weight_bits.is_none() {
            return Ok(None);
        }
        let default = Precision::default();
        let bits = |what: &str, given: Option<u32>, default: u32| match given {
            Some(b) if !PRECISION_BITS.contains(&b) => Err(RunError::Refused(format!(
                "scheme.{what} is {b}; {} to {} are possible",
                PRECISION_BITS.start(),
                PRECISION_BITS.end()
            ))),
            given => Ok(given.unwrap_or(default)),
        };
        Ok(Some(Precision {
            input_bits: bits("input_bits", scheme.input_bits, default.input_bits)?,
            weight_bits: bits("weight_bits", scheme.weight_bits, default.weight_bits)?,
        }))
    }

    /// The model with a polynomial in the place of every activation that is none, as the activation
    /// strategy says.
    pub fn polynomial_network(&self) -> Result<Network, RunError> {
        let choice = &self.scenario.activation;
        let ActivationKind::Polynomial = choice.kind;
        if choice.method == "keep" {
            return Ok((*self.network).clone());
        }
        let method: Method = choice
            .method
            .parse()
            .map_err(|e| RunError::Refused(format!("activation.method: {e}, and keep")))?;
        let stand_ins = StandIns {
            function: None,
            method,
            degree: choice.degree,
            parts: DEFAULT_PARTS,
            interval: IntervalRule::Given((-choice.interval, choice.interval)),
        };
        let layers = if method.uses_weights() {
            self.network.measure_activations(self.calibration_inputs(), &Watch::silent())?
        } else {
            self.network.activation_layers()
        };
        let fitted =
            stand_ins.fit(&layers).map_err(|e| RunError::Refused(format!("activation: {e}")))?;
        Ok(self.network.with_stand_ins(&fitted)?)
    }

    /// Raw values of the samples that ranges are calibrated on.
    pub(super) fn calibration_inputs(&self) -> &[f32] {
        let split = calibration_split(&self.dataset);
        let samples = split.len().min(CALIBRATION_SAMPLES);
        &split.inputs[..samples * self.dataset.shape().len()]
    }

    /// Runs the plaintext and the encrypted network side by side, telling `on_event` as it goes.
    pub fn run(
        &self,
        cancel: &Cancel,
        on_event: &(dyn Fn(Event) + Sync),
    ) -> Result<RunReport, RunError> {
        let circuit = self.circuit(cancel)?;
        on_event(Event::Planned(Box::new(circuit.plan.clone())));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(circuit.plan.threads)
            .build()
            .map_err(|e| RunError::Refused(format!("could not start worker threads: {e}")))?;
        let report = pool.install(|| match &circuit.program {
            Program::Bfv(program) => execute(self, &Bfv::new(&circuit, program), cancel, on_event),
            Program::Bgv(program) => execute(self, &Bgv::new(&circuit, program), cancel, on_event),
        })?;
        on_event(Event::Finished(Box::new(report.clone())));
        Ok(report)
    }
}

fn calibration_split(dataset: &Dataset) -> &Split {
    if dataset.train().is_empty() { dataset.test() } else { dataset.train() }
}
