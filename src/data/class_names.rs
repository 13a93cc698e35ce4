//! Names for the classes of data that have numbers or other names for them.

use super::dataset::Dataset;
use super::error::DataError;
use crate::format::excerpt;
use std::path::Path;

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
                classes.iter().position(|c| c == name).filter(|own| *own != at)
            };
            let Some(own) = names.iter().enumerate().find_map(moved) else { return Ok(()) };
            format!(
                "option classes: {} is the name of class {} in the data itself; list the names in the order of the data, or leave the option out",
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
        check(&self.name, &names, &self.classes)?;
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
        let opened = |text: &str| crate::data::open(text, None);
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
