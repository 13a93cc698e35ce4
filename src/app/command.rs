//! The commands: what a person can ask for with a key, a menu or the palette.

use super::export_id::ExportId;
use super::tab::Tab;

/// Something a person can ask for, without further data. What tabs and exports there are stands in
/// their own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    Show(Tab),
    Export(ExportId),
    Run,
    Stop,
    OpenScenario,
    OpenModel,
    OpenDataset,
    OpenCheckpoint,
    NewNetwork,
    ChooseFolder,
    Download,
    Quit,
    Undo,
    Redo,
    ResetSetup,
    CopySetup,
    PasteSetup,
    StartOver,
    Palette,
    NextSample,
    PreviousSample,
    RaiseDegree,
    LowerDegree,
    NextMethod,
    PreviousMethod,
    MeasuredInterval,
    UseApproximation,
    RunSweep,
    Train,
    StopTask,
    Compare,
    UseTrained,
    TrainNetwork,
    RunTrained,
    PauseTraining,
    ContinueTraining,
    CompareMitigations,
    CompareStrategies,
    ToggleTheme,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ShowLog,
    About,
}
