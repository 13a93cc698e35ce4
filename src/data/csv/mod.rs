//! Tables in CSV files: one row per sample, one column of it the class.

mod cell;
mod classes;
mod columns;
mod delimiter;
mod layout;
mod number;
mod options;
mod outliers;
mod preamble;
mod quotes;
mod rounding;

pub use options::{Column, Comments, CsvOptions, Header, Missing};

use super::dataset::{Dataset, Shape, Split};
use super::decode::decode;
use super::error::DataError;
use super::guess::Guess;
use super::source::Source;
use super::split::{split_guess, stratified};
use cell::{Cells, Fault, Row};
use format::excerpt;
use layout::Layout;
use number::{NumberFormat, truth};

/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 28;
/// Most columns of a row.
const MAX_COLUMNS: usize = 65_536;
/// Rows from whose look the layout is told.
const SAMPLE_ROWS: usize = 500;
/// Cells from whose look the layout is told, about.
const SAMPLE_CELLS: usize = 1 << 20;

/// A table as read, every cell a finite number.
#[derive(Clone, Debug, PartialEq)]
struct Table {
    /// Names of the value columns; empty without a header.
    features: Vec<String>,
    columns: usize,
    values: Vec<f32>,
    labels: Vec<u16>,
    classes: Vec<String>,
    delimiter: u8,
    guesses: Vec<Guess>,
}

/// Reads a CSV dataset and splits it 4:1, stratified, from `options.seed`; with the name of its format.
///
/// # Errors
/// The first thing that is wrong, with its line and column, and the option that helps.
pub(super) fn open(
    source: &mut Source,
    name: &str,
    origin: &str,
    options: &CsvOptions,
) -> Result<(Dataset, String), DataError> {
    let bytes = source.read_all(MAX_TEXT_BYTES)?;
    let table = Reading { path: &source.path, options }.table(&bytes)?;
    let format = format!("CSV, {}", delimiter::plural(table.delimiter));
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
    let (train, test) = match options.unsplit {
        true => {
            let (inputs, labels) = (table.values.clone(), table.labels.clone());
            (Split::default(), Split { inputs, labels, lengths: Vec::new() })
        }
        false => stratified(&table.values, &table.labels, table.columns, options.seed),
    };
    let features = if options.shape.is_some() { Vec::new() } else { table.features };
    let mut guesses = table.guesses;
    if !options.unsplit {
        guesses.extend(split_guess(&table.labels, &table.classes, options.seed));
    }
    let dataset = Dataset::new(name, origin, shape, table.classes, features, train, test)?;
    Ok((dataset.with_guesses(guesses), format))
}

/// The reading of one file.
struct Reading<'a> {
    path: &'a str,
    options: &'a CsvOptions,
}

impl<'a> Reading<'a> {
    fn fail(&self, fault: Fault) -> DataError {
        let Fault { line, column, reason } = fault;
        DataError::Csv { path: self.path.to_owned(), line, column, reason }
    }

    fn table(&self, bytes: &[u8]) -> Result<Table, DataError> {
        let decoded = decode(self.path, bytes)?;
        let fail = |fault: Fault| self.fail(fault);
        let options = self.options;
        let body = preamble::strip(
            &decoded.text,
            options.skip_lines,
            &options.comments,
            options.delimiter,
        )
        .map_err(|reason| fail(Fault::at(0, 0, reason)))?;
        let mut guesses = decoded.guesses;
        guesses.extend(body.guesses);
        let delimiter = match options.delimiter.or(body.delimiter) {
            Some(delimiter) => delimiter,
            None => {
                let found = delimiter::detect(&body.text);
                guesses.push(Guess::new(
                    format!("{} are between the columns", delimiter::plural(found)),
                    "delimiter=comma, semicolon, tab, pipe or space",
                ));
                found
            }
        };
        let text = delimiter::prepared(&body.text, delimiter);
        quotes::check(&text, delimiter)
            .map_err(|(line, reason)| fail(Fault::at(line, 0, reason)))?;
        let mut rows = Rows::new(&text, delimiter);
        let mut sample = Vec::new();
        let mut cells = 0;
        while sample.len() < SAMPLE_ROWS
            && cells < SAMPLE_CELLS
            && let Some(row) = rows.next().map_err(fail)?
        {
            cells += row.cells.len();
            sample.push(row.clone());
        }
        let comma_inside = sample.iter().flat_map(|r: &Row| &r.cells).any(|c| c.contains(','));
        if options.decimal_comma && delimiter == b',' && !comma_inside {
            return Err(fail(Fault::at(
                0,
                0,
                "decimal commas need another delimiter, or quotes; use semicolons or tabs between columns",
            )));
        }
        let look = Cells {
            options,
            numbers: NumberFormat {
                decimal_comma: options.decimal_comma,
                thousands: options.thousands,
                strip: &options.strip,
            },
        };
        let layout = layout::layout(&sample, look).map_err(fail)?;
        guesses.extend(layout.guesses.iter().cloned());
        guesses.extend(rounding::find(&sample, &layout));
        let read = Values::read(Rows::new(&text, delimiter), &layout, look).map_err(fail)?;
        guesses.extend(read.guesses(&layout));
        let classes = classes::read(&read.labels, layout.class, options).map_err(fail)?;
        guesses.extend(classes.guesses);
        let columns = layout.values.len();
        guesses.extend(outliers::find(&read.values, columns, &layout));
        Ok(Table {
            features: layout.names,
            columns,
            values: read.values,
            labels: classes.labels,
            classes: classes.names,
            delimiter,
            guesses,
        })
    }
}

/// The rows of a table that hold anything.
struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    row: Row,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, delimiter: u8) -> Self {
        Self {
            reader: delimiter::reader(text, delimiter),
            record: csv::StringRecord::new(),
            row: Row { line: 0, cells: Vec::new() },
        }
    }

    /// The next row; its strings are used again for the one after it.
    fn next(&mut self) -> Result<Option<&Row>, Fault> {
        loop {
            let more = self.reader.read_record(&mut self.record);
            let line = self.record.position().map_or(0, csv::Position::line);
            if !more.map_err(|e| Fault::at(line, 0, e.to_string()))? {
                return Ok(None);
            }
            if self.record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let columns = self.record.len();
            if columns > MAX_COLUMNS {
                let reason = format!("{columns} columns; at most {MAX_COLUMNS} are read");
                return Err(Fault::at(line, 0, reason));
            }
            self.row.line = line;
            self.row.cells.resize(columns, String::new());
            for (cell, found) in self.row.cells.iter_mut().zip(&self.record) {
                cell.clear();
                cell.push_str(bare(found));
            }
            return Ok(Some(&self.row));
        }
    }
}

/// A cell without spaces around it, and without quotes that stand behind a space and so are part of it.
fn bare(cell: &str) -> &str {
    let trimmed = cell.trim();
    let quoted = trimmed.len() != cell.len() && trimmed.len() > 1;
    match trimmed.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        Some(inside) if quoted && !inside.contains('"') => inside.trim(),
        _ => trimmed,
    }
}

/// The cells of all rows, read.
#[derive(Default)]
struct Values {
    values: Vec<f32>,
    /// Class of each row and its line.
    labels: Vec<(String, u64)>,
    /// Rows left out because something is missing.
    incomplete: usize,
    /// Columns with words for yes and no, by their places.
    truths: std::collections::BTreeSet<usize>,
}

impl Values {
    fn read(mut rows: Rows, layout: &Layout, look: Cells) -> Result<Self, Fault> {
        let mut read = Self::default();
        let mut is_header = layout.has_header;
        while let Some(row) = rows.next()? {
            if !std::mem::take(&mut is_header) {
                read.row(row, layout, look)?;
            }
        }
        if read.labels.is_empty() {
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
            // What was said to be missing is no number, even where it looks like one.
            let named = look.is_named_missing(cell);
            let value = match look.numbers.parse(cell) {
                Some(value) if value.is_finite() && !named => value,
                _ if (named || look.is_missing(cell, false)) && look.options.skip_incomplete => {
                    self.values.truncate(before);
                    self.incomplete += 1;
                    return Ok(());
                }
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
        let class = cell(layout.class);
        if look.is_missing(class, true) {
            if look.options.skip_incomplete {
                self.values.truncate(before);
                self.incomplete += 1;
                return Ok(());
            }
            let reason = match class {
                "" => "the class is missing; fill it in, remove the row, or leave such rows out with ?incomplete=skip".to_owned(),
                word => format!(
                    "the class is missing ({0}); if {0} is a class, open it with ?missing=none, else leave such rows out with ?incomplete=skip",
                    excerpt(word)
                ),
            };
            return Err(Fault::at(*line, layout.class + 1, reason));
        }
        self.labels.push((class.to_owned(), *line));
        Ok(())
    }

    fn guesses(&self, layout: &Layout) -> Vec<Guess> {
        let mut guesses = Vec::new();
        if self.incomplete > 0 {
            let all = self.incomplete + self.labels.len();
            let text = format!(
                "{} of {all} rows are left out: something is missing in them",
                self.incomplete
            );
            guesses.push(Guess::note(text));
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
            "the value is missing{word}; fill it in, leave such rows out with ?incomplete=skip, or the column with ?drop={number}"
        )
    } else if look.numbers.parse(cell).is_some() {
        format!("{shown} is not a finite number of at most 3.4e38")
    } else if let Some(help) = look.numbers.suggestion(cell) {
        format!("{shown} {help}")
    } else if cell.split_whitespace().count() > 3 {
        format!(
            "{shown} is text; sentences are read from lines of the sentence, a tab and its class, other text is left out with ?drop={number}"
        )
    } else {
        format!(
            "{shown} is not a number; drop the column (?drop={number}), make it the class (?class={number}), or say that it stands for a missing value (?missing={shown}&incomplete=skip)"
        )
    };
    reason + &name
}
