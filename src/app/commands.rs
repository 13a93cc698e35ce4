//! Everything that can be done with a key, a menu or the palette: one table.

use super::lab::LabChoice;
use super::leak_view::LeakChoice;
use super::sequence_view::SequenceView;
use super::state::{State, Tab};
use super::sweep_view::{SweepChoice, TaskStanding};
use crate::network::train::RecurrentOptions;
use crate::run::{Scenario, TrainOptions};
use egui::{Key, KeyboardShortcut, Modifiers};

/// Something a person can ask for, without further data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    Run,
    Stop,
    OpenScenario,
    OpenModel,
    OpenDataset,
    SaveScenario,
    ExportReport,
    ExportStages,
    SaveScreenshot,
    Quit,
    Undo,
    Redo,
    ResetSetup,
    Palette,
    ShowRun,
    ShowSamples,
    ShowActivation,
    ShowSweep,
    ShowTraining,
    ShowLeak,
    ShowSequence,
    NextSample,
    PreviousSample,
    RaiseDegree,
    LowerDegree,
    NextMethod,
    PreviousMethod,
    MeasuredInterval,
    UseApproximation,
    ExportCurves,
    ExportCoefficients,
    ExportFigure,
    RunSweep,
    Train,
    StopTask,
    ExportSweep,
    ExportSweepReport,
    ExportSweepFigure,
    Compare,
    ShowCompare,
    ExportCompare,
    ExportCompareReport,
    ExportCompareFigure,
    UseTrained,
    SaveModel,
    PauseTraining,
    ContinueTraining,
    SaveCheckpoint,
    OpenCheckpoint,
    CompareMitigations,
    ExportMitigations,
    ExportCryptonn,
    ExportLeak,
    ExportCryptonnReport,
    ExportCryptonnFigure,
    CompareRemedies,
    ExportRemedies,
    ExportRemedyReport,
    ExportRemedyFigure,
    ToggleTheme,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ShowLog,
    About,
}

/// Something to be done that carries data. Panels queue these; `logic` applies them.
#[derive(Clone, Debug)]
pub enum Action {
    Command(Command),
    /// The setup was changed.
    Edit(Box<Scenario>),
    /// Open a built-in scenario or a scenario file.
    OpenScenario(String),
    SelectTab(Tab),
    HoverStage(Option<usize>),
    ShowSample(usize),
    /// What is chosen in the tab Activation was changed.
    EditLab(Box<LabChoice>),
    HoverPlace(Option<f64>),
    /// What is chosen in the tab Sweep was changed.
    EditSweep(Box<SweepChoice>),
    HoverRow(Option<usize>),
    /// A row of the sweep becomes what is explored.
    ChooseRow(usize),
    /// Whether a comparison runs polynomials past the noise budget.
    ComparePastBudget(bool),
    /// What is chosen in the tab Training was changed.
    EditTraining(TrainOptions),
    /// The same for recurrent networks.
    EditRecurrentTraining(Box<RecurrentOptions>),
    /// What is chosen in the tab What the server learns was changed.
    EditLeak(Box<LeakChoice>),
    /// What is chosen in the tab Sequence was changed.
    EditSequence(Box<SequenceView>),
    /// The path field of the open dialog was edited.
    TypePath(String),
    /// Ask the desktop for a path.
    BrowsePath,
    ConfirmPath,
    ClosePath,
    TypeFilter(String),
    MoveChoice(isize),
    ClosePalette,
    Dismiss(u64),
    CloseAbout,
    CloseLog,
}

impl From<Command> for Action {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

/// How a command is shown and reached.
pub struct Spec {
    pub command: Command,
    pub label: &'static str,
    pub tooltip: &'static str,
    pub shortcut: KeyboardShortcut,
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const CTRL_ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);

const fn spec(
    command: Command,
    label: &'static str,
    tooltip: &'static str,
    modifiers: Modifiers,
    key: Key,
) -> Spec {
    Spec { command, label, tooltip, shortcut: KeyboardShortcut::new(modifiers, key) }
}

/// All commands, in the order of the palette.
pub static TABLE: &[Spec] = {
    use Command as C;
    &[
        spec(
            C::Run,
            "Run",
            "Run the plaintext and the encrypted network side by side",
            CTRL,
            Key::Enter,
        ),
        spec(
            C::Stop,
            "Stop",
            "Stop the run; what it told so far stays",
            Modifiers::NONE,
            Key::Escape,
        ),
        spec(
            C::OpenScenario,
            "Open scenario…",
            "Open a setup from a .json file",
            CTRL_SHIFT,
            Key::O,
        ),
        spec(C::OpenModel, "Open model…", "Use a model file (.safetensors)", CTRL, Key::O),
        spec(
            C::OpenDataset,
            "Open dataset…",
            "Use a dataset: a .csv file, or a folder of IDX files",
            CTRL,
            Key::D,
        ),
        spec(
            C::SaveScenario,
            "Save scenario…",
            "Save the setup as a .json file that the command line runs too",
            CTRL,
            Key::S,
        ),
        spec(
            C::ExportReport,
            "Export report…",
            "Save everything the run showed as JSON",
            CTRL,
            Key::E,
        ),
        spec(C::ExportStages, "Export stages as CSV…", "Save the stage table", CTRL_SHIFT, Key::E),
        spec(
            C::SaveScreenshot,
            "Save screenshot…",
            "Save the window as a PNG image",
            CTRL_SHIFT,
            Key::S,
        ),
        spec(C::Quit, "Quit", "Close the window", CTRL, Key::Q),
        spec(
            C::Undo,
            "Undo setup change",
            "Go back to the setup before the last change",
            CTRL,
            Key::Z,
        ),
        spec(C::Redo, "Redo setup change", "Take back the last undo", CTRL_SHIFT, Key::Z),
        spec(
            C::ResetSetup,
            "Reset setup",
            "Go back to the scenario as it was opened",
            CTRL,
            Key::R,
        ),
        spec(C::Palette, "Command palette…", "Find any command by typing", CTRL, Key::P),
        spec(C::ShowRun, "Show run", "Plots and stage table", CTRL, Key::Num1),
        spec(
            C::ShowSamples,
            "Show samples",
            "Inputs with their plaintext and encrypted answers",
            CTRL,
            Key::Num2,
        ),
        spec(
            C::ShowActivation,
            "Show activation laboratory",
            "Approximations of the activation function, and what they cost",
            CTRL,
            Key::Num3,
        ),
        spec(
            C::RaiseDegree,
            "Raise degree",
            "One degree more for the polynomial in the activation laboratory",
            Modifiers::ALT,
            Key::ArrowUp,
        ),
        spec(
            C::LowerDegree,
            "Lower degree",
            "One degree less for the polynomial in the activation laboratory",
            Modifiers::ALT,
            Key::ArrowDown,
        ),
        spec(
            C::NextMethod,
            "Next approximation method",
            "The next method that has an answer for the function",
            CTRL,
            Key::M,
        ),
        spec(
            C::PreviousMethod,
            "Previous approximation method",
            "The method before, among those that have an answer for the function",
            CTRL_SHIFT,
            Key::M,
        ),
        spec(
            C::MeasuredInterval,
            "Toggle interval from the data",
            "Each layer its own interval from its measured inputs, or one by hand",
            CTRL,
            Key::I,
        ),
        spec(
            C::UseApproximation,
            "Use approximation in setup",
            "Encrypt with this method, degree and interval: it becomes the activation of the setup",
            CTRL,
            Key::U,
        ),
        spec(
            C::ExportCurves,
            "Export curves as CSV…",
            "Save function, polynomial, error and measured distribution",
            CTRL,
            Key::K,
        ),
        spec(
            C::ExportCoefficients,
            "Export coefficients as CSV…",
            "Save the coefficients in the Chebyshev basis and in powers of x",
            CTRL_SHIFT,
            Key::K,
        ),
        spec(
            C::ExportFigure,
            "Export plots as SVG…",
            "Save the plots of the activation laboratory as a drawing",
            CTRL,
            Key::G,
        ),
        spec(
            C::ShowSweep,
            "Show sweep",
            "Many polynomials compared: table and plots",
            CTRL,
            Key::Num4,
        ),
        spec(
            C::ShowTraining,
            "Show training",
            "Train the model with a polynomial as its activation",
            CTRL,
            Key::Num5,
        ),
        spec(
            C::RunSweep,
            "Run sweep",
            "Try every chosen method and degree on the model",
            CTRL_SHIFT,
            Key::Enter,
        ),
        spec(
            C::Train,
            "Train",
            "Train the model with the polynomial of the activation laboratory inside",
            CTRL_SHIFT,
            Key::T,
        ),
        spec(
            C::StopTask,
            "Stop sweep, training or comparison",
            "Stop it; rows that are done stay, a model in the making does not",
            CTRL_SHIFT,
            Key::X,
        ),
        spec(
            C::ExportSweep,
            "Export sweep as CSV…",
            "Save the rows of the sweep as a table",
            CTRL_SHIFT,
            Key::G,
        ),
        spec(
            C::ExportSweepReport,
            "Export sweep as JSON…",
            "Save everything the sweep found",
            CTRL_SHIFT,
            Key::J,
        ),
        spec(
            C::ExportSweepFigure,
            "Export sweep as SVG…",
            "Save the plots of the sweep as a drawing",
            CTRL_SHIFT,
            Key::P,
        ),
        spec(
            C::ShowCompare,
            "Show comparison",
            "BGV, CKKS and TFHE side by side on this model",
            CTRL,
            Key::Num7,
        ),
        spec(
            C::Compare,
            "Compare schemes",
            "Run the model under BGV and CKKS with polynomials and under TFHE with lookup tables",
            CTRL_SHIFT,
            Key::C,
        ),
        spec(
            C::ExportCompare,
            "Export comparison as CSV…",
            "Save the rows of the comparison as a table",
            CTRL_SHIFT,
            Key::Y,
        ),
        spec(
            C::ExportCompareReport,
            "Export comparison as JSON…",
            "Save everything the comparison found",
            CTRL_SHIFT,
            Key::H,
        ),
        spec(
            C::ExportCompareFigure,
            "Export comparison as SVG…",
            "Save the plots of the comparison as a drawing",
            CTRL_SHIFT,
            Key::D,
        ),
        spec(
            C::UseTrained,
            "Use trained model",
            "The trained network becomes the model of the setup, its polynomials kept",
            CTRL_SHIFT,
            Key::U,
        ),
        spec(
            C::SaveModel,
            "Save trained model…",
            "Save the trained network as a model file",
            CTRL_SHIFT,
            Key::N,
        ),
        spec(
            C::ShowLeak,
            "Show what the server learns",
            "Training samples beside what the server of an encrypted training makes of them",
            CTRL,
            Key::Num9,
        ),
        spec(
            C::PauseTraining,
            "Pause or resume training",
            "Hold the encrypted training between two steps, or go on where it was held",
            CTRL_ALT,
            Key::T,
        ),
        spec(
            C::ContinueTraining,
            "Continue training",
            "Go on with the encrypted training that was stopped or opened, as if it never was interrupted",
            CTRL_ALT,
            Key::R,
        ),
        spec(
            C::SaveCheckpoint,
            "Save checkpoint…",
            "Keep the encrypted training as it stands, to continue it later",
            CTRL_ALT,
            Key::S,
        ),
        spec(
            C::OpenCheckpoint,
            "Continue from checkpoint…",
            "Open an encrypted training that was kept",
            CTRL_ALT,
            Key::O,
        ),
        spec(
            C::CompareMitigations,
            "Compare mitigations",
            "Train with each mitigation and attack what the server would have seen",
            CTRL_ALT,
            Key::M,
        ),
        spec(
            C::ExportMitigations,
            "Export mitigations as CSV…",
            "Save the table of mitigations",
            CTRL_ALT,
            Key::E,
        ),
        spec(
            C::ExportCryptonn,
            "Export encrypted training as CSV…",
            "Save the accuracy of each epoch, encrypted and in plaintext",
            CTRL_ALT,
            Key::C,
        ),
        spec(
            C::ExportLeak,
            "Export what the server learns as CSV…",
            "Save error and identification over the steps seen",
            CTRL_ALT,
            Key::L,
        ),
        spec(
            C::ExportCryptonnReport,
            "Export encrypted training as JSON…",
            "Save everything the encrypted training told, and what the server learned",
            CTRL_ALT,
            Key::J,
        ),
        spec(
            C::ExportCryptonnFigure,
            "Export encrypted training as SVG…",
            "Save the plots of the encrypted training and of what the server learned as a drawing",
            CTRL_ALT,
            Key::G,
        ),
        spec(
            C::ShowSequence,
            "Show sequence",
            "A recurrent network over time, and the remedies for its noise",
            CTRL,
            Key::Num6,
        ),
        spec(
            C::CompareRemedies,
            "Run all remedies",
            "Run every remedy on the same sequences, one after the other, and compare them",
            CTRL_SHIFT,
            Key::R,
        ),
        spec(
            C::ExportRemedies,
            "Export remedies as CSV…",
            "Save the table of remedies",
            CTRL_SHIFT,
            Key::B,
        ),
        spec(
            C::ExportRemedyReport,
            "Export remedies as JSON…",
            "Save the table of remedies with the connection it is told for",
            CTRL_ALT,
            Key::Y,
        ),
        spec(
            C::ExportRemedyFigure,
            "Export remedies as SVG…",
            "Save the plot of accuracy against time as a drawing",
            CTRL_ALT,
            Key::H,
        ),
        spec(
            C::NextSample,
            "Next sample",
            "Disagreements come first",
            Modifiers::ALT,
            Key::ArrowRight,
        ),
        spec(
            C::PreviousSample,
            "Previous sample",
            "Disagreements come first",
            Modifiers::ALT,
            Key::ArrowLeft,
        ),
        spec(
            C::ToggleTheme,
            "Toggle light and dark theme",
            "Switch between the light and the dark theme",
            CTRL,
            Key::T,
        ),
        spec(C::ZoomIn, "Zoom in", "Make everything larger", CTRL, Key::Plus),
        spec(C::ZoomOut, "Zoom out", "Make everything smaller", CTRL, Key::Minus),
        spec(C::ZoomReset, "Reset zoom", "Back to 100 %", CTRL, Key::Num0),
        spec(C::ShowLog, "Show log…", "All messages since the start", CTRL, Key::L),
        spec(
            C::About,
            "About and what is private…",
            "What the program is, and what encryption here does and does not hide",
            Modifiers::NONE,
            Key::F1,
        ),
    ]
};

impl Command {
    /// How it is shown and reached.
    pub fn spec(self) -> &'static Spec {
        // Every command is in the table; a test holds that.
        TABLE.iter().find(|s| s.command == self).unwrap_or(&TABLE[0])
    }

    /// Whether it makes sense now.
    pub fn is_enabled(self, state: &State) -> bool {
        match self {
            Self::Run | Self::Train if state.is_cryptonn() => {
                state.can_train_encrypted() && !state.task_running
            }
            Self::Run => !state.running && state.preview.refusal.is_none(),
            Self::Stop => state.running && !state.stopping,
            Self::ExportReport | Self::ExportStages => {
                state.run.as_ref().is_some_and(|r| r.report.is_some())
            }
            Self::Undo => !state.undo.is_empty(),
            Self::Redo => !state.redo.is_empty(),
            Self::ResetSetup => state.scenario != state.opened,
            Self::NextSample | Self::PreviousSample => {
                state.run.as_ref().is_some_and(|r| !r.samples.is_empty())
            }
            Self::UseApproximation => state.lab.usable_interval().is_some(),
            Self::ExportCurves | Self::ExportCoefficients | Self::ExportFigure => {
                matches!(state.lab.curve, Some(Ok(_)))
            }
            Self::RunSweep => {
                let choice = &state.sweep.choice;
                state.loaded.is_some() && !state.task_running && !choice.methods.is_empty()
            }
            Self::Train => (state.loaded.is_some() || state.is_recurrent()) && !state.task_running,
            Self::Compare => state.loaded.is_some() && !state.task_running,
            Self::ExportCompare | Self::ExportCompareReport | Self::ExportCompareFigure => {
                state.compare.report.is_some()
            }
            Self::StopTask => state.task_running && !state.task_stopping,
            Self::ExportSweep | Self::ExportSweepReport | Self::ExportSweepFigure => {
                state.sweep.report.is_some()
            }
            Self::ShowLeak => state.is_cryptonn(),
            Self::PauseTraining => {
                state.cryptonn.standing == TaskStanding::Running && !state.task_stopping
            }
            Self::ContinueTraining => state.can_continue_cryptonn(),
            Self::SaveCheckpoint => state.cryptonn.checkpoint.is_some(),
            Self::OpenCheckpoint => !state.task_running,
            Self::CompareMitigations => state.can_train_encrypted() && !state.task_running,
            Self::ExportMitigations => state.mitigations.report.is_some(),
            Self::ExportCryptonn | Self::ExportCryptonnReport | Self::ExportCryptonnFigure => {
                state.is_cryptonn() && state.cryptonn.step > 0
            }
            Self::ExportLeak => state.is_cryptonn() && state.leak.open.curve.is_some(),
            Self::CompareRemedies => !state.running && state.scenario.sequence.is_some(),
            Self::ExportRemedies | Self::ExportRemedyReport | Self::ExportRemedyFigure => {
                state.sequence.ran().next().is_some()
            }
            Self::UseTrained | Self::SaveModel => {
                state.training.trained.is_some() || state.training.trained_recurrent.is_some()
            }
            Self::MeasuredInterval => state.lab.histogram().is_some(),
            Self::RaiseDegree | Self::LowerDegree | Self::NextMethod | Self::PreviousMethod => {
                state.tab == Tab::Activation
            }
            _ => true,
        }
    }

    /// Shortcut and tooltip in one text, for hovering.
    pub fn hover_text(self, ctx: &egui::Context) -> String {
        let spec = self.spec();
        format!("{} ({})", spec.tooltip, ctx.format_shortcut(&spec.shortcut))
    }
}

/// Commands whose shortcut was pressed. While something modal is open only Esc-like keys of that
/// thing count, and while text is edited its own keys (undo, word moves) stay with the text.
pub fn pressed(ctx: &egui::Context, state: &State) -> Vec<Command> {
    if state.is_modal() {
        return Vec::new();
    }
    let typing = ctx.text_edit_focused();
    let menu_open = egui::Popup::is_any_open(ctx);
    let mut order: Vec<&Spec> = TABLE.iter().collect();
    // Longest modifiers first: Ctrl+Shift+O and Ctrl+Alt+O must not be taken for Ctrl+O.
    let more = |m: Modifiers| u8::from(m.shift) + u8::from(m.alt);
    order.sort_by_key(|s| std::cmp::Reverse(more(s.shortcut.modifiers)));
    ctx.input_mut(|input| {
        order
            .into_iter()
            .filter(|s| {
                let texts_own = matches!(
                    s.command,
                    Command::Undo | Command::Redo | Command::NextSample | Command::PreviousSample
                );
                let kept_back = (typing && texts_own) || (menu_open && s.command == Command::Stop);
                !kept_back && input.consume_shortcut(&s.shortcut)
            })
            .map(|s| s.command)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_shortcuts_clash() {
        for os_is_mac in [false, true] {
            let mut seen = HashSet::new();
            for spec in TABLE {
                let name = spec.shortcut.format(&egui::ModifierNames::NAMES, os_is_mac);
                assert!(seen.insert(name.clone()), "{name} is used twice");
            }
        }
    }

    #[test]
    fn every_command_is_in_the_table_once_with_words() {
        let commands: HashSet<_> = TABLE.iter().map(|s| s.command).collect();
        assert_eq!(commands.len(), TABLE.len());
        for spec in TABLE {
            assert_eq!(spec.command.spec().label, spec.label);
            assert!(!spec.tooltip.is_empty() && !spec.label.ends_with(['.', ':']));
        }
    }

    #[test]
    fn what_opens_a_dialog_says_so() {
        for spec in TABLE {
            let asks = spec.label.starts_with("Open")
                || spec.label.starts_with("Save")
                || spec.label.starts_with("Export");
            assert!(!asks || spec.label.ends_with('…'), "{}", spec.label);
        }
    }
}
