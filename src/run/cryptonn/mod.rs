//! CryptoNN: training on data that the trainer cannot read, with functional encryption
//! (Xu, Joshi and Li, ICDCS 2019, arXiv 1904.07303).

mod architecture;
mod authority;
mod batches;
mod checkpoint;
mod checkpoint_bytes;
mod choice;
mod clients;
mod course;
mod encrypted_steps;
mod error;
mod event;
pub mod leak;
mod message;
mod mitigations;
mod optimiser;
mod plan;
mod report;
mod server;
mod sitting;
mod steps;
mod student;
mod training;
mod view;
mod wire;

pub use architecture::{ARCHITECTURES, architecture, recipe};
pub use authority::{Authority, InputKeys, LogLine, Policy, PolicyError, PublicKeys};
pub use batches::Batches;
pub use checkpoint::{Checkpoint, CheckpointError, Progress, Spent, StudentState, Subject};
pub use choice::{OptimiserKind, TrainingChoice};
pub use clients::Clients;
pub use encrypted_steps::EncryptedSteps;
pub use error::CryptonnError;
pub use event::{CryptonnEvent, DlogRange, EpochFigures, PhaseSecs, SideBySide, Traffic};
pub use message::{Asked, EncryptedBatch, Granted, KeyGrant, KeyRequest, MessageError};
pub use mitigations::{
    MITIGATION_SCHEMA_VERSION, Mitigation, MitigationEvent, MitigationReport, MitigationRow,
};
pub use optimiser::Optimiser;
pub use plan::CryptonnPlan;
pub use report::{CRYPTONN_SCHEMA_VERSION, CryptonnReport, EpochReport};
pub use server::{Dimensions, Pending, Server};
pub use steps::{PlainSteps, SecureSteps};
pub use student::{Arithmetic, StepResult, Student};
pub use training::{CryptonnTrained, CryptonnTraining};
pub use view::{InputEncoding, ServerStep, ServerView};
