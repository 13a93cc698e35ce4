//! `train --dataset DATA --layers ROWS --for SCHEME`: a network of one's own, from nothing.

use super::args::TrainArgs;
use super::context::{Answer, Context};
use super::progress::Progress;
use super::train::{judgements, no_checkpoints, unused};
use super::trained::{saved, show};
use super::typed;
use anyhow::{Result, bail};
use experiment::OwnRequest;
use inference::DEFAULT_TRAINING_SEED;
use network::train::{Purpose, RowInput, TrainedModel};
use progress::{Step, Watch};
use std::sync::Arc;

pub(super) fn command(args: &TrainArgs, context: &mut Context) -> Result<Answer> {
    let (Some(rows), Some(data)) = (&args.layers, &args.dataset) else {
        bail!("--dataset DATA and --layers ROWS are needed together");
    };
    if !args.scenario.scenario.is_empty() || !args.scenario.settings.is_empty() {
        bail!("a network of your own needs no scenario and no --set; leave them out");
    }
    no_checkpoints(args)?;
    unused(
        args,
        &["--range-penalty", "--from-scratch", "--learning-rate"],
        "not used by the training of a network of your own",
    )?;
    let folder = context.sources.data_dir.as_deref();
    let mut uses = file::Uses::of_process();
    for path in data::files(data, folder) {
        uses.reads("dataset", &path);
    }
    let file = args.out.as_deref().map(|p| uses.writes("--out", p)).transpose()?;
    let dataset = Arc::new(data::open(data, folder)?);
    let of = RowInput::of(&dataset);
    let stem = args.out.as_deref().and_then(|p| p.file_stem()).map(|s| s.to_string_lossy());
    let request = OwnRequest {
        name: format::excerpt(stem.as_deref().unwrap_or("own")),
        dataset: data.clone(),
        sequences: of.is_sequence(),
        rows: rows.clone(),
        purpose: Purpose::named(args.purpose.as_deref(), of)?,
        epochs: args.epochs,
        patience: args.patience,
        validation: args.validation,
        seed: args.scenario.seed.filter(|s| *s != 0).unwrap_or(DEFAULT_TRAINING_SEED),
    };
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        let watch = Watch::new(context.cancel.clone(), &report);
        request.train(&dataset, &watch, &mut |_| {})?
    };
    let trained = trained.made_by(&typed::command(args, request.seed))?;
    if let Some(file) = file {
        file.finish(&trained.to_bytes())?;
    }
    let mut more = match &trained {
        TrainedModel::Layers(trained) => judgements(trained),
        TrainedModel::Sequences(_) => Vec::new(),
    };
    if let Some(first) = trained.first_accuracy() {
        more.insert(0, ("original", format!("{} (after the first stage)", format::percent(first))));
    }
    if args.patience.is_some() {
        let kept: Vec<String> = trained.kept().iter().map(usize::to_string).collect();
        more.insert(0, ("kept", format!("epoch {}", kept.join(", then "))));
    }
    let saved = saved(args.out.as_deref());
    let mut text = show(trained.name(), trained.provenance(), trained.history(), &saved, &more);
    if let Some(out) = &args.out {
        let run = request.run_command(&file::as_text(out.as_os_str()));
        // On a line of its own, to be copied as it is.
        text += &format!("\nrun it with\n\n{run}\n");
    }
    Ok(text.into())
}
