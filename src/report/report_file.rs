//! Reports as files: the report for people to read, its events on one line.

use super::recording::Recording;
use super::report::{RunReport, SCHEMA_VERSION};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::Read;
use std::path::Path;

/// Bytes of the largest report that is opened.
pub const MOST_BYTES: u64 = 64 << 20;

/// Why a file cannot be opened as a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("{path}: {reason}")]
    NotRead { path: String, reason: String },
    #[error("{path}: {bytes} bytes; reports of at most {MOST_BYTES} bytes are opened")]
    TooLarge { path: String, bytes: u64 },
    #[error("{path}: no report of a run; --report and Export report write one")]
    NoReport { path: String },
    #[error(
        "{path}: a report of layout {version}, which a newer CryptoScope wrote; this one reads layouts up to {SCHEMA_VERSION}: take the newer program"
    )]
    Newer { path: String, version: u32 },
    #[error("{path}: JSON that cannot be read: {reason}")]
    NotJson { path: String, reason: String },
    #[error("{path}: a report that cannot be read: {reason}")]
    Malformed { path: String, reason: String },
}

/// What tells a report of a run from other JSON.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema_version: u32,
    plain: Option<IgnoredAny>,
    encrypted: Option<IgnoredAny>,
    stages: Option<IgnoredAny>,
}

impl Head {
    fn is_report(&self) -> bool {
        self.plain.is_some() && self.encrypted.is_some() && self.stages.is_some()
    }
}

impl ReportError {
    /// Why `text`, read from `path`, is no report that can be read.
    pub(super) fn malformed(path: &Path, text: &str, error: &serde_json::Error) -> Self {
        Self::Malformed { path: format::path(path), reason: file::reason_in(text, error) }
    }

    /// Whether the file is a report of a run all the same.
    pub fn is_of_report(&self) -> bool {
        matches!(self, Self::Newer { .. } | Self::Malformed { .. })
    }
}

/// The text of the file at `path`: JSON that has what reports of runs have, of no newer program.
pub(super) fn text_of(path: &Path) -> Result<String, ReportError> {
    let name = format::path(path);
    let not_read = |error: std::io::Error| ReportError::NotRead {
        path: name.clone(),
        reason: format::one_line(&error),
    };
    let file = std::fs::File::open(path).map_err(not_read)?;
    let bytes = file.metadata().map_err(not_read)?.len();
    if bytes > MOST_BYTES {
        return Err(ReportError::TooLarge { path: name, bytes });
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(not_read)?;
    match serde_json::from_str::<Head>(&text) {
        Ok(head) if !head.is_report() => Err(ReportError::NoReport { path: name }),
        Ok(head) if head.schema_version > SCHEMA_VERSION => {
            Err(ReportError::Newer { path: name, version: head.schema_version })
        }
        Ok(_) => Ok(text),
        Err(error) => {
            Err(ReportError::NotJson { path: name, reason: file::reason_in(&text, &error) })
        }
    }
}

/// A report with what its run told on the way; nothing where the report is too old for that.
#[derive(Clone, Debug, Default)]
pub struct SavedRun {
    pub report: RunReport,
    pub told: Recording,
}

/// What a file has of a run besides its report.
#[derive(Deserialize)]
struct Events {
    #[serde(default)]
    events: Recording,
}

impl SavedRun {
    /// Reads the report at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is larger than [`MOST_BYTES`], no report of a run, or one of a newer
    /// program.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        let text = text_of(path)?;
        let malformed = |error| ReportError::malformed(path, &text, &error);
        let report = serde_json::from_str(&text).map_err(malformed)?;
        let Events { events } = serde_json::from_str(&text).map_err(malformed)?;
        Ok(Self { report, told: events })
    }
}

impl RunReport {
    /// The report as JSON, what was told on the way at its end.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn to_json(&self, told: &Recording) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        if let Some(end) = text.rfind("\n}").filter(|_| !told.is_empty()) {
            // One number a line would be a million lines.
            text.truncate(end);
            text += ",\n  \"events\": ";
            text += &serde_json::to_string(told)?;
            text += "\n}";
        }
        text.push('\n');
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Phase, Told};

    #[test]
    fn a_report_comes_back_with_what_it_told_on_one_line() {
        let report = RunReport { schema_version: SCHEMA_VERSION, ..RunReport::default() };
        let mut told = Recording::default();
        for at in 0..3 {
            let fraction = f64::from(at) / 4.0;
            let phase = Phase::Evaluate;
            let event = Event::Progress { phase, done: 1, total: 4, fraction, eta_secs: 1.0 };
            told.note(Told { secs: fraction, event });
        }
        let text = report.to_json(&told).unwrap();
        let bare = report.to_json(&Recording::default()).unwrap();
        assert_eq!(text.lines().count(), bare.lines().count() + 1);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        std::fs::write(&path, text).unwrap();
        let read = SavedRun::open(&path).unwrap();
        assert_eq!((read.report, read.told), (report, told));
    }

    #[test]
    fn what_is_no_report_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        let told = |text: &str| {
            std::fs::write(&path, text).unwrap();
            SavedRun::open(&path).unwrap_err()
        };
        assert!(matches!(told("{\"name\": \"digits\"}"), ReportError::NoReport { .. }));
        let newer = r#"{"schema_version": 99, "plain": 1, "encrypted": 1, "stages": 1}"#;
        assert!(matches!(told(newer), ReportError::Newer { version: 99, .. }));
        assert!(told(newer).is_of_report());
        let malformed = told(r#"{"plain": 1, "encrypted": 1, "stages": 1}"#);
        assert!(malformed.is_of_report(), "{malformed}");
        for text in ["{\"plain\": ", "[]"] {
            assert!(!told(text).is_of_report());
        }
        let cut = told("{\"plain\": ");
        assert!(cut.to_string().contains("cut short"), "{cut}");
        let gone = SavedRun::open(&folder.path().join("gone")).unwrap_err();
        assert!(matches!(gone, ReportError::NotRead { .. }));
    }
}
