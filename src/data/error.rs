//! Why data cannot be read, in one line for a person.

use super::dataset::DatasetError;
use std::path::Path;

/// Why a dataset cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error(
        "no dataset {name}: built in are {built_in}; mnist is read from the data folder; anything else must be the path of a CSV file, an IDX file or a folder of IDX files"
    )]
    Unknown { name: String, built_in: String },
    #[error("{path}: cannot {action}: {source}")]
    Io { path: String, action: &'static str, source: std::io::Error },
    #[error("{path}: {what}; a dataset is a plain file or a folder of IDX files")]
    NotAFile { path: String, what: &'static str },
    #[error("{path}: more than {limit} bytes{after}; at most {limit} are read")]
    TooLarge { path: String, limit: u64, after: &'static str },
    #[error("{path}: {reason}")]
    Idx { path: String, reason: String },
    #[error("{path}{place}: {reason}", place = place(*.line, *.column))]
    Csv { path: String, line: u64, column: usize, reason: String },
    #[error("dataset path {path}: {reason}")]
    Options { path: String, reason: String },
    #[error("{path}: {reason}")]
    Layout { path: String, reason: String },
    #[error(
        "dataset mnist: missing {missing}{place}; get it with `cryptoscope fetch mnist`, or put there, plain or as .gz, {files}"
    )]
    MissingMnist { missing: String, place: String, files: String },
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// `, line 3, column 5`; a 0 is left out.
fn place(line: u64, column: usize) -> String {
    let mut text = String::new();
    if line > 0 {
        text.push_str(&format!(", line {line}"));
    }
    if column > 0 {
        text.push_str(&format!(", column {column}"));
    }
    text
}

/// A path on one line: control and direction-changing characters are escaped.
pub(super) fn shown(path: &Path) -> String {
    escaped(&path.to_string_lossy())
}

/// Text from a file on one line, at most 40 characters of it.
pub(super) fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escaped(&short)
}

fn escaped(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stays_on_one_line() {
        assert_eq!(shown(Path::new("a\nb\u{202e}c.csv")), "a\\u{a}b\\u{202e}c.csv");
        assert_eq!(excerpt(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
    }

    #[test]
    fn a_place_is_named_as_far_as_known() {
        let error = |line, column| {
            DataError::Csv { path: "f.csv".into(), line, column, reason: "bad".into() }.to_string()
        };
        assert_eq!(error(3, 5), "f.csv, line 3, column 5: bad");
        assert_eq!(error(3, 0), "f.csv, line 3: bad");
        assert_eq!(error(0, 0), "f.csv: bad");
    }
}
