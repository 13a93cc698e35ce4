//! The logic of encrypted trainings and of what the server learns from them.

use super::dialog::Purpose;
use super::state::State;
use super::{App, plots};
use crate::tab::Tab;
use scenario::Scenario;
use std::sync::Arc;
use study::{MitigationReport, Study};
use training::{Checkpoint, CryptonnEvent, CryptonnTrained};
use view::TaskStatus;
use view::cryptonn_export as export;
use worker::{Failure, LeakUpdate, TaskRequest};

impl App {
    /// Starts the encrypted training of the setup.
    pub(super) fn start_cryptonn(&mut self, ctx: &egui::Context) {
        self.state.cryptonn.begin(&self.state.scenario);
        self.state.leak.forget();
        self.start_task(ctx, TaskRequest::Cryptonn(None), None);
    }

    /// Goes on with the training that was interrupted, with its own settings.
    pub(super) fn continue_cryptonn(&mut self, ctx: &egui::Context) {
        let Some(checkpoint) = self.state.cryptonn.checkpoint.clone() else { return };
        let settings = checkpoint.identity.settings(self.state.scenario.clone());
        if settings != self.state.scenario {
            self.edit(settings);
        }
        self.state.cryptonn.restore(&checkpoint, &self.state.scenario);
        self.state.cryptonn.status = TaskStatus::Running;
        self.start_task(ctx, TaskRequest::Cryptonn(Some(checkpoint)), None);
    }

    /// A checkpoint was read: the setup becomes that of its training, which can then be continued.
    pub(super) fn take_checkpoint(&mut self, checkpoint: Arc<Checkpoint>) {
        let identity = &checkpoint.identity;
        let scenario = if self.state.scenario.name == identity.scenario {
            self.state.scenario.clone()
        } else {
            match Scenario::built_in().into_iter().find(|s| s.name == identity.scenario) {
                Some(scenario) => scenario,
                None => {
                    let name = &identity.scenario;
                    let text = format!("The checkpoint is of scenario {name}; open that first");
                    return self.state.notifications.error(text);
                }
            }
        };
        self.edit(identity.settings(scenario));
        self.state.leak.forget();
        self.state.cryptonn.restore(&checkpoint, &self.state.scenario);
        self.state.tab = Tab::Training;
        let (step, of) = (checkpoint.steps(), checkpoint.progress.of);
        let text = format!("A training after step {step} of {of}: press Continue to go on");
        self.state.notifications.info(text);
    }

    /// Tries what protects the samples of the training of the setup.
    pub(super) fn compare_mitigations(&mut self, ctx: &egui::Context) {
        self.state.mitigations.begin(&self.state.scenario);
        self.start_task(ctx, TaskRequest::Mitigations, None);
    }

    /// Holds the encrypted training between two steps, or lets it go on.
    pub(super) fn pause_cryptonn(&mut self) {
        if let Some(task) = &self.task {
            let paused = !self.state.cryptonn.paused;
            self.state.cryptonn.paused = paused;
            task.set_paused(paused);
        }
    }

    /// Asks for reconstructions when what is chosen or seen has changed, and takes in the answers.
    pub(super) fn drain_leak(&mut self) {
        let view = &mut self.state.leak;
        for update in self.leak.drain() {
            if let LeakUpdate::Done(Err(reason)) = &update {
                self.state
                    .notifications
                    .error(format!("The reconstruction did not finish: {reason}"));
            }
            view.take(update);
        }
        if self.state.tab == Tab::Leak
            && let Some(question) = view.question()
        {
            self.leak.ask(question);
        }
    }

    /// What is saved from an encrypted training; `None` when `purpose` is another.
    pub(super) fn cryptonn_bytes(&self, purpose: Purpose) -> Option<Result<Vec<u8>, String>> {
        let (training, leak) = (&self.state.cryptonn, &self.state.leak);
        let bytes = match purpose {
            Purpose::SaveCryptonn => export::epochs_csv(training).map_err(|e| e.to_string()),
            Purpose::SaveCheckpoint => {
                let kept = training.checkpoint.as_ref().map(|c| c.to_bytes());
                kept.ok_or_else(|| "no training to keep yet".to_owned())
            }
            Purpose::SaveMitigations => match &self.state.mitigations.report {
                Some(report) => Ok(report.to_csv().into_bytes()),
                None => Err("no finished comparison to save yet".to_owned()),
            },
            Purpose::SaveLeak => export::leak_csv(leak).map_err(|e| e.to_string()),
            Purpose::SaveCryptonnReport => export::json(training, leak).map_err(|e| e.to_string()),
            Purpose::SaveCryptonnFigure => Ok(plots::cryptonn_svg(training, leak).into_bytes()),
            _ => return None,
        };
        Some(bytes)
    }
}

impl State {
    /// Takes in what an encrypted training tells.
    pub(super) fn take_cryptonn(&mut self, event: CryptonnEvent) {
        match event {
            CryptonnEvent::Seen { view, pool } => self.leak.set_data(view, pool),
            other => self.cryptonn.take(other),
        }
    }

    /// The comparison of mitigations is over.
    pub(super) fn end_mitigations(&mut self, result: Result<Box<MitigationReport>, Failure>) {
        self.mitigations.end(result);
        if let TaskStatus::Failed(reason) = &self.mitigations.status {
            self.notifications.error(format!("The comparison did not finish: {reason}"));
        }
    }

    /// Whether the training that was interrupted can go on with what is loaded.
    pub(super) fn can_continue_cryptonn(&self) -> bool {
        let view = &self.cryptonn;
        let interrupted = matches!(view.status, TaskStatus::Stopped | TaskStatus::Failed(_));
        let fits = view.checkpoint.as_ref().is_some_and(|checkpoint| {
            let identity = &checkpoint.identity;
            let loaded = self.loaded.as_ref().is_some_and(|l| l.dataset.name() == identity.dataset);
            loaded
                && identity.scenario == self.scenario.name
                && identity.model == self.scenario.model
        });
        interrupted && fits && !self.task_running
    }

    /// The encrypted training is over.
    pub(super) fn end_cryptonn(&mut self, result: Result<Box<CryptonnTrained>, Failure>) {
        self.cryptonn.paused = false;
        self.cryptonn.status = TaskStatus::of(&result);
        match result {
            Ok(trained) => {
                self.leak.set_data(Arc::clone(&trained.view), Arc::clone(&trained.pool));
                self.cryptonn.report = Some(Box::new(trained.report));
            }
            Err(Failure::Cancelled) => {}
            Err(failure) => {
                self.notifications.error(format!("The training did not finish: {failure}"))
            }
        }
    }
}
