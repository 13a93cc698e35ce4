//! Why no polynomial can be fitted.

use super::limit::{MAX_DEGREE, MAX_PARTS};
use format::short;

/// Why no polynomial can be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApproximationError {
    #[error("degree {degree}; 1 to {MAX_DEGREE} can be fitted")]
    Degree { degree: usize },
    #[error("{parts} composed parts; 1 to {MAX_PARTS} are possible")]
    Parts { parts: usize },
    #[error(
        "interval [{}, {}]; its ends must be rising, within ±1000000, and at least 0.000001 of their size apart",
        short(*low),
        short(*high)
    )]
    Interval { low: f64, high: f64 },
    #[error("{method} for {function}: {reason}")]
    NotApplicable { method: String, function: String, reason: String },
    #[error("{method} needs measured pre-activations inside [{}, {}]: {reason}", short(*low), short(*high))]
    Weights { method: String, low: f64, high: f64, reason: String },
    #[error(
        "the result is not finite on [{}, {}]: choose a lower degree or a smaller interval",
        short(*low),
        short(*high)
    )]
    NotFinite { low: f64, high: f64 },
    #[error(
        "the exchange for degree {degree} on [{}, {}] stopped with a spread of {spread:.1e}: choose a lower degree or a smaller interval",
        short(*low),
        short(*high)
    )]
    NotConverged { degree: usize, low: f64, high: f64, spread: f64 },
}
