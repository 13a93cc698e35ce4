//! The `@` lines of a file of time series.

use format::excerpt;

/// Most classes.
const MAX_CLASSES: usize = 1000;

/// What the `@` lines say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TsHeader {
    /// Whether each series has a class behind it.
    pub labelled: bool,
    pub classes: Vec<String>,
    /// Channels of every series, where they are told.
    pub dimensions: Option<usize>,
    /// Whether all series are said to have one channel.
    pub univariate: bool,
}

impl Default for TsHeader {
    fn default() -> Self {
        Self { labelled: true, classes: Vec::new(), dimensions: None, univariate: false }
    }
}

impl TsHeader {
    /// Takes one line.
    pub fn line(&mut self, line: &str) -> Result<(), String> {
        let (key, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let key = key.to_ascii_lowercase();
        if !key.starts_with('@') {
            return Err(format!("{}: lines before @data start with @ or #", excerpt(line)));
        }
        let mut words = words(rest)?.into_iter();
        let value = words.next().unwrap_or_default();
        let truth = value.to_ascii_lowercase();
        match (key.as_str(), truth.as_str()) {
            ("@timestamps", "true") => {
                return Err("series with time stamps; only evenly sampled series are read".into());
            }
            ("@targetlabel", "true") => {
                return Err("series with numbers to predict; only classes are read".into());
            }
            ("@univariate", _) => self.univariate = truth == "true",
            ("@dimensions" | "@dimension", _) => {
                let number = value.parse().ok().filter(|n| *n > 0);
                let needed =
                    || format!("{key} {}: a whole number from 1 is needed", excerpt(&value));
                self.dimensions = Some(number.ok_or_else(needed)?);
            }
            ("@classlabel", "true") => self.classes = distinct(words.collect())?,
            ("@classlabel", "false") => self.labelled = false,
            ("@classlabel", _) => {
                return Err(
                    "@classLabel is true with the names of the classes, or false".to_owned()
                );
            }
            _ => {}
        }
        Ok(())
    }
}

fn distinct(classes: Vec<String>) -> Result<Vec<String>, String> {
    let found = classes.len();
    if !(2..=MAX_CLASSES).contains(&found) {
        return Err(format!("{found} classes; 2 to {MAX_CLASSES} are possible"));
    }
    let mut seen = std::collections::HashSet::new();
    match classes.iter().find(|c| !seen.insert(c.as_str())) {
        Some(twice) => Err(format!("class {} is named twice", excerpt(twice))),
        None => Ok(classes),
    }
}

/// Words with spaces between them; one in quotes may have spaces in it.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (word, after) = match quote {
            Some(quote) => rest[1..]
                .split_once(quote)
                .ok_or_else(|| format!("{}: a quote is never closed", excerpt(rest)))?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        found.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(found)
}

/// A class without the quotes around it.
pub(super) fn unquoted(class: &str) -> &str {
    let class = class.trim();
    let inside = ['"', '\''].into_iter().find_map(|q| class.strip_prefix(q)?.strip_suffix(q));
    inside.unwrap_or(class)
}
