//! What decoding a file will take in memory, found before anything is decoded: messages of two bytes
//! become structures of hundreds.

use crate::error::OnnxError;
use crate::messages::*;

/// A message, by what its fields hold.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    Entry,
    Dimension,
    /// Bytes or text.
    Bytes,
    /// Numbers one after the other: so many bytes of memory for a byte of the file, at most.
    Numbers(u64),
    Ignored,
}

impl Kind {
    /// What the field `number` of a message of this kind holds.
    fn field(self, number: u64) -> Self {
        match (self, number) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) => Self::Entry,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11 | 12) => Self::Value,
            (Self::Node, 5) => Self::Attribute,
            (Self::Value, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Shape, 1) => Self::Dimension,
            (Self::Tensor, 1 | 7 | 11) | (Self::Attribute, 8) => Self::Numbers(8),
            (Self::Tensor, 5) => Self::Numbers(4),
            (Self::Tensor, 4 | 10) | (Self::Attribute, 7) => Self::Numbers(1),
            (Self::Model, 2 | 3)
            | (Self::Node, 1..=4 | 7)
            | (Self::Attribute, 1 | 4 | 9)
            | (Self::Tensor, 8 | 9)
            | (Self::Value | Self::Entry, 1 | 2) => Self::Bytes,
            _ => Self::Ignored,
        }
    }

    /// Bytes of memory of one, its contents not counted.
    fn own(self) -> u64 {
        let bytes = match self {
            Self::Model => size_of::<ModelProto>(),
            Self::Graph => size_of::<GraphProto>(),
            Self::Node => size_of::<NodeProto>(),
            Self::Attribute => size_of::<AttributeProto>(),
            Self::Tensor => size_of::<TensorProto>(),
            Self::Value => size_of::<ValueInfoProto>(),
            Self::Type | Self::TensorType | Self::Shape => 0,
            Self::Entry => size_of::<StringStringEntryProto>(),
            Self::Dimension => size_of::<DimensionProto>(),
            Self::Bytes => size_of::<String>(),
            Self::Numbers(_) | Self::Ignored => 0,
        };
        // A growing list may be twice as long as what it holds.
        2 * bytes as u64
    }
}

/// Bytes that a variable-length number at `at` takes, and the number.
fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.get(at..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * index as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, at + index + 1));
        }
    }
    None
}

/// Most bytes of memory that decoding a file may take, beside twice its own length.
const BESIDE: u64 = 48 << 20;

/// Refuses a file that is cut short, or would take much more memory than it has bytes.
///
/// # Errors
/// When it is no sequence of fields, or takes too much.
pub(crate) fn check(bytes: &[u8]) -> Result<(), OnnxError> {
    let most = 2 * bytes.len() as u64 + BESIDE;
    let mut taken = 0;
    // Ranges of bytes that are still to be looked at, with what they hold: the depth is that of `Kind`.
    let mut open = vec![(0, bytes.len(), Kind::Model)];
    while let Some((mut at, end, kind)) = open.pop() {
        let cut = |at: usize| {
            OnnxError(format!(
                "not an ONNX file, or cut short: no field begins at byte {at} of {}; export it again",
                bytes.len()
            ))
        };
        while at < end {
            let begins = at;
            let cut = || cut(begins);
            let (key, next) = number(bytes, at).filter(|(_, n)| *n <= end).ok_or_else(cut)?;
            let inner = kind.field(key >> 3);
            let after = match key & 7 {
                0 => number(bytes, next).ok_or_else(cut)?.1,
                1 => next + 8,
                2 => {
                    let (len, start) = number(bytes, next).ok_or_else(cut)?;
                    let stop = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
                    let stop = stop.filter(|stop| *stop <= end).ok_or_else(cut)?;
                    taken += inner.own();
                    match inner {
                        Kind::Bytes => taken += len,
                        Kind::Numbers(each) => taken += each * len,
                        Kind::Ignored => {}
                        _ => open.push((start, stop, inner)),
                    }
                    stop
                }
                5 => next + 4,
                _ => return Err(cut()),
            };
            // A number alone of a list of numbers.
            if key & 7 != 2 && matches!(inner, Kind::Numbers(_)) {
                taken += 16;
            }
            if after > end {
                return Err(cut());
            }
            if taken > most {
                return Err(OnnxError(format!(
                    "decoding it would take more than {}, far more than its {} hold; such files are refused",
                    format::bytes(most),
                    format::bytes(bytes.len() as u64)
                )));
            }
            at = after;
        }
    }
    Ok(())
}
