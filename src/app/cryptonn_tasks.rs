//! The logic of encrypted trainings and of what the server learns from them.

use super::app::App;
use super::state::State;
use crate::tab::Tab;
use scenario::Scenario;
use std::sync::Arc;
use training::Checkpoint;
use view::TaskStatus;
use worker::Key;

impl App {
    /// Starts the encrypted training of the setup.
    pub(super) fn start_cryptonn(&mut self) {
        let Some((scenario, loaded)) = self.state.setup() else { return };
        let asked = self.worker.train_encrypted(scenario.clone(), loaded, None);
        if self.has_begun(asked) {
            self.forget_leak();
            self.state.cryptonn.begin(&scenario);
        }
    }

    /// Goes on with the training that was interrupted, with its own settings.
    pub(super) fn continue_cryptonn(&mut self) {
        self.state.tab = Tab::Training;
        let Some(checkpoint) = self.state.cryptonn.checkpoint.clone() else { return };
        self.edit(checkpoint.identity.settings(self.state.scenario.clone()));
        let Some((scenario, loaded)) = self.state.setup() else { return };
        let from = Some(Arc::clone(&checkpoint));
        let asked = self.worker.train_encrypted(scenario.clone(), loaded, from);
        if self.has_begun(asked) {
            self.state.cryptonn.restore(&checkpoint, &scenario);
            self.state.cryptonn.status = TaskStatus::Running;
        }
    }

    /// What was reconstructed is of another training.
    fn forget_leak(&mut self) {
        self.worker.jobs.drop_jobs(Key::Attack);
        self.state.leak.forget();
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
        self.forget_leak();
        self.state.cryptonn.restore(&checkpoint, &self.state.scenario);
        self.state.tab = Tab::Training;
        let (step, of) = (checkpoint.steps(), checkpoint.progress.of);
        let text = format!("A training after step {step} of {of}: press Continue to go on");
        self.state.notifications.info(text);
    }

    /// Tries what protects the samples of the training of the setup.
    pub(super) fn compare_mitigations(&mut self) {
        self.state.tab = Tab::Leak;
        let Some((scenario, loaded)) = self.state.setup() else { return };
        let asked = self.worker.compare_mitigations(scenario.clone(), loaded);
        if self.has_begun(asked) {
            self.state.mitigations.begin(&scenario);
        }
    }

    /// Holds the encrypted training between two steps, or lets it go on.
    pub(super) fn pause_cryptonn(&mut self) {
        let paused = !self.state.cryptonn.paused;
        self.state.cryptonn.paused = paused;
        self.worker.jobs.set_paused(Key::Task, paused);
    }

    /// Asks for reconstructions when what is chosen or seen has changed, while they are in sight.
    pub(super) fn reconstruct_when_changed(&mut self) {
        if self.state.tab == Tab::Leak
            && let Some(question) = self.state.leak.question()
        {
            self.worker.reconstruct(question);
        }
    }
}

impl State {
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
}
