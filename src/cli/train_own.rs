//! `train --dataset DATA --layers ROWS --for SCHEME`: a network of one's own, from nothing.

use super::args::TrainArgs;
use super::context::{Answer, Context};
use super::progress::Progress;
use super::train::{judgements, no_checkpoints, unused};
use super::trained::{saved, show};
use super::typed;
use anyhow::{Result, bail};
use data::Shape;
use inference::DEFAULT_TRAINING_SEED;
use network::train::{Purpose, Trained, Training, own_recipe};
use progress::{Step, Watch};

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
    let purpose = Purpose::named(&args.purpose)?;
    let folder = context.sources.data_dir.as_deref();
    let mut uses = file::Uses::of_process();
    for path in data::files(data, folder) {
        uses.reads("dataset", &path);
    }
    let file = args.out.as_deref().map(|p| uses.writes("--out", p)).transpose()?;
    let dataset = data::open(data, folder)?;
    if matches!(dataset.shape(), Shape::Sequence { .. }) {
        bail!(
            "dataset {} holds sequences; recurrent networks are trained by their scenarios: cryptoscope train cryptornn --set dataset=DATA",
            format::excerpt(data)
        );
    }
    let stem = args.out.as_deref().and_then(|p| p.file_stem()).map(|s| s.to_string_lossy());
    let name = format::excerpt(stem.as_deref().unwrap_or("own"));
    let mut recipe = own_recipe(&name, rows, &dataset, purpose)?;
    if let Some(epochs) = args.epochs {
        recipe = recipe.with_epochs(epochs)?;
    }
    let seed = args.scenario.seed.filter(|s| *s != 0).unwrap_or(DEFAULT_TRAINING_SEED);
    let trained = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        let watch = Watch::new(context.cancel.clone(), &report);
        let command = Some(typed::command(args, seed));
        let training = Training {
            recipe: &recipe,
            dataset: &dataset,
            seed,
            validation: args.validation,
            command,
            patience: args.patience,
        };
        training.run(&watch, &mut |_| {})?
    };
    let made_by = typed::command(args, seed);
    let network = trained.network.made_by(&made_by)?;
    let trained = Trained { network, ..trained };
    if let Some(file) = file {
        file.finish(&trained.network.to_bytes())?;
    }
    let mut more = judgements(&trained);
    if let Some(first) = trained.first_accuracy {
        more.insert(0, ("original", format!("{} (after the first stage)", format::percent(first))));
    }
    if args.patience.is_some() {
        let kept: Vec<String> = trained.kept.iter().map(usize::to_string).collect();
        more.insert(0, ("kept", format!("epoch {}", kept.join(", then "))));
    }
    let provenance = trained.network.provenance();
    let saved = saved(args.out.as_deref());
    let mut text = show(trained.network.name(), provenance, &trained.history, &saved, &more);
    if let Some(out) = &args.out {
        let keep = if purpose == Purpose::Tables { "lookup" } else { "polynomial" };
        let settings = [
            format!("dataset={data}"),
            format!("model={}", file::as_text(out.as_os_str())),
            format!("scheme.kind={}", args.purpose),
            format!("activation.kind={keep}"),
            "activation.method=keep".to_owned(),
        ];
        // On a line of its own, to be copied as it is.
        text += "\nrun it with\n\ncryptoscope run digits";
        for setting in settings {
            text += &format!(" --set {}", format::shell_word(&setting));
        }
        text.push('\n');
    }
    Ok(text.into())
}
