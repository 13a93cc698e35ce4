//! Sweeps, trainings and comparisons: one at a time, beside plans, runs and checks.

use super::board::Outlet;
use super::engine::{Loaded, LoadedSequence};
use super::failure::Failure;
use super::glance::Seen;
use super::jobs::Busy;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use experiment::Experiment;
use inference::{DEFAULT_TRAINING_SEED, Session, TrainOptions, recurrent_command};
use network::train::{
    RecurrentOptions, RecurrentRecipe, RecurrentTrained, RecurrentTraining, TrainedModel,
};
use progress::Watch;
use scenario::{RunError, Scenario};
use std::sync::Arc;
use study::{CompareReport, SweepRequest, Way, compare, compare_mitigations, scheme_ways, sweep};
use training::{Checkpoint, CryptonnEvent, CryptonnTrained, CryptonnTraining};

/// The way to run whose noise can outgrow its margin. CKKS has no level left past its modulus: it is
/// planned as ever, or refused with the reason.
const EXACT: &str = "BGV";

/// What makes it run where that happens: the largest modulus of a ring degree; the planner would take
/// the least.
const PAST_BUDGET: [&str; 3] =
    ["scheme.past_budget=true", "scheme.ring_degree=16384", "scheme.prime_count=9"];

/// Training samples held out to see accuracies on: a tenth, this many at most.
const HELD_OUT: usize = 1000;

type Out<'a> = &'a Outlet<Update>;

impl Worker {
    fn task<T>(
        &mut self,
        work: impl FnOnce(Out<'_>) -> Result<T, RunError> + Send + 'static,
        end: impl FnOnce(Result<T, Failure>) -> Update + Send + 'static,
    ) -> Result<(), Busy> {
        self.jobs.start(Key::Task, work, end)
    }

    /// Starts a sweep.
    ///
    /// # Errors
    /// Of this and all others here: when one of them is on.
    pub fn sweep(
        &mut self,
        scenario: Scenario,
        loaded: Loaded,
        request: SweepRequest,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| {
            let mut on_event = |event| out.send(Update::Sweep(event));
            let session = session(&scenario, &loaded)?;
            sweep(&session, &request, out.cancel(), &mut on_event).map(Box::new)
        };
        self.task(work, Update::SweepEnded)
    }

    /// Starts a comparison of the schemes; with `past_budget` polynomials run where decryption will
    /// fail.
    pub fn compare(
        &mut self,
        scenario: Scenario,
        loaded: Loaded,
        past_budget: bool,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| {
            let session = session(&scenario, &loaded)?;
            let mut ways = scheme_ways(&session, out.cancel())?;
            for way in ways.iter_mut().filter(|way| past_budget && way.name == EXACT) {
                way.settings.extend(PAST_BUDGET.map(str::to_owned));
            }
            compared(&Experiment::Layers(session), &ways, out)
        };
        self.task(work, Update::CompareEnded)
    }

    /// Starts a comparison of other ways to run `scenario`.
    pub fn compare_ways(
        &mut self,
        scenario: Scenario,
        loaded: Seen,
        ways: Vec<Way>,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| compared(&loaded.open(&scenario)?, &ways, out);
        self.task(work, Update::CompareEnded)
    }

    /// Starts a training with the polynomials of the setup inside.
    pub fn train(
        &mut self,
        scenario: Scenario,
        loaded: Loaded,
        options: TrainOptions,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| {
            let watch = Watch::new(out.cancel().clone(), &|_| {});
            let mut on_event = |event| out.send(Update::Train(event));
            let trained = session(&scenario, &loaded)?.train(&options, &watch, &mut on_event)?;
            Ok(Arc::new(TrainedModel::Layers(trained)))
        };
        self.task(work, Update::TrainEnded)
    }

    /// Starts a training of a recurrent network from fresh weights.
    pub fn train_recurrent(
        &mut self,
        scenario: Scenario,
        loaded: LoadedSequence,
        options: RecurrentOptions,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| {
            let trained = recurrent(&scenario, &loaded, &options, out)?;
            Ok(Arc::new(TrainedModel::Sequences(trained)))
        };
        self.task(work, Update::TrainEnded)
    }

    /// Starts the training on encrypted data that the scenario describes, or goes on with one that was
    /// interrupted.
    pub fn train_encrypted(
        &mut self,
        scenario: Scenario,
        loaded: Loaded,
        from: Option<Arc<Checkpoint>>,
    ) -> Result<(), Busy> {
        let work = move |out: Out<'_>| encrypted(&scenario, &loaded, from.as_ref(), out);
        self.task(move |out| work(out).map(Box::new), Update::CryptonnEnded)
    }

    /// Tries what protects the samples of that training, and what it costs.
    pub fn compare_mitigations(&mut self, scenario: Scenario, loaded: Loaded) -> Result<(), Busy> {
        let work = move |out: Out<'_>| {
            let training = CryptonnTraining::of(&scenario, &loaded.dataset)?;
            let mut on_event = |event| out.send(Update::Mitigation(event));
            Ok(Box::new(compare_mitigations(&training, out.cancel(), &mut on_event)?))
        };
        self.task(work, Update::MitigationsEnded)
    }
}

fn compared(base: &Experiment, ways: &[Way], out: Out<'_>) -> Result<Box<CompareReport>, RunError> {
    let mut on_event = |event| out.send(Update::Compare(event));
    compare(base, ways, out.cancel(), &mut on_event).map(Box::new)
}

fn session(scenario: &Scenario, loaded: &Loaded) -> Result<Session, RunError> {
    Session::with(scenario, Arc::clone(&loaded.dataset), Arc::clone(&loaded.network))
}

fn recurrent(
    scenario: &Scenario,
    loaded: &LoadedSequence,
    options: &RecurrentOptions,
    out: Out<'_>,
) -> Result<RecurrentTrained, RunError> {
    let watch = Watch::new(out.cancel().clone(), &|_| {});
    let like = RecurrentRecipe::like(&loaded.model, &scenario.dataset);
    let recipe = options.recipe(&scenario.name, &like)?;
    let seed = if scenario.seed == 0 { DEFAULT_TRAINING_SEED } else { scenario.seed };
    let held_out = (loaded.dataset.train().len() / 10).min(HELD_OUT);
    let (dataset, validation, patience) = (&loaded.dataset, Some(held_out), None);
    let training = RecurrentTraining { recipe: &recipe, dataset, seed, validation, patience };
    let trained = training.run(&watch, &mut |event| out.send(Update::Train(event)))?;
    let usual = RecurrentOptions::for_model(&loaded.model);
    let command = recurrent_command(scenario, options, &usual, held_out);
    Ok(RecurrentTrained { model: trained.model.made_by(&command), ..trained })
}

fn encrypted(
    scenario: &Scenario,
    loaded: &Loaded,
    from: Option<&Arc<Checkpoint>>,
    out: Out<'_>,
) -> Result<CryptonnTrained, RunError> {
    let watch = Watch::new(out.cancel().clone(), &|_| {});
    let training = CryptonnTraining::of(scenario, &loaded.dataset)?;
    let mut on_event = |event| {
        let is_step = matches!(event, CryptonnEvent::Step { .. });
        out.send(Update::Cryptonn(event));
        if is_step {
            out.wait_while_paused();
        }
    };
    Ok(match from {
        Some(from) => training.resume(from, &watch, &mut on_event)?,
        None => training.run(&watch, &mut on_event)?,
    })
}
