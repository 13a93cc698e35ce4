//! Runs opened from files, kept over restarts, and pinned.

use super::app::App;
use super::dialog::{PathDialog, Purpose};
use super::kept_act::KeptAct;
use super::tab::Tab;
use report::SavedRun;
use std::path::PathBuf;
use std::sync::Arc;
use view::{Pin, Replay, RunView};
use worker::{Failure, KeptChange, KeptRun, Reading, Shelf, Update};

impl App {
    /// Keeps runs in `folder` from now on, and lists those that are there.
    pub fn with_runs_in(mut self, folder: Option<PathBuf>) -> Self {
        let days = self.state.history.keep_days;
        self.state.kept.shelf = folder.map(|folder| Shelf::new(folder).for_days(days));
        if let Some(shelf) = self.state.kept.shelf.clone() {
            self.worker.list_kept(shelf);
        }
        self
    }

    /// Keeps the newest run, where it finished.
    pub(super) fn keep_finished(&mut self) {
        let Some(shelf) = self.state.kept.shelf.clone() else { return };
        let Some(run) = self.state.whole_run_mut() else { return };
        let Some(report) = run.report.as_deref().cloned() else { return };
        let id = Shelf::new_id();
        run.kept = Some(id);
        let told = Arc::clone(&run.recording);
        self.worker.keep_run(shelf, id, report, told);
    }

    /// Pins the newest run.
    pub(super) fn pin_run(&mut self) {
        if let Some(run) = self.state.whole_run().cloned() {
            self.pin(&run);
        }
    }

    fn pin(&mut self, run: &RunView) {
        let gone = self.state.pins.pin(run);
        self.take_pin_off(gone);
        if run.report.is_some() {
            self.change_kept(run.kept.map(|id| KeptChange::Pin(id, true)));
        }
    }

    /// Takes the pin in a place off.
    pub(super) fn unpin(&mut self, at: usize) {
        let gone = self.state.pins.unpin(at);
        self.take_pin_off(gone);
    }

    /// A pin is gone: its kept run is one like others.
    fn take_pin_off(&mut self, gone: Option<Pin>) {
        self.change_kept(gone.and_then(|pin| pin.kept).map(|id| KeptChange::Pin(id, false)));
    }

    fn change_kept(&mut self, change: Option<KeptChange>) {
        if let Some((shelf, change)) = self.state.kept.shelf.clone().zip(change) {
            self.worker.change_kept(shelf, change);
        }
    }

    /// Opens the report of a run.
    pub(super) fn open_run(&mut self, path: PathBuf) {
        let reading = Reading::of_file(&path);
        let read = move || SavedRun::open(&path).map(Box::new).map_err(|e| e.to_string());
        self.of_file(read, |result| Update::ReportOpened(reading, result));
    }

    fn open_kept(&mut self, id: u64, pins: bool) {
        let Some(shelf) = self.state.kept.shelf.clone() else { return };
        let from = self.state.kept.words(id);
        self.worker.open_kept(shelf, id, Reading { from, kept: Some(id), pins });
    }

    /// The report of a run was read.
    pub(super) fn take_report(&mut self, reading: Reading, result: Result<Box<SavedRun>, Failure>) {
        let saved = match result {
            Ok(saved) => *saved,
            Err(failure) => return self.state.notifications.error(failure.to_string()),
        };
        let setup = saved.report.setup.as_ref().map(|setup| setup.scenario.clone());
        let run = RunView::of_report(saved, reading.from, reading.kept, &self.state.scenario);
        if reading.pins {
            return self.pin(&run);
        }
        if self.state.running {
            let text = "A run is on: what was opened is not shown; stop it first or let it finish";
            return self.state.notifications.error(text);
        }
        if let Some(setup) = setup {
            self.take_scenario(setup);
        }
        let state = &mut self.state;
        (state.tab, state.sample_at, state.replay) = (Tab::Run, 0, None);
        if run.recording.is_empty() {
            state.notifications.info("This report has no events: its end is shown");
            state.run = Some(run);
        } else {
            state.replay = Some(Replay::at_end(run));
            state.show_replay(true);
        }
    }

    pub(super) fn kept_act(&mut self, act: KeptAct) {
        match act {
            KeptAct::Show(id) => {
                self.state.sheet = None;
                self.open_kept(id, false);
            }
            KeptAct::Pin(id, true) => self.open_kept(id, true),
            KeptAct::Pin(id, false) => {
                self.state.pins.unpin_kept(id);
                self.change_kept(Some(KeptChange::Pin(id, false)));
            }
            KeptAct::Export(id) => {
                let known = self.state.kept.runs.iter().find(|run| run.id == id);
                let summary = known.and_then(|run| run.summary.as_ref().ok());
                let name = summary.map_or("run", |summary| &summary.scenario);
                let path = format!("{}-report.json", super::paths::file_name(name));
                let purpose = Purpose::SaveKept(id);
                self.state.dialog = Some(PathDialog::new(purpose, "Export kept run…", path));
            }
            KeptAct::Forget(id) => {
                self.state.pins.unpin_kept(id);
                self.change_kept(Some(KeptChange::Forget(id)));
            }
            KeptAct::ForgetAll => {
                for run in &self.state.kept.runs {
                    self.state.pins.unpin_kept(run.id);
                }
                self.change_kept(Some(KeptChange::ForgetAll));
            }
        }
    }

    /// Copies the report of a kept run to `path`.
    pub(super) fn export_kept(&mut self, id: u64, path: PathBuf) {
        if let Some(shelf) = self.state.kept.shelf.clone() {
            self.worker.export_kept(shelf, id, path);
        }
    }

    /// The list of kept runs is another.
    pub(super) fn take_kept_runs(&mut self, result: Result<Vec<KeptRun>, Failure>) {
        let runs = match result {
            Ok(runs) => runs,
            Err(failure) => return self.state.notifications.error(failure.to_string()),
        };
        let first = !std::mem::replace(&mut self.state.kept.listed, true);
        // The pins of the window before, the older one first.
        let pinned = runs.iter().filter(|run| run.pinned && run.summary.is_ok());
        let pinned: Vec<u64> = pinned.map(|run| run.id).take(view::Pins::NAMES.len()).collect();
        self.state.kept.runs = runs;
        if first {
            pinned.into_iter().rev().for_each(|id| self.open_kept(id, true));
        }
    }
}
