//! What an encrypted training tells while it goes on.

use super::checkpoint::Checkpoint;
use super::figures::{DlogRange, EpochFigures, PhaseSecs, SideBySide, Traffic};
use attack::{Pool, ServerView};
use std::sync::Arc;

/// One thing the training tells.
#[derive(Clone, Debug)]
pub enum CryptonnEvent {
    /// A phase before the first step: its name and the share of it that is done.
    Preparing {
        what: &'static str,
        fraction: f64,
    },
    /// A step is done; totals are since the start.
    Step {
        /// Steps done, of how many.
        step: usize,
        of: usize,
        loss: SideBySide,
        phases: PhaseSecs,
        traffic: Traffic,
        dlog: DlogRange,
        eta_secs: f64,
    },
    Epoch(EpochFigures),
    /// Where the training stands: with each epoch, every minute in between, and when it is stopped.
    Checkpoint(Arc<Checkpoint>),
    /// What the server has seen of the recorded mini-batches so far, and the truth to measure by; comes
    /// when a mini-batch is seen for the first time, and with each epoch.
    Seen {
        view: Arc<ServerView>,
        pool: Arc<Pool>,
    },
}
