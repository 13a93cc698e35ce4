//! Networks out of files, of this program and of others: [`onnx`] reads theirs, here nodes become layers.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod arithmetic;
mod cells;
mod choice;
mod expression;
mod flow;
mod joins;
mod labels;
mod layers;
mod manifest;
mod metadata;
mod nodes;
mod run;
mod scores;
mod sequences;
mod windows;

pub use manifest::NAME as MANIFEST;

use data::Shape;
use flow::Flow;
use layers::Layers;
use network::recurrent::RecurrentModel;
use network::{ModelCard, ModelError, Network, Provenance};
use nodes::Reading;
use onnx::{Input, Model};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most bytes of what is told of the origin of a network.
const MAX_ORIGIN_BYTES: usize = 2048;

/// A built-in network by its name, or one from the file at the path `name_or_path`: of this program,
/// ONNX, or a manifest with arrays beside it (the folder of a `network.json` stands for it).
///
/// # Errors
/// When there is neither, or the file is not a model.
pub fn open(name_or_path: &str) -> Result<Network, ModelError> {
    if network::built_in_names().all(|name| name != name_or_path)
        && let Some(network) = of_others(&file::as_path(name_or_path))
    {
        return network;
    }
    network::open(name_or_path)
}

/// A network from a file, of this program or as [`open`] says; nothing in it is trusted.
///
/// # Errors
/// When it cannot be read, is too large, or is no network here (see [`Network::load`]).
pub fn load(path: impl AsRef<Path>) -> Result<Network, ModelError> {
    let path = path.as_ref();
    of_others(path).unwrap_or_else(|| Network::load(path))
}

/// What files are and their paths, with those that each model among them is made of: none of them must
/// be written over by what is computed from them.
pub fn with_parts(files: Vec<(&'static str, PathBuf)>) -> Vec<(&'static str, PathBuf)> {
    let parts = |(what, path)| if what == "model" { parts(path) } else { vec![(what, path)] };
    files.into_iter().flat_map(parts).collect()
}

/// The files of the model at `path`.
fn parts(path: PathBuf) -> Vec<(&'static str, PathBuf)> {
    let original = network::original_file(&path).map(|p| ("original of the model", p));
    let beside = match manifest::of(&path) {
        Some(manifest) => {
            let arrays = manifest::beside(&manifest);
            std::iter::once(manifest).chain(arrays).collect()
        }
        None if holds_onnx(&path) => onnx::beside(&path),
        None => Vec::new(),
    };
    let beside = beside.into_iter().map(|p| ("weights of the model", p));
    std::iter::once(("model", path)).chain(original).chain(beside).collect()
}

/// The network in a file of another program: ONNX, or a manifest with arrays beside it.
fn of_others(path: &Path) -> Option<Result<Network, ModelError>> {
    if let Some(manifest) = manifest::of(path) {
        return Some(manifest::load(&manifest));
    }
    holds_onnx(path).then(|| from_onnx(path))
}

/// A built-in network of sequences by its name, or one from the file at the path `name_or_path`: of this
/// program, or ONNX.
///
/// # Errors
/// When there is neither, or the file is no such model.
pub fn open_sequences(name_or_path: &str) -> Result<RecurrentModel, ModelError> {
    let path = file::as_path(name_or_path);
    let built_in = network::recurrent::built_in_names().any(|name| name == name_or_path);
    if built_in || !holds_onnx(&path) {
        return network::recurrent::open(name_or_path);
    }
    let (model, name, format) = read_onnx(&path)?;
    of_cells(model, &name).map_err(format)
}

/// A network of either kind.
#[derive(Clone, Debug)]
pub enum Opened {
    Layers(Arc<Network>),
    Sequences(Arc<RecurrentModel>),
}

/// The network in the file at the path `name_or_path`, or the built-in one of that name, of either kind.
///
/// # Errors
/// As [`open`].
pub fn open_either(name_or_path: &str) -> Result<Opened, ModelError> {
    let layers = |network| Opened::Layers(Arc::new(network));
    let sequences = |model| Opened::Sequences(Arc::new(model));
    if network::recurrent::built_in_names().any(|name| name == name_or_path) {
        return network::recurrent::open(name_or_path).map(sequences);
    }
    let path = file::as_path(name_or_path);
    if network::built_in_names().all(|name| name != name_or_path) && holds_onnx(&path) {
        let (model, name, format) = read_onnx(&path)?;
        return match sequences::has_cells(&model) {
            true => of_cells(model, &name).map(sequences),
            false => import(model, &name).map(layers),
        }
        .map_err(format);
    }
    // What is no network of sequences is told about as one of layers.
    match RecurrentModel::load(&path) {
        Ok(model) => Ok(sequences(model)),
        Err(_) => open(name_or_path).map(layers),
    }
}

/// The network of sequences that `model` is.
fn of_cells(model: Model, name: &str) -> Result<RecurrentModel, String> {
    let origin = origin(&model);
    sequences::import(model, name, origin)
}

/// Whether `path` leads to a model: a `.safetensors` (a length, then JSON), ONNX, or a manifest.
pub fn is_model(path: &Path) -> bool {
    let start = start_of(path);
    let safetensors = start.get(8) == Some(&b'{') && start.get(4..8) == Some(&[0; 4]);
    safetensors || is_onnx(path, &start) || manifest::of(path).is_some()
}

/// Whether the file at `path`, which begins with `start`, is ONNX: by its name or by its first bytes.
fn is_onnx(path: &Path, start: &[u8]) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("onnx")) || onnx::looks_like(start)
}

fn holds_onnx(path: &Path) -> bool {
    is_onnx(path, &start_of(path))
}

/// The first bytes of a plain file, enough to tell by; none of anything else.
fn start_of(path: &Path) -> Vec<u8> {
    const START: u64 = 4096;
    let mut start = Vec::new();
    let read = data::open_regular(path).map(|f| f.take(START).read_to_end(&mut start));
    if read.is_ok() { start } else { Vec::new() }
}

/// Reads an ONNX file, with weights beside it where it names them.
fn from_onnx(path: &Path) -> Result<Network, ModelError> {
    let (model, name, format) = read_onnx(path)?;
    if sequences::has_cells(&model) {
        return Err(format(format!(
            "is a network of sequences; run it with a scenario of sequences: cryptoscope run cryptornn --set model={}",
            format::path(path)
        )));
    }
    import(model, &name).map_err(format)
}

/// A file, what its network will be called, and errors about it.
type Parsed = (Model, String, Box<dyn Fn(String) -> ModelError>);

fn read_onnx(path: &Path) -> Result<Parsed, ModelError> {
    let origin = format::path(path);
    let format = move |reason: String| ModelError::Format { origin: origin.clone(), reason };
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = stem.chars().filter(|c| !c.is_control()).take(60).collect();
    let model = onnx::read(path).map_err(|e| format(e.to_string()))?;
    Ok((model, name, Box::new(format)))
}

/// Where a network comes from.
fn origin(model: &Model) -> String {
    let by = if model.producer.is_empty() { "an unnamed program" } else { &model.producer };
    let origin = format!("read from ONNX, operator set {}, written by {by}", model.opset);
    origin.chars().filter(|c| !c.is_control()).take(MAX_ORIGIN_BYTES).collect()
}

/// The network that `model` is; `name` is what it will be called. Its card says what was left out or
/// assumed.
///
/// # Errors
/// When the graph is no network of layers that this program has; the text names the node.
fn import(mut model: Model, name: &str) -> Result<Network, String> {
    let [input] = &model.inputs[..] else {
        let names: Vec<String> = model.inputs.iter().map(|i| format::excerpt(&i.name)).collect();
        return Err(format!(
            "has {} inputs ({}); networks with one are read",
            names.len(),
            names.join(", ")
        ));
    };
    let (shape, flow, batch) = start(input)?;
    let class_names = labels::class_names(&model);
    let mut reading =
        Reading::new(Layers::new(shape), &input.name.clone(), flow, batch, &mut model);
    for node in &model.nodes {
        reading.take(node).map_err(|reason| nodes::at(node, &reason))?;
    }
    scores::finish(&mut reading, &model.outputs)?;
    let mut given = metadata::read(&model.metadata, shape.len())?;
    let Reading { mut layers, mut notes, .. } = reading;
    if given.card.classes.is_empty() {
        given.card.classes =
            class_names.filter(|names| names.len() == layers.shape.len()).unwrap_or_default();
    }
    if given.card.classes.is_empty() {
        notes.push("the file names no classes; write them into its metadata (classes)".into());
    }
    if let Some((offset, scale)) = given.normalisation {
        layers.normalise_first(&offset, &scale);
    } else if matches!(layers.input, Shape::Image { .. }) && !layers.takes_bytes() {
        layers.normalise_first(&[0.0], &[255.0]);
        notes.push(
            "pictures are divided by 255 before the network, as torchvision's ToTensor does; write offset and scale into the metadata of the file where that is wrong".into(),
        );
    }
    let provenance = Provenance { command: origin(&model), ..Provenance::default() };
    let card = ModelCard { notes, ..given.card };
    Network::new(name, layers.input, layers.normalisation, layers.layers, None, provenance)
        .and_then(|n| n.with_card(card))
        .map_err(|e| e.to_string())
}

/// The shape of a sample, the input as a flow, and the length of the axis of samples.
fn start(input: &Input) -> Result<(Shape, Flow, usize), String> {
    let name = format::excerpt(&input.name);
    let Some((batch, sample)) = input.dims.split_first() else {
        return Err(format!("input {name} has no axes; the first must be that of samples"));
    };
    let sample: Option<Vec<usize>> = sample.iter().copied().collect();
    let sample = sample.ok_or_else(|| {
        format!("input {name} has an axis of open length besides that of samples; export with fixed sizes")
    })?;
    flow::counted(&format!("input {name} has"), &sample)?;
    let few = |channels: usize| [1, 3, 4].contains(&channels);
    let dims = |rest: &[usize]| std::iter::once(1).chain(rest.iter().copied()).collect::<Vec<_>>();
    let (shape, flow) = match sample[..] {
        [len] => (Shape::Flat { len }, Flow::stored(0, vec![1, len])),
        [height, width] => {
            (Shape::Image { channels: 1, height, width }, Flow::stored(0, dims(&sample)))
        }
        // Rows, columns, channels: as Keras has pictures.
        [height, width, channels] if few(channels) && !few(height) => {
            let stored = Flow::stored(0, vec![1, channels, height, width]);
            let flow = stored.transposed(&[0, 2, 3, 1]).ok_or("has odd axes")?;
            (Shape::Image { channels, height, width }, flow)
        }
        [channels, height, width] => {
            (Shape::Image { channels, height, width }, Flow::stored(0, dims(&sample)))
        }
        _ => {
            return Err(format!(
                "input {name} has {} axes besides that of samples; vectors have 1, pictures 2 or 3",
                sample.len()
            ));
        }
    };
    Ok((shape, flow, batch.unwrap_or(1)))
}
