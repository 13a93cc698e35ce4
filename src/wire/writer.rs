//! Fields of a message, one after the other: what [`super::Reader`] reads.

/// Appends to bytes. All integers are little-endian.
#[derive(Debug)]
pub struct Writer<'a>(&'a mut Vec<u8>);

impl<'a> Writer<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self(out)
    }

    /// Bytes of their own, as `write` gives them.
    pub fn collect(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut Writer::new(&mut bytes));
        bytes
    }

    /// What was written so far.
    pub fn out(&mut self) -> &mut Vec<u8> {
        self.0
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// A number in 4 bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// A signed number in 4 bytes.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// A number in 8 bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// A floating-point number, bit by bit.
    pub fn f64(&mut self, value: f64) -> &mut Self {
        self.u64(value.to_bits())
    }

    /// Bytes with their length before them.
    pub fn block(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64).bytes(bytes)
    }

    /// The same of what `write` appends.
    pub fn block_of(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let at = self.0.len();
        self.u64(0);
        write(self.0);
        let len = (self.0.len() - at - 8) as u64;
        if let Some(place) = self.0.get_mut(at..at + 8) {
            place.copy_from_slice(&len.to_le_bytes());
        }
        self
    }
}
