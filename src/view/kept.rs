//! The runs that are kept over restarts, as they are listed.

use std::time::SystemTime;
use worker::{KeptRun, Shelf};

/// The list of kept runs, and whether it is open.
#[derive(Clone, Debug, Default)]
pub struct KeptRuns {
    /// Where they lie; none are kept without.
    pub shelf: Option<Shelf>,
    /// The newest first.
    pub runs: Vec<KeptRun>,
    pub open: bool,
}

impl KeptRuns {
    /// How long ago a run was, in words.
    pub fn age(run: &KeptRun) -> String {
        // A clock that went back makes it new.
        super::origin::age(SystemTime::now().duration_since(run.at).unwrap_or_default())
    }
}
