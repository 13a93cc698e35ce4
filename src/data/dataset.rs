//! Samples with or without classes, split into a training and a test part.

use super::guess::Guess;
use super::words::Words;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The shape of one sample or of what flows between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// An image or feature map, stored channel by channel, row by row.
    Image { channels: usize, height: usize, width: usize },
    /// A plain vector of features.
    Flat { len: usize },
    /// A sequence, stored step by step; shorter ones begin with padding (see [`Split::lengths`]).
    Sequence { steps: usize, channels: usize },
}

impl Shape {
    /// Values in one sample; `usize::MAX` when the product overflows (no real sample has that many).
    pub fn len(self) -> usize {
        match self {
            Self::Image { channels, height, width } => {
                channels.saturating_mul(height).saturating_mul(width)
            }
            Self::Flat { len } => len,
            Self::Sequence { steps, channels } => steps.saturating_mul(channels),
        }
    }

    /// Whether a sample of this shape holds nothing.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Image { channels, height, width } => write!(f, "{channels}x{height}x{width}"),
            Self::Flat { len } => write!(f, "{len}"),
            Self::Sequence { steps, channels: 1 } => write!(f, "{steps} steps"),
            Self::Sequence { steps, channels } => write!(f, "{steps} steps of {channels}"),
        }
    }
}

/// Samples with their class labels, as read: before normalisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Raw values, sample after sample, each `Shape::len()` long.
    pub inputs: Vec<f32>,
    /// Class index of each sample; zeros that mean nothing where the dataset has no classes (see
    /// [`Dataset::has_classes`]).
    pub labels: Vec<u16>,
    /// Steps of each sequence, which are its last ones; empty when all have the full length, and
    /// for samples that are no sequences.
    pub lengths: Vec<u16>,
}

impl Split {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// A named dataset whose parts fit together (see [`Dataset::new`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) shape: Shape,
    pub(super) classes: Vec<String>,
    /// Whether each sample has its class.
    pub(super) labelled: bool,
    pub(super) features: Vec<String>,
    pub(super) vocabulary: Vec<String>,
    pub(super) guesses: Vec<Guess>,
    pub(super) train: Split,
    pub(super) test: Split,
    /// Of sentences.
    pub(super) words: Option<Arc<Words>>,
}

/// Why the parts of a dataset do not fit together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DatasetError {
    #[error(
        "dataset {name}: a sample of shape {shape} holds no values; every dimension must be at least 1"
    )]
    EmptyShape { name: String, shape: Shape },
    #[error(
        "dataset {name}: the {split} part has {values} values for {samples} samples of shape {shape}; {samples} x {len} are needed"
    )]
    Length {
        name: String,
        split: &'static str,
        values: usize,
        samples: usize,
        shape: Shape,
        len: usize,
    },
    #[error(
        "dataset {name}: {samples} of {all} training samples held out; 1 to {all} - 1 are possible"
    )]
    HoldOut { name: String, samples: usize, all: usize },
    #[error(
        "dataset {name}: sample {sample} of the {split} part has label {label}; there are {classes} classes, labels go from 0 to {classes} - 1"
    )]
    Label { name: String, split: &'static str, sample: usize, label: u16, classes: usize },
    #[error(
        "dataset {name}: {lengths} lengths for {samples} samples of shape {shape} in the {split} part; one for each sequence is needed, from 1 to its steps"
    )]
    Lengths { name: String, split: &'static str, lengths: usize, samples: usize, shape: Shape },
    #[error(
        "dataset {name}: sample {sample} of the {split} part has a value that is not a finite number at position {position}"
    )]
    NotFinite { name: String, split: &'static str, sample: usize, position: usize },
    #[error(
        "dataset {name}: its samples have {classes} class(es); at least 2 and at most 65535 are needed: add samples of another class, choose the class column of a table (?class=NAME), or open it without classes (?class=none)"
    )]
    Classes { name: String, classes: usize },
    #[error(
        "dataset {name}: no samples to test on; a class needs at least 2, one to train on and one to test on"
    )]
    NoTestSamples { name: String },
    #[error(
        "dataset {name} has no classes, and {what} needs them; name the column, folders or array that has them (the option class=none or labels=none reads data without), or run a model on these data for answers"
    )]
    Unlabelled { name: String, what: String },
}

impl Dataset {
    /// A dataset, checked: every split holds `labels.len() * shape.len()` finite values, labels are
    /// below the number of classes (2 to 65535), and the test split is not empty.
    ///
    /// `source` tells a person where the data come from; `features` names table columns (or is empty).
    pub fn new(
        name: impl Into<String>,
        source: impl Into<String>,
        shape: Shape,
        classes: Vec<String>,
        features: Vec<String>,
        train: Split,
        test: Split,
    ) -> Result<Self, DatasetError> {
        let dataset = Self {
            name: name.into(),
            source: source.into(),
            shape,
            classes,
            labelled: true,
            features,
            vocabulary: Vec::new(),
            words: None,
            guesses: Vec::new(),
            train,
            test,
        };
        dataset.check()?;
        Ok(dataset)
    }

    /// Samples whose classes nobody knows, checked as [`Dataset::new`] does.
    pub(super) fn unlabelled(
        (name, source): (&str, &str),
        shape: Shape,
        features: Vec<String>,
        train: Split,
        test: Split,
    ) -> Result<Self, DatasetError> {
        let (name, source) = (name.to_owned(), source.to_owned());
        let (classes, vocabulary, guesses) = (Vec::new(), Vec::new(), Vec::new());
        let (labelled, words) = (false, None);
        let dataset = Self {
            name,
            source,
            shape,
            classes,
            labelled,
            features,
            vocabulary,
            guesses,
            train,
            test,
            words,
        };
        dataset.check()?;
        Ok(dataset)
    }

    /// The same samples under another name and shape, checked anew.
    pub(super) fn reshaped(
        self,
        name: &str,
        source: String,
        shape: Shape,
    ) -> Result<Self, DatasetError> {
        let (name, features) = (name.to_owned(), Vec::new());
        let dataset = Self { name, source, shape, features, ..self };
        dataset.check()?;
        Ok(dataset)
    }

    fn check(&self) -> Result<(), DatasetError> {
        let name = || self.name.clone();
        let len = self.shape.len();
        if len == 0 || len == usize::MAX {
            return Err(DatasetError::EmptyShape { name: name(), shape: self.shape });
        }
        let classes = self.classes.len();
        if self.labelled && !(2..=usize::from(u16::MAX)).contains(&classes) {
            return Err(DatasetError::Classes { name: name(), classes });
        }
        for (split, part) in [("training", &self.train), ("test", &self.test)] {
            let samples = part.len();
            if samples.checked_mul(len) != Some(part.inputs.len()) {
                let values = part.inputs.len();
                return Err(DatasetError::Length {
                    name: name(),
                    split,
                    values,
                    samples,
                    shape: self.shape,
                    len,
                });
            }
            let fits = match self.shape {
                _ if part.lengths.is_empty() => true,
                Shape::Sequence { steps, .. } => {
                    let possible = 1..=steps;
                    part.lengths.len() == samples
                        && part.lengths.iter().all(|l| possible.contains(&usize::from(*l)))
                }
                _ => false,
            };
            if !fits {
                return Err(DatasetError::Lengths {
                    name: name(),
                    split,
                    lengths: part.lengths.len(),
                    samples,
                    shape: self.shape,
                });
            }
            let above = |&l: &u16| self.labelled && usize::from(l) >= classes;
            if let Some(at) = part.labels.iter().position(above) {
                let label = part.labels[at];
                return Err(DatasetError::Label {
                    name: name(),
                    split,
                    sample: at,
                    label,
                    classes,
                });
            }
            if let Some(at) = part.inputs.iter().position(|v| !v.is_finite()) {
                return Err(DatasetError::NotFinite {
                    name: name(),
                    split,
                    sample: at / len,
                    position: at % len,
                });
            }
        }
        if self.test.is_empty() {
            return Err(DatasetError::NoTestSamples { name: name() });
        }
        Ok(())
    }

    /// Short name, as a user would type it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the data come from, for a person.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Shape of one sample.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Class names; a label is an index into them. Of data without classes those of the model that they
    /// are matched to, and none before.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Whether the class of each sample is known. Where it is not, labels mean nothing.
    pub fn has_classes(&self) -> bool {
        self.labelled
    }

    /// The class of each test sample; empty where classes are not known.
    pub fn test_labels(&self) -> &[u16] {
        if self.labelled { &self.test.labels } else { &[] }
    }

    /// What a work that needs classes says where there are none.
    ///
    /// # Errors
    /// When there are none.
    pub fn needs_classes(&self, what: &str) -> Result<(), DatasetError> {
        if self.labelled {
            return Ok(());
        }
        Err(DatasetError::Unlabelled { name: self.name.clone(), what: what.to_owned() })
    }

    /// Names of the table columns; empty for images.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The same dataset of tokens, with what each token stands for.
    pub(super) fn with_vocabulary(self, vocabulary: Vec<String>) -> Self {
        Self { vocabulary, ..self }
    }

    /// The same dataset with what its reader decided, behind what is told already.
    pub(super) fn with_guesses(mut self, guesses: Vec<Guess>) -> Self {
        self.guesses.extend(guesses);
        self
    }

    /// The same dataset, of a public set that is known: only what no option changes is told.
    pub(super) fn settled(mut self) -> Self {
        self.guesses.retain(|guess| guess.option.is_empty());
        self
    }

    /// What its reader took for granted, left out or changed: to be shown wherever the data are used
    /// for the first time. Empty for the tables that come with the program.
    pub fn guesses(&self) -> &[Guess] {
        &self.guesses
    }

    /// What each token stands for, where samples are text; otherwise empty.
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// The part a model is trained on; may be empty.
    pub fn train(&self) -> &Split {
        &self.train
    }

    /// The same data with the last `samples` of the training part in the place of the test part, to
    /// choose by without looking at the test part.
    ///
    /// # Errors
    /// When none would be left to train on, or none is held out.
    pub fn hold_out(&self, samples: usize) -> Result<Self, DatasetError> {
        let all = self.train.len();
        if samples == 0 || samples >= all {
            return Err(DatasetError::HoldOut { name: self.name.clone(), samples, all });
        }
        let at = all - samples;
        let part = |range: std::ops::Range<usize>| {
            let len = self.shape.len();
            let Split { inputs, labels, lengths } = &self.train;
            Split {
                inputs: inputs[range.start * len..range.end * len].to_vec(),
                labels: labels[range.clone()].to_vec(),
                lengths: lengths.get(range).unwrap_or_default().to_vec(),
            }
        };
        Ok(Self {
            name: self.name.clone(),
            source: self.source.clone(),
            shape: self.shape,
            classes: self.classes.clone(),
            labelled: self.labelled,
            features: self.features.clone(),
            vocabulary: self.vocabulary.clone(),
            words: None,
            guesses: self.guesses.clone(),
            train: part(0..at),
            test: part(at..all),
        })
    }

    /// The part a model is judged on; never empty.
    pub fn test(&self) -> &Split {
        &self.test
    }
}
