//! What a dataset file holds, for a person who wonders.

use super::class_names;
use super::dataset::{Dataset, Shape};
use super::digest::Digest;
use super::error::DataError;
use super::guess::Guess;
use super::idx;
use super::images::Pair;
use super::open::open_described;
use super::source::Source;
use format::path as shown;
use serde::Serialize;
use std::path::Path;

/// How many samples a class has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    pub name: String,
    pub samples: usize,
}

/// What a dataset file or folder holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// Path or name, fit to be shown.
    pub path: String,
    /// "IDX images, gzip", "CSV, semicolons", …
    pub format: String,
    /// Shape of a sample; absent for a file of labels alone.
    pub shape: Option<Shape>,
    pub samples: usize,
    /// Samples of the training and of the test part, as [`super::open`] gives them.
    pub split: Option<(usize, usize)>,
    /// What the samples are, whatever they are called: that which a model file names as its data.
    pub digest: Option<Digest>,
    /// Empty when the labels are not there.
    pub classes: Vec<ClassCount>,
    /// Smallest and largest value.
    pub range: Option<(f32, f32)>,
    /// Column names.
    pub features: Vec<String>,
    /// What is missing or special.
    pub notes: Vec<String>,
    /// What the reader decided (see [`Dataset::guesses`]).
    pub guesses: Vec<Guess>,
}

/// Describes a dataset: anything that [`super::open`] takes, and IDX files whose other half is missing.
pub fn inspect(name_or_path: &str, data_dir: Option<&Path>) -> Result<Description, DataError> {
    if let Some((rest, names)) = class_names::option(name_or_path) {
        let mut described = inspect(&rest, data_dir)?;
        let listed: Vec<String> = described.classes.iter().map(|c| c.name.clone()).collect();
        class_names::check(&format::escaped(&rest), &names, &listed)?;
        for (class, name) in described.classes.iter_mut().zip(names) {
            class.name = name;
        }
        return Ok(described);
    }
    match half(name_or_path)? {
        Some(described) => Ok(described),
        None => {
            let (dataset, format) = open_described(name_or_path, data_dir)?;
            Ok(Description::of(&dataset, format))
        }
    }
}

/// A description of an IDX file that is no dataset by itself: labels, or images without labels.
fn half(name_or_path: &str) -> Result<Option<Description>, DataError> {
    let path = Path::new(name_or_path);
    if !path.is_file() {
        return Ok(None);
    }
    let mut source = Source::open(path)?;
    if !idx::is_idx(source.peek()?) {
        return Ok(None);
    }
    let pair = Pair::beside(path);
    let packed = if source.packed { ", gzip" } else { "" };
    let file = idx::read(&mut source)?;
    let mut described = Description {
        path: shown(path),
        format: format!("IDX labels{packed}"),
        shape: None,
        samples: file.values.len(),
        split: None,
        digest: None,
        classes: Vec::new(),
        range: range(&file.values),
        features: Vec::new(),
        notes: Vec::new(),
        guesses: Vec::new(),
    };
    match (file.samples(), pair) {
        (Some(_), Ok(_)) => return Ok(None),
        (Some((samples, shape)), Err(error)) => {
            described.format = format!("IDX images{packed}");
            (described.samples, described.shape) = (samples, Some(shape));
            described.notes.push(error.to_string());
        }
        (None, _) => match file.labels() {
            Some(labels) => described.classes = count_by_number(&labels),
            None => described.notes.push("the values are not class labels".into()),
        },
    }
    Ok(Some(described))
}

impl Description {
    fn of(dataset: &Dataset, format: String) -> Self {
        let (train, test) = (dataset.train(), dataset.test());
        let mut classes: Vec<_> =
            dataset.classes().iter().map(|n| ClassCount { name: n.clone(), samples: 0 }).collect();
        for &label in train.labels.iter().chain(&test.labels) {
            if let Some(class) = classes.get_mut(usize::from(label)) {
                class.samples += 1;
            }
        }
        let ranges = [range(&train.inputs), range(&test.inputs)];
        let range = ranges.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Self {
            path: dataset.source().to_owned(),
            format,
            shape: Some(dataset.shape()),
            samples: train.len() + test.len(),
            split: Some((train.len(), test.len())),
            digest: Some(dataset.digest()),
            classes,
            range,
            features: dataset.features().to_vec(),
            notes: notes(dataset),
            guesses: dataset.guesses().to_vec(),
        }
    }
}

/// Tokens of sequences.
fn notes(dataset: &Dataset) -> Vec<String> {
    let known = dataset.vocabulary().len();
    match known {
        0 => Vec::new(),
        _ => vec![format!("{known} different tokens, one of them for all other words")],
    }
}

fn range(values: &[f32]) -> Option<(f32, f32)> {
    values.iter().fold(None, |range, &v| {
        let (low, high) = range.unwrap_or((v, v));
        Some((v.min(low), v.max(high)))
    })
}

fn count_by_number(labels: &[u16]) -> Vec<ClassCount> {
    let mut counts = std::collections::BTreeMap::new();
    for &label in labels {
        *counts.entry(label).or_insert(0usize) += 1;
    }
    counts
        .into_iter()
        .map(|(label, samples)| ClassCount { name: label.to_string(), samples })
        .collect()
}
