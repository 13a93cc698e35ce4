//! Runs shown again, or slower than they are.

use super::app::App;
use super::ready::{Ready, when};
use super::state::State;
use egui::Context;
use report::{RunReport, Told};
use scenario::Scenario;
use std::time::Duration;
use view::{Replay, ReplayAct, RunView, Status};
use worker::Failure;

/// How often the window is drawn while a replay plays.
const FRAME: Duration = Duration::from_millis(33);

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
    pub(super) fn show_replay(&mut self, anew: bool) {
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
    /// A run begins to be shown, slower than it is where that is chosen.
    pub(super) fn begin_run(&mut self, scenario: Scenario) {
        self.played_at = None;
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
        match run.status.clone() {
            Status::Failed(reason) => {
                state.notifications.error(format!("The run did not finish: {reason}"));
            }
            Status::Stopped => state.notifications.info("Stopped"),
            Status::Finished | Status::Running => {}
        }
        state.show_replay(true);
        self.keep_finished();
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

    /// A faster or a slower replay.
    pub(super) fn step_pace(&mut self, by: isize) {
        if let Some(replay) = &self.state.replay {
            self.replay_act(ReplayAct::Pace(replay.pace.step(by)));
        }
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
}
