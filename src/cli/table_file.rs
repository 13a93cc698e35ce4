//! The file that the rows of a table are written to: its name says in which form.

use anyhow::{Result, bail};
use file::{OutputFile, Uses};
use std::path::Path;
use study::Study;

/// Opens the file that `--report` names, for a report that has no form but JSON.
///
/// # Errors
/// When its name is that of a table, it is in use, or cannot be written.
pub(super) fn json_file(path: Option<&Path>, uses: &mut Uses) -> Result<Option<OutputFile>> {
    let Some(path) = path else { return Ok(None) };
    let file = uses.writes("--report", path)?;
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        bail!("--report {}: this report is written as JSON; name a .json file", format::path(path));
    }
    Ok(Some(file))
}

/// Opens the file that an option names for a table that has no form but CSV.
///
/// # Errors
/// When its name ends otherwise, it is in use, or cannot be written.
pub(super) fn csv_file(
    option: &str,
    path: Option<&Path>,
    uses: &mut Uses,
) -> Result<Option<OutputFile>> {
    let Some(path) = path else { return Ok(None) };
    if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        bail!("{option} {}: this table is written as CSV; name a .csv file", format::path(path));
    }
    Ok(Some(uses.writes(option, path)?))
}

pub(super) struct TableFile {
    file: OutputFile,
    csv: bool,
}

impl TableFile {
    /// Opens the file that `--report` names.
    ///
    /// # Errors
    /// When its name ends otherwise than in `.csv` or `.json`, it is in use, or cannot be written.
    pub fn open(path: Option<&Path>, uses: &mut Uses) -> Result<Option<Self>> {
        let Some(path) = path else { return Ok(None) };
        let ends_in = |end: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
        let csv = ends_in("csv");
        if !csv && !ends_in("json") {
            bail!("--report {}: name a .csv or a .json file", format::path(path));
        }
        Ok(Some(Self { file: uses.writes("--report", path)?, csv }))
    }

    /// Writes the rows of a study.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn finish(self, study: &impl Study) -> Result<()> {
        let text = if self.csv { study.to_csv() } else { study.to_json() };
        Ok(self.file.finish(text.as_bytes())?)
    }
}
