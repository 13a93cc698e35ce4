//! The classes of a table, from the cells of its class column.

use super::cell::{Fault, sounds_missing};
use super::options::CsvOptions;
use crate::guess::Guess;
use format::excerpt;
use std::collections::{BTreeMap, HashMap};

/// Most different values of the class column.
const MAX_CLASSES: usize = 1000;
/// Rows from which on numbers are told from classes.
const ENOUGH_ROWS: usize = 10;
/// Different whole numbers that may be classes however few rows there are.
const FEW_CLASSES: usize = 20;

/// Class of each row, and the names of the classes.
pub(super) struct Classes {
    pub labels: Vec<u16>,
    pub names: Vec<String>,
    pub guesses: Vec<Guess>,
}

/// What stands in the class column, each text kept once.
#[derive(Default)]
pub(super) struct Labels {
    /// Of each row, as a place in `names`.
    rows: Vec<u16>,
    /// Each text and the line where it is first seen.
    names: Vec<(String, u64)>,
    places: HashMap<String, u16>,
    /// The line in which they became too many.
    too_many: Option<u64>,
}

impl Labels {
    /// The text of the next row.
    pub fn push(&mut self, text: &str, line: u64) {
        let place = match self.places.get(text) {
            Some(place) => *place,
            None if self.names.len() < MAX_CLASSES => {
                let place = self.names.len() as u16;
                self.names.push((text.to_owned(), line));
                self.places.insert(text.to_owned(), place);
                place
            }
            None => {
                self.too_many.get_or_insert(line);
                0
            }
        };
        self.rows.push(place);
    }
}

/// Reads the classes off the column: numbers in order of size, or else text in alphabetical order, named
/// exactly as they are written. Without a column there are none.
pub(super) fn read(
    cells: Labels,
    column: Option<usize>,
    options: &CsvOptions,
) -> Result<Classes, Fault> {
    let Some(column) = column else {
        let guesses = vec![Guess::note("no classes: every row is answered, in its order")];
        return Ok(Classes { labels: cells.rows, names: Vec::new(), guesses });
    };
    if let Some(line) = cells.too_many {
        return Err(Fault::at(
            line,
            column + 1,
            format!(
                "more than {MAX_CLASSES} different values; this is no class column (choose one with ?class=, or none with ?class=none)"
            ),
        ));
    }
    let mut found: Vec<&(String, u64)> = cells.names.iter().collect();
    found.sort();
    if let Some((name, line)) = found.iter().find(|(name, _)| name.contains(['\n', '\r'])) {
        return Err(Fault::at(
            *line,
            column + 1,
            format!(
                "the class {} goes over more than one line; is a quote too many or missing?",
                excerpt(name)
            ),
        ));
    }
    let numbers: Option<Vec<f64>> =
        found.iter().map(|(n, _)| n.parse().ok().filter(|v: &f64| v.is_finite())).collect();
    let mut names: Vec<String> = found.iter().map(|(n, _)| n.clone()).collect();
    if let Some(numbers) = &numbers {
        check_numbers(numbers, cells.rows.len(), column, options)?;
        let mut order: Vec<(f64, String)> = numbers.iter().copied().zip(names).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        names = order.into_iter().map(|(_, name)| name).collect();
    }
    let mut guesses = Vec::new();
    let merged = merge(&mut names, numbers.is_some(), &cells.names, column, options)?;
    for name in &names {
        if sounds_missing(name) {
            guesses.push(Guess::new(
                format!("the class {} is read as a name", excerpt(name)),
                &format!("missing={}", excerpt(name)),
            ));
        }
    }
    guesses.extend(alike(&names));
    let index: BTreeMap<&str, u16> = merged.iter().map(|(name, at)| (name.as_str(), *at)).collect();
    let class: Vec<u16> =
        cells.names.iter().map(|(c, _)| index.get(c.as_str()).copied().unwrap_or(0)).collect();
    let mut labels = cells.rows;
    for label in &mut labels {
        *label = class.get(usize::from(*label)).copied().unwrap_or(0);
    }
    Ok(Classes { labels, names, guesses })
}

/// Refuses numbers that are there to be predicted.
fn check_numbers(
    numbers: &[f64],
    rows: usize,
    column: usize,
    options: &CsvOptions,
) -> Result<(), Fault> {
    let many = numbers.len() * 2 > rows && rows >= ENOUGH_ROWS;
    let fractions = numbers.iter().any(|n| n.fract() != 0.0);
    if many && (fractions || numbers.len() > FEW_CLASSES) && options.numeric_classes.is_none() {
        return Err(Fault::at(
            0,
            column + 1,
            format!(
                "{} different numbers in {} rows: numbers to predict, not classes; choose another column with ?class= (or none with ?class=none), or ?labels=text",
                numbers.len(),
                rows
            ),
        ));
    }
    Ok(())
}

/// The index of each way a class is written; `names` keeps one name for each class. Names that are
/// the same number are one class, two classes or refused, as the options say.
fn merge(
    names: &mut Vec<String>,
    numeric: bool,
    cells: &[(String, u64)],
    column: usize,
    options: &CsvOptions,
) -> Result<Vec<(String, u16)>, Fault> {
    let same = |a: &str, b: &str| numeric && a.parse::<f64>().ok() == b.parse::<f64>().ok();
    if options.numeric_classes.is_none()
        && let Some([a, b]) = names.array_windows().find(|[a, b]| same(a, b))
    {
        let line = cells.iter().find(|(c, _)| c == b).map_or(0, |c| c.1);
        return Err(Fault::at(
            line,
            column + 1,
            format!(
                "the classes {} and {} are the same number; make them one with ?labels=numbers, or keep them apart with ?labels=text",
                excerpt(a),
                excerpt(b)
            ),
        ));
    }
    let mut index = Vec::new();
    let mut kept: Vec<String> = Vec::new();
    for name in names.drain(..) {
        let joins =
            options.numeric_classes == Some(true) && kept.last().is_some_and(|k| same(k, &name));
        if !joins {
            kept.push(shortest(&name, options));
        }
        index.push((name, (kept.len() - 1) as u16));
    }
    *names = kept;
    Ok(index)
}

/// With `?labels=numbers` a whole number is named without decimals.
fn shortest(name: &str, options: &CsvOptions) -> String {
    match name.parse::<f64>() {
        Ok(value)
            if options.numeric_classes == Some(true)
                && value.fract() == 0.0
                && value.abs() < 1e15 =>
        {
            format!("{}", value as i64)
        }
        _ => name.to_owned(),
    }
}

/// Names that differ in capitals or spaces alone.
fn alike(names: &[String]) -> Option<Guess> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        let plain: String = name.to_lowercase().split_whitespace().collect();
        if let Some(other) = seen.insert(plain, name) {
            return Some(Guess::note(format!(
                "the classes {} and {} differ in capitals or spaces alone and are two",
                excerpt(other),
                excerpt(name)
            )));
        }
    }
    None
}
