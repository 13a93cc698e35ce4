//! What a file that the program wrote of its own work holds: a scenario, a report, a checkpoint.

use super::told::{Told, tagged};
use crate::accuracies::original_accuracy;
use crate::table::pairs;
use anyhow::{Error, Result, anyhow, bail};
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
    let whole = whole(file).ok()?;
    let value: Value = match serde_json::from_slice(&whole) {
        Ok(value) => value,
        Err(error) => return damaged(file, start, &whole, &error).map(Err),
    };
    if let Err(error) = check_version(file, &value) {
        return Some(Err(error));
    }
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

/// What is wrong with JSON that cannot be read; `None` where it is too long, or something else.
fn damaged(file: &str, start: &[u8], whole: &[u8], error: &serde_json::Error) -> Option<Error> {
    let is_json = data::foreign(start) == Some("JSON") && (whole.len() as u64) < MAX_BYTES;
    let text = std::str::from_utf8(whole).ok().filter(|_| is_json)?;
    let reason = file::reason_in(text, error);
    Some(anyhow!("{}: JSON that cannot be read: {reason}", format::path(&as_path(file))))
}

/// The newest layout that a report may have.
fn newest(value: &Value) -> u32 {
    match value.get("plain").is_some() && value.get("encrypted").is_some() {
        true => report::SCHEMA_VERSION,
        // Of studies and trainings that of sweeps is the newest.
        false => study::SWEEP_SCHEMA_VERSION,
    }
}

/// Refuses a report of a program that is newer than this one.
fn check_version(file: &str, value: &Value) -> Result<()> {
    let newest = newest(value);
    match value.get("schema_version").and_then(Value::as_u64) {
        Some(version) if version > u64::from(newest) => bail!(
            "{}: a report of layout {version}, which a newer CryptoScope wrote; this one reads layouts up to {newest}: take the newer program",
            format::path(&as_path(file))
        ),
        _ => Ok(()),
    }
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

/// The report of a run in `file`.
///
/// # Errors
/// When it is none, too long, or of a newer program.
pub(crate) fn run_report(file: &str) -> Result<RunReport> {
    let shown = format::path(&as_path(file));
    let bytes = whole(file).map_err(|e| anyhow!("{shown}: {e}{}", file::advice(&e)))?;
    if bytes.len() as u64 >= MAX_BYTES {
        bail!(
            "{shown}: longer than a report may be; at most {} are read",
            format::bytes(MAX_BYTES)
        );
    }
    let text = String::from_utf8_lossy(&bytes);
    let value: Value = serde_json::from_str(&text)
        .map_err(|e| anyhow!("{shown}: no report of a run: {}", file::reason_in(&text, &e)))?;
    check_version(file, &value)?;
    if value.get("plain").is_none() || value.get("encrypted").is_none() {
        bail!("{shown}: no report of a run; `cryptoscope run SCENARIO --report FILE` writes one");
    }
    parsed(file, value)
}

fn parsed(file: &str, value: Value) -> Result<RunReport> {
    let shown = format::path(&as_path(file));
    serde_json::from_value(value).map_err(|e| {
        anyhow!("{shown}: a report that cannot be read: {}", file::reason("", &e.to_string()))
    })
}

fn report(file: &str, value: Value) -> Result<Told> {
    let shown = format::path(&as_path(file));
    let read = parsed(file, value)?;
    let encrypted = &read.encrypted;
    let rows = [
        ("report", shown),
        ("made by", format!("CryptoScope {}", read.cryptoscope_version)),
        ("scenario", read.scenario.clone()),
        ("model", read.model.clone()),
        ("dataset", format!("{}, {} samples", read.dataset, format::count(read.images as u64))),
        ("scheme", format!("{}, ring degree {}", read.scheme.kind, read.scheme.ring_degree)),
        ("original", original_accuracy(&read)),
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
