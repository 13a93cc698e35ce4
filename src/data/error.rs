//! Why data cannot be read, in one line for a person.

use super::dataset::DatasetError;

/// Why a dataset cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error(
        "no dataset {name}: built in are {built_in}; mnist is read from the data folder; anything else must be a path: of a table (CSV), NumPy arrays (.npz, .npy), IDX, CIFAR (.bin) or .ts files, sentences, or a folder of pictures, arrays or IDX files"
    )]
    Unknown { name: String, built_in: String },
    // The cause is part of the text, so it is not given as the source, and is told once.
    #[error("{path}: cannot {action}: {cause}{}", file::advice(cause))]
    Io { path: String, action: &'static str, cause: std::io::Error },
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
        "dataset {name}: {why}; get it with `cryptoscope fetch {set}`, or put its files there: {files}"
    )]
    MissingSet { name: String, why: String, set: String, files: String },
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

#[cfg(test)]
mod tests {
    use super::*;

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
