//! Asking for a path: a field that always works, and the desktop's own dialog where there is one.

use std::path::PathBuf;

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    OpenScenario,
    OpenModel,
    OpenDataset,
    OpenCheckpoint,
    SaveCheckpoint,
    SaveMitigations,
    SaveScenario,
    SaveReport,
    SaveStages,
    SaveScreenshot,
    SaveCurves,
    SaveCoefficients,
    SaveFigure,
    SaveSweep,
    SaveSweepReport,
    SaveSweepFigure,
    SaveCompare,
    SaveCompareReport,
    SaveCompareFigure,
    SaveModel,
    SaveCryptonn,
    SaveLeak,
    SaveCryptonnReport,
    SaveCryptonnFigure,
    SaveStrategies,
    SaveStrategyReport,
    SaveStrategyFigure,
}

impl Purpose {
    /// Title of the dialog.
    pub fn title(self) -> &'static str {
        match self {
            Self::OpenScenario => "Open scenario",
            Self::OpenModel => "Open model",
            Self::OpenDataset => "Open dataset",
            Self::OpenCheckpoint => "Continue from checkpoint",
            Self::SaveCheckpoint => "Save checkpoint",
            Self::SaveMitigations => "Export mitigations as CSV",
            Self::SaveScenario => "Save scenario",
            Self::SaveReport => "Export report",
            Self::SaveStages => "Export stages as CSV",
            Self::SaveScreenshot => "Save screenshot",
            Self::SaveCurves => "Export curves as CSV",
            Self::SaveCoefficients => "Export coefficients as CSV",
            Self::SaveFigure => "Export plots as SVG",
            Self::SaveSweep => "Export sweep as CSV",
            Self::SaveSweepReport => "Export sweep as JSON",
            Self::SaveSweepFigure => "Export sweep as SVG",
            Self::SaveCompare => "Export comparison as CSV",
            Self::SaveCompareReport => "Export comparison as JSON",
            Self::SaveCompareFigure => "Export comparison as SVG",
            Self::SaveModel => "Save trained model",
            Self::SaveCryptonn => "Export encrypted training as CSV",
            Self::SaveLeak => "Export what the server learns as CSV",
            Self::SaveCryptonnReport => "Export encrypted training as JSON",
            Self::SaveCryptonnFigure => "Export encrypted training as SVG",
            Self::SaveStrategies => "Export strategies as CSV",
            Self::SaveStrategyReport => "Export strategies as JSON",
            Self::SaveStrategyFigure => "Export strategies as SVG",
        }
    }

    /// What kind of path is expected.
    pub fn hint(self) -> &'static str {
        match self {
            Self::OpenScenario => "A scenario file (.json)",
            Self::OpenModel => "A model file (.safetensors)",
            Self::OpenDataset => "A table (.csv), or a folder with IDX files (plain or .gz)",
            Self::OpenCheckpoint => "An encrypted training that was kept (.ckpt)",
            Self::SaveCheckpoint => "A file name ending in .ckpt",
            Self::SaveScenario
            | Self::SaveReport
            | Self::SaveSweepReport
            | Self::SaveCryptonnReport
            | Self::SaveCompareReport
            | Self::SaveStrategyReport => "A file name ending in .json",
            Self::SaveModel => "A file name ending in .safetensors",
            Self::SaveStages
            | Self::SaveCurves
            | Self::SaveCoefficients
            | Self::SaveSweep
            | Self::SaveCryptonn
            | Self::SaveLeak
            | Self::SaveMitigations
            | Self::SaveCompare
            | Self::SaveStrategies => "A file name ending in .csv",
            Self::SaveFigure
            | Self::SaveSweepFigure
            | Self::SaveCompareFigure
            | Self::SaveCryptonnFigure
            | Self::SaveStrategyFigure => "A file name ending in .svg",
            Self::SaveScreenshot => "A file name ending in .png",
        }
    }

    /// Word on the button that goes through with it, where nothing stands in the way.
    pub fn verb(self) -> &'static str {
        if self.is_saving() { "Save" } else { "Open" }
    }

    /// Whether a file will be written.
    pub fn is_saving(self) -> bool {
        !matches!(
            self,
            Self::OpenScenario | Self::OpenModel | Self::OpenDataset | Self::OpenCheckpoint
        )
    }

    /// File name endings, for the desktop's dialog.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::OpenScenario
            | Self::SaveScenario
            | Self::SaveReport
            | Self::SaveSweepReport
            | Self::SaveCryptonnReport
            | Self::SaveCompareReport
            | Self::SaveStrategyReport => &["json"],
            Self::OpenModel | Self::SaveModel => &["safetensors"],
            Self::OpenCheckpoint | Self::SaveCheckpoint => &["ckpt"],
            Self::OpenDataset => &["csv", "gz", "idx3-ubyte"],
            Self::SaveStages
            | Self::SaveCurves
            | Self::SaveCoefficients
            | Self::SaveSweep
            | Self::SaveCryptonn
            | Self::SaveLeak
            | Self::SaveMitigations
            | Self::SaveCompare
            | Self::SaveStrategies => &["csv"],
            Self::SaveFigure
            | Self::SaveSweepFigure
            | Self::SaveCompareFigure
            | Self::SaveCryptonnFigure
            | Self::SaveStrategyFigure => &["svg"],
            Self::SaveScreenshot => &["png"],
        }
    }
}

/// The dialog while it is open.
#[derive(Clone, Debug)]
pub struct PathDialog {
    pub purpose: Purpose,
    pub path: String,
    /// Why the last try did not work.
    pub error: Option<String>,
    /// The desktop's dialog is open.
    pub browsing: bool,
    /// The file that is there already, when it was asked whether it shall be overwritten.
    pub overwrite: Option<PathBuf>,
}

impl PathDialog {
    /// An open dialog with `path` in its field.
    pub fn new(purpose: Purpose, path: impl Into<String>) -> Self {
        Self { purpose, path: path.into(), error: None, browsing: false, overwrite: None }
    }
}

/// Shows the desktop's dialog; blocks, so never on the window's thread. `None` when it was cancelled
/// or when there is no such dialog (no portal): the two cannot be told apart.
pub fn browse(purpose: Purpose, start: &str) -> Option<PathBuf> {
    let mut dialog = rfd::FileDialog::new().set_title(purpose.title());
    dialog = dialog.add_filter(purpose.hint(), purpose.endings());
    if !purpose.is_saving() {
        dialog = dialog.add_filter("All files", &["*"]);
    }
    let start = std::path::Path::new(start);
    if let Some(folder) = start.parent().filter(|f| f.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    if purpose.is_saving() {
        if let Some(name) = start.file_name() {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        dialog.save_file()
    } else {
        dialog.pick_file()
    }
}

/// What a dropped or typed file most likely is, by its name.
pub fn purpose_of(path: &std::path::Path) -> Purpose {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "json" => Purpose::OpenScenario,
        "ckpt" => Purpose::OpenCheckpoint,
        "safetensors" | "onnx" => Purpose::OpenModel,
        _ => Purpose::OpenDataset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn files_are_told_apart_by_name() {
        for (path, purpose) in [
            ("/a/net.SafeTensors", Purpose::OpenModel),
            ("s.json", Purpose::OpenScenario),
            ("iris.csv", Purpose::OpenDataset),
            ("half.ckpt", Purpose::OpenCheckpoint),
            ("/data/mnist", Purpose::OpenDataset),
            ("train-images-idx3-ubyte.gz", Purpose::OpenDataset),
        ] {
            assert_eq!(purpose_of(Path::new(path)), purpose, "{path}");
        }
    }
}
