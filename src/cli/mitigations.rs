//! `compare` of a training on encrypted data: what protects the samples, and what it costs.

use super::args::CompareArgs;
use super::progress::Progress;
use super::table::{Table, pairs};
use super::table_file::TableFile;
use super::{Answer, Context, verdict};
use anyhow::Result;
use attack::Score;
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
        let json = || Ok(serde_json::to_string_pretty(&report)? + "\n");
        file.finish(|| report.to_csv(), json)?;
    }
    // A way that cannot be trained ends the comparison; what is trained here is compared bit for bit
    // with nothing, so no row is wrong.
    let status = verdict(report.rows.len(), 0, true, report.rows_left);
    Ok(Answer { text: show(&report), status })
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
    let stopped = if report.rows_left > 0 { "stopped before the end\n" } else { "" };
    format!("{}\n{}{stopped}", table.render(), pairs(&rows))
}
