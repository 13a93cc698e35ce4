//! A network that a person writes row by row: the rows, what comes of each, and its training.

use super::training::TrainingView;
use data::{Dataset, Shape};
use network::train::{
    PRESETS, Purpose, RowInput, RowShape, TrainedModel, check_rows, preset, split_rows,
};
use std::path::PathBuf;
use std::sync::Arc;
use worker::{Failure, OwnRequest};

/// Epochs without a better held-out accuracy after which a stage ends, to begin with.
const PATIENCE: usize = 30;
/// The seed to begin with.
const SEED: u64 = 1;

/// What is written of a network, and chosen for its training.
#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    /// The rows as one text, as it was typed last.
    pub text: String,
    /// The same row by row.
    pub rows: Vec<String>,
    pub purpose: Purpose,
    /// As many as suit the data when left out.
    pub epochs: Option<usize>,
    pub patience: Option<usize>,
    pub seed: u64,
    /// What comes of each row, or what is wrong with it; `None` where that is not known.
    pub checks: Vec<Option<Result<RowShape, String>>>,
    /// The samples that the rows were checked against.
    of: Option<RowInput>,
}

/// A change of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowEdit {
    /// A new one before the last row.
    Add,
    Remove(usize),
    /// Exchange a row with the one after it.
    Swap(usize),
    Type(usize, String),
    /// All of them anew, from one text.
    Text(String),
    /// One of [`PRESETS`].
    Preset(usize),
}

impl Default for Blueprint {
    fn default() -> Self {
        let mut new = Self {
            text: String::new(),
            rows: Vec::new(),
            purpose: Purpose::Integers,
            epochs: None,
            patience: Some(PATIENCE),
            seed: SEED,
            checks: Vec::new(),
            of: None,
        };
        new.edit(RowEdit::Preset(0));
        new
    }
}

impl Blueprint {
    /// The rows of a preset, for the data that are known.
    pub fn preset(&self, at: usize) -> &'static str {
        let flat = RowInput { shape: Shape::Flat { len: 1 }, classes: 2, words: 0 };
        preset(at, self.of.unwrap_or(flat))
    }

    /// What it can be made for, on the data that are known.
    pub fn purposes(&self) -> &'static [Purpose] {
        self.of.map_or(&[], Purpose::possible)
    }

    /// Makes it a network for `dataset`: a preset becomes the one for such data, and a purpose that they
    /// cannot have the usual one.
    pub fn suit(&mut self, dataset: &Dataset) {
        let of = RowInput::of(dataset);
        if self.of == Some(of) {
            return;
        }
        let preset = (0..PRESETS.len()).find(|at| self.text == self.preset(*at));
        self.of = Some(of);
        if let Some(usual) = self.purposes().first().filter(|_| !self.fits(self.purpose)) {
            self.purpose = *usual;
        }
        match preset {
            Some(at) => self.edit(RowEdit::Preset(at)),
            None => self.check(),
        }
    }

    fn fits(&self, purpose: Purpose) -> bool {
        self.purposes().contains(&purpose)
    }

    /// Whether the data that are known are sequences.
    pub fn is_of_sequences(&self) -> bool {
        self.of.is_some_and(RowInput::is_sequence)
    }

    /// Changes the rows; the text follows, or the rows follow the text.
    pub fn edit(&mut self, edit: RowEdit) {
        let rows = &mut self.rows;
        match edit {
            RowEdit::Add => {
                let place = rows.len().saturating_sub(1);
                let before = place.checked_sub(1).and_then(|at| rows.get(at));
                let linear = before.is_some_and(|row| is_linear(row));
                let new = match before {
                    Some(cells) if self.of.is_some_and(RowInput::is_sequence) => cells.as_str(),
                    None if self.of.is_some_and(RowInput::is_sequence) => "elman 16",
                    _ if linear => "relu",
                    _ => "dense 16",
                };
                rows.insert(place, new.to_owned());
            }
            RowEdit::Remove(at) if at < rows.len() => _ = rows.remove(at),
            RowEdit::Swap(at) if at + 1 < rows.len() => rows.swap(at, at + 1),
            RowEdit::Type(at, text) => {
                if let Some(row) = rows.get_mut(at) {
                    *row = text;
                }
            }
            RowEdit::Remove(_) | RowEdit::Swap(_) => {}
            RowEdit::Text(text) => {
                *rows = split_rows(&text).into_iter().map(str::to_owned).collect();
                self.text = text;
                return self.check();
            }
            RowEdit::Preset(at) => {
                let text = self.preset(at).to_owned();
                return self.edit(RowEdit::Text(text));
            }
        }
        self.text = rows.join(", ");
        self.check();
    }

    /// Looks at every row anew.
    pub fn check(&mut self) {
        self.checks = match self.of {
            Some(of) => check_rows(&self.rows, of, self.purpose),
            None => vec![None; self.rows.len()],
        };
    }

    /// Whether every row fits.
    pub fn is_sound(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|c| matches!(c, Some(Ok(_))))
    }

    /// Parameters, and multiplications with a weight for one sample, of all rows.
    pub fn totals(&self) -> (usize, usize) {
        let rows = self.checks.iter().filter_map(|c| c.as_ref()?.as_ref().ok());
        rows.fold((0, 0), |(p, m), row| (p + row.parameters, m + row.macs))
    }
}

/// The scheme of a network that was made for it, or the strategy, as people write it.
pub fn scheme_of(purpose: Purpose) -> String {
    match purpose {
        Purpose::ClientAided => "client-aided".to_owned(),
        scheme => scheme.name().to_uppercase(),
    }
}

fn is_linear(row: &str) -> bool {
    row.starts_with("dense") || row.starts_with("conv")
}

/// Everything of the new network.
#[derive(Clone, Debug, Default)]
pub struct NewNetwork {
    /// It is looked at in the tab Training.
    pub shown: bool,
    pub blueprint: Blueprint,
    /// Its newest training.
    pub training: TrainingView,
    /// What that was asked for.
    pub request: Option<OwnRequest>,
    /// Where the trained network lies, once it was put aside.
    pub file: Option<PathBuf>,
}

impl NewNetwork {
    /// A training begins.
    pub fn begin(&mut self, request: OwnRequest) {
        self.training.begin_own(format!("{}: {}", request.name, request.rows));
        (self.request, self.file) = (Some(request), None);
    }

    /// The training is over.
    pub fn end(&mut self, result: Result<Arc<TrainedModel>, Failure>) {
        self.training.end(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data::Split;

    fn of(shape: Shape) -> Dataset {
        let split =
            || Split { inputs: vec![0.0; shape.len()], labels: vec![0], lengths: Vec::new() };
        let classes = vec!["a".to_owned(), "b".to_owned()];
        Dataset::new("d", "", shape, classes, Vec::new(), split(), split()).unwrap()
    }

    #[test]
    fn text_and_rows_follow_one_another() {
        let mut blueprint = Blueprint::default();
        blueprint.suit(&of(Shape::Flat { len: 4 }));
        assert_eq!(blueprint.text, "dense 16, relu, dense classes");
        assert!(blueprint.is_sound());
        assert_eq!(blueprint.totals(), (4 * 16 + 16 + 16 * 2 + 2, 4 * 16 + 16 * 2));
        blueprint.edit(RowEdit::Add);
        assert_eq!(blueprint.text, "dense 16, relu, dense 16, dense classes");
        blueprint.edit(RowEdit::Add);
        blueprint.edit(RowEdit::Swap(0));
        assert_eq!(blueprint.text, "relu, dense 16, dense 16, relu, dense classes");
        blueprint.edit(RowEdit::Type(1, "dance".into()));
        assert!(!blueprint.is_sound());
        assert!(matches!(&blueprint.checks[1], Some(Err(reason)) if reason.contains("not known")));
        blueprint.edit(RowEdit::Remove(1));
        assert_eq!(blueprint.rows.len(), 4);
        blueprint.edit(RowEdit::Text("dense 3 |tanh,\n dense classes,".into()));
        assert_eq!(blueprint.rows, ["dense 3", "tanh", "dense classes"]);
        assert_eq!(blueprint.text, "dense 3 |tanh,\n dense classes,", "what is typed stays");
        blueprint.edit(RowEdit::Remove(9));
        blueprint.edit(RowEdit::Text(String::new()));
        assert!(!blueprint.is_sound());
        blueprint.edit(RowEdit::Add);
        assert_eq!(blueprint.rows, ["dense 16"]);
    }

    #[test]
    fn a_preset_follows_the_data_and_what_was_written_does_not() {
        let picture = Shape::Image { channels: 1, height: 8, width: 8 };
        let mut blueprint = Blueprint::default();
        blueprint.suit(&of(picture));
        assert!(blueprint.text.starts_with("conv 8 3x3") && blueprint.is_sound());
        blueprint.edit(RowEdit::Swap(0));
        let written = blueprint.text.clone();
        blueprint.suit(&of(Shape::Flat { len: 4 }));
        assert_eq!(blueprint.text, written);
        assert!(!blueprint.is_sound(), "no convolution of a table");
    }

    #[test]
    fn sequences_bring_cells_and_what_those_can_be_made_for() {
        let sequence = of(Shape::Sequence { steps: 3, channels: 2 });
        let mut blueprint = Blueprint::default();
        assert_eq!(blueprint.purpose, Purpose::Integers);
        blueprint.suit(&sequence);
        assert_eq!(blueprint.text, "elman 16, dense classes");
        assert!(blueprint.is_sound() && blueprint.is_of_sequences());
        assert_eq!(blueprint.purpose, Purpose::Polynomials, "integers have no cells");
        blueprint.edit(RowEdit::Type(0, "gru 4".into()));
        blueprint.edit(RowEdit::Add);
        assert_eq!(blueprint.text, "gru 4, gru 4, dense classes");
        blueprint.edit(RowEdit::Preset(1));
        blueprint.purpose = Purpose::ClientAided;
        blueprint.suit(&of(Shape::Flat { len: 4 }));
        assert_eq!(blueprint.text, "dense 64, relu, dense 32, relu, dense classes");
        assert_eq!(blueprint.purpose, Purpose::Integers, "tables have nothing for a client to do");
        blueprint.suit(&sequence);
        blueprint.edit(RowEdit::Text("dense classes".into()));
        blueprint.edit(RowEdit::Add);
        assert_eq!(blueprint.text, "elman 16, dense classes");
    }
}
