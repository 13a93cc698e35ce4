//! The folder in which downloaded datasets are kept when no other is named.

use std::path::PathBuf;

/// `cryptoscope` in the folder that the system gives to data of a user's programs, by its
/// environment variables; `None` where there are none.
pub fn default_data_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("cryptoscope"))
}
