//! The rows of a table, one after the other.

use super::cell::{Fault, Row};
use super::delimiter;

/// Most columns of a row.
const MAX_COLUMNS: usize = 65_536;

/// Longest cell, bytes.
const MAX_CELL: usize = 1 << 14;

/// Refuses a text with a stretch that is longer than a cell may be, whatever is between columns.
pub(super) fn check_lengths(text: &str) -> Result<(), Fault> {
    let (mut line, mut column, mut length) = (1, 1, 0);
    for byte in text.bytes() {
        match byte {
            b'\n' => (line, column, length) = (line + 1, 1, 0),
            b',' | b';' | b'\t' | b'|' => (column, length) = (column + 1, 0),
            _ if length == MAX_CELL => return Err(too_long(line, column)),
            _ => length += 1,
        }
    }
    Ok(())
}

fn too_long(line: u64, column: usize) -> Fault {
    let reason = format!(
        "a cell of more than {MAX_CELL} characters; shorten it, or leave its column out of the file"
    );
    Fault::at(line, column, reason)
}

/// The rows of a table that hold anything.
pub(super) struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    row: Row,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, delimiter: u8) -> Self {
        Self {
            reader: delimiter::reader(text, delimiter),
            record: csv::StringRecord::new(),
            row: Row { line: 0, cells: Vec::new() },
        }
    }

    /// The next row; its strings are used again for the one after it.
    pub fn next(&mut self) -> Result<Option<&Row>, Fault> {
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
            if let Some(at) = self.record.iter().position(|cell| cell.len() > MAX_CELL) {
                return Err(too_long(line, at + 1));
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
