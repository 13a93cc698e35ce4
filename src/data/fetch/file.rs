//! One file: a `.part` beside its place, continued where it stopped, checked, then renamed.

use super::error::FetchError;
use super::patience::Patience;
use super::remote::RemoteFile;
use super::transfer::{Broken, Transfer};
use progress::Watch;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Tries at one mirror while each of them brings something new.
const TRIES_PER_MIRROR: usize = 4;

/// Whether the file at `path` has the length and checksum of `wanted`.
pub(super) fn is_right(
    path: &Path,
    wanted: &RemoteFile,
    watch: &Watch,
) -> Result<bool, FetchError> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() == wanted.bytes => {}
        Ok(meta) if meta.is_dir() => {
            let busy = std::io::Error::from(std::io::ErrorKind::IsADirectory);
            return Err(FetchError::disk(path, "put the file there", busy));
        }
        Ok(_) => return Ok(false),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(FetchError::disk(path, "look at it", e)),
    }
    let mut file = File::open(path).map_err(|e| FetchError::disk(path, "open it", e))?;
    let mut hash = Sha256::new();
    absorb(&mut file, path, &mut hash, watch)?;
    Ok(hex(hash) == wanted.sha256)
}

/// Hashes from the file's position to its end; gives the bytes hashed.
fn absorb(
    file: &mut File,
    path: &Path,
    hash: &mut Sha256,
    watch: &Watch,
) -> Result<u64, FetchError> {
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        watch.check()?;
        let read = file.read(&mut buffer).map_err(|e| FetchError::disk(path, "read it", e))?;
        if read == 0 {
            return Ok(total);
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        total += read as u64;
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file on its way.
struct Part<'a> {
    wanted: &'a RemoteFile,
    path: PathBuf,
    file: File,
    hash: Sha256,
    /// Bytes on disk and in `hash`.
    len: u64,
    /// Bytes that came over the network.
    received: u64,
    watch: &'a Watch<'a>,
}

/// How a try ended that stopped for no fault of the disk and no cancel.
enum Outcome {
    Complete,
    Failed(String),
}

/// What the download of one file did.
pub(super) struct Downloaded {
    /// Bytes that crossed the network.
    pub bytes: u64,
    /// Where another file of the same name is now.
    pub replaced: Option<PathBuf>,
}

/// Downloads one file.
pub(super) fn download(
    dest: &Path,
    wanted: &RemoteFile,
    mirrors: &[String],
    patience: Patience,
    watch: &Watch,
) -> Result<Downloaded, FetchError> {
    let mut part = Part::open(dest, wanted, watch)?;
    if part.len == wanted.bytes && hex(part.hash.clone()) == wanted.sha256 {
        let replaced = part.settle(dest)?;
        return Ok(Downloaded { bytes: 0, replaced });
    }
    if part.len >= wanted.bytes {
        part.restart()?;
    }
    let mut reasons = Vec::new();
    for mirror in mirrors {
        let slash = if mirror.ends_with('/') { "" } else { "/" };
        let url = format!("{mirror}{slash}{}", wanted.name);
        for _ in 0..TRIES_PER_MIRROR {
            let (had, resumed) = (part.len, part.len > 0);
            let reason = match part.attempt(&url, patience)? {
                Outcome::Complete if hex(part.hash.clone()) == wanted.sha256 => {
                    let replaced = part.settle(dest)?;
                    return Ok(Downloaded { bytes: part.received, replaced });
                }
                Outcome::Complete => "the checksum is wrong".to_owned(),
                Outcome::Failed(reason) => reason,
            };
            let complete = part.len == wanted.bytes;
            if complete {
                part.restart()?;
            }
            reasons.push(format!("{mirror}: {reason}"));
            // A bad checksum of pieces deserves one clean try, and so does a range that was refused;
            // a broken line as long as it brings more.
            let again = if complete { resumed } else { part.len != had };
            if !again {
                break;
            }
        }
    }
    reasons.dedup();
    let reasons = if reasons.is_empty() { "none is named".into() } else { reasons.join("; ") };
    Err(FetchError::NoMirror { file: wanted.name.clone(), reasons })
}

impl<'a> Part<'a> {
    /// Opens or makes the `.part`, locks it, and hashes what it holds.
    fn open(dest: &Path, wanted: &'a RemoteFile, watch: &'a Watch<'a>) -> Result<Self, FetchError> {
        let path = dest.join(format!("{}.part", wanted.name));
        if std::fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
            let other = std::io::Error::other("it is no regular file; move it away");
            return Err(FetchError::disk(&path, "write it", other));
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| FetchError::disk(&path, "write it", e))?;
        // File systems without locks are used without. A file that is gone was just put in place
        // by the one who held the lock.
        let locked = !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if !locked || !path.exists() {
            return Err(FetchError::Busy { path: format::path(&path) });
        }
        let mut hash = Sha256::new();
        let len = absorb(&mut file, &path, &mut hash, watch)?;
        Ok(Self { wanted, path, file, hash, len, received: 0, watch })
    }

    /// Forgets what has come.
    fn restart(&mut self) -> Result<(), FetchError> {
        let reset = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        reset.map_err(|e| FetchError::disk(&self.path, "empty it", e))?;
        (self.hash, self.len) = (Sha256::new(), 0);
        Ok(())
    }

    /// One request for what is still missing.
    fn attempt(&mut self, url: &str, patience: Patience) -> Result<Outcome, FetchError> {
        match self.receive(url, patience) {
            Ok(()) => Ok(Outcome::Complete),
            Err(Broken::Network(reason)) if self.len > 0 => Ok(Outcome::Failed(format!(
                "{reason}, with {} of {} bytes there",
                self.len, self.wanted.bytes
            ))),
            Err(Broken::Network(reason)) => Ok(Outcome::Failed(reason)),
            Err(Broken::Stop(error)) => Err(error),
        }
    }

    fn receive(&mut self, url: &str, patience: Patience) -> Result<(), Broken> {
        let transfer = Transfer::begin(url, self.len, patience)?;
        let head = transfer.head(self.watch)?;
        match head.status {
            206 if head.range_start == Some(self.len) => {}
            // The server does not do ranges: take it all from the start.
            200 => self.restart().map_err(Broken::Stop)?,
            206 | 416 => {
                self.restart().map_err(Broken::Stop)?;
                return Err(Broken::Network(format!("HTTP {} for the wrong range", head.status)));
            }
            status => return Err(Broken::Network(format!("HTTP {status}"))),
        }
        let (what, total) = (format!("download {}", self.wanted.name), self.wanted.bytes);
        let stop = |c: progress::Cancelled| Broken::Stop(c.into());
        while let Some(bytes) = transfer.bytes(self.watch)? {
            if self.len + bytes.len() as u64 > total {
                self.restart().map_err(Broken::Stop)?;
                return Err(Broken::Network(format!(
                    "sends more than the {total} bytes of the file"
                )));
            }
            self.file
                .write_all(&bytes)
                .map_err(|e| Broken::Stop(FetchError::disk(&self.path, "write it", e)))?;
            self.hash.update(&bytes);
            self.len += bytes.len() as u64;
            self.received += bytes.len() as u64;
            self.watch.step(&what, self.len, total).map_err(stop)?;
        }
        if self.len < total {
            return Err(Broken::Network(format!(
                "the line broke after {} of {total} bytes",
                self.len
            )));
        }
        Ok(())
    }

    /// Puts the finished file at its place, whole or not at all; gives where another file of that name
    /// is now: nobody knows whose it was.
    fn settle(&self, dest: &Path) -> Result<Option<PathBuf>, FetchError> {
        let place = &dest.join(&self.wanted.name);
        self.file.sync_all().map_err(|e| FetchError::disk(&self.path, "flush it to disk", e))?;
        let replaced = set_aside(dest, place)?;
        std::fs::rename(&self.path, place)
            .map_err(|e| FetchError::disk(place, "rename to it", e))?;
        // The rename itself is durable once the folder is flushed; not every system can.
        if let Some(Ok(folder)) = place.parent().map(File::open) {
            folder.sync_all().ok();
        }
        Ok(replaced)
    }
}

/// Moves what is at `place` to a folder of its own, under the first name that is free there.
pub(super) fn set_aside(dest: &Path, place: &Path) -> Result<Option<PathBuf>, FetchError> {
    let Some(name) = place.file_name().filter(|_| place.symlink_metadata().is_ok()) else {
        return Ok(None);
    };
    let folder = dest.join("replaced");
    std::fs::create_dir_all(&folder).map_err(|e| FetchError::disk(&folder, "make it", e))?;
    let numbered = |number: usize| match number {
        0 => folder.join(name),
        number => folder.join(format!("{number}-{}", name.to_string_lossy())),
    };
    let free = (0..).map(numbered).find(|path| path.symlink_metadata().is_err());
    let Some(free) = free else { return Ok(None) };
    std::fs::rename(place, &free).map_err(|e| FetchError::disk(place, "move it away", e))?;
    Ok(Some(free))
}
