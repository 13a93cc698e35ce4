//! `train` of a scenario whose network is trained on encrypted data.

use super::args::TrainArgs;
use super::output_file::OutputFile;
use super::progress::Progress;
use super::table::{Table, pairs};
use super::{Answer, Context, WRONG};
use crate::format;
use crate::progress::Watch;
use crate::run::Scenario;
use crate::run::cryptonn::leak::LeakReport;
use crate::run::cryptonn::{CryptonnEvent, CryptonnReport, CryptonnTraining, TrainingChoice};
use anyhow::Result;

pub(super) fn command(
    args: &TrainArgs,
    scenario: &Scenario,
    choice: &TrainingChoice,
    context: &mut Context,
) -> Result<Answer> {
    let mut choice = choice.clone();
    choice.epochs = args.epochs.unwrap_or(choice.epochs);
    choice.learning_rate = args.learning_rate.unwrap_or(choice.learning_rate);
    let model = args.out.as_deref().map(OutputFile::open).transpose()?;
    let file = args.report.as_deref().map(OutputFile::open).transpose()?;
    let dataset = crate::data::open(&scenario.dataset, context.sources.data_dir.as_deref())?;
    let training = CryptonnTraining {
        scenario: &scenario.name,
        model: &scenario.model,
        dataset: &dataset,
        choice: &choice,
        seed: scenario.seed,
    };
    let mut trained = {
        let progress = Progress::new(context.err, context.terminal);
        let watch = Watch::new(context.cancel.clone(), &|_| {});
        training.run(&watch, &mut |event| match event {
            CryptonnEvent::Preparing { what, fraction } => progress.run(what, fraction, 0.0),
            CryptonnEvent::Step { step, of, loss, eta_secs, .. } => {
                let share = step as f64 / of.max(1) as f64;
                progress.training("training on encrypted data", share, eta_secs, loss.encrypted);
            }
            CryptonnEvent::Epoch(_) | CryptonnEvent::Seen { .. } => {}
        })?
    };
    if let Some(file) = file {
        trained.measure_leak(&dataset, &context.cancel)?;
        file.finish((serde_json::to_string_pretty(&trained.report)? + "\n").as_bytes())?;
    }
    if let Some(model) = model {
        model.finish(&trained.network.to_bytes())?;
    }
    let status = if trained.report.is_right() { 0 } else { WRONG };
    Ok(Answer { text: show(&trained.report), status })
}

fn show(report: &CryptonnReport) -> String {
    let mut epochs = Table::new(&[
        "epoch",
        "encrypted",
        "fixed point",
        "float",
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
                "{} on {} samples of {}, {} mini-batches of {}",
                report.model,
                format::count(report.samples as u64),
                report.dataset,
                format::count(report.mini_batches as u64),
                report.training.batch
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
    format!("{}\n{}{leak}", epochs.render(), pairs(&rows))
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
