//! What a file says beside its graph: names and normalisation, as the import reads them.

use network::{ModelCard, Normalisation, Provenance};
use serde_json::json;

/// Keys and texts.
pub(super) fn of(
    card: &ModelCard,
    normalisation: &Normalisation,
    provenance: &Provenance,
) -> Vec<(&'static str, String)> {
    let numbers = |values: &[f32]| match values {
        [one] => json!(one).to_string(),
        all => json!(all).to_string(),
    };
    let mut found =
        vec![("offset", numbers(&normalisation.offset)), ("scale", numbers(&normalisation.scale))];
    for (key, names) in [("classes", &card.classes), ("features", &card.features)] {
        if !names.is_empty() {
            found.push((key, json!(names).to_string()));
        }
    }
    for (key, text) in [("trained_on", &provenance.dataset), ("made_by", &provenance.command)] {
        if !text.is_empty() {
            found.push((key, text.clone()));
        }
    }
    found
}
