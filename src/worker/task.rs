//! Long work beside the worker: a sweep, a training or a comparison, on a thread of its own, so that plans and
//! checks go on meanwhile.

use super::job::Failure;
use super::pause::Pause;
use super::thread::guarded;
use super::{Loaded, LoadedSequence};
use crossbeam_channel::{Receiver, Sender, bounded};
use inference::{DEFAULT_TRAINING_SEED, Session, TrainOptions, recurrent_command};
use network::train::{
    RecurrentOptions, RecurrentRecipe, RecurrentTrained, RecurrentTraining, TrainEvent, Trained,
};
use progress::{Cancel, Watch};
use scenario::{RunError, Scenario};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use study::{
    CompareEvent, CompareReport, MitigationEvent, MitigationReport, SweepEvent, SweepReport,
    SweepRequest, compare, compare_mitigations, scheme_ways, sweep,
};
use training::{Checkpoint, CryptonnEvent, CryptonnTrained, CryptonnTraining};

/// News that may wait for the window.
const ROOM: usize = 256;

/// The way to run whose noise can outgrow its margin. CKKS has no level left past its modulus: it is
/// planned as ever, or refused with the reason.
const EXACT: &str = "BGV";

/// What makes it run where that happens: the largest modulus of a ring degree; the planner would take
/// the least.
const PAST_BUDGET: [&str; 3] =
    ["scheme.past_budget=true", "scheme.ring_degree=16384", "scheme.prime_count=9"];

/// Least time between two reports of progress.
const PACE: Duration = Duration::from_millis(33);

/// What is to be done.
#[derive(Clone, Debug)]
pub enum TaskRequest {
    Sweep(SweepRequest),
    Train(TrainOptions),
    /// The training on encrypted data that the scenario describes, from the start or from where it was
    /// interrupted.
    Cryptonn(Option<Arc<Checkpoint>>),
    /// What protects the samples of that training, and what it costs.
    Mitigations,
    /// The schemes side by side; with `past_budget` polynomials run where decryption will fail.
    Compare {
        past_budget: bool,
    },
}

/// What the task has to tell, in order; the one that ends comes last.
#[derive(Clone, Debug)]
pub enum TaskUpdate {
    Sweep(SweepEvent),
    Train(TrainEvent),
    Cryptonn(CryptonnEvent),
    SweepEnded(Result<Box<SweepReport>, Failure>),
    TrainEnded(Result<Arc<Trained>, Failure>),
    CryptonnEnded(Result<Box<CryptonnTrained>, Failure>),
    Mitigation(MitigationEvent),
    MitigationsEnded(Result<Box<MitigationReport>, Failure>),
    RecurrentTrainEnded(Result<Arc<RecurrentTrained>, Failure>),
    Compare(CompareEvent),
    CompareEnded(Result<Box<CompareReport>, Failure>),
}

/// Handle of the thread. Dropping it cancels the work and waits for it.
pub struct Task {
    cancel: Cancel,
    pause: Pause,
    updates: Receiver<TaskUpdate>,
    thread: Option<JoinHandle<()>>,
}

impl Task {
    /// Starts the work on what is in memory. `wake` is called after news were sent.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        scenario: Scenario,
        loaded: Loaded,
        request: TaskRequest,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        Self::spawn(move |out| work(&scenario, &loaded, &request, out), wake)
    }

    /// Starts a training of a recurrent network from fresh weights, for the sequences in memory.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn train_recurrent(
        scenario: Scenario,
        loaded: LoadedSequence,
        options: RecurrentOptions,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        Self::spawn(move |out| train_recurrent(&scenario, &loaded, &options, out), wake)
    }

    fn spawn(
        work: impl FnOnce(Out) + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (tx, updates) = bounded(ROOM);
        let cancel = Cancel::default();
        let pause = Pause::default();
        let (cancel_flag, gate) = (cancel.clone(), pause.clone());
        let out = Out { tx, cancel: cancel_flag, pause: gate, wake: Box::new(wake), told: None };
        let body = move || work(out);
        let thread = std::thread::Builder::new().name("task".into()).spawn(body)?;
        Ok(Self { cancel, pause, updates, thread: Some(thread) })
    }

    /// What came since the last call, without waiting.
    pub fn drain(&self) -> Vec<TaskUpdate> {
        self.updates.try_iter().collect()
    }

    /// Asks the work to stop; its end is told all the same.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Holds a training on encrypted data between two steps, or lets it go on.
    pub fn set_paused(&self, paused: bool) {
        self.pause.set(paused);
    }

    /// Whether it was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() {
                self.updates.recv_timeout(Duration::from_millis(2)).ok();
            }
            thread.join().ok();
        }
    }
}

/// The thread's end of the channel.
struct Out {
    tx: Sender<TaskUpdate>,
    cancel: Cancel,
    pause: Pause,
    wake: Box<dyn Fn() + Send>,
    told: Option<Instant>,
}

impl Out {
    /// Sends what must not be lost; whoever drops the handle takes from the channel to the end.
    fn send(&self, update: TaskUpdate) {
        // The window is gone when this fails.
        self.tx.send(update).ok();
        (self.wake)();
    }

    /// Sends progress, when there is room and its time has come.
    fn hint(&mut self, update: TaskUpdate) {
        if self.told.is_some_and(|at| at.elapsed() < PACE) {
            return;
        }
        if self.tx.try_send(update).is_ok() {
            self.told = Some(Instant::now());
            (self.wake)();
        }
    }
}

/// Training samples held out to see accuracies on: a tenth, this many at most.
const HELD_OUT: usize = 1000;

fn train_recurrent(
    scenario: &Scenario,
    loaded: &LoadedSequence,
    options: &RecurrentOptions,
    mut out: Out,
) {
    let cancel = out.cancel.clone();
    let result = guarded(|| -> Result<RecurrentTrained, RunError> {
        let watch = Watch::new(cancel.clone(), &|_| {});
        let like = RecurrentRecipe::like(&loaded.model, &scenario.dataset);
        let recipe = options.recipe(&scenario.name, &like)?;
        let seed = if scenario.seed == 0 { DEFAULT_TRAINING_SEED } else { scenario.seed };
        let held_out = (loaded.dataset.train().len() / 10).min(HELD_OUT);
        let (dataset, validation) = (&loaded.dataset, Some(held_out));
        let training = RecurrentTraining { recipe: &recipe, dataset, seed, validation };
        let trained = training.run(&watch, &mut |event| match event {
            TrainEvent::Step { .. } => out.hint(TaskUpdate::Train(event)),
            other => out.send(TaskUpdate::Train(other)),
        })?;
        let usual = RecurrentOptions::for_model(&loaded.model);
        let command = recurrent_command(scenario, options, &usual, held_out);
        Ok(RecurrentTrained { model: trained.model.made_by(&command), ..trained })
    });
    out.send(TaskUpdate::RecurrentTrainEnded(result.map(Arc::new)));
}

fn work(scenario: &Scenario, loaded: &Loaded, request: &TaskRequest, mut out: Out) {
    let open = || Session::with(scenario, Arc::clone(&loaded.dataset), Arc::clone(&loaded.network));
    let cancel = out.cancel.clone();
    match request {
        TaskRequest::Sweep(request) => {
            let result = guarded(|| {
                sweep(&open()?, request, &cancel, &mut |event| match event {
                    SweepEvent::Doing { .. } => out.hint(TaskUpdate::Sweep(event)),
                    other => out.send(TaskUpdate::Sweep(other)),
                })
            });
            out.send(TaskUpdate::SweepEnded(result.map(Box::new)));
        }
        TaskRequest::Compare { past_budget } => {
            let result = guarded(|| {
                let session = open()?;
                let mut ways = scheme_ways(&session, &cancel)?;
                if *past_budget {
                    for way in ways.iter_mut().filter(|w| w.name == EXACT) {
                        way.settings.extend(PAST_BUDGET.map(str::to_owned));
                    }
                }
                compare(&session, &ways, &cancel, &mut |event| match event {
                    CompareEvent::Doing { .. } => out.hint(TaskUpdate::Compare(event)),
                    other => out.send(TaskUpdate::Compare(other)),
                })
            });
            out.send(TaskUpdate::CompareEnded(result.map(Box::new)));
        }
        TaskRequest::Train(options) => {
            let result = guarded(|| -> Result<Trained, RunError> {
                let watch = Watch::new(cancel.clone(), &|_| {});
                open()?.train(options, &watch, &mut |event| match event {
                    TrainEvent::Step { .. } => out.hint(TaskUpdate::Train(event)),
                    other => out.send(TaskUpdate::Train(other)),
                })
            });
            out.send(TaskUpdate::TrainEnded(result.map(Arc::new)));
        }
        TaskRequest::Mitigations => {
            let result = guarded(|| -> Result<MitigationReport, RunError> {
                let training = CryptonnTraining::of(scenario, &loaded.dataset)?;
                Ok(compare_mitigations(&training, &cancel, &mut |event| match event {
                    MitigationEvent::Doing { .. } => out.hint(TaskUpdate::Mitigation(event)),
                    other => out.send(TaskUpdate::Mitigation(other)),
                })?)
            });
            out.send(TaskUpdate::MitigationsEnded(result.map(Box::new)));
        }
        TaskRequest::Cryptonn(from) => {
            let result = guarded(|| -> Result<CryptonnTrained, RunError> {
                let watch = Watch::new(cancel.clone(), &|_| {});
                let training = CryptonnTraining::of(scenario, &loaded.dataset)?;
                let mut on_event = |event| match event {
                    CryptonnEvent::Step { .. } => {
                        out.hint(TaskUpdate::Cryptonn(event));
                        out.pause.wait(&out.cancel);
                    }
                    other => out.send(TaskUpdate::Cryptonn(other)),
                };
                Ok(match from {
                    Some(from) => training.resume(from, &watch, &mut on_event)?,
                    None => training.run(&watch, &mut on_event)?,
                })
            });
            out.send(TaskUpdate::CryptonnEnded(result.map(Box::new)));
        }
    }
}
