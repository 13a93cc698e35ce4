//! Fields of a message, one after the other, checked against what is left before anything is allocated.

use super::error::WireError;

/// What is left of some bytes. All integers are little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes`; `what` they are is named in errors.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes }
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// An error about these bytes.
    pub fn fail(&self, reason: impl Into<String>) -> WireError {
        WireError::Content { what: self.what, reason: reason.into() }
    }

    /// The next `LEN` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take<const LEN: usize>(&mut self) -> Result<[u8; LEN], WireError> {
        let Some((field, rest)) = self.bytes.split_first_chunk() else {
            return Err(self.fail(format!("ends {} bytes into a field", self.bytes.len())));
        };
        self.bytes = rest;
        Ok(*field)
    }

    /// The next 4 bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    /// The next 8 bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    /// A length in 8 bytes, and so many bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn block(&mut self) -> Result<&'a [u8], WireError> {
        let len = self.u64()?;
        let split = usize::try_from(len).ok().and_then(|len| self.bytes.split_at_checked(len));
        let Some((block, rest)) = split else {
            return Err(
                self.fail(format!("a block of {len} bytes where {} are left", self.bytes.len()))
            );
        };
        self.bytes = rest;
        Ok(block)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&self) -> Result<(), WireError> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(self.fail(format!("{left} bytes too many"))),
        }
    }
}
