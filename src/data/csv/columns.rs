//! What the columns of a table look like from their cells.

use super::cell::{Cells, Fault, Kind, Row};
use crate::guess::Guess;
use format::excerpt;
use std::collections::HashMap;

/// Words that stand above the class column rather than in it.
const HEADINGS: [&str; 8] =
    ["label", "class", "target", "species", "diagnosis", "category", "grade", "outcome"];
/// Columns from which on a first row 0, 1, 2, ... counts the columns without a doubt.
const COUNTED: usize = 5;

/// Whether the first row names the columns, and why.
///
/// It does when none of its cells is a number; when text of it stands above numbers in at least half
/// of the value columns; when it counts the columns (0, 1, 2, ...) and no sample has its last cell as
/// class.
///
/// # Errors
/// When both is possible, with the two options that say it.
pub(super) fn header(
    line: u64,
    head: &[String],
    rest: &[Row],
    cells: Cells,
) -> Result<(bool, Guess), Fault> {
    let yes = |why: &str| {
        (true, Guess::new(format!("line {line} names the columns: {why}"), "header=no"))
    };
    let no = || {
        (false, Guess::new(format!("there is no header: line {line} is a sample"), "header=yes"))
    };
    let unsure = |column: usize, why: String| {
        Fault::at(line, column, format!("{why}; say which with ?header=yes or ?header=no"))
    };
    let kinds: Vec<Kind> = head.iter().map(|c| cells.kind(c)).collect();
    let missing = kinds.iter().filter(|k| **k == Kind::Missing).count();
    if missing == kinds.len() || (missing > 1 && missing + 1 == kinds.len()) {
        let why = "every value is missing: names of the columns, or a sample to remove";
        return Err(unsure(0, why.into()));
    }
    let last = head.len() - 1;
    let own = head.get(last).map(String::as_str).unwrap_or_default();
    let classes = classes(rest, last);
    // A class that other rows have is no name of a column.
    let recurs = classes.contains_key(own);
    if !kinds.contains(&Kind::Number) {
        if recurs && head.iter().any(|c| cells.numbers.suggestion(c).is_some()) {
            // A number in another way of writing; how to read it is told where it is read.
            return Ok(no());
        }
        if recurs {
            let first = head.first().map(|c| excerpt(c)).unwrap_or_default();
            let class = excerpt(own);
            return Err(unsure(
                1,
                format!(
                    "{first} is no number, but rows below have the class {class} of this row too: a header, or a wrong value"
                ),
            ));
        }
        return Ok(yes("no cell of it is a number"));
    }
    if rest.is_empty() {
        return Ok(no());
    }
    // Text above numbers, and numbers above numbers.
    let (mut texts, mut numbers, mut place) = (0, 0, 0);
    for (column, kind) in kinds.iter().enumerate() {
        if !is_numeric(rest, column, cells) {
            continue;
        }
        match kind {
            Kind::Text => {
                texts += 1;
                place = column;
            }
            Kind::Number => numbers += 1,
            Kind::Missing => {}
        }
    }
    if texts > 0 && texts >= numbers && !recurs {
        return Ok(yes("it has text where the rows below have numbers"));
    }
    if texts > 0 {
        let cell = head.get(place).map(|c| excerpt(c)).unwrap_or_default();
        return Err(unsure(
            place + 1,
            format!("{cell} is text where the rows below have numbers: a header, or a wrong value"),
        ));
    }
    if counts_columns(head) {
        return match (recurs, head.len()) {
            (false, _) | (true, COUNTED..) => Ok(yes("it counts them")),
            _ => Err(unsure(0, "this may be a sample, or count the columns".into())),
        };
    }
    let unnamed = usize::from(head.first().is_some_and(String::is_empty));
    let names = || head.iter().take(last).skip(unnamed);
    let all_whole = names().all(|c| whole(c).is_some());
    if all_whole && HEADINGS.contains(&own.to_ascii_lowercase().as_str()) && !recurs {
        return Ok(yes("its last cell is a heading"));
    }
    let mut seen = std::collections::HashSet::new();
    let distinct = names().count() > 1 && names().all(|c| seen.insert(c.as_str()));
    let others_recur = classes.len() > 1 && classes.values().all(|n| *n > 1);
    if all_whole && distinct && !recurs && others_recur {
        return Err(unsure(
            last + 1,
            format!("no other row has the class {}: this may be a header of numbers", excerpt(own)),
        ));
    }
    Ok(no())
}

/// Whether the cells are 0, 1, 2, ... or 1, 2, 3, ..., the first of them empty or not.
fn counts_columns(head: &[String]) -> bool {
    let cells = match head {
        [first, others @ ..] if first.is_empty() => others,
        _ => head,
    };
    let begin = match cells.first().map(String::as_str) {
        Some("0") => 0,
        Some("1") => 1,
        _ => return false,
    };
    cells.len() >= 3 && cells.iter().zip(begin..).all(|(c, n): (&String, u64)| *c == n.to_string())
}

fn whole(cell: &str) -> Option<i64> {
    cell.parse().ok()
}

/// Whether all cells of a column that are not missing are numbers, and there are some.
fn is_numeric(rows: &[Row], column: usize, cells: Cells) -> bool {
    let mut some = false;
    for row in rows {
        match row.cells.get(column).map(|c| cells.kind(c)) {
            Some(Kind::Number) => some = true,
            Some(Kind::Text) => return false,
            Some(Kind::Missing) | None => {}
        }
    }
    some
}

/// How often each cell of a column occurs.
fn classes(rows: &[Row], column: usize) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    for row in rows {
        if let Some(cell) = row.cells.get(column) {
            *found.entry(cell.as_str()).or_insert(0) += 1;
        }
    }
    found
}

/// Whether a column looks like classes: at least two different cells, each of them twice or more
/// by average, and not many different numbers with a fraction. Of few rows nothing is known, and the
/// answer is yes.
pub(super) fn is_class(rows: &[Row], column: usize, cells: Cells) -> bool {
    /// Rows from which on something is known.
    const ROWS: usize = 6;
    /// Most classes named by numbers with a fraction.
    const FRACTIONS: usize = 10;
    if rows.len() < ROWS {
        return true;
    }
    let found = classes(rows, column);
    let fraction = |c: &&str| cells.numbers.parse(c).is_some_and(|v| v.fract() != 0.0);
    let fractions = found.keys().filter(|c| fraction(c)).count();
    found.len() >= 2 && found.len() * 2 <= rows.len() && fractions <= FRACTIONS
}

/// Fewer rows than these tell nothing of what a column is.
const ENOUGH: usize = 20;
/// Letters and words that the name of a row has at most.
const NAME: usize = 40;
const NAME_WORDS: usize = 2;

/// Whether a column has the name of each row: short texts that are no numbers, each another one.
pub(super) fn names_rows(rows: &[Row], column: usize, look: Cells) -> bool {
    let first = rows.first().and_then(|row| row.cells.get(column)).map_or("", |cell| cell.trim());
    // A unit before or behind a number makes it no name; letters before digits of one length do.
    let numbered = |cell: &str| {
        let digits = cell.trim_start_matches(char::is_alphabetic);
        cell.len() == first.len()
            && digits.len() < cell.len()
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let mut seen = std::collections::HashSet::new();
    rows.len() >= ENOUGH
        && rows.iter().all(|row| {
            let Some(cell) = row.cells.get(column).map(|cell| cell.trim()) else { return false };
            let short = cell.len() <= NAME && cell.split_whitespace().count() <= NAME_WORDS;
            let is_text =
                cell.chars().any(char::is_alphabetic) && look.numbers.parse(cell).is_none();
            let is_text = is_text && (numbered(cell) || look.numbers.suggestion(cell).is_none());
            short && is_text && seen.insert(cell.to_owned())
        })
}

/// Whether the cells of a column count the rows, from 0 or from 1.
pub(super) fn counts(rows: &[Row], column: usize) -> bool {
    let number = |row: &Row| row.cells.get(column).and_then(|c| whole(c));
    let Some(begin @ (0 | 1)) = rows.first().and_then(number) else { return false };
    rows.len() > 1 && rows.iter().zip(begin..).all(|(row, n)| number(row) == Some(n))
}
