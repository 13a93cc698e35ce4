//! Why a download failed, in one line for a person.

use progress::Cancelled;
use std::path::Path;

/// Why files could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error("{path}: cannot {action}: {source}")]
    Disk { path: String, action: &'static str, source: std::io::Error },
    #[error("{path}: another download is writing this file; wait for it or stop it")]
    Busy { path: String },
    #[error("{file}: no mirror gave it ({reasons}); try later, or name another with --mirror URL")]
    NoMirror { file: String, reasons: String },
}

impl FetchError {
    pub(super) fn disk(path: &Path, action: &'static str, source: std::io::Error) -> Self {
        Self::Disk { path: format::path(path), action, source }
    }
}
