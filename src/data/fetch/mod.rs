//! Public datasets from the network: resumed, checked, and put in place whole or not at all.

mod error;
mod file;
mod patience;
mod transfer;

pub use error::FetchError;
pub use patience::Patience;

use super::mnist::{RemoteFile, mnist_files};
use progress::Watch;
use std::path::{Path, PathBuf};

/// Where MNIST is offered; the checksums decide, not the mirror.
pub const MNIST_MIRRORS: [&str; 2] = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

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

/// Downloads the four files of MNIST into `dest` (made when it is not there) from `mirrors` in
/// turn, or from [`MNIST_MIRRORS`] when that is empty. Stops within 0.3 s of a cancel; what has
/// arrived by then stays as `.part` and is continued next time.
pub fn mnist(dest: &Path, mirrors: &[String], watch: &Watch) -> Result<Fetched, FetchError> {
    let built_in = MNIST_MIRRORS.map(str::to_owned);
    let mirrors = if mirrors.is_empty() { &built_in[..] } else { mirrors };
    files(dest, &mnist_files(), mirrors, Patience::default(), watch)
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
