//! The logic of encrypted trainings and of what the server learns from them.

use super::App;
use super::cryptonn_export as export;
use super::dialog::Purpose;
use super::state::{State, Tab};
use super::sweep_view::TaskStanding;
use crate::run::cryptonn::{CryptonnEvent, CryptonnTrained};
use crate::worker::{Failure, LeakUpdate, Task, TaskRequest};
use std::sync::Arc;

impl App {
    /// Starts the encrypted training of the setup.
    pub(super) fn start_cryptonn(&mut self, ctx: &egui::Context) {
        let state = &mut self.state;
        let Some(loaded) = state.loaded.clone() else { return };
        let (scenario, wake) = (state.scenario.clone(), ctx.clone());
        let request = TaskRequest::Cryptonn;
        match Task::start(scenario, loaded, request, move || wake.request_repaint()) {
            Ok(task) => {
                self.task = Some(task);
                state.cryptonn.begin();
                state.leak.forget();
            }
            Err(error) => state.notes.error(format!("no thread to work on: {error}")),
        }
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
                self.state.notes.error(format!("The reconstruction did not finish: {reason}"));
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
            Purpose::SaveLeak => export::leak_csv(leak).map_err(|e| e.to_string()),
            Purpose::SaveCryptonnReport => export::json(training, leak).map_err(|e| e.to_string()),
            Purpose::SaveCryptonnFigure => Ok(export::svg(training, leak).into_bytes()),
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

    /// The encrypted training is over.
    pub(super) fn end_cryptonn(&mut self, result: Result<Box<CryptonnTrained>, Failure>) {
        self.cryptonn.paused = false;
        self.cryptonn.standing = TaskStanding::of(&result);
        match result {
            Ok(trained) => {
                self.leak.set_data(Arc::clone(&trained.view), Arc::clone(&trained.pool));
                self.cryptonn.report = Some(Box::new(trained.report));
            }
            Err(Failure::Cancelled) => {}
            Err(failure) => self.notes.error(format!("The training did not finish: {failure}")),
        }
    }
}
