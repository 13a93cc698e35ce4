//! Where everything that changes the window happens, once a frame and before it is drawn.

use super::commands::pressed;
use super::dialog::{Purpose, purpose_of};
use super::files::Done;
use super::palette::Palette;
use super::state::State;
use super::{App, explore};
use crate::action::Action;
use crate::command::Command;
use crate::tab::Tab;
use activation::Activation;
use scenario::Scenario;
use std::sync::Arc;
use std::time::{Duration, Instant};
use view::{Difference, RunView, Status};
use worker::{Failure, Loaded, Update};

/// A change of the setup is planned after this long without another.
const SETTLE: Duration = Duration::from_millis(90);
/// Changes closer together than this are one step of undo.
const ONE_CHANGE: Duration = Duration::from_millis(700);
/// While a run is on the window looks for news at least this often.
const RUNNING_FRAME: Duration = Duration::from_millis(100);
const UNDO_STEPS: usize = 100;
/// While the desktop delivers a screenshot frames must go on.
const SCREENSHOT_FRAME: Duration = Duration::from_millis(100);

impl App {
    pub(super) fn step(&mut self, ctx: &egui::Context) {
        for command in pressed(ctx, &self.state) {
            self.queue.push(command);
        }
        for file in ctx.input(|i| i.raw.dropped_files.clone()) {
            self.open_path(purpose_of(file.path()), file.path().to_path_buf());
        }
        for update in self.worker.drain() {
            self.take(update);
        }
        self.drain_task();
        self.drain_leak();
        for done in self.files.drain() {
            self.finish(done);
        }
        for action in self.queue.take() {
            self.apply(ctx, action);
        }
        self.state.running = self.worker.is_running();
        self.state.stopping = self.worker.is_stopping();
        self.state.task_running = self.task.is_some();
        self.state.task_stopping = self.task.as_ref().is_some_and(|t| t.is_stopping());
        self.state.disturb();
        self.keep_samples();
        self.plan_when_settled(ctx);
        self.check_when_changed();
        if let Some(left) = self.state.notifications.expire() {
            ctx.request_repaint_after(left);
        }
        if self.state.running {
            ctx.request_repaint_after(RUNNING_FRAME);
        }
        if self.screenshot_pending {
            ctx.request_repaint_after(SCREENSHOT_FRAME);
        }
    }

    fn plan_when_settled(&mut self, ctx: &egui::Context) {
        let Some(due) = self.plan_due else { return };
        let now = Instant::now();
        if now >= due {
            self.plan_due = None;
            self.planning.clone_from(&self.state.scenario.name);
            self.worker.plan(self.state.scenario.clone());
        } else {
            ctx.request_repaint_after(due - now);
        }
    }

    fn take(&mut self, update: Update) {
        let state = &mut self.state;
        match update {
            Update::Loaded(loaded) => {
                let same = |old: &Loaded, new: &Loaded| {
                    Arc::ptr_eq(&old.network, &new.network)
                        && Arc::ptr_eq(&old.dataset, &new.dataset)
                };
                let both = state.loaded.as_ref().zip(loaded.as_ref());
                if !both.is_some_and(|(old, new)| same(old, new)) {
                    state.lab.forget_data();
                    self.checked = None;
                }
                state.loaded = loaded;
            }
            Update::LoadedSequence(loaded) => {
                state.sequence.forecast =
                    state.sequence.forecast.take().filter(|_| loaded.is_some());
                // The gates of an LSTM or GRU have sigmoids beside it.
                let own = loaded.as_ref().map(|_| Activation::Tanh);
                state.lab.take_recurrent(own, state.scenario.activation.interval);
                state.loaded_sequence = loaded;
            }
            Update::Forecast(report) => state.sequence.forecast = Some(report),
            Update::NoiseStrategy(event) => self.take_strategy(event),
            Update::StrategiesEnded(result) => self.end_of_strategies(result),
            Update::Tables(study) => state.tables = Some(study),
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
            Update::Planned(Ok(plan)) => {
                state.preview.of.clone_from(&self.planning);
                state.tables = state.tables.take().filter(|_| plan.tables.is_some());
                state.preview.plan = Some(plan);
                state.preview.refusal = None;
                state.preview.pending = self.plan_due.is_some();
            }
            Update::Planned(Err(failure)) => {
                state.preview.of.clone_from(&self.planning);
                state.preview.plan = None;
                state.sequence.forecast = None;
                if let Failure::Panicked(_) = failure {
                    state.notifications.error(failure.to_string());
                }
                state.preview.refusal = Some(failure.to_string());
                state.preview.pending = self.plan_due.is_some();
            }
            Update::Run(event) => {
                if let Some(run) = &mut state.run {
                    run.take(event);
                }
            }
            Update::RunEnded(result) => {
                self.end_of_strategy(&result);
                let state = &mut self.state;
                if let Some(run) = &mut state.run {
                    run.end(result);
                    match &run.status {
                        Status::Failed(reason) => {
                            state.notifications.error(format!("The run did not finish: {reason}"));
                        }
                        Status::Stopped => state.notifications.info("Stopped"),
                        Status::Finished | Status::Running => {}
                    }
                }
            }
        }
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Picked(purpose, path) => {
                if let Some(dialog) =
                    self.state.dialog.as_mut().filter(|d| d.purpose == purpose && d.browsing)
                {
                    dialog.browsing = false;
                    if let Some(path) = path {
                        dialog.path = path.to_string_lossy().into_owned();
                        self.confirm_path();
                    }
                }
            }
            Done::Scenario(Ok(scenario)) => {
                let run = self.opening.take() == Some(true);
                self.take_scenario(*scenario);
                if run {
                    self.queue.push(Command::Run);
                }
            }
            Done::Checkpoint(Ok(checkpoint)) => self.take_checkpoint(checkpoint),
            Done::Checkpoint(Err(error)) => self.state.notifications.error(error),
            Done::Scenario(Err(error)) => {
                self.opening = None;
                self.state.notifications.error(error);
            }
            Done::Saved(Ok(path)) => {
                self.state.notifications.info(format!("Saved {}", path.display()));
                self.take_saved_model(&path);
            }
            Done::Saved(Err(error)) => self.state.notifications.error(error),
            Done::Screenshot(path, image) => {
                self.screenshot_pending = false;
                self.files.save_png(path, image);
            }
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
            Action::HoverStage(stage) => state.hovered_stage = stage,
            Action::ShowSample(at) => {
                (state.tab, state.sample_at) = (Tab::Samples, at);
                state.difference = Difference::Any;
            }
            Action::ShowDifference(difference) => {
                (state.difference, state.sample_at) = (difference, 0);
            }
            Action::EditLab(choice) => explore::edit(state, *choice),
            Action::HoverPlace(place) => state.lab.hovered = place,
            Action::EditSweep(choice) => state.sweep.choice = *choice,
            Action::HoverRow(row) => state.sweep.hovered = row,
            Action::ChooseRow(row) => self.choose_row(row),
            Action::ComparePastBudget(past) => state.compare.past_budget = past,
            Action::EditTraining(options) => state.training.options = options,
            Action::EditRecurrentTraining(options) => state.training.recurrent = Some(*options),
            Action::EditLeak(choice) => state.leak.choice = *choice,
            Action::EditSequence(view) => state.sequence.choose(*view),
            Action::TypePath(path) => {
                if let Some(dialog) = &mut state.dialog {
                    dialog.path = path;
                    (dialog.error, dialog.overwrite) = (None, None);
                }
            }
            Action::BrowsePath => {
                if let Some(dialog) = &mut state.dialog {
                    dialog.browsing = true;
                    self.files.browse(dialog.purpose, dialog.path.clone());
                }
            }
            Action::ConfirmPath => self.confirm_path(),
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
            Action::CloseAbout => state.show_about = false,
            Action::CloseLog => state.show_log = false,
        }
    }

    fn command(&mut self, ctx: &egui::Context, command: Command) {
        let state = &mut self.state;
        match command {
            // What was chosen last is what is run, also while its file is being read.
            Command::Run if self.opening.is_some() => self.opening = Some(true),
            Command::Run if state.is_cryptonn() => {
                state.tab = Tab::Training;
                self.start_cryptonn(ctx);
            }
            Command::Run => self.start_run(),
            Command::Stop => self.worker.cancel(),
            Command::OpenScenario => self.ask_path(Purpose::OpenScenario),
            Command::OpenModel => self.ask_path(Purpose::OpenModel),
            Command::OpenDataset => self.ask_path(Purpose::OpenDataset),
            Command::SaveScenario => self.ask_path(Purpose::SaveScenario),
            Command::ExportReport => self.ask_path(Purpose::SaveReport),
            Command::ExportStages => self.ask_path(Purpose::SaveStages),
            Command::SaveScreenshot => self.ask_path(Purpose::SaveScreenshot),
            Command::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::Undo => {
                if let Some(before) = state.undo.pop() {
                    let now = std::mem::replace(&mut state.scenario, before);
                    state.redo.push(now);
                    self.replan();
                }
            }
            Command::Redo => {
                if let Some(after) = state.redo.pop() {
                    let now = std::mem::replace(&mut state.scenario, after);
                    state.undo.push(now);
                    self.replan();
                }
            }
            Command::ResetSetup => {
                let opened = state.opened.clone();
                self.edit(opened);
            }
            Command::Palette => state.palette = Some(Palette::default()),
            Command::ShowRun => state.tab = Tab::Run,
            Command::ShowSamples => state.tab = Tab::Samples,
            Command::ShowActivation => state.tab = Tab::Activation,
            Command::ShowSweep => state.tab = Tab::Sweep,
            Command::ShowTraining => state.tab = Tab::Training,
            Command::ShowLeak => state.tab = Tab::Leak,
            Command::PauseTraining => self.pause_cryptonn(),
            Command::ContinueTraining => {
                state.tab = Tab::Training;
                self.continue_cryptonn(ctx);
            }
            Command::SaveCheckpoint => self.ask_path(Purpose::SaveCheckpoint),
            Command::OpenCheckpoint => self.ask_path(Purpose::OpenCheckpoint),
            Command::CompareMitigations => {
                state.tab = Tab::Leak;
                self.compare_mitigations(ctx);
            }
            Command::ExportMitigations => self.ask_path(Purpose::SaveMitigations),
            Command::ExportCryptonn => self.ask_path(Purpose::SaveCryptonn),
            Command::ExportLeak => self.ask_path(Purpose::SaveLeak),
            Command::ExportCryptonnReport => self.ask_path(Purpose::SaveCryptonnReport),
            Command::ExportCryptonnFigure => self.ask_path(Purpose::SaveCryptonnFigure),
            Command::ShowCompare => state.tab = Tab::Compare,
            Command::Compare => {
                state.tab = Tab::Compare;
                self.start_comparison(ctx);
            }
            Command::ExportCompare => self.ask_path(Purpose::SaveCompare),
            Command::ExportCompareReport => self.ask_path(Purpose::SaveCompareReport),
            Command::ExportCompareFigure => self.ask_path(Purpose::SaveCompareFigure),
            Command::ShowSequence => state.tab = Tab::Sequence,
            Command::CompareStrategies => {
                state.tab = Tab::Sequence;
                self.compare_strategies();
            }
            Command::ExportStrategies => self.ask_path(Purpose::SaveStrategies),
            Command::ExportStrategyReport => self.ask_path(Purpose::SaveStrategyReport),
            Command::ExportStrategyFigure => self.ask_path(Purpose::SaveStrategyFigure),
            Command::RunSweep => {
                state.tab = Tab::Sweep;
                self.start_sweep(ctx);
            }
            Command::Train => {
                state.tab = Tab::Training;
                if self.state.is_cryptonn() {
                    self.start_cryptonn(ctx);
                } else if self.state.is_recurrent() {
                    self.start_recurrent_training(ctx);
                } else {
                    self.start_training(ctx);
                }
            }
            Command::StopTask => {
                if let Some(task) = &self.task {
                    task.cancel();
                }
            }
            Command::ExportSweep => self.ask_path(Purpose::SaveSweep),
            Command::ExportSweepReport => self.ask_path(Purpose::SaveSweepReport),
            Command::ExportSweepFigure => self.ask_path(Purpose::SaveSweepFigure),
            Command::UseTrained => self.use_trained(),
            Command::SaveModel => self.ask_path(Purpose::SaveModel),
            Command::RaiseDegree => explore::change(state, |choice, _| choice.step_degree(1)),
            Command::LowerDegree => explore::change(state, |choice, _| choice.step_degree(-1)),
            Command::NextMethod => explore::change(state, |choice, f| choice.step_method(1, f)),
            Command::PreviousMethod => {
                explore::change(state, |choice, f| choice.step_method(-1, f))
            }
            Command::MeasuredInterval => {
                let shown = state.lab.interval();
                explore::change(state, |choice, _| {
                    choice.measured = !choice.measured;
                    choice.interval = shown;
                });
            }
            Command::UseApproximation => self.use_approximation(),
            Command::ExportCurves => self.ask_path(Purpose::SaveCurves),
            Command::ExportCoefficients => self.ask_path(Purpose::SaveCoefficients),
            Command::ExportFigure => self.ask_path(Purpose::SaveFigure),
            Command::NextSample => step_sample(state, 1),
            Command::PreviousSample => step_sample(state, -1),
            Command::ToggleTheme => {
                let next = match ctx.theme() {
                    egui::Theme::Dark => egui::Theme::Light,
                    egui::Theme::Light => egui::Theme::Dark,
                };
                ctx.set_theme(next);
            }
            Command::ZoomIn => zoom(ctx, 0.1),
            Command::ZoomOut => zoom(ctx, -0.1),
            Command::ZoomReset => ctx.set_zoom_factor(1.0),
            Command::ShowLog => state.show_log = true,
            Command::About => state.show_about = true,
        }
    }

    /// Opens a scenario: a built-in one at once, a file when it was read.
    fn open_scenario(&mut self, name: String) {
        match Scenario::built_in().into_iter().find(|s| s.name == name) {
            Some(scenario) => self.take_scenario(scenario),
            None => {
                self.opening = Some(false);
                self.files.open_scenario(name);
            }
        }
    }

    /// A scenario was opened: it becomes the setup.
    fn take_scenario(&mut self, scenario: Scenario) {
        self.state.opened = scenario.clone();
        self.edit(scenario);
    }

    /// The samples of a run stay with it, whatever is loaded later.
    fn keep_samples(&mut self) {
        let state = &mut self.state;
        if state.preview.pending || !state.run_is_of_setup() {
            return;
        }
        let recurrent = state.loaded_sequence.as_ref().map(|l| &l.dataset);
        let loaded = state.loaded.as_ref().map(|l| &l.dataset).or(recurrent);
        if let Some(run) = state.run.as_mut().filter(|run| run.dataset.is_none()) {
            run.dataset = loaded.cloned();
        }
    }

    fn start_run(&mut self) {
        self.start_run_of(self.state.scenario.clone());
    }

    /// Starts a run of a scenario that may be another than the setup.
    pub(super) fn start_run_of(&mut self, scenario: Scenario) {
        if scenario.sequence.is_some() {
            self.state.sequence.begin(&scenario);
        }
        match self.worker.run(scenario.clone()) {
            Ok(_) => {
                self.state.run = Some(RunView::new(scenario));
                self.state.sample_at = 0;
            }
            Err(busy) => self.state.notifications.error(busy.to_string()),
        }
    }

    /// Changes the setup, so that it can be undone, and plans it soon.
    pub(super) fn edit(&mut self, scenario: Scenario) {
        let state = &mut self.state;
        if scenario == state.scenario {
            return;
        }
        let now = Instant::now();
        let continued = self.edited_at.is_some_and(|at| now - at < ONE_CHANGE);
        self.edited_at = Some(now);
        let before = std::mem::replace(&mut state.scenario, scenario);
        if !continued || state.undo.is_empty() {
            if state.undo.len() == UNDO_STEPS {
                state.undo.remove(0);
            }
            state.undo.push(before);
        }
        state.redo.clear();
        self.replan();
    }

    fn replan(&mut self) {
        self.state.preview.pending = true;
        self.plan_due = Some(Instant::now() + SETTLE);
    }
}

fn step_sample(state: &mut State, by: isize) {
    let len = state.shown_samples().len();
    let last = len.saturating_sub(1);
    state.sample_at = state.sample_at.saturating_add_signed(by).min(last);
    state.tab = Tab::Samples;
}

fn zoom(ctx: &egui::Context, by: f32) {
    let factor = ((ctx.zoom_factor() + by) * 10.0).round() / 10.0;
    ctx.set_zoom_factor(factor.clamp(0.7, 3.0));
}
