//! The arrays of a set, read one at a time.

use super::archive::Archive;
use super::array::Array;
use crate::regular::open_regular;
use format::path as shown;
use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::PathBuf;

/// Where arrays come from.
pub(super) enum Arrays {
    Archive(Box<Archive>),
    /// Paths by names.
    Files(BTreeMap<String, PathBuf>),
}

impl Arrays {
    /// Reads the array `name`.
    ///
    /// # Errors
    /// In one line, with the name of the array or its file.
    pub fn read(&mut self, name: &str) -> Result<Array, String> {
        match self {
            Self::Archive(archive) => archive.array(name),
            Self::Files(files) => {
                let path = files.get(name).ok_or_else(|| format!("no array {name}"))?;
                let fail = |e: String| format!("{}: {e}", shown(path));
                let file = open_regular(path).map_err(|e| fail(format!("cannot open: {e}")))?;
                Array::read(&mut BufReader::new(file)).map_err(fail)
            }
        }
    }
}
