//! Asking for a path: a field that always works, and the desktop's own dialog where there is one.

use super::export_id::ExportId;
use std::path::{Path, PathBuf};

/// What is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenKind {
    Scenario,
    Model,
    Dataset,
    /// The folder of the public datasets.
    DataFolder,
    Checkpoint,
    Lesson,
    /// The report of a run.
    Run,
}

impl OpenKind {
    /// What kind of path is expected.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Scenario => "A scenario file (.json)",
            Self::Model => "A model file (.safetensors, .onnx, or .json with arrays beside it)",
            Self::Dataset => {
                "A table (.csv), NumPy arrays (.npz, .npy), IDX, .ts or CIFAR files, or a folder of pictures"
            }
            Self::DataFolder => "The folder that mnist, sequences and others lie in",
            Self::Checkpoint => "An encrypted training that was kept (.ckpt)",
            Self::Lesson => "A lesson file (.json)",
            Self::Run => "The report of a run (.json)",
        }
    }

    /// Whether it can be a file, and whether it can be a folder.
    pub fn is_file_or_folder(self) -> (bool, bool) {
        match self {
            Self::Scenario | Self::Checkpoint | Self::Lesson | Self::Run => (true, false),
            Self::Model | Self::Dataset => (true, true),
            Self::DataFolder => (false, true),
        }
    }

    /// File name endings, for the desktop's dialog.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Scenario | Self::Lesson | Self::Run => &["json"],
            Self::Model => &["safetensors", "onnx", "json"],
            Self::Dataset => {
                &["csv", "tsv", "data", "txt", "ts", "npz", "npy", "bin", "gz", "idx3-ubyte"]
            }
            Self::DataFolder => &[],
            Self::Checkpoint => &["ckpt"],
        }
    }
}

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Open(OpenKind),
    Save(ExportId),
    /// The report of a kept run, by what it is known by.
    SaveKept(u64),
}

impl Purpose {
    /// The ending of the file that is saved; of what is opened there are many.
    fn ending(self) -> &'static str {
        match self {
            Self::Open(_) => "",
            Self::Save(id) => id.ending(),
            Self::SaveKept(_) => "json",
        }
    }
}

impl Purpose {
    /// Why a file cannot be saved under this name: its ending is that of another kind of file.
    pub fn other_ending(self, path: &Path) -> Option<String> {
        let ending = self.ending();
        let has = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
        (!ending.is_empty() && !has)
            .then(|| format!("What is saved is a .{ending} file; end its name with .{ending}"))
    }
}

/// The dialog while it is open.
#[derive(Clone, Debug)]
pub struct PathDialog {
    pub purpose: Purpose,
    pub title: String,
    /// What kind of path is expected.
    pub hint: String,
    pub path: String,
    /// Why the last try did not work.
    pub error: Option<String>,
    /// The desktop's dialog is open.
    pub browsing: bool,
    /// The file that is there already, when it was asked whether it shall be overwritten.
    pub overwrite: Option<PathBuf>,
}

impl PathDialog {
    /// An open dialog with `path` in its field, for the command with that label.
    pub fn new(purpose: Purpose, label: &str, path: String) -> Self {
        let hint = match purpose {
            Purpose::Open(opening) => opening.hint().to_owned(),
            Purpose::Save(_) | Purpose::SaveKept(_) => {
                let here = std::env::current_dir().ok();
                let here = here.map_or_else(String::new, |folder| {
                    format!("; without a folder it goes to {}", format::path(&folder))
                });
                format!("A file name ending in .{}{here}", purpose.ending())
            }
        };
        let title = label.trim_end_matches('…').to_owned();
        Self { purpose, title, hint, path, error: None, browsing: false, overwrite: None }
    }

    /// Word on the button that goes through with it.
    pub fn verb(&self) -> &'static str {
        match (self.purpose, &self.overwrite) {
            (_, Some(_)) => "Overwrite",
            (Purpose::Open(_), None) => "Open",
            (Purpose::Save(_) | Purpose::SaveKept(_), None) => "Save",
        }
    }
}

/// Shows the desktop's dialog for a file or a folder; blocks, so never on the window's thread. `None`
/// when it was cancelled
/// or when there is no such dialog (no portal): the two cannot be told apart.
pub fn browse(asked: &PathDialog, folder: bool) -> Option<PathBuf> {
    let dialog = rfd::FileDialog::new().set_title(&asked.title);
    let start = Path::new(&asked.path);
    let dialog = match start.parent().filter(|f| f.is_dir()) {
        Some(folder) => dialog.set_directory(folder),
        None => dialog,
    };
    match asked.purpose {
        Purpose::Open(_) if folder => dialog.pick_folder(),
        Purpose::Open(opening) => dialog
            .add_filter(&asked.hint, opening.endings())
            .add_filter("All files", &["*"])
            .pick_file(),
        Purpose::Save(_) | Purpose::SaveKept(_) => {
            let name = start.file_name().unwrap_or_default().to_string_lossy();
            let ending = asked.purpose.ending();
            dialog.add_filter(&asked.hint, &[ending]).set_file_name(name).save_file()
        }
    }
}

/// What a dropped or typed file most likely is, by its name; a folder by whether it has a network in it.
pub fn opening_of(path: &Path) -> OpenKind {
    if path.join(import::MANIFEST).is_file() {
        return OpenKind::Model;
    }
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "json" => OpenKind::Scenario,
        "ckpt" => OpenKind::Checkpoint,
        "safetensors" | "onnx" => OpenKind::Model,
        _ => OpenKind::Dataset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_name() {
        for (path, opening) in [
            ("/a/net.SafeTensors", OpenKind::Model),
            ("s.json", OpenKind::Scenario),
            ("iris.csv", OpenKind::Dataset),
            ("half.ckpt", OpenKind::Checkpoint),
            ("/data/mnist", OpenKind::Dataset),
            ("train-images-idx3-ubyte.gz", OpenKind::Dataset),
        ] {
            assert_eq!(opening_of(Path::new(path)), opening, "{path}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(opening_of(folder.path()), OpenKind::Dataset);
        std::fs::write(folder.path().join(import::MANIFEST), "{}").unwrap();
        assert_eq!(opening_of(folder.path()), OpenKind::Model);
    }
}
