//! Exit statuses.

/// Ran, and something decrypted wrongly.
pub const WRONG: i32 = 1;

/// Could not run.
pub const FAILED: i32 = 2;

/// Stopped on request, as shells count Ctrl-C.
pub const STOPPED: i32 = 130;
