//! Batch inference, client and server of one round: from a scenario to its plan and to its report.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod compiling;
mod execute;
mod float_run;
mod identity;
mod initial_report;
mod keys;
mod look;
mod look_layer;
mod lookup;
mod offering;
mod own_sample;
mod polynomial_check;
mod reference;
mod running;
mod session;
mod table_study;
#[cfg(feature = "tfhe")]
mod tfhe;
mod training;

#[cfg(feature = "tfhe")]
pub use execute::execute_tables;
pub use execute::{execute_integers, execute_reals};
#[cfg(feature = "tfhe")]
pub use keys::KeyShelf;
pub use look::SeenValue;
pub use look_layer::SeenLayer;
pub use own_sample::{OneByOne, OwnAnswer};
pub use polynomial_check::{ActivationData, PolynomialCheck};
pub use session::{Compiled, Session};
pub use table_study::TableStudy;
pub use training::{
    DEFAULT_TRAINING_SEED, TrainOptions, recipe, recurrent_command, train_again, training_seed,
};
