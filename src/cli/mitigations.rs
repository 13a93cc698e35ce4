//! `compare` of a training on encrypted data: what protects the samples, and what it costs.

use super::args::CompareArgs;
use super::context::{Answer, Context};
use super::outcome::status;
use super::progress::Progress;
use super::table::{Table, pairs};
use super::table_file::TableFile;
use anyhow::Result;
use progress::Step;
use scenario::Scenario;
use study::{MitigationEvent, MitigationReport, compare_mitigations};
use training::CryptonnTraining;

pub(super) fn command(
    scenario: &Scenario,
    args: &CompareArgs,
    context: &mut Context,
) -> Result<Answer> {
    let mut uses = context.uses(&args.scenario, scenario);
    let file = TableFile::open(args.report.as_deref(), &mut uses)?;
    let dataset = data::open(&scenario.dataset, context.sources.data_dir.as_deref())?;
    let training = CryptonnTraining::of(scenario, &dataset)?;
    let report = {
        let progress = Progress::new(context.err, context.terminal);
        compare_mitigations(&training, &context.cancel, &mut |event| {
            if let MitigationEvent::Doing { row, of, name, fraction } = event {
                let what = format!("{name}, {} of {of}", row + 1);
                progress.step(&Step { what, done: (fraction * 1000.0) as u64, total: 1000 });
            }
        })?
    };
    if let Some(file) = file {
        file.finish(&report)?;
    }
    let status = status(&report)?;
    Ok(Answer { text: show(&report), status })
}

fn show(report: &MitigationReport) -> String {
    let similar = report.rows.iter().any(|row| row.with_similar_data.is_some());
    let ids =
        ["mitigation", "epochs", "accuracy", "mean_squared_error", "identified", "labels_read"];
    let with_similar = ["mean_squared_error_similar_data", "identified_similar_data"];
    let ids = [&ids[..], if similar { &with_similar } else { &[] }].concat();
    let table = Table::of(&ids, report.rows.iter());
    let rows = [
        (
            "trained",
            format!(
                "{} on {}, seed {}, in plaintext fixed point: the integers of the encrypted training",
                format::excerpt(&report.model),
                format::excerpt(&report.dataset),
                report.seed
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
    let similar = if similar { "*: by somebody who knows similar data\n" } else { "" };
    let stopped = if report.rows_left > 0 { "stopped before the end\n" } else { "" };
    format!("{}{similar}\n{}{stopped}", table.render(), pairs(&rows))
}
