//! Runs kept in a folder of the program, over restarts: read and written by background jobs.

use super::board::Outlet;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use report::{MOST_BYTES, Recording, RunReport};
use scenario::RunError;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Runs that are kept, and bytes of all of them: the oldest go first.
pub const MOST_KEPT: usize = 20;
const MOST_KEPT_BYTES: u64 = MOST_BYTES;

/// A kept run is the report `run-TIME.json`, the milliseconds since 1970 in its name.
const BEFORE: &str = "run-";
const BEHIND: &str = ".json";

/// What is shown of a kept run before it is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptRun {
    pub file: PathBuf,
    pub at: SystemTime,
    pub bytes: u64,
    pub summary: Summary,
}

/// What a report says first: the rest is not read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Summary {
    pub scenario: String,
    pub images: usize,
    pub scheme: SchemeKept,
    pub encrypted: EncryptedKept,
}

/// The scheme of a kept run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SchemeKept {
    pub kind: String,
}

/// Answers and time of a kept run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EncryptedKept {
    #[serde(with = "format::number::known")]
    pub accuracy: f64,
    pub agreement: f64,
    pub wrong_outputs: u64,
    pub total_secs: f64,
}

/// The folder of kept runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// Runs in `folder`, which is made when the first is kept.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The kept runs, the newest first. Files that are none are passed over.
    pub fn list(&self) -> Vec<KeptRun> {
        let of = |(at, bytes, file): (u64, u64, PathBuf)| {
            let summary = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
            Some(KeptRun { file, at: UNIX_EPOCH + Duration::from_millis(at), bytes, summary })
        };
        self.files().into_iter().take(MOST_KEPT).filter_map(of).collect()
    }

    /// Keeps a run, and forgets the oldest where there are too many.
    ///
    /// # Errors
    /// When nothing can be written to the folder.
    pub fn keep(&self, report: &RunReport, told: &Recording) -> Result<(), String> {
        let text = report.to_json(Some(told)).map_err(|e| format!("a run cannot be kept: {e}"))?;
        if text.len() as u64 > MOST_KEPT_BYTES {
            return Err("a run is not kept: its report takes more than 64 MiB".to_owned());
        }
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            format!(
                "runs cannot be kept in {}: {}",
                format::path(&self.folder),
                format::one_line(&error)
            )
        })?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut at = now.as_millis() as u64;
        while self.path(at).exists() {
            at += 1;
        }
        file::write_whole(&self.path(at), text.as_bytes())
            .map_err(|error| format!("a run is not kept: {error}"))?;
        self.forget_oldest();
        Ok(())
    }

    /// Forgets a run of the list.
    pub fn forget(&self, file: &Path) {
        if self.files().iter().any(|(_, _, known)| known == file) {
            // One that is gone already is forgotten too.
            std::fs::remove_file(file).ok();
        }
    }

    /// Forgets all.
    pub fn forget_all(&self) {
        for (_, _, file) in self.files() {
            std::fs::remove_file(file).ok();
        }
    }

    fn forget_oldest(&self) {
        let mut sum = 0;
        for (place, (_, bytes, file)) in self.files().into_iter().enumerate() {
            sum += bytes;
            if place >= MOST_KEPT || sum > MOST_KEPT_BYTES {
                std::fs::remove_file(file).ok();
            }
        }
    }

    fn path(&self, at: u64) -> PathBuf {
        self.folder.join(format!("{BEFORE}{at}{BEHIND}"))
    }

    /// Time, size and path of every kept run, the newest first; links and what is too large are none.
    fn files(&self) -> Vec<(u64, u64, PathBuf)> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let of = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let at = name.strip_prefix(BEFORE)?.strip_suffix(BEHIND)?.parse().ok()?;
            let known = entry.metadata().ok()?;
            let fits = known.is_file() && known.len() <= MOST_BYTES;
            fits.then(|| (at, known.len(), entry.path()))
        };
        let mut files: Vec<_> = entries.filter_map(of).collect();
        files.sort_unstable_by(|a, b| b.cmp(a));
        files
    }
}

type Out<'a> = &'a Outlet<Update>;

impl Worker {
    /// Lists the kept runs, after what else was asked of them.
    pub fn list_kept(&mut self, shelf: Shelf) {
        self.of_kept(move |_: Out<'_>| Ok(shelf.list()));
    }

    /// Keeps a run.
    pub fn keep_run(&mut self, shelf: Shelf, report: RunReport, told: Arc<Recording>) {
        self.of_kept(move |_: Out<'_>| {
            shelf.keep(&report, &told).map_err(RunError::Refused)?;
            Ok(shelf.list())
        });
    }

    /// Forgets a kept run, or all.
    pub fn forget_kept(&mut self, shelf: Shelf, file: Option<PathBuf>) {
        self.of_kept(move |_: Out<'_>| {
            match &file {
                Some(file) => shelf.forget(file),
                None => shelf.forget_all(),
            }
            Ok(shelf.list())
        });
    }

    fn of_kept(
        &mut self,
        work: impl FnOnce(Out<'_>) -> Result<Vec<KeptRun>, RunError> + Send + 'static,
    ) {
        // All of them are done, one after the other.
        self.jobs.start(Key::Kept, work, Update::KeptRuns).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str) -> RunReport {
        let mut report = RunReport { scenario: name.to_owned(), images: 4, ..RunReport::default() };
        report.scheme.kind = "bgv".to_owned();
        (report.encrypted.accuracy, report.encrypted.total_secs) = (0.75, 2.5);
        report
    }

    #[test]
    fn the_newest_runs_are_kept_and_what_is_none_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("runs"));
        assert!(shelf.list().is_empty());
        for at in 0..MOST_KEPT + 3 {
            shelf.keep(&report(&at.to_string()), &Recording::default()).unwrap();
        }
        let other = shelf.folder().join("run-notes.json");
        let broken = shelf.path(1);
        std::fs::write(&other, "x").unwrap();
        std::fs::write(&broken, "{").unwrap();
        let kept = shelf.list();
        let names: Vec<usize> = kept.iter().map(|k| k.summary.scenario.parse().unwrap()).collect();
        assert_eq!(names, (3..MOST_KEPT + 3).rev().collect::<Vec<_>>());
        let first = &kept[0].summary;
        assert_eq!((first.scheme.kind.as_str(), first.encrypted.accuracy), ("bgv", 0.75));
        shelf.forget(&kept[0].file);
        shelf.forget(&other);
        assert_eq!(shelf.list().len(), MOST_KEPT - 1);
        shelf.forget_all();
        assert!(shelf.list().is_empty() && other.exists());
    }

    #[test]
    fn large_runs_push_out_older_ones() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        let large = vec![b' '; 40 << 20];
        for at in [1, 2] {
            std::fs::write(shelf.path(at), &large).unwrap();
        }
        shelf.keep(&report("new"), &Recording::default()).unwrap();
        let left: Vec<u64> = shelf.files().iter().map(|(at, ..)| *at).collect();
        assert_eq!(left.len(), 2);
        assert_eq!(left[1], 2, "the oldest went");
    }
}
