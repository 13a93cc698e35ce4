//! Opening files that may be hostile: plain files only, gzip recognised by content, sizes bounded.

use super::error::DataError;
use super::regular::open_regular;
use flate2::bufread::MultiGzDecoder;
use format::path as shown;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

/// Largest dataset file that is read, bytes, packed or not.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 30;

/// Bytes of a dataset file, unpacked while they are read.
pub(super) struct Source {
    /// The path, fit to be shown.
    pub path: String,
    /// Whether the file is gzip.
    pub packed: bool,
    inner: Box<dyn BufRead + Send>,
}

impl Source {
    /// Opens a plain file; devices, pipes and folders are refused before they are touched.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let io = |action| move |cause| DataError::Io { path: shown(path), action, cause };
        let file = open_regular(path).map_err(io("open"))?;
        if file.metadata().map_err(io("open"))?.len() > MAX_FILE_BYTES {
            return Err(DataError::TooLarge {
                path: shown(path),
                limit: MAX_FILE_BYTES,
                after: "",
            });
        }
        Self::over(shown(path), BufReader::with_capacity(1 << 16, file))
    }

    /// All of standard input, which must not be a terminal: nothing would ever come to its end there.
    pub fn stdin() -> Result<Self, DataError> {
        let path = "standard input".to_owned();
        let mut stdin = std::io::stdin().lock();
        if stdin.is_terminal() {
            return Err(DataError::Layout {
                path,
                reason: "no file or pipe is connected to it".into(),
            });
        }
        let mut bytes = Vec::new();
        let read = (&mut stdin).take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|cause| broken(&path, cause))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(DataError::TooLarge { path, limit: MAX_FILE_BYTES, after: "" });
        }
        Self::over(path, std::io::Cursor::new(bytes))
    }

    /// The same over bytes in memory; `path` names them in errors.
    pub fn from_bytes(path: &str, bytes: &'static [u8]) -> Result<Self, DataError> {
        Self::over(path.to_owned(), bytes)
    }

    fn over(path: String, mut inner: impl BufRead + Send + 'static) -> Result<Self, DataError> {
        let start = inner.fill_buf().map_err(|cause| broken(&path, cause))?;
        let packed = start.starts_with(&[0x1f, 0x8b]);
        let inner: Box<dyn BufRead + Send> = if packed {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(inner)))
        } else {
            Box::new(inner)
        };
        Ok(Self { path, packed, inner })
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
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let next = self.peek()?;
            let left = usize::try_from(limit).unwrap_or(usize::MAX) - bytes.len();
            let taken = next.len().min(left);
            if taken == 0 {
                return Ok(bytes);
            }
            if bytes.capacity() - bytes.len() < taken {
                // Doubled, but never past what may be read, nor so that a little is left of it.
                let more = bytes.len().max(taken);
                bytes.reserve_exact(if left / 2 < more { left } else { more });
            }
            bytes.extend_from_slice(next.get(..taken).unwrap_or_default());
            self.inner.consume(taken);
        }
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
