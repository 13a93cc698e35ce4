//! What must be said of a model and its data before anything is planned.

use circuit::{Cause, Plan, Warning};
use network::{ModelCard, Provenance, Role};

/// A plan with `notes` before its own warnings.
pub fn with_notes(plan: &Plan, notes: &[String]) -> Plan {
    let mut told = plan.clone();
    told.warnings.splice(0..0, warnings(notes));
    told
}

fn warnings(notes: &[String]) -> impl Iterator<Item = Warning> + '_ {
    notes.iter().map(|note| Warning::from(Cause::Matching { note }))
}

/// What must be said of a model whose exact original cannot be used.
pub fn missing_original(
    name: &str,
    card: &ModelCard,
    provenance: &Provenance,
    found: bool,
) -> Option<String> {
    if found {
        return None;
    }
    let own = "figures of the original network are those of the model itself";
    match (card.twin(Role::Exact), &provenance.original) {
        (Some(twin), _) => Some(format!(
            "model {} was trained from {} ({}), which is neither built in nor beside its file: {own}",
            format::excerpt(name),
            format::excerpt(&twin.name),
            twin.digest.short()
        )),
        (None, Some(original)) => Some(format!(
            "model {} names {} as its original but not its digest (an old file): it is not used, and {own}",
            format::excerpt(name),
            format::excerpt(original)
        )),
        (None, None) => None,
    }
}
