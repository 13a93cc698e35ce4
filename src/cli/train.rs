//! `train`: the model of a scenario, made again from a seed.

use super::args::TrainArgs;
use super::output_file::OutputFile;
use super::progress::Progress;
use super::table::{Table, pairs};
use super::{Answer, Context};
use crate::format;
use crate::network::Provenance;
use crate::network::train::{EpochRecord, Trained};
use crate::progress::{Step, Watch};
use crate::run::{Session, TrainOptions};
use anyhow::{Result, bail};
use std::path::Path;

pub(super) fn command(args: &TrainArgs, context: &mut Context) -> Result<Answer> {
    if let Some(recipe) = super::train_recurrent::recipe(args)? {
        no_checkpoints(args)?;
        return super::train_recurrent::command(&recipe, args, context);
    }
    let scenario = args.scenario.open(None)?;
    if scenario.training.is_some() {
        return super::train_encrypted::command(args, scenario, context);
    }
    no_checkpoints(args)?;
    if args.report.is_some() {
        bail!(
            "--report is for trainings on encrypted data: cryptonn, cryptonn-hospital, cryptonn-mnist"
        );
    }
    let usual = TrainOptions::default();
    let file = args.out.as_deref().map(OutputFile::open).transpose()?;
    let session = Session::open(&scenario, &context.sources)?;
    let options = TrainOptions {
        epochs: args.epochs.unwrap_or(usual.epochs),
        learning_rate: args.learning_rate.unwrap_or(usual.learning_rate),
        range_penalty: args.range_penalty,
        from_scratch: args.from_scratch,
        validation: args.validation,
    };
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        let watch = Watch::new(context.cancel.clone(), &report);
        session.train(&options, &watch, &mut |_| {})?
    };
    if let Some(file) = file {
        file.finish(&trained.network.to_bytes())?;
    }
    let more = judgements(&trained);
    let provenance = trained.network.provenance();
    let saved = saved(args.out.as_deref());
    Ok(show(trained.network.name(), provenance, &trained.history, &saved, &more).into())
}

/// Refuses what only trainings on encrypted data have.
fn no_checkpoints(args: &TrainArgs) -> Result<()> {
    if args.checkpoint.is_some() || args.resume.is_some() {
        bail!(
            "--checkpoint and --resume are for trainings on encrypted data: cryptonn, cryptonn-hospital, cryptonn-mnist"
        );
    }
    Ok(())
}

/// Where the model is now.
pub(super) fn saved(out: Option<&Path>) -> String {
    out.map_or_else(
        || "not saved (name a file with --out)".to_owned(),
        |path| format!("saved to {}", path.display()),
    )
}

/// What a training gave: its stages, and the model; `more` are further lines on that.
pub(super) fn show(
    name: &str,
    provenance: &Provenance,
    history: &[EpochRecord],
    saved: &str,
    more: &[(&'static str, String)],
) -> String {
    let mut stages = Table::new(&["stage", "epochs", "loss", "accuracy", "inside interval"]);
    for (at, record) in history.iter().enumerate() {
        if history.get(at + 1).is_some_and(|next| next.stage == record.stage) {
            continue;
        }
        stages.row(vec![
            record.stage.clone(),
            record.epoch.to_string(),
            format!("{:.4}", record.loss),
            format::percent(record.accuracy),
            record.share_inside.map_or_else(|| "-".to_owned(), format::percent),
        ]);
    }
    let mut rows = vec![
        ("model", format!("{name}, {saved}")),
        ("dataset", provenance.dataset.clone()),
        ("seed", provenance.seed.to_string()),
        ("test accuracy", format::percent(provenance.test_accuracy.unwrap_or(f64::NAN))),
    ];
    rows.extend(more.iter().cloned());
    format!("{}\n{}", stages.render(), pairs(&rows))
}

/// What the network does on integers and with lookup tables.
fn judgements(trained: &Trained) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(integers) = &trained.integers {
        rows.push(("on integers", format::percent(integers.accuracy)));
    }
    if let Some(tables) = &trained.tables {
        rows.push(("with lookup tables", format::percent(tables.accuracy)));
        rows.push((
            "and noise",
            format!(
                "{} (standard deviation 2^{:.1} of the range), {} answer as without",
                format::percent(tables.noisy_accuracy),
                tables.noise.log2(),
                format::percent(tables.agreement)
            ),
        ));
    }
    rows
}
