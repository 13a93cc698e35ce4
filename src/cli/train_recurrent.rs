//! `train` for recurrent models: made again from their recipe, or with other choices.

use super::args::TrainArgs;
use super::context::{Answer, Context};
use super::progress::Progress;
use super::trained::{saved, show};
use super::typed;
use anyhow::{Result, anyhow, bail};
use file::Uses;
use inference::DEFAULT_TRAINING_SEED;
use network::train::{RecurrentOptions, RecurrentRecipe, RecurrentTraining};
use progress::{Step, Watch};
use scenario::Scenario;

/// What choices of the training begin with among the settings.
const PREFIX: &str = "train.";

/// A training that is asked for.
pub(super) struct Wanted {
    pub recipe: RecurrentRecipe,
    /// The scenario that it is of; none for a built-in recipe as it is.
    scenario: Option<Scenario>,
}

/// What is asked for: a built-in recipe by its name as it is, that of a recurrent scenario with the
/// choices among the settings. `None` when it is about no recurrent model.
pub(super) fn wanted(args: &TrainArgs) -> Result<Option<Wanted>> {
    let name = &args.scenario.scenario;
    let choices: Vec<&str> =
        args.scenario.settings.iter().filter_map(|s| s.strip_prefix(PREFIX)).collect();
    let plain = choices.is_empty()
        && args.epochs.is_none()
        && args.learning_rate.is_none()
        && args.scenario.settings.is_empty();
    if let Some(recipe) = RecurrentRecipe::built_in(name).filter(|_| plain) {
        return Ok(Some(Wanted { recipe, scenario: None }));
    }
    let base = RecurrentRecipe::built_in(name).map(|r| r.name);
    let scenario = match (Scenario::open(name), &base) {
        (Ok(scenario), _) => scenario,
        (Err(error), None) => return Err(error.into()),
        // A model without a scenario of its own: the choices are those of its recipe.
        (Err(_), Some(_)) => bail!("{name} is made again as it is; leave the choices out"),
    };
    if scenario.sequence.is_none() {
        return match choices.first() {
            Some(choice) => bail!("--set {PREFIX}{choice}: only for recurrent scenarios"),
            None => Ok(None),
        };
    }
    let others = args.scenario.settings.iter().filter(|s| !s.starts_with(PREFIX));
    let scenario = others.into_iter().try_fold(scenario, |s, text| s.with_setting(text))?;
    let model = import::open_sequences(&scenario.model)?;
    let options = RecurrentOptions::for_model(&model);
    let options = choices.iter().try_fold(options, |options, setting| {
        options.with_setting(setting).map_err(|e| anyhow!("--set {PREFIX}{setting}: {e}"))
    })?;
    let options = RecurrentOptions {
        epochs: args.epochs.unwrap_or(options.epochs),
        learning_rate: args.learning_rate.unwrap_or(options.learning_rate),
        ..options
    };
    let like = RecurrentRecipe::like(&model, &scenario.dataset);
    let recipe = options.recipe(&scenario.name, &like)?;
    Ok(Some(Wanted { recipe, scenario: Some(scenario) }))
}

pub(super) fn command(wanted: &Wanted, args: &TrainArgs, context: &mut Context) -> Result<Answer> {
    let Wanted { recipe, scenario } = wanted;
    let data_dir = context.sources.data_dir.as_deref();
    let mut uses = match scenario {
        Some(scenario) => context.uses(&args.scenario, scenario),
        None => Uses::of_process(),
    };
    for path in data::files(&recipe.dataset, data_dir) {
        uses.reads("dataset", &path);
    }
    let file = args.out.as_deref().map(|p| uses.writes("--out", p)).transpose()?;
    let dataset = data::open(&recipe.dataset, data_dir)?;
    let seed = args.scenario.seed.filter(|s| *s != 0).unwrap_or(DEFAULT_TRAINING_SEED);
    let (dataset, validation, patience) = (&dataset, args.validation, None);
    let training = RecurrentTraining { recipe, dataset, seed, validation, patience };
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        training.run(&Watch::new(context.cancel.clone(), &report), &mut |_| {})?
    };
    let model = trained.model.made_by(&typed::command(args, seed));
    if let Some(file) = file {
        file.finish(&model.to_bytes())?;
    }
    let (name, provenance) = (model.name(), model.provenance());
    Ok(show(name, provenance, &trained.history, &saved(args.out.as_deref()), &[]).into())
}
