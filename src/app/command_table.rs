//! The menus, and all commands in them: what each is called, when it makes sense, and what it does.

use super::app::App;
use super::command::Command;
use super::dialog::OpenKind;
use super::explore;
use super::lesson_act::LessonAct;
use super::palette::Palette;
use super::replays::{can_pin, can_replay, in_replay};
use super::sheet::Sheet;
use super::state::State;
use super::ready::{
    Ready, can_run, can_train, can_train_encrypted, has_ciphertext, has_data, has_model, has_plots, has_samples, in_lab, in_lesson, no_task, when,
};
use super::words::{CTRL, CTRL_ALT, CTRL_SHIFT, Words};
use egui::{Context, Key, Modifiers};
use look::CiphertextEdit;
use view::{ReplayAct, TaskStatus};
use worker::Key as Job;

/// A command.
pub struct Row {
    pub command: Command,
    pub words: Words,
    pub ready: fn(&State) -> Ready,
    pub act: fn(&mut App, &Context),
}

/// What stands together in a menu.
pub enum Group {
    Rows(&'static [Row]),
    Tabs,
    Exports,
}

/// A menu of the bar.
pub struct Menu {
    pub name: &'static str,
    pub groups: &'static [Group],
}

/// All menus.
pub static MENUS: [Menu; 4] = [
    Menu { name: "File", groups: &[Group::Rows(OPEN), Group::Rows(RUNS), Group::Exports, Group::Rows(QUIT)] },
    Menu {
        name: "Setup",
        groups: &[Group::Rows(RUN), Group::Rows(CHANGE), Group::Rows(LAB), Group::Rows(TASKS)],
    },
    Menu {
        name: "View",
        groups: &[Group::Tabs, Group::Rows(SAMPLES), Group::Rows(REPLAY), Group::Rows(LOOK), Group::Rows(PALETTE)],
    },
    Menu { name: "Help", groups: &[Group::Rows(HELP)] },
];

/// A command with its label, tooltip and key.
const fn row(
    command: Command,
    label: &'static str,
    tooltip: &'static str,
    (modifiers, key): (Modifiers, Key),
    ready: fn(&State) -> Ready,
    act: fn(&mut App, &Context),
) -> Row {
    Row { command, words: Words::new(label, tooltip, modifiers, key), ready, act }
}

const ALWAYS: fn(&State) -> Ready = |_| Ok(());

const OPEN: &[Row] = &[
    row(Command::OpenScenario, "Open scenario…", "Open a setup from a .json file",
        (CTRL_SHIFT, Key::O), ALWAYS, |app, _| app.ask_open(OpenKind::Scenario)),
    row(Command::OpenModel, "Open model…", "Use a model file (.safetensors or .onnx)", (CTRL, Key::O),
        ALWAYS, |app, _| app.ask_open(OpenKind::Model)),
    row(Command::OpenDataset, "Open dataset…",
        "Use a dataset: a table, arrays, IDX files, or a folder of pictures", (CTRL, Key::D), ALWAYS,
        |app, _| app.ask_open(OpenKind::Dataset)),
    row(Command::NewNetwork, "New network", "Write a network for the data of the setup, and train it",
        (CTRL, Key::N), has_data, |app, _| app.show_new_network()),
    row(Command::ChooseFolder, "Open data folder…", "Choose the folder that the public datasets lie in",
        (CTRL_ALT, Key::F), ALWAYS, |app, _| app.ask_open(OpenKind::DataFolder)),
    row(Command::Download, "Download dataset", "Download the public dataset of the setup, checked against its checksums",
        (CTRL_ALT, Key::W),
        |state| {
            when(state.missing_set().is_some(), "no dataset that can be downloaded is missing")?;
            when(state.data_folder.is_some(), "no folder to put it in; choose one first")?;
            no_task(state)
        },
        |app, _| app.download()),
    row(Command::OpenCheckpoint, "Continue from checkpoint…",
        "Open an encrypted training that was kept", (CTRL_ALT, Key::O), no_task,
        |app, _| app.ask_open(OpenKind::Checkpoint)),
];

const RUNS: &[Row] = &[
    row(Command::OpenRun, "Open run…", "Open the report of a run, and show it again", (CTRL_SHIFT, Key::A),
        |state| when(!state.running, "a run is on"), |app, _| app.ask_open(OpenKind::Run)),
    row(Command::KeptRuns, "Kept runs…", "The last runs, also of earlier windows: to show again, pin or forget",
        (CTRL_ALT, Key::Z), ALWAYS, |app, _| app.state.sheet = Some(Sheet::KeptRuns)),
];

const REPLAY: &[Row] = &[
    row(Command::Replay, "Replay", "Show the run again from its beginning, or leave that", (Modifiers::NONE, Key::F5),
        can_replay, |app, _| {
            let on = app.state.replay.is_some();
            app.replay_act(if on { ReplayAct::Leave } else { ReplayAct::Begin });
        }),
    row(Command::StepBack, "Step back", "To the stage before, in the run that is shown again", (Modifiers::NONE, Key::F3),
        in_replay, |app, _| app.replay_act(ReplayAct::Step(-1))),
    row(Command::StepOn, "Step on", "To the next stage, in the run that is shown again", (Modifiers::NONE, Key::F4),
        in_replay, |app, _| app.replay_act(ReplayAct::Step(1))),
    row(Command::PlayReplay, "Play or pause", "Play the run that is shown again, or hold it", (Modifiers::NONE, Key::F6),
        in_replay, |app, _| app.replay_act(ReplayAct::Toggle)),
    row(Command::FasterReplay, "Faster replay", "From a stage a second to 60 times as fast as it was", (CTRL_SHIFT, Key::F),
        in_replay, |app, _| app.step_pace(1)),
    row(Command::SlowerReplay, "Slower replay", "From 60 times as fast as it was to a stage a second", (CTRL_SHIFT, Key::W),
        in_replay, |app, _| app.step_pace(-1)),
    row(Command::ShowSlowly, "Slow motion", "Show the next run a stage a second, or as it comes; the run itself is as fast as ever",
        (Modifiers::NONE, Key::F12), ALWAYS, |app, _| app.state.slow = !app.state.slow),
    row(Command::PinRun, "Pin this run", "Keep its lines in the plots, and its figures beside those of later runs",
        (CTRL_SHIFT, Key::I), can_pin, |app, _| app.pin_run()),
];

const QUIT: &[Row] = &[
    row(Command::Preferences, "Preferences…", "Data folder, theme, zoom, and what is kept", (CTRL, Key::Comma), ALWAYS,
        |app, _| app.state.sheet = Some(Sheet::Preferences)),
    row(Command::Quit, "Quit", "Close the window", (CTRL, Key::Q), ALWAYS,
        |_, ctx| ctx.send_viewport_cmd(egui::ViewportCommand::Close)),
];

const RUN: &[Row] = &[
    row(Command::Run, "Run", "Run the plaintext and the encrypted network side by side",
        (CTRL, Key::Enter), can_run, |app, _| app.run()),
    row(Command::Stop, "Stop", "Stop the run; what it told so far stays",
        (Modifiers::NONE, Key::Escape),
        |state| when(state.running && !state.stopping, "no run is on"),
        |app, _| app.worker.jobs.cancel(Job::Run)),
];

const CHANGE: &[Row] = &[
    row(Command::Undo, "Undo setup change", "Go back to the setup before the last change",
        (CTRL, Key::Z), |state| when(state.undo.has_undo(&state.scenario), "nothing was changed"),
        |app, _| {
            let before = app.state.undo.undo(&app.state.scenario).cloned();
            app.go_to(before);
        }),
    row(Command::Redo, "Redo setup change", "Take back the last undo", (CTRL_SHIFT, Key::Z),
        |state| when(state.undo.has_redo(&state.scenario), "nothing was undone"),
        |app, _| {
            let after = app.state.undo.redo(&app.state.scenario).cloned();
            app.go_to(after);
        }),
    row(Command::ResetSetup, "Reset setup", "Go back to the scenario as it was opened",
        (CTRL, Key::R),
        |state| when(state.scenario != state.opened, "the setup is as it was opened"),
        |app, _| app.edit(app.state.opened.clone())),
    row(Command::CopySetup, "Copy setup", "Copy the setup as one line of text, to be pasted into another window or sent to somebody",
        (CTRL_ALT, Key::X), ALWAYS, |app, ctx| app.copy_setup(ctx)),
    row(Command::PasteSetup, "Paste setup", "Take the setup of such a line from the clipboard",
        (CTRL_ALT, Key::V), ALWAYS, |app, ctx| app.paste_setup(ctx)),
    row(Command::StartOver, "Start over",
        "The scenario as it comes, runs and comparisons cleared, first tab, usual zoom; what was trained or written stays, undo brings the setup back",
        (CTRL_SHIFT, Key::Backspace), |state| when(!state.running && !state.task_running, "work is on; stop it first"),
        |app, ctx| app.start_over(ctx)),
];

const LAB: &[Row] = &[
    row(Command::RaiseDegree, "Raise degree",
        "One degree more for the polynomial in the activation laboratory",
        (Modifiers::ALT, Key::ArrowUp), in_lab,
        |app, _| explore::change(&mut app.state, |choice, _| choice.step_degree(1))),
    row(Command::LowerDegree, "Lower degree",
        "One degree less for the polynomial in the activation laboratory",
        (Modifiers::ALT, Key::ArrowDown), in_lab,
        |app, _| explore::change(&mut app.state, |choice, _| choice.step_degree(-1))),
    row(Command::PlayDegrees, "Play degrees",
        "Walk through the degrees, each with its accuracy and its cost; again to stop",
        (Modifiers::ALT, Key::P),
        |state| {
            in_lab(state)?;
            when(state.lab.choice.method.uses_degree(), "the method has no degree to choose")
        },
        |app, _| app.toggle_playing()),
    row(Command::NextMethod, "Next approximation method",
        "The next method that has an answer for the function", (CTRL, Key::M), in_lab,
        |app, _| explore::change(&mut app.state, |choice, f| choice.step_method(1, f))),
    row(Command::PreviousMethod, "Previous approximation method",
        "The method before, among those that have an answer for the function", (CTRL_SHIFT, Key::M),
        in_lab, |app, _| explore::change(&mut app.state, |choice, f| choice.step_method(-1, f))),
    row(Command::MeasuredInterval, "Toggle interval from the data",
        "Each layer its own interval from its measured inputs, or one by hand", (CTRL, Key::I),
        |state| when(state.lab.histogram().is_some(), "no inputs were measured yet"),
        |app, _| explore::toggle_measured(&mut app.state)),
    row(Command::UseApproximation, "Use approximation in setup",
        "Encrypt with this method, degree and interval: it becomes the activation of the setup",
        (CTRL, Key::U), |state| when(state.lab.usable_interval().is_some(), explore::NOT_USABLE),
        |app, _| app.use_approximation()),
];

const TASKS: &[Row] = &[
    row(Command::RunBoth, "Run both",
        "Run the present setup and what is explored in the tab Activation, both encrypted, and put the figures side by side",
        (Modifiers::ALT, Key::B),
        |state| {
            in_lab(state)?;
            when(!state.is_lookup() && !state.preview.pending && state.seen().is_some(), "no model with polynomials is loaded")?;
            when(explore::explored(state).is_some(), explore::NOT_USABLE)?;
            no_task(state)
        },
        |app, _| app.run_both()),
    row(Command::RunSweep, "Run sweep", "Try every chosen method and degree on the model",
        (CTRL_SHIFT, Key::Enter),
        |state| {
            when(!state.sweep.choice.methods.is_empty(), "no method is chosen")?;
            when(state.sweep.choice.degrees().is_ok(), "the list of degrees cannot be read")?;
            when(state.sweep.choice.intervals().is_ok(), "the list of intervals cannot be read")?;
            when(state.sweep.choice.functions().is_ok(), "the list of functions cannot be read")?;
            has_model(state)
        },
        |app, _| app.start_sweep()),
    row(Command::AddToSweep, "Add explored to sweep",
        "What is explored in the tab Activation becomes a row of the sweep, beside those there are",
        (Modifiers::ALT, Key::A),
        |state| {
            when(matches!(state.lab.curve, Some(Ok(_))), "no polynomial is explored")?;
            has_model(state)
        },
        |app, _| app.add_to_sweep()),
    row(Command::ClearSweep, "Clear sweep", "Forget all rows of the tab Sweep",
        (CTRL_ALT, Key::Backspace),
        |state| {
            when(!state.sweep.rows.is_empty(), "there are no rows")?;
            when(state.sweep.status != TaskStatus::Running, "a sweep is on; stop it first")
        },
        |app, _| app.state.sweep.clear()),
    row(Command::Train, "Train",
        "Train the model with the polynomial of the activation laboratory inside",
        (CTRL_SHIFT, Key::T), can_train, |app, _| app.train()),
    row(Command::TrainNetwork, "Train new network", "Train the network as it is written, from fresh weights",
        (CTRL_ALT, Key::Enter),
        |state| {
            has_data(state)?;
            when(state.new_network.blueprint.is_sound(), "a row of the network does not fit")?;
            no_task(state)
        },
        |app, _| app.train_new_network()),
    row(Command::RunTrained, "Run encrypted", "Run the network that was trained, encrypted, on its test samples",
        (CTRL_ALT, Key::U),
        |state| {
            when(state.new_network.file.is_some(), "no new network was trained yet")?;
            when(!state.running, "a run is on")
        },
        |app, _| app.run_new_network()),
    row(Command::PauseTraining, "Pause or resume training",
        "Hold the encrypted training between two steps, or go on where it was held",
        (CTRL_ALT, Key::T),
        |state| {
            let is_on = state.cryptonn.status == TaskStatus::Running && !state.task_stopping;
            when(is_on, "no encrypted training is on")
        },
        |app, _| app.pause_cryptonn()),
    row(Command::ContinueTraining, "Continue training",
        "Go on with the encrypted training that was stopped or opened, as if it never was interrupted",
        (CTRL_ALT, Key::R),
        |state| when(state.can_continue_cryptonn(), "no training of this setup was interrupted"),
        |app, _| app.continue_cryptonn()),
    row(Command::CompareMitigations, "Compare mitigations",
        "Train with each mitigation and attack what the server would have seen", (CTRL_ALT, Key::M),
        can_train_encrypted, |app, _| app.compare_mitigations()),
    row(Command::CompareStrategies, "Run all strategies",
        "Run every strategy on the same sequences, one after the other, and compare them",
        (CTRL_SHIFT, Key::R),
        |state| {
            when(state.scenario.sequence.is_some(), "for recurrent networks")?;
            when(!state.running, "a run is on")
        },
        |app, _| app.compare_strategies()),
    row(Command::Compare, "Compare schemes",
        "Run the model under BGV and CKKS with polynomials and under TFHE with lookup tables",
        (CTRL_SHIFT, Key::C), has_model, |app, _| app.start_comparison()),
    row(Command::StopTask, "Stop sweep, training or comparison",
        "Stop it; rows that are done stay, a model in the making does not", (CTRL_SHIFT, Key::X),
        |state| when(state.task_running && !state.task_stopping, "none is on"),
        |app, _| app.worker.jobs.cancel(Job::Task)),
    row(Command::UseTrained, "Use trained model",
        "The trained network becomes the model of the setup, its polynomials kept",
        (CTRL_SHIFT, Key::U), |state| when(state.training.has_model(), "no model was trained yet"),
        |app, _| app.use_trained()),
];

const SAMPLES: &[Row] = &[
    row(Command::NextSample, "Next sample", "Disagreements come first",
        (Modifiers::ALT, Key::ArrowRight), has_samples, |app, _| app.state.step_sample(1)),
    row(Command::PreviousSample, "Previous sample", "Disagreements come first",
        (Modifiers::ALT, Key::ArrowLeft), has_samples, |app, _| app.state.step_sample(-1)),
    row(Command::DrawOwn, "Draw your own", "Draw a sample or set its values; it is encrypted and answered at once",
        (CTRL, Key::J),
        |state| when(state.pad.open || state.own_samples().is_some(), "the data are no pictures and no small table"),
        |app, _| app.draw_own()),
    row(Command::EncryptAgain, "Encrypt again", "The same value with new randomness: another ciphertext",
        (Modifiers::ALT, Key::E), has_ciphertext, |app, _| app.edit_ciphertext(CiphertextEdit::Again)),
    row(Command::FlipBit, "Flip one bit", "Change one bit of the ciphertext on its way, or change it back",
        (Modifiers::ALT, Key::F), has_ciphertext, |app, _| {
            let flipped = app.state.ciphertext.flipped;
            app.edit_ciphertext(CiphertextEdit::Flip(!flipped));
        }),
];

const LOOK: &[Row] = &[
    row(Command::ToggleTheme, "Toggle light and dark theme",
        "Switch between the light and the dark theme", (CTRL, Key::T), ALWAYS,
        |_, ctx| {
            ctx.set_theme(match ctx.theme() {
                egui::Theme::Dark => egui::Theme::Light,
                egui::Theme::Light => egui::Theme::Dark,
            });
        }),
    row(Command::ZoomIn, "Zoom in", "Make everything larger", (CTRL, Key::Plus), ALWAYS,
        |_, ctx| zoom(ctx, 0.1)),
    row(Command::ZoomOut, "Zoom out", "Make everything smaller", (CTRL, Key::Minus), ALWAYS,
        |_, ctx| zoom(ctx, -0.1)),
    row(Command::ZoomReset, "Reset zoom", "Back to 100 %", (CTRL, Key::Num0), ALWAYS,
        |_, ctx| ctx.set_zoom_factor(1.0)),
    row(Command::FoldSetup, "Fold setup", "Fold the setup away, or unfold it: its place goes to the plots",
        (Modifiers::NONE, Key::F9), ALWAYS, |app, _| app.state.layout.fold()),
    row(Command::Simple, "Simple or full window", "Show little of the setup and few tabs, or everything; a scenario that is saved keeps it",
        (Modifiers::NONE, Key::F10), ALWAYS, |app, _| app.toggle_simple()),
    row(Command::Present, "Present", "For a room: the whole screen, large letters, one plot at a time; again to leave",
        (Modifiers::NONE, Key::F11), ALWAYS, |app, ctx| app.present(ctx)),
    row(Command::EnlargePlot, "Enlarge plot", "One plot of the run alone, or all of them",
        (Modifiers::NONE, Key::F7), has_plots, |app, _| app.state.layout.toggle_enlarged()),
    row(Command::NextPlot, "Next plot", "The next plot of the run, alone", (Modifiers::NONE, Key::PageDown), has_plots,
        |app, _| app.state.layout.step(1)),
    row(Command::PreviousPlot, "Previous plot", "The plot before, alone", (Modifiers::NONE, Key::PageUp), has_plots,
        |app, _| app.state.layout.step(-1)),
];

const PALETTE: &[Row] = &[
    row(Command::Palette, "Command palette…", "Find any command by typing", (CTRL, Key::P), ALWAYS,
        |app, _| app.state.palette = Some(Palette::default())),
];

const HELP: &[Row] = &[
    row(Command::OpenLesson, "Open lesson…", "Open a lesson from a .json file", (CTRL_SHIFT, Key::L), ALWAYS,
        |app, _| app.ask_open(OpenKind::Lesson)),
    row(Command::NextStep, "Next step of the lesson", "Go on, when this step is done", (CTRL_ALT, Key::ArrowRight),
        |state| {
            let session = in_lesson(state)?;
            when(session.has_next(), "this is the last step")?;
            when(session.is_done(), "this step is not done yet")
        },
        |app, ctx| app.lesson_act(ctx, LessonAct::Next)),
    row(Command::PreviousStep, "Previous step of the lesson", "Go back to the step before", (CTRL_ALT, Key::ArrowLeft),
        |state| when(in_lesson(state)?.at() > 0, "this is the first step"),
        |app, ctx| app.lesson_act(ctx, LessonAct::Back)),
    row(Command::DoStep, "Do it for me", "Does what the step of the lesson asks for", (Modifiers::NONE, Key::F8),
        |state| {
            let session = in_lesson(state)?;
            when(session.step().is_some_and(|step| !step.deeds.is_empty()), "there is nothing to do in this step")?;
            when(!session.waits_for_guess(), "guess first")
        },
        |app, ctx| app.lesson_act(ctx, LessonAct::DoIt)),
    row(Command::LeaveLesson, "Leave lesson", "End the lesson; the setup stays as it is", (CTRL_ALT, Key::Escape),
        |state| in_lesson(state).map(|_| ()), |app, ctx| app.lesson_act(ctx, LessonAct::Leave)),
    row(Command::About, "About and what is private…",
        "What the program is, and what encryption here does and does not hide",
        (Modifiers::NONE, Key::F1), ALWAYS, |app, _| app.state.sheet = Some(Sheet::About)),
    row(Command::Glossary, "Glossary…", "The words of the field: slot, noise margin, ring degree, modulus, batch, …", (Modifiers::SHIFT, Key::F1), ALWAYS,
        |app, _| app.state.sheet = Some(Sheet::Glossary)),
    row(Command::ShowLog, "Show log…", "All messages since the start", (CTRL, Key::L), ALWAYS,
        |app, _| app.state.sheet = Some(Sheet::Log)),
];

fn zoom(ctx: &Context, by: f32) {
    let factor = ((ctx.zoom_factor() + by) * 10.0).round() / 10.0;
    ctx.set_zoom_factor(factor.clamp(0.7, 3.0));
}
