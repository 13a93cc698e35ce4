//! Runs: client, server, the messages between them, events, and the report.

mod backend;
pub mod bench;
mod bfv;
mod bgv;
mod client;
mod event;
mod execute;
mod memory;
mod noop;
mod pace;
mod polynomial_check;
mod report;
mod scenario;
mod server;
mod session;

pub use backend::{Backend, BackendError, Evaluated, Measured, Tapped};
pub use bfv::Bfv;
pub use bgv::Bgv;
pub use client::{Answers, BranchAnswer, Client};
pub use event::{Event, Phase, Sample};
pub use execute::execute;
pub use noop::Noop;
pub use polynomial_check::{ActivationData, PolynomialCheck};
pub use report::SCHEMA_VERSION;
pub use report::{
    ActivationReport, BytesReport, EncryptedReport, PlainReport, RunReport, RunWarning,
    SchemeReport, StageReport,
};
pub use scenario::{
    ActivationChoice, ActivationKind, Scenario, ScenarioError, SchemeChoice, SchemeSelector,
};
pub use server::Server;
pub use session::{RunError, Session, Sources};
