//! What a dataset holds, in words.

use super::told::{Told, tagged};
use crate::table::pairs;
use data::{ClassCount, Description};

/// Classes and columns listed by name before the rest is only counted.
const LISTED: usize = 12;

/// What a dataset holds.
pub(super) fn told(described: &Description) -> Told {
    let mut rows = vec![("dataset", described.path.clone()), ("format", described.format.clone())];
    if let Some(shape) = described.shape {
        rows.push(("shape", shape.to_string()));
    }
    let samples = format::count(described.samples as u64);
    rows.push((
        "samples",
        match described.split {
            Some((train, test)) => format!(
                "{samples} ({} training, {} test)",
                format::count(train as u64),
                format::count(test as u64)
            ),
            None => samples,
        },
    ));
    if let Some((low, high)) = described.range {
        rows.push(("values", format!("{low} to {high}")));
    }
    rows.extend(described.digest.map(|digest| ("digest", digest.short())));
    let class = |c: &ClassCount| format!("{} ({})", listed(&c.name), c.samples);
    rows.extend(list("classes", described.classes.iter().map(class).collect()));
    rows.extend(list("columns", described.features.iter().map(|f| listed(f)).collect()));
    rows.extend(described.notes.iter().map(|note| ("note", note.clone())));
    rows.extend(described.guesses.iter().map(|guess| ("guess", guess.to_string())));
    Told { text: pairs(&rows), json: tagged("dataset", described) }
}

/// A name as it stands in a list: in quotes where it has a comma of its own.
fn listed(name: &str) -> String {
    let shown = format::excerpt(name);
    if shown.contains(',') { format!("\"{shown}\"") } else { shown }
}

/// Names in lines short enough to read, the label before the first.
fn list(label: &'static str, names: Vec<String>) -> Vec<(&'static str, String)> {
    let more = names.len().saturating_sub(LISTED);
    let mut lines: Vec<String> = names
        .get(..names.len() - more)
        .unwrap_or_default()
        .chunks(6)
        .map(|c| c.join(", "))
        .collect();
    if more > 0 {
        lines.push(format!("and {} more", format::count(more as u64)));
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).collect()
}
