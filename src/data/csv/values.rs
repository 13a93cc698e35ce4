//! The cells of a table as numbers.

use super::cell::{Cells, Fault, Row};
use super::classes::Labels;
use super::filling::by_column;
use super::layout::Layout;
use super::number::truth;
use super::options::Incomplete;
use super::rows::Rows;
use crate::guess::Guess;
use format::excerpt;
use std::collections::{BTreeMap, BTreeSet};

/// Most different words of a column that becomes a column for each.
const MAX_WORDS: usize = 1000;

/// The cells of all rows, read.
#[derive(Default)]
pub(super) struct Values {
    /// Row after row; NaN where one is missing that is to be filled in.
    pub values: Vec<f32>,
    /// Class of each row; an empty text where there are no classes.
    pub labels: Labels,
    /// Rows that are kept.
    pub rows: usize,
    /// Rows left out because something is missing.
    incomplete: usize,
    /// How many of these were the first gap of their row, by their places among the values.
    gaps: Vec<usize>,
    /// Columns with words for yes and no, by their places.
    truths: BTreeSet<usize>,
    /// The words of each column of words, by its place among the values, in the order in which they are
    /// first seen: its values are their places in it.
    pub words: BTreeMap<usize, Vec<String>>,
}

impl Values {
    /// The cells of `rows`, which are those of `bytes` of text.
    pub fn read(mut rows: Rows, bytes: usize, layout: &Layout, look: Cells) -> Result<Self, Fault> {
        let words = layout.words.iter().map(|at| (*at, Vec::new())).collect();
        // Memory that is not used is not taken, that of a smaller list would be for a moment.
        let values = Vec::with_capacity(bytes / 2);
        let mut read = Self { words, values, ..Self::default() };
        let mut is_header = layout.has_header;
        while let Some(row) = rows.next()? {
            if !std::mem::take(&mut is_header) {
                read.row(row, layout, look)?;
            }
        }
        if read.rows == 0 {
            let why = match read.incomplete {
                0 => "no rows of data; at least one per class is needed",
                _ => "no rows of data: something is missing in each",
            };
            return Err(Fault::at(0, 0, why));
        }
        Ok(read)
    }

    fn row(&mut self, row: &Row, layout: &Layout, look: Cells) -> Result<(), Fault> {
        let Row { line, cells } = row;
        let empty_end = layout.trailing && cells.last().is_some_and(String::is_empty);
        let columns = cells.len() - usize::from(empty_end && cells.len() > layout.width);
        if columns != layout.width {
            let comment =
                cells.first().is_some_and(|c| c.starts_with(['#', '%']) || c.starts_with("//"));
            let help = match comment {
                true => "; leave comments out with ?comment=# (or what they begin with)",
                false => "; every row needs the same number",
            };
            return Err(Fault::at(
                *line,
                0,
                format!("{columns} columns where the first row has {}{help}", layout.width),
            ));
        }
        let before = self.values.len();
        let cell = |column: usize| cells.get(column).map(String::as_str).unwrap_or_default();
        for (at, &column) in layout.values.iter().enumerate() {
            let cell = cell(column);
            if let Some(words) = self.words.get_mut(&at).filter(|_| !look.is_missing(cell, true)) {
                let place = words.iter().position(|word| word == cell);
                let place = place.unwrap_or(words.len());
                if place == words.len() {
                    words.push(cell.to_owned());
                }
                if words.len() > MAX_WORDS {
                    return Err(Fault::at(
                        *line,
                        column + 1,
                        format!(
                            "more than {MAX_WORDS} different words in a column that is to be a column for each; drop it with ?drop={}",
                            column + 1
                        ),
                    ));
                }
                self.values.push(place as f32);
                continue;
            }
            // What was said to be missing is no number, even where it looks like one.
            let named = look.is_named_missing(cell);
            let value = match look.numbers.parse(cell) {
                Some(value) if value.is_finite() && !named => value,
                _ if named || look.is_missing(cell, false) => match look.options.incomplete {
                    Incomplete::Refuse => {
                        let name = layout.names.get(at);
                        return Err(Fault::at(*line, column + 1, wrong(cell, column, name, look)));
                    }
                    Incomplete::Skip => {
                        self.values.truncate(before);
                        self.incomplete += 1;
                        self.gaps.resize(layout.values.len(), 0);
                        self.gaps[at] += 1;
                        return Ok(());
                    }
                    Incomplete::Mean | Incomplete::Median => f32::NAN,
                },
                _ => match truth(cell).filter(|_| !named) {
                    Some(value) => {
                        self.truths.insert(column);
                        value
                    }
                    None => {
                        let name = layout.names.get(at);
                        return Err(Fault::at(*line, column + 1, wrong(cell, column, name, look)));
                    }
                },
            };
            self.values.push(value);
        }
        let Some(place) = layout.class else {
            self.labels.push("", *line);
            self.rows += 1;
            return Ok(());
        };
        let class = cell(place);
        if look.is_missing(class, true) {
            if look.options.incomplete != Incomplete::Refuse {
                self.values.truncate(before);
                self.incomplete += 1;
                return Ok(());
            }
            let reason = match class {
                "" => "the class is missing; fill it in, remove the row, or leave such rows out with ?missing=drop".to_owned(),
                word => format!(
                    "the class is missing ({0}); if {0} is a class, open it with ?missing=none, else leave such rows out with ?incomplete=skip",
                    excerpt(word)
                ),
            };
            return Err(Fault::at(*line, place + 1, reason));
        }
        self.labels.push(class, *line);
        self.rows += 1;
        Ok(())
    }

    pub fn guesses(&self, layout: &Layout) -> Vec<Guess> {
        let mut guesses = Vec::new();
        if self.incomplete > 0 {
            let all = self.incomplete + self.rows;
            let place = match self.gaps.is_empty() {
                true => String::new(),
                false => format!(" ({})", by_column(&self.gaps, &layout.names)),
            };
            let text = format!(
                "{} of {all} rows are left out: something is missing in them{place}",
                self.incomplete
            );
            // Who wants an answer for each row has to know that some get none.
            guesses.push(match layout.unsplit {
                true => Guess::doubt(
                    format!("{text}, and the others are numbered without them"),
                    "missing=refuse",
                ),
                false => Guess::note(text),
            });
        }
        let truths: Vec<String> = self.truths.iter().take(8).map(|c| (c + 1).to_string()).collect();
        if let (Some(column), true) = (self.truths.first(), layout.width > 0) {
            let more = if self.truths.len() > truths.len() { ", …" } else { "" };
            guesses.push(Guess::new(
                format!("true and false are read as 1 and 0 in column {}{more}", truths.join(", ")),
                &format!("drop={}", column + 1),
            ));
        }
        guesses
    }
}

/// Why a cell is no value, and what to do.
fn wrong(cell: &str, column: usize, name: Option<&String>, look: Cells) -> String {
    let number = column + 1;
    let shown = excerpt(cell);
    let name = name.map_or(String::new(), |n| format!(" (column {})", excerpt(n)));
    let reason = if look.is_missing(cell, false) || look.is_named_missing(cell) {
        let word = if cell.is_empty() { String::new() } else { format!(" ({shown})") };
        format!(
            "the value is missing{word}; take the mean or the median of its column with ?missing=mean or ?missing=median, leave such rows out with ?missing=drop, or the column with ?drop={number}"
        )
    } else if look.numbers.parse(cell).is_some() {
        format!(
            "{shown} is not a finite number of at most 3.4e38; correct it, say that it stands for a missing value (?missing={shown}&incomplete=skip), or drop the column (?drop={number})"
        )
    } else if let Some(help) = look.numbers.suggestion(cell) {
        format!("{shown} {help}, or leave the column out with ?drop={number}")
    } else if cell.split_whitespace().count() > 3 {
        format!(
            "{shown} is text; sentences are read from lines of the sentence, a tab and its class, other text is left out with ?drop={number}"
        )
    } else {
        format!(
            "{shown} is not a number; make a column for each of its words (?onehot={number}), drop it (?drop={number}), make it the class (?class={number}), or say that it stands for a missing value{}",
            // An option holds no such signs.
            match shown.contains(['&', '?', '=', ',']) {
                true => String::new(),
                false => format!(" (?missing={shown}&incomplete=skip)"),
            }
        )
    };
    reason + &name
}
