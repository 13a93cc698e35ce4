//! The handle by which the window holds an engine and all background work.

use super::board::Outlet;
use super::desk::{Check, Desk, EngineDesk};
use super::engine::{Engine, LayerAt, LookAt};
use super::glance::Seen;
use super::jobs::{Busy, Jobs};
use super::key::Key;
use super::leak::{LeakRequest, answer};
use super::update::Update;
use scenario::Scenario;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use study::StrategyRequest;

/// An engine, and the jobs that are on. Dropping it stops them and waits for their threads.
pub struct Worker {
    /// What is on: looked at, stopped, paused and drained here.
    pub jobs: Jobs<Update>,
    desk: Arc<Mutex<dyn Desk>>,
    /// What the newest check is of.
    checking: Option<Check>,
    /// Where the larger datasets are looked for, when a person chose it.
    folder: Option<PathBuf>,
}

impl Worker {
    /// Nothing is on yet. `wake` is called after news were told, on the thread of their job.
    pub fn new(engine: impl Engine, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let desk = Arc::new(Mutex::new(EngineDesk::new(engine)));
        Self { jobs: Jobs::new(wake), desk, checking: None, folder: None }
    }

    /// Looks for the larger datasets in `folder`, from the next plan on.
    pub fn look_in(&mut self, folder: PathBuf) {
        self.folder = Some(folder);
    }

    /// Asks for the plan of `scenario`, in the place of an older one that is not made yet.
    pub fn plan(&mut self, scenario: Scenario) {
        let desk = Arc::clone(&self.desk);
        let folder = self.folder.clone();
        let work = move |out: &_| {
            let mut desk = lock(&desk);
            if let Some(folder) = &folder {
                desk.look_in(folder);
            }
            desk.plan(&scenario, out)
        };
        // A newer plan is never refused.
        self.jobs.start(Key::Plan, work, Update::Planned).ok();
        self.postpone_check();
    }

    /// Starts a run.
    ///
    /// # Errors
    /// When one is on.
    pub fn run(&mut self, scenario: Scenario) -> Result<(), Busy> {
        let desk = Arc::clone(&self.desk);
        let work = move |out: &_| lock(&desk).run(&scenario, out);
        self.jobs.start(Key::Run, work, Update::RunEnded)?;
        self.postpone_check();
        Ok(())
    }

    /// Starts a run with every strategy.
    ///
    /// # Errors
    /// When a run is on.
    pub fn compare_strategies(
        &mut self,
        scenario: Scenario,
        request: StrategyRequest,
    ) -> Result<(), Busy> {
        let desk = Arc::clone(&self.desk);
        let work = move |out: &_| lock(&desk).compare_strategies(&scenario, &request, out);
        self.jobs.start(Key::Run, work, Update::StrategiesEnded)?;
        self.postpone_check();
        Ok(())
    }

    /// Asks what polynomials do to the answers of the plaintext network, in the place of an older check
    /// that is not over yet. Plans and runs go first.
    pub fn check(&mut self, check: Check) {
        let desk = Arc::clone(&self.desk);
        self.checking = Some(check.clone());
        let work = move |out: &_| lock(&desk).check(&check, out);
        // A newer check is never refused.
        self.jobs.start(Key::Check, work, Update::CheckEnded).ok();
    }

    /// Asks what the networks of `scenario` say to a sample that is none of its dataset, in the place of an
    /// older one.
    pub fn answer(&mut self, scenario: Scenario, raw: Arc<[f32]>) {
        let desk = Arc::clone(&self.desk);
        let work = move |out: &_| lock(&desk).answer(&scenario, &raw, out);
        // A newer sample is never refused.
        self.jobs.start(Key::Answer, work, Update::Answered).ok();
        self.postpone_check();
    }

    /// Drops the keys that were made, when nothing needs them.
    pub fn forget_keys(&mut self) {
        let desk = Arc::clone(&self.desk);
        let work = move |_: &_| {
            lock(&desk).forget_keys();
            Ok(())
        };
        // A newer request is never refused.
        self.jobs.start(Key::Forget, work, Update::KeysForgotten).ok();
        self.postpone_check();
    }

    /// Asks for a value under encryption, in the place of an older one.
    pub fn look(&mut self, scenario: Scenario, at: LookAt) {
        let desk = Arc::clone(&self.desk);
        let work = move |out: &_| lock(&desk).look(&scenario, &at, out);
        // A newer look is never refused.
        self.jobs.start(Key::Look, work, Update::Looked).ok();
        self.postpone_check();
    }

    /// Asks for the values after a layer, in the place of those asked for before.
    pub fn look_layer(&mut self, scenario: Scenario, at: LayerAt) {
        let desk = Arc::clone(&self.desk);
        let work = move |out: &_| lock(&desk).look_layer(&scenario, &at, out);
        // A newer look is never refused.
        self.jobs.start(Key::Layer, work, Update::LayerSeen).ok();
        self.postpone_check();
    }

    /// Looks at what the loaded network does with the loaded data, in the place of an older question.
    pub fn glance(&mut self, loaded: Seen) {
        let work = move |out: &Outlet<Update>| loaded.glance(out.cancel());
        // A newer look is never refused.
        self.jobs.start(Key::Glance, work, |seen| Update::Glance(seen.ok().flatten())).ok();
    }

    /// Lets what was just asked for go first: the check starts again after it.
    fn postpone_check(&mut self) {
        let check = self.checking.clone().filter(|_| self.jobs.is_on(Key::Check));
        if let Some(check) = check {
            self.check(check);
        }
    }

    /// Asks what a server learns, in the place of an older question.
    pub fn reconstruct(&mut self, request: LeakRequest) {
        let work = move |out: &Outlet<Update>| {
            answer(&request, out.cancel(), &|update| out.send(Update::Attack(update)))
        };
        // A newer question is never refused.
        self.jobs.start(Key::Attack, work, Update::AttackEnded).ok();
    }
}

/// The desk, also after a panic: it is whole at every step.
fn lock(desk: &Mutex<dyn Desk>) -> MutexGuard<'_, dyn Desk + 'static> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
