//! How long a download waits.

use std::time::Duration;

/// How long to wait before a mirror is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// To resolve the name and connect.
    pub connect: Duration,
    /// For the next bytes.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), stall: Duration::from_secs(20) }
    }
}
