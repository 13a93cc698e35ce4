//! Tables in CSV files: one row per sample, one column of it the class.

use super::csv_options::{Column, CsvOptions, Header};
use super::dataset::{Dataset, Shape};
use super::error::DataError;
use super::source::Source;
use super::split::stratified;
use crate::format::excerpt;
use std::collections::BTreeMap;

/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 28;
/// Most columns of a row.
const MAX_COLUMNS: usize = 65_536;
/// Most different values of the class column.
const MAX_CLASSES: usize = 1000;
/// Names that mark the class column.
const CLASS_NAMES: [&str; 5] = ["label", "class", "target", "species", "diagnosis"];
/// Cells that stand for nothing.
const MISSING: [&str; 6] = ["", "?", "na", "n/a", "nan", "null"];

/// A table as read, every cell a finite number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    /// Names of the value columns; empty without a header.
    pub features: Vec<String>,
    pub columns: usize,
    pub values: Vec<f32>,
    pub labels: Vec<u16>,
    pub classes: Vec<String>,
    pub delimiter: u8,
}

/// Reads a CSV dataset and splits it 4:1, stratified, from `options.seed`.
pub(super) fn open(
    source: &mut Source,
    name: &str,
    origin: &str,
    options: &CsvOptions,
) -> Result<Dataset, DataError> {
    let table = read(source, options)?;
    let shape = match options.shape {
        None => Shape::Flat { len: table.columns },
        Some(shape) if shape.len() == table.columns => shape,
        Some(shape) => {
            return Err(DataError::Options {
                path: source.path.clone(),
                reason: format!(
                    "shape {shape} has {} values but a row has {}; they must be the same",
                    shape.len(),
                    table.columns
                ),
            });
        }
    };
    let (train, test) = stratified(&table.values, &table.labels, table.columns, options.seed);
    let features = if options.shape.is_some() { Vec::new() } else { table.features };
    Ok(Dataset::new(name, origin, shape, table.classes, features, train, test)?)
}

/// Reads the whole table; the first thing wrong is an error with its line and column.
pub(super) fn read(source: &mut Source, options: &CsvOptions) -> Result<Table, DataError> {
    let path = source.path.clone();
    let bytes = source.read_all(MAX_TEXT_BYTES)?;
    let file = File { path: &path, options };
    file.table(&bytes)
}

struct File<'a> {
    path: &'a str,
    options: &'a CsvOptions,
}

/// The columns of a table, from 0.
struct Layout {
    width: usize,
    class: usize,
    /// Value columns in order.
    values: Vec<usize>,
    names: Vec<String>,
}

impl File<'_> {
    fn fail(&self, line: u64, column: usize, reason: impl Into<String>) -> DataError {
        DataError::Csv { path: self.path.to_owned(), line, column, reason: reason.into() }
    }

    fn table(&self, bytes: &[u8]) -> Result<Table, DataError> {
        let bytes = self.text(bytes)?;
        let (skipped, body) = self.skip(bytes)?;
        let delimiter = self.options.delimiter.unwrap_or_else(|| most_frequent(body));
        if self.options.decimal_comma && delimiter == b',' {
            return Err(self.fail(
                0,
                0,
                "decimal commas need another delimiter; use semicolons or tabs between columns",
            ));
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(body);
        let mut record = csv::ByteRecord::new();
        let mut layout: Option<Layout> = None;
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        loop {
            let more = reader.read_byte_record(&mut record);
            let line = record.position().map_or(0, csv::Position::line) + skipped;
            if !more.map_err(|e| self.fail(line, 0, e.to_string()))? {
                break;
            }
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            if record.len() > MAX_COLUMNS {
                return Err(self.fail(
                    line,
                    0,
                    format!("{} columns; at most {MAX_COLUMNS} are read", record.len()),
                ));
            }
            let layout = match &layout {
                Some(layout) => layout,
                None => {
                    let (found, is_header) = self.layout(&record, line)?;
                    let found = layout.insert(found);
                    if is_header {
                        continue;
                    }
                    found
                }
            };
            if record.len() != layout.width {
                return Err(self.fail(
                    line,
                    0,
                    format!(
                        "{} columns where the first row has {}; every row needs the same number",
                        record.len(),
                        layout.width
                    ),
                ));
            }
            for &column in &layout.values {
                let cell = self.cell(&record, line, column)?;
                values.push(self.number(cell, line, column, layout)?);
            }
            let label = self.cell(&record, line, layout.class)?;
            if MISSING.contains(&label.to_ascii_lowercase().as_str()) {
                return Err(self.fail(
                    line,
                    layout.class + 1,
                    "the class is missing; remove the row or fill it in",
                ));
            }
            labels.push((label_name(label), line));
        }
        let Some(layout) = layout.filter(|_| !labels.is_empty()) else {
            return Err(self.fail(0, 0, "no rows of data; at least one per class is needed"));
        };
        let (labels, classes) = self.classes(labels, layout.class)?;
        let columns = layout.values.len();
        Ok(Table { features: layout.names, columns, values, labels, classes, delimiter })
    }

    /// The text without its byte order mark; anything but UTF-8-like text is refused.
    fn text<'b>(&self, bytes: &'b [u8]) -> Result<&'b [u8], DataError> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(self.fail(0, 0, "UTF-16 text; save it as UTF-8"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.contains(&0) {
            return Err(self.fail(0, 0, "not a text file; CSV, IDX and gzip of them are read"));
        }
        Ok(bytes)
    }

    /// Leaves out the lines that the options ask to skip.
    fn skip<'b>(&self, mut bytes: &'b [u8]) -> Result<(u64, &'b [u8]), DataError> {
        for line in 0..self.options.skip_lines {
            match bytes.iter().position(|&b| b == b'\n') {
                Some(end) => bytes = &bytes[end + 1..],
                None => {
                    return Err(self.fail(
                        0,
                        0,
                        format!(
                            "{} lines to skip but only {line} are there",
                            self.options.skip_lines
                        ),
                    ));
                }
            }
        }
        Ok((self.options.skip_lines as u64, bytes))
    }

    fn cell<'r>(
        &self,
        record: &'r csv::ByteRecord,
        line: u64,
        column: usize,
    ) -> Result<&'r str, DataError> {
        let bytes = record.get(column).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.trim()),
            Err(_) => Err(self.fail(line, column + 1, "not UTF-8 text; save the file as UTF-8")),
        }
    }

    fn layout(&self, first: &csv::ByteRecord, line: u64) -> Result<(Layout, bool), DataError> {
        let width = first.len();
        let mut cells = Vec::with_capacity(width);
        for column in 0..width {
            cells.push(self.cell(first, line, column)?);
        }
        let is_header = match self.options.header {
            Header::Yes => true,
            Header::No => false,
            Header::Detect => !cells.iter().any(|cell| self.parse(cell).is_some()),
        };
        let names: &[&str] = if is_header { &cells } else { &[] };
        let find = |column: &Column| self.find(column, names, width);
        let class = match &self.options.class {
            Some(column) => find(column)?,
            None => names
                .iter()
                .position(|n| CLASS_NAMES.contains(&n.to_ascii_lowercase().as_str()))
                .unwrap_or(width.saturating_sub(1)),
        };
        let mut dropped = vec![false; width];
        for column in &self.options.drop {
            dropped[find(column)?] = true;
        }
        if dropped[class] {
            return Err(self.fail(line, class + 1, "the class column cannot be dropped"));
        }
        let values: Vec<usize> = (0..width).filter(|&c| c != class && !dropped[c]).collect();
        if values.is_empty() {
            return Err(self.fail(
                line,
                0,
                format!("{width} column(s), none of them values; a class and at least one value are needed (is the delimiter right?)"),
            ));
        }
        let names = if is_header {
            values.iter().map(|&c| cells[c].to_owned()).collect()
        } else {
            Vec::new()
        };
        Ok((Layout { width, class, values, names }, is_header))
    }

    fn find(&self, column: &Column, names: &[&str], width: usize) -> Result<usize, DataError> {
        let found = match column {
            Column::Number(number) => number.checked_sub(1).filter(|&c| c < width),
            Column::Name(name) => names.iter().position(|n| n.eq_ignore_ascii_case(name)),
        };
        found.ok_or_else(|| {
            let what = match column {
                Column::Number(_) => format!("columns are numbered 1 to {width}"),
                Column::Name(_) if names.is_empty() => {
                    format!("there is no header; give a number from 1 to {width}")
                }
                Column::Name(_) => {
                    let known: Vec<_> = names.iter().take(8).map(|n| excerpt(n)).collect();
                    let more = if names.len() > 8 { ", …" } else { "" };
                    format!("the header has {}{more}", known.join(", "))
                }
            };
            self.fail(0, 0, format!("no column {}; {what}", excerpt(&column.to_string())))
        })
    }

    fn parse(&self, cell: &str) -> Option<f32> {
        if self.options.decimal_comma {
            if cell.contains('.') {
                return None;
            }
            cell.replacen(',', ".", 1).parse().ok()
        } else {
            cell.parse().ok()
        }
    }

    fn number(
        &self,
        cell: &str,
        line: u64,
        column: usize,
        layout: &Layout,
    ) -> Result<f32, DataError> {
        if let Some(value) = self.parse(cell).filter(|v| v.is_finite()) {
            return Ok(value);
        }
        let at = layout.values.iter().position(|&c| c == column);
        let name = at.and_then(|at| layout.names.get(at));
        let name = name.map_or(String::new(), |n| format!(" ({})", excerpt(n)));
        let reason = if MISSING.contains(&cell.to_ascii_lowercase().as_str()) {
            "the value is missing; remove the row, fill it in, or drop the column".to_owned()
        } else if self.parse(cell).is_some() {
            format!("{} is not a finite number of at most 3.4e38", excerpt(cell))
        } else if !self.options.decimal_comma && cell.replacen(',', ".", 1).parse::<f32>().is_ok() {
            format!(
                "{} has a decimal comma; write a point, or open it with ?decimal=comma behind the path",
                excerpt(cell)
            )
        } else {
            format!(
                "{} is not a number; drop the column (?drop={}) or make it the class (?class={})",
                excerpt(cell),
                column + 1,
                column + 1
            )
        };
        Err(self.fail(line, column + 1, format!("{reason}{name}")))
    }

    /// Class indices and names: numbers in order of size, or else text in alphabetical order.
    fn classes(
        &self,
        labels: Vec<(String, u64)>,
        column: usize,
    ) -> Result<(Vec<u16>, Vec<String>), DataError> {
        let mut index: BTreeMap<&str, u16> = BTreeMap::new();
        for (label, line) in &labels {
            index.insert(label, 0);
            if index.len() > MAX_CLASSES {
                return Err(self.fail(
                    *line,
                    column + 1,
                    format!("more than {MAX_CLASSES} different values; this is no class column (choose one with ?class=)"),
                ));
            }
        }
        let mut names: Vec<String> = index.keys().map(|&n| n.to_owned()).collect();
        let numbers: Option<Vec<f64>> = names.iter().map(|n| n.parse().ok()).collect();
        if let Some(numbers) = numbers {
            let mut order: Vec<_> = numbers.into_iter().zip(names).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            names = order.into_iter().map(|(_, name)| name).collect();
        }
        for (at, name) in (0u16..).zip(&names) {
            if let Some(slot) = index.get_mut(name.as_str()) {
                *slot = at;
            }
        }
        let indices =
            labels.iter().map(|(l, _)| index.get(l.as_str()).copied().unwrap_or(0)).collect();
        Ok((indices, names))
    }
}

/// A whole number loses its decimals (`1.0` is class `1`); text stays.
fn label_name(label: &str) -> String {
    match label.parse::<f64>() {
        Ok(value) if value.fract() == 0.0 && value.abs() < 1e9 => format!("{}", value as i64),
        _ => label.to_owned(),
    }
}

/// The delimiter that occurs most outside quotes in the first row that holds anything.
fn most_frequent(text: &[u8]) -> u8 {
    let row =
        text.split(|&b| b == b'\n').find(|row| !row.trim_ascii().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    for &byte in row {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some(count) = counts.iter_mut().find(|c| c.0 == byte) {
            count.1 += 1;
        }
    }
    // With as many semicolons as in `1,5;2,5;a` commas would win only as decimal commas.
    let [commas, semicolons, tabs] = counts;
    if tabs.1 > 0 && tabs.1 >= semicolons.1 {
        tabs.0
    } else if semicolons.1 > 0 {
        semicolons.0
    } else {
        commas.0
    }
}
