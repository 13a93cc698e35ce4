//! From a recurrent scenario to its plan.

use super::functions::functions;
use activation::{Activation, Approximation, DEFAULT_PARTS, Fitted, Histogram};
#[cfg(feature = "tfhe")]
use circuit::TableRecurrentCircuit;
use circuit::{
    Functions, NetworkModel, NoiseStrategy, Plan, PlanError, RecurrentCircuit, RecurrentNetwork,
    RecurrentRequest, Sequences, plan_recurrent,
};
use data::{Dataset, Shape, Split};
use network::recurrent::{self, Prepared, RecurrentModel};
use network::{IntervalRule, LayerRule};
use progress::{Cancel, Watch};
use report::{ActivationReport, Bound, Gaps, LayerReport, NetworkReport, NetworksReport};
use scenario::{
    Matched, RunError, Scenario, SequenceRequest, Sources, amounts, check_sequence, limits,
    matching, missing_original, with_notes,
};
use std::sync::{Arc, OnceLock};

/// Training sequences that errors are followed at, at most.
const CALIBRATION: usize = 256;

/// The interval of polynomials for the states of cells: all of the calibration sequences, and a quarter
/// more.
const CELL_INTERVAL: IntervalRule = IntervalRule::Measured { quantile: 1.0, margin: 0.25 };

/// Most bits of precision that may be asked for.
const MAX_PRECISION_BITS: u32 = 24;

/// A recurrent scenario with its model and dataset in memory, ready to be planned and run.
#[derive(Clone)]
pub struct SequenceSession {
    pub scenario: Scenario,
    pub dataset: Arc<Dataset>,
    /// The model as it was loaded.
    pub model: Arc<RecurrentModel>,
    /// The model with the exact functions that `model` was trained from; `model` itself where it was
    /// not.
    pub original: Arc<RecurrentModel>,
    /// How data and model were matched, and what could not be known; a sentence each.
    pub notes: Vec<String>,
    pub(crate) compiled: Arc<OnceLock<Arc<RecurrentCircuit>>>,
    /// Steps that one chain carries, once they are known.
    pub(crate) longest: Arc<OnceLock<usize>>,
    #[cfg(feature = "tfhe")]
    pub(crate) tabled: Arc<OnceLock<Arc<TableRecurrentCircuit>>>,
}

impl SequenceSession {
    /// Loads the model and the dataset of `scenario` and checks that they fit together.
    pub fn open(scenario: &Scenario, sources: &Sources) -> Result<Self, RunError> {
        let dataset = data::open(&scenario.dataset, sources.data_dir.as_deref())?;
        if network::built_in_names().any(|name| name == scenario.model) {
            return Err(RunError::Refused(format!(
                "sequence settings are for recurrent networks, and model {} is none: leave them out",
                scenario.model
            )));
        }
        let model = import::open_sequences(&scenario.model)?;
        Self::with(scenario, Arc::new(dataset), Arc::new(model))
    }

    /// A session with a model and a dataset already in memory.
    pub fn with(
        scenario: &Scenario,
        dataset: Arc<Dataset>,
        model: Arc<RecurrentModel>,
    ) -> Result<Self, RunError> {
        let strategy = scenario.sequence.as_ref().map_or(NoiseStrategy::default(), |s| s.strategy);
        limits::check(scenario)?;
        check_sequence(scenario, strategy)?;
        let Matched { dataset, mut notes } = matching::sequences(&model, &dataset)?;
        let found = model.original();
        notes.extend(missing_original(
            model.name(),
            model.card(),
            model.provenance(),
            found.is_some(),
        ));
        let original = found.map_or_else(|| Arc::clone(&model), Arc::new);
        let scenario = scenario.clone();
        Ok(Self {
            scenario,
            dataset,
            model,
            original,
            notes,
            compiled: Arc::default(),
            longest: Arc::default(),
            #[cfg(feature = "tfhe")]
            tabled: Arc::default(),
        })
    }

    /// The model that ciphertexts stand for: with exact functions where the client or a table
    /// computes them, or where a method shall put polynomials in their place.
    pub fn reference(&self) -> &RecurrentModel {
        match functions(self.choice().strategy) {
            Functions::Polynomial if self.scenario.activation.keeps_all() => &self.model,
            Functions::Exact | Functions::Polynomial => &self.original,
        }
    }

    /// Which model is the original, and which one the ciphertexts stand for.
    pub fn networks(&self) -> NetworksReport {
        let (form, scheme) = match self.choice().strategy {
            NoiseStrategy::ClientAided => ("functions computed by the client".to_owned(), "CKKS"),
            NoiseStrategy::Bootstrap => ("integers, lookup tables".to_owned(), "TFHE"),
            _ => (ActivationReport::polynomials(self.gate_reports()).form(), "CKKS"),
        };
        let reference = NetworkReport::of_recurrent(self.reference()).with_form(form);
        let original = NetworkReport::of_recurrent(&self.original);
        NetworksReport::new(original, reference, scheme)
    }

    /// The plan with what must be said of model and data before it.
    pub fn told(&self, plan: &Plan) -> Plan {
        with_notes(plan, &self.notes)
    }

    /// The choices of the scenario about its sequences.
    pub fn choice(&self) -> SequenceRequest {
        self.scenario.sequence.clone().unwrap_or_default()
    }

    /// The connection that the planner chooses for.
    pub fn connection(&self) -> Result<NetworkModel, RunError> {
        let name = self.choice().connection;
        NetworkModel::named(&name).ok_or_else(|| {
            let known: Vec<String> = NetworkModel::presets().into_iter().map(|m| m.name).collect();
            RunError::Refused(format!(
                "sequence.connection is {name}; {} are possible",
                known.join(", ")
            ))
        })
    }

    /// Sequences of the test split that take part.
    pub fn images(&self) -> Result<usize, RunError> {
        amounts::images(&self.scenario, &self.dataset)
    }

    /// Worker threads: as asked for, or one per core.
    pub fn threads(&self) -> Result<usize, RunError> {
        amounts::threads(&self.scenario)
    }

    /// Steps of a sequence of the dataset.
    pub fn all_steps(&self) -> usize {
        match self.dataset.shape() {
            Shape::Sequence { steps, .. } => steps,
            _ => 0,
        }
    }

    /// Sequences of the first `count` samples of a split as `model` takes them: their last steps,
    /// where the scenario asks for fewer.
    pub(crate) fn prepared(
        &self,
        model: &RecurrentModel,
        split: &Split,
        count: usize,
    ) -> Result<Prepared, RunError> {
        let len = self.dataset.shape().len();
        let all = self.all_steps();
        let raw = recurrent::Sequences {
            inputs: split.inputs.get(..count * len).unwrap_or(&split.inputs),
            lengths: split.lengths.get(..count).unwrap_or_default(),
            steps: all,
        };
        let prepared = model.prepare(raw)?;
        match self.choice().steps {
            None => Ok(prepared),
            Some(steps) if (1..=all).contains(&steps) => Ok(last_steps(&prepared, steps)),
            Some(steps) => Err(RunError::Refused(format!(
                "sequence.steps is {steps}; sequences of {} have {all}, so 1 to {all} are possible",
                self.dataset.name()
            ))),
        }
    }

    /// The polynomials that the activation strategy puts in the place of functions that are none,
    /// gate after gate.
    pub fn approximations(&self) -> Result<Vec<Option<Activation>>, RunError> {
        Ok(self.fitted_gates()?.into_iter().map(|f| Some(f?.activation())).collect())
    }

    /// The polynomials of the activation strategy, gate after gate.
    fn fitted_gates(&self) -> Result<Vec<Option<Fitted>>, RunError> {
        let names = self.gate_names();
        let rules = self.rules(&names)?;
        let is_measured = |rule: &LayerRule| {
            let has_measured_interval = matches!(rule.interval, IntervalRule::Measured { .. });
            rule.method.is_some_and(|method| method.uses_weights() || has_measured_interval)
        };
        let measured = if rules.iter().any(is_measured) { self.gate_inputs()? } else { Vec::new() };
        let functions = self.reference().layers().iter().flat_map(|l| l.functions());
        let own = &self.scenario.activation.polynomial;
        let fit = |(at, (_, function)): (usize, (_, &Activation))| {
            let LayerRule { method: Some(method), degree, interval } = rules[at] else {
                return Ok(None);
            };
            if function.is_polynomial() {
                return Ok(None);
            }
            let ends = interval.ends(measured.get(at));
            let wanted = Approximation::new(function.clone(), method, degree, ends);
            let fitted =
                wanted.with_parts(DEFAULT_PARTS).with_own(own.clone()).fit(measured.get(at));
            fitted
                .map(Some)
                .map_err(|e| RunError::Refused(format!("activation of gate {}: {e}", names[at])))
        };
        functions.enumerate().map(fit).collect()
    }

    /// What the activation strategy says of each function. The states of cells of an LSTM have no bound that
    /// is known beforehand: unless they have an interval of their own, it is measured.
    fn rules(&self, names: &[String]) -> Result<Vec<LayerRule>, RunError> {
        let activation = &self.scenario.activation;
        let mut rules = activation.rules(names)?;
        let layers = self.reference().layers().iter();
        let of_cells = layers.flat_map(|l| {
            let gates = l.gates().len();
            (0..l.functions().len()).map(move |at| at >= gates)
        });
        for (at, (rule, of_cells)) in rules.iter_mut().zip(of_cells).enumerate() {
            let given = activation.layers.of(at).is_some_and(|own| own.interval.is_some());
            if of_cells && !given {
                rule.interval = CELL_INTERVAL;
            }
        }
        Ok(rules)
    }

    /// Where the polynomials of the activation strategy approximate, gate after gate; none where the
    /// model keeps its own, or functions are exact.
    pub(crate) fn gate_intervals(&self) -> Vec<Option<(f64, f64)>> {
        if functions(self.choice().strategy) == Functions::Exact {
            return Vec::new();
        }
        let fitted = self.fitted_gates().unwrap_or_default();
        fitted.into_iter().map(|f| Some(f?.request().interval)).collect()
    }

    /// Names of the gates of all layers, in the order of `activation.layers`: `layer 1 update`.
    pub(crate) fn gate_names(&self) -> Vec<String> {
        let layers = self.reference().layers();
        let mut names = Vec::new();
        for (at, cell) in layers.iter().enumerate() {
            let prefix =
                if layers.len() > 1 { format!("layer {} ", at + 1) } else { String::new() };
            let functions = cell.functions();
            names.extend(functions.iter().map(|(name, _)| format!("{prefix}{}", name.id())));
        }
        names
    }

    /// The polynomials that run: those of the activation strategy, and the model's own.
    pub(crate) fn gate_reports(&self) -> Vec<LayerReport> {
        let fitted = self.fitted_gates().unwrap_or_default();
        let own = self.reference().layers().iter().flat_map(|cell| cell.functions());
        let all = self.gate_names().into_iter().zip(own).enumerate();
        all.filter_map(|(at, (name, (_, function)))| match fitted.get(at) {
            Some(Some(fitted)) => Some(LayerReport::of(&name, fitted.request(), fitted.degree())),
            _ => LayerReport::own(&name, function),
        })
        .collect()
    }

    /// What goes into the functions of the carried model on calibration sequences, gate after gate.
    fn gate_inputs(&self) -> Result<Vec<Histogram>, RunError> {
        let split = self.calibration_split();
        let some = self.prepared(self.reference(), split, split.len().min(CALIBRATION))?;
        let trace = self.reference().forward_traced(&some, &Watch::silent())?.trace;
        let steps = trace.unwrap_or_default().steps;
        let mut all = Vec::new();
        for (layer, cell) in self.reference().layers().iter().enumerate() {
            for function in 0..cell.functions().len() {
                let mut histogram = Histogram::default();
                for values in steps.iter().filter_map(|s| s.get(layer)?.pre.get(function)) {
                    let values: Vec<f32> = values.iter().map(|z| *z as f32).collect();
                    histogram.add(&values);
                }
                all.push(histogram);
            }
        }
        Ok(all)
    }

    /// The network that ciphertexts stand for.
    pub fn network(&self) -> Result<RecurrentNetwork, RunError> {
        let split = self.calibration_split();
        let calibration = self.prepared(self.reference(), split, split.len().min(CALIBRATION))?;
        let exact =
            matches!(self.choice().strategy, NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap);
        let approximations = if exact { Vec::new() } else { self.approximations()? };
        RecurrentNetwork::lower(self.reference(), &approximations, exact, &calibration)
            .map_err(|e| RunError::Refused(e.to_string()))
    }

    pub(crate) fn calibration_split(&self) -> &Split {
        if self.dataset.train().is_empty() { self.dataset.test() } else { self.dataset.train() }
    }

    /// The circuit of tables, made once.
    #[cfg(feature = "tfhe")]
    pub(crate) fn tables(&self, cancel: &Cancel) -> Result<Arc<TableRecurrentCircuit>, RunError> {
        if let Some(made) = self.tabled.get() {
            return Ok(Arc::clone(made));
        }
        let split = self.calibration_split();
        let calibration = self.prepared(self.reference(), split, split.len().min(CALIBRATION))?;
        let refused = || RunError::Refused("the dataset has no sequences to calibrate on".into());
        let calibration = Sequences::prepared(&calibration).ok_or_else(refused)?;
        let watch = Watch::new(cancel.clone(), &|_| ());
        let made = Arc::new(circuit::plan_tables(&self.network()?, &calibration, &watch)?);
        Ok(Arc::clone(self.tabled.get_or_init(|| made)))
    }

    /// The compiled circuit of a strategy that CKKS carries, made once.
    ///
    /// # Errors
    /// When nothing fits: why not, and what would.
    pub fn circuit(&self, cancel: &Cancel) -> Result<Arc<RecurrentCircuit>, RunError> {
        if let Some(made) = self.compiled.get() {
            return Ok(Arc::clone(made));
        }
        let strategy = self.choice().strategy;
        if strategy == NoiseStrategy::Bootstrap {
            return Err(RunError::Refused(
                "bootstrapping has no chain to plan: run it, or set sequence.strategy to levelled, refresh or client_aided".into(),
            ));
        }
        // What is wrong with a sequence is told before there is a plan.
        self.prepared(self.reference(), self.dataset.test(), self.images()?)?;
        let (mut made, bound) = match self.chain(cancel, plan_recurrent) {
            Err(RunError::Plan(PlanError::ChainTooLong { reason })) => {
                return Err(self.too_long(reason, cancel)?.into());
            }
            planned => planned?,
        };
        made.sequence.agreement = bound.agreement;
        made.plan.promised_agreement = Some(bound.agreement);
        made.plan.warnings.extend(bound.warning);
        if functions(strategy) == Functions::Polynomial {
            made.sequence.longest_chain = self.longest_chain(cancel)?;
        }
        made.plan.warnings.extend(self.remarks(made.sequence.memory_bytes)?);
        Ok(Arc::clone(self.compiled.get_or_init(|| Arc::new(made))))
    }

    /// What `plan` makes of the scenario, and the bound on errors that it was asked to keep.
    pub(crate) fn chain<T>(
        &self,
        cancel: &Cancel,
        plan: impl FnOnce(&RecurrentRequest) -> Result<T, PlanError>,
    ) -> Result<(T, Bound), RunError> {
        let choice = self.choice();
        let network = self.network()?;
        let split = self.calibration_split();
        let calibration = self.prepared(self.reference(), split, split.len().min(CALIBRATION))?;
        let refused = || RunError::Refused("the dataset has no sequences to calibrate on".into());
        let calibration = Sequences::prepared(&calibration).ok_or_else(refused)?;
        let images = self.images()?;
        let steps = calibration.steps();
        let lengths = &self.dataset.test().lengths;
        let lengths = lengths.get(..images).unwrap_or(lengths);
        let functions = functions(choice.strategy);
        let watch = Watch::new(cancel.clone(), &|_| ());
        let outputs = network.evaluate(&calibration, functions, &watch, &|_| ())?;
        let asked = self.scenario.scheme.precision_bits;
        let gaps = Gaps::of(&outputs, network.classes());
        let bound = gaps.bound_for(asked, MAX_PRECISION_BITS)?;
        let connection = self.connection()?;
        let request = RecurrentRequest {
            network: &network,
            calibration: &calibration,
            strategy: choice.strategy,
            refresh_every: choice.refresh_every,
            steps,
            sequences: images,
            masked: lengths.iter().any(|length| usize::from(*length) < steps),
            error_bound: bound.error,
            ring_degree: self.scenario.scheme.ring_degree,
            threads: self.threads()?,
            connection: &connection,
            cancel,
        };
        let needs = if asked.is_none() { bound.needs() } else { String::new() };
        let made = plan(&request).map_err(|error| match error {
            PlanError::DoesNotFit { reason, nearest } => {
                PlanError::DoesNotFit { reason: reason + &needs, nearest }
            }
            PlanError::ChainTooLong { reason } => {
                PlanError::ChainTooLong { reason: reason + &needs }
            }
            other => other,
        })?;
        Ok((made, bound))
    }
}

fn last_steps(prepared: &Prepared, steps: usize) -> Prepared {
    let cut = prepared.steps.saturating_sub(steps);
    let row = prepared.steps * prepared.width;
    let values = prepared.values.chunks(row.max(1));
    Prepared {
        samples: prepared.samples,
        steps,
        width: prepared.width,
        values: values.flat_map(|v| v.iter().skip(cut * prepared.width)).copied().collect(),
        begins: prepared.begins.iter().map(|b| b.saturating_sub(cut)).collect(),
    }
}
