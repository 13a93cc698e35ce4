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
mod encrypted_steps;
mod error;
mod event;
mod figures;
mod message;
mod message_error;
mod optimiser;
mod plan;
mod policy_error;
mod replica;
mod replica_state;
mod report;
mod schedule;
mod server;
mod steps;
mod trained;
mod training;
mod training_session;

pub use architecture::{ARCHITECTURES, architecture, recipe};
pub use authority::{Authority, InputKeys, LogLine, Policy, PublicKeys};
pub use batches::Batches;
pub use checkpoint::{Checkpoint, CheckpointError, Progress, Spent, TrainingIdentity};
pub use clients::Clients;
pub use encrypted_steps::EncryptedSteps;
pub use error::CryptonnError;
pub use event::CryptonnEvent;
pub use figures::{DlogRange, EpochFigures, PhaseSecs, SideBySide, Traffic};
pub use message::{Asked, EncryptedBatch, Granted, KeyGrant, KeyRequest};
pub use message_error::MessageError;
pub use optimiser::Optimiser;
pub use plan::CryptonnPlan;
pub use policy_error::PolicyError;
pub use replica::{Arithmetic, ModelReplica, StepResult};
pub use replica_state::ReplicaState;
pub use report::{CRYPTONN_SCHEMA_VERSION, CryptonnReport, EpochReport};
pub use schedule::Schedule;
pub use server::{Dimensions, Pending, Server};
pub use steps::{PlainSteps, SecureSteps};
pub use trained::CryptonnTrained;
pub use training::{CryptonnTraining, Prepared};
pub use training_session::{pool, test_accuracy};
