//! What a number counts.

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many times.
    Times,
    Bytes,
    Seconds,
    /// A share, 0 to 1, told in percent.
    Share,
    Bits,
    Count,
    /// A plain number.
    Number,
    /// Not a number.
    Word,
}

impl Unit {
    /// `number` with this unit.
    pub fn text(self, number: f64) -> String {
        if !number.is_finite() {
            return format::NOT_KNOWN.to_owned();
        }
        match self {
            Self::Times if number < 10.0 => format!("{number:.1}×"),
            Self::Times => format!("{}×", format::count(number.round() as u64)),
            Self::Bytes => format::bytes(number.max(0.0).round() as u64),
            Self::Seconds => format::secs(number),
            Self::Share => format::percent(number),
            Self::Bits => format::bits(number),
            Self::Count if number >= 0.0 => format::count(number.round() as u64),
            Self::Count | Self::Number | Self::Word => format::short(number),
        }
    }

    /// What a person can type for it, and what it may be in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Times => "times",
            Self::Bytes => "bytes",
            Self::Seconds => "seconds",
            Self::Share => "share, 0 to 1",
            Self::Bits => "bits",
            Self::Count => "count",
            Self::Number => "number",
            Self::Word => "word",
        }
    }
}
