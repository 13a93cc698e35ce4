//! Opening files that may be hostile: plain files only, gzip recognised by content, sizes bounded.

use super::error::DataError;
use super::regular::open_regular;
use flate2::bufread::MultiGzDecoder;
use format::path as shown;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest dataset file that is read, bytes, packed or not.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 30;

/// What a packed file may become in any case, bytes; and how many times its own size above that. Tables of
/// digits become five to ten times theirs, what is made to fill the memory a thousand times.
const FREE_UNPACKED: u64 = 1 << 25;
const MAX_RATIO: u64 = 100;

/// Bytes of a dataset file, unpacked while they are read.
pub(super) struct Source {
    /// The path, fit to be shown.
    pub path: String,
    /// Whether the file is gzip.
    pub packed: bool,
    inner: Box<dyn BufRead + Send>,
    /// Bytes that will come, about: memory is asked for at once, and used as they come.
    expected: u64,
    /// Bytes of the file that have been unpacked, and what they have become.
    used: Arc<AtomicU64>,
    unpacked: u64,
}

/// Counts the bytes that are taken.
struct Counted<R> {
    inner: R,
    used: Arc<AtomicU64>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(to)?;
        self.used.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.used.fetch_add(bytes as u64, Ordering::Relaxed);
        self.inner.consume(bytes);
    }
}

impl Source {
    /// Opens a plain file; devices, pipes and folders are refused before they are touched.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let io = |action| move |cause| DataError::Io { path: shown(path), action, cause };
        let file = open_regular(path).map_err(io("open"))?;
        let length = file.metadata().map_err(io("open"))?.len();
        if length > MAX_FILE_BYTES {
            return Err(DataError::TooLarge {
                path: shown(path),
                limit: MAX_FILE_BYTES,
                after: "",
            });
        }
        Self::over(shown(path), BufReader::with_capacity(1 << 16, file), length)
    }

    /// Standard input, which must not be a terminal: nothing would ever come to its end there.
    pub fn stdin() -> Result<Self, DataError> {
        let path = "standard input".to_owned();
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Err(DataError::Layout {
                path,
                reason: "no file or pipe is connected to it".into(),
            });
        }
        Self::over(path, BufReader::with_capacity(1 << 16, stdin), 0)
    }

    /// The same over bytes in memory; `path` names them in errors.
    pub fn from_bytes(path: &str, bytes: &'static [u8]) -> Result<Self, DataError> {
        Self::over(path.to_owned(), bytes, bytes.len() as u64)
    }

    fn over(
        path: String,
        mut inner: impl BufRead + Send + 'static,
        length: u64,
    ) -> Result<Self, DataError> {
        let start = inner.fill_buf().map_err(|cause| broken(&path, cause))?;
        let packed = start.starts_with(&[0x1f, 0x8b]);
        let used = Arc::new(AtomicU64::new(0));
        let inner: Box<dyn BufRead + Send> = if packed {
            let counted = Counted { inner, used: Arc::clone(&used) };
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(counted)))
        } else {
            Box::new(inner)
        };
        let expected = if packed { FREE_UNPACKED } else { length };
        Ok(Self { path, packed, inner, expected, used, unpacked: 0 })
    }

    /// The next bytes without taking them: up to one buffer, empty at the end.
    pub fn peek(&mut self) -> Result<&[u8], DataError> {
        match self.inner.fill_buf() {
            Ok(bytes) => Ok(bytes),
            Err(cause) => Err(broken(&self.path, cause)),
        }
    }

    /// Reads up to `limit` bytes; fewer mean that the file ends. Memory grows with what is there,
    /// not with `limit`.
    pub fn read_up_to(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let expected = self.expected.saturating_sub(self.unpacked).min(limit);
        let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
        loop {
            let left = usize::try_from(limit).unwrap_or(usize::MAX) - bytes.len();
            let taken = self.peek()?.len().min(left);
            if taken == 0 {
                return Ok(bytes);
            }
            self.check_ratio(taken)?;
            if bytes.capacity() - bytes.len() < taken {
                // Doubled, but never past what may be read, nor so that a little is left of it.
                let more = bytes.len().max(taken);
                bytes.reserve_exact(if left / 2 < more { left } else { more });
            }
            bytes.extend_from_slice(self.peek()?.get(..taken).unwrap_or_default());
            self.inner.consume(taken);
        }
    }

    /// Refuses a packed file that becomes far more than it is.
    fn check_ratio(&mut self, more: usize) -> Result<(), DataError> {
        self.unpacked += more as u64;
        let used = self.used.load(Ordering::Relaxed);
        if !self.packed || self.unpacked <= FREE_UNPACKED.max(used.saturating_mul(MAX_RATIO)) {
            return Ok(());
        }
        Err(DataError::Layout {
            path: self.path.clone(),
            reason: format!(
                "becomes more than {MAX_RATIO} times its size when unpacked, as a file does that is made to fill the memory; if it is sound, unpack it (gunzip) and open what comes out"
            ),
        })
    }

    /// Reads to the end; more than `limit` bytes are an error.
    pub fn read_all(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let bytes = self.read_up_to(limit + 1)?;
        if bytes.len() as u64 > limit {
            let after = if self.packed { " when unpacked" } else { "" };
            return Err(DataError::TooLarge { path: self.path.clone(), limit, after });
        }
        Ok(bytes)
    }
}

fn broken(path: &str, cause: std::io::Error) -> DataError {
    DataError::Io { path: path.to_owned(), action: "read", cause }
}
