//! Why no polynomial can be fitted.

use super::fit::{MAX_DEGREE, MAX_PARTS};

/// Why no polynomial can be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApproximationError {
    #[error("degree {degree}; 1 to {MAX_DEGREE} can be fitted")]
    Degree { degree: usize },
    #[error("{parts} composed parts; 1 to {MAX_PARTS} are possible")]
    Parts { parts: usize },
    #[error(
        "interval [{low}, {high}]; its ends must be rising, within ±1000000, and at least 0.000001 of their size apart"
    )]
    Interval { low: f64, high: f64 },
    #[error("{method} for {function}: {reason}")]
    NotApplicable { method: String, function: String, reason: String },
    #[error("{method} needs measured pre-activations inside [{low}, {high}]: {reason}")]
    Weights { method: String, low: f64, high: f64, reason: String },
    #[error(
        "the result is not finite on [{low}, {high}]: choose a lower degree or a smaller interval"
    )]
    NotFinite { low: f64, high: f64 },
    #[error(
        "the exchange for degree {degree} on [{low}, {high}] stopped with a spread of {spread:.1e}: choose a lower degree or a smaller interval"
    )]
    NotConverged { degree: usize, low: f64, high: f64, spread: f64 },
}
