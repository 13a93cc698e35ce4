//! `compare` of a recurrent scenario: every remedy that fits, one table.

use super::output_file::OutputFile;
use super::progress::Progress;
use super::table::{Table, folded};
use super::{Answer, Context, WRONG};
use crate::format;
use crate::progress::{Step, Watch};
use crate::run::Scenario;
use crate::run::sequence::{RemedyComparison, RemedyRow, SequenceSession};
use anyhow::{Result, bail};
use std::path::Path;

pub(super) fn command(
    scenario: &Scenario,
    report: Option<&Path>,
    context: &mut Context,
) -> Result<Answer> {
    let csv = match report.and_then(|p| p.extension()?.to_str()) {
        Some("csv") => true,
        Some("json") => false,
        _ if report.is_none() => false,
        _ => bail!("--report: name a .csv or a .json file"),
    };
    let file = report.map(OutputFile::open).transpose()?;
    let session = SequenceSession::open(scenario, &context.sources)?;
    let comparison = {
        let progress = Progress::new(context.err, context.terminal);
        let report = |step: Step| progress.step(&step);
        let watch = Watch::new(context.cancel.clone(), &report);
        session.compare(&context.cancel, &watch, &mut |_| ())?
    };
    if let Some(file) = file {
        let bytes = match csv {
            true => table(&comparison)?,
            false => (serde_json::to_string_pretty(&comparison)? + "\n").into_bytes(),
        };
        file.finish(&bytes)?;
    }
    let status = if comparison.is_right() { 0 } else { WRONG };
    Ok(Answer { text: show(&comparison), status })
}

fn name(row: &RemedyRow) -> String {
    let all = row.refresh_every == 0 || row.refresh_every >= row.steps;
    match all || row.remedy == crate::circuit::Remedy::Client {
        true => row.remedy.name().to_owned(),
        false => format!("{} every {}", row.remedy.name(), row.refresh_every),
    }
}

fn show(comparison: &RemedyComparison) -> String {
    let head = [
        "remedy",
        "steps",
        "activation",
        "accuracy",
        "agree",
        "wrong",
        "one sequence",
        "seq/s",
        "up",
        "down",
        "rounds",
        "client",
    ];
    let mut costs = Table::new(&head);
    let mut head = vec!["one sequence from end to end"];
    let presets = comparison.rows.iter().find(|r| !r.end_to_end.is_empty());
    let presets = presets.map_or(&[][..], |r| &r.end_to_end);
    head.extend(presets.iter().map(|e| e.connection.name.as_str()));
    let mut ways = Table::new(&head);
    let mut notes = String::new();
    for row in &comparison.rows {
        if let Some(reason) = &row.refused {
            notes.push_str(&folded(&format!("{}: ", row.remedy.name()), reason));
            continue;
        }
        costs.row(vec![
            name(row),
            row.steps.to_string(),
            row.activation.clone(),
            format::percent(row.accuracy),
            format::percent(row.agreement),
            format::count(row.wrong_outputs),
            format::secs(row.latency_secs),
            format!("{:.1}", row.sequences_per_sec),
            format::bytes(row.upload_bytes),
            format::bytes(row.download_bytes),
            format::count(row.rounds),
            format::secs(row.client_secs),
        ]);
        let mut cells = vec![name(row)];
        cells.extend(row.end_to_end.iter().map(|e| format::secs(e.secs)));
        ways.row(cells);
        notes.push_str(&folded(&format!("{} reveals ", name(row)), &row.reveals));
    }
    let plain = comparison.rows.iter().find(|r| r.refused.is_none());
    let plain = plain.map_or(f64::NAN, |r| r.plain_accuracy);
    format!(
        "Remedies for {}: model {} on {}, plaintext accuracy {}\n\n{}\n{}\n{notes}",
        comparison.scenario,
        comparison.model,
        comparison.dataset,
        format::percent(plain),
        costs.render(),
        ways.render()
    )
}

/// The rows as CSV.
fn table(comparison: &RemedyComparison) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let presets = crate::circuit::NetworkModel::presets().map(|m| m.name);
    let mut head: Vec<String> = [
        "remedy",
        "refresh_every",
        "steps",
        "activation",
        "sequences",
        "plain_accuracy",
        "accuracy",
        "agreement",
        "wrong_outputs",
        "max_abs_error",
        "security_bits",
        "ring_degree",
        "latency_secs",
        "sequences_per_sec",
        "upload_bytes",
        "download_bytes",
        "key_bytes",
        "rounds",
        "client_secs",
        "server_secs",
    ]
    .map(str::to_owned)
    .to_vec();
    let way = |name: &String| format!("end_to_end_secs {name}");
    head.extend(presets.iter().map(way));
    head.extend(["reveals".to_owned(), "refused".to_owned()]);
    writer.write_record(&head)?;
    for row in &comparison.rows {
        let mut cells = vec![
            row.remedy.id().to_owned(),
            row.refresh_every.to_string(),
            row.steps.to_string(),
            row.activation.clone(),
            row.sequences.to_string(),
            row.plain_accuracy.to_string(),
            row.accuracy.to_string(),
            row.agreement.to_string(),
            row.wrong_outputs.to_string(),
            row.max_abs_error.to_string(),
            row.security_bits.to_string(),
            row.ring_degree.to_string(),
            row.latency_secs.to_string(),
            row.sequences_per_sec.to_string(),
            row.upload_bytes.to_string(),
            row.download_bytes.to_string(),
            row.key_bytes.to_string(),
            row.rounds.to_string(),
            row.client_secs.to_string(),
            row.server_secs.to_string(),
        ];
        for preset in &presets {
            let found = row.end_to_end.iter().find(|e| e.connection.name == *preset);
            cells.push(found.map_or(String::new(), |e| e.secs.to_string()));
        }
        cells.extend([row.reveals.clone(), row.refused.clone().unwrap_or_default()]);
        writer.write_record(&cells)?;
    }
    Ok(writer.into_inner()?)
}
