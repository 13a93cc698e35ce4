//! Texts with facts in them.

use crate::fact::{Facts, fact_spec};

/// What stands for a fact that is not known yet.
const UNKNOWN: &str = "…";

/// Names of the facts in braces.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// `text` with its facts as they are now.
pub fn filled(text: &str, facts: &dyn Facts) -> String {
    let mut pieces = text.split('{');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('}') {
            Some((name, rest)) => {
                let told = fact_spec(name).zip(facts.fact(name));
                let told = told.map(|(spec, value)| value.text(spec.unit));
                whole.push_str(told.as_deref().unwrap_or(UNKNOWN));
                whole.push_str(rest);
            }
            None => {
                whole.push('{');
                whole.push_str(piece);
            }
        }
    }
    whole
}
