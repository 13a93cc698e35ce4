//! A result file: opened before the work, so that a bad path fails early, and put in place whole.

use anyhow::{Context, Result, bail};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where a result will be written.
pub(super) struct OutputFile {
    file: File,
    place: PathBuf,
    /// The file written to until it is whole; `None` for a device or pipe, written to directly.
    part: Option<PathBuf>,
}

impl OutputFile {
    /// Opens a new file beside `place`; what is at `place` stays until [`OutputFile::finish`].
    pub fn open(place: &Path) -> Result<Self> {
        let shown = place.display();
        match std::fs::metadata(place) {
            Ok(meta) if meta.is_dir() => bail!("{shown}: is a folder; name a file in it"),
            Ok(meta) if !meta.is_file() => {
                let file = OpenOptions::new().write(true).open(place);
                let file = file.with_context(|| format!("{shown}: cannot be written"))?;
                return Ok(Self { file, place: place.to_owned(), part: None });
            }
            _ => {}
        }
        // A link stays a link: its target is what is replaced.
        let place = std::fs::canonicalize(place).unwrap_or_else(|_| place.to_owned());
        let Some(name) = place.file_name() else { bail!("{shown}: names no file") };
        let part = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let part = place.with_file_name(part);
        let file = File::create(&part).with_context(|| format!("{shown}: cannot be written"))?;
        Ok(Self { file, place, part: Some(part) })
    }

    /// Writes `bytes`, flushes them to disk, and only then replaces what was at the place.
    pub fn finish(mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| match &self.part {
            Some(part) => self.file.sync_all().and_then(|()| std::fs::rename(part, &self.place)),
            None => Ok(()),
        });
        written.with_context(|| format!("{}: cannot be written", self.place.display()))?;
        self.part = None;
        Ok(())
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // Nothing to tell: the file is only litter.
            std::fs::remove_file(part).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_given_up_leaves_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("r.json");
        std::fs::write(&place, "old").unwrap();
        drop(OutputFile::open(&place).unwrap());
        assert_eq!(std::fs::read(&place).unwrap(), b"old");
        OutputFile::open(&place).unwrap().finish(b"new").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["r.json"]);
    }

    #[test]
    fn a_bad_place_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        assert!(OutputFile::open(dir.path()).is_err());
        assert!(OutputFile::open(&dir.path().join("no/such/r.json")).is_err());
    }
}
