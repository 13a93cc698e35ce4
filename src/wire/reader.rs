//! Fields of a message, one after the other, checked against what is left before anything is allocated.

use super::error::Malformed;

/// What is left of some bytes. All integers are little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    what: &'static str,
    /// How many bytes there were.
    all: usize,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes`; `what` they are is named in errors.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, all: bytes.len(), bytes }
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// An error about these bytes.
    pub fn fail(&self, reason: impl Into<String>) -> Malformed {
        Malformed::new(self.what, reason)
    }

    /// An error about a field that is not `wanted`.
    pub fn unexpected(&self, found: impl std::fmt::Display, wanted: &str) -> Malformed {
        self.fail(format!("{found} where {wanted} was expected"))
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let Some((bytes, rest)) = self.bytes.split_at_checked(len) else {
            return Err(self.short(len as u64));
        };
        self.bytes = rest;
        Ok(bytes)
    }

    fn short(&self, wanted: u64) -> Malformed {
        let (at, left) = (self.all - self.bytes.len(), self.bytes.len());
        self.fail(format!("at byte {at} {wanted} more are announced, {left} are left"))
    }

    /// The next `LEN` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take<const LEN: usize>(&mut self) -> Result<[u8; LEN], Malformed> {
        let Some((field, rest)) = self.bytes.split_first_chunk() else {
            return Err(self.short(LEN as u64));
        };
        self.bytes = rest;
        Ok(*field)
    }

    /// The next byte as a number.
    ///
    /// # Errors
    /// When none is left.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_le_bytes(self.take()?))
    }

    /// The next 4 bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    /// The next 4 bytes as a signed number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_le_bytes(self.take()?))
    }

    /// The next 8 bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    /// The next 8 bytes as a floating-point number, bit by bit.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn f64(&mut self) -> Result<f64, Malformed> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// A length in 8 bytes, and so many bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn block(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u64()?;
        match usize::try_from(len) {
            Ok(len) => self.bytes(len),
            Err(_) => Err(self.short(len)),
        }
    }

    /// A block of whole elements of `N` bytes.
    ///
    /// # Errors
    /// When it is cut off, or ends inside an element.
    pub fn elements<const N: usize>(&mut self) -> Result<&'a [[u8; N]], Malformed> {
        let (elements, rest) = self.block()?.as_chunks();
        match rest.len() {
            0 => Ok(elements),
            left => Err(self.fail(format!("{left} bytes more than whole elements of {N}"))),
        }
    }

    /// A number that is 0 or 1.
    ///
    /// # Errors
    /// When it is another one.
    pub fn flag(&mut self) -> Result<bool, Malformed> {
        match self.u64()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.unexpected(other, "0 or 1")),
        }
    }

    /// A number as an index.
    ///
    /// # Errors
    /// When the machine does not count so far.
    pub fn size(&mut self) -> Result<usize, Malformed> {
        let number = self.u64()?;
        usize::try_from(number).map_err(|_| self.unexpected(number, "a smaller number"))
    }

    /// A number that is neither infinite nor undefined.
    ///
    /// # Errors
    /// When it is.
    pub fn finite(&mut self) -> Result<f64, Malformed> {
        let value = self.f64()?;
        if value.is_finite() { Ok(value) } else { Err(self.unexpected(value, "a finite number")) }
    }

    /// A number of what there is none or more.
    ///
    /// # Errors
    /// When it is negative or not finite.
    pub fn amount(&mut self) -> Result<f64, Malformed> {
        let value = self.finite()?;
        if value >= 0.0 { Ok(value) } else { Err(self.unexpected(value, "0 or more")) }
    }

    /// A part of a whole: 0 to 1.
    ///
    /// # Errors
    /// When it is not.
    pub fn share(&mut self) -> Result<f64, Malformed> {
        let value = self.f64()?;
        let possible = (0.0..=1.0).contains(&value);
        if possible { Ok(value) } else { Err(self.unexpected(value, "a number from 0 to 1")) }
    }

    /// How many things of `each` bytes follow; never more than what is left can hold.
    ///
    /// # Errors
    /// When it cannot.
    pub fn count(&mut self, each: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.u64()?).unwrap_or(usize::MAX);
        let wanted = count.saturating_mul(each);
        if wanted > self.bytes.len() {
            return Err(self.short(wanted as u64));
        }
        Ok(count)
    }

    /// Exactly `needed` bytes must be left: in 64 bits, as a header may say more than the words of the
    /// machine count.
    ///
    /// # Errors
    /// When there are more or fewer.
    pub fn exactly(&self, needed: u64) -> Result<(), Malformed> {
        match self.bytes.len() as u64 {
            found if found == needed => Ok(()),
            found => Err(self.fail(format!("{found} bytes after the header; {needed} are needed"))),
        }
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&self) -> Result<(), Malformed> {
        match self.bytes.len() {
            0 => Ok(()),
            left => Err(self.fail(format!("{left} bytes too many"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer;

    #[test]
    fn what_is_written_is_read() {
        let bytes = Writer::collect(|out| {
            out.u64(u64::MAX).f64(-0.1).u8(7).u32(8).i32(-9);
            out.bytes(&[1, 2]).block(&[3, 4, 5]).block(&[]);
        });
        let mut from = Reader::new("test", &bytes);
        assert_eq!(from.u64(), Ok(u64::MAX));
        assert_eq!(from.f64().map(f64::to_bits), Ok((-0.1_f64).to_bits()));
        assert_eq!((from.u8(), from.u32(), from.i32()), (Ok(7), Ok(8), Ok(-9)));
        assert_eq!(from.take(), Ok([1, 2]));
        assert_eq!((from.block(), from.block()), (Ok(&[3, 4, 5][..]), Ok(&[][..])));
        assert_eq!((from.end(), from.exactly(0), from.rest().len()), (Ok(()), Ok(()), 0));
        let text = from.u64().unwrap_err().to_string();
        assert_eq!(text, "test: at byte 46 8 more are announced, 0 are left");
    }

    #[test]
    fn what_is_no_whole_element_no_flag_and_no_amount_is_refused() {
        for len in 0..33 {
            let bytes = Writer::collect(|out| _ = out.block(&vec![7; len]));
            let found = Reader::new("test", &bytes).elements::<16>().map(<[_]>::len);
            assert_eq!(found.ok(), (len % 16 == 0).then_some(len / 16));
        }
        for (number, wanted) in [(0, Some(false)), (1, Some(true)), (2, None), (u64::MAX, None)] {
            let bytes = Writer::collect(|out| _ = out.u64(number));
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
            let bytes = Writer::collect(|out| _ = out.f64(value));
            assert_eq!(Reader::new("test", &bytes).amount().is_ok(), amount, "{value}");
            assert_eq!(Reader::new("test", &bytes).share().is_ok(), share, "{value}");
        }
    }

    #[test]
    fn lengths_beyond_the_message_are_refused_before_memory_is_taken() {
        for length in [4, 1 << 40, u64::MAX] {
            let bytes: Vec<u8> = length.to_le_bytes().into_iter().chain([0; 3]).collect();
            let text = Reader::new("test", &bytes).block().unwrap_err().to_string();
            assert!(text.contains("at byte 8 ") && text.ends_with("3 are left"), "{text}");
            assert!(Reader::new("test", &bytes).count(1).is_err());
            assert!(Reader::new("test", &bytes).count(usize::MAX).is_err());
            assert!(Reader::new("test", &bytes).exactly(length).is_err());
        }
        let bytes = [3, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7];
        assert_eq!(Reader::new("test", &bytes).count(1), Ok(3));
        let left = Reader::new("test", &bytes).end().unwrap_err().to_string();
        assert_eq!(left, "test: 11 bytes too many");
    }
}
