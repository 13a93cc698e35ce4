//! Runs kept in a folder of the program, over restarts: a report each.

use report::{MOST_BYTES, Recording, RunReport, SavedRun, Summary};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs that are kept, and bytes of all of them: the oldest that is not pinned goes first.
pub const MOST_KEPT: usize = 20;
const MOST_KEPT_BYTES: u64 = MOST_BYTES;
/// Files that are listed: more stand there only when somebody else put them there.
const MOST_LISTED: usize = 3 * MOST_KEPT;

/// A kept run is the report `run-TIME.json`, one that is pinned `run-TIME-pinned.json`.
const BEFORE: &str = "run-";
const PINNED: &str = "-pinned";
const BEHIND: &str = ".json";

/// What is shown of a kept run before it is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptRun {
    /// Milliseconds from 1970 to its end, by which it is known.
    pub id: u64,
    /// It is the last to go.
    pub pinned: bool,
    /// Bytes of its file.
    pub bytes: u64,
    /// Its figures, or why its file cannot be read.
    pub summary: Result<Summary, String>,
}

/// The folder of kept runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    folder: PathBuf,
    /// Days that a run is kept for, pinned ones longer; without, as long as there is room.
    days: Option<u32>,
}

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// A file on the shelf.
struct Kept {
    id: u64,
    pinned: bool,
    bytes: u64,
    path: PathBuf,
}

impl Shelf {
    /// Runs in `folder`, which is made when the first is kept.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, days: None }
    }

    /// The same, with runs forgotten after so many days, where there is a number.
    pub fn for_days(self, days: Option<u32>) -> Self {
        Self { days, ..self }
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a run that ends now is known by.
    pub fn new_id() -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }

    /// The kept runs, the newest first, broken ones too; other files are passed over.
    pub fn list(&self) -> Vec<KeptRun> {
        let listed = self.files().into_iter().take(MOST_LISTED);
        listed
            .map(|kept| KeptRun {
                id: kept.id,
                pinned: kept.pinned,
                bytes: kept.bytes,
                summary: Summary::open(&kept.path).map_err(|error| {
                    // Where they lie is known.
                    let told = error.to_string();
                    let place = format!("{}: ", format::path(&kept.path));
                    told.strip_prefix(&place).unwrap_or(&told).to_owned()
                }),
            })
            .collect()
    }

    /// Keeps a run, and forgets others where there are too many.
    ///
    /// # Errors
    /// When nothing can be written to the folder, the run is too large, or pinned ones take all the room.
    pub fn keep(&self, id: u64, report: &RunReport, told: &Recording) -> Result<(), String> {
        let text = report.to_json(told).map_err(|e| format!("the run is not kept: {e}"))?;
        if text.len() as u64 > MOST_KEPT_BYTES {
            let most = format::bytes(MOST_KEPT_BYTES);
            return Err(format!(
                "the run is not kept: its report takes more than {most}; export it to keep it"
            ));
        }
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            let folder = format::path(&self.folder);
            format!("runs cannot be kept in {folder}: {}", format::one_line(&error))
        })?;
        let path = self.folder.join(format!("{BEFORE}{id}{BEHIND}"));
        file::write_whole(&path, text.as_bytes())
            .map_err(|error| format!("the run is not kept: {error}"))?;
        self.forget_oldest();
        match path.exists() {
            true => Ok(()),
            false => Err("the run is not kept: pinned runs take all the room; take a pin off, or forget some, in Kept runs".to_owned()),
        }
    }

    /// Reads a kept run.
    ///
    /// # Errors
    /// When it is gone, or cannot be read.
    pub fn open(&self, id: u64) -> Result<SavedRun, String> {
        SavedRun::open(&self.path(id)?).map_err(|error| error.to_string())
    }

    /// The file of a kept run, as it is.
    ///
    /// # Errors
    /// When it is gone, or cannot be read.
    pub fn bytes(&self, id: u64) -> Result<Vec<u8>, String> {
        let path = self.path(id)?;
        std::fs::read(&path)
            .map_err(|error| format!("{}: {}", format::path(&path), format::one_line(&error)))
    }

    /// Marks a run as one that goes last, or takes the mark off; one that is gone already stays so.
    ///
    /// # Errors
    /// When its file cannot be renamed.
    pub fn pin(&self, id: u64, pinned: bool) -> Result<(), String> {
        let Ok(path) = self.path(id) else { return Ok(()) };
        let mark = if pinned { PINNED } else { "" };
        std::fs::rename(&path, self.folder.join(format!("{BEFORE}{id}{mark}{BEHIND}"))).map_err(
            |error| {
                let path = format::path(&path);
                format!("{path} cannot be renamed: {}", format::one_line(&error))
            },
        )
    }

    /// Forgets a run; one that is gone already is forgotten too.
    pub fn forget(&self, id: u64) {
        if let Ok(path) = self.path(id) {
            std::fs::remove_file(path).ok();
        }
    }

    /// Forgets all.
    pub fn forget_all(&self) {
        for kept in self.files() {
            std::fs::remove_file(kept.path).ok();
        }
    }

    /// Forgets what is older than runs are kept for; `now` in milliseconds from 1970. Pinned ones stay.
    pub fn forget_old(&self, now: u64) {
        let Some(days) = self.days else { return };
        let since = now.saturating_sub(u64::from(days) * DAY);
        for kept in self.files().into_iter().filter(|kept| !kept.pinned && kept.id < since) {
            std::fs::remove_file(kept.path).ok();
        }
    }

    fn forget_oldest(&self) {
        let mut files = self.files();
        // The newest stay first as they are.
        files.sort_by_key(|kept| !kept.pinned);
        let mut sum = 0;
        let mut count = 0;
        for kept in files {
            if count < MOST_KEPT && sum + kept.bytes <= MOST_KEPT_BYTES {
                sum += kept.bytes;
                count += 1;
            } else {
                std::fs::remove_file(kept.path).ok();
            }
        }
    }

    fn path(&self, id: u64) -> Result<PathBuf, String> {
        let found = self.files().into_iter().find(|kept| kept.id == id);
        found.map(|kept| kept.path).ok_or_else(|| "the kept run is gone".to_owned())
    }

    /// All files of kept runs, the newest first; links and folders are none.
    fn files(&self) -> Vec<Kept> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let of = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let name = name.strip_prefix(BEFORE)?.strip_suffix(BEHIND)?;
            let (id, pinned) = match name.strip_suffix(PINNED) {
                Some(id) => (id, true),
                None => (name, false),
            };
            let known = entry.metadata().ok()?;
            let file =
                Kept { id: id.parse().ok()?, pinned, bytes: known.len(), path: entry.path() };
            known.is_file().then_some(file)
        };
        let mut files: Vec<_> = entries.filter_map(of).collect();
        files.sort_unstable_by_key(|kept| std::cmp::Reverse((kept.id, kept.pinned)));
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str) -> RunReport {
        let mut report = RunReport { scenario: name.to_owned(), images: 4, ..RunReport::default() };
        report.scheme.kind = "bgv".to_owned();
        (report.encrypted.accuracy, report.encrypted.total_secs) = (0.75, 2.5);
        (report.bytes.upload, report.bytes.download) = (700, 50);
        report
    }

    fn ids(shelf: &Shelf) -> Vec<u64> {
        shelf.list().iter().map(|kept| kept.id).collect()
    }

    #[test]
    fn runs_are_kept_for_so_many_days_and_pinned_ones_longer() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("runs"));
        // The ends of 1, 2, 3 and 4 December 2025, UTC.
        let day = |number: u64| 1_764_547_200_000 + number * 86_400_000;
        for number in 1..=4 {
            shelf.keep(day(number), &report("r"), &Recording::default()).unwrap();
        }
        shelf.pin(day(1), true).unwrap();
        shelf.forget_old(day(5));
        assert_eq!(ids(&shelf).len(), 4, "nobody said for how long");
        shelf.clone().for_days(Some(2)).forget_old(day(5));
        assert_eq!(ids(&shelf), [day(4), day(3), day(1)]);
    }

    #[test]
    fn the_newest_runs_are_kept_and_what_is_none_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("runs"));
        assert!(shelf.list().is_empty());
        for id in 1..=23 {
            shelf.keep(id, &report(&id.to_string()), &Recording::default()).unwrap();
        }
        assert_eq!(ids(&shelf), (4..=23).rev().collect::<Vec<_>>());
        let kept = &shelf.list()[0];
        let summary = kept.summary.as_ref().unwrap();
        assert_eq!((summary.scenario.as_str(), summary.images), ("23", 4));
        assert_eq!((summary.scheme.kind.as_str(), summary.encrypted.accuracy), ("bgv", 0.75));
        assert_eq!((summary.encrypted.total_secs, summary.bytes.download), (2.5, 50));
        assert_eq!(kept.bytes, shelf.bytes(23).unwrap().len() as u64);
        let other = shelf.folder().join("run-notes.json");
        std::fs::write(&other, "x").unwrap();
        shelf.forget(23);
        shelf.forget(23);
        assert_eq!(ids(&shelf), (4..=22).rev().collect::<Vec<_>>());
        shelf.forget_all();
        assert!(shelf.list().is_empty() && other.exists());
    }

    #[test]
    fn pinned_runs_go_last() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        let keep = |id| shelf.keep(id, &report("one"), &Recording::default());
        (1..=20).for_each(|id| keep(id).unwrap());
        shelf.pin(1, true).unwrap();
        shelf.pin(3, true).unwrap();
        shelf.pin(99, true).unwrap();
        (21..=23).for_each(|id| keep(id).unwrap());
        let mut left = vec![1, 3];
        left.extend(6..=23);
        left.reverse();
        assert_eq!(ids(&shelf), left, "2, 4 and 5 went");
        assert_eq!(shelf.open(3).unwrap().report.scenario, "one");
        shelf.pin(1, false).unwrap();
        keep(24).unwrap();
        assert!(!ids(&shelf).contains(&1) && ids(&shelf).contains(&3));
        left.iter().skip(1).for_each(|id| shelf.pin(*id, true).unwrap());
        shelf.pin(24, true).unwrap();
        shelf.pin(23, true).unwrap();
        let refused = keep(25).unwrap_err();
        assert!(refused.contains("pinned runs take all the room"), "{refused}");
    }

    #[test]
    fn large_runs_push_out_older_ones() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        // Sparse: they take no room on the disk.
        for id in [1, 2] {
            let file = std::fs::File::create(folder.path().join(format!("run-{id}.json")));
            file.unwrap().set_len(40 << 20).unwrap();
        }
        shelf.keep(3, &report("new"), &Recording::default()).unwrap();
        let left: Vec<u64> = shelf.files().iter().map(|kept| kept.id).collect();
        assert_eq!(left, [3, 2], "the oldest went");
    }

    #[test]
    fn broken_files_are_listed_with_the_reason_and_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().to_owned());
        shelf.keep(9, &report("whole"), &Recording::default()).unwrap();
        let whole = String::from_utf8(shelf.bytes(9).unwrap()).unwrap();
        let newer = whole.replace("\"schema_version\": 0", "\"schema_version\": 99");
        let cases = [
            (1, &whole[..whole.len() / 2], "cut short"),
            (2, "{\"name\": \"digits\"}", "no report of a run"),
            (3, newer.as_str(), "a newer CryptoScope wrote"),
            (4, "", "there is nothing in it"),
        ];
        for (id, text, _) in cases {
            std::fs::write(folder.path().join(format!("run-{id}.json")), text).unwrap();
        }
        let kept = shelf.list();
        assert_eq!(kept.len(), 5);
        for (id, _, told) in cases {
            let broken = kept.iter().find(|kept| kept.id == id).unwrap();
            let reason = broken.summary.as_ref().unwrap_err();
            assert!(reason.contains(told) && !reason.contains('\n'), "{reason}");
            assert!(shelf.open(id).unwrap_err().contains(told));
            shelf.forget(id);
        }
        assert_eq!(ids(&shelf), [9]);
    }
}
