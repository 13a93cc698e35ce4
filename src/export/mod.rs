//! Networks written as files that other programs read: ONNX.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod functions;
mod layers;
mod metadata;
mod recurrent;

pub use layers::layers;
pub use recurrent::recurrent;

/// Why a network cannot be written, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model {model}: {reason}")]
pub struct ExportError {
    pub model: String,
    pub reason: String,
}
