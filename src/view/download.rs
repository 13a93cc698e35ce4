//! The download of a public dataset as it is drawn.

use super::task::TaskStatus;

/// How far a download is.
#[derive(Clone, Debug, Default)]
pub struct Download {
    pub status: TaskStatus,
    /// What is being done.
    pub what: String,
    /// Share of it that is done.
    pub fraction: f64,
}

impl Download {
    /// It begins.
    pub fn begin(&mut self) {
        *self = Self { status: TaskStatus::Running, what: "Connecting".into(), fraction: 0.0 };
    }
}
