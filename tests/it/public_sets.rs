//! The larger public sets. Tests that need them are ignored; `.ci/run` insists on them.

use std::path::PathBuf;

/// The folder that `CRYPTOSCOPE_DATA` names.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("CRYPTOSCOPE_DATA").map(PathBuf::from);
    let folder = folder.expect("CRYPTOSCOPE_DATA names the folder of the public sets");
    assert!(folder.is_dir(), "CRYPTOSCOPE_DATA is {}: no folder", folder.display());
    folder
}
