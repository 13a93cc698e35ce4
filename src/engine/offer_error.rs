//! Why there is no client for an offer.

use wire::WireError;

/// Version of the layout of offers.
pub(super) const VERSION: u32 = 2;

/// Why there is no client for an offer.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("its parameters: {0}")]
    Parameters(String),
    #[error("it is of version {found}; this program reads version {VERSION}")]
    Version { found: u32 },
    #[error("{0}")]
    Content(String),
}
