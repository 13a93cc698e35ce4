//! Tensors of known values.

use crate::error::OnnxError;
use crate::external::Folder;
use crate::messages::TensorProto;
use half::{bf16, f16};

/// Most values of one tensor.
const MAX_VALUES: usize = 1 << 27;
/// Most dimensions of a tensor.
const MAX_DIMENSIONS: usize = 8;
/// `data_location` of values in another file.
const EXTERNAL: i32 = 1;

/// The values of a tensor, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Floats(Vec<f32>),
    /// Whole numbers and booleans.
    Ints(Vec<i64>),
}

/// A tensor whose values are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths of its axes; none for a single number.
    pub dims: Vec<usize>,
    pub values: Values,
}

impl Tensor {
    /// A tensor of whole numbers along one axis.
    pub fn ints(values: Vec<i64>) -> Self {
        Self { dims: vec![values.len()], values: Values::Ints(values) }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its values as numbers of single precision.
    pub fn floats(&self) -> Vec<f32> {
        match &self.values {
            Values::Floats(values) => values.clone(),
            Values::Ints(values) => values.iter().map(|v| *v as f32).collect(),
        }
    }

    /// Its values as whole numbers; `None` when they are not meant to be.
    pub fn whole(&self) -> Option<&[i64]> {
        match &self.values {
            Values::Ints(values) => Some(values),
            Values::Floats(_) => None,
        }
    }

    /// Its only value.
    pub fn single(&self) -> Option<f64> {
        (self.len() == 1).then(|| match &self.values {
            Values::Floats(values) => values.first().map(|v| f64::from(*v)),
            Values::Ints(values) => values.first().map(|v| *v as f64),
        })?
    }

    /// The same values in the order of `index`, with other lengths of axes.
    pub(crate) fn picked(&self, index: &[usize], dims: Vec<usize>) -> Self {
        fn of<T: Copy>(values: &[T], index: &[usize]) -> Vec<T> {
            index.iter().filter_map(|at| values.get(*at).copied()).collect()
        }
        let values = match &self.values {
            Values::Floats(values) => Values::Floats(of(values, index)),
            Values::Ints(values) => Values::Ints(of(values, index)),
        };
        Self { dims, values }
    }

    /// Reads a tensor; values in another file are looked for in `folder`.
    pub(crate) fn read(from: TensorProto, folder: &Folder) -> Result<Self, OnnxError> {
        let name = from.name.clone();
        let fail = |reason: String| OnnxError::tensor(&name, reason);
        let (dims, len) = dimensions(&from.dims).map_err(&fail)?;
        let kind = Kind::of(from.data_type).map_err(&fail)?;
        let raw = if from.data_location == EXTERNAL {
            folder.values(&from.external_data, len.saturating_mul(kind.bytes())).map_err(&fail)?
        } else {
            from.raw_data
        };
        let values = if raw.is_empty() && len > 0 {
            let values = kind.fields(
                from.float_data,
                from.double_data,
                from.int32_data,
                from.int64_data,
                from.uint64_data,
            );
            values.map_err(&fail)?
        } else {
            let needed = len.saturating_mul(kind.bytes());
            if raw.len() != needed {
                return Err(fail(format!(
                    "{} bytes of values; {needed} are needed for {len} of {}",
                    raw.len(),
                    kind.name()
                )));
            }
            kind.values(&raw).map_err(&fail)?
        };
        let found = match &values {
            Values::Floats(v) => v.len(),
            Values::Ints(v) => v.len(),
        };
        if found != len {
            return Err(fail(format!("{found} values; its axes need {len}")));
        }
        Ok(Self { dims, values })
    }
}

/// Lengths of axes, and their product.
fn dimensions(dims: &[i64]) -> Result<(Vec<usize>, usize), String> {
    let odd = || {
        format!(
            "axes of {} values; at most {MAX_DIMENSIONS} axes with {MAX_VALUES} values together are read",
            dims.iter().take(12).map(i64::to_string).collect::<Vec<_>>().join(" x ")
        )
    };
    if dims.len() > MAX_DIMENSIONS {
        return Err(odd());
    }
    let mut lengths = Vec::with_capacity(dims.len());
    let mut product = 1_usize;
    for dim in dims {
        let dim = usize::try_from(*dim).map_err(|_| odd())?;
        product = product.checked_mul(dim).filter(|p| *p <= MAX_VALUES).ok_or_else(odd)?;
        lengths.push(dim);
    }
    Ok((lengths, product))
}

/// A type of values, by its number in `onnx.proto`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    F32,
    F64,
    F16,
    Bf16,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    Bool,
}

impl Kind {
    fn of(number: i32) -> Result<Self, String> {
        Ok(match number {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            4 => Self::U16,
            5 => Self::I16,
            6 => Self::I32,
            7 => Self::I64,
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            12 => Self::U32,
            13 => Self::U64,
            16 => Self::Bf16,
            8 => return Err("holds texts; numbers are needed".into()),
            other => {
                return Err(format!(
                    "has values of type {other}; float, double, float16, bfloat16 and whole numbers of 8 to 64 bits are read"
                ));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::F32 => "float",
            Self::F64 => "double",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// Little-endian values one after the other.
    fn values(self, raw: &[u8]) -> Result<Values, String> {
        fn each<const B: usize, T>(raw: &[u8], read: impl Fn([u8; B]) -> T) -> Vec<T> {
            raw.as_chunks::<B>().0.iter().map(|chunk| read(*chunk)).collect()
        }
        let floats = match self {
            Self::F32 => each(raw, f32::from_le_bytes),
            Self::F64 => each(raw, |b| f64::from_le_bytes(b) as f32),
            Self::F16 => each(raw, |b| f16::from_le_bytes(b).to_f32()),
            Self::Bf16 => each(raw, |b| bf16::from_le_bytes(b).to_f32()),
            Self::I8 => return Ok(Values::Ints(each(raw, |b| i8::from_le_bytes(b).into()))),
            Self::U8 => return Ok(Values::Ints(each(raw, |b| u8::from_le_bytes(b).into()))),
            Self::Bool => return Ok(Values::Ints(each(raw, |[b]| i64::from(b != 0)))),
            Self::I16 => return Ok(Values::Ints(each(raw, |b| i16::from_le_bytes(b).into()))),
            Self::U16 => return Ok(Values::Ints(each(raw, |b| u16::from_le_bytes(b).into()))),
            Self::I32 => return Ok(Values::Ints(each(raw, |b| i32::from_le_bytes(b).into()))),
            Self::U32 => return Ok(Values::Ints(each(raw, |b| u32::from_le_bytes(b).into()))),
            Self::I64 => return Ok(Values::Ints(each(raw, i64::from_le_bytes))),
            Self::U64 => return unsigned(&each(raw, u64::from_le_bytes)),
        };
        Ok(Values::Floats(floats))
    }

    /// Values in the fields of the message: small types travel in wider ones.
    fn fields(
        self,
        floats: Vec<f32>,
        doubles: Vec<f64>,
        ints: Vec<i32>,
        longs: Vec<i64>,
        unsigneds: Vec<u64>,
    ) -> Result<Values, String> {
        Ok(match self {
            Self::F32 => Values::Floats(floats),
            Self::F64 => Values::Floats(doubles.into_iter().map(|v| v as f32).collect()),
            Self::F16 => Values::Floats(
                ints.into_iter().map(|v| f16::from_bits(v as u16).to_f32()).collect(),
            ),
            Self::Bf16 => Values::Floats(
                ints.into_iter().map(|v| bf16::from_bits(v as u16).to_f32()).collect(),
            ),
            Self::I64 => Values::Ints(longs),
            Self::U32 | Self::U64 => unsigned(&unsigneds)?,
            Self::I8 | Self::U8 | Self::Bool | Self::I16 | Self::U16 | Self::I32 => {
                Values::Ints(ints.into_iter().map(i64::from).collect())
            }
        })
    }
}

fn unsigned(values: &[u64]) -> Result<Values, String> {
    let signed: Result<Vec<i64>, _> = values.iter().map(|v| i64::try_from(*v)).collect();
    signed.map(Values::Ints).map_err(|_| "has whole numbers beyond 2^63".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(from: TensorProto) -> Result<Tensor, OnnxError> {
        Tensor::read(from, &Folder::none())
    }

    #[test]
    fn values_are_read_from_bytes_and_from_fields() {
        let raw_data = [1.5_f32, -2.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let bytes = TensorProto { dims: vec![2], data_type: 1, raw_data, ..Default::default() };
        assert_eq!(read(bytes).unwrap().floats(), [1.5, -2.0]);
        let half = TensorProto {
            dims: vec![1, 2],
            data_type: 10,
            int32_data: vec![0x3c00, 0xc000],
            ..Default::default()
        };
        assert_eq!(read(half).unwrap().floats(), [1.0, -2.0]);
        let brain = TensorProto {
            dims: vec![],
            data_type: 16,
            raw_data: vec![0x80, 0x3f],
            ..Default::default()
        };
        assert_eq!(read(brain).unwrap().single(), Some(1.0));
        let bytes = TensorProto {
            dims: vec![2],
            data_type: 3,
            raw_data: vec![0xff, 5],
            ..Default::default()
        };
        assert_eq!(read(bytes).unwrap().whole(), Some(&[-1, 5][..]));
    }

    #[test]
    fn wrong_lengths_and_types_are_refused_by_name() {
        let named = |dims: Vec<i64>, data_type, raw_data: Vec<u8>| TensorProto {
            name: "w".into(),
            dims,
            data_type,
            raw_data,
            ..Default::default()
        };
        for (tensor, reason) in [
            (named(vec![2], 1, vec![0; 4]), "4 bytes of values; 8 are needed"),
            (named(vec![-1], 1, vec![]), "axes of -1 values"),
            (named(vec![1 << 40, 1 << 40], 1, vec![]), "together are read"),
            (named(vec![3], 1, vec![]), "0 values; its axes need 3"),
            (named(vec![1], 8, vec![0]), "holds texts"),
            (named(vec![1], 99, vec![0]), "type 99"),
            (named(vec![1], 13, vec![0xff; 8]), "beyond 2^63"),
        ] {
            let told = read(tensor).unwrap_err().to_string();
            assert!(told.starts_with("tensor w: ") && told.contains(reason), "{told}");
        }
    }
}
