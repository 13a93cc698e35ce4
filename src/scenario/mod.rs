//! What is asked: the scenario with its choices, where things are looked for, whether model and data
//! fit together, and why a run could not start or finish.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod activation_request;
pub mod amounts;
mod error;
pub mod limits;
pub mod matching;
mod notes;
mod scenario;
mod scenario_file;
pub mod setting_use;
mod setup;
mod shown;
mod sources;
mod suited;
mod training_request;

pub use activation_request::{
    ActivationKind, ActivationRequest, KEEP, LayerInterval, LayerRequest, LayerRequests,
};
pub use error::RunError;
pub use matching::{Matched, match_sequences, match_to};
pub use notes::{missing_original, with_notes};
pub use scenario::{
    Scenario, ScenarioError, SchemeRequest, SchemeSelector, SequenceRequest, fresh_randomness,
};
pub use setting_use::{Carrier, Function, check_sequence};
pub use setup::Setup;
pub use shown::{PARTS, SIMPLE};
pub use sources::Sources;
pub use training_request::{OptimiserKind, TrainingRequest};
