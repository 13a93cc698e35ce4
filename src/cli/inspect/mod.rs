//! `inspect`: what a file holds, whatever it is.

mod dataset;
mod message;
mod model;
mod record;
pub(super) use record::run_report;
mod told;

use super::args::InspectArgs;
use super::context::{Answer, Context};
use anyhow::Result;
use file::as_path;
use import::Opened;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use told::Told;

/// First bytes that are looked at.
const LOOKED_AT: u64 = 4096;

pub(super) fn command(args: &InspectArgs, context: &Context) -> Result<Answer> {
    let parts = parts(&args.file, context)?;
    if args.json {
        let mut all: Vec<Value> = parts.into_iter().map(|part| part.json).collect();
        let value = if all.len() == 1 { all.remove(0) } else { Value::Array(all) };
        return Ok((serde_json::to_string_pretty(&value)? + "\n").into());
    }
    let text = parts.into_iter().map(|part| part.text).collect::<Vec<_>>().join("\n");
    let lines = text.lines().map(|line| format::escaped(line) + "\n").collect::<String>();
    Ok(lines.into())
}

/// What `file` holds: of a name that both a model and a dataset have, both.
fn parts(file: &str, context: &Context) -> Result<Vec<Told>> {
    let is_dataset = data::NAMED.iter().any(|n| n.name == file);
    let path = as_path(file);
    let is_model = network::is_named(file) || import::is_model(&path) || is_named_as_model(&path);
    if !is_dataset
        && !is_model
        && let Some(start) = start_of(file)
    {
        if message::is_one(&start) {
            return message::told(&as_path(file)).map(|told| vec![told]);
        }
        if let Some(told) = record::told(file, &start) {
            return told.map(|told| vec![told]);
        }
    }
    let mut parts = Vec::new();
    if is_model {
        match import::open_either(file)? {
            Opened::Layers(network) => parts.push(model::layers(&network)),
            Opened::Sequences(model) => return Ok(vec![model::recurrent(&model)]),
        }
    }
    if is_dataset || !is_model {
        match data::inspect(file, context.sources.data_dir.as_deref()) {
            Ok(described) => parts.push(dataset::told(&described)),
            // A name that both a model and an absent dataset have.
            Err(error) if is_model => parts.push(Told {
                text: format!("dataset  {error}\n"),
                json: json!({ "kind": "dataset", "error": error.to_string() }),
            }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(parts)
}

/// Whether a file bears the ending of models, so that what is wrong with it is told by their reader.
fn is_named_as_model(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let of_models = ["safetensors", "onnx"].iter().any(|known| known.eq_ignore_ascii_case(ending));
    of_models && path.is_file()
}

/// The first bytes of a plain file.
fn start_of(path: &str) -> Option<Vec<u8>> {
    let path = as_path(path);
    let mut start = Vec::new();
    let file = path.is_file().then(|| data::open_regular(&path).ok()).flatten()?;
    file.take(LOOKED_AT).read_to_end(&mut start).ok().map(|_| start)
}
