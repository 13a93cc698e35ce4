//! Where a replay is.

/// Where a replay is, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Seconds from the start of the run, of so many.
    pub secs: f64,
    pub of: f64,
    /// The run itself goes on.
    pub is_live: bool,
    /// Which run it is, in words.
    pub source: String,
}

impl Moment {
    /// `Replay, 340 ms of 1.20 s: the file run.json, run on 2026-12-01 14:05 UTC, kernel avx2`.
    pub fn text(&self) -> String {
        let (secs, of) = (format::secs(self.secs), format::secs(self.of));
        match self.is_live {
            true => format!("Slow motion, {secs} of {of} so far; the run itself goes on"),
            false => format!("Replay, {secs} of {of}: {}", self.source),
        }
    }
}
