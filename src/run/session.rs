//! From a scenario to its plan and to its report.

use super::backend::BackendError;
use super::bfv::Bfv;
use super::bgv::Bgv;
use super::ckks::Ckks;
use super::cryptonn::CryptonnError;
use super::execute::execute;
use super::execute_real::execute_real;
use super::memory::available_memory_bytes;
use super::scenario::{ActivationKind, SchemeSelector};
use super::{Event, RunReport, Scenario, amounts};
use crate::activation::{Activation, DEFAULT_PARTS, Fitted, Method};
use crate::circuit::{
    self, Circuit, Constraints, IntegerNetwork, LowerError, Plan, PlanError, PlanWarning,
    Precision, Program, RealCircuit, RealNetwork, RealRequest, Request, SchemeKind,
};
use crate::data::{DataError, Dataset, Split};
use crate::format;
use crate::network::train::TrainError;
use crate::network::{
    ForwardError, IntervalRule, ModelError, Network, NetworkError, Op, RangeReport, StandIns,
    argmax,
};
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
    /// The model with the exact activations that `network` was fine-tuned from; `network` itself
    /// where it was not.
    pub original: Arc<Network>,
    compiled: Arc<OnceLock<Compiled>>,
    /// Where the keys of lookup tables stay from run to run.
    #[cfg(feature = "tfhe")]
    pub(super) keys: super::tfhe::KeyShelf,
}

/// A circuit that was planned.
#[derive(Clone, Debug)]
pub enum Compiled {
    /// Exact, on integers.
    Integer(Arc<Circuit>),
    /// Approximate, on real numbers.
    Real(Arc<RealCircuit>),
    /// Lookup tables on small integers.
    #[cfg(feature = "tfhe")]
    Tables(Arc<circuit::table::TableCircuit>),
}

impl Compiled {
    /// Its parameters and predictions.
    pub fn plan(&self) -> &Plan {
        match self {
            Self::Integer(circuit) => &circuit.plan,
            Self::Real(circuit) => &circuit.plan,
            #[cfg(feature = "tfhe")]
            Self::Tables(circuit) => &circuit.plan,
        }
    }
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
    Plan(PlanError),
    #[error(transparent)]
    Forward(ForwardError),
    #[error(transparent)]
    Train(TrainError),
    #[error(transparent)]
    Backend(BackendError),
    #[error(transparent)]
    Cryptonn(CryptonnError),
    #[error("{0}")]
    Refused(String),
}

impl From<CryptonnError> for RunError {
    fn from(error: CryptonnError) -> Self {
        match error {
            CryptonnError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Cryptonn(other),
        }
    }
}

impl From<BackendError> for RunError {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Backend(other),
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

/// Training samples that ranges are calibrated on, at most.
const CALIBRATION_SAMPLES: usize = 2048;

/// Bits an input or a weight may be quantised to.
const PRECISION_BITS: std::ops::RangeInclusive<u32> = 2..=12;

/// Training samples that approximate circuits are followed at, at most.
const REAL_CALIBRATION_SAMPLES: usize = 256;

/// Share of samples that an integer network must answer as the network it is made from.
const AGREEMENT: f64 = 0.999;

/// Errors of outputs are never asked to be smaller than this share of the largest output.
const LEAST_RELATIVE_ERROR: f64 = 1.0 / (1 << 10) as f64;

/// Most bits of precision that may be asked for.
const MAX_PRECISION_BITS: u32 = 30;

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
        amounts::classes(network.name(), network.classes(), &dataset)?;
        let scenario = scenario.clone();
        let original = network.original().map_or_else(|| Arc::clone(&network), Arc::new);
        Ok(Self {
            scenario,
            dataset,
            network,
            original,
            compiled: Arc::default(),
            #[cfg(feature = "tfhe")]
            keys: super::tfhe::KeyShelf::default(),
        })
    }

    /// The same session with the keys of lookup tables on `shelf`.
    #[cfg(feature = "tfhe")]
    pub fn with_keys(self, shelf: super::tfhe::KeyShelf) -> Self {
        Self { keys: shelf, ..self }
    }

    /// Samples of the test split that take part.
    pub fn images(&self) -> Result<usize, RunError> {
        amounts::images(&self.scenario, &self.dataset)
    }

    /// Worker threads: as asked for, or one per core.
    pub fn threads(&self) -> Result<usize, RunError> {
        amounts::threads(&self.scenario)
    }

    /// Parameters and predictions, or why it cannot work and what would.
    pub fn plan(&self) -> Result<Plan, RunError> {
        Ok(self.compiled(&Cancel::default())?.plan().clone())
    }

    /// The compiled integer circuit.
    ///
    /// # Errors
    /// When there is no plan, or it is one on real numbers.
    pub fn circuit(&self, cancel: &Cancel) -> Result<Arc<Circuit>, RunError> {
        match self.compiled(cancel)? {
            Compiled::Integer(circuit) => Ok(circuit),
            #[cfg(feature = "tfhe")]
            Compiled::Tables(_) => Err(RunError::Refused(
                "this scenario is planned for TFHE, which has no integer circuit: set activation.kind to polynomial".into(),
            )),
            Compiled::Real(_) => Err(RunError::Refused(
                "this scenario is planned for CKKS, which has no integer circuit: set scheme.kind to bgv or bfv".into(),
            )),
        }
    }

    /// The compiled circuit, made once.
    pub fn compiled(&self, cancel: &Cancel) -> Result<Compiled, RunError> {
        if let Some(made) = self.compiled.get() {
            return Ok(made.clone());
        }
        if self.is_lookup()? {
            let made = self.table_circuit(cancel)?;
            return Ok(self.compiled.get_or_init(|| made).clone());
        }
        let polynomial = self.polynomial_network()?;
        let made = match self.scenario.scheme.kind {
            SchemeSelector::Bgv => self.integer_circuit(&polynomial, SchemeKind::Bgv, cancel)?.0,
            SchemeSelector::Bfv => self.integer_circuit(&polynomial, SchemeKind::Bfv, cancel)?.0,
            SchemeSelector::Ckks => self.real_circuit(&polynomial, cancel)?,
            // Those of lookup tables are handled above.
            SchemeSelector::Auto | SchemeSelector::Tfhe => self.automatic(&polynomial, cancel)?,
        };
        Ok(self.compiled.get_or_init(|| made).clone())
    }

    /// BGV for networks that were trained for its integers, and where it is faster and answers as
    /// the polynomial network does; CKKS for all others.
    fn automatic(&self, polynomial: &Network, cancel: &Cancel) -> Result<Compiled, RunError> {
        let exact = self.integer_circuit(polynomial, SchemeKind::Bgv, cancel);
        let asked = &self.scenario.scheme;
        let for_integers = polynomial.quantisation().is_some()
            || asked.input_bits.is_some()
            || asked.weight_bits.is_some()
            || asked.plaintext_bits.is_some();
        if for_integers && !matches!(exact, Err(RunError::Lower(LowerError::Activation { .. }))) {
            return Ok(exact?.0);
        }
        let real = self.real_circuit(polynomial, cancel);
        match (exact, real) {
            (Ok((exact, agreement)), Ok(real)) => {
                let faster = exact.plan().secs.total() <= real.plan().secs.total();
                Ok(if faster && agreement >= AGREEMENT { exact } else { real })
            }
            (Ok((exact, _)), Err(_)) => Ok(exact),
            (Err(_), real) => real,
        }
    }

    /// The circuit on integers, and the share of calibration samples that it gives the class of
    /// `polynomial`.
    fn integer_circuit(
        &self,
        polynomial: &Network,
        scheme: SchemeKind,
        cancel: &Cancel,
    ) -> Result<(Compiled, f64), RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let raw = self.calibration_inputs();
        let integer = Arc::new(IntegerNetwork::new(polynomial, self.precision()?, raw)?);
        let on_calibration = integer.evaluate(&integer.quantise_inputs(raw), &[], &watch)?;
        let request = Request {
            scheme,
            network: &integer,
            calibrated: &on_calibration.largest,
            images: self.images()?,
            threads: self.threads()?,
            constraints: self.constraints(),
        };
        let circuit = Arc::new(circuit::plan(&request)?);
        let agreement = match self.scenario.scheme.kind {
            SchemeSelector::Auto => {
                let outputs = polynomial.forward_batch(raw, &watch)?;
                let classes = polynomial.classes();
                let rows = outputs.chunks(classes).zip(on_calibration.outputs.chunks(classes));
                let same = rows.filter(|(a, b)| argmax(a) == argmax(b)).count();
                same as f64 * classes as f64 / outputs.len().max(1) as f64
            }
            _ => 1.0,
        };
        Ok((Compiled::Integer(circuit), agreement))
    }

    fn real_circuit(&self, polynomial: &Network, cancel: &Cancel) -> Result<Compiled, RunError> {
        let watch = Watch::new(cancel.clone(), &|_| ());
        let raw = self.calibration_inputs();
        let network = Arc::new(RealNetwork::new(polynomial, raw)?);
        let some = raw.len().min(REAL_CALIBRATION_SAMPLES * network.inputs());
        let outputs = polynomial.forward_batch(raw, &watch)?;
        let request = RealRequest {
            network: &network,
            calibration: &network.inputs_of(&raw[..some]),
            error_bound: self.error_bound(&outputs, polynomial.classes())?,
            images: self.images()?,
            threads: self.threads()?,
            constraints: self.constraints(),
            cancel,
        };
        cancel.check()?;
        let planned = if outputs.iter().all(|v| v.is_finite()) {
            circuit::plan_real(&request)
        } else {
            Err(PlanError::DoesNotFit {
                reason: "outputs of the polynomial network overflow on calibration data".into(),
                nearest: "use activations of a lower degree".into(),
            })
        };
        match planned {
            Ok(mut circuit) => {
                circuit.plan.warnings.extend(memory_warning(circuit.plan.bytes.peak_memory));
                Ok(Compiled::Real(Arc::new(circuit)))
            }
            Err(PlanError::DoesNotFit { reason, mut nearest }) => {
                // Polynomials grow fast outside their interval, and with them what is needed.
                let ranges = self.ranges(raw, &watch)?;
                if let Some(range) = ranges.iter().find(|r| r.reach() > 1.1) {
                    nearest = format!(
                        "inputs of {} reach {:.1} times its interval: choose a larger activation.interval; or {nearest}",
                        range.layer,
                        range.reach()
                    );
                }
                Err(PlanError::DoesNotFit { reason, nearest }.into())
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The largest error that outputs may have, given those of calibration samples: with errors this
    /// large no more than one sample in a thousand could change its class, and no output moves by
    /// more than a hundredth of the largest.
    fn error_bound(&self, outputs: &[f32], classes: usize) -> Result<f64, RunError> {
        if let Some(bits) = self.scenario.scheme.precision_bits {
            if bits > MAX_PRECISION_BITS {
                return Err(RunError::Refused(format!(
                    "scheme.precision_bits is {bits}; 0 to {MAX_PRECISION_BITS} are possible"
                )));
            }
            return Ok((-f64::from(bits)).exp2());
        }
        let mut gaps: Vec<f32> = outputs
            .chunks(classes)
            .map(|row| {
                let best = argmax(row);
                let others = row.iter().enumerate().filter(|(i, _)| *i != best);
                let second = others.fold(f32::NEG_INFINITY, |m, (_, v)| m.max(*v));
                row.get(best).map_or(0.0, |top| top - second)
            })
            .filter(|gap| gap.is_finite())
            .collect();
        gaps.sort_by(f32::total_cmp);
        let gap = gaps.get(gaps.len() / 1000).copied().unwrap_or(0.0);
        let largest = outputs.iter().filter(|v| v.is_finite()).fold(0f32, |m, v| m.max(v.abs()));
        let largest = f64::from(largest).max(1e-6);
        Ok((f64::from(gap) / 2.0).clamp(largest * LEAST_RELATIVE_ERROR, largest * 0.01))
    }

    pub(super) fn constraints(&self) -> Constraints {
        let scheme = &self.scenario.scheme;
        Constraints {
            ring_degree: scheme.ring_degree,
            prime_count: scheme.prime_count,
            prime_bits: scheme.prime_bits,
            plaintext_bits: scheme.plaintext_bits,
            lwe_dimension: scheme.lwe_dimension,
            past_budget: scheme.past_budget,
        }
    }

    /// How far the inputs of approximated activations of the polynomial network leave their intervals
    /// on these raw samples, in the clear.
    pub(super) fn ranges(&self, raw: &[f32], watch: &Watch) -> Result<Vec<RangeReport>, RunError> {
        let polynomial = self.polynomial_network()?;
        let fitted = self.fitted_stand_ins()?;
        let own = polynomial.layers().iter().filter_map(|layer| match &layer.op {
            Op::Activation(Activation::Chebyshev(series)) => Some(Some(series.interval())),
            Op::Activation(Activation::Composite(all)) => {
                Some(all.parts.first().map(|part| part.interval()))
            }
            Op::Activation(_) => Some(None),
            _ => None,
        });
        let mut intervals: Vec<Option<(f64, f64)>> = own.collect();
        for (interval, fitted) in intervals.iter_mut().zip(fitted.iter().flatten()) {
            if let Some(fitted) = fitted {
                *interval = Some(fitted.request().interval);
            }
        }
        if intervals.iter().all(Option::is_none) {
            return Ok(Vec::new());
        }
        Ok(polynomial.forward_within(&intervals, raw, watch)?.ranges)
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
        match self.fitted_stand_ins()? {
            Some(fitted) => Ok(self.network.with_stand_ins(&fitted)?),
            None => Ok((*self.network).clone()),
        }
    }

    /// The polynomials of the activation strategy, one entry per activation layer; `None` where the
    /// model keeps its own.
    fn fitted_stand_ins(&self) -> Result<Option<Vec<Option<Fitted>>>, RunError> {
        let Some(stand_ins) = self.stand_ins()? else { return Ok(None) };
        let layers = if stand_ins.method.uses_weights() {
            self.network.measure_activations(self.calibration_inputs(), &Watch::silent())?
        } else {
            self.network.activation_layers()
        };
        let fitted =
            stand_ins.fit(&layers).map_err(|e| RunError::Refused(format!("activation: {e}")))?;
        Ok(Some(fitted))
    }

    /// The polynomials that the activation strategy asks for; `None` where the model keeps its own.
    pub fn stand_ins(&self) -> Result<Option<StandIns>, RunError> {
        let choice = &self.scenario.activation;
        if choice.kind == ActivationKind::Lookup || choice.method == "keep" {
            return Ok(None);
        }
        let method: Method = choice
            .method
            .parse()
            .map_err(|e| RunError::Refused(format!("activation.method: {e}, and keep")))?;
        Ok(Some(StandIns {
            function: None,
            method,
            degree: choice.degree,
            parts: DEFAULT_PARTS,
            interval: IntervalRule::Given((-choice.interval, choice.interval)),
        }))
    }

    /// Raw values of the test samples that take part.
    pub(super) fn test_inputs(&self) -> Result<&[f32], RunError> {
        let values = self.images()? * self.dataset.shape().len();
        Ok(self.dataset.test().inputs.get(..values).unwrap_or_default())
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
        let compiled = self.compiled(cancel)?;
        on_event(Event::Planned(Box::new(compiled.plan().clone())));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(compiled.plan().threads)
            .build()
            .map_err(|e| RunError::Refused(format!("could not start worker threads: {e}")))?;
        let report = pool.install(|| match &compiled {
            #[cfg(feature = "tfhe")]
            Compiled::Tables(circuit) => {
                super::tfhe::execute_tables(self, circuit, cancel, on_event)
            }
            Compiled::Real(circuit) => execute_real(self, &Ckks(circuit), cancel, on_event),
            Compiled::Integer(circuit) => match &circuit.program {
                Program::Bfv(program) => {
                    execute(self, &Bfv::new(circuit, program), cancel, on_event)
                }
                Program::Bgv(program) => {
                    execute(self, &Bgv::new(circuit, program), cancel, on_event)
                }
            },
        })?;
        on_event(Event::Finished(Box::new(report.clone())));
        Ok(report)
    }
}

/// What to say when a run would need more memory than there is.
fn memory_warning(needed: u64) -> Option<PlanWarning> {
    let available = available_memory_bytes().filter(|available| needed > *available)?;
    Some(PlanWarning {
        kind: "memory".into(),
        message: format!(
            "about {} of memory are needed where {} are free: take activations of a lower degree, or a smaller network",
            format::bytes(needed),
            format::bytes(available)
        ),
    })
}

fn calibration_split(dataset: &Dataset) -> &Split {
    if dataset.train().is_empty() { dataset.test() } else { dataset.train() }
}
