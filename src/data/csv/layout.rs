//! What the columns of a table are: its header, its class column, the values.

use super::cell::{Cells, Fault, Kind, Row};
use super::columns;
use super::options::{Column, Header, OneHot, column as column_of};
use crate::guess::Guess;
use format::excerpt;
use std::collections::{BTreeMap, BTreeSet};

/// Names that mark the class column.
const CLASS_NAMES: [&str; 7] =
    ["label", "class", "target", "species", "diagnosis", "digit", "outcome"];

/// Headings of a column without a name of its own.
const UNNAMED: [&str; 2] = ["", "Unnamed: 0"];

/// The columns of a table, from 0.
pub(super) struct Layout {
    pub width: usize,
    pub has_header: bool,
    /// Whether every row ends with a delimiter that has nothing behind it.
    pub trailing: bool,
    /// None where there are no classes.
    pub class: Option<usize>,
    /// Value columns in order.
    pub values: Vec<usize>,
    /// Which of them are columns of words, by their places in the list.
    pub words: BTreeSet<usize>,
    /// Whether every row is to be answered, in its order.
    pub unsplit: bool,
    /// Names of the value columns; empty without a header.
    pub names: Vec<String>,
    pub guesses: Vec<Guess>,
}

/// The layout of a table that begins with `rows`, a few hundred of them.
pub(super) fn layout(rows: &[Row], cells: Cells) -> Result<Layout, Fault> {
    let Some((first, rest)) = rows.split_first() else {
        return Err(Fault::at(0, 0, "no rows of data; at least one per class is needed"));
    };
    let trailing = ends_empty(first, rest);
    let width = first.cells.len() - usize::from(trailing && ends_with_nothing(first));
    check_widths(first, rest, width, trailing)?;
    let mut guesses = Vec::new();
    if trailing {
        guesses.push(Guess::note("every row ends with a delimiter; nothing is read behind it"));
    }
    let head = first.cells.get(..width).unwrap_or_default();
    let has_header = match cells.options.header {
        Header::Yes => true,
        Header::No => false,
        Header::Detect => {
            let (found, guess) = columns::header(first.line, head, rest, cells)?;
            guesses.push(guess);
            found
        }
    };
    let names = if has_header { head } else { &[] };
    let body = if has_header { rest } else { rows };
    let class = match cells.options.unlabelled {
        true => None,
        false => Some(class_column(names, body, width, cells, first.line, &mut guesses)?),
    };
    let mut dropped = vec![false; width];
    for column in listed(&cells.options.drop, names) {
        dropped[find(&column, names, width)?] = true;
    }
    if let Some(class) = class.filter(|class| dropped[*class]) {
        return Err(Fault::at(first.line, class + 1, "the class column cannot be dropped"));
    }
    let asked = cells.options.keep_all || !cells.options.drop.is_empty();
    if !asked && class != Some(0) && columns::counts(body, 0) {
        let name = names.first().map(String::as_str);
        if name.is_some_and(|n| UNNAMED.iter().any(|u| n.eq_ignore_ascii_case(u))) {
            dropped[0] = true;
            let text = "column 1 has no name and counts the rows: it is left out";
            guesses.push(Guess::new(text, "drop=none"));
        } else {
            let name = name.map_or(String::new(), |n| format!(" ({})", excerpt(n)));
            let text = format!("column 1{name} counts the rows and is read as a value");
            guesses.push(Guess::new(text, "drop=1"));
        }
    }
    if !asked && cells.options.one_hot == OneHot::None {
        for column in (0..width).filter(|c| Some(*c) != class) {
            if !dropped[column] && columns::names_rows(body, column, cells) {
                dropped[column] = true;
                let name =
                    names.get(column).map_or(String::new(), |n| format!(" ({})", excerpt(n)));
                let text = format!(
                    "column {}{name} has another text in every row, as names of rows have: it is left out",
                    column + 1
                );
                guesses.push(Guess::new(text, "drop=none"));
            }
        }
    }
    let values: Vec<usize> = (0..width).filter(|&c| Some(c) != class && !dropped[c]).collect();
    if values.is_empty() {
        return Err(Fault::at(
            first.line,
            0,
            format!(
                "{width} column(s), none of them values; a class and at least one value are needed (is the delimiter right? ?delimiter=comma, semicolon, tab, pipe or space)"
            ),
        ));
    }
    let names: Vec<String> = match has_header {
        true => values.iter().filter_map(|&c| head.get(c).cloned()).collect(),
        false => Vec::new(),
    };
    if has_header {
        guesses.extend(doubled(head, &values));
    }
    let mut words = BTreeSet::new();
    match &cells.options.one_hot {
        OneHot::None => {}
        OneHot::All => {
            let is_text = |row: &Row, column: usize| {
                row.cells.get(column).is_some_and(|cell| cells.kind(cell) == Kind::Text)
            };
            let of_words = |at: &usize| body.iter().any(|row| is_text(row, values[*at]));
            words.extend((0..values.len()).filter(of_words));
        }
        OneHot::These(columns) => {
            let names = if has_header { head } else { &[] };
            for column in listed(columns, names) {
                let found = find(&column, names, width)?;
                let place = values.iter().position(|c| *c == found);
                words.insert(place.ok_or_else(|| {
                    let shown = excerpt(&column.to_string());
                    Fault::at(
                        0,
                        found + 1,
                        format!("option onehot={shown}: this column is the class or left out"),
                    )
                })?);
            }
        }
    }
    let unsplit = cells.options.unsplit;
    Ok(Layout { width, has_header, trailing, class, values, words, unsplit, names, guesses })
}

fn ends_with_nothing(row: &Row) -> bool {
    row.cells.len() > 1 && row.cells.last().is_some_and(String::is_empty)
}

/// Whether all rows end with an empty cell, the first one too or it has one cell less.
fn ends_empty(first: &Row, rest: &[Row]) -> bool {
    let same = |row: &Row| {
        ends_with_nothing(row)
            && (row.cells.len() == first.cells.len() && ends_with_nothing(first)
                || row.cells.len() == first.cells.len() + 1 && !ends_with_nothing(first))
    };
    first.cells.len() > 1 && !rest.is_empty() && rest.iter().all(same)
}

/// Whether the rows are as long as the first one, in what is looked at here.
fn check_widths(first: &Row, rest: &[Row], width: usize, trailing: bool) -> Result<(), Fault> {
    let own = |row: &Row| row.cells.len() - usize::from(trailing && ends_with_nothing(row));
    let Some(second) = rest.first().map(own).filter(|n| *n != width) else { return Ok(()) };
    if rest.iter().any(|row| own(row) != second) {
        return Ok(());
    }
    let reason = if second == width + 1 {
        format!(
            "{second} columns where the first row has {width}; if the rows begin with names of their own, give that column a name in the header too, or leave the header out with ?skip={}",
            first.line
        )
    } else {
        format!(
            "{second} columns where the first row has {width}; if it is a title, leave it out with ?skip={}",
            first.line
        )
    };
    Err(Fault::at(rest.first().map_or(0, |r| r.line), 0, reason))
}

fn class_column(
    names: &[String],
    body: &[Row],
    width: usize,
    cells: Cells,
    line: u64,
    guesses: &mut Vec<Guess>,
) -> Result<usize, Fault> {
    if let Some(column) = &cells.options.class {
        return find(column, names, width);
    }
    let marked = |n: &String| CLASS_NAMES.contains(&n.to_ascii_lowercase().as_str());
    let by_name: Vec<usize> =
        (0..names.len()).filter(|&c| names.get(c).is_some_and(marked)).collect();
    let name = |c: usize| names.get(c).map_or(String::new(), |n| format!(" ({})", excerpt(n)));
    match by_name.as_slice() {
        [one] => {
            guesses.push(Guess::new(
                format!("column {}{} is the class, by its name", one + 1, name(*one)),
                "class=",
            ));
            return Ok(*one);
        }
        [one, other, ..] => {
            return Err(Fault::at(
                line,
                other + 1,
                format!(
                    "both column {}{} and column {}{} may be the class; choose with ?class={} and leave the other out with &drop={}",
                    one + 1,
                    name(*one),
                    other + 1,
                    name(*other),
                    one + 1,
                    other + 1
                ),
            ));
        }
        [] => {}
    }
    let last = width.saturating_sub(1);
    let [begins, ends] = [0, last].map(|column| columns::is_class(body, column, cells));
    let first = begins && !ends;
    let found = if first { 0 } else { last };
    let (place, why) = match first {
        true => ("first", ": it has few different values and the last many"),
        false => ("last", ""),
    };
    let text = format!("column {}{}, the {place}, is the class{why}", found + 1, name(found));
    guesses.push(match (begins, ends) {
        (true, true) if last > 0 => Guess::doubt(
            format!("{text}; the first could be it as well"),
            "class=first, ?class=none, or a name or number",
        ),
        (true, false) => Guess::new(text, "class=last"),
        _ => Guess::new(text, "class=first, ?class=none, or a name or number"),
    });
    Ok(found)
}

/// The column that an option names.
fn find(column: &Column, names: &[String], width: usize) -> Result<usize, Fault> {
    let fail = |what: String| {
        Fault::at(0, 0, format!("no column {}; {what}", excerpt(&column.to_string())))
    };
    let name = match column {
        Column::Number(number) => {
            let found = number.checked_sub(1).filter(|&c| c < width);
            return found.ok_or_else(|| fail(format!("columns are numbered 1 to {width}")));
        }
        Column::Name(name) => name,
    };
    let exact: Vec<usize> = (0..names.len()).filter(|&c| names.get(c) == Some(name)).collect();
    let found = match exact.is_empty() {
        true => {
            let alike = |c: &usize| names.get(*c).is_some_and(|n| n.eq_ignore_ascii_case(name));
            (0..names.len()).filter(alike).collect()
        }
        false => exact,
    };
    match (found.as_slice(), name.as_str()) {
        ([one], _) => Ok(*one),
        ([], "first") => Ok(0),
        ([], "last") => Ok(width.saturating_sub(1)),
        ([], _) if names.is_empty() => {
            Err(fail(format!("there is no header; give a number from 1 to {width}, first or last")))
        }
        ([], _) => {
            let known: Vec<_> = names.iter().take(8).map(|n| excerpt(n)).collect();
            let more = if names.len() > 8 { ", …" } else { "" };
            Err(fail(format!("the header has {}{more}", known.join(", "))))
        }
        (several, _) => {
            let several: Vec<String> =
                several.iter().take(8).map(|c| (c + 1).to_string()).collect();
            Err(Fault::at(
                0,
                0,
                format!(
                    "columns {} are all named {}; give a number",
                    several.join(", "),
                    excerpt(name)
                ),
            ))
        }
    }
}

/// Columns as they are listed: what is no name in the header may be several with commas between.
fn listed(columns: &[Column], names: &[String]) -> Vec<Column> {
    let several = |column: &Column| match column {
        Column::Name(name) if !names.iter().any(|n| n.eq_ignore_ascii_case(name)) => {
            let parts = name.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(column_of).collect()
        }
        one => vec![one.clone()],
    };
    columns.iter().flat_map(several).collect()
}

/// Most names that a note lists.
const NAMED: usize = 4;

/// Names that more than one of the value columns has, with their numbers.
fn doubled(head: &[String], values: &[usize]) -> Option<Guess> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in values {
        let name = head.get(*column).map_or("", String::as_str);
        places.entry(name).or_default().push((column + 1).to_string());
    }
    let twice: Vec<_> = places.iter().filter(|(_, columns)| columns.len() > 1).collect();
    let told = |(name, columns): &(&&str, &Vec<String>)| {
        let more = if columns.len() > NAMED { ", …" } else { "" };
        let shown = columns.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        format!("{} (columns {shown}{more})", excerpt(name))
    };
    let some: Vec<String> = twice.iter().take(NAMED).map(told).collect();
    let more = if twice.len() > NAMED { ", …" } else { "" };
    (!some.is_empty()).then(|| {
        Guess::note(format!(
            "more than one column has the name {}{more}; all are read",
            some.join(", ")
        ))
    })
}
