//! The classes of a table, from the cells of its class column.

use super::cell::{Fault, sounds_missing};
use super::options::CsvOptions;
use crate::guess::Guess;
use format::excerpt;
use std::collections::BTreeMap;

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

/// Reads the classes off `cells`, each with its line: numbers in order of size, or else text in
/// alphabetical order, named exactly as they are written. Without a column there are none.
pub(super) fn read(
    cells: &[(String, u64)],
    column: Option<usize>,
    options: &CsvOptions,
) -> Result<Classes, Fault> {
    let Some(column) = column else {
        let guesses = vec![Guess::note("no classes: every row is answered, in its order")];
        return Ok(Classes { labels: vec![0; cells.len()], names: Vec::new(), guesses });
    };
    let mut counts: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for (cell, line) in cells {
        counts.entry(cell).or_insert((0, *line)).0 += 1;
        if counts.len() > MAX_CLASSES {
            return Err(Fault::at(
                *line,
                column + 1,
                format!(
                    "more than {MAX_CLASSES} different values; this is no class column (choose one with ?class=, or none with ?class=none)"
                ),
            ));
        }
    }
    if let Some((name, (_, line))) = counts.iter().find(|(name, _)| name.contains(['\n', '\r'])) {
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
        counts.keys().map(|n| n.parse().ok().filter(|v: &f64| v.is_finite())).collect();
    let mut names: Vec<String> = counts.keys().map(|n| (*n).to_owned()).collect();
    if let Some(numbers) = &numbers {
        check_numbers(numbers, cells, column, options)?;
        let mut order: Vec<(f64, String)> = numbers.iter().copied().zip(names).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        names = order.into_iter().map(|(_, name)| name).collect();
    }
    let mut guesses = Vec::new();
    let merged = merge(&mut names, numbers.is_some(), cells, column, options)?;
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
    let labels: Vec<u16> =
        cells.iter().map(|(c, _)| index.get(c.as_str()).copied().unwrap_or(0)).collect();
    Ok(Classes { labels, names, guesses })
}

/// Refuses numbers that are there to be predicted.
fn check_numbers(
    numbers: &[f64],
    cells: &[(String, u64)],
    column: usize,
    options: &CsvOptions,
) -> Result<(), Fault> {
    let many = numbers.len() * 2 > cells.len() && cells.len() >= ENOUGH_ROWS;
    let fractions = numbers.iter().any(|n| n.fract() != 0.0);
    if many && (fractions || numbers.len() > FEW_CLASSES) && options.numeric_classes.is_none() {
        return Err(Fault::at(
            0,
            column + 1,
            format!(
                "{} different numbers in {} rows: numbers to predict, not classes; choose another column with ?class= (or none with ?class=none), or ?labels=text",
                numbers.len(),
                cells.len()
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
