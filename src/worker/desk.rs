//! What needs the engine: plans, runs and checks.

use super::board::Outlet;
use super::engine::{Engine, LayerAt, LoadedData, LookAt};
use super::update::Update;
use circuit::Plan;
use data::Dataset;
use inference::{OwnAnswer, SeenLayer, SeenValue};
use network::Approximations;
use progress::{Cancel, Cancelled};
use report::{Event, RunClock, RunReport, Told};
use scenario::{RunError, Scenario};
use std::path::Path;
use std::sync::Arc;
use study::{StrategyComparison, StrategyEvent, StrategyRequest};

/// What a check is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Its model and dataset count.
    pub scenario: Scenario,
    pub approximations: Approximations,
}

type Out<'a> = &'a Outlet<Update>;

/// An engine at work, whatever it opens.
pub(super) trait Desk: Send {
    /// Looks for the larger datasets in `folder` from now on.
    fn look_in(&mut self, folder: &Path);

    /// Drops the keys that outlive a run.
    fn forget_keys(&mut self);

    /// Plans, and tells what is loaded on the way.
    fn plan(&mut self, scenario: &Scenario, out: Out<'_>) -> Result<Box<Plan>, RunError>;

    /// Runs as planned last, where that is of the same setup and the same files.
    fn run(&mut self, scenario: &Scenario, out: Out<'_>) -> Result<Box<RunReport>, RunError>;

    fn compare_strategies(
        &mut self,
        scenario: &Scenario,
        request: &StrategyRequest,
        out: Out<'_>,
    ) -> Result<Box<StrategyComparison>, RunError>;

    /// What polynomials do to the answers of the plaintext network.
    fn check(&mut self, check: &Check, out: Out<'_>) -> Result<(), RunError>;

    /// A value under encryption.
    fn look(
        &mut self,
        scenario: &Scenario,
        at: &LookAt,
        out: Out<'_>,
    ) -> Result<Box<SeenValue>, RunError>;

    /// The values after a stage.
    fn look_layer(
        &mut self,
        scenario: &Scenario,
        at: &LayerAt,
        out: Out<'_>,
    ) -> Result<Box<SeenLayer>, RunError>;

    /// What the networks say to a sample that is none of the dataset.
    fn answer(
        &mut self,
        scenario: &Scenario,
        raw: &Arc<[f32]>,
        out: Out<'_>,
    ) -> Result<Box<OwnAnswer>, RunError>;
}

/// An engine, and the last plan it made, so that a run need not make it again.
pub(super) struct EngineDesk<E: Engine> {
    engine: E,
    planned: Option<(Scenario, E::Opened, Plan)>,
    /// What was looked at last of the data.
    data: Option<LoadedData>,
}

impl<E: Engine> EngineDesk<E> {
    pub fn new(engine: E) -> Self {
        Self { engine, planned: None, data: None }
    }

    /// The data with what they hold, looked at once.
    fn facts(&mut self, dataset: &Arc<Dataset>) -> LoadedData {
        match self.data.as_ref().filter(|known| Arc::ptr_eq(&known.dataset, dataset)) {
            Some(known) => known.clone(),
            None => {
                let facts = Arc::new(data::Facts::of(dataset));
                let known = LoadedData { dataset: Arc::clone(dataset), facts };
                self.data = Some(known.clone());
                known
            }
        }
    }

    /// Does `work` on the scenario as it was planned last, where that is the same one and its files are
    /// the same; else it is planned anew.
    fn with_planned<T>(
        &mut self,
        scenario: &Scenario,
        cancel: &Cancel,
        work: impl FnOnce(&mut E, &E::Opened, &Plan) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        // After a panic it is planned anew.
        let planned = self.planned.take().filter(|(of, ..)| of == scenario);
        let (opened, plan) = match planned.filter(|_| self.engine.is_current(scenario)) {
            Some((_, opened, plan)) => (opened, plan),
            None => self.make_plan(scenario, cancel)?,
        };
        let result = match cancel.check() {
            Ok(()) => work(&mut self.engine, &opened, &plan),
            Err(cancelled) => Err(cancelled.into()),
        };
        self.planned = Some((scenario.clone(), opened, plan));
        result
    }

    fn make_plan(
        &mut self,
        scenario: &Scenario,
        cancel: &Cancel,
    ) -> Result<(E::Opened, Plan), RunError> {
        let opened = self.engine.open(scenario)?;
        cancel.check()?;
        let plan = self.engine.plan(&opened, cancel)?;
        Ok((opened, plan))
    }
}

impl<E: Engine> Desk for EngineDesk<E> {
    fn look_in(&mut self, folder: &Path) {
        self.engine.look_in(folder);
    }

    fn forget_keys(&mut self) {
        self.engine.forget_keys();
    }

    fn plan(&mut self, scenario: &Scenario, out: Out<'_>) -> Result<Box<Plan>, RunError> {
        let cancel = out.cancel();
        let dataset = self.engine.dataset(scenario);
        let facts = dataset.as_ref().ok().map(|dataset| self.facts(dataset));
        out.send(Update::Data(facts));
        let opened = dataset.and_then(|_| self.engine.open(scenario));
        out.send(Update::Model(self.engine.network(scenario)));
        if opened.is_err() {
            // What was loaded before belongs to another setup.
            out.send(Update::Loaded(None));
            out.send(Update::LoadedSequence(None));
        }
        let opened = opened?;
        out.send(Update::Loaded(self.engine.loaded(&opened)));
        out.send(Update::LoadedSequence(self.engine.loaded_sequence(&opened)));
        cancel.check()?;
        let plan = self.engine.plan(&opened, cancel)?;
        if let Some(study) = self.engine.tables(&opened, cancel)? {
            out.send(Update::Tables(Arc::new(study)));
        }
        if let Some(report) = self.engine.forecast(&opened, cancel)? {
            out.send(Update::Forecast(Arc::new(report)));
        }
        self.planned = Some((scenario.clone(), opened, plan.clone()));
        Ok(Box::new(plan))
    }

    fn run(&mut self, scenario: &Scenario, out: Out<'_>) -> Result<Box<RunReport>, RunError> {
        self.with_planned(scenario, out.cancel(), |engine, opened, plan| {
            let clock = RunClock::start();
            let on_event = |event| tell_run(out, clock.told(event));
            let mut report = Box::new(engine.run(opened, plan, out.cancel(), &on_event)?);
            report.began = Some(clock.began_at());
            Ok(report)
        })
    }

    fn look(
        &mut self,
        scenario: &Scenario,
        at: &LookAt,
        out: Out<'_>,
    ) -> Result<Box<SeenValue>, RunError> {
        self.with_planned(scenario, out.cancel(), |engine, opened, _| {
            engine.look(opened, at, out.cancel()).map(Box::new)
        })
    }

    fn look_layer(
        &mut self,
        scenario: &Scenario,
        at: &LayerAt,
        out: Out<'_>,
    ) -> Result<Box<SeenLayer>, RunError> {
        self.with_planned(scenario, out.cancel(), |engine, opened, _| {
            engine.look_layer(opened, at, out.cancel()).map(Box::new)
        })
    }

    fn answer(
        &mut self,
        scenario: &Scenario,
        raw: &Arc<[f32]>,
        out: Out<'_>,
    ) -> Result<Box<OwnAnswer>, RunError> {
        self.with_planned(scenario, out.cancel(), |engine, opened, _| {
            engine.answer(opened, raw, out.cancel()).map(Box::new)
        })
    }

    fn compare_strategies(
        &mut self,
        scenario: &Scenario,
        request: &StrategyRequest,
        out: Out<'_>,
    ) -> Result<Box<StrategyComparison>, RunError> {
        let opened = self.engine.open(scenario)?;
        let clock = RunClock::start();
        let on_event = |event| match event {
            StrategyEvent::Run(event) => tell_run(out, clock.told(event)),
            told => out.send(Update::NoiseStrategy(told)),
        };
        let comparison =
            self.engine.compare_strategies(&opened, request, out.cancel(), &on_event)?;
        if comparison.rows_left > 0 { Err(Cancelled.into()) } else { Ok(Box::new(comparison)) }
    }

    fn check(&mut self, check: &Check, out: Out<'_>) -> Result<(), RunError> {
        let (Check { scenario, approximations }, cancel) = (check, out.cancel());
        let opened = self.engine.open(scenario)?;
        let data = self.engine.measure(&opened, cancel)?;
        out.send(Update::Activations(Arc::clone(&data)));
        let mut on_part = |part: &_| out.send(Update::Checked(Box::new(Clone::clone(part))));
        let whole = self.engine.check(&opened, &data, approximations, cancel, &mut on_part)?;
        out.send(Update::Checked(Box::new(whole)));
        if let Some(function) = &approximations.function {
            let accuracy = self.engine.accuracy_with(&opened, function, cancel)?;
            out.send(Update::FunctionAccuracy(function.clone(), accuracy));
        }
        Ok(())
    }
}

/// The end of a run is told once, by its job.
fn tell_run(out: Out<'_>, told: Told) {
    if !matches!(told.event, Event::Finished(_)) {
        out.send(Update::Run(told));
    }
}
