//! The rows of a network of sequences: words looked up, one or two layers of cells, and a dense row.

use super::purpose::Purpose;
use super::row::{Row, RowInput, RowShape};
use crate::recurrent::CellKind;
use data::Shape;

/// Most rows of cells, cells of a row, and values of a word.
const MAX_LAYERS: usize = 2;
const MAX_CELLS: usize = 256;
/// Values that a word is looked up as where no row says how many.
const WORD_VALUES: usize = 16;

/// What stands in a row of a network of sequences, for who wrote another one.
const ROWS: &str = "rows of sequences are: embed N, elman N, gru N, lstm N, dense classes";

/// The cells of a network that is read row by row.
pub(super) struct Cells {
    of: RowInput,
    purpose: Purpose,
    /// Values that a word is looked up as, where steps are words.
    pub embedding: Option<usize>,
    /// The kind of all cells, once there are some.
    pub kind: Option<CellKind>,
    /// How many there are, layer after layer.
    pub hidden: Vec<usize>,
    /// What the next row is given.
    shape: Shape,
}

impl Cells {
    /// None yet, for samples as `of` says.
    pub fn new(of: RowInput, purpose: Purpose) -> Self {
        let (embedding, kind, hidden) = (None, None, Vec::new());
        Self { of, purpose, embedding, kind, hidden, shape: of.shape }
    }

    /// Takes a row, before `next`. Words that no row looks up get one.
    ///
    /// # Errors
    /// When it does not fit those before it, the samples or the purpose.
    pub fn add(&mut self, row: &Row, next: Option<&Row>) -> Result<RowShape, String> {
        match *row {
            Row::Embed(width) if !self.hidden.is_empty() || self.embedding.is_some() => {
                Err(format!("embed {width} must be the first row: words are looked up once"))
            }
            Row::Embed(width) => self.embed(width),
            Row::Cells(kind, cells) => {
                self.layer(kind, cells, matches!(next, Some(Row::Cells(..))))
            }
            Row::Dense(outputs) if outputs == self.of.classes => match self.shape {
                Shape::Flat { len } => {
                    self.shape = Shape::Flat { len: outputs };
                    let macs = len * outputs;
                    Ok(RowShape { shape: self.shape, parameters: macs + outputs, macs })
                }
                _ => Err("a row of cells must stand before it, as in gru 16".into()),
            },
            Row::Dense(_) => Err("cells have one dense row behind them: dense classes".into()),
            _ => Err(format!("is for tables and pictures; {ROWS}")),
        }
    }

    fn embed(&mut self, width: usize) -> Result<RowShape, String> {
        let Shape::Sequence { steps, .. } = self.shape else {
            return Err(format!("is for sequences, but is given {}", self.shape));
        };
        if self.of.words == 0 {
            return Err("looks words up, but the steps of these data are numbers".into());
        }
        within(width)?;
        self.embedding = Some(width);
        self.shape = Shape::Sequence { steps, channels: width };
        Ok(RowShape { shape: self.shape, parameters: width * self.of.words, macs: 0 })
    }

    /// A layer whose states all go on, or the last one alone.
    fn layer(&mut self, kind: CellKind, cells: usize, all: bool) -> Result<RowShape, String> {
        let name = kind.id();
        within(cells)?;
        if self.purpose == Purpose::Tables && kind != CellKind::Elman {
            return Err(format!(
                "lookup tables run one row of elman cells, not of {name}; write elman {cells}, or make the network for ckks or client_aided"
            ));
        }
        let most = if self.purpose == Purpose::Tables { 1 } else { MAX_LAYERS };
        if self.hidden.len() == most {
            let tables = match self.purpose {
                Purpose::Tables => " on lookup tables; make it for ckks or client_aided",
                _ => "",
            };
            return Err(format!("one row of cells too many; 1 to {most} are possible{tables}"));
        }
        if let Some(first) = self.kind.filter(|first| *first != kind) {
            return Err(format!(
                "cells of a network are of one kind; write {} {cells}",
                first.id()
            ));
        }
        let mut found = RowShape { shape: self.shape, parameters: 0, macs: 0 };
        if self.of.words > 0 && self.embedding.is_none() {
            found = self.embed(WORD_VALUES)?;
        }
        let Shape::Sequence { steps, channels: inputs } = self.shape else {
            return Err(format!("is for sequences, but is given {}", self.shape));
        };
        let weights = kind.gates() * cells * (inputs + cells);
        // A GRU has a bias of its own inside its reset gate.
        let biases = cells * (kind.gates() + usize::from(kind == CellKind::Gru));
        self.shape = match all {
            true => Shape::Sequence { steps, channels: cells },
            false => Shape::Flat { len: cells },
        };
        self.kind = Some(kind);
        self.hidden.push(cells);
        let parameters = found.parameters + weights + biases;
        Ok(RowShape { shape: self.shape, parameters, macs: steps * weights })
    }
}

fn within(cells: usize) -> Result<(), String> {
    match cells {
        1..=MAX_CELLS => Ok(()),
        _ => Err(format!("{cells} of them; 1 to {MAX_CELLS} are possible")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{check_rows, split_rows};
    use super::*;
    use crate::recurrent::RecurrentModel;

    const NUMBERS: RowInput =
        RowInput { shape: Shape::Sequence { steps: 6, channels: 2 }, classes: 3, words: 0 };
    const WORDS: RowInput =
        RowInput { shape: Shape::Sequence { steps: 6, channels: 1 }, classes: 3, words: 50 };

    fn told(rows: &str, of: RowInput, purpose: Purpose) -> Vec<Option<Result<RowShape, String>>> {
        let rows: Vec<String> = split_rows(rows).into_iter().map(str::to_owned).collect();
        check_rows(&rows, of, purpose)
    }

    #[test]
    fn rows_have_the_parameters_of_the_model_that_they_become() {
        // Four gates of 2 values, 5 states and a bias, and the dense row.
        let found = told("lstm 5, dense classes", NUMBERS, Purpose::ClientAided);
        let found: usize = found.into_iter().map(|r| r.unwrap().unwrap().parameters).sum();
        assert_eq!(found, 4 * 5 * (2 + 5 + 1) + 3 * (5 + 1));
        for (rows, cells, layers, kind) in [
            ("elman 5, dense classes", 5, 1, CellKind::Elman),
            ("elman 4, elman 4, dense classes", 4, 2, CellKind::Elman),
            ("gru 4, gru 4, dense classes", 4, 2, CellKind::Gru),
            ("lstm 4, lstm 4, dense classes", 4, 2, CellKind::Lstm),
        ] {
            let found = told(rows, NUMBERS, Purpose::ClientAided);
            let found: usize = found.into_iter().map(|r| r.unwrap().unwrap().parameters).sum();
            let model = RecurrentModel::random(2, cells, 3, layers, kind, 1);
            assert_eq!(found, model.parameters(), "{rows}");
        }
    }

    #[test]
    fn words_are_looked_up_by_a_row_or_by_none() {
        let states = Shape::Sequence { steps: 6, channels: 4 };
        let row = |shape, parameters, macs| Some(Ok(RowShape { shape, parameters, macs }));
        // Each of 50 words is 4 values; 4 cells of 4 values and 4 states, six times.
        let found = told("embed 4, elman 4, elman 2, dense 3", WORDS, Purpose::Polynomials);
        assert_eq!(found[0], row(states, 200, 0));
        assert_eq!(found[1], row(states, 4 * 9, 6 * 4 * 8));
        assert_eq!(found[2], row(Shape::Flat { len: 2 }, 2 * 7, 6 * 2 * 6));
        let found = told("elman 4, dense classes", WORDS, Purpose::Tables);
        let table = 50 * WORD_VALUES;
        let cells = 4 * (WORD_VALUES + 4);
        assert_eq!(found[0], row(Shape::Flat { len: 4 }, table + cells + 4, 6 * cells));
    }

    #[test]
    fn a_row_that_does_not_fit_says_why() {
        use Purpose::{ClientAided, Polynomials, Tables};
        for (rows, of, purpose, at, reason) in [
            ("conv 8 3x3, dense classes", NUMBERS, Polynomials, 0, "is for tables and pictures"),
            ("gru 4, relu, dense classes", NUMBERS, Polynomials, 1, "is for tables and pictures"),
            ("embed 4, gru 4, dense classes", NUMBERS, Polynomials, 0, "steps of these data"),
            ("gru 4, embed 4, dense classes", WORDS, Polynomials, 1, "must be the first row"),
            ("embed 4, dense classes", WORDS, Polynomials, 1, "a row of cells"),
            ("gru 257, dense classes", NUMBERS, Polynomials, 0, "1 to 256"),
            ("gru 4, gru 4, gru 4, dense 3", NUMBERS, ClientAided, 2, "1 to 2 are possible"),
            ("gru 4, elman 4, dense 3", NUMBERS, ClientAided, 1, "write gru 4"),
            ("gru 4, dense classes", NUMBERS, Tables, 0, "one row of elman cells"),
            ("elman 4, elman 4, dense classes", NUMBERS, Tables, 1, "1 to 1 are possible"),
            ("gru 4, dense 7, dense classes", NUMBERS, Polynomials, 1, "one dense row"),
            ("gru 4", NUMBERS, Polynomials, 0, "the last row must be"),
        ] {
            let found = told(rows, of, purpose).remove(at);
            let told = found.clone().is_some_and(|f| f.is_err_and(|e| e.contains(reason)));
            assert!(told, "{rows}: {found:?}");
        }
    }
}
