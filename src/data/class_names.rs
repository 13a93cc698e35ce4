//! Names for the classes of data that have numbers or other names for them.

use super::dataset::Dataset;
use super::error::DataError;
use format::excerpt;
use std::path::Path;

/// A name without what does not matter: case, blanks and underscores around and between words.
pub fn alike_words(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '_').map(str::to_lowercase);
    words.filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The same of a class, also without how a number is written.
pub fn alike_class(name: &str) -> String {
    match name.trim().parse::<f64>().ok().filter(|n| n.is_finite()) {
        Some(number) => (number + 0.0).to_string(),
        None => alike_words(name),
    }
}

/// The option behind a path.
const OPTION: &str = "classes=";

/// A path without its option `classes=NAME,NAME,..`, and the names; `None` where it has none.
pub(super) fn option(name_or_path: &str) -> Option<(String, Vec<String>)> {
    if Path::new(name_or_path).exists() {
        return None;
    }
    let (path, options) = name_or_path.rsplit_once('?')?;
    let names = options.split('&').find_map(|o| o.strip_prefix(OPTION))?;
    let rest: Vec<&str> = options.split('&').filter(|o| !o.starts_with(OPTION)).collect();
    let rest = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    Some((rest, names.split(',').map(|n| n.trim().to_owned()).collect()))
}

/// Old and new names, where all are given so.
fn pairs(names: &[String]) -> Option<Vec<(&str, &str)>> {
    names.iter().map(|name| name.split_once(':')).collect()
}

/// The new names of classes, in the order of the old ones.
fn renamed(
    path: &str,
    pairs: &[(&str, &str)],
    classes: &[String],
) -> Result<Vec<String>, DataError> {
    let fail = |reason: String| DataError::Options { path: path.to_owned(), reason };
    let new = |class: &String| {
        let found = pairs.iter().find(|(old, _)| alike_class(old) == alike_class(class));
        found.map(|(_, new)| new.trim().to_owned()).ok_or_else(|| {
            fail(format!("option classes: no new name for class {}", excerpt(class)))
        })
    };
    let names = classes.iter().map(new).collect::<Result<Vec<_>, _>>()?;
    let mut seen = std::collections::HashSet::new();
    if names.len() != pairs.len() || !names.iter().all(|n| !n.is_empty() && seen.insert(n)) {
        return Err(fail(
            "option classes: one new name of its own for each class is needed".into(),
        ));
    }
    Ok(names)
}

/// Holds names against the classes that they are for, in the order in which those are listed.
pub(super) fn check(path: &str, names: &[String], classes: &[String]) -> Result<(), DataError> {
    let mut seen = std::collections::HashSet::new();
    let twice = names.iter().find(|n| n.is_empty() || !seen.insert(n.as_str()));
    let reason = match twice {
        Some(name) => format!("option classes: {} is no name of one class", excerpt(name)),
        None if names.len() != classes.len() => {
            let some: Vec<String> = classes.iter().take(6).map(|c| excerpt(c)).collect();
            let more = if classes.len() > 6 { ", …" } else { "" };
            format!(
                "option classes: {} names where the data have {} classes, {}{more}; one for each is needed, in this order",
                names.len(),
                classes.len(),
                some.join(", ")
            )
        }
        None => {
            // A name of the data's own on another class is a list in another order.
            let moved = |(at, name): (usize, &String)| {
                let alike = |class: &String| alike_class(class) == alike_class(name);
                classes.iter().position(alike).filter(|own| *own != at)
            };
            let Some(own) = names.iter().enumerate().find_map(moved) else { return Ok(()) };
            format!(
                "option classes: {} is the name of class {} in the data itself; list the names in the order of the data, say which is which (classes=OLD:NEW,OLD:NEW,..), or leave the option out",
                excerpt(&classes[own]),
                own + 1
            )
        }
    };
    Err(DataError::Options { path: path.to_owned(), reason })
}

impl Dataset {
    /// The same samples with classes of these names, in the order in which they are listed.
    pub(super) fn with_class_names(self, names: Vec<String>) -> Result<Self, DataError> {
        self.needs_classes("option classes")?;
        let names = match pairs(&names) {
            Some(pairs) => renamed(&self.name, &pairs, &self.classes)?,
            None => {
                check(&self.name, &names, &self.classes)?;
                names
            }
        };
        Ok(Self { classes: names, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_data_stay_with_their_classes() {
        let of = |names: [&str; 2]| {
            check("t.csv", &names.map(str::to_owned), &["b", "m"].map(str::to_owned))
        };
        assert!(of(["b", "m"]).is_ok() && of(["benign", "malignant"]).is_ok());
        assert!(of(["b", "malignant"]).is_ok());
        assert!(of(["M", "B"]).is_err(), "capitals make no other class");
        let numbers = ["1", "2"].map(str::to_owned);
        assert_eq!(renamed("t", &[("2", "1"), ("1", "0")], &numbers).unwrap(), ["0", "1"]);
        for wrong in [&[("1", "0")][..], &[("1", "0"), ("2", "0")], &[("1", "0"), ("3", "1")]] {
            assert!(renamed("t", wrong, &numbers).is_err(), "{wrong:?}");
        }
        let crossed = of(["m", "b"]).unwrap_err().to_string();
        assert!(crossed.contains("name of class 2 in the data"), "{crossed}");
        assert!(of(["m", "x"]).is_err());
    }

    #[test]
    fn the_option_is_taken_out_of_the_path() {
        let names = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let found = option("no/t.csv?skip=1&classes=a, b&class=2");
        assert_eq!(found, Some(("no/t.csv?skip=1&class=2".to_owned(), names(&["a", "b"]))));
        let found = option("digits?classes=x");
        assert_eq!(found, Some(("digits".to_owned(), names(&["x"]))));
        assert_eq!(option("t.csv?class=2"), None);
    }

    #[test]
    fn there_is_a_name_for_each_class() {
        let opened = |text: &str| crate::open(text, None);
        let iris = opened("iris?classes=a,b,c").expect("opens");
        assert_eq!(iris.classes(), ["a", "b", "c"]);
        for (text, said) in [
            ("iris?classes=a,b", "2 names where the data have 3 classes, setosa, versicolor"),
            ("iris?classes=a,b,a", "a is no name of one class"),
            ("iris?classes=a,,c", "is no name of one class"),
        ] {
            let error = opened(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
