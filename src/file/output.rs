//! A result file: opened before the work, so that a bad path fails early, and put in place whole.

use super::unfinished;
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Links that are followed one after another, as the system does.
const MAX_LINKS: usize = 40;
/// Letters of a file's name that the name of its unfinished file repeats; names have at most 255 bytes.
const MAX_NAME: usize = 40;

/// Numbers the unfinished files of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Why a result cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("{path}: is a folder; name a file in it")]
    Folder { path: String },
    #[error("{path}: is a device or a pipe; name a file")]
    Special { path: String },
    #[error("{path}: names no file")]
    Nameless { path: String },
    #[error("{path}: cannot be written: there is no folder {folder}; make it first")]
    NoFolder { path: String, folder: String },
    #[error("{path}: cannot be written: the file is write-protected; name another one")]
    Protected { path: String },
    #[error("{path}: cannot be written: {cause}; name a file in a folder where you may write")]
    Io { path: String, cause: String },
    #[error("{role} {path} is {other}, which is in use here; nothing was done; name another file")]
    InUse { role: String, path: String, other: String },
}

/// Where a result will be written.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    /// The path as it was given, fit to be shown.
    shown: String,
    place: PathBuf,
    /// The file written to until it is whole; `None` when it is in place.
    part: Option<PathBuf>,
}

impl OutputFile {
    /// Opens a new file beside `place`; what is at `place` stays until [`OutputFile::finish`]. Links
    /// stay links: what they lead to is replaced, or made where there is nothing yet.
    ///
    /// # Errors
    /// When `place` is no regular file, write-protected, or its folder cannot be written to.
    pub fn open(place: &Path) -> Result<Self, OutputError> {
        let (place, old) = target(place)?;
        Self::beside(place, old)
    }

    /// Opens the file beside `target`, which takes the access rights of `old`.
    pub(super) fn beside(target: Target, old: Option<Metadata>) -> Result<Self, OutputError> {
        let Target { shown, place } = target;
        let (file, part) = create(&place).map_err(|e| no_folder_or(&shown, &place, &e))?;
        let this = Self { file, shown, place, part: Some(part) };
        if let Some(old) = old {
            this.keep(old.permissions())?;
        }
        Ok(this)
    }

    /// The same for what nobody else may read.
    ///
    /// # Errors
    /// When the access rights cannot be set.
    pub fn private(self) -> Result<Self, OutputError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            self.keep(Permissions::from_mode(0o600))?;
        }
        Ok(self)
    }

    /// Writes a part; more may follow, the last with [`OutputFile::finish`].
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(|e| io(&self.shown, &e))
    }

    fn keep(&self, permissions: Permissions) -> Result<(), OutputError> {
        self.file.set_permissions(permissions).map_err(|e| io(&self.shown, &e))
    }

    /// Writes `bytes`, flushes them to disk, and only then replaces what was at the place.
    ///
    /// # Errors
    /// When the disk is full or fails; what was at the place is still there then.
    pub fn finish(mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        let written = written.and_then(|()| std::fs::rename(&part, &self.place));
        if written.is_err() {
            std::fs::remove_file(&part).ok();
        }
        unfinished::forget(&part);
        written.map_err(|e| io(&self.shown, &e))?;
        // The rename itself is durable once the folder is flushed; not every system can.
        if let Some(Ok(folder)) = self.place.parent().map(File::open) {
            folder.sync_all().ok();
        }
        Ok(())
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // Nothing to tell: the file is only litter.
            std::fs::remove_file(part).ok();
            unfinished::forget(part);
        }
    }
}

/// Writes a whole file at once.
///
/// # Errors
/// As [`OutputFile::open`] and [`OutputFile::finish`].
pub fn write_whole(place: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    OutputFile::open(place)?.finish(bytes)
}

/// A place that results may be put at.
#[derive(Debug)]
pub(super) struct Target {
    pub shown: String,
    /// The file that is replaced or made: no link, in a folder that is written out.
    pub place: PathBuf,
}

/// The place that `path` leads to, and what is there now.
pub(super) fn target(path: &Path) -> Result<(Target, Option<Metadata>), OutputError> {
    let shown = format::path(path);
    let closed = path.as_os_str().as_encoded_bytes().last() == Some(&b'/');
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(OutputError::Folder { path: shown }),
        Ok(meta) if !meta.is_file() => Err(OutputError::Special { path: shown }),
        Ok(meta) if meta.permissions().readonly() => Err(OutputError::Protected { path: shown }),
        Ok(meta) => {
            let place = std::fs::canonicalize(path).map_err(|e| io(&shown, &e))?;
            Ok((Target { shown, place }, Some(meta)))
        }
        Err(e) if e.kind() == ErrorKind::NotFound && closed => {
            Err(OutputError::Folder { path: shown })
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let place = followed(path, &shown)?;
            Ok((Target { shown, place }, None))
        }
        Err(e) => Err(io(&shown, &e)),
    }
}

/// The file that is made when `path`, which leads to nothing, is written to.
fn followed(path: &Path, shown: &str) -> Result<PathBuf, OutputError> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = std::fs::read_link(&at) else {
            let Some(name) = at.file_name() else {
                return Err(OutputError::Nameless { path: shown.to_owned() });
            };
            let folder = match at.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let whole = std::fs::canonicalize(folder).map_err(|e| no_folder_or(shown, &at, &e))?;
            return Ok(whole.join(name));
        };
        at = at.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io(shown, &Error::other("its links lead in a circle")))
}

/// Makes a new file of its own beside `place`.
fn create(place: &Path) -> std::io::Result<(File, PathBuf)> {
    let name = place.file_name().unwrap_or(OsStr::new("result")).to_string_lossy();
    let name: String = name.chars().take(MAX_NAME).collect();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let part = format!(".{name}.{}-{number}.part", std::process::id());
        let part = place.with_file_name(part);
        // Noted before it is there: a signal in between must find it.
        unfinished::note(&part);
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Ok(file) => return Ok((file, part)),
            Err(error) => {
                unfinished::forget(&part);
                if error.kind() != ErrorKind::AlreadyExists {
                    return Err(error);
                }
            }
        }
    }
}

fn no_folder_or(shown: &str, place: &Path, error: &Error) -> OutputError {
    match place.parent() {
        Some(folder) if error.kind() == ErrorKind::NotFound && !folder.is_dir() => {
            OutputError::NoFolder { path: shown.to_owned(), folder: format::path(folder) }
        }
        _ => io(shown, error),
    }
}

pub(super) fn io(shown: &str, error: &Error) -> OutputError {
    OutputError::Io { path: shown.to_owned(), cause: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_given_up_leaves_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("r.json");
        std::fs::write(&place, "old").unwrap();
        drop(OutputFile::open(&place).unwrap());
        assert_eq!(std::fs::read(&place).unwrap(), b"old");
        write_whole(&place, b"new").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["r.json"]);
    }

    #[test]
    fn a_bad_place_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let told = |path: &Path| OutputFile::open(path).unwrap_err().to_string();
        assert!(told(dir.path()).contains("is a folder"));
        assert!(told(&dir.path().join("new/")).contains("is a folder"));
        assert!(told(&dir.path().join("..")).contains("is a folder"));
        assert!(told(&dir.path().join("no/such/r.json")).contains("there is no folder"));
        assert!(told(Path::new("")).contains("names no file"));
        let locked = dir.path().join("locked");
        std::fs::write(&locked, "old").unwrap();
        let mut rights = std::fs::metadata(&locked).unwrap().permissions();
        rights.set_readonly(true);
        std::fs::set_permissions(&locked, rights).unwrap();
        assert!(told(&locked).contains("write-protected"));
        assert_eq!(names(dir.path()), ["locked"]);
    }

    #[test]
    fn two_files_for_one_place_do_not_meet() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("r");
        let (first, second) =
            (OutputFile::open(&place).unwrap(), OutputFile::open(&place).unwrap());
        first.finish(b"first").unwrap();
        second.finish(b"second").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"second");
    }

    #[test]
    fn names_of_full_length_are_written() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("x".repeat(255));
        write_whole(&place, b"new").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
    }

    #[cfg(unix)]
    mod unix {
        use super::*;
        use std::os::unix::fs::{PermissionsExt, symlink};

        #[test]
        fn links_stay_links() {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join("far")).unwrap();
            let (first, second) = (dir.path().join("first"), dir.path().join("second"));
            symlink("second", &first).unwrap();
            symlink("far/made", &second).unwrap();
            for text in ["made", "replaced"] {
                write_whole(&first, text.as_bytes()).unwrap();
                assert_eq!(std::fs::read_to_string(dir.path().join("far/made")).unwrap(), text);
            }
            assert!(std::fs::symlink_metadata(&first).unwrap().is_symlink());
            assert!(std::fs::symlink_metadata(&second).unwrap().is_symlink());
            assert_eq!(names(&dir.path().join("far")), ["made"]);
        }

        #[test]
        fn links_in_a_circle_and_special_files_are_refused() {
            let dir = tempfile::tempdir().unwrap();
            let (a, b) = (dir.path().join("a"), dir.path().join("b"));
            symlink(&b, &a).unwrap();
            symlink(&a, &b).unwrap();
            assert!(OutputFile::open(&a).is_err());
            let device = OutputFile::open(Path::new("/dev/null")).unwrap_err().to_string();
            assert!(device.contains("device or a pipe"), "{device}");
            let dangling = dir.path().join("dangling");
            symlink("no/such/file", &dangling).unwrap();
            let told = OutputFile::open(&dangling).unwrap_err().to_string();
            assert!(told.contains("dangling") && told.contains("there is no folder"), "{told}");
        }

        #[test]
        fn access_rights_are_kept() {
            let dir = tempfile::tempdir().unwrap();
            let place = dir.path().join("r");
            std::fs::write(&place, "old").unwrap();
            std::fs::set_permissions(&place, Permissions::from_mode(0o640)).unwrap();
            write_whole(&place, b"new").unwrap();
            assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o640);
        }
    }
}
