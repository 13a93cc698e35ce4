//! Networks as researchers publish them: a list of layers in JSON, and their weights beside it, one file
//! of NumPy or CSV for each array, or all of them in one `.safetensors`.

mod arrays;
mod build;
mod rows;

use arrays::Arrays;
use network::{ModelCard, ModelError, Network, Provenance};
use rows::{Manifest, PerValue};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the manifest in a folder is called.
pub const NAME: &str = "network.json";
/// Most layers.
const MAX_LAYERS: usize = 1000;
/// Longest manifest, bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The manifest that `path` stands for: a `.json` file that is one, the one in a folder, or the one of
/// the same name beside a `.safetensors` of another program.
pub(super) fn of(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        let inside = path.join(NAME);
        return inside.is_file().then_some(inside);
    }
    let has = |extension: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension));
    if has("safetensors") && !network::is_model_file(path) {
        let beside = path.with_extension("json");
        return beside.is_file().then_some(beside);
    }
    (has("json") && read(path).is_ok_and(|text| is_manifest(&text))).then(|| path.to_path_buf())
}

/// Whether a JSON text is a network and not a scenario or a report: it has layers.
fn is_manifest(text: &str) -> bool {
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    // What is damaged is told as what it begins like.
    value.map_or_else(
        |_| text.contains("\"layers\"") && text.contains("\"op\""),
        |value| value.get("layers").is_some_and(serde_json::Value::is_array),
    )
}

/// The network in the manifest at `path`.
///
/// # Errors
/// When it, or an array that it names, cannot be read, or layers and arrays do not fit together.
pub(super) fn load(path: &Path) -> Result<Network, ModelError> {
    let fail = |reason: String| ModelError::Format { origin: format::path(path), reason };
    let text = read(path).map_err(fail)?;
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    network(&text, folder(path), &stem).map_err(fail)
}

/// The files that the manifest at `path` names; none where it cannot be read.
pub(super) fn beside(path: &Path) -> Vec<PathBuf> {
    let manifest = read(path).ok().and_then(|text| serde_json::from_str(&text).ok());
    let Some(manifest): Option<Manifest> = manifest else { return Vec::new() };
    let named = match &manifest.tensors {
        Some(file) => vec![file.as_str()],
        None => manifest.layers.iter().flat_map(|row| row.op.arrays()).collect(),
    };
    named.into_iter().filter_map(|name| data::inside(folder(path), name).ok()).collect()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."))
}

fn read(path: &Path) -> Result<String, String> {
    let file = data::open_regular(path).map_err(|e| format!("{e}{}", file::advice(&e)))?;
    let mut text = String::new();
    file.take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|e| format!("cannot read: {e}; a manifest is JSON in UTF-8"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!("more than {MAX_BYTES} bytes; weights stand in files of their own"));
    }
    Ok(text)
}

fn network(text: &str, folder: &Path, stem: &str) -> Result<Network, String> {
    let manifest: Manifest = serde_json::from_str(text)
        .map_err(|e| format!("no manifest of a network: {}", file::reason_in(text, &e)))?;
    let name = manifest.name.as_deref().unwrap_or(if stem == "network" {
        folder.file_name().and_then(|n| n.to_str()).unwrap_or(stem)
    } else {
        stem
    });
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    let mut arrays = match &manifest.tensors {
        Some(file) => Arrays::tensors(folder, file)?,
        None => Arrays::files(folder),
    };
    let shape = manifest.shape()?;
    if manifest.layers.len() > MAX_LAYERS {
        return Err(format!("{} layers; at most {MAX_LAYERS} are read", manifest.layers.len()));
    }
    let mut layers = build::Layers::new(shape);
    for (at, row) in manifest.layers.into_iter().enumerate() {
        layers.push(at, row, &mut arrays)?;
    }
    let mut notes = Vec::new();
    if manifest.offset.is_none() && manifest.scale.is_none() {
        notes.push("values are taken as the dataset has them; write offset and scale into the manifest where the network was trained on (x - offset) / scale".into());
    }
    if manifest.classes.is_empty() {
        notes.push("the manifest names no classes; write them into it (classes)".into());
    }
    let of = |given: Option<PerValue>, usual: f32| given.map_or(vec![usual], PerValue::into_list);
    let normalisation =
        network::Normalisation { offset: of(manifest.offset, 0.0), scale: of(manifest.scale, 1.0) };
    let provenance = Provenance { command: arrays.origin(), ..Provenance::default() };
    let card = ModelCard {
        classes: manifest.classes,
        features: manifest.features,
        notes,
        ..ModelCard::default()
    };
    Network::new(name, shape, normalisation, layers.done(), None, provenance)
        .and_then(|n| n.with_card(card))
        .map_err(|e| e.to_string())
}
