//! What a person can ask of the window besides plain commands.

use crate::command::Command;
use crate::kept_act::KeptAct;
use crate::lesson_act::LessonAct;
use crate::preference::Preference;
use crate::tab::Tab;
use inference::TrainOptions;
use look::{CiphertextEdit, PadEdit};
use network::train::RecurrentOptions;
use scenario::Scenario;
use strip::Perspective;
use view::{
    Blueprint, Difference, LeakChoice, ReplayAct, Results, SequenceView, SweepChoice,
    lab::LabRequest,
};

/// Something to be done that carries data. Panels queue these; `logic` applies them.
#[derive(Clone, Debug)]
pub enum Action {
    Command(Command),
    /// The setup was changed.
    Edit(Box<Scenario>),
    /// Open a built-in scenario or a scenario file.
    OpenScenario(String),
    SelectTab(Tab),
    /// Forget what is shown of another setup.
    Clear(Results),
    HoverStage(Option<usize>),
    /// The stages of a layer are shown one by one, or as one again.
    FoldLayer(String),
    /// A plot of the run is shown alone, or all of them.
    EnlargePlot(Option<usize>),
    /// The card of a layer is opened, or closed.
    OpenLayer(Option<String>),
    /// Whose eyes the run is looked at with.
    SeeAs(Perspective),
    ShowSample(usize),
    /// The run is shown again, or something is done with that.
    Replay(ReplayAct),
    /// Whether the next run is shown slower than it is.
    ShowSlowly(bool),
    /// Something is done with the kept runs.
    Kept(KeptAct),
    /// A pin is taken off.
    Unpin(usize),
    /// Which samples are looked at was chosen.
    ShowDifference(Difference),
    /// A sample of a person's own was changed.
    EditPad(PadEdit),
    /// It is kept beside others.
    KeepOwn,
    /// Those that are kept become the dataset of the setup, and are run.
    RunOwn,
    /// What is looked at as a ciphertext was changed.
    EditCiphertext(CiphertextEdit),
    /// The values after a stage are to be looked at.
    LookAfter(Option<String>),
    /// What is chosen in the tab Activation was changed.
    EditLab(Box<LabRequest>),
    HoverPlace(Option<f64>),
    /// What is chosen in the tab Sweep was changed.
    EditSweep(Box<SweepChoice>),
    HoverRow(Option<usize>),
    /// A row of the sweep becomes what is explored.
    ChooseRow(usize),
    /// It becomes the setup.
    UseRow(usize),
    /// It becomes the setup, and is run.
    RunRow(usize),
    /// It is forgotten.
    RemoveRow(usize),
    /// Whether a comparison runs polynomials past the noise budget.
    ComparePastBudget(bool),
    /// What is chosen in the tab Training was changed.
    EditTraining(TrainOptions),
    /// The same for recurrent networks.
    EditRecurrentTraining(Box<RecurrentOptions>),
    /// What is written of a new network was changed.
    EditNewNetwork(Box<Blueprint>),
    /// The tab Training shows a new network, or the model of the setup.
    ShowNewNetwork(bool),
    /// A model is taken off the list.
    ForgetModel(usize),
    /// What is chosen in the tab What the server learns was changed.
    EditLeak(Box<LeakChoice>),
    /// What is chosen in the tab Sequence was changed.
    EditSequence(Box<SequenceView>),
    /// The path field of the open dialog was edited.
    TypePath(String),
    /// Ask the desktop for a path.
    /// For a file, or for a folder.
    BrowsePath {
        folder: bool,
    },
    ConfirmPath,
    ClosePath,
    TypeFilter(String),
    MoveChoice(isize),
    ClosePalette,
    Dismiss(u64),
    Lesson(LessonAct),
    CloseSheet,
    /// The setup is run though it takes long; so many samples of it where there is a number.
    RunLong(Option<usize>),
    /// The window closes, whatever is on.
    LeaveWindow,
    Prefer(Preference),
}

impl From<Command> for Action {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}
