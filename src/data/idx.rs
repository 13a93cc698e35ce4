//! The IDX format of MNIST, plain or gzip: <http://yann.lecun.com/exdb/mnist/> (section "file formats").
//!
//! Two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian u32, then
//! the values, big-endian, last dimension fastest.

use super::dataset::Shape;
use super::error::DataError;
use super::source::Source;

/// Most values in one file.
pub(super) const MAX_VALUES: u64 = 1 << 28;
/// Most dimensions: samples, channels, height, width.
const MAX_DIMS: u8 = 4;

/// An array read from an IDX file; `values.len()` is the product of `dims`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Idx {
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

/// How one value is stored.
#[derive(Clone, Copy)]
enum Kind {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0x08 => Self::U8,
            0x09 => Self::I8,
            0x0b => Self::I16,
            0x0c => Self::I32,
            0x0d => Self::F32,
            0x0e => Self::F64,
            _ => return None,
        })
    }

    fn bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn decode(self, bytes: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            bytes.as_chunks::<N>().0.iter().map(|&chunk| value(chunk)).collect()
        }
        match self {
            Self::U8 => bytes.iter().map(|&b| f32::from(b)).collect(),
            Self::I8 => each(bytes, |b| f32::from(i8::from_be_bytes(b))),
            Self::I16 => each(bytes, |b| f32::from(i16::from_be_bytes(b))),
            Self::I32 => each(bytes, |b| i32::from_be_bytes(b) as f32),
            Self::F32 => each(bytes, f32::from_be_bytes),
            Self::F64 => each(bytes, |b| f64::from_be_bytes(b) as f32),
        }
    }
}

/// Whether a file that starts with these bytes is IDX.
pub(super) fn is_idx(start: &[u8]) -> bool {
    matches!(start, [0, 0, kind, dims, ..] if Kind::of(*kind).is_some() && (1..=MAX_DIMS).contains(dims))
}

/// Reads a whole IDX file: known type, 1 to 4 dimensions of at least 1, at most 2^28 values, and
/// exactly as many bytes as the dimensions ask for.
pub(super) fn read(source: &mut Source) -> Result<Idx, DataError> {
    let path = source.path.clone();
    let fail = |reason: String| DataError::Idx { path: path.clone(), reason };
    let short =
        |what: &str| fail(format!("the file ends inside the {what}; fetch or copy it again"));
    let head = source.read_up_to(4)?;
    let &[zero0, zero1, kind, dims] = head.as_slice() else {
        return Err(short("4-byte IDX header"));
    };
    let kind = match Kind::of(kind) {
        Some(kind) if zero0 == 0 && zero1 == 0 => kind,
        _ => {
            return Err(fail(format!(
                "not an IDX file: it starts with {zero0:02x} {zero1:02x} {kind:02x}; 00 00 and a type of 08, 09, 0b, 0c, 0d or 0e are needed"
            )));
        }
    };
    if !(1..=MAX_DIMS).contains(&dims) {
        return Err(fail(format!("{dims} dimensions; 1 to {MAX_DIMS} are allowed")));
    }
    let sizes = source.read_up_to(4 * u64::from(dims))?;
    if sizes.len() < 4 * usize::from(dims) {
        return Err(short("list of dimensions"));
    }
    let dims: Vec<usize> =
        sizes.as_chunks::<4>().0.iter().map(|&b| u32::from_be_bytes(b) as usize).collect();
    let shown = dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    let count = dims.iter().try_fold(1u64, |n, &d| n.checked_mul(d as u64));
    let count = match count {
        Some(n @ 1..=MAX_VALUES) => n,
        Some(0) => return Err(fail(format!("dimensions {shown}: each must be at least 1"))),
        _ => {
            return Err(fail(format!(
                "dimensions {shown}: more values than the limit of {MAX_VALUES}"
            )));
        }
    };
    let needed = count * kind.bytes();
    let bytes = source.read_up_to(needed + 1)?;
    match (bytes.len() as u64).cmp(&needed) {
        std::cmp::Ordering::Less => Err(fail(format!(
            "dimensions {shown} need {needed} bytes of values but only {} are there; fetch or copy it again",
            bytes.len()
        ))),
        std::cmp::Ordering::Greater => Err(fail(format!(
            "dimensions {shown} need {needed} bytes of values but more follow; the file is not what its header says"
        ))),
        std::cmp::Ordering::Equal => Ok(Idx { dims, values: kind.decode(&bytes) }),
    }
}

impl Idx {
    /// Samples, and the shape of one: `n x len` is flat, `n x h x w` one channel, `n x c x h x w` an image.
    pub fn samples(&self) -> Option<(usize, Shape)> {
        match *self.dims.as_slice() {
            [n, len] => Some((n, Shape::Flat { len })),
            [n, height, width] => Some((n, Shape::Image { channels: 1, height, width })),
            [n, channels, height, width] => Some((n, Shape::Image { channels, height, width })),
            _ => None,
        }
    }

    /// The values as class labels, when it is a list of whole numbers from 0 to 65534.
    pub fn labels(&self) -> Option<Vec<u16>> {
        if self.dims.len() != 1 {
            return None;
        }
        let label =
            |&v: &f32| (v.fract() == 0.0 && (0.0..65535.0).contains(&v)).then_some(v as u16);
        self.values.iter().map(label).collect()
    }
}
