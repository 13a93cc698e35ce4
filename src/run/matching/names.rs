//! Names held against names.

use crate::format::{self, excerpt};
use std::collections::HashMap;

/// Names that a message lists before the rest is only counted.
const LISTED: usize = 6;

/// Positions of names, by what they say: as they are written, or else alike but for case, blanks and
/// the way a number is written.
pub(super) struct Names<'a> {
    exact: HashMap<&'a str, Option<usize>>,
    alike: HashMap<String, Option<usize>>,
}

impl<'a> Names<'a> {
    pub fn new(names: &'a [String]) -> Self {
        let (mut exact, mut alike) = (HashMap::new(), HashMap::new());
        for (at, name) in names.iter().enumerate() {
            // Of two that are the same neither is found.
            exact.entry(name.as_str()).and_modify(|e| *e = None).or_insert(Some(at));
            alike.entry(normal(name)).and_modify(|e| *e = None).or_insert(Some(at));
        }
        Self { exact, alike }
    }

    pub fn place(&self, name: &str) -> Place {
        let found = self.exact.get(name).or_else(|| self.alike.get(&normal(name)));
        found.map_or(Place::Nowhere, |at| at.map_or(Place::Twice, Place::At))
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        match self.place(name) {
            Place::At(at) => Some(at),
            Place::Twice | Place::Nowhere => None,
        }
    }
}

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    At(usize),
    /// Several are called so.
    Twice,
    Nowhere,
}

/// A name without what does not matter: case, blanks and underscores around and between words, and how
/// a number is written.
fn normal(name: &str) -> String {
    if let Some(number) = name.trim().parse::<f64>().ok().filter(|n| n.is_finite()) {
        return (number + 0.0).to_string();
    }
    let words: Vec<String> =
        name.split(|c: char| c.is_whitespace() || c == '_').map(str::to_lowercase).collect();
    words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The first few names, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(LISTED).map(|n| excerpt(n)).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        text += &format!(" and {} more", format::count((names.len() - LISTED) as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_but_for_how_they_are_written() {
        for (one, other) in
            [("1", "1.0"), ("01", "1"), ("Mean_Radius", "mean  radius"), (" a ", "A")]
        {
            assert_eq!(normal(one), normal(other));
        }
        for (one, other) in [("1", "1a"), ("a b", "ab"), ("nan", "NA")] {
            assert_ne!(normal(one), normal(other));
        }
        let both = ["A".to_owned(), "a".to_owned()];
        let found = Names::new(&both);
        assert_eq!((found.find("A"), found.find("a"), found.find(" a")), (Some(0), Some(1), None));
        assert_eq!((found.place(" a"), found.place("b")), (Place::Twice, Place::Nowhere));
    }
}
