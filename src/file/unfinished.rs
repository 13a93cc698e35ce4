//! Which files are being written, so that a process that is ended can take away what is not whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn all() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn note(path: &Path) {
    all().insert(path.to_owned());
}

pub(super) fn forget(path: &Path) {
    all().remove(path);
}

/// Removes every file of this process that is not whole yet. For the moment before the process ends:
/// what is written afterwards fails to be put in place.
pub fn remove_unfinished() {
    for path in std::mem::take(&mut *all()) {
        // Nobody is left to tell.
        std::fs::remove_file(path).ok();
    }
}
