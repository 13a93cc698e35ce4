//! Several arrays of NumPy in one file: the `.npz` format, a ZIP archive with an `.npy` for each.

use super::array::Array;
use crate::regular::open_regular;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use zip::ZipArchive;

/// Most files in one archive.
const MAX_FILES: usize = 4096;
/// Most bytes that all arrays take when they are unpacked.
const MAX_BYTES: u64 = 1 << 32;

/// An open archive.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
}

impl Archive {
    /// Opens an archive; nothing is unpacked yet.
    ///
    /// # Errors
    /// In one line, without the file's name.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = open_regular(path).map_err(|e| format!("cannot open: {e}"))?;
        let zip = ZipArchive::new(BufReader::new(file))
            .map_err(|e| format!("a ZIP archive or spreadsheet that cannot be read ({e}); copy it again, or export a spreadsheet as CSV"))?;
        if zip.len() > MAX_FILES {
            return Err(format!("{} files in it; at most {MAX_FILES} are read", zip.len()));
        }
        Ok(Self { zip })
    }

    /// The names of its arrays, without `.npy`.
    pub fn names(&self) -> Vec<String> {
        let names = self.zip.file_names().filter_map(Result::ok);
        names.filter_map(|n| n.strip_suffix(".npy").map(str::to_owned)).collect()
    }

    /// Unpacks and reads an array.
    ///
    /// # Errors
    /// In one line, without the file's name.
    pub fn array(&mut self, name: &str) -> Result<Array, String> {
        let broken = |e: &dyn std::fmt::Display| format!("array {name}: {e}");
        let mut entry = self.zip.by_name(&format!("{name}.npy")).map_err(|e| broken(&e))?;
        if entry.size() > MAX_BYTES {
            return Err(broken(&format!(
                "{} bytes when unpacked; at most {MAX_BYTES} are read",
                entry.size()
            )));
        }
        Array::read(&mut entry).map_err(|e| broken(&e))
    }
}
