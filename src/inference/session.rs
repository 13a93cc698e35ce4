//! From a scenario to its plan.

use super::keys::OfferKeys;
use activation::{DEFAULT_PARTS, Fitted, Method};
use circuit::{Circuit, Constraints, Plan, RealCircuit, SchemeKind};
use data::{Dataset, Split};
use network::{Approximations, Layer, Network, Op, RangeReport};
use progress::{Cancel, Watch};
use report::{LayerReport, memory};
use scenario::{
    ActivationKind, Function, Matched, RunError, Scenario, SchemeSelector, Sources, amounts,
    limits, matching, missing_original, setting_use,
};
use std::sync::{Arc, OnceLock};

/// A scenario with its model and dataset in memory, ready to be planned and run.
#[derive(Clone)]
pub struct Session {
    pub scenario: Scenario,
    /// The samples as the model takes them.
    pub dataset: Arc<Dataset>,
    /// The model as it was loaded, with its original activations.
    pub network: Arc<Network>,
    /// The model with the exact activations that `network` was fine-tuned from; `network` itself
    /// where it was not.
    pub original: Arc<Network>,
    /// How data and model were matched, and what could not be known; a sentence each.
    pub notes: Vec<String>,
    compiled: Arc<OnceLock<Compiled>>,
    /// Raw values of the one sample that is run in the place of those of the dataset.
    own: Option<Arc<[f32]>>,
    /// Where the keys for such samples stay.
    pub(crate) own_keys: Option<OfferKeys>,
    /// Where the keys of lookup tables stay from run to run.
    #[cfg(feature = "tfhe")]
    pub(crate) keys: crate::keys::KeyShelf,
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

    fn plan_mut(&mut self) -> &mut Plan {
        match self {
            Self::Integer(circuit) => &mut Arc::make_mut(circuit).plan,
            Self::Real(circuit) => &mut Arc::make_mut(circuit).plan,
            #[cfg(feature = "tfhe")]
            Self::Tables(circuit) => &mut Arc::make_mut(circuit).plan,
        }
    }
}

/// Training samples that ranges are calibrated on, at most.
const CALIBRATION_SAMPLES: usize = 2048;

impl Session {
    /// Loads the model and the dataset of `scenario` and checks that they fit together.
    pub fn open(scenario: &Scenario, sources: &Sources) -> Result<Self, RunError> {
        let dataset = data::open(&scenario.dataset, sources.data_dir.as_deref())?;
        let network = import::open(&scenario.model)?;
        Self::with(scenario, Arc::new(dataset), Arc::new(network))
    }

    /// A session with a model and a dataset already in memory.
    pub fn with(
        scenario: &Scenario,
        dataset: Arc<Dataset>,
        network: Arc<Network>,
    ) -> Result<Self, RunError> {
        let Matched { dataset, mut notes } = matching::layers(&network, &dataset)?;
        let scenario = scenario.clone();
        let found = network.original_near(std::path::Path::new(&scenario.model));
        notes.extend(missing_original(
            network.name(),
            network.card(),
            network.provenance(),
            found.is_some(),
        ));
        notes.extend(network.card().notes.iter().cloned());
        let original = found.map_or_else(|| Arc::clone(&network), Arc::new);
        Ok(Self {
            scenario,
            dataset,
            network,
            original,
            notes,
            compiled: Arc::default(),
            own: None,
            own_keys: None,
            #[cfg(feature = "tfhe")]
            keys: crate::keys::KeyShelf::default(),
        })
    }

    /// The same session with the keys of lookup tables on `shelf`.
    #[cfg(feature = "tfhe")]
    pub fn with_keys(self, shelf: crate::keys::KeyShelf) -> Self {
        Self { keys: shelf, ..self }
    }

    /// This session for samples that are not of the dataset, one at a time, with the scheme `scheme`: its
    /// plan is for one, and its keys stay.
    pub(crate) fn one_by_one(&self, scheme: SchemeKind) -> Self {
        let mut scenario = self.scenario.clone();
        let kind = SchemeSelector::ALL.into_iter().find(|kind| kind.scheme() == Some(scheme));
        (scenario.images, scenario.scheme.kind) = (Some(1), kind.unwrap_or_default());
        let own_keys = Some(OfferKeys::default());
        Self { scenario, compiled: Arc::default(), own_keys, ..self.clone() }
    }

    /// The same session with the sample of these raw values in the place of the dataset's.
    ///
    /// # Errors
    /// When it is none of this network.
    pub(crate) fn with_own(&self, raw: &Arc<[f32]>) -> Result<Self, RunError> {
        let width = self.network.input().len();
        if raw.len() != width || raw.iter().any(|x| !x.is_finite()) {
            return Err(RunError::Refused(format!(
                "a sample of {} values; {} takes {width}, all finite",
                raw.len(),
                format::excerpt(self.network.name())
            )));
        }
        Ok(Self { own: Some(Arc::clone(raw)), ..self.clone() })
    }

    /// Whether its sample is none of the dataset.
    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Class of a test sample, where it is known.
    pub(crate) fn label(&self, index: usize) -> Option<u16> {
        let labels = self.dataset.test_labels();
        labels.get(index).copied().filter(|_| self.own.is_none())
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
        let cancel = Cancel::default();
        Ok(self.told(self.within_memory(self.compiled(&cancel)?, &cancel)?.plan()))
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
        limits::check(&self.scenario)?;
        if self.is_lookup()? {
            let made = self.table_circuit(cancel)?;
            return Ok(self.compiled.get_or_init(|| self.with_unused(made)).clone());
        }
        let polynomial = self.polynomial_network()?;
        let made = match self.scenario.scheme.kind.scheme() {
            Some(scheme) if scheme.is_exact() => {
                self.integer_circuit(&polynomial, scheme, cancel)?.0
            }
            Some(SchemeKind::Ckks) => self.real_circuit(&polynomial, cancel)?,
            // Those of lookup tables are handled above.
            _ => self.automatic(&polynomial, cancel)?,
        };
        Ok(self.compiled.get_or_init(|| self.with_unused(made)).clone())
    }

    /// `made` with a warning for every setting that it does not use.
    fn with_unused(&self, mut made: Compiled) -> Compiled {
        let activations = self.network.layers().iter().filter(|l| l.op.is_activation());
        let function = |layer: &Layer| Function {
            name: layer.name.clone(),
            is_polynomial: layer.op.is_polynomial(),
        };
        let functions: Vec<Function> = activations.map(function).collect();
        let unused = setting_use::unused(&self.scenario, made.plan().scheme.into(), &functions);
        made.plan_mut().warnings.extend(unused);
        made
    }

    /// `compiled` where its memory is free, or was asked for all the same, which is told.
    pub(crate) fn within_memory(
        &self,
        mut compiled: Compiled,
        cancel: &Cancel,
    ) -> Result<Compiled, RunError> {
        let needed = compiled.plan().bytes.peak_memory;
        let fits = |free: u64| self.fitting(free, compiled.plan().ring_degree, cancel);
        let told = memory::check(needed, self.scenario.scheme.past_memory, fits)?;
        if let Some(warning) = told {
            compiled.plan_mut().warnings.push(warning);
        }
        Ok(compiled)
    }

    /// What would fit `free` bytes: a smaller ring degree than `degree`, if one does.
    fn fitting(&self, free: u64, degree: usize, cancel: &Cancel) -> String {
        let mut scenario = self.scenario.clone();
        let mut smaller = degree / 2;
        while smaller >= 2048 {
            scenario.scheme.ring_degree = Some(smaller);
            let session = Self::with(&scenario, self.dataset.clone(), self.network.clone());
            if let Ok(made) = session.and_then(|s| s.compiled(cancel))
                && made.plan().bytes.peak_memory <= free
            {
                let needed = format::bytes(made.plan().bytes.peak_memory);
                return format!("scheme.ring_degree={smaller} fits, with {needed}");
            }
            smaller /= 2;
        }
        "no smaller ring degree fits either; take a smaller network, or activations of a lower degree".into()
    }

    pub(crate) fn constraints(&self) -> Constraints {
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
    pub(crate) fn ranges(&self, raw: &[f32], watch: &Watch) -> Result<Vec<RangeReport>, RunError> {
        let polynomial = self.polynomial_network()?;
        let fitted = self.fitted_approximations()?;
        let own = polynomial.layers().iter().filter_map(|layer| match &layer.op {
            Op::Activation(function) => Some(function.interval()),
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

    /// The model with a polynomial in the place of every activation that is none, as the activation
    /// strategy says.
    pub fn polynomial_network(&self) -> Result<Network, RunError> {
        match self.fitted_approximations()? {
            Some(fitted) => Ok(self.network.with_approximations(&fitted)?),
            None => Ok((*self.network).clone()),
        }
    }

    /// The polynomials of the activation strategy, one entry per activation layer; `None` where the
    /// model keeps its own.
    pub(crate) fn fitted_approximations(&self) -> Result<Option<Vec<Option<Fitted>>>, RunError> {
        let Some(approximations) = self.approximations()? else { return Ok(None) };
        let layers = if approximations.uses_weights() {
            self.network.measure_activations(self.calibration_inputs(), &Watch::silent())?
        } else {
            self.network.activation_layers()
        };
        let fitted = approximations
            .fit(&layers)
            .map_err(|e| RunError::Refused(format!("activation: {e}")))?;
        Ok(Some(fitted))
    }

    /// The polynomials that run: those of the activation strategy, and the model's own.
    pub(crate) fn layer_reports(&self) -> Vec<LayerReport> {
        let fitted = self.fitted_approximations().ok().flatten().unwrap_or_default();
        let activations = self.network.layers().iter().filter(|l| l.op.is_activation());
        let of = |(at, layer): (usize, &Layer)| match (fitted.get(at), &layer.op) {
            (Some(Some(fitted)), _) => {
                Some(LayerReport::of(&layer.name, fitted.request(), fitted.degree()))
            }
            (_, Op::Activation(function)) => LayerReport::own(&layer.name, function),
            _ => None,
        };
        activations.enumerate().filter_map(of).collect()
    }

    /// The polynomials that the activation strategy asks for; `None` where the model keeps its own.
    pub fn approximations(&self) -> Result<Option<Approximations>, RunError> {
        let choice = &self.scenario.activation;
        if choice.kind == ActivationKind::Lookup {
            return Ok(None);
        }
        let activations = self.network.layers().iter().filter(|l| l.op.is_activation());
        let names: Vec<String> = activations.map(|l| l.name.clone()).collect();
        let layers = choice.rules(&names)?;
        let Some(first) = layers.iter().find(|rule| rule.method.is_some()) else {
            return Ok(None);
        };
        let differ = layers.iter().any(|rule| rule != first);
        Ok(Some(Approximations {
            function: None,
            method: first.method.unwrap_or(Method::Minimax),
            degree: first.degree,
            parts: DEFAULT_PARTS,
            own: choice.polynomial.clone(),
            interval: first.interval,
            layers: if differ { layers } else { Vec::new() },
        }))
    }

    /// Raw values of the test samples that take part.
    pub fn test_inputs(&self) -> Result<&[f32], RunError> {
        if let Some(own) = &self.own {
            return Ok(own);
        }
        let values = self.images()? * self.dataset.shape().len();
        Ok(self.dataset.test().inputs.get(..values).unwrap_or_default())
    }

    /// Raw values of the samples that ranges are calibrated on.
    pub fn calibration_inputs(&self) -> &[f32] {
        let split = calibration_split(&self.dataset);
        let samples = split.len().min(CALIBRATION_SAMPLES);
        &split.inputs[..samples * self.dataset.shape().len()]
    }
}

fn calibration_split(dataset: &Dataset) -> &Split {
    if dataset.train().is_empty() { dataset.test() } else { dataset.train() }
}
