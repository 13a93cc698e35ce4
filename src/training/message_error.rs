//! Why a message is refused.

use functional::feip::FeipError;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("{what}: {wanted} more bytes are announced, {left} are left")]
    Short { what: &'static str, wanted: usize, left: usize },
    #[error("{what}: {left} bytes too many")]
    Trailing { what: &'static str, left: usize },
    #[error("{what}: {found} where {wanted} was expected")]
    Unexpected { what: &'static str, found: String, wanted: String },
    #[error("{what} number {number} was here before; every message counts once")]
    Replayed { what: &'static str, number: u64 },
    #[error("{what}: {reason}")]
    Content { what: &'static str, reason: FeipError },
}
