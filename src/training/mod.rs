//! CryptoNN: training on data that the trainer cannot read, with functional encryption
//! (Xu, Joshi and Li, ICDCS 2019, arXiv 1904.07303).

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod architecture;
mod authority;
mod batches;
mod checkpoint;
mod checkpoint_bytes;
mod clients;
mod course;
mod encrypted_steps;
mod error;
mod event;
mod message;
mod optimiser;
mod plan;
mod report;
mod server;
mod sitting;
mod steps;
mod student;
mod training;
mod wire;

pub use architecture::{ARCHITECTURES, architecture, recipe};
pub use authority::{Authority, InputKeys, LogLine, Policy, PolicyError, PublicKeys};
pub use batches::Batches;
pub use checkpoint::{Checkpoint, CheckpointError, Progress, Spent, StudentState, Subject};
pub use clients::Clients;
pub use course::Course;
pub use encrypted_steps::EncryptedSteps;
pub use error::CryptonnError;
pub use event::{CryptonnEvent, DlogRange, EpochFigures, PhaseSecs, SideBySide, Traffic};
pub use message::{Asked, EncryptedBatch, Granted, KeyGrant, KeyRequest, MessageError};
pub use optimiser::Optimiser;
pub use plan::CryptonnPlan;
pub use report::{CRYPTONN_SCHEMA_VERSION, CryptonnReport, EpochReport};
pub use server::{Dimensions, Pending, Server};
pub use sitting::{pool, test_accuracy};
pub use steps::{PlainSteps, SecureSteps};
pub use student::{Arithmetic, StepResult, Student};
pub use training::{CryptonnTrained, CryptonnTraining, Prepared};
