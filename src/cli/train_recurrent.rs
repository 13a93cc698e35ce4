//! `train` for recurrent models: made again from their recipe.

use super::args::TrainArgs;
use super::output_file::OutputFile;
use super::progress::Progress;
use super::train::{saved, show};
use super::{Answer, Context};
use crate::network::train::{RecurrentRecipe, RecurrentTraining};
use crate::progress::{Step, Watch};
use crate::run::DEFAULT_TRAINING_SEED;
use anyhow::Result;

pub(super) fn command(
    recipe: &RecurrentRecipe,
    args: &TrainArgs,
    context: &mut Context,
) -> Result<Answer> {
    let file = args.out.as_deref().map(OutputFile::open).transpose()?;
    let dataset = crate::data::open(&recipe.dataset, context.sources.data_dir.as_deref())?;
    let seed = args.scenario.seed.filter(|s| *s != 0).unwrap_or(DEFAULT_TRAINING_SEED);
    let training =
        RecurrentTraining { recipe, dataset: &dataset, seed, validation: args.validation };
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        training.run(&Watch::new(context.cancel.clone(), &report), &mut |_| {})?
    };
    if let Some(file) = file {
        file.finish(&trained.model.to_bytes())?;
    }
    let (name, provenance) = (trained.model.name(), trained.model.provenance());
    Ok(show(name, provenance, &trained.history, &saved(args.out.as_deref()), &[]).into())
}
