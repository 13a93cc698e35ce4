//! Names held against names.

use data::{alike_class, alike_words};
use format::{self, excerpt};
use std::collections::HashMap;

/// Names that a message lists before the rest is only counted.
const LISTED: usize = 6;

/// Positions of names, by what they say: as they are written, or else alike but for case and blanks; of
/// classes but for the way a number is written too.
pub struct Names<'a> {
    exact: HashMap<&'a str, Option<usize>>,
    alike: HashMap<String, Option<usize>>,
    alike_of: fn(&str) -> String,
}

impl<'a> Names<'a> {
    /// Of classes.
    pub fn new(names: &'a [String]) -> Self {
        Self::alike(names, alike_class)
    }

    /// Of columns: 1.10 is another item than 1.1.
    pub fn of_columns(names: &'a [String]) -> Self {
        Self::alike(names, alike_words)
    }

    fn alike(names: &'a [String], alike_of: fn(&str) -> String) -> Self {
        let (mut exact, mut alike) = (HashMap::new(), HashMap::new());
        for (at, name) in names.iter().enumerate() {
            // Of two that are the same neither is found.
            exact.entry(name.as_str()).and_modify(|e| *e = None).or_insert(Some(at));
            alike.entry(alike_of(name)).and_modify(|e| *e = None).or_insert(Some(at));
        }
        Self { exact, alike, alike_of }
    }

    pub fn place(&self, name: &str) -> Place {
        let found = self.exact.get(name).or_else(|| self.alike.get(&(self.alike_of)(name)));
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
pub enum Place {
    At(usize),
    /// Several are called so.
    Twice,
    Nowhere,
}

/// The numbers, from 1, of the columns that `name` may be: `2 and 5`.
pub fn twice(name: &str, given: &[String]) -> String {
    let alike = |(_, other): &(usize, &String)| alike_words(other) == alike_words(name);
    let places: Vec<String> =
        (1..).zip(given).filter(alike).take(LISTED).map(|(at, _)| at.to_string()).collect();
    places.join(" and ")
}

/// The first few names, and how many more there are.
pub fn listed(names: &[String]) -> String {
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
            assert_eq!(alike_class(one), alike_class(other));
        }
        for (one, other) in [("1", "1a"), ("a b", "ab"), ("nan", "NA")] {
            assert_ne!(alike_class(one), alike_class(other));
        }
        let both = ["A".to_owned(), "a".to_owned()];
        let found = Names::new(&both);
        assert_eq!((found.find("A"), found.find("a"), found.find(" a")), (Some(0), Some(1), None));
        assert_eq!((found.place(" a"), found.place("b")), (Place::Twice, Place::Nowhere));
        let items = ["1.1".to_owned(), "Item_2".to_owned()];
        let columns = Names::of_columns(&items);
        assert_eq!((columns.find("1.10"), columns.find("item 2")), (None, Some(1)));
    }
}
