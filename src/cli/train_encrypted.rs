//! `train` of a scenario whose network is trained on encrypted data.

use super::args::TrainArgs;
use super::context::{Answer, Context};
use super::progress::Progress;
use super::status::WRONG;
use super::table::{Table, folded, pairs};
use super::table_file::json_file;
use super::typed;
use super::words::number_of;
use anyhow::{Result, bail};
use attack::LeakReport;
use file::write_whole;
use functional::group::SECURITY;
use progress::Watch;
use scenario::Scenario;
use std::path::{Path, PathBuf};
use training::{Checkpoint, CryptonnError, CryptonnEvent, CryptonnReport, CryptonnTraining};

pub(super) fn command(
    args: &TrainArgs,
    scenario: Scenario,
    context: &mut Context,
) -> Result<Answer> {
    let resume = args.resume.as_deref().map(Checkpoint::open).transpose()?;
    let scenario = match &resume {
        Some(from) if from.identity.scenario != scenario.name => {
            let of = &from.identity.scenario;
            bail!("the checkpoint is of scenario {of}; go on with `train {of} --resume`");
        }
        // Settings on the command line must then be those of the file.
        Some(from) => args.scenario.changed(from.identity.settings(scenario), None)?,
        None => scenario,
    };
    for (option, key, given) in [
        ("--epochs", "training.epochs", args.epochs.is_some()),
        ("--learning-rate", "training.learning_rate", args.learning_rate.is_some()),
    ] {
        if given && args.scenario.sets(key) {
            bail!("{option} and --set {key}=: both are given; leave one of them out");
        }
    }
    let mut choice = scenario.training.clone().unwrap_or_default();
    choice.epochs = args.epochs.unwrap_or(choice.epochs);
    choice.learning_rate = args.learning_rate.unwrap_or(choice.learning_rate);
    choice.check().map_err(CryptonnError::Impossible)?;
    let mut uses = context.uses(&args.scenario, &scenario);
    if let Some(path) = &args.resume {
        uses.reads("checkpoint of --resume", path);
    }
    let model = args.out.as_deref().map(|p| uses.writes("--out", p)).transpose()?;
    let file = json_file(args.report.as_deref(), &mut uses)?;
    let kept = args.checkpoint.as_deref().map(|p| uses.writes("--checkpoint", p)).transpose()?;
    let mut kept = kept.and(args.checkpoint.as_deref()).map(Kept::new);
    let dataset = data::open(&scenario.dataset, context.sources.data_dir.as_deref())?;
    let training = CryptonnTraining {
        scenario: &scenario.name,
        model: &scenario.model,
        dataset: &dataset,
        choice: &choice,
        seed: scenario.seed,
    };
    let result = {
        let progress = Progress::new(context.err, context.terminal);
        let watch = Watch::new(context.cancel.clone(), &|_| {});
        let mut on_event = |event| match event {
            CryptonnEvent::Preparing { what, fraction } => progress.run(what, fraction, 0.0),
            CryptonnEvent::Step { step, of, loss, eta_secs, .. } => {
                let share = step as f64 / of.max(1) as f64;
                progress.training("training on encrypted data", share, eta_secs, loss.encrypted);
            }
            CryptonnEvent::Checkpoint(checkpoint) => {
                if let Some(kept) = &mut kept {
                    kept.write(&checkpoint);
                }
            }
            CryptonnEvent::Epoch(_) | CryptonnEvent::Seen { .. } => {}
        };
        let threads = scenario.threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let mut work = || match &resume {
            Some(from) => training.resume(from, &watch, &mut on_event),
            None => training.run(&watch, &mut on_event),
        };
        pool.install(&mut work)
    };
    if let (Err(CryptonnError::Cancelled(_)), Some(Kept { place, step: Some(step), .. })) =
        (&result, &kept)
    {
        let (kept, again) = (format::path(place), typed::again(args, place));
        writeln!(context.err, "step {step} is kept in {kept}; go on with: {again}")?;
    }
    let mut trained = result?;
    if let Some(file) = file {
        trained.measure_leak(&dataset, &context.cancel)?;
        file.finish((serde_json::to_string_pretty(&trained.report)? + "\n").as_bytes())?;
    }
    if let Some(model) = model {
        let made_by = typed::command(args, scenario.seed);
        model.finish(&trained.network.made_by(&made_by)?.to_bytes())?;
    }
    // What was asked for is written; that the checkpoint is not must still be known.
    if let Some(error) = kept.and_then(|kept| kept.failure) {
        return Err(error);
    }
    let status = if trained.report.is_right() { 0 } else { WRONG };
    Ok(Answer { text: show(&trained.report), status })
}

/// The checkpoint file: written again and again, whole each time.
struct Kept {
    place: PathBuf,
    /// Steps that were done in what was written last.
    step: Option<usize>,
    /// Why that could not be done; the training goes on all the same.
    failure: Option<anyhow::Error>,
}

impl Kept {
    fn new(place: &Path) -> Self {
        Self { place: place.to_owned(), step: None, failure: None }
    }

    fn write(&mut self, checkpoint: &Checkpoint) {
        match write_whole(&self.place, &checkpoint.to_bytes()) {
            Ok(()) => (self.step, self.failure) = (Some(checkpoint.steps()), None),
            Err(error) => self.failure = Some(error.into()),
        }
    }
}

pub(super) fn show(report: &CryptonnReport) -> String {
    // The comparison in floating point is trained on the samples as they are.
    let float = if report.training.noise > 0.0 { "float, no noise" } else { "float" };
    let mut epochs = Table::new(&[
        "epoch",
        "encrypted",
        "fixed point",
        float,
        "steps identical",
        "loss",
        "time",
    ]);
    for epoch in &report.epochs {
        epochs.row(vec![
            epoch.epoch.to_string(),
            format::percent(epoch.encrypted_accuracy),
            format::percent(epoch.fixed_point_accuracy),
            format::percent(epoch.plain_accuracy),
            if epoch.fixed_point_identical { "yes" } else { "NO" }.to_owned(),
            format!("{:.4}", epoch.encrypted_loss),
            format::secs(epoch.secs),
        ]);
    }
    let (phases, bytes, dlog) = (&report.phases, &report.bytes, &report.dlog);
    let rows = [
        (
            "trained",
            format!(
                "{} on {} samples of {}, {} of {}",
                format::excerpt(&report.model),
                format::count(report.samples as u64),
                format::excerpt(&report.dataset),
                number_of(report.mini_batches, "mini-batch", "mini-batches"),
                report.training.batch.min(report.samples)
            ),
        ),
        (
            "mini-batch",
            format!(
                "{}; server and authority alone {} ({}, {} threads)",
                format::secs(report.secs_per_mini_batch),
                format::secs(report.server_secs_per_mini_batch),
                report.kernel,
                report.threads
            ),
        ),
        ("security", SECURITY.to_owned()),
        (
            "phases",
            format!(
                "encryption {}, keys {}, inner products {}, discrete logarithms {}, plaintext {}",
                format::secs(phases.encryption),
                format::secs(phases.keys),
                format::secs(phases.inner_products),
                format::secs(phases.discrete_logs),
                format::secs(phases.plaintext)
            ),
        ),
        (
            "sent",
            format!(
                "ciphertexts {}, keys {} in {} requests",
                format::bytes(bytes.ciphertext_bytes),
                format::bytes(bytes.key_bytes),
                format::count(bytes.key_requests)
            ),
        ),
        (
            "logarithms",
            format!(
                "largest {}, bound {}, table {}",
                format::count(dlog.largest),
                format::count(dlog.bound),
                format::bytes(dlog.table_bytes)
            ),
        ),
    ];
    let leak = report.leak.as_ref().map(leak).unwrap_or_default();
    let limit = if report.ended_by_limit {
        format!(
            "ended after {} of {} epochs: the authority gives keys for {} rows on each mini-batch and no more\n",
            report.epochs.len(),
            report.training.epochs,
            report.training.max_rows.unwrap_or(0)
        )
    } else {
        String::new()
    };
    let warnings: String =
        report.warnings.iter().map(|w| folded("warning: ", &w.message)).collect();
    format!("{}\n{limit}{}{leak}{warnings}", epochs.render(), pairs(&rows))
}

/// What the server made of the samples, from the first step to the last.
fn leak(leak: &LeakReport) -> String {
    let mut attacks = Table::new(&["what the server learned", "steps", "error", "identified"]);
    for curve in &leak.curves {
        let Some((first, last)) = curve.points.get(1).zip(curve.points.last()) else { continue };
        for point in [first, last] {
            attacks.row(vec![
                curve.settings.name(),
                format::count(point.steps as u64),
                format!("{:.5}", point.score.mean_squared_error),
                format::percent(point.score.identified),
            ]);
        }
    }
    let rows = [
        (
            "samples",
            format!(
                "{} attacked, told apart from {}",
                format::count(leak.samples as u64),
                format::count(leak.pool as u64)
            ),
        ),
        (
            "for comparison",
            format!(
                "guessing the average sample: error {:.5}; guessing at random: {} identified",
                leak.mean_guess_error,
                format::percent(leak.chance)
            ),
        ),
        (
            "labels",
            format!(
                "{} read off, {} of them right",
                format::count(leak.labels_recovered as u64),
                format::percent(leak.labels_right)
            ),
        ),
    ];
    format!("\n{}\n{}", attacks.render(), pairs(&rows))
}
