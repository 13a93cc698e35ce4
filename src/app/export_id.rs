//! What names an export.

/// An export of the table, named by the end of its files: `-report.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExportId(pub &'static str);

impl ExportId {
    /// The ending of its files, without the dot.
    pub fn ending(self) -> &'static str {
        self.0.rsplit('.').next().unwrap_or(self.0)
    }
}
