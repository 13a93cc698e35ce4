//! What an encrypted training tells while it goes on, and what its report holds.

use super::checkpoint::Checkpoint;
use attack::{Pool, ServerView};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Seconds of work in each phase, over all steps so far, as they pass on the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseSecs {
    /// Clients encrypt inputs and labels (setup of keys included).
    pub encryption: f64,
    /// The authority derives keys.
    pub keys: f64,
    /// The server computes inner products in the exponent.
    pub inner_products: f64,
    /// The server looks results up in the table of discrete logarithms (its making included).
    pub discrete_logs: f64,
    /// Everything the server computes in the clear.
    pub plaintext: f64,
}

/// What passed between the roles so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Ciphertexts, from clients to the server.
    pub ciphertext_bytes: u64,
    /// Key requests and keys, between server and authority.
    pub key_bytes: u64,
    pub key_requests: u64,
}

/// The range of the discrete logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DlogRange {
    /// Largest absolute value that can be found.
    pub bound: u64,
    /// Largest absolute value that was met so far.
    pub largest: u64,
    pub table_bytes: u64,
}

/// One value of each of the three trainings that go side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SideBySide {
    /// On ciphertexts.
    pub encrypted: f64,
    /// In plaintext on the same integers.
    pub fixed_point: f64,
    /// In plaintext on floating-point numbers.
    pub float: f64,
}

/// The figures after an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochFigures {
    /// From 1.
    pub epoch: usize,
    /// Share of the test samples classified as labelled.
    pub accuracy: SideBySide,
    /// Whether every integer so far equals that of the plaintext training in fixed point.
    pub fixed_point_identical: bool,
    /// Seconds of the encrypted training in this epoch.
    pub secs: f64,
}

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
