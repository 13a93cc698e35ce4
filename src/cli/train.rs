//! `train`: the model of a scenario, made again from a seed.

use super::args::TrainArgs;
use super::context::{Answer, Context};
use super::progress::Progress;
use super::trained::{saved, show};
use super::typed;
use anyhow::{Result, bail};
use format::{self, excerpt};
use inference::{Session, TrainOptions, recipe, train_again};
use network::train::Trained;
use progress::{Step, Watch};

pub(super) fn command(args: &TrainArgs, context: &mut Context) -> Result<Answer> {
    if args.scenario.scenario.is_empty() {
        bail!(
            "what is to be trained is missing: a scenario, as in cryptoscope train digits, or --dataset DATA --layers ROWS for a network of your own"
        );
    }
    if let Some(wanted) = super::train_recurrent::wanted(args)? {
        no_checkpoints(args)?;
        unused(
            args,
            &["--range-penalty", "--from-scratch"],
            "a recurrent network is trained by its recipe or by --set train.CHOICE=VALUE, as in train.range_penalty=2",
        )?;
        let used = ["dataset", "model", "seed", "train"];
        unused_settings(args, &used, "the training of a recurrent network")?;
        return super::train_recurrent::command(&wanted, args, context);
    }
    let scenario = args.scenario.open(None, context)?;
    if scenario.training.is_some() {
        unused(
            args,
            &["--range-penalty", "--from-scratch", "--validation"],
            "not used by trainings on encrypted data",
        )?;
        let used = ["dataset", "model", "seed", "threads", "training"];
        unused_settings(args, &used, "training on encrypted data")?;
        return super::train_encrypted::command(args, scenario, context);
    }
    no_checkpoints(args)?;
    let mut uses = context.uses(&args.scenario, &scenario);
    let file = args.out.as_deref().map(|p| uses.writes("--out", p)).transpose()?;
    let usual = TrainOptions::default();
    let options = TrainOptions {
        epochs: args.epochs.unwrap_or(usual.epochs),
        learning_rate: args.learning_rate.unwrap_or(usual.learning_rate),
        range_penalty: args.range_penalty.unwrap_or(usual.range_penalty),
        from_scratch: args.from_scratch,
        validation: args.validation,
    };
    let again = scenario.is_made_again();
    if again {
        let epochs: Vec<String> =
            recipe(&scenario.model)?.stages.iter().map(|s| s.epochs.to_string()).collect();
        let why = format!(
            "model {} is made again as its recipe says ({} epochs); these options are for training with a polynomial, with --set activation.method=least_squares or another",
            excerpt(&scenario.model),
            epochs.join(" + ")
        );
        unused(args, &["--epochs", "--learning-rate", "--range-penalty", "--from-scratch"], &why)?;
        unused_settings(args, &["dataset", "model", "seed"], "a model made again by its recipe")?;
    } else {
        let used = ["dataset", "model", "seed", "threads", "activation"];
        unused_settings(args, &used, "training with a polynomial")?;
    }
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        let watch = Watch::new(context.cancel.clone(), &report);
        if again {
            let folder = context.sources.data_dir.as_deref();
            let dataset = data::open(&scenario.dataset, folder)?;
            train_again(&scenario, &dataset, args.validation, &watch, &mut |_| {})?
        } else {
            let session = Session::open(&scenario, &context.sources)?;
            session.train(&options, &watch, &mut |_| {})?
        }
    };
    let made_by = typed::command(args, trained.network.provenance().seed);
    let network = trained.network.made_by(&made_by)?;
    let trained = Trained { network, ..trained };
    if let Some(file) = file {
        file.finish(&trained.network.to_bytes())?;
    }
    let more = judgements(&trained);
    let provenance = trained.network.provenance();
    let saved = saved(args.out.as_deref());
    Ok(show(trained.network.name(), provenance, &trained.history, &saved, &more).into())
}

/// Refuses what only trainings on encrypted data have.
pub(super) fn no_checkpoints(args: &TrainArgs) -> Result<()> {
    for (name, given) in [
        ("--checkpoint", args.checkpoint.is_some()),
        ("--resume", args.resume.is_some()),
        ("--report", args.report.is_some()),
    ] {
        if given {
            bail!(
                "{name} is for trainings on encrypted data: cryptonn, cryptonn-hospital, cryptonn-mnist"
            );
        }
    }
    Ok(())
}

/// Refuses options that a training would not look at.
pub(super) fn unused(args: &TrainArgs, names: &[&str], why: &str) -> Result<()> {
    for (name, given) in [
        ("--epochs", args.epochs.is_some()),
        ("--learning-rate", args.learning_rate.is_some()),
        ("--range-penalty", args.range_penalty.is_some()),
        ("--from-scratch", args.from_scratch),
        ("--validation", args.validation.is_some()),
    ] {
        if given && names.contains(&name) {
            bail!("{name}: {why}; leave it out");
        }
    }
    Ok(())
}

/// Refuses settings of the command line that a training would not look at: all but those that begin
/// with one of `used`.
fn unused_settings(args: &TrainArgs, used: &[&str], training: &str) -> Result<()> {
    for setting in &args.scenario.settings {
        let group = setting.split(['.', '=']).next().unwrap_or_default();
        if !used.contains(&group) {
            let path = setting.split_once('=').map_or(setting.as_str(), |(path, _)| path);
            bail!(
                "--set {}: {training} does not use it; leave it out (used are {})",
                excerpt(path),
                used.join(", ")
            );
        }
    }
    Ok(())
}

/// What the network does on integers and with lookup tables.
pub(super) fn judgements(trained: &Trained) -> Vec<(&'static str, String)> {
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
