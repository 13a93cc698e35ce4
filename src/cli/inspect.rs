//! `inspect`: what a model or dataset holds.

use super::context::{Answer, Context};
use super::table::pairs;
use anyhow::Result;
use data::{self, ClassCount, Description};
use file::as_path;
use network::recurrent::{self, RecurrentModel};
use std::io::Read;

/// Classes and columns listed by name before the rest is only counted.
const LISTED: usize = 12;

pub(super) fn command(file: &str, context: &Context) -> Result<Answer> {
    let is_dataset = data::NAMED.iter().any(|n| n.name == file);
    if let Some(model) = recurrent_model(file) {
        return Ok(model?.describe().into());
    }
    let is_model = network::built_in_names().any(|name| name == file) || is_model_file(file);
    let mut parts = Vec::new();
    if is_model {
        parts.push(import::open(file)?.describe());
    }
    if is_dataset || !is_model {
        let dataset = data::inspect(file, context.sources.data_dir.as_deref());
        match dataset {
            Ok(described) => parts.push(show(&described)),
            // A name that both a model and an absent dataset have.
            Err(error) if is_model => parts.push(format!("dataset  {error}\n")),
            Err(error) => return Err(error.into()),
        }
    }
    let lines =
        parts.join("\n").lines().map(|line| format::escaped(line) + "\n").collect::<String>();
    Ok(lines.into())
}

/// The recurrent model of that name or in that file; `None` when there is none.
fn recurrent_model(name: &str) -> Option<Result<RecurrentModel, network::ModelError>> {
    if recurrent::built_in_names().any(|n| n == name) {
        return Some(recurrent::open(name));
    }
    if !is_model_file(name) {
        return None;
    }
    // A file of another kind is told about as such.
    RecurrentModel::load(as_path(name)).ok().map(Ok)
}

/// Whether a plain file is a `.safetensors` (a length, then JSON) or ONNX.
fn is_model_file(path: &str) -> bool {
    let mut start = [0u8; 9];
    let path = as_path(path);
    path.is_file()
        && data::open_regular(&path).is_ok_and(|mut f| f.read_exact(&mut start).is_ok())
        && (start[8] == b'{' && start[4..8] == [0; 4] || import::is_onnx(&path, &start))
}

fn show(described: &Description) -> String {
    let mut rows = vec![("dataset", described.path.clone()), ("format", described.format.clone())];
    if let Some(shape) = described.shape {
        rows.push(("shape", shape.to_string()));
    }
    let samples = format::count(described.samples as u64);
    rows.push((
        "samples",
        match described.split {
            Some((train, test)) => format!(
                "{samples} ({} training, {} test)",
                format::count(train as u64),
                format::count(test as u64)
            ),
            None => samples,
        },
    ));
    if let Some((low, high)) = described.range {
        rows.push(("values", format!("{low} to {high}")));
    }
    rows.extend(described.digest.map(|digest| ("digest", digest.short())));
    let class = |c: &ClassCount| format!("{} ({})", format::excerpt(&c.name), c.samples);
    rows.extend(list("classes", described.classes.iter().map(class).collect()));
    rows.extend(list("columns", described.features.iter().map(|f| format::excerpt(f)).collect()));
    rows.extend(described.notes.iter().map(|note| ("note", note.clone())));
    rows.extend(described.guesses.iter().map(|guess| ("guess", guess.to_string())));
    pairs(&rows)
}

/// Names in lines short enough to read, the label before the first.
fn list(label: &'static str, names: Vec<String>) -> Vec<(&'static str, String)> {
    let more = names.len().saturating_sub(LISTED);
    let mut lines: Vec<String> = names
        .get(..names.len() - more)
        .unwrap_or_default()
        .chunks(6)
        .map(|c| c.join(", "))
        .collect();
    if more > 0 {
        lines.push(format!("and {} more", format::count(more as u64)));
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).collect()
}
