//! How the values of an array are stored.

/// How one value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// Bytes, zeros behind them.
    Bytes,
    /// Characters of four bytes, zeros behind them.
    Characters,
}

/// The type of the values: their kind, bytes of one, and which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub kind: Kind,
    pub bytes: usize,
    pub big_endian: bool,
}

impl Type {
    /// The number in `bytes`, as near as `f32` has it.
    pub fn number(self, bytes: &[u8]) -> f32 {
        let mut wide = [0; 8];
        let len = bytes.len().min(8);
        for (at, byte) in bytes.iter().take(8).enumerate() {
            wide[if self.big_endian { len - 1 - at } else { at }] = *byte;
        }
        let word = u64::from_le_bytes(wide);
        match (self.kind, len) {
            (Kind::Float, 2) => half::f16::from_bits(word as u16).to_f32(),
            (Kind::Float, 4) => f32::from_bits(word as u32),
            (Kind::Float, _) => f64::from_bits(word) as f32,
            (Kind::Signed, _) => {
                let unused = 64 - 8 * len as u32;
                ((word << unused).cast_signed() >> unused) as f32
            }
            _ => word as f32,
        }
    }

    /// The text in `bytes`.
    pub fn text(self, bytes: &[u8]) -> Option<String> {
        if self.kind == Kind::Bytes {
            let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
            return String::from_utf8(bytes.get(..end)?.to_vec()).ok();
        }
        let units = bytes.as_chunks::<4>().0.iter();
        let code = |unit: &[u8; 4]| match self.big_endian {
            true => u32::from_be_bytes(*unit),
            false => u32::from_le_bytes(*unit),
        };
        let text: Option<String> = units.map(|unit| char::from_u32(code(unit))).collect();
        text.map(|t| t.trim_end_matches('\0').to_owned())
    }
}
