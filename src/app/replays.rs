//! Runs shown again, opened from files, pinned and kept.

use super::app::App;
use super::ready::{Ready, when};
use super::state::State;
use super::tab::Tab;
use egui::Context;
use report::{RunReport, Told};
use scenario::Scenario;
use std::path::{Path, PathBuf};
use std::time::Duration;
use view::{Replay, ReplayAct, RunView, Status, file_name};
use worker::{Failure, KeptRun, Shelf, Update};

/// How often the window is drawn while a replay plays.
const FRAME: Duration = Duration::from_millis(33);

/// What a person does with the list of kept runs.
#[derive(Clone, Debug)]
pub enum KeptAct {
    /// Opens one for a replay.
    Open(PathBuf),
    /// Opens one and pins it.
    Pin(PathBuf),
    Forget(PathBuf),
    ForgetAll,
    Close,
}

/// What becomes of a report that is being read.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    /// Where it comes from, in words.
    from: String,
    pins: bool,
}

impl State {
    /// The newest run as it stands, whatever moment of it is shown.
    pub fn whole_run(&self) -> Option<&RunView> {
        self.replay.as_ref().map(|replay| &replay.whole).or(self.run.as_ref())
    }

    /// The same, to take in what it tells.
    pub(super) fn whole_run_mut(&mut self) -> Option<&mut RunView> {
        self.replay.as_mut().map(|replay| &mut replay.whole).or(self.run.as_mut())
    }

    /// Shows the moment that the replay is at.
    fn show_replay(&mut self, anew: bool) {
        if let Some(replay) = &self.replay {
            let before = self.run.take().filter(|_| !anew);
            self.run = Some(replay.shown(before));
        }
    }

    /// Shows the run as it stands.
    pub(super) fn leave_replay(&mut self) {
        if let Some(replay) = self.replay.take() {
            self.run = Some(replay.whole);
        }
    }
}

/// Where a run comes from, in words.
pub(super) fn from_file(path: &Path) -> String {
    format!("the file {}", format::excerpt(file_name(&path.to_string_lossy())))
}

/// Whether the run can be shown again.
pub fn can_replay(state: &State) -> Ready {
    let told = state.whole_run().is_some_and(|run| !run.recording.is_empty());
    when(told, "no run told anything yet; run first, or open one")?;
    when(state.replay.is_some() || !state.running, "the run goes on")
}

/// Whether a run is shown again.
pub fn in_replay(state: &State) -> Ready {
    when(state.replay.is_some(), "no run is shown again")
}

/// Whether there is a run that can be pinned.
pub fn can_pin(state: &State) -> Ready {
    let over = state.whole_run().is_some_and(|run| run.report.is_some());
    when(over, "no finished run to pin yet; run first")
}

impl App {
    /// Keeps runs in `folder` from now on, and lists those that are there.
    pub fn with_runs_in(mut self, folder: Option<PathBuf>) -> Self {
        self.state.kept.shelf = folder.map(Shelf::new);
        if let Some(shelf) = self.state.kept.shelf.clone() {
            self.worker.list_kept(shelf);
        }
        self
    }

    /// A run begins to be shown, slower than it is where that is chosen.
    pub(super) fn begin_run(&mut self, scenario: Scenario) {
        let state = &mut self.state;
        let run = RunView::new(scenario);
        state.replay = None;
        match state.slow {
            true => {
                state.replay = Some(Replay::slow(run));
                state.show_replay(true);
            }
            false => state.run = Some(run),
        }
        state.sample_at = 0;
    }

    /// The run told something.
    pub(super) fn take_told(&mut self, told: Told) {
        if let Some(run) = self.state.whole_run_mut() {
            run.hear(told);
        }
    }

    /// The run ended; one that finished is kept.
    pub(super) fn end_shown(&mut self, result: Result<Box<RunReport>, Failure>) {
        let state = &mut self.state;
        let Some(run) = state.whole_run_mut() else { return };
        run.end(result);
        let status = run.status.clone();
        let finished = run.report.as_ref().map(|report| (**report).clone());
        let told = run.recording.clone();
        match status {
            Status::Failed(reason) => {
                state.notifications.error(format!("The run did not finish: {reason}"));
            }
            Status::Stopped => state.notifications.info("Stopped"),
            Status::Finished | Status::Running => {}
        }
        if let Some(replay) = &mut state.replay {
            replay.retold();
            state.show_replay(true);
        }
        if let Some((shelf, report)) = state.kept.shelf.clone().zip(finished) {
            self.worker.keep_run(shelf, report, told);
        }
    }

    /// Pins the newest run.
    pub(super) fn pin_run(&mut self) {
        let pinned = self.state.whole_run().cloned();
        if let Some(run) = pinned.filter(|run| run.report.is_some()) {
            self.state.pins.pin(&run);
        }
    }

    /// Opens the report of a run.
    pub(super) fn open_run(&mut self, path: PathBuf) {
        let from = from_file(&path);
        self.read_report(path, from, false);
    }

    pub(super) fn replay_act(&mut self, act: ReplayAct) {
        let state = &mut self.state;
        if act == ReplayAct::Begin && state.replay.is_none() {
            if can_replay(state).is_err() {
                return;
            }
            let Some(run) = state.run.take() else { return };
            let mut replay = Replay::of(run);
            replay.toggle();
            replay.seek(0.0);
            state.replay = Some(replay);
        }
        let Some(replay) = &mut state.replay else { return };
        match act {
            ReplayAct::Begin => {}
            ReplayAct::Seek(secs) => {
                replay.playing = false;
                replay.seek(secs);
            }
            ReplayAct::Step(by) => {
                replay.playing = false;
                replay.step(by);
            }
            ReplayAct::Toggle => replay.toggle(),
            ReplayAct::Pace(pace) => replay.pace = pace,
            ReplayAct::Leave => return state.leave_replay(),
        }
        self.played_at = None;
        state.show_replay(false);
    }

    /// Plays the replay that is on.
    pub(super) fn play(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        let since = self.played_at.replace(now).map_or(0.0, |before| now - before);
        let Some(replay) = &mut self.state.replay else { return };
        let (playing, live) = (replay.playing, replay.is_live());
        replay.play(since);
        if replay.is_over() {
            return self.state.leave_replay();
        }
        if playing || live {
            self.state.show_replay(false);
            ctx.request_repaint_after(FRAME);
        }
    }

    /// Reads the report of a run.
    pub(super) fn read_report(&mut self, path: PathBuf, from: String, pins: bool) {
        if self.state.running && !pins {
            let text = "A run can be opened when none is on; stop that one first";
            return self.state.notifications.error(text);
        }
        self.opening_run = Some(Opening { from: from.clone(), pins });
        let read = move || RunReport::open(&path).map(Box::new).map_err(|e| e.to_string());
        self.of_file(read, |result| Update::ReportOpened(from, result));
    }

    /// The report of a run was read.
    pub(super) fn take_report(&mut self, from: String, result: Result<Box<RunReport>, Failure>) {
        let opening = self.opening_run.take_if(|opening| opening.from == from);
        let report = match result {
            Ok(report) => report,
            Err(failure) => return self.state.notifications.error(failure.to_string()),
        };
        let setup = report.setup.as_ref().map(|setup| setup.scenario.clone());
        let run = RunView::of_file(report, from, &self.state.scenario);
        if opening.is_some_and(|opening| opening.pins) {
            self.state.pins.pin(&run);
            self.state.tab = Tab::Run;
            return;
        }
        if self.state.running {
            let text = "A run began meanwhile: what was opened is not shown";
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
            state.replay = Some(Replay::of(run));
            state.show_replay(true);
        }
    }

    pub(super) fn kept_act(&mut self, act: KeptAct) {
        let Some(shelf) = self.state.kept.shelf.clone() else { return };
        let words = |runs: &[KeptRun], file: &PathBuf| {
            let found = runs.iter().find(|run| run.file == *file);
            found.map_or("a kept run".to_owned(), |run| {
                format!("a kept run of {}", format::excerpt(&run.summary.scenario))
            })
        };
        match act {
            KeptAct::Open(file) => {
                let from = words(&self.state.kept.runs, &file);
                self.state.kept.open = false;
                self.read_report(file, from, false);
            }
            KeptAct::Pin(file) => {
                let from = words(&self.state.kept.runs, &file);
                self.read_report(file, from, true);
            }
            KeptAct::Forget(file) => self.worker.forget_kept(shelf, Some(file)),
            KeptAct::ForgetAll => self.worker.forget_kept(shelf, None),
            KeptAct::Close => self.state.kept.open = false,
        }
    }

    /// The list of kept runs is another.
    pub(super) fn take_kept_runs(&mut self, result: Result<Vec<KeptRun>, Failure>) {
        match result {
            Ok(runs) => self.state.kept.runs = runs,
            Err(failure) => self.state.notifications.error(failure.to_string()),
        }
    }
}
