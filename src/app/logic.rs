//! Where everything that changes the window happens, once a frame and before it is drawn.

use super::app::App;
use super::commands::pressed;
use super::dialog::opening_of;
use super::explore;
use super::state::ONE_CHANGE;
use crate::action::Action;
use crate::command::Command;
use crate::sheet::Sheet;
use crate::tab::{Tab, tab_named};
use scenario::Scenario;
use std::time::{Duration, Instant};
use view::{Difference, ReplayAct};
use worker::Key;

/// A change of the setup is planned this long after it, with those that came since.
const SETTLE: Duration = Duration::from_millis(90);
/// So long a plan may take before a newer one takes its place: while a parameter is dragged figures
/// are to be seen.
const PATIENCE: Duration = Duration::from_millis(700);
/// While a run is on the window looks for news at least this often.
const RUNNING_FRAME: Duration = Duration::from_millis(100);
/// While the desktop delivers a screenshot frames must go on.
const SCREENSHOT_FRAME: Duration = Duration::from_millis(100);

impl App {
    pub(super) fn step(&mut self, ctx: &egui::Context) {
        self.ask_before_closing(ctx);
        for command in pressed(ctx, &self.state) {
            self.queue.push(command);
        }
        // Esc closes what is open before it stops anything.
        let free = !self.state.is_modal() && !egui::Popup::is_any_open(ctx);
        if free && ctx.input(|i| i.key_pressed(egui::Key::Escape)) {
            if self.state.shown_layer().is_some() {
                self.queue.push(Action::OpenLayer(None));
            } else if self.state.shows_plot_alone() {
                self.queue.push(Action::EnlargePlot(None));
            } else if self.state.leaves_replay() {
                self.queue.push(Action::Replay(ReplayAct::Leave));
            }
        }
        for file in ctx.input(|i| i.raw.dropped_files.clone()) {
            if self.takes_picture(file.path()) {
                self.read_picture(file.path().to_path_buf());
                continue;
            }
            self.open_path(opening_of(file.path()), file.path().to_path_buf());
        }
        for update in self.worker.jobs.drain() {
            self.take(update);
        }
        self.take_screenshot();
        if let Some(told) = kit::copied(ctx) {
            self.state.notifications.info(told);
        }
        if let Some(tab) = kit::wanted_tab(ctx).as_deref().and_then(tab_named) {
            self.queue.push(Action::SelectTab(tab));
        }
        self.take_pasted(ctx);
        self.reconstruct_when_changed();
        for action in self.queue.take() {
            if self.is_allowed(&action) {
                self.apply(ctx, action);
            }
        }
        self.play(ctx);
        self.look_at_lesson();
        let jobs = &self.worker.jobs;
        self.state.running = jobs.is_on(Key::Run);
        self.state.stopping = jobs.is_stopping(Key::Run);
        self.state.task_running = jobs.is_on(Key::Task);
        self.state.task_stopping = jobs.is_stopping(Key::Task);
        self.state.disturb();
        self.keep_samples();
        self.state.undo.feed_state(ctx.input(|i| i.time), &self.state.scenario);
        if self.state.undo.is_in_flux() {
            ctx.request_repaint_after(ONE_CHANGE);
        }
        self.plan_when_settled(ctx);
        self.check_when_changed();
        self.plan_explored();
        self.play_degrees(ctx);
        self.look_when_changed();
        if let Some(left) = self.state.notifications.expire() {
            ctx.request_repaint_after(left);
        }
        if self.state.running {
            ctx.request_repaint_after(RUNNING_FRAME);
        }
        if self.screenshot.is_some() {
            ctx.request_repaint_after(SCREENSHOT_FRAME);
        }
    }

    fn plan_when_settled(&mut self, ctx: &egui::Context) {
        let Some(due) = self.plan_due else { return };
        let began = self.plan_began.filter(|_| self.worker.jobs.is_on(Key::Plan));
        let due = began.map_or(due, |began| due.max(began + PATIENCE));
        let now = Instant::now();
        if now >= due {
            (self.plan_due, self.plan_began) = (None, Some(now));
            self.planning.clone_from(&self.state.scenario.name);
            self.worker.plan(self.state.scenario.clone());
        } else {
            ctx.request_repaint_after(due - now);
        }
    }

    fn apply(&mut self, ctx: &egui::Context, action: Action) {
        let state = &mut self.state;
        match action {
            Action::Command(command) => {
                if command.is_enabled(state) {
                    self.command(ctx, command);
                }
            }
            Action::Edit(scenario) => self.edit(*scenario),
            Action::OpenScenario(name) => self.open_scenario(name),
            Action::Clear(results) => state.clear(results),
            Action::SelectTab(tab) => state.tab = tab,
            Action::EnlargePlot(plot) => state.layout.enlarged = plot,
            Action::HoverStage(stage) => state.hovered_stage = stage,
            Action::FoldLayer(layer) => {
                if !state.unfolded.remove(&layer) {
                    state.unfolded.insert(layer);
                }
            }
            Action::OpenLayer(layer) => state.opened_layer = layer,
            Action::SeeAs(eyes) => state.seen_as = eyes,
            Action::ShowSample(at) => {
                (state.tab, state.sample_at) = (Tab::Samples, at);
                state.difference = Difference::Any;
            }
            Action::Replay(act) => self.replay_act(act),
            Action::ShowSlowly(slow) => state.slow = slow,
            Action::Kept(act) => self.kept_act(act),
            Action::Unpin(at) => self.unpin(at),
            Action::ShowDifference(difference) => {
                (state.difference, state.sample_at) = (difference, 0);
            }
            Action::EditPad(edit) => self.edit_pad(edit),
            Action::KeepOwn => self.keep_own(),
            Action::RunOwn => self.run_own(),
            Action::EditCiphertext(edit) => self.edit_ciphertext(edit),
            Action::LookAfter(stage) => state.layer.chosen = stage,
            Action::EditLab(choice) => explore::edit(state, *choice),
            Action::HoverPlace(place) => state.lab.hovered = place,
            Action::EditSweep(choice) => state.sweep.choice = *choice,
            Action::HoverRow(row) => state.sweep.hovered = row,
            Action::ChooseRow(row) => self.choose_row(row),
            Action::UseRow(row) => self.use_row(row),
            Action::RunRow(row) => self.run_row(row),
            Action::RemoveRow(row) => state.sweep.remove(row),
            Action::ComparePastBudget(past) => state.compare.past_budget = past,
            Action::EditTraining(options) => state.training.options = options,
            Action::EditRecurrentTraining(options) => state.training.recurrent = Some(*options),
            Action::EditNewNetwork(blueprint) => state.new_network.blueprint = *blueprint,
            Action::ShowNewNetwork(shown) => state.new_network.shown = shown,
            Action::ForgetModel(at) if at < state.history.models.len() => {
                state.history.models.remove(at);
            }
            Action::ForgetModel(_) => {}
            Action::EditLeak(choice) => state.leak.choice = *choice,
            Action::EditSequence(view) => state.sequence.choose(*view),
            Action::TypePath(path) => {
                if let Some(dialog) = &mut state.dialog {
                    dialog.path = path;
                    (dialog.error, dialog.overwrite) = (None, None);
                }
            }
            Action::BrowsePath { folder } => self.browse(folder),
            Action::ConfirmPath => self.confirm_path(ctx),
            Action::ClosePath => state.dialog = None,
            Action::TypeFilter(filter) => {
                if let Some(palette) = &mut state.palette {
                    palette.filter = filter;
                    palette.choice = 0;
                }
            }
            Action::MoveChoice(by) => {
                if let Some(mut palette) = state.palette.take() {
                    palette.step(by, state);
                    state.palette = Some(palette);
                }
            }
            Action::ClosePalette => state.palette = None,
            Action::Dismiss(id) => state.notifications.dismiss(id),
            Action::Lesson(act) => self.lesson_act(ctx, act),
            Action::CloseSheet => state.sheet = None,
            Action::RunLong(samples) => self.run_long(samples),
            Action::LeaveWindow => {
                self.leaves = true;
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            }
            Action::Prefer(preference) => self.prefer(ctx, preference),
        }
    }

    pub(super) fn command(&mut self, ctx: &egui::Context, command: Command) {
        match command {
            Command::Show(tab) => self.state.tab = tab,
            Command::Export(id) => self.ask_save(id),
            other => (other.row().act)(self, ctx),
        }
    }

    /// Runs the setup, or trains it on encrypted data.
    pub(super) fn run(&mut self) {
        if self.opening.is_some() {
            // What was chosen last is what is run, also while its file is being read.
            self.opening = Some(true);
        } else if self.state.is_cryptonn() {
            self.train();
        } else if self.state.is_long() {
            self.state.sheet = Some(Sheet::LongRun);
        } else {
            self.start_run();
        }
    }

    /// A person wants the long run; of `samples` alone where there is a number.
    fn run_long(&mut self, samples: Option<usize>) {
        self.state.sheet = None;
        if samples.is_some() {
            self.edit(Scenario { images: samples, ..self.state.scenario.clone() });
            self.queue.push(Command::Run);
        } else {
            self.start_run();
        }
    }

    /// Asks before the window closes while something is on that would be lost.
    fn ask_before_closing(&mut self, ctx: &egui::Context) {
        let asked = ctx.input(|i| i.viewport().close_requested());
        if asked && !self.leaves && self.state.would_lose().is_some() {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.state.sheet = Some(Sheet::Leave);
        }
    }

    /// Opens a scenario: a built-in one at once, a file when it was read.
    fn open_scenario(&mut self, name: String) {
        match Scenario::built_in().into_iter().find(|s| s.name == name) {
            Some(scenario) => self.take_scenario(scenario),
            None => self.read_scenario(name),
        }
    }

    /// A scenario was opened: it becomes the setup.
    pub(super) fn take_scenario(&mut self, scenario: Scenario) {
        self.state.opened = scenario.clone();
        self.edit(scenario);
        explore::follow(&mut self.state);
    }

    /// The samples of a run stay with it, whatever is loaded later.
    fn keep_samples(&mut self) {
        let state = &mut self.state;
        if state.preview.pending || !state.run_is_of_setup() {
            return;
        }
        let recurrent = state.loaded_sequence.as_ref().map(|l| &l.dataset);
        let loaded = state.loaded.as_ref().map(|l| &l.dataset).or(recurrent);
        let whole = state.replay.as_mut().map(|replay| &mut replay.whole);
        for run in state.run.iter_mut().chain(whole).filter(|run| run.dataset.is_none()) {
            run.dataset = loaded.cloned();
        }
    }

    fn start_run(&mut self) {
        let scenario = self.state.scenario.clone();
        let asked = self.worker.run(scenario.clone());
        if !self.has_begun(asked) {
            return;
        }
        if scenario.sequence.is_some() {
            self.state.sequence.begin(&scenario);
        }
        self.begin_run(scenario);
    }

    /// Changes the setup, so that it can be undone, and plans it soon.
    pub(super) fn edit(&mut self, scenario: Scenario) {
        if scenario != self.state.scenario {
            if scenario.model != self.state.scenario.model {
                self.state.opened_layer = None;
                self.state.unfolded.clear();
            }
            self.state.scenario = scenario;
            self.replan();
        }
    }

    /// The setup becomes one that was left by an undo or redo.
    pub(super) fn go_to(&mut self, scenario: Option<Scenario>) {
        if let Some(scenario) = scenario {
            self.edit(scenario);
        }
    }

    pub(super) fn replan(&mut self) {
        self.state.preview.pending = true;
        self.plan_due.get_or_insert_with(|| Instant::now() + SETTLE);
    }
}
