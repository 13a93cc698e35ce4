//! Where the weights of a manifest are.

use data::Matrix;
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest file of tensors, bytes.
const MAX_BYTES: u64 = 1 << 30;
/// Most values of all arrays of a network.
const MAX_VALUES: usize = 1 << 27;

/// Arrays by name.
pub(super) struct Arrays {
    source: Source,
    values: usize,
}

enum Source {
    /// Each in a file of this folder.
    Files(PathBuf),
    /// All of them, in the bytes of one file of this name.
    Tensors { bytes: Vec<u8>, name: String },
}

impl Arrays {
    /// Each name is that of a file in `folder`.
    pub fn files(folder: &Path) -> Self {
        Self { source: Source::Files(folder.to_path_buf()), values: 0 }
    }

    /// Each name is that of a tensor in the `.safetensors` file `name` of `folder`.
    ///
    /// # Errors
    /// When the file lies elsewhere, cannot be read, is too large, or holds no tensors.
    pub fn tensors(folder: &Path, name: &str) -> Result<Self, String> {
        let shown = format::excerpt(name);
        let path = data::inside(folder, name).map_err(|why| format!("tensors {shown}: {why}"))?;
        let fail = |e: std::io::Error| format!("tensors {shown} beside the manifest: {e}");
        let mut bytes = Vec::new();
        let file = data::open_regular(&path).map_err(fail)?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("tensors {shown}: at most {MAX_BYTES} bytes are read"));
        }
        SafeTensors::deserialize(&bytes).map_err(|e| {
            let line: String = e.to_string().chars().take(200).collect();
            format!(
                "tensors {shown}: no .safetensors file: {}",
                line.replace(char::is_control, " ")
            )
        })?;
        Ok(Self { source: Source::Tensors { bytes, name: shown }, values: 0 })
    }

    /// Where they come from, for people.
    pub fn origin(&self) -> String {
        match &self.source {
            Source::Files(_) => "read from a manifest and one file for each array".into(),
            Source::Tensors { name, .. } => format!("read from a manifest and {name}"),
        }
    }

    /// The array of this name.
    ///
    /// # Errors
    /// In one line, with the name.
    pub fn read(&mut self, name: &str) -> Result<Matrix, String> {
        let shown = format::excerpt(name);
        let found = match &self.source {
            Source::Files(folder) => data::inside(folder, name)
                .map_err(str::to_owned)
                .and_then(|path| Matrix::read(&path))
                .map_err(|why| format!("array {shown}: {why}"))?,
            Source::Tensors { bytes, name: file } => {
                let all = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
                let tensor = all.tensor(name).map_err(|_| {
                    let mut names = all.names();
                    names.sort_unstable();
                    let known: Vec<String> =
                        names.iter().take(8).map(|n| format::excerpt(n)).collect();
                    format!("{file} has no tensor {shown}; it has {}", known.join(", "))
                })?;
                let values = floats(tensor.dtype(), tensor.data()).ok_or_else(|| {
                    format!(
                        "tensor {shown} holds {:?}; numbers of up to 8 bytes are read",
                        tensor.dtype()
                    )
                })?;
                Matrix { dims: tensor.shape().to_vec(), values }
            }
        };
        self.values += found.values.len();
        if self.values > MAX_VALUES {
            return Err(format!("array {shown}: more than {MAX_VALUES} values in all arrays"));
        }
        match found.values.iter().all(|v| v.is_finite()) {
            true => Ok(found),
            false => Err(format!("array {shown}: a value is not finite")),
        }
    }
}

/// Values of a tensor; `None` for types without numbers.
fn floats(of: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|b| read(*b)).collect()
    }
    Some(match of {
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Dtype::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Dtype::I8 => each(bytes, |b| f32::from(i8::from_le_bytes(b))),
        Dtype::U8 => each(bytes, |b| f32::from(u8::from_le_bytes(b))),
        Dtype::I16 => each(bytes, |b| f32::from(i16::from_le_bytes(b))),
        Dtype::U16 => each(bytes, |b| f32::from(u16::from_le_bytes(b))),
        Dtype::I32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Dtype::U32 => each(bytes, |b| u32::from_le_bytes(b) as f32),
        Dtype::I64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
        Dtype::U64 => each(bytes, |b| u64::from_le_bytes(b) as f32),
        _ => return None,
    })
}
