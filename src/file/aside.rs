//! Files of the program's own, which go with the process that made them.

use std::fs::File;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

/// What folders of such files are called, before the number of their process.
const PREFIX: &str = "cryptoscope-aside-";

/// The file in such a folder that its process holds a lock on: no process, no lock, however it ended.
const LOCK: &str = "lock";

/// Folders that a process tries to make before it gives up.
const TRIES: u32 = 16;

/// A folder of this process among the temporary files. It is removed when this is dropped, or by
/// [`remove_abandoned`] of another process when this one was killed.
#[derive(Debug)]
pub struct Aside {
    folder: PathBuf,
    /// Kept open for its lock.
    lock: Option<File>,
    files: usize,
}

impl Aside {
    /// An empty folder.
    ///
    /// # Errors
    /// When none can be made where temporary files are.
    pub fn new() -> Result<Self> {
        Self::under(&std::env::temp_dir())
    }

    fn under(root: &Path) -> Result<Self> {
        let process = std::process::id();
        for number in 0..TRIES {
            let folder = root.join(format!("{PREFIX}{process}-{number}"));
            match make_own(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let lock = File::create_new(folder.join(LOCK))?;
            // Another process may have taken it for abandoned in between.
            if lock.try_lock().is_ok() && folder.join(LOCK).exists() {
                return Ok(Self { folder, lock: Some(lock), files: 0 });
            }
            std::fs::remove_dir_all(&folder).ok();
        }
        Err(Error::other("no folder of its own can be made"))
    }

    /// A path in the folder that no file has yet; it ends with `name`.
    pub fn path(&mut self, name: &str) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("{}-{name}", self.files))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Where open files are not removed.
        drop(self.lock.take());
        // Nobody is left to tell; what stays is removed next time.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// Makes a folder that only this user can read.
fn make_own(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes the folders of processes that ended without doing so.
pub fn remove_abandoned() {
    remove_abandoned_under(&std::env::temp_dir());
}

fn remove_abandoned_under(root: &Path) {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    for entry in entries.filter(|e| e.file_name().to_string_lossy().starts_with(PREFIX)) {
        // No link is followed; of other users nothing can be opened.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_with_their_process_or_after_it() {
        let root = tempfile::tempdir().unwrap();
        let mut alive = Aside::under(root.path()).unwrap();
        let paths = [alive.path("a.bin"), alive.path("a.bin")];
        assert_ne!(paths[0], paths[1]);
        paths.iter().for_each(|path| std::fs::write(path, "x").unwrap());
        // As a process leaves it that was killed: nobody holds its lock.
        let dead = root.path().join(format!("{PREFIX}1-0"));
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join(LOCK), "").unwrap();
        std::fs::write(dead.join("1-m.safetensors"), "x").unwrap();
        // None of this program's, and one that is only being made.
        let others = ["other", "cryptoscope-aside-2-0"].map(|name| root.path().join(name));
        others.iter().for_each(|path| std::fs::create_dir(path).unwrap());
        remove_abandoned_under(root.path());
        assert!(!dead.exists() && others.iter().chain(&paths).all(|path| path.exists()));
        drop(alive);
        assert!(!paths[0].exists() && others.iter().all(|path| path.exists()));
    }
}
