//! The figures of an encrypted training.

use serde::{Deserialize, Serialize};

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
