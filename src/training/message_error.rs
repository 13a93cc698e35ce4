//! Why a message is refused.

use functional::feip::FeipError;
use wire::Malformed;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("{what}: {found} where {wanted} was expected")]
    Unexpected { what: &'static str, found: String, wanted: String },
    #[error("{what} number {number} was here before; every message counts once")]
    Replayed { what: &'static str, number: u64 },
    #[error("{what}: {reason}")]
    Content { what: &'static str, reason: FeipError },
}
