//! What a reader decided that the data did not say.

use serde::Serialize;

/// Something that a reader took for granted, left out or changed, told with every dataset: by
/// `inspect`, in a plan, in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// What was decided, in one line; names from the file are escaped and cut.
    pub text: String,
    /// The option behind the path that decides otherwise, as `?header=no`; empty where there is none.
    pub option: String,
    /// Whether the data may well be meant otherwise: then it is told wherever they are run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubt: bool,
}

impl Guess {
    /// A decision, and the option (written as `header=no`) that decides otherwise.
    pub(super) fn new(text: impl Into<String>, option: &str) -> Self {
        Self { text: text.into(), option: format!("?{option}"), doubt: false }
    }

    /// A decision that may well be wrong.
    pub(super) fn doubt(text: impl Into<String>, option: &str) -> Self {
        Self { doubt: true, ..Self::new(text, option) }
    }

    /// Something to know that no option changes.
    pub(super) fn note(text: impl Into<String>) -> Self {
        Self { text: text.into(), option: String::new(), doubt: false }
    }
}

impl std::fmt::Display for Guess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        if self.option.is_empty() { Ok(()) } else { write!(f, "; otherwise {}", self.option) }
    }
}
