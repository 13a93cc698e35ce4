//! One array of numbers in a file of its own: `.npy`, or text with rows of numbers.

use super::numpy;
use super::regular::open_regular;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

/// Most values in a text.
const MAX_VALUES: usize = 1 << 26;
/// Longest line of a text, bytes.
const MAX_LINE: u64 = 1 << 24;

/// Numbers in rows; there are as many as the product of `dims`, the last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

impl Matrix {
    /// Reads the file at `path`: NumPy's `.npy`, or rows of finite numbers between commas, semicolons,
    /// tabs or blanks, as `numpy.savetxt` and spreadsheets write them; lines that begin with `#` are
    /// comments. A text has two axes, rows and columns.
    ///
    /// # Errors
    /// In one line, without the file's name.
    pub fn read(path: &Path) -> Result<Self, String> {
        let mut file = open_regular(path).map_err(|e| e.to_string())?;
        let mut start = Vec::new();
        let length = numpy::MAGIC.len() as u64;
        let cannot = |e: std::io::Error| format!("cannot read: {e}");
        (&mut file).take(length).read_to_end(&mut start).map_err(cannot)?;
        file.rewind().map_err(cannot)?;
        if start == numpy::MAGIC {
            let (dims, values) = numpy::numbers(&mut BufReader::new(file))?;
            return Ok(Self { dims, values });
        }
        text(BufReader::new(file))
    }
}

fn text(mut from: impl BufRead) -> Result<Matrix, String> {
    let (mut values, mut rows, mut columns) = (Vec::new(), 0, 0);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut from).take(MAX_LINE).read_until(b'\n', &mut line);
        match read.map_err(|e| format!("cannot read: {e}"))? as u64 {
            0 => break,
            MAX_LINE => return Err(format!("line {number} is longer than {MAX_LINE} bytes")),
            _ => {}
        }
        let row = std::str::from_utf8(&line).map_err(|_| {
            format!("line {number} is no text; an array is an .npy file or rows of numbers")
        })?;
        let row = row.trim().trim_start_matches('\u{feff}');
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        let before = values.len();
        let apart = |c: char| matches!(c, ',' | ';') || c.is_whitespace();
        for cell in row.split(apart).filter(|cell| !cell.is_empty()) {
            let value = cell.parse::<f32>().ok().filter(|v| v.is_finite());
            values.push(value.ok_or_else(|| {
                format!("line {number}: {} is no finite number", format::excerpt(cell))
            })?);
        }
        let found = values.len() - before;
        if rows > 0 && found != columns {
            return Err(format!("line {number} has {found} numbers, those above {columns}"));
        }
        if values.len() > MAX_VALUES {
            return Err(format!("more than {MAX_VALUES} numbers"));
        }
        (rows, columns) = (rows + 1, found);
    }
    if values.is_empty() {
        return Err("no numbers in it".into());
    }
    Ok(Matrix { dims: vec![rows, columns], values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_numbers_are_read_whatever_stands_between_them() {
        let read = |bytes: &[u8]| text(bytes);
        let matrix = Matrix { dims: vec![2, 3], values: vec![1.0, -2.5, 3e-2, 4.0, 5.0, 6.0] };
        for bytes in [
            "1,-2.5,3e-2\n4,5,6\n",
            "1; -2.5; 3e-2\r\n\r\n4; 5; 6",
            "# written by savetxt\n1 -2.5 0.03\n4 5 6\n",
            "\u{feff}1\t-2.5\t0.03\n4\t5\t6\n",
        ] {
            assert_eq!(read(bytes.as_bytes()).unwrap(), matrix, "{bytes:?}");
        }
        for (bytes, reason) in [
            (&b"1,2\n3\n"[..], "line 2 has 1 numbers, those above 2"),
            (b"1,x\n", "line 1: x is no finite number"),
            (b"1,nan\n", "no finite number"),
            (b"1e39\n", "no finite number"),
            (b"# nothing\n", "no numbers"),
            (b"\xff\xfe\n", "no text"),
        ] {
            let told = read(bytes).unwrap_err();
            assert!(told.contains(reason), "{told}");
        }
    }

    #[test]
    fn arrays_of_numpy_keep_their_axes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        let header =
            format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }");
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        // Column by column.
        for value in [1.0_f32, 4.0, 2.0, 5.0, 3.0, 6.0] {
            bytes.extend(value.to_le_bytes());
        }
        std::fs::write(&path, bytes).unwrap();
        let values = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(Matrix::read(&path).unwrap(), Matrix { dims: vec![2, 3], values });
        assert!(Matrix::read(folder.path()).unwrap_err().contains("it is a folder"));
    }
}
