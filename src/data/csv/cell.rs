//! Cells of a table: what they look like, and what stands for nothing.

use super::number::{NumberFormat, truth};
use super::options::{CsvOptions, Missing};

/// What a cell looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Missing,
    Text,
}

/// A row of a table with its line in the file; cells are trimmed.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub line: u64,
    pub cells: Vec<String>,
}

/// Something wrong with a table.
#[derive(Debug)]
pub(super) struct Fault {
    /// From 1; 0 where it is not of one line or column.
    pub line: u64,
    pub column: usize,
    pub reason: String,
}

impl Fault {
    pub fn at(line: u64, column: usize, reason: impl Into<String>) -> Self {
        Self { line, column, reason: reason.into() }
    }
}

/// How cells of a table are to be understood.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub options: &'a CsvOptions,
    pub numbers: NumberFormat<'a>,
}

impl Cells<'_> {
    /// Whether a cell stands for a missing value; `class` for one of the class column, where fewer
    /// words do.
    pub fn is_missing(&self, cell: &str, class: bool) -> bool {
        let same = |word: &str| cell.eq_ignore_ascii_case(word);
        cell.is_empty()
            || match &self.options.missing {
                Missing::Nothing => false,
                Missing::These(words) => words.iter().any(|w| same(w)),
                Missing::Usual => {
                    MISSING.iter().any(|w| same(w))
                        || (!class && MISSING_VALUES.iter().any(|w| same(w)))
                }
            }
    }

    /// Whether a cell was said to stand for a missing value, as a number that is none may be.
    pub fn is_named_missing(&self, cell: &str) -> bool {
        let Missing::These(words) = &self.options.missing else { return false };
        let number = self.numbers.parse(cell);
        words.iter().any(|word| {
            cell.eq_ignore_ascii_case(word)
                || number.is_some() && self.numbers.parse(word) == number
        })
    }

    pub fn kind(&self, cell: &str) -> Kind {
        if self.is_missing(cell, false) {
            Kind::Missing
        } else if self.numbers.resembles_number(cell) || truth(cell).is_some() {
            Kind::Number
        } else {
            Kind::Text
        }
    }
}

/// Cells that stand for nothing, in lower case.
const MISSING: [&str; 8] = ["", "?", "na", "n/a", "nan", "null", "<na>", "#n/a"];

/// Words for a missing value that may be a class as well.
const MISSING_VALUES: [&str; 12] = [
    "none", "-", "--", ".", "nil", "missing", "#div/0!", "#value!", "#ref!", "#num!", "#null!",
    "#name?",
];

/// Names that a class has instead of a missing value.
pub(super) fn sounds_missing(class: &str) -> bool {
    MISSING_VALUES.iter().chain(&MISSING).any(|w| class.eq_ignore_ascii_case(w))
}
