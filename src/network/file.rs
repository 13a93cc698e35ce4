//! The native model file: one `.safetensors`, the architecture as JSON in its metadata.
//!
//! Metadata: `format` is `cryptoscope`, `version` is `2`, `network` holds the architecture, `card` what
//! model and data must agree on and which models belong together ([`ModelCard`]), `digest` what
//! [`Network::digest`] is of architecture and tensors, `checksum` the digest of these three texts.
//! Version 1 has neither card nor digests. Tensors (all F32) are named `LAYER.weight`, `LAYER.bias`, `LAYER.gamma`, `LAYER.beta`, `LAYER.mean`,
//! `LAYER.variance`, `normalisation.offset` and `normalisation.scale`.

use super::blueprint::{Blueprint, Tensors, Written};
use super::card::ModelCard;
use super::model::{Network, NetworkError};
use data::Digest;
use file::OutputError;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::Path;

/// Largest model file, bytes.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Largest header of a model file, bytes.
const MAX_HEADER_BYTES: u64 = 32 << 20;
/// Most tensors in a model file.
const MAX_TENSORS: usize = 4096;

const FORMAT: &str = "cryptoscope";
const VERSION: &str = "2";
/// Version without card and digests.
const BARE_VERSION: &str = "1";
/// Field of the metadata that holds the architecture.
const KIND: &str = "network";

/// Why a model cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(
        "no model {name}: built in are {known}; anything else must be the path of a .safetensors or .onnx file"
    )]
    Unknown { name: String, known: String },
    #[error("model file {path}: {source}{}", file::advice(source))]
    Read { path: String, source: std::io::Error },
    #[error("model file {0}")]
    Write(#[from] OutputError),
    #[error("model {origin}: {len} bytes; a model file has at most {MAX_FILE_BYTES}")]
    TooLarge { origin: String, len: u64 },
    #[error("model {origin}: {reason}")]
    Format { origin: String, reason: String },
    #[error("model {origin}: {source}")]
    Network { origin: String, source: NetworkError },
}

impl Network {
    /// Reads a model file of this program; nothing in it is trusted.
    ///
    /// # Errors
    /// When it cannot be read, is too large, is no model file of a known version, or its tensors
    /// are not exactly those its architecture needs.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let bytes = read(path)?;
        Self::from_bytes(&bytes, &format::path(path))
    }

    /// A model from the bytes of its file; `origin` names it in errors.
    pub fn from_bytes(bytes: &[u8], origin: &str) -> Result<Self, ModelError> {
        let file = open(bytes, origin, KIND)?;
        let format = |reason: String| ModelError::Format { origin: origin.into(), reason };
        let blueprint: Blueprint = serde_json::from_str(&file.architecture)
            .map_err(|e| format(format!("architecture: {}", one_line(&e))))?;
        let parts = blueprint.into_parts(file.tensors).map_err(format)?;
        let network = parts.into_network().and_then(|n| n.with_card(file.names.card));
        let network =
            network.map_err(|source| ModelError::Network { origin: origin.into(), source })?;
        file.names.seal.map_or(Ok(()), |seal| seal.check(network.digest())).map_err(format)?;
        Ok(network)
    }

    /// Writes the model file: to a temporary file beside it first, then renamed, so that a reader
    /// never sees half a model.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        write(path.as_ref(), &self.to_bytes())
    }

    /// The bytes of the model file; the same network always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (blueprint, tensors) = Blueprint::of(self);
        let architecture = serde_json::to_string(&blueprint).unwrap_or_default();
        assemble(KIND, &architecture, self.card(), self.digest(), &tensors)
    }
}

/// The bytes of a model file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let fail = |source| ModelError::Read { path: format::path(path), source };
    let file = data::open_regular(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// Whether the file at `path` says that it is a model file of this program.
pub fn is_model_file(path: &Path) -> bool {
    stated(path).is_some_and(|m| m.get("format").and_then(Value::as_str) == Some(FORMAT))
}

/// The digest that the header of a model file states; `None` where there is none.
pub(super) fn stated_digest(path: &Path) -> Option<Digest> {
    stated(path)?.get("digest")?.as_str()?.parse().ok()
}

/// The metadata in the header of a `.safetensors` file.
fn stated(path: &Path) -> Option<Value> {
    let mut file = data::open_regular(path).ok()?;
    let mut start = [0; 8];
    file.read_exact(&mut start).ok()?;
    let len = u64::from_le_bytes(start);
    if len > MAX_HEADER_BYTES {
        return None;
    }
    let mut header = Vec::new();
    file.take(len).read_to_end(&mut header).ok()?;
    let mut header: Value = serde_json::from_slice(&header).ok()?;
    header.get_mut("__metadata__").map(Value::take)
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    Ok(file::write_whole(path, bytes)?)
}

/// A model file, opened.
pub(super) struct Opened {
    /// JSON text.
    pub architecture: String,
    pub names: Named,
    pub tensors: Tensors,
}

/// What the metadata hold beside the architecture: nothing in a file of version 1.
#[derive(Default)]
pub(super) struct Named {
    pub card: ModelCard,
    pub seal: Option<Seal>,
}

/// What a file says that it holds.
pub(super) struct Seal {
    digest: Digest,
    checksum: Digest,
    /// Of the texts that were read.
    found_checksum: Digest,
}

impl Seal {
    /// Holds what was read against what was written.
    pub fn check(&self, found: Digest) -> Result<(), String> {
        if self.digest != found {
            return Err("damaged: its tensors or its architecture are not those it was saved with (the digest differs); take the file from where it came".into());
        }
        if self.checksum != self.found_checksum {
            return Err("damaged: its metadata are not those it was saved with (the checksum differs); take the file from where it came".into());
        }
        Ok(())
    }
}

/// Architecture, under `kind` in the metadata, names and tensors of a model file.
pub(super) fn open(bytes: &[u8], origin: &str, kind: &str) -> Result<Opened, ModelError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ModelError::TooLarge { origin: origin.into(), len: bytes.len() as u64 });
    }
    let format = |reason: String| ModelError::Format { origin: origin.into(), reason };
    if let Some(what) = data::foreign(bytes) {
        return Err(format(format!("this is {what}; a model is a .safetensors or .onnx file")));
    }
    check_header_length(bytes).map_err(format)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| format(one_line(&e)))?;
    let (architecture, names) = metadata(header.metadata().as_ref(), kind).map_err(format)?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| format(one_line(&e)))?;
    Ok(Opened { architecture, names, tensors: tensors(&file).map_err(format)? })
}

/// The digest of the texts of a file.
fn checksum(architecture: &str, card: &str, digest: &str) -> Digest {
    Digest::of([architecture, card, digest])
}

/// The bytes of a model file.
pub(super) fn assemble(
    kind: &str,
    architecture: &str,
    card: &ModelCard,
    digest: Digest,
    tensors: &[Written<'_>],
) -> Vec<u8> {
    let mut header = Map::new();
    let card = serde_json::to_string(card).unwrap_or_default();
    let digest = digest.to_string();
    let metadata = json!({
        "format": FORMAT,
        "version": VERSION,
        kind: architecture,
        "card": &card,
        "digest": &digest,
        "checksum": checksum(architecture, &card, &digest),
    });
    header.insert("__metadata__".to_owned(), metadata);
    let mut start = 0;
    for (name, shape, values) in tensors {
        let end = start + size_of_val(*values);
        let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, end] });
        header.insert(name.clone(), entry);
        start = end;
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    for (_, _, values) in tensors {
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    }
    bytes
}

/// A text of one line, whatever the error holds.
pub(super) fn one_line(error: &dyn std::fmt::Display) -> String {
    format!("no model file: {}", format::one_line(error))
}

fn check_header_length(bytes: &[u8]) -> Result<(), String> {
    let Some(start) = bytes.first_chunk::<8>() else {
        return Err(format!("{} bytes are too few for a model file", bytes.len()));
    };
    let len = u64::from_le_bytes(*start);
    let text = bytes.iter().take(64).all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e));
    if text {
        return Err("this is text, a table perhaps; a model is a .safetensors or .onnx file".into());
    }
    if len > MAX_HEADER_BYTES {
        return Err(format!(
            "header of {len} bytes; at most {MAX_HEADER_BYTES} are allowed (is this a .safetensors file?)"
        ));
    }
    Ok(())
}

/// The architecture, as JSON text under `kind`, and the rest of the metadata.
fn metadata(
    metadata: Option<&std::collections::HashMap<String, String>>,
    kind: &str,
) -> Result<(String, Named), String> {
    let Some(metadata) = metadata else {
        return Err("holds tensors but no architecture; it was not saved by CryptoScope".into());
    };
    let get = |key: &str| {
        metadata
            .get(key)
            .ok_or_else(|| format!("metadata {key} is missing; it was not saved by CryptoScope"))
    };
    if get("format")? != FORMAT {
        return Err(format!("metadata format is not {FORMAT}; it was not saved by CryptoScope"));
    }
    let version = get("version")?;
    if version != VERSION && version != BARE_VERSION {
        let version: String = version.chars().filter(|c| !c.is_control()).take(20).collect();
        return Err(format!(
            "version {version}; this program reads versions {BARE_VERSION} and {VERSION}, so use a newer program"
        ));
    }
    let architecture = get(kind)?;
    let (fields, names) = if version == BARE_VERSION {
        (3, Named::default())
    } else {
        let (card, digest) = (get("card")?, get("digest")?);
        let seal = Seal {
            digest: digest.parse().map_err(|e| format!("metadata digest: {e}"))?,
            checksum: get("checksum")?.parse().map_err(|e| format!("metadata checksum: {e}"))?,
            found_checksum: checksum(architecture, card, digest),
        };
        let card =
            serde_json::from_str(card).map_err(|e| format!("metadata card: {}", one_line(&e)))?;
        (6, Named { card, seal: Some(seal) })
    };
    if metadata.len() != fields {
        return Err("metadata has fields this program does not know".into());
    }
    Ok((architecture.clone(), names))
}

/// All tensors, named, with their shapes.
fn tensors(file: &SafeTensors) -> Result<Tensors, String> {
    if file.len() > MAX_TENSORS {
        return Err(format!("{} tensors; at most {MAX_TENSORS} are allowed", file.len()));
    }
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
            return Err(format!("tensor {name} is {:?}; only F32 is read", view.dtype()));
        }
        let (chunks, _) = view.data().as_chunks::<4>();
        let values = chunks.iter().map(|c| f32::from_le_bytes(*c)).collect();
        tensors.insert(name.to_owned(), (view.shape().to_vec(), values));
    }
    Ok(tensors)
}
