//! `export`: a model as a file that other programs read.

use super::args::ExportArgs;
use super::context::Answer;
use super::table::pairs;
use anyhow::Result;
use file::as_path;
use network::recurrent;

pub(super) fn command(args: &ExportArgs) -> Result<Answer> {
    let mut uses = file::Uses::of_process();
    uses.reads("model", &as_path(&args.model));
    let out = uses.writes("--onnx", &args.onnx)?;
    let built_in = recurrent::built_in_names().any(|n| n == args.model);
    let (name, bytes, normalised) = match built_in || import::is_of_sequences(&as_path(&args.model))
    {
        true => {
            let model = import::open_sequences(&args.model)?;
            (model.name().to_owned(), ::export::recurrent(&model)?, "steps")
        }
        false => {
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
