//! Where things outside the program are looked for.

use std::path::PathBuf;

/// Where things outside the program are looked for.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Folder of the larger public datasets (`--data`, `CRYPTOSCOPE_DATA`).
    pub data_dir: Option<PathBuf>,
}
