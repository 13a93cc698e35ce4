//! `export`: a model as a file that other programs read.

use super::args::ExportArgs;
use super::context::Answer;
use super::table::pairs;
use anyhow::Result;
use file::as_path;
use import::Opened;

pub(super) fn command(args: &ExportArgs) -> Result<Answer> {
    let mut uses = file::Uses::of_process();
    for (what, path) in import::with_parts(vec![("model", as_path(&args.model))]) {
        uses.reads(what, &path);
    }
    let out = uses.writes("--onnx", &args.onnx)?;
    let (name, bytes, normalised) = match import::open_either(&args.model)? {
        Opened::Sequences(model) => {
            (model.name().to_owned(), ::export::recurrent(&model)?, "steps")
        }
        Opened::Layers(network) => {
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
