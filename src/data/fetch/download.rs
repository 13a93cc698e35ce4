//! Files of a set, one after the other.

use super::error::FetchError;
use super::file;
use super::patience::Patience;
use super::remote::RemoteFile;
use progress::Watch;
use std::path::{Path, PathBuf};

/// What a download did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Names of files that were there already, with the right checksum.
    pub kept: Vec<String>,
    /// Other files that had the names of those wanted, where they are now.
    pub replaced: Vec<PathBuf>,
    /// Names of files that were downloaded.
    pub downloaded: Vec<String>,
    /// Bytes that crossed the network.
    pub bytes: u64,
}

/// Downloads `wanted` into `dest` from `mirrors` in turn (base addresses; the file name is
/// appended). Each file is at its place only when its length and SHA-256 are right.
pub fn files(
    dest: &Path,
    wanted: &[RemoteFile],
    mirrors: &[String],
    patience: Patience,
    watch: &Watch,
) -> Result<Fetched, FetchError> {
    std::fs::create_dir_all(dest).map_err(|e| FetchError::disk(dest, "make the folder", e))?;
    let mut done = Fetched::default();
    for wanted in wanted {
        watch.check()?;
        if file::is_right(&dest.join(&wanted.name), wanted, watch)? {
            done.kept.push(wanted.name.clone());
            continue;
        }
        let downloaded = file::download(dest, wanted, mirrors, patience, watch)?;
        done.bytes += downloaded.bytes;
        done.replaced.extend(downloaded.replaced);
        done.downloaded.push(wanted.name.clone());
    }
    Ok(done)
}
