//! The runs that are kept over restarts, as they are listed.

use worker::{KeptRun, Shelf};

/// The list of kept runs.
#[derive(Clone, Debug, Default)]
pub struct KeptRuns {
    /// Where they lie; none are kept without.
    pub shelf: Option<Shelf>,
    /// The newest first.
    pub runs: Vec<KeptRun>,
    /// The list was read since the window began.
    pub listed: bool,
}

impl KeptRuns {
    /// A kept run in words: `a kept run of digits, 2026-12-01 14:05 UTC`.
    pub fn words(&self, id: u64) -> String {
        let summary = self.runs.iter().find(|run| run.id == id).map(|run| &run.summary);
        match summary {
            Some(Ok(summary)) => {
                format!("the kept run of {}, {}", format::excerpt(&summary.scenario), kept_date(id))
            }
            _ => format!("the kept run of {}", kept_date(id)),
        }
    }
}

/// When the kept run known by `id` ended.
pub fn kept_date(id: u64) -> String {
    format::date(id / 1000)
}
