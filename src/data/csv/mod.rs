//! Tables in CSV files: one row per sample, one column of it the class.

mod cell;
mod classes;
mod columns;
mod delimiter;
mod filling;
mod in_place;
mod layout;
mod number;
mod options;
mod outliers;
mod preamble;
mod quotes;
mod rounding;
mod rows;
mod values;
mod words;

pub use options::{Column, Comments, CsvOptions, Header, Incomplete, Missing, OneHot};

use super::dataset::{Dataset, Shape, Split};
use super::decode::decode;
use super::error::DataError;
use super::guess::Guess;
use super::source::Source;
use super::split::{split_guess, stratified};
use cell::{Cells, Fault, Row};
use format::excerpt;
use number::NumberFormat;
use rows::Rows;
use values::Values;

/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 28;
/// Rows from whose look the layout is told.
const SAMPLE_ROWS: usize = 500;
/// Cells from whose look the layout is told, about.
const SAMPLE_CELLS: usize = 1 << 19;

/// A table as read, every cell a finite number, or NaN where it is to be filled in.
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
    let table = Reading { path: &source.path, options }.table(bytes)?;
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
    let unsplit = options.unsplit || options.unlabelled;
    let mut guesses = table.guesses;
    let split = match unsplit {
        true => Vec::new(),
        false => split_guess(&table.labels, &table.classes, options.seed),
    };
    let all = Split { inputs: table.values, labels: table.labels, lengths: Vec::new() };
    let (mut train, mut test) = match unsplit {
        true => (Split::default(), all),
        false => stratified(all, table.columns, options.seed),
    };
    let filled =
        filling::fill(&mut train, &mut test, table.columns, &table.features, options.incomplete)
            .map_err(|e| Reading { path: &source.path, options }.fail(Fault::at(0, 0, e)))?;
    let features = if options.shape.is_some() { Vec::new() } else { table.features };
    guesses.extend(filled.into_iter().chain(split));
    let dataset = match options.unlabelled {
        true => Dataset::unlabelled((name, origin), shape, features, train, test)?,
        false => Dataset::new(name, origin, shape, table.classes, features, train, test)?,
    };
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

    /// Refuses a lone word for a missing value that no cell can be: a choice that was misspelt.
    fn check_mark(&self, text: &str) -> Result<(), DataError> {
        let Missing::These(words) = &self.options.missing else { return Ok(()) };
        let [word] = words.as_slice() else { return Ok(()) };
        let occurs =
            || text.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()));
        if !word.bytes().all(|b| b.is_ascii_lowercase()) || occurs() {
            return Ok(());
        }
        Err(DataError::Options {
            path: self.path.to_owned(),
            reason: format!(
                "option missing={0}: {0} stands nowhere in the file; drop, mean, median, refuse and none are possible, or the words that stand for a missing value there",
                excerpt(word)
            ),
        })
    }

    fn table(&self, bytes: Vec<u8>) -> Result<Table, DataError> {
        let decoded = decode(self.path, bytes)?;
        let fail = |fault: Fault| self.fail(fault);
        let options = self.options;
        rows::check_lengths(&decoded.text).map_err(fail)?;
        self.check_mark(&decoded.text)?;
        let body =
            preamble::strip(decoded.text, options.skip_lines, &options.comments, options.delimiter)
                .map_err(|reason| fail(Fault::at(0, 0, reason)))?;
        let mut guesses = decoded.guesses;
        guesses.extend(body.guesses);
        let delimiter = match options.delimiter.or(body.delimiter) {
            Some(delimiter) => delimiter,
            None => {
                let found = delimiter::detect(&body.text);
                guesses.push(Guess::new(
                    format!("{} are between the columns", delimiter::plural(found)),
                    &delimiter::others(found),
                ));
                found
            }
        };
        // Lines are counted by their last character.
        let text = delimiter::prepared(in_place::unix_lines(body.text), delimiter);
        let bytes = text.len();
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
        let mut read =
            Values::read(Rows::new(&text, delimiter), bytes, &layout, look).map_err(fail)?;
        drop(text);
        guesses.extend(read.guesses(&layout));
        let labels = std::mem::take(&mut read.labels);
        let classes = classes::read(labels, layout.class, options).map_err(fail)?;
        guesses.extend(classes.guesses);
        guesses.extend(outliers::find(&read.values, layout.values.len(), &layout));
        let spread = words::spread(read, &layout, bytes).map_err(|e| fail(Fault::at(0, 0, e)))?;
        guesses.extend(spread.guess);
        Ok(Table {
            features: spread.names,
            columns: spread.columns,
            values: spread.values,
            labels: classes.labels,
            classes: classes.names,
            delimiter,
            guesses,
        })
    }
}
