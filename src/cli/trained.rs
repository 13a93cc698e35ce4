//! What a training in the clear prints.

use super::table::{Table, pairs};
use network::Provenance;
use network::train::EpochRecord;
use std::path::Path;

/// Where the model is now.
pub(super) fn saved(out: Option<&Path>) -> String {
    out.map_or_else(
        || "not saved (name a file with --out)".to_owned(),
        |path| format!("saved to {}", format::path(path)),
    )
}

/// What a training gave: its stages, and the model; `more` are further lines on that.
pub(super) fn show(
    name: &str,
    provenance: &Provenance,
    history: &[EpochRecord],
    saved: &str,
    more: &[(&'static str, String)],
) -> String {
    let mut stages = Table::new(&["stage", "epochs", "loss", "accuracy", "inside interval"]);
    for (at, record) in history.iter().enumerate() {
        if history.get(at + 1).is_some_and(|next| next.stage == record.stage) {
            continue;
        }
        stages.row(vec![
            record.stage.clone(),
            record.epoch.to_string(),
            format!("{:.4}", record.loss),
            format::percent(record.accuracy),
            record.share_inside.map_or_else(|| "-".to_owned(), format::percent),
        ]);
    }
    let mut rows = vec![
        ("model", format!("{name}, {saved}")),
        ("dataset", provenance.dataset.clone()),
        ("seed", provenance.seed.to_string()),
        ("test accuracy", format::percent(provenance.test_accuracy.unwrap_or(f64::NAN))),
    ];
    rows.extend(more.iter().cloned());
    format!("{}\n{}", stages.render(), pairs(&rows))
}
