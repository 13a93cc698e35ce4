//! What a client keeps of a request until the answer comes.

use serde::{Deserialize, Serialize};

/// Version of the layout.
pub(super) const VERSION: u32 = 1;

/// The client's own record of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub version: u32,
    /// Name of the request.
    pub id: String,
    /// Identity of the offer, hexadecimal.
    pub offer: String,
    /// What was encrypted.
    pub data: String,
    pub samples: usize,
    /// Samples of each batch, without those that are checked.
    pub batch_samples: usize,
    /// Check samples of each batch; of lookup tables, after all samples.
    pub checks: usize,
    /// Class of each sample, where the data have classes: an index into those of the offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Vec<u16>>,
}
