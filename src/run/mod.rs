//! Runs: client, server, the messages between them, events, and the report.

mod event;
mod report;
mod scenario;
mod session;

pub use event::{Event, Phase, Sample};
pub use report::SCHEMA_VERSION;
pub use report::{
    ActivationReport, BytesReport, EncryptedReport, PlainReport, RunReport, RunWarning,
    SchemeReport, StageReport,
};
pub use scenario::{
    ActivationChoice, ActivationKind, Scenario, ScenarioError, SchemeChoice, SchemeSelector,
};
pub use session::{RunError, Session, Sources};
