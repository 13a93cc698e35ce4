//! `export`: a model as a file that other programs read.

use super::args::ExportArgs;
use super::context::Answer;
use super::table::pairs;
use anyhow::Result;
use file::as_path;
use network::recurrent::{self, RecurrentModel};

pub(super) fn command(args: &ExportArgs) -> Result<Answer> {
    let mut uses = file::Uses::of_process();
    uses.reads("model", &as_path(&args.model));
    let out = uses.writes("--onnx", &args.onnx)?;
    let sequences = match recurrent::built_in_names().any(|n| n == args.model) {
        true => Some(recurrent::open(&args.model)?),
        // What is no network of sequences is told about as one of layers.
        false => RecurrentModel::load(as_path(&args.model)).ok(),
    };
    let (name, bytes, normalised) = match sequences {
        Some(model) => (model.name().to_owned(), ::export::recurrent(&model)?, "steps"),
        None => {
            let network = import::open(&args.model)?;
            (network.name().to_owned(), ::export::layers(&network), "values")
        }
    };
    let length = bytes.len() as u64;
    out.finish(&bytes)?;
    let text = pairs(&[
        ("model", name),
        ("written", format!("{}, {}", format::path(&args.onnx), format::bytes(length))),
        (
            "input",
            format!(
                "normalised {normalised}, (raw - offset) / scale; both are in the metadata of the file"
            ),
        ),
    ]);
    Ok(text.into())
}
