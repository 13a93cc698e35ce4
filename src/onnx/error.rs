//! Why an ONNX file is not read.

/// Why; one line that says what, where and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OnnxError(pub String);

impl OnnxError {
    /// Something wrong at the tensor called `name`.
    pub(crate) fn tensor(name: &str, reason: impl std::fmt::Display) -> Self {
        Self(format!("tensor {}: {reason}", format::excerpt(name)))
    }
}
