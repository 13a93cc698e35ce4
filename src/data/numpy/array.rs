//! One array of NumPy: the `.npy` format, <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! `\x93NUMPY`, two bytes of version, the length of the header (u16, from version 2 on u32), the header
//! as a Python dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, then the values.

use super::header::Header;
use super::value_type::{Kind, Type};
use std::io::Read;

/// Most values in one array.
const MAX_VALUES: u64 = 1 << 28;
/// Longest header, bytes.
const MAX_HEADER: usize = 1 << 16;
/// Bytes that are decoded at a time.
const CHUNK: usize = 1 << 20;

/// First bytes of such a file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// An array; there are as many values as the product of `dims`, the last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub dims: Vec<usize>,
    pub values: Values,
}

/// What an array holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Numbers(Vec<f32>),
    Texts(Vec<String>),
}

impl Array {
    /// Reads one array, to the end of `from`.
    ///
    /// # Errors
    /// In one line, without the file's name.
    pub fn read(from: &mut dyn Read) -> Result<Self, String> {
        let short = |what: &str| format!("the file ends inside {what}; fetch or copy it again");
        let head = up_to(from, 8)?;
        let Some([major, _]) = head.strip_prefix(MAGIC) else {
            return Err("not a NumPy array: it does not begin with \\x93NUMPY".into());
        };
        let wide = match major {
            1 => false,
            2 | 3 => true,
            _ => return Err(format!("version {major} of the .npy format; 1 to 3 are read")),
        };
        let length = up_to(from, if wide { 4 } else { 2 })?;
        let length = match *length.as_slice() {
            [a, b] => usize::from(u16::from_le_bytes([a, b])),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]) as usize,
            _ => return Err(short("its header")),
        };
        if length > MAX_HEADER {
            return Err(format!("a header of {length} bytes; at most {MAX_HEADER} are read"));
        }
        let text = up_to(from, length)?;
        if text.len() < length {
            return Err(short("its header"));
        }
        let Header { of, fortran_order, dims } = Header::parse(&String::from_utf8_lossy(&text))?;
        let shown = dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
        let count = dims.iter().try_fold(1_u64, |n, d| n.checked_mul(*d as u64));
        let count = match count {
            Some(0) => return Err(format!("shape {shown}: no values")),
            Some(n @ 1..=MAX_VALUES) => n,
            _ => return Err(format!("shape {shown}: at most {MAX_VALUES} values are read")),
        };
        let values = match of.kind {
            Kind::Bytes | Kind::Characters => Values::Texts(texts(from, of, count)?),
            _ => Values::Numbers(numbers(from, of, count)?),
        };
        if from.read(&mut [0]).map_err(|e| format!("cannot read: {e}"))? > 0 {
            return Err(format!("more bytes follow than the {count} values of its header take"));
        }
        match (fortran_order && dims.len() > 1, values) {
            (false, values) => Ok(Self { dims, values }),
            (true, Values::Numbers(values)) => {
                Ok(Self { values: Values::Numbers(row_major(&dims, &values)), dims })
            }
            (true, Values::Texts(_)) => Err("texts in Fortran order are not read".into()),
        }
    }
}

fn up_to(from: &mut dyn Read, bytes: usize) -> Result<Vec<u8>, String> {
    let mut read = Vec::new();
    from.take(bytes as u64).read_to_end(&mut read).map_err(|e| format!("cannot read: {e}"))?;
    Ok(read)
}

/// Calls `take` with whole values, some at a time, until `count` are read: memory grows with what is
/// there, not with what the header says.
fn blocks(
    from: &mut dyn Read,
    of: Type,
    count: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let each = (CHUNK / of.bytes).max(1) as u64;
    let mut left = count;
    while left > 0 {
        let now = left.min(each);
        let needed = now as usize * of.bytes;
        let bytes = up_to(from, needed)?;
        if bytes.len() < needed {
            let there = (count - left) * of.bytes as u64 + bytes.len() as u64;
            return Err(format!(
                "{count} values need {} bytes but only {there} are there; fetch or copy it again",
                count * of.bytes as u64
            ));
        }
        take(&bytes)?;
        left -= now;
    }
    Ok(())
}

fn numbers(from: &mut dyn Read, of: Type, count: u64) -> Result<Vec<f32>, String> {
    let mut values = Vec::new();
    blocks(from, of, count, |bytes| {
        values.extend(bytes.chunks_exact(of.bytes).map(|one| of.number(one)));
        Ok(())
    })?;
    Ok(values)
}

fn texts(from: &mut dyn Read, of: Type, count: u64) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    blocks(from, of, count, |bytes| {
        for one in bytes.chunks_exact(of.bytes) {
            values.push(of.text(one).ok_or("text that is no Unicode")?);
        }
        Ok(())
    })?;
    Ok(values)
}

/// Values that are stored with the first axis fastest, with the last one fastest.
fn row_major(dims: &[usize], values: &[f32]) -> Vec<f32> {
    let mut strides = Vec::with_capacity(dims.len());
    let mut stride = 1;
    for dim in dims {
        strides.push(stride);
        stride *= dim;
    }
    let mut index = vec![0; dims.len()];
    let mut at = 0;
    let mut turned = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        turned.push(values.get(at).copied().unwrap_or_default());
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < dims[axis] {
                break;
            }
            at -= strides[axis] * dims[axis];
            index[axis] = 0;
        }
    }
    turned
}
