//! `compare` of a training on encrypted data: what protects the samples, and what it costs.

use super::output_file::OutputFile;
use super::progress::Progress;
use super::table::{Table, pairs};
use super::{Answer, Context};
use crate::format;
use crate::progress::Step;
use crate::run::Scenario;
use crate::run::cryptonn::leak::Score;
use crate::run::cryptonn::{CryptonnTraining, MitigationEvent, MitigationReport};
use anyhow::{Result, bail};
use std::path::Path;

pub(super) fn command(
    scenario: &Scenario,
    report: Option<&Path>,
    context: &mut Context,
) -> Result<Answer> {
    let as_csv = match report.and_then(|p| p.extension()?.to_str()) {
        Some("csv") => true,
        Some("json") => false,
        _ if report.is_none() => false,
        _ => bail!("--report: name a .csv or a .json file"),
    };
    let file = report.map(OutputFile::open).transpose()?;
    let dataset = crate::data::open(&scenario.dataset, context.sources.data_dir.as_deref())?;
    let training = CryptonnTraining::of(scenario, &dataset)?;
    let report = {
        let progress = Progress::new(context.err, context.terminal);
        training.compare_mitigations(&context.cancel, &mut |event| {
            if let MitigationEvent::Doing { row, of, name, fraction } = event {
                let what = format!("{name}, {} of {of}", row + 1);
                progress.step(&Step { what, done: (fraction * 1000.0) as u64, total: 1000 });
            }
        })?
    };
    if let Some(file) = file {
        let text =
            if as_csv { report.to_csv() } else { serde_json::to_string_pretty(&report)? + "\n" };
        file.finish(text.as_bytes())?;
    }
    Ok(show(&report).into())
}

fn show(report: &MitigationReport) -> String {
    let similar = report.rows.iter().any(|row| row.with_similar_data.is_some());
    let mut head = vec!["mitigation", "epochs", "accuracy", "error", "identified", "labels read"];
    if similar {
        head.extend(["similar data: error", "identified"]);
    }
    let mut table = Table::new(&head);
    let figures = |score: &Score| {
        [format!("{:.5}", score.mean_squared_error), format::percent(score.identified)]
    };
    for row in &report.rows {
        let mut cells =
            vec![row.name.clone(), row.epochs.to_string(), format::percent(row.accuracy)];
        cells.extend(figures(&row.attack));
        cells.push(format::percent(row.labels_read));
        if similar {
            cells.extend(row.with_similar_data.as_ref().map(figures).into_iter().flatten());
        }
        table.row(cells);
    }
    let rows = [
        (
            "trained",
            format!(
                "{} on {}, seed {}, in plaintext fixed point: the integers of the encrypted training",
                report.model, report.dataset, report.seed
            ),
        ),
        (
            "attacked",
            format!(
                "{} samples, told apart from {}: least squares on all products and gradients",
                format::count(report.samples as u64),
                format::count(report.pool as u64)
            ),
        ),
        (
            "for comparison",
            format!(
                "guessing the average sample: error {:.5}; guessing at random: {} identified",
                report.mean_guess_error,
                format::percent(report.chance)
            ),
        ),
    ];
    format!("{}\n{}", table.render(), pairs(&rows))
}
