//! What a file that the program wrote of its own work holds: a scenario, a report, a checkpoint.

use super::told::{Told, tagged};
use crate::table::pairs;
use anyhow::{Context as _, Result};
use file::as_path;
use report::RunReport;
use scenario::Scenario;
use serde_json::{Value, json};
use std::io::Read;
use training::Checkpoint;

/// Largest report that is read, bytes.
const MAX_BYTES: u64 = 1 << 26;

/// What `file` holds that begins with `start`; `None` where it is none of these.
pub(super) fn told(file: &str, start: &[u8]) -> Option<Result<Told>> {
    if Checkpoint::begins(start) {
        return Some(checkpoint(file));
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if text.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let value: Value = serde_json::from_slice(&whole(file).ok()?).ok()?;
    if value.get("plain").is_some() && value.get("encrypted").is_some() {
        return Some(report(file, value));
    }
    if value.get("schema_version").is_some() {
        return Some(Ok(other_report(file, &value)));
    }
    let looks_like_scenario =
        ["model", "dataset", "scheme"].iter().any(|key| value.get(key).is_some());
    looks_like_scenario.then(|| scenario(file))
}

fn whole(file: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data::open_regular(&as_path(file))?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn checkpoint(file: &str) -> Result<Told> {
    let read = Checkpoint::open(&as_path(file))?;
    let (identity, progress) = (&read.identity, &read.progress);
    let done = format!(
        "{} of {} steps",
        format::count(read.steps() as u64),
        format::count(progress.of as u64)
    );
    let rows = [
        ("checkpoint", format::path(&as_path(file))),
        ("scenario", identity.scenario.clone()),
        ("model", identity.model.clone()),
        ("dataset", identity.dataset.clone()),
        ("seed", identity.seed.to_string()),
        ("done", done),
        ("epochs", format::count(progress.epochs.len() as u64)),
        ("took", format::secs(progress.spent.step_secs)),
    ];
    let json = json!({
        "kind": "checkpoint",
        "scenario": identity.scenario,
        "model": identity.model,
        "dataset": identity.dataset,
        "seed": identity.seed,
        "steps": read.steps(),
        "of": progress.of,
        "epochs": progress.epochs.len(),
        "step_secs": progress.spent.step_secs,
    });
    Ok(Told { text: pairs(&rows), json })
}

fn report(file: &str, value: Value) -> Result<Told> {
    let shown = format::path(&as_path(file));
    let read: RunReport = serde_json::from_value(value).with_context(|| shown.clone())?;
    let encrypted = &read.encrypted;
    let rows = [
        ("report", shown),
        ("made by", format!("CryptoScope {}", read.cryptoscope_version)),
        ("scenario", read.scenario.clone()),
        ("model", read.model.clone()),
        ("dataset", format!("{}, {} samples", read.dataset, format::count(read.images as u64))),
        ("scheme", format!("{}, ring degree {}", read.scheme.kind, read.scheme.ring_degree)),
        ("original", format::percent(read.plain.accuracy)),
        ("encrypted", format::percent(encrypted.accuracy)),
        ("took", format::secs(encrypted.total_secs)),
        (
            "result",
            read.wrong_text().unwrap_or("every output agreed with its reference").to_owned(),
        ),
    ];
    Ok(Told { text: pairs(&rows), json: tagged("report", &read) })
}

/// A report of a study or a training: its own fields, but for lists and parts.
fn other_report(file: &str, value: &Value) -> Told {
    let fields = value.as_object().into_iter().flatten();
    let mut rows = vec![("report".to_owned(), format::path(&as_path(file)))];
    rows.extend(fields.filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => format::excerpt(text),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return None,
        };
        Some((name.replace('_', " "), text))
    }));
    let rows: Vec<(&str, String)> =
        rows.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    Told { text: pairs(&rows), json: tagged("report", value) }
}

fn scenario(file: &str) -> Result<Told> {
    let read = Scenario::open(file)?;
    let rows = [
        ("scenario", read.name.clone()),
        ("about", read.description.clone()),
        ("model", read.model.clone()),
        ("dataset", read.dataset.clone()),
        ("next", format!("cryptoscope plan {}", format::path(&as_path(file)))),
    ];
    Ok(Told { text: pairs(&rows), json: tagged("scenario", &read) })
}
