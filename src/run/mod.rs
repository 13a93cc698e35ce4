//! Runs: client, server, the messages between them, events, and the report.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod activation_choice;
mod amounts;
pub mod bench;
mod chance;
mod clipping;
mod compare;
mod compiling;
pub mod cryptonn;
mod error;
mod event;
mod execute;
mod findings;
mod float_run;
mod gaps;
mod identity;
mod lookup;
mod matching;
mod memory;
mod offering;
mod opening;
mod pace;
mod polynomial_check;
mod reference;
mod report;
mod scenario;
mod scenario_file;
pub mod sequence;
mod session;
mod setting_use;
mod setup;
mod sweep;
mod table_report;
mod table_study;
mod tally;
#[cfg(feature = "tfhe")]
mod tfhe;
mod training;
mod warm;

pub use activation_choice::{
    ActivationChoice, ActivationKind, LayerChoice, LayerChoices, LayerInterval,
};
pub use circuit::{MATCHING, RANGE_EXCEEDED};
pub use compare::{COMPARE_SCHEMA_VERSION, CompareEvent, CompareReport, CompareRow, Way};
pub use error::RunError;
pub use event::{Event, Phase, Sample};
pub use execute::{execute_integers, execute_reals};
pub use matching::match_to;
pub use polynomial_check::{ActivationData, PolynomialCheck};
pub use report::{
    ActivationReport, BytesReport, ClipReport, EncryptedReport, LayerReport, NetworkReport,
    NetworksReport, PlainReport, RunReport, SCHEMA_VERSION, SchemeReport, StageReport,
};
pub use scenario::{Scenario, ScenarioError, SchemeChoice, SchemeSelector, SequenceChoice};
pub use session::{Compiled, Session, Sources};
pub use setup::Setup;
pub use sweep::{
    SWEEP_SCHEMA_VERSION, SweepAccuracy, SweepCost, SweepEvent, SweepFit, SweepReport,
    SweepRequest, SweepRow, SweepRun,
};
pub use table_report::{
    DistanceReport, NOISE_BINS, NOISE_SPAN, NoiseReport, ReadingReport, TableReport,
};
pub use table_study::TableStudy;
#[cfg(feature = "tfhe")]
pub use tfhe::{KeyShelf, TableKeys, execute_tables};
pub use training::{
    DEFAULT_TRAINING_SEED, TrainOptions, recipe, recurrent_command, train_again, training_seed,
};
