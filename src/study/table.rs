//! One definition of a table for window, terminal, CSV and JSON, and one rule for how a study ended.

use format::Share;
use serde::Serialize;

/// What a row has in a column: in words for people, and exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub exact: String,
}

impl Cell {
    /// Words, the same for everybody.
    pub fn words(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { exact: text.clone(), text }
    }

    /// A number that people read as `text`.
    pub fn number(exact: impl ToString, text: impl Into<String>) -> Self {
        Self { text: text.into(), exact: exact.to_string() }
    }

    /// A whole number.
    pub fn count(value: u64) -> Self {
        Self::number(value, format::count(value))
    }

    /// A share of so many samples; what is no number is not known, and empty in CSV.
    pub fn share(fraction: f64, of: usize) -> Self {
        let exact = if fraction.is_nan() { String::new() } else { fraction.to_string() };
        Self::number(exact, Share::of_fraction(fraction, of).text())
    }

    /// Seconds.
    pub fn secs(value: f64) -> Self {
        Self::number(value, format::secs(value))
    }

    pub fn bytes(value: u64) -> Self {
        Self::number(value, format::bytes(value))
    }

    /// Bits, without their unit: it stands in the head.
    pub fn bits(value: f64) -> Self {
        Self::number(value, format::bits(value).trim_end_matches(" bits"))
    }
}

/// A column of a table of rows `R`.
pub struct Column<R: 'static> {
    /// Name in CSV, units in it.
    pub id: &'static str,
    /// Name for people; empty where it is for CSV alone.
    pub title: &'static str,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// Whether it is known of what could not be run too.
    is_asked: bool,
    cell: fn(&R) -> Option<Cell>,
}

impl<R> Column<R> {
    /// Of what was asked for, whether it could be run or not.
    pub const fn asked(
        id: &'static str,
        title: &'static str,
        cell: fn(&R) -> Option<Cell>,
    ) -> Self {
        Self { id, title, about: "", is_asked: true, cell }
    }

    /// Of what was run.
    pub const fn found(
        id: &'static str,
        title: &'static str,
        cell: fn(&R) -> Option<Cell>,
    ) -> Self {
        Self { id, title, about: "", is_asked: false, cell }
    }

    /// The same with a sentence on what it says.
    #[must_use]
    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

impl<R: Row> Column<R> {
    /// What `row` has here; `None` where that is not known.
    pub fn cell(&self, row: &R) -> Option<Cell> {
        if row.refusal().is_some() && !self.is_asked {
            return None;
        }
        (self.cell)(row)
    }

    /// The same in words, a dash where it is not known.
    pub fn text(&self, row: &R) -> String {
        self.cell(row).map_or_else(|| "—".to_owned(), |cell| cell.text)
    }
}

/// A row of a study.
pub trait Row: Serialize + Sized + 'static {
    /// All columns, in the order of CSV.
    const COLUMNS: &'static [Column<Self>];

    /// What it is about, in a few words.
    fn name(&self) -> String;

    /// Why it could not be run.
    fn refusal(&self) -> Option<&str>;

    /// Whether all that was decrypted was right.
    fn is_right(&self) -> bool;

    /// Whether nothing at all is known of it.
    fn is_empty(&self) -> bool {
        self.refusal().is_some()
    }

    /// The columns with these names, in their order; names that there are not are left out.
    fn columns(ids: &[&str]) -> Vec<&'static Column<Self>> {
        let of = |id: &&str| Self::COLUMNS.iter().find(|c| c.id == *id);
        ids.iter().filter_map(of).collect()
    }
}

/// How a study ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that was run was right; some of it may have been refused.
    Right,
    /// Something decrypted wrongly.
    Wrong,
    /// Stopped on request, with rows left.
    Stopped,
    /// Nothing could be run, and why.
    Refused(String),
}

/// Rows side by side.
pub trait Study: Serialize {
    type Row: Row;

    fn rows(&self) -> &[Self::Row];

    /// Rows asked for and not done, because the work was stopped.
    fn rows_left(&self) -> usize;

    /// Whether everything that was decrypted was right.
    fn is_right(&self) -> bool {
        self.rows().iter().all(Row::is_right)
    }

    /// How it ended: nothing run comes before wrong, wrong before stopped.
    fn outcome(&self) -> Outcome {
        let refusal = |r: &Self::Row| Some(format!("{} cannot: {}", r.name(), r.refusal()?));
        let empty = self.rows().iter().filter(|r| r.is_empty());
        let refused: Vec<String> = empty.filter_map(refusal).collect();
        match () {
            () if !refused.is_empty()
                && refused.len() == self.rows().len()
                && self.rows_left() == 0 =>
            {
                Outcome::Refused(refused.join("; "))
            }
            () if !self.is_right() => Outcome::Wrong,
            () if self.rows_left() > 0 => Outcome::Stopped,
            () => Outcome::Right,
        }
    }

    /// All of it as JSON.
    fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// One line per row; what is not known is empty.
    fn to_csv(&self) -> String {
        let head: Vec<&str> = Self::Row::COLUMNS.iter().map(|c| c.id).collect();
        format::csv_table(&head, self.rows().iter().map(exact))
    }
}

/// All cells of a row, exactly.
pub(crate) fn exact<R: Row>(row: &R) -> Vec<String> {
    let cells = R::COLUMNS.iter().map(|c| c.cell(row));
    cells.map(|cell| cell.map_or_else(String::new, |c| c.exact)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Serialize)]
    struct Try {
        name: &'static str,
        secs: f64,
        refusal: Option<&'static str>,
        right: bool,
    }

    impl Row for Try {
        const COLUMNS: &'static [Column<Self>] = &[
            Column::asked("name", "Name", |r| Some(Cell::words(r.name))),
            Column::found("secs", "Time", |r| Some(Cell::secs(r.secs))),
        ];

        fn name(&self) -> String {
            self.name.to_owned()
        }

        fn refusal(&self) -> Option<&str> {
            self.refusal
        }

        fn is_right(&self) -> bool {
            self.right
        }
    }

    #[derive(Serialize)]
    struct Tries(Vec<Try>, usize);

    impl Study for Tries {
        type Row = Try;

        fn rows(&self) -> &[Try] {
            &self.0
        }

        fn rows_left(&self) -> usize {
            self.1
        }
    }

    #[test]
    fn what_was_refused_has_no_figures_and_a_study_ends_by_one_rule() {
        let ran = Try { name: "a", secs: 0.25, refusal: None, right: true };
        let refused = Try { name: "b", refusal: Some("too deep"), ..ran.clone() };
        let wrong = Try { right: false, ..ran.clone() };
        let study = Tries(vec![ran.clone(), refused.clone()], 0);
        assert_eq!(study.to_csv(), "name,secs\na,0.25\nb,\n");
        let time = Try::columns(&["secs", "nothing"])[0];
        assert_eq!((time.text(&ran), time.text(&refused)), ("250 ms".into(), "—".into()));
        let ends = |rows: &[&Try], left| Tries(rows.iter().map(|r| (*r).clone()).collect(), left);
        for (study, end) in [
            (study, Outcome::Right),
            (
                ends(&[&refused, &refused], 0),
                Outcome::Refused("b cannot: too deep; b cannot: too deep".into()),
            ),
            (ends(&[&refused], 1), Outcome::Stopped),
            (ends(&[&ran], 1), Outcome::Stopped),
            (ends(&[&wrong], 1), Outcome::Wrong),
            (ends(&[&wrong, &refused], 0), Outcome::Wrong),
            (ends(&[], 0), Outcome::Right),
        ] {
            assert_eq!(study.outcome(), end);
        }
    }
}
