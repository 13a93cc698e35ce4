//! What background jobs tell, taken into the state.

use super::action::Action;
use super::app::App;
use super::command::Command;
use super::explore::explored;
use activation::Activation;
use circuit::Plan;
use report::RunReport;
use scenario::Scenario;
use std::path::PathBuf;
use std::sync::Arc;
use training::CryptonnEvent;
use view::TaskStatus;
use view::lab::Costs;
use worker::{Failure, Loaded, LoadedSequence, Seen, Update};

impl App {
    pub(super) fn take(&mut self, update: Update) {
        let state = &mut self.state;
        match update {
            Update::Data(data) => {
                if let Some(data) = &data {
                    state.new_network.blueprint.suit(&data.dataset);
                }
                state.data = data;
            }
            Update::Model(model) => state.model = model,
            Update::Fetching(what, fraction) => {
                (state.download.what, state.download.fraction) = (what, fraction);
            }
            Update::Fetched(result) => self.take_fetched(result),
            Update::ModelRead(path, Some(opened)) => self.suit_model(&path, &opened),
            Update::ModelRead(_, None) => {}
            Update::Kept(result) => self.take_kept(result),
            Update::Loaded(loaded) => self.take_loaded(loaded),
            Update::Glance(seen) => {
                let is_there = state.loaded.is_some() || state.loaded_sequence.is_some();
                state.glance = seen.filter(|_| is_there);
                state.glancing = false;
            }
            Update::LoadedSequence(loaded) => self.take_loaded_sequence(loaded),
            Update::Forecast(report) => state.sequence.forecast = Some(report),
            Update::Tables(study) => state.tables = Some(study),
            Update::Planned(result) => self.take_plan(result),
            Update::Run(told) => self.take_told(told),
            Update::ReportOpened(reading, result) => {
                self.opening = None;
                self.take_report(reading, result);
            }
            Update::KeptRuns(result) => self.take_kept_runs(result),
            Update::RunEnded(result) => self.end_of_run(result),
            Update::NoiseStrategy(event) => self.take_strategy(event),
            Update::StrategiesEnded(result) => self.end_of_strategies(result),
            Update::Activations(data) => state.lab.take_data(data),
            Update::Checked(check) => {
                state.lab.checked.of = self.checked.as_ref().map(|c| c.approximations.clone());
                state.lab.checked.check = Some(*check);
                state.lab.checked.failure = None;
            }
            Update::FunctionAccuracy(function, accuracy) => {
                state.lab.exact = Some((function, accuracy));
            }
            Update::CheckEnded(result) => {
                state.lab.checked.pending = false;
                if let Err(failure) = result {
                    state.lab.checked.check = None;
                    state.lab.checked.failure = Some(failure.to_string());
                }
            }
            Update::Cost(cost) => {
                let present = explored(state);
                state.lab.costs.take(*cost, present.as_ref());
            }
            Update::CostsEnded(Err(failure @ Failure::Panicked(_))) => {
                state.notifications.error(failure.to_string());
            }
            Update::CostsEnded(_) => {}
            Update::KeysForgotten(Ok(())) => {
                state.notifications.info("Keys are forgotten; the next run makes new ones");
            }
            Update::KeysForgotten(Err(failure)) => {
                state.notifications.error(format!("Keys are still there: {failure}"));
            }
            Update::Answered(result) => state.pad.take(result),
            Update::Looked(result) => state.ciphertext.take(result),
            Update::LayerSeen(result) => state.layer.take(result),
            Update::Pictured(result) => self.take_picture(result),
            Update::OwnKept(result) => self.take_own_kept(result),
            Update::Attack(update) => state.leak.take(update),
            Update::AttackEnded(result) => {
                if let Err(reason) = &result {
                    state
                        .notifications
                        .error(format!("The reconstruction did not finish: {reason}"));
                }
                state.leak.end(result);
            }
            Update::Picked(result) => self.take_picked(result),
            Update::Opened(result) => self.take_opened(result),
            Update::Lesson(result) => self.take_lesson(result),
            Update::Checkpoint(Ok(checkpoint)) => self.take_checkpoint(checkpoint),
            Update::Saved(Ok(path)) => {
                state.notifications.info(format!("Saved {}", path.display()));
                self.take_saved_model(&path);
                self.take_saved_network(&path);
            }
            Update::Checkpoint(Err(failure)) | Update::Saved(Err(failure)) => {
                state.notifications.error(failure.to_string());
            }
            of_task => self.take_of_task(of_task),
        }
    }

    /// Takes in what a sweep, training or comparison tells.
    fn take_of_task(&mut self, update: Update) {
        let state = &mut self.state;
        let ended = match update {
            Update::OwnTrainEnded(Ok(trained)) => {
                state.new_network.end(Ok(trained));
                return self.keep_new_network();
            }
            Update::Sweep(event) => return state.sweep.take(event),
            Update::Compare(event) => return state.compare.take(event),
            Update::Train(event) if state.new_network.training.status == TaskStatus::Running => {
                return state.new_network.training.take(event);
            }
            Update::Train(event) => return state.training.take(event),
            Update::Mitigation(event) => return state.mitigations.take(event),
            Update::Cryptonn(CryptonnEvent::Seen { view, pool }) => {
                return state.leak.set_data(view, pool);
            }
            Update::Cryptonn(event) => return state.cryptonn.take(event),
            Update::SweepEnded(result) => {
                state.sweep.end(result);
                ("sweep", &state.sweep.status)
            }
            Update::CompareEnded(result) => {
                state.compare.end(result);
                ("comparison", &state.compare.status)
            }
            Update::TrainEnded(result) => {
                state.training.end(result);
                ("training", &state.training.status)
            }
            Update::OwnTrainEnded(result) => {
                state.new_network.end(result);
                ("training", &state.new_network.training.status)
            }
            Update::CryptonnEnded(result) => {
                if let Ok(trained) = &result {
                    state.leak.set_data(Arc::clone(&trained.view), Arc::clone(&trained.pool));
                }
                state.cryptonn.end(result);
                ("training", &state.cryptonn.status)
            }
            Update::MitigationsEnded(result) => {
                state.mitigations.end(result);
                ("comparison", &state.mitigations.status)
            }
            // Everything else is of no task.
            _ => return,
        };
        if let (what, TaskStatus::Failed(reason)) = ended {
            state.notifications.error(format!("The {what} did not finish: {reason}"));
        }
    }

    fn take_loaded(&mut self, loaded: Option<Loaded>) {
        let state = &mut self.state;
        let same = |old: &Loaded, new: &Loaded| {
            Arc::ptr_eq(&old.network, &new.network) && Arc::ptr_eq(&old.dataset, &new.dataset)
        };
        let changed = match (&state.loaded, &loaded) {
            (Some(old), Some(new)) => !same(old, new),
            (old, new) => old.is_some() || new.is_some(),
        };
        if changed {
            state.lab.forget_data();
            state.glance = None;
            (self.checked, self.costed) = (None, None);
            if let Some(loaded) = &loaded {
                state.glancing = true;
                self.worker.glance(Seen::Layers(loaded.clone()));
            }
        }
        self.state.loaded = loaded;
    }

    fn take_loaded_sequence(&mut self, loaded: Option<LoadedSequence>) {
        let state = &mut self.state;
        state.sequence.forecast = state.sequence.forecast.take().filter(|_| loaded.is_some());
        // The gates of an LSTM or GRU have sigmoids beside it.
        let own = loaded.as_ref().map(|_| Activation::Tanh);
        state.lab.take_recurrent(own, state.scenario.activation.interval);
        let same = |old: &LoadedSequence, new: &LoadedSequence| {
            Arc::ptr_eq(&old.original, &new.original) && Arc::ptr_eq(&old.dataset, &new.dataset)
        };
        match (&state.loaded_sequence, &loaded) {
            (Some(old), Some(new)) if same(old, new) => {}
            (_, Some(new)) => {
                (state.glance, state.glancing) = (None, true);
                (state.lab.costs, self.costed) = (Costs::default(), None);
                self.worker.glance(Seen::Sequences(new.clone()));
            }
            (Some(_), None) => state.glance = None,
            (None, None) => {}
        }
        state.loaded_sequence = loaded;
    }

    fn take_plan(&mut self, result: Result<Box<Plan>, Failure>) {
        let state = &mut self.state;
        state.preview.of.clone_from(&self.planning);
        state.preview.pending = self.plan_due.is_some();
        match result {
            Ok(plan) => {
                state.tables = state.tables.take().filter(|_| plan.tables.is_some());
                state.preview.plan = Some(plan);
                state.preview.refusal = None;
                if !state.preview.pending {
                    state.history.opened(&state.scenario);
                }
            }
            Err(failure) => {
                if let Failure::Panicked(_) = failure {
                    state.notifications.error(failure.to_string());
                }
                state.preview.plan = None;
                state.sequence.forecast = None;
                state.preview.refusal = Some(failure.to_string());
            }
        }
    }

    fn end_of_run(&mut self, result: Result<Box<RunReport>, Failure>) {
        self.end_of_strategy(&result);
        self.end_shown(result);
    }

    /// The desktop's dialog was closed.
    fn take_picked(&mut self, result: Result<Option<PathBuf>, Failure>) {
        // Meant for a dialog that is open no longer otherwise.
        let Some(dialog) = self.state.dialog.as_mut().filter(|d| d.browsing) else { return };
        dialog.browsing = false;
        match result {
            Ok(Some(path)) => {
                dialog.path = path.to_string_lossy().into_owned();
                self.queue.push(Action::ConfirmPath);
            }
            Ok(None) => {
                let text = "Nothing was chosen; where the desktop has no dialog of its own, type the path here";
                dialog.error = Some(text.to_owned());
            }
            Err(failure) => dialog.error = Some(failure.to_string()),
        }
    }

    /// A scenario was read.
    fn take_opened(&mut self, result: Result<Box<Scenario>, Failure>) {
        let run = self.opening.take() == Some(true);
        match result {
            Ok(scenario) => {
                self.take_scenario(*scenario);
                if run {
                    self.queue.push(Command::Run);
                }
            }
            Err(failure) => self.state.notifications.error(failure.to_string()),
        }
    }
}
