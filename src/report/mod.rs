//! What is told: events on the way, tallies, findings and warnings, and the report.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answers;
mod chance;
mod clipping;
mod confusion;
mod event;
mod findings;
mod gaps;
mod initial;
pub mod memory;
mod networks;
mod recording;
mod report;
mod report_file;
mod run_clock;
mod run_progress;
mod sequence;
mod summary;
mod table_report;
mod tally;
mod warm;

pub use answers::answers_csv;
pub use circuit::{MATCHING, RANGE_EXCEEDED};
pub use clipping::{Clipping, trained_reach};
pub use confusion::{Confusion, MOST_CLASSES};
pub use event::{Event, Phase, Sample};
pub use findings::{Findings, Margins};
pub use gaps::{Bound, Gaps};
pub use memory::peak_memory_bytes;
pub use recording::{MOST_EVENTS, MOST_OUTPUTS, Recording, Told};
pub use report::{
    ActivationReport, BytesReport, ClipReport, EncryptedReport, LayerReport, NetworkReport,
    NetworksReport, PlainReport, RunReport, SCHEMA_VERSION, SchemeReport, StageReport,
};
pub use report_file::{MOST_BYTES, ReportError, SavedRun};
pub use run_clock::RunClock;
pub use run_progress::RunProgress;
pub use sequence::{EndToEnd, SequenceReport, SequenceStep, SequenceTrace, StepSeen};
pub use summary::Summary;
pub use table_report::{
    DistanceReport, KERNEL, LEAST_LOOKUPS, LookupReport, NOISE_BINS, NOISE_SPAN, NoisePlace,
    NoiseReport, TableReport,
};
pub use tally::{Output, Row, Tally, larger};
pub use warm::timed;
