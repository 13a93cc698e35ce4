//! How a CSV file is to be read.

use super::dataset::Shape;
use super::split::SPLIT_SEED;

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It does when none of its cells is a number.
    #[default]
    Detect,
    Yes,
    No,
}

/// A column, by name or by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    Name(String),
    /// From 1, as people count.
    Number(usize),
}

impl std::fmt::Display for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// How a CSV file is to be read; the default suits a file with one header line at most, the class
/// last or in a column named `label`, `class`, `target`, `species` or `diagnosis`.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvOptions {
    /// `,`, `;` or tab; the one that occurs most in the first row when left out.
    pub delimiter: Option<u8>,
    /// Lines to leave out before the header or the first row (a title, a comment).
    pub skip_lines: usize,
    pub header: Header,
    /// Column of the class.
    pub class: Option<Column>,
    /// Columns to leave out (an `id`).
    pub drop: Vec<Column>,
    /// Numbers are written `1,5` (the delimiter is then not a comma).
    pub decimal_comma: bool,
    /// Shape of a sample, when the columns are the pixels of an image.
    pub shape: Option<Shape>,
    /// Seed of the split into training and test part.
    pub seed: u64,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            skip_lines: 0,
            header: Header::Detect,
            class: None,
            drop: Vec::new(),
            decimal_comma: false,
            shape: None,
            seed: SPLIT_SEED,
        }
    }
}

impl CsvOptions {
    /// Options written behind a path, as in `wdbc.data?skip=1&header=no&class=2&drop=1`.
    ///
    /// Keys: `delimiter` (`comma`, `semicolon`, `tab`), `skip` (lines), `header` (`yes`, `no`),
    /// `class` and `drop` (name or number of a column; `drop` may come again), `decimal`
    /// (`point`, `comma`), `shape` (`28x28` or `3x32x32`), `seed`. An error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| format!("option {pair}: write key=value"))?;
            let wrong = |allowed: &str| format!("option {key}={value}: {allowed}");
            let number = || value.parse().map_err(|_| wrong("a whole number is needed"));
            match key {
                "delimiter" => {
                    options.delimiter = Some(match value {
                        "comma" | "," => b',',
                        "semicolon" | ";" => b';',
                        "tab" => b'\t',
                        _ => return Err(wrong("comma, semicolon or tab is needed")),
                    });
                }
                "skip" => options.skip_lines = number()? as usize,
                "header" => {
                    options.header = match value {
                        "yes" => Header::Yes,
                        "no" => Header::No,
                        _ => return Err(wrong("yes or no is needed")),
                    };
                }
                "class" => options.class = Some(column(value)),
                "drop" => options.drop.push(column(value)),
                "decimal" => {
                    options.decimal_comma = match value {
                        "comma" => true,
                        "point" => false,
                        _ => return Err(wrong("point or comma is needed")),
                    };
                }
                "shape" => {
                    let shape = shape(value).ok_or_else(|| {
                        wrong("HEIGHTxWIDTH or CHANNELSxHEIGHTxWIDTH is needed, as in 28x28")
                    })?;
                    options.shape = Some(shape);
                }
                "seed" => options.seed = number()?,
                _ => {
                    return Err(format!(
                        "no option {key}; known are delimiter, skip, header, class, drop, decimal, shape, seed"
                    ));
                }
            }
        }
        Ok(options)
    }
}

fn column(text: &str) -> Column {
    match text.parse() {
        Ok(number) => Column::Number(number),
        Err(_) => Column::Name(text.to_owned()),
    }
}

fn shape(text: &str) -> Option<Shape> {
    let sizes: Option<Vec<usize>> =
        text.split('x').map(|n| n.parse().ok().filter(|&n| n > 0)).collect();
    match *sizes?.as_slice() {
        [height, width] => Some(Shape::Image { channels: 1, height, width }),
        [channels, height, width] => Some(Shape::Image { channels, height, width }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_behind_a_path_are_read() {
        let o = CsvOptions::parse("skip=1&header=no&class=2&drop=1&drop=id&shape=2x3").unwrap();
        assert_eq!(o.skip_lines, 1);
        assert_eq!(o.header, Header::No);
        assert_eq!(o.class, Some(Column::Number(2)));
        assert_eq!(o.drop, [Column::Number(1), Column::Name("id".into())]);
        assert_eq!(o.shape, Some(Shape::Image { channels: 1, height: 2, width: 3 }));
    }

    #[test]
    fn wrong_options_are_named() {
        for bad in ["colour=red", "skip=x", "header=perhaps", "shape=0x3", "class", "decimal=dot"] {
            assert!(CsvOptions::parse(bad).unwrap_err().contains("option"), "{bad}");
        }
    }
}
