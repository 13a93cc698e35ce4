//! `train`: the model of a scenario, made again from a seed.

use super::args::TrainArgs;
use super::output_file::OutputFile;
use super::progress::Progress;
use super::table::{Table, pairs};
use super::{Answer, Context};
use crate::data;
use crate::format;
use crate::network::train::{Recipe, TrainError, Trained, train};
use crate::progress::{Step, Watch};
use anyhow::{Result, anyhow};

/// Seed of a training when none is given: the same model every time.
const DEFAULT_SEED: u64 = 1;

pub(super) fn command(args: &TrainArgs, context: &mut Context) -> Result<Answer> {
    let scenario = args.scenario.open(None)?;
    let recipe = Recipe::built_in(&scenario.model).ok_or_else(|| {
        anyhow!(
            "no recipe for model {}; there are recipes for {}",
            scenario.model,
            Recipe::NAMES.join(", ")
        )
    })?;
    let file = args.out.as_deref().map(OutputFile::open).transpose()?;
    let dataset = data::open(&scenario.dataset, context.sources.data_dir.as_deref())?;
    let seed = if scenario.seed == 0 { DEFAULT_SEED } else { scenario.seed };
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        let watch = Watch::new(context.cancel.clone(), &report);
        train(&recipe, &dataset, seed, &watch).map_err(|error| match error {
            TrainError::Cancelled(cancelled) => cancelled.into(),
            other => anyhow::Error::from(other),
        })?
    };
    if let Some(file) = file {
        file.finish(&trained.network.to_bytes())?;
    }
    let saved = args.out.as_ref().map_or_else(
        || "not saved (name a file with --out)".to_owned(),
        |path| format!("saved to {}", path.display()),
    );
    Ok(show(&trained, seed, &saved).into())
}

fn show(trained: &Trained, seed: u64, saved: &str) -> String {
    let mut stages = Table::new(&["stage", "epochs", "loss", "test accuracy"]);
    for (at, record) in trained.history.iter().enumerate() {
        if trained.history.get(at + 1).is_some_and(|next| next.stage == record.stage) {
            continue;
        }
        stages.row(vec![
            record.stage.clone(),
            record.epoch.to_string(),
            format!("{:.4}", record.loss),
            format::percent(record.accuracy),
        ]);
    }
    let provenance = trained.network.provenance();
    let mut rows = vec![
        ("model", format!("{}, {}", trained.network.name(), saved)),
        ("dataset", provenance.dataset.clone()),
        ("seed", seed.to_string()),
        ("test accuracy", format::percent(provenance.test_accuracy.unwrap_or(f64::NAN))),
    ];
    if let Some(integers) = &trained.integers {
        rows.push(("on integers", format::percent(integers.accuracy)));
    }
    format!("{}\n{}", stages.render(), pairs(&rows))
}
