//! What is read of runs, and what for.

use std::path::Path;

/// A report that is read: where it comes from, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// In words: `the file run.json`.
    pub from: String,
    /// Of a kept run, what it is known by.
    pub kept: Option<u64>,
    /// It is to be pinned, not shown.
    pub pins: bool,
}

impl Reading {
    /// The report in the file at `path`, to be shown.
    pub fn of_file(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Self { from: format!("the file {}", format::excerpt(&name)), kept: None, pins: false }
    }
}
