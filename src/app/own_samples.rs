//! The logic of samples of a person's own, and of values under encryption.

use super::app::App;
use super::command::Command;
use super::state::State;
use crate::tab::Tab;
use data::Shape;
use look::{CiphertextEdit, PadEdit};
use scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use view::Status;
use worker::{Failure, LookAt, Update};

/// Files that are pictures, by their endings.
const PICTURES: [&str; 5] = ["png", "jpg", "jpeg", "bmp", "webp"];

impl App {
    /// Opens the pad, or goes back to the samples of the run.
    pub(super) fn draw_own(&mut self) {
        let state = &mut self.state;
        let was_shown = state.pad.open && state.tab == Tab::Samples;
        state.tab = Tab::Samples;
        if let Some(dataset) = state.own_samples().cloned() {
            state.pad.suit(&dataset);
        }
        state.pad.open = !was_shown;
        self.answered = None;
    }

    /// Changes the sample; when the pen is lifted it is answered.
    pub(super) fn edit_pad(&mut self, edit: PadEdit) {
        let clears = edit == PadEdit::Clear;
        if self.state.pad.edit(edit) {
            self.answer_own();
        } else if clears {
            self.worker.jobs.drop_jobs(worker::Key::Answer);
        }
    }

    fn answer_own(&mut self) {
        let state = &mut self.state;
        state.pad.pending = true;
        self.answered = Some(state.scenario.clone());
        self.worker.answer(state.scenario.clone(), Arc::from(state.pad.raw.as_slice()));
    }

    /// Whether a file that was dropped is for the pad.
    pub(super) fn takes_picture(&self, path: &Path) -> bool {
        let pad = &self.state.pad;
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let is_picture = ending.is_some_and(|e| PICTURES.contains(&e.as_str()));
        is_picture && pad.open && self.state.tab == Tab::Samples && !pad.is_table()
    }

    /// Reads a picture for the pad.
    pub(super) fn read_picture(&mut self, path: PathBuf) {
        let (channels, height, width) = self.state.pad.dots();
        let shape = Shape::Image { channels, height, width };
        let read = move || data::picture(&path, shape).map_err(|e| e.to_string());
        self.of_file(read, Update::Pictured);
    }

    /// A picture was read: it takes the place of the drawing, and is answered.
    pub(super) fn take_picture(&mut self, result: Result<Vec<f32>, Failure>) {
        let pad = &mut self.state.pad;
        let (channels, height, width) = pad.dots();
        match result {
            // Other data may have come meanwhile.
            Ok(values) if values.len() == channels * height * width => {
                pad.take_picture(&values);
                self.edit_pad(PadEdit::Lift);
            }
            Ok(_) => {}
            Err(failure) => self.state.notifications.error(failure.to_string()),
        }
    }

    /// Puts the sample beside those that are kept, and all of them into their file.
    pub(super) fn keep_own(&mut self) {
        let folder = self.state.data_folder.clone().unwrap_or_else(std::env::temp_dir);
        let pad = &mut self.state.pad;
        if !pad.has_sample() {
            return;
        }
        pad.keep();
        let (text, _) = pad.table();
        let known = pad.file.clone();
        let name = pad.name();
        let write = move || {
            let path = known.unwrap_or_else(|| free(&folder.join("mine"), &name));
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|e| format!("{}: cannot make this folder: {e}", folder.display()))?;
            }
            super::files::write_whole(&path, text.as_bytes())?;
            Ok(path)
        };
        self.of_file(write, Update::OwnKept);
    }

    /// They are in their file.
    pub(super) fn take_own_kept(&mut self, result: Result<PathBuf, Failure>) {
        let state = &mut self.state;
        match result {
            Ok(path) => {
                let count = format::count(state.pad.kept.len() as u64);
                state.notifications.info(format!("{count} of your own in {}", path.display()));
                state.pad.file = Some(path);
            }
            Err(failure) => state.notifications.error(failure.to_string()),
        }
    }

    /// Makes the samples that are kept the dataset of the setup, and runs them.
    pub(super) fn run_own(&mut self) {
        let state = &mut self.state;
        let Some(file) = &state.pad.file else { return };
        let (_, options) = state.pad.table();
        let dataset = format!("{}?{options}", file.to_string_lossy());
        state.history.add_file(&dataset, false);
        state.pad.open = false;
        let scenario = Scenario { dataset, images: None, ..state.scenario.clone() };
        self.edit(scenario);
        self.queue.push(Command::Run);
    }

    /// Changes what is looked at as a ciphertext.
    pub(super) fn edit_ciphertext(&mut self, edit: CiphertextEdit) {
        let view = &mut self.state.ciphertext;
        match edit {
            CiphertextEdit::Choose(value) => view.chosen = Some(value),
            CiphertextEdit::Flip(flipped) => view.flipped = flipped,
            CiphertextEdit::Again => {
                if let Some((scenario, at)) = view.again() {
                    self.worker.look(scenario, at);
                }
            }
        }
    }

    /// Answers the sample on the pad under another setup, and encrypts another value, where they are in
    /// sight.
    pub(super) fn look_when_changed(&mut self) {
        let state = &mut self.state;
        let is_planned = state.preview.plan.is_some() && !state.preview.pending && !state.running;
        if state.tab != Tab::Samples || !is_planned {
            return;
        }
        if state.pad.open
            && let Some(dataset) = state.own_samples().cloned()
        {
            state.pad.suit(&dataset);
            let other = self.answered.as_ref() != Some(&state.scenario);
            if other && state.pad.has_sample() {
                self.answer_own();
            }
        }
        let state = &mut self.state;
        let Some((at, raw)) = wanted(state) else { return };
        if let Some(at) = state.layer.ask(&state.scenario, &raw) {
            self.worker.look_layer(state.scenario.clone(), at);
        }
        if let Some(at) = state.ciphertext.ask(&state.scenario, at) {
            self.worker.look(state.scenario.clone(), at);
        }
    }
}

/// Which value is looked at, of the sample on the pad or of the run; and the raw values of that.
fn wanted(state: &State) -> Option<(LookAt, Vec<f32>)> {
    let (sample, values, own) = if state.pad.open {
        let raw = state.pad.raw.as_slice();
        let own = (state.pad.has_sample() && state.own_samples().is_some()).then(|| raw.into());
        (0, raw, Some(own?))
    } else {
        let over = state.run.as_ref().is_some_and(|run| run.status != Status::Running);
        let layers = state.loaded.is_some() && state.run_is_of_setup();
        let (sample, values) = state.shown_sample().filter(|_| over && layers)?;
        (sample.index, values?, None)
    };
    let largest = || {
        // The first of them.
        let largest = values.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1));
        largest.map(|(at, _)| at)
    };
    let chosen = state.ciphertext.chosen.filter(|value| *value < values.len());
    let value = chosen.or_else(largest)?;
    Some((LookAt { sample, value, own }, values.to_vec()))
}

/// A file of this name that is not there yet in a folder, as CSV.
fn free(folder: &Path, name: &str) -> PathBuf {
    let numbered = (2..1000).map(|number| format!("{name}-{number}.csv"));
    let names = std::iter::once(format!("{name}.csv")).chain(numbered);
    let paths = names.map(|name| folder.join(name));
    let last = folder.join(format!("{name}-{}.csv", std::process::id()));
    paths.into_iter().find(|path| !path.exists()).unwrap_or(last)
}
