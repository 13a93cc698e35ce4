//! What a dataset file holds, for a person who wonders.

use super::dataset::{Dataset, Shape};
use super::error::DataError;
use super::images::Pair;
use super::open::{locate, open};
use super::source::Source;
use super::{NAMED, class_names, csv, idx, sequences};
use crate::format::path as shown;
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
    /// Samples of the training and of the test part, as [`open`] gives them.
    pub split: Option<(usize, usize)>,
    /// Empty when the labels are not there.
    pub classes: Vec<ClassCount>,
    /// Smallest and largest value.
    pub range: Option<(f32, f32)>,
    /// Column names.
    pub features: Vec<String>,
    /// What is missing or special.
    pub notes: Vec<String>,
}

/// Describes a dataset: anything that [`open`] takes, and IDX files whose other half is missing.
pub fn inspect(name_or_path: &str, data_dir: Option<&Path>) -> Result<Description, DataError> {
    if let Some((rest, names)) = class_names::option(name_or_path) {
        let mut described = inspect(&rest, data_dir)?;
        let listed: Vec<String> = described.classes.iter().map(|c| c.name.clone()).collect();
        class_names::check(&described.path, &names, &listed)?;
        for (class, name) in described.classes.iter_mut().zip(names) {
            class.name = name;
        }
        return Ok(described);
    }
    if NAMED.iter().any(|n| n.name == name_or_path) {
        let embedded = NAMED.iter().any(|n| n.name == name_or_path && n.embedded);
        let format = match name_or_path {
            "mnist" | "mnist-rows" => "IDX files",
            "sentiment" => "sentences, one a line",
            _ if embedded => "built in",
            _ => "time series (.ts)",
        };
        return Ok(Description::of(&open(name_or_path, data_dir)?, format.into()));
    }
    if let Some(opened) = sequences::open_named(name_or_path, data_dir) {
        return Ok(Description::of(&opened?, "sequences".into()));
    }
    let (path, options) = locate(name_or_path)?;
    if path.is_dir() {
        return Ok(Description::of(&open(name_or_path, data_dir)?, "folder of IDX files".into()));
    }
    let rows = name_or_path.ends_with("-rows") && !path.exists();
    if rows || sequences::is_ts(&path) {
        let format = if rows { "images, row by row" } else { "time series (.ts)" };
        return Ok(Description::of(&open(name_or_path, data_dir)?, format.into()));
    }
    let mut source = Source::open(&path)?;
    let packed = if source.packed { ", gzip" } else { "" };
    if sequences::is_labelled_text(source.peek()?) {
        let dataset = open(name_or_path, data_dir)?;
        return Ok(Description::of(&dataset, format!("sentences, one a line{packed}")));
    }
    if !idx::is_idx(source.peek()?) {
        let table = csv::read(&mut source, &options)?;
        let delimiter = match table.delimiter {
            b';' => "semicolons",
            b'\t' => "tabs",
            _ => "commas",
        };
        let dataset = open(name_or_path, data_dir)?;
        return Ok(Description::of(&dataset, format!("CSV, {delimiter}{packed}")));
    }
    let file = idx::read(&mut source)?;
    let mut described = Description {
        path: shown(&path),
        format: format!("IDX labels{packed}"),
        shape: None,
        samples: file.values.len(),
        split: None,
        classes: Vec::new(),
        range: range(&file.values),
        features: Vec::new(),
        notes: Vec::new(),
    };
    let Some((samples, shape)) = file.samples() else {
        match file.labels() {
            Some(labels) => described.classes = count_by_number(&labels),
            None => described.notes.push("the values are not class labels".into()),
        }
        return Ok(described);
    };
    described.format = format!("IDX images{packed}");
    (described.samples, described.shape) = (samples, Some(shape));
    match Pair::beside(&path).and_then(|pair| pair.read()) {
        Ok(all) => described.classes = count_by_number(&all.split.labels),
        Err(error) => described.notes.push(error.to_string()),
    }
    Ok(described)
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
            classes,
            range,
            features: dataset.features().to_vec(),
            notes: notes(dataset),
        }
    }
}

/// Lengths and tokens of sequences.
fn notes(dataset: &Dataset) -> Vec<String> {
    let mut notes = Vec::new();
    let lengths = dataset.train().lengths.iter().chain(&dataset.test().lengths);
    if let (Some(shortest), Some(longest)) = (lengths.clone().min(), lengths.max()) {
        notes.push(format!("{shortest} to {longest} steps, padded at the front"));
    }
    if !dataset.vocabulary().is_empty() {
        let known = dataset.vocabulary().len();
        notes.push(format!("{known} different tokens, one of them for all other words"));
    }
    notes
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
