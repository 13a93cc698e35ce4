//! Bytes of messages and checkpoints.

use super::message::MessageError;

/// Writes numbers and blocks, little-endian.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Bit by bit.
    pub fn float(&mut self, value: f64) -> &mut Self {
        self.number(value.to_bits())
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes with their length before them.
    pub fn block(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).bytes(bytes)
    }

    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// Reads what [`Writer`] wrote.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], MessageError> {
        let (what, left) = (self.what, self.rest.len());
        let cut = MessageError::Short { what, wanted: len, left };
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(cut)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], MessageError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub fn number(&mut self) -> Result<u64, MessageError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn float(&mut self) -> Result<f64, MessageError> {
        Ok(f64::from_bits(self.number()?))
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn block(&mut self) -> Result<&'a [u8], MessageError> {
        let len = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        self.bytes(len)
    }

    /// How many things of `each` bytes follow; never more than the message can hold.
    pub fn count(&mut self, each: usize) -> Result<usize, MessageError> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let wanted = count.saturating_mul(each);
        if wanted > self.rest.len() {
            return Err(MessageError::Short { what: self.what, wanted, left: self.rest.len() });
        }
        Ok(count)
    }

    /// `Err` when something is left.
    pub fn end(&self) -> Result<(), MessageError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(MessageError::Trailing { what: self.what, left }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Writer::default();
        out.number(u64::MAX).float(-0.1).bytes(&[1, 2]).block(&[3, 4, 5]).block(&[]);
        let bytes = out.finish();
        let mut from = Reader::new("test", &bytes);
        assert_eq!(from.number(), Ok(u64::MAX));
        assert_eq!(from.float().map(f64::to_bits), Ok((-0.1_f64).to_bits()));
        assert_eq!(from.array(), Ok([1, 2]));
        assert_eq!((from.block(), from.block()), (Ok(&[3, 4, 5][..]), Ok(&[][..])));
        assert_eq!((from.end(), from.rest().len()), (Ok(()), 0));
        assert_eq!(from.number(), Err(MessageError::Short { what: "test", wanted: 8, left: 0 }));
    }

    #[test]
    fn lengths_beyond_the_message_are_refused_before_memory_is_taken() {
        for length in [4, 1 << 40, u64::MAX] {
            let bytes: Vec<u8> = length.to_le_bytes().into_iter().chain([0; 3]).collect();
            assert!(matches!(
                Reader::new("test", &bytes).block(),
                Err(MessageError::Short { left: 3, .. })
            ));
            assert!(Reader::new("test", &bytes).count(1).is_err());
            assert!(Reader::new("test", &bytes).count(usize::MAX).is_err());
        }
        let bytes = [3, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7];
        assert_eq!(Reader::new("test", &bytes).count(1), Ok(3));
        let left = Reader::new("test", &bytes).end();
        assert_eq!(left, Err(MessageError::Trailing { what: "test", left: 11 }));
    }
}
