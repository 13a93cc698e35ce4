//! Bytes of messages and checkpoints.

use super::message_error::MessageError;

/// Writes numbers and blocks, little-endian.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

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
pub(crate) struct Reader<'a> {
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

    /// A block of whole elements of `N` bytes.
    pub fn elements<const N: usize>(&mut self) -> Result<&'a [[u8; N]], MessageError> {
        let (elements, rest) = self.block()?.as_chunks();
        match rest.len() {
            0 => Ok(elements),
            left => Err(MessageError::Trailing { what: self.what, left }),
        }
    }

    /// A number that is 0 or 1.
    pub fn flag(&mut self) -> Result<bool, MessageError> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.unexpected(other, "0 or 1")),
        }
    }

    /// A number as an index or a count.
    pub fn size(&mut self) -> Result<usize, MessageError> {
        let number = self.number()?;
        usize::try_from(number).map_err(|_| self.unexpected(number, "a smaller number"))
    }

    /// A number that is neither infinite nor undefined.
    pub fn finite(&mut self) -> Result<f64, MessageError> {
        let value = self.float()?;
        if value.is_finite() { Ok(value) } else { Err(self.unexpected(value, "a finite number")) }
    }

    /// A number of what there is none or more.
    pub fn amount(&mut self) -> Result<f64, MessageError> {
        let value = self.finite()?;
        if value >= 0.0 { Ok(value) } else { Err(self.unexpected(value, "0 or more")) }
    }

    /// A part of a whole: 0 to 1.
    pub fn share(&mut self) -> Result<f64, MessageError> {
        let value = self.float()?;
        let possible = (0.0..=1.0).contains(&value);
        if possible { Ok(value) } else { Err(self.unexpected(value, "a number from 0 to 1")) }
    }

    fn unexpected(&self, found: impl ToString, wanted: &str) -> MessageError {
        let (found, wanted) = (found.to_string(), wanted.to_owned());
        MessageError::Unexpected { what: self.what, found, wanted }
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
    fn what_is_no_whole_element_no_flag_and_no_amount_is_refused() {
        let written = |write: &dyn Fn(&mut Writer)| {
            let mut out = Writer::default();
            write(&mut out);
            out.finish()
        };
        let block = |len: usize| written(&|out| _ = out.block(&vec![7; len]));
        for len in 0..33 {
            let bytes = block(len);
            let found = Reader::new("test", &bytes).elements::<16>().map(<[_]>::len);
            let left = len % 16;
            let wanted = match left {
                0 => Ok(len / 16),
                left => Err(MessageError::Trailing { what: "test", left }),
            };
            assert_eq!(found, wanted);
        }
        for (number, wanted) in [(0, Some(false)), (1, Some(true)), (2, None), (u64::MAX, None)] {
            let bytes = written(&|out| _ = out.number(number));
            assert_eq!(Reader::new("test", &bytes).flag().ok(), wanted);
        }
        let cases = [
            (0.0, true, true),
            (1.0, true, true),
            (1.5, true, false),
            (-1e-300, false, false),
            (f64::MAX, true, false),
            (f64::INFINITY, false, false),
            (f64::NAN, false, false),
        ];
        for (value, amount, share) in cases {
            let bytes = written(&|out| _ = out.float(value));
            assert_eq!(Reader::new("test", &bytes).amount().is_ok(), amount, "{value}");
            assert_eq!(Reader::new("test", &bytes).share().is_ok(), share, "{value}");
        }
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
