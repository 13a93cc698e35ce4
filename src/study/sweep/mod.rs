//! Sweeps: many polynomials in the place of the activations of one network, compared.

mod lists;
mod report;
mod request;
mod row;

pub use lists::{degree_list, function_list, interval_list};
pub use report::{SWEEP_SCHEMA_VERSION, SweepReport};
pub use request::SweepRequest;
pub use row::{SweepAccuracy, SweepCost, SweepFit, SweepRow, SweepRun};

use ::report::Event;
use activation::{Activation, Fitted};
use inference::{Session, TrainOptions};
use network::train::TrainEvent;
use network::{Approximations, LayerInputs, Network, Op, argmax};
use progress::{Cancel, Watch};
use scenario::{ActivationRequest, RunError, Scenario};
use std::sync::Arc;

/// Where networks trained in a sweep come from; they are not kept.
const SWEPT: &str = "cryptoscope sweep";

/// What a sweep tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepEvent {
    /// The exact network with the first function was measured: its accuracy, and how many rows there
    /// will be.
    Started { exact_accuracy: f64, rows: usize, images: usize },
    /// What is being done for a row, counted from 0, and the share of it that is done.
    Doing { row: usize, of: usize, what: String, fraction: f64 },
    /// What is known of a row so far; comes again when more is known.
    Row { index: usize, row: Box<SweepRow> },
}

/// What all rows are held against.
struct Exact {
    network: Arc<Network>,
    layers: Vec<LayerInputs>,
    classes: Vec<usize>,
    accuracy: f64,
}

/// Puts one polynomial after the other in the place of the activations, and tells what becomes of
/// the answers and of the cost. `on_event` is told each row as soon as something is known of it.
///
/// The rows start from the network with its exact activations: the model itself or what it was
/// fine-tuned from, or the model with the function that is asked for.
///
/// # Errors
/// When the request or the scenario is impossible as a whole, or `cancel` asks to stop before
/// the first row is done; stopped later, the report has the rows that are. What goes wrong in
/// one row stands in its `refusal`.
pub fn sweep(
    base: &Session,
    request: &SweepRequest,
    cancel: &Cancel,
    on_event: &mut (dyn FnMut(SweepEvent) + Send),
) -> Result<SweepReport, RunError> {
    if !base.scenario.activation.layers.is_same() {
        return Err(RunError::Refused(
            "activation.layers is set, but every row of a sweep has one method, degree and interval for all layers: take activation.layers out of the scenario".into(),
        ));
    }
    let choices = request.rows()?;
    if let Some(options) = &request.fine_tune {
        options.check()?;
        let needed = base.dataset.needs_classes("training with the polynomials");
        needed.map_err(|e| RunError::Refused(e.to_string()))?;
    }
    let mut functions = Functions::default();
    let first = choices.first().and_then(|choice| choice.function.as_ref());
    let exact = functions.of(base, first, cancel)?;
    on_event(SweepEvent::Started {
        exact_accuracy: exact.accuracy,
        rows: choices.len(),
        images: base.images()?,
    });
    let mut rows = Vec::with_capacity(choices.len());
    for (index, choice) in choices.iter().enumerate() {
        let of = choices.len();
        let row = match functions.of(base, choice.function.as_ref(), cancel) {
            Ok(exact) => {
                let exact = &exact;
                Part { session: base, request, exact, cancel, index, of }.run(choice, on_event)
            }
            Err(RunError::Cancelled(stop)) => Err(stop.into()),
            Err(error) => {
                let mut row = SweepRow::new(choice, base.images()?);
                row.refusal = Some(error.to_string());
                on_event(SweepEvent::Row { index, row: Box::new(row.clone()) });
                Ok(row)
            }
        };
        match row {
            Err(RunError::Cancelled(_)) if !rows.is_empty() => break,
            row => rows.push(row?),
        }
    }
    Ok(SweepReport {
        schema_version: SWEEP_SCHEMA_VERSION,
        cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: base.scenario.name.clone(),
        model: exact.network.name().to_owned(),
        dataset: base.dataset.name().to_owned(),
        setup: Some(Box::new(scenario::Setup::of(&base.scenario))),
        images: base.images()?,
        seed: base.scenario.seed,
        function: functions.names().join(", "),
        exact_accuracy: exact.accuracy,
        rows_left: choices.len() - rows.len(),
        rows,
    })
}

/// The exact networks of the functions that were asked for so far.
#[derive(Default)]
struct Functions {
    known: Vec<(Option<Activation>, Arc<Exact>)>,
}

impl Functions {
    fn of(
        &mut self,
        base: &Session,
        function: Option<&Activation>,
        cancel: &Cancel,
    ) -> Result<Arc<Exact>, RunError> {
        if let Some((_, known)) = self.known.iter().find(|(of, _)| of.as_ref() == function) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(exact(base, function, cancel)?);
        self.known.push((function.cloned(), Arc::clone(&made)));
        Ok(made)
    }

    /// Names of all functions that are approximated, each once.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let layers = self.known.iter().flat_map(|(_, exact)| &exact.layers);
        for layer in layers.filter(|l| !l.function.is_polynomial()) {
            let name = layer.function.name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn exact(
    base: &Session,
    function: Option<&Activation>,
    cancel: &Cancel,
) -> Result<Exact, RunError> {
    let network = match function {
        // What the model was fine-tuned from knows the function; the model itself never met it.
        Some(function) if has_only(&base.original, function) => Arc::clone(&base.original),
        Some(function) => Arc::new(base.network.with_function(function)?),
        None => base.exact_network()?,
    };
    let quiet = Watch::new(cancel.clone(), &|_| {});
    let layers = network.measure_activations(base.calibration_inputs(), &quiet)?;
    let outputs = network.forward_batch(base.test_inputs()?, &quiet)?;
    let classes: Vec<usize> = outputs.chunks(network.classes()).map(argmax).collect();
    let accuracy = share_right(base, &classes);
    Ok(Exact { network, layers, classes, accuracy })
}

/// Raw values of the test samples that take part.
fn share_right(base: &Session, classes: &[usize]) -> f64 {
    let labels = base.dataset.test_labels().iter().map(|l| usize::from(*l));
    share(classes.iter().copied().zip(labels).map(|(a, b)| a == b))
}

/// One row in the making.
struct Part<'a> {
    session: &'a Session,
    request: &'a SweepRequest,
    exact: &'a Exact,
    cancel: &'a Cancel,
    index: usize,
    of: usize,
}

impl Part<'_> {
    fn run(
        &mut self,
        choice: &Approximations,
        on_event: &mut (dyn FnMut(SweepEvent) + Send),
    ) -> Result<SweepRow, RunError> {
        let mut row = SweepRow::new(choice, self.session.images()?);
        row.original = self.exact.accuracy;
        match self.fill(&mut row, choice, on_event) {
            Err(RunError::Cancelled(stop)) => return Err(stop.into()),
            Err(error) => row.refusal = Some(error.to_string()),
            Ok(()) => {}
        }
        on_event(self.row(&row));
        Ok(row)
    }

    fn row(&self, row: &SweepRow) -> SweepEvent {
        SweepEvent::Row { index: self.index, row: Box::new(row.clone()) }
    }

    fn doing(&self, what: &str, fraction: f64) -> SweepEvent {
        SweepEvent::Doing { row: self.index, of: self.of, what: what.to_owned(), fraction }
    }

    fn fill(
        &mut self,
        row: &mut SweepRow,
        choice: &Approximations,
        on_event: &mut (dyn FnMut(SweepEvent) + Send),
    ) -> Result<(), RunError> {
        on_event(self.doing("plaintext", 0.0));
        let fitted = choice
            .fit(&self.exact.layers)
            .map_err(|e| RunError::Refused(format!("activation: {e}")))?;
        row.fit = Some(fit(&fitted, &self.exact.layers));
        let interval = |fitted: &Option<Fitted>| Some(fitted.as_ref()?.request().interval);
        row.layers = fitted.iter().map(interval).collect();
        let replaced = self.exact.network.with_approximations(&fitted)?;
        row.replaced = Some(self.accuracy(&replaced, &fitted)?);
        on_event(self.row(row));
        let network = match &self.request.fine_tune {
            None => replaced,
            Some(options) => {
                let (trained, accuracy) = self.train(choice, &fitted, options, on_event)?;
                row.trained = Some(accuracy);
                on_event(self.row(row));
                trained
            }
        };
        let session = self.polynomial_session(network)?;
        let compiled = session.compiled(self.cancel)?;
        row.predicted = Some(SweepCost::of(compiled.plan()));
        if self.request.encrypted {
            on_event(self.row(row));
            let shown = std::sync::Mutex::new(&mut *on_event);
            let report = session.run(self.cancel, &|event| {
                if let Event::Progress { fraction, .. } = event
                    && let Ok(mut tell) = shown.lock()
                {
                    tell(self.doing("encrypted", fraction));
                }
            })?;
            row.encrypted = Some(SweepRun::of(&report));
        }
        Ok(())
    }

    /// The polynomial network on its own: its polynomials are kept as they are.
    fn polynomial_session(&self, network: Network) -> Result<Session, RunError> {
        let scenario =
            Scenario { activation: ActivationRequest::default(), ..self.session.scenario.clone() };
        Session::with(&scenario, Arc::clone(&self.session.dataset), Arc::new(network))
    }

    fn train(
        &self,
        choice: &Approximations,
        fitted: &[Option<Fitted>],
        options: &TrainOptions,
        on_event: &mut (dyn FnMut(SweepEvent) + Send),
    ) -> Result<(Network, SweepAccuracy), RunError> {
        let quiet = Watch::new(self.cancel.clone(), &|_| {});
        let mut told = |event: TrainEvent| {
            if let TrainEvent::Step { step, of, .. } = event {
                on_event(self.doing("training", step as f64 / of.max(1) as f64));
            }
        };
        let exact = &self.exact.network;
        let trained =
            self.session.fine_tune(exact, choice, options, SWEPT.to_owned(), &quiet, &mut told)?;
        let accuracy = self.accuracy(&trained.network, fitted)?;
        Ok((trained.network, accuracy))
    }

    fn accuracy(
        &self,
        network: &Network,
        fitted: &[Option<Fitted>],
    ) -> Result<SweepAccuracy, RunError> {
        let quiet = Watch::new(self.cancel.clone(), &|_| {});
        let ranged = network.forward_ranged(fitted, self.session.test_inputs()?, &quiet)?;
        let classes: Vec<usize> = ranged.outputs.chunks(network.classes()).map(argmax).collect();
        let outside = ranged.ranges.iter().map(|r| r.samples_outside).max().unwrap_or(0);
        Ok(SweepAccuracy {
            accuracy: share_right(self.session, &classes),
            agreement: share(classes.iter().zip(&self.exact.classes).map(|(a, b)| a == b)),
            samples_outside: outside as f64 / classes.len().max(1) as f64,
        })
    }
}

/// Whether every activation of `network` is `function`.
fn has_only(network: &Network, function: &Activation) -> bool {
    let mut layers = network.layers().iter().filter(|l| !l.op.is_affine());
    layers.all(|l| l.op == Op::Activation(function.clone()))
}

/// The worst of all layers.
fn fit(fitted: &[Option<Fitted>], layers: &[LayerInputs]) -> SweepFit {
    let mut worst = SweepFit {
        degree: 0,
        depth: 0,
        error_max: 0.0,
        error_mean_square: 0.0,
        error_weighted: None,
    };
    for (fitted, layer) in fitted.iter().zip(layers) {
        let Some(fitted) = fitted else { continue };
        let errors = fitted.errors(Some(&layer.histogram));
        worst.degree = worst.degree.max(fitted.degree());
        worst.depth += fitted.multiplicative_depth();
        worst.error_max = worst.error_max.max(errors.max);
        worst.error_mean_square = worst.error_mean_square.max(errors.mean_square);
        worst.error_weighted = match (worst.error_weighted, errors.measured_mean_square) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
    }
    worst
}

/// Share of what is true; NaN of nothing.
fn share(all: impl Iterator<Item = bool>) -> f64 {
    let (mut right, mut of) = (0_usize, 0_usize);
    for one in all {
        right += usize::from(one);
        of += 1;
    }
    right as f64 / of as f64
}
