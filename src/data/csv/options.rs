//! How a CSV file is to be read.

use crate::dataset::Shape;
use crate::split::SPLIT_SEED;

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// As its cells look beside those below them.
    #[default]
    Detect,
    Yes,
    No,
}

/// A column, by name or by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Of that name; where there is none, `first` and `last` are places.
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

/// Lines that are no part of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Comments {
    /// Lines that begin with `#` before the table, unless they look like its header.
    #[default]
    Detect,
    None,
    /// All lines that begin so.
    Marked(String),
}

/// Cells that stand for a missing value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Empty ones and the usual words, `NA` and `?` among them.
    #[default]
    Usual,
    /// Empty ones alone: `NA` may be a class.
    Nothing,
    /// Empty ones and these.
    These(Vec<String>),
}

/// What becomes of rows in which a value is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Incomplete {
    /// They are an error.
    #[default]
    Refuse,
    /// They are left out.
    Skip,
    /// The mean of the column in the training part is taken.
    Mean,
    /// The median of the column in the training part is taken.
    Median,
}

/// Columns of words that become a column for each word: 1 where a row has it, else 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OneHot {
    #[default]
    None,
    /// All columns with a word among their first rows.
    All,
    These(Vec<Column>),
}

/// How a CSV file is to be read; the default suits a file with one header line at most, the class
/// last or in a column named `label`, `class`, `target`, `species` or `diagnosis`.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvOptions {
    /// `,`, `;`, `|`, tab or space (any number of them); the one that makes columns when left out.
    pub delimiter: Option<u8>,
    /// Lines to leave out before the header or the first row (a title).
    pub skip_lines: usize,
    pub comments: Comments,
    pub header: Header,
    /// Column of the class.
    pub class: Option<Column>,
    /// Whether there is none, of any kind of data: then every sample is for testing, in its order.
    pub unlabelled: bool,
    /// Columns to leave out (an `id`).
    pub drop: Vec<Column>,
    /// Whether an unnamed first column that counts the rows stays.
    pub keep_all: bool,
    /// Numbers are written `1,5`.
    pub decimal_comma: bool,
    /// What stands between groups of three digits: `,`, `.`, `'` or a space.
    pub thousands: Option<char>,
    /// Units beside numbers that are left out (`%`).
    pub strip: Vec<String>,
    pub missing: Missing,
    pub incomplete: Incomplete,
    pub one_hot: OneHot,
    /// Classes that are the same number (`1`, `1.0`, `01`) are one, or are kept apart; refused when
    /// left out.
    pub numeric_classes: Option<bool>,
    /// Shape of a sample, when the columns are the pixels of an image.
    pub shape: Option<Shape>,
    /// Seed of the split into training and test part.
    pub seed: u64,
    /// Whether all rows are for testing, in their order.
    pub unsplit: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            skip_lines: 0,
            comments: Comments::Detect,
            header: Header::Detect,
            class: None,
            unlabelled: false,
            drop: Vec::new(),
            keep_all: false,
            decimal_comma: false,
            thousands: None,
            strip: Vec::new(),
            missing: Missing::Usual,
            incomplete: Incomplete::Refuse,
            one_hot: OneHot::None,
            numeric_classes: None,
            shape: None,
            seed: SPLIT_SEED,
            unsplit: false,
        }
    }
}

impl CsvOptions {
    /// The options that [`CsvOptions::set`] knows.
    pub(crate) const KEYS: [&'static str; 16] = [
        "delimiter",
        "skip",
        "comment",
        "header",
        "class",
        "drop",
        "decimal",
        "thousands",
        "strip",
        "missing",
        "incomplete",
        "onehot",
        "labels",
        "shape",
        "seed",
        "split",
    ];

    /// Sets the option `key`; an error says what is allowed. `None` for another key.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Option<Result<(), String>> {
        if !Self::KEYS.contains(&key) {
            return None;
        }
        Some(self.set_known(key, value))
    }

    fn set_known(&mut self, key: &str, value: &str) -> Result<(), String> {
        let wrong = |allowed: &str| Err(allowed.to_owned());
        match (key, value) {
            ("delimiter", "comma" | ",") => self.delimiter = Some(b','),
            ("delimiter", "semicolon" | ";") => self.delimiter = Some(b';'),
            ("delimiter", "tab" | "\t") => self.delimiter = Some(b'\t'),
            ("delimiter", "pipe" | "|") => self.delimiter = Some(b'|'),
            ("delimiter", "space" | " ") => self.delimiter = Some(b' '),
            ("delimiter", _) => return wrong("comma, semicolon, tab, pipe or space is needed"),
            ("skip", _) => self.skip_lines = whole(value)? as usize,
            ("comment", "none") => self.comments = Comments::None,
            ("comment", "") => return wrong("what comment lines begin with, or none, is needed"),
            ("comment", _) => self.comments = Comments::Marked(value.to_owned()),
            ("header", "yes") => self.header = Header::Yes,
            ("header", "no") => self.header = Header::No,
            ("header", _) => return wrong("yes or no is needed"),
            ("class", "") => {
                return wrong("the name or number of a column, first, last or none is needed");
            }
            ("class" | "labels", "none") => self.unlabelled = true,
            ("class", _) => self.class = Some(column(value)),
            ("drop", "none") => self.keep_all = true,
            ("drop", _) => self.drop.push(column(value)),
            ("decimal", "comma") => self.decimal_comma = true,
            ("decimal", "point") => self.decimal_comma = false,
            ("decimal", _) => return wrong("point or comma is needed"),
            ("thousands", "comma" | ",") => self.thousands = Some(','),
            ("thousands", "point" | ".") => self.thousands = Some('.'),
            ("thousands", "space" | " ") => self.thousands = Some(' '),
            ("thousands", "apostrophe" | "'") => self.thousands = Some('\''),
            ("thousands", "none") => self.thousands = None,
            ("thousands", _) => return wrong("comma, point, space, apostrophe or none is needed"),
            ("strip", _) => self.strip = list(value),
            ("missing", "none") => self.missing = Missing::Nothing,
            ("missing", "drop") => self.incomplete = Incomplete::Skip,
            ("missing", "mean" | "median" | "refuse") => {
                return self.set_known("incomplete", value);
            }
            ("missing", _) => self.missing = Missing::These(list(value)),
            ("incomplete", "skip") => self.incomplete = Incomplete::Skip,
            ("incomplete", "mean") => self.incomplete = Incomplete::Mean,
            ("incomplete", "median") => self.incomplete = Incomplete::Median,
            ("incomplete", "refuse") => self.incomplete = Incomplete::Refuse,
            ("incomplete", _) => return wrong("skip, mean, median or refuse is needed"),
            ("onehot", "all") => self.one_hot = OneHot::All,
            ("onehot", "") => return wrong("the name or number of a column, or all is needed"),
            ("onehot", _) => match &mut self.one_hot {
                OneHot::These(columns) => columns.push(column(value)),
                OneHot::None | OneHot::All => self.one_hot = OneHot::These(vec![column(value)]),
            },
            ("labels", "numbers") => self.numeric_classes = Some(true),
            ("labels", "text") => self.numeric_classes = Some(false),
            ("labels", _) => return wrong("numbers, text or none is needed"),
            ("shape", _) => match shape(value) {
                Some(shape) => self.shape = Some(shape),
                None => {
                    return wrong("HEIGHTxWIDTH or CHANNELSxHEIGHTxWIDTH is needed, as in 28x28");
                }
            },
            ("split", "none") => self.unsplit = true,
            ("split", "seed") => self.unsplit = false,
            ("split", _) => {
                return wrong("none (every row is tested, in its order) or seed is needed");
            }
            _ => self.seed = whole(value)?,
        }
        Ok(())
    }

    /// Whether the options go together.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.unlabelled && (self.class.is_some() || self.numeric_classes.is_some()) {
            return Err(
                "option class=none (or labels=none): there are other options for the class; leave one of them out".to_owned(),
            );
        }
        let marks = if self.decimal_comma { ("comma", ',') } else { ("point", '.') };
        if self.thousands == Some(marks.1) {
            return Err(format!(
                "thousands={0} and decimal={0} cannot be told apart; choose another of them",
                marks.0
            ));
        }
        Ok(())
    }
}

fn whole(value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| "a whole number is needed".to_owned())
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

pub(super) fn column(text: &str) -> Column {
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
