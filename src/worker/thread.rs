//! The thread, and the handle by which the window holds it.

use super::engine::Engine;
use super::job::{Check, CheckRequest, Failure, Job, Request, Update};
use super::outbox::{self, Batch, Outbox, Shared};
use circuit::Plan;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use inference::PolynomialCheck;
use progress::Cancel;
use scenario::{RunError, Scenario};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use study::{StrategyEvent, StrategyRequest};

/// Batches of updates that may wait for the window.
const EVENT_ROOM: usize = 64;

/// A run was asked for while one is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run is on; stop it first or let it finish")]
pub struct Busy;

/// What is asked of the thread; a newer plan replaces an older one that was not begun.
#[derive(Default)]
struct Inbox {
    plan: Option<Request>,
    run: Option<Request>,
    check: Option<CheckRequest>,
    shutdown: bool,
}

/// Handle of the worker thread. Dropping it cancels what is on and waits for the thread.
pub struct Worker {
    inbox: Arc<Mutex<Inbox>>,
    /// One place is enough: the thread empties the whole inbox each time it is called.
    bell: Sender<()>,
    events: Receiver<Batch>,
    gathered: Shared,
    thread: Option<JoinHandle<()>>,
    closing: Cancel,
    next_job: u64,
    plan: Option<(Job, Cancel)>,
    run: Option<(Job, Cancel)>,
    check: Option<CheckRequest>,
}

impl Worker {
    /// Starts the thread. `wake` is called on it after updates were sent.
    pub fn start<E: Engine>(
        engine: E,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let (bell, called) = bounded(1);
        let (tx, events) = bounded(EVENT_ROOM);
        let closing = Cancel::default();
        let gathered = Shared::default();
        let body = Body {
            engine,
            inbox: Arc::clone(&inbox),
            tx,
            wake: Box::new(wake),
            closing: closing.clone(),
            gathered: Arc::clone(&gathered),
            planned: None,
        };
        let thread =
            std::thread::Builder::new().name("worker".into()).spawn(move || body.serve(&called))?;
        Ok(Self {
            inbox,
            bell,
            events,
            gathered,
            thread: Some(thread),
            closing,
            next_job: 1,
            plan: None,
            run: None,
            check: None,
        })
    }

    /// Asks for the plan of `scenario`; an older request that is not answered yet is dropped.
    pub fn plan(&mut self, scenario: Scenario) -> Job {
        let request = self.request(scenario);
        let job = request.job;
        if let Some((_, older)) = self.plan.replace((job, request.cancel.clone())) {
            older.cancel();
        }
        self.ask(|inbox| inbox.plan = Some(request));
        self.postpone_check();
        job
    }

    /// Starts a run, unless one is on.
    pub fn run(&mut self, scenario: Scenario) -> Result<Job, Busy> {
        if self.run.is_some() {
            return Err(Busy);
        }
        let request = self.request(scenario);
        let job = request.job;
        self.run = Some((job, request.cancel.clone()));
        self.ask(|inbox| inbox.run = Some(request));
        self.postpone_check();
        Ok(job)
    }

    /// Starts a run with every strategy, unless one is on.
    pub fn compare_strategies(
        &mut self,
        scenario: Scenario,
        request: StrategyRequest,
    ) -> Result<Job, Busy> {
        if self.run.is_some() {
            return Err(Busy);
        }
        let request = Request { strategies: Some(request), ..self.request(scenario) };
        let job = request.job;
        self.run = Some((job, request.cancel.clone()));
        self.ask(|inbox| inbox.run = Some(request));
        self.postpone_check();
        Ok(job)
    }

    /// Asks what polynomials do to the answers of the plaintext network; an older check that is not
    /// over yet is dropped. Plans and runs go first.
    pub fn check(&mut self, check: Check) -> Job {
        let job = self.next_job();
        let request = CheckRequest { job, check, cancel: Cancel::default() };
        if let Some(older) = self.check.replace(request.clone()) {
            older.cancel.cancel();
        }
        self.ask(|inbox| inbox.check = Some(request));
        job
    }

    /// Whether a check was asked for and is not over.
    pub fn is_checking(&self) -> bool {
        self.check.is_some()
    }

    /// Lets what was just asked for go first: the check starts again after it.
    fn postpone_check(&mut self) {
        if let Some(request) = self.check.clone() {
            self.check(request.check);
        }
    }

    /// Asks the run to stop; its end comes as [`Update::RunEnded`], nothing else of it comes any more.
    pub fn cancel(&mut self) {
        if let Some((_, cancel)) = &self.run {
            cancel.cancel();
        }
    }

    /// Whether a run is on (also while it is stopping).
    pub fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Whether the run was asked to stop and has not ended yet.
    pub fn is_stopping(&self) -> bool {
        self.run.as_ref().is_some_and(|(_, cancel)| cancel.is_cancelled())
    }

    /// What came since the last call, without waiting. Leftovers of replaced and stopped jobs are dropped.
    pub fn drain(&mut self) -> Vec<Update> {
        let batches = {
            let mut gathered = outbox::lock(&self.gathered);
            let mut batches: Vec<_> = self.events.try_iter().collect();
            // The end of a job comes by the channel and after everything else of it.
            let at = batches.iter().position(|(_, u)| {
                matches!(u.last(), Some(Update::RunEnded(_) | Update::StrategiesEnded(_)))
            });
            let at = at.unwrap_or(batches.len());
            batches.splice(at..at, gathered.take());
            batches
        };
        let mut news = Vec::new();
        for (job, updates) in batches {
            for update in updates {
                if self.is_wanted(job, &update) {
                    news.push(update);
                }
            }
        }
        news
    }

    fn is_wanted(&mut self, job: Job, update: &Update) -> bool {
        match update {
            Update::Loaded(_)
            | Update::LoadedSequence(_)
            | Update::Forecast(_)
            | Update::Tables(_) => self.plan.as_ref().is_some_and(|(current, _)| *current == job),
            Update::Planned(_) => self.plan.take_if(|(current, _)| *current == job).is_some(),
            Update::Run(_) | Update::NoiseStrategy(_) => self
                .run
                .as_ref()
                .is_some_and(|(current, cancel)| *current == job && !cancel.is_cancelled()),
            Update::RunEnded(_) | Update::StrategiesEnded(_) => {
                self.run.take_if(|(current, _)| *current == job).is_some()
            }
            Update::Activations(_) | Update::Checked(_) | Update::FunctionAccuracy(..) => {
                self.check.as_ref().is_some_and(|current| current.job == job)
            }
            Update::CheckEnded(_) => self.check.take_if(|current| current.job == job).is_some(),
        }
    }

    fn request(&mut self, scenario: Scenario) -> Request {
        Request { job: self.next_job(), scenario, strategies: None, cancel: Cancel::default() }
    }

    fn next_job(&mut self) -> Job {
        let job = Job(self.next_job);
        self.next_job += 1;
        job
    }

    fn ask(&self, change: impl FnOnce(&mut Inbox)) {
        change(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        // A full bell already rings; a closed one means that the thread ended with the program.
        self.bell.try_send(()).ok();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.closing.cancel();
        for (_, cancel) in self.plan.iter().chain(&self.run) {
            cancel.cancel();
        }
        if let Some(check) = &self.check {
            check.cancel.cancel();
        }
        self.ask(|inbox| inbox.shutdown = true);
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                self.events.recv_timeout(Duration::from_millis(2)).ok();
            }
            thread.join().ok();
        }
    }
}

/// What lives on the thread.
struct Body<E: Engine> {
    engine: E,
    inbox: Arc<Mutex<Inbox>>,
    tx: Sender<Batch>,
    wake: Box<dyn Fn() + Send + Sync>,
    closing: Cancel,
    gathered: Shared,
    /// The last plan made, so that a run need not make it again.
    planned: Option<(Scenario, E::Opened, Plan)>,
}

impl<E: Engine> Body<E> {
    fn serve(mut self, called: &Receiver<()>) {
        while called.recv().is_ok() {
            loop {
                let (plan, run, check) = {
                    let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
                    if inbox.shutdown {
                        return;
                    }
                    // A run first: it was asked for with a press, a plan can be seen afterwards.
                    let run = inbox.run.take();
                    let plan = if run.is_none() { inbox.plan.take() } else { None };
                    let others = run.is_some() || plan.is_some();
                    (plan, run, if others { None } else { inbox.check.take() })
                };
                match (plan, run, check) {
                    (_, Some(request), _) => self.run(request),
                    (Some(request), None, _) => self.plan(request),
                    (None, None, Some(request)) => self.check(request),
                    (None, None, None) => break,
                }
            }
        }
    }

    fn plan(&mut self, request: Request) {
        let Request { job, scenario, cancel, .. } = request;
        let result = guarded(|| self.make_plan(&scenario, job, &cancel));
        if matches!(result, Err(Failure::Panicked(_))) {
            self.planned = None;
        }
        self.send(job, vec![Update::Planned(result.map(Box::new))]);
    }

    fn make_plan(
        &mut self,
        scenario: &Scenario,
        job: Job,
        cancel: &Cancel,
    ) -> Result<Plan, RunError> {
        let opened = self.engine.open(scenario)?;
        let loaded = Update::Loaded(self.engine.loaded(&opened));
        self.send(job, vec![loaded, Update::LoadedSequence(self.engine.loaded_sequence(&opened))]);
        cancel.check()?;
        let plan = self.engine.plan(&opened, cancel)?;
        if let Some(study) = self.engine.tables(&opened, cancel)? {
            self.send(job, vec![Update::Tables(Arc::new(study))]);
        }
        if let Some(report) = self.engine.forecast(&opened, cancel)? {
            self.send(job, vec![Update::Forecast(Arc::new(report))]);
        }
        self.planned = Some((scenario.clone(), opened, plan.clone()));
        Ok(plan)
    }

    fn run(&mut self, request: Request) {
        let Request { job, scenario, strategies, cancel } = request;
        if let Some(strategies) = strategies {
            return self.compare_strategies(job, &scenario, &strategies, &cancel);
        }
        let result = guarded(|| {
            let planned = self.planned.as_ref().is_some_and(|(s, ..)| *s == scenario);
            if !planned || !self.engine.is_current(&scenario) {
                self.make_plan(&scenario, job, &cancel)?;
            }
            cancel.check()?;
            let Some((_, opened, plan)) = &self.planned else {
                return Err(RunError::Refused("the plan was lost; run again".into()));
            };
            let outbox = Outbox::new(job, &self.tx, &*self.wake, &self.gathered);
            self.engine.run(opened, plan, &cancel, &|event| outbox.push(event))
        });
        if matches!(result, Err(Failure::Panicked(_))) {
            self.planned = None;
        }
        // What is still gathered the window takes together with this.
        self.send(job, vec![Update::RunEnded(result.map(Box::new))]);
    }

    fn compare_strategies(
        &mut self,
        job: Job,
        scenario: &Scenario,
        request: &StrategyRequest,
        cancel: &Cancel,
    ) {
        let result = guarded(|| {
            let opened = self.engine.open(scenario)?;
            let outbox = Outbox::new(job, &self.tx, &*self.wake, &self.gathered);
            self.engine.compare_strategies(&opened, request, cancel, &|event| match event {
                StrategyEvent::Run(event) => outbox.push(event),
                told => outbox.tell(Update::NoiseStrategy(told), &self.closing),
            })
        });
        let result = match result {
            Ok(comparison) if comparison.rows_left > 0 => Err(Failure::Cancelled),
            result => result.map(Box::new),
        };
        self.send(job, vec![Update::StrategiesEnded(result)]);
    }

    fn check(&mut self, request: CheckRequest) {
        let CheckRequest { job, check: Check { scenario, approximations }, cancel } = request;
        let result = guarded(|| {
            cancel.check()?;
            let opened = self.engine.open(&scenario)?;
            let data = self.engine.measure(&opened, &cancel)?;
            self.send(job, vec![Update::Activations(Arc::clone(&data))]);
            let (tx, wake) = (&self.tx, &self.wake);
            let mut on_part = |part: &PolynomialCheck| {
                // A part that finds no room is one that the next makes obsolete.
                if tx.try_send((job, vec![Update::Checked(Box::new(part.clone()))])).is_ok() {
                    wake();
                }
            };
            let whole =
                self.engine.check(&opened, &data, &approximations, &cancel, &mut on_part)?;
            self.send(job, vec![Update::Checked(Box::new(whole))]);
            if let Some(function) = &approximations.function {
                let accuracy = self.engine.accuracy_with(&opened, function, &cancel)?;
                self.send(job, vec![Update::FunctionAccuracy(function.clone(), accuracy)]);
            }
            Ok(())
        });
        self.send(job, vec![Update::CheckEnded(result)]);
    }

    /// Sends what must not be lost, waiting for room as long as the window is open.
    fn send(&self, job: Job, updates: Vec<Update>) {
        let mut batch = (job, updates);
        while !self.closing.is_cancelled() {
            match self.tx.send_timeout(batch, Duration::from_millis(20)) {
                Ok(()) => break,
                Err(SendTimeoutError::Timeout(back)) => {
                    batch = back;
                    (self.wake)();
                }
                Err(SendTimeoutError::Disconnected(_)) => return,
            }
        }
        (self.wake)();
    }
}

/// Runs a job; a panic in it becomes a [`Failure`].
pub(super) fn guarded<T>(job: impl FnOnce() -> Result<T, RunError>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(job)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(RunError::Cancelled(_))) => Err(Failure::Cancelled),
        Ok(Err(error)) => Err(Failure::Refused(error.to_string())),
        Err(payload) => Err(Failure::Panicked(panic_text(&*payload))),
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
