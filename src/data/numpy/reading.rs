//! Which arrays are samples and labels of which part, read and put together.

use super::array::Values;
use super::arrays::Arrays;
use super::labels::Labels;
use super::role::{Part, What, role};
use super::shaping::Shaping;
use crate::dataset::Split;
use crate::guess::Guess;
use crate::options::ReadOptions;
use crate::parts::Parts;
use format::excerpt;
use std::collections::{BTreeSet, HashMap};

/// What was read.
pub(super) struct Found {
    pub parts: Parts,
    /// Whether there are samples alone.
    pub unlabelled: bool,
    /// Names of the classes; none where labels are numbers without names.
    pub classes: Option<Vec<String>>,
    pub guesses: Vec<Guess>,
}

/// The arrays of a set by what they are.
#[derive(Default)]
struct Roles<'a> {
    inputs: HashMap<Part, &'a str>,
    labels: HashMap<Part, &'a str>,
    names: Option<&'a str>,
    others: Vec<&'a str>,
}

/// Samples of one part.
struct Samples {
    shaping: Shaping,
    values: Vec<f32>,
    /// None where samples are read alone.
    labels: Option<Labels>,
}

/// Reads the set that is made of the arrays `names`.
///
/// # Errors
/// In one line: what is missing or does not fit, with the names of the arrays.
pub(super) fn read(
    names: &[String],
    arrays: &mut Arrays,
    options: &ReadOptions,
) -> Result<Found, String> {
    let asked = options.csv.unlabelled;
    let roles = roles(names, arrays, asked)?;
    let mut guesses = Vec::new();
    // Where there is nothing else, nothing else can be the labels.
    let alone = roles.labels.is_empty() && roles.others.is_empty() && !roles.inputs.is_empty();
    let unlabelled = asked || alone;
    if !roles.others.is_empty() {
        let others: Vec<String> = roles.others.iter().take(6).map(|n| excerpt(n)).collect();
        guesses.push(Guess::note(format!("not read: {}", others.join(", "))));
    }
    let mut part = |part: Part| -> Result<Option<Samples>, String> {
        let labels = roles.labels.get(&part).filter(|_| !unlabelled);
        match (roles.inputs.get(&part), labels) {
            (Some(inputs), None) if unlabelled => samples(inputs, None, arrays, options).map(Some),
            (Some(inputs), Some(labels)) => {
                samples(inputs, Some(labels), arrays, options).map(Some)
            }
            (None, None) => Ok(None),
            (Some(alone), None) => Err(format!(
                "array {alone} has no labels beside it; ?labels=none reads arrays without classes"
            )),
            (None, Some(alone)) => Err(format!("array {alone} has no samples beside it")),
        }
    };
    let (whole, train, validation, test) =
        (part(Part::Whole)?, part(Part::Train)?, part(Part::Validation)?, part(Part::Test)?);
    if whole.is_some() && (train.is_some() || test.is_some()) {
        let all: Vec<&str> = roles.inputs.values().copied().collect();
        return Err(format!("arrays {}: of one part, or of all?", all.join(", ")));
    }
    if validation.is_some() && train.is_some() {
        guesses.push(Guess::note("samples for validation are behind those of the training"));
    }
    let training: Vec<Samples> = [whole, train, validation].into_iter().flatten().collect();
    let testing: Vec<Samples> = test.into_iter().collect();
    let Some(first) = training.first().or(testing.first()) else {
        let all: Vec<String> = names.iter().take(8).map(|n| excerpt(n)).collect();
        return Err(format!(
            "no samples and labels among its arrays ({}); name them x and y, or x_train, y_train, x_test, y_test",
            all.join(", ")
        ));
    };
    let shape = first.shaping.shape;
    guesses.extend(first.shaping.guess.clone());
    if let Some(other) = training.iter().chain(&testing).find(|s| s.shaping.shape != shape) {
        return Err(format!(
            "samples of {shape} in one part and of {} in another; they must be the same",
            other.shaping.shape
        ));
    }
    let names = match roles.names {
        None => None,
        Some(name) => match arrays.read(name)?.values {
            Values::Texts(texts) => Some(texts),
            Values::Numbers(_) => return Err(format!("array {name}: names are texts")),
        },
    };
    let (classes, index) = classes(training.iter().chain(&testing), names)?;
    let train = joined(training, &index)?;
    let test = joined(testing, &index)?;
    Ok(Found { parts: Parts { shape, train, test }, unlabelled, classes, guesses })
}

fn roles<'a>(
    names: &'a [String],
    arrays: &mut Arrays,
    unlabelled: bool,
) -> Result<Roles<'a>, String> {
    let mut roles = Roles::default();
    for name in names {
        let twice = |other: &str| {
            Err(format!("both {other} and {name} look like the same part; leave one out"))
        };
        match role(name) {
            None => roles.others.push(name),
            Some((What::Names, _)) => roles.names = Some(name),
            Some((What::Inputs, part)) => {
                if let Some(other) = roles.inputs.insert(part, name) {
                    return twice(other);
                }
            }
            Some((What::Labels, part)) => {
                if let Some(other) = roles.labels.insert(part, name) {
                    return twice(other);
                }
            }
        }
    }
    if let (true, [only], true) = (unlabelled, &roles.others[..], roles.inputs.is_empty()) {
        roles.inputs.insert(Part::Whole, only);
        roles.others.clear();
        return Ok(roles);
    }
    // np.savez(path, x, y) gives no names: the one with one axis has the labels.
    if let ([one, other], true) = (&roles.others[..], roles.inputs.is_empty()) {
        let (one, other) = (*one, *other);
        let axes = [arrays.read(one)?.dims.len(), arrays.read(other)?.dims.len()];
        let (inputs, labels) = match axes {
            [axes, 1] if axes > 1 => (one, other),
            [1, axes] if axes > 1 => (other, one),
            _ => return Ok(roles),
        };
        roles.inputs.insert(Part::Whole, inputs);
        roles.labels.insert(Part::Whole, labels);
        roles.others.clear();
    }
    Ok(roles)
}

fn samples(
    inputs: &str,
    labels: Option<&str>,
    arrays: &mut Arrays,
    options: &ReadOptions,
) -> Result<Samples, String> {
    let array = arrays.read(inputs)?;
    let fail = |e: String| format!("array {inputs}: {e}");
    let shaping = Shaping::of(&array.dims, options.axes, options.channels).map_err(fail)?;
    let Values::Numbers(values) = array.values else {
        return Err(fail("texts; numbers are needed".into()));
    };
    let values = shaping.arranged(values);
    let Some(labels) = labels else {
        return Ok(Samples { shaping, values, labels: None });
    };
    let found = Labels::of(arrays.read(labels)?).map_err(|e| format!("array {labels}: {e}"))?;
    if found.len() != shaping.samples {
        return Err(format!(
            "{} labels in {labels} for {} samples in {inputs}; there must be one for each",
            found.len(),
            shaping.samples
        ));
    }
    Ok(Samples { shaping, values, labels: Some(found) })
}

/// Names of the classes, where they have any, and the class of each text.
type Classes = (Option<Vec<String>>, HashMap<String, u16>);

/// The classes of all parts.
fn classes<'a>(
    parts: impl Iterator<Item = &'a Samples>,
    names: Option<Vec<String>>,
) -> Result<Classes, String> {
    let (mut texts, mut largest) = (BTreeSet::new(), None::<u16>);
    for part in parts {
        match &part.labels {
            None => {}
            Some(Labels::Texts(own)) => texts.extend(own.iter().cloned()),
            Some(Labels::Numbers(own)) => largest = largest.max(own.iter().max().copied()),
        }
    }
    match (largest, names) {
        (Some(_), _) if !texts.is_empty() => {
            Err("labels are texts in one part and numbers in another".into())
        }
        (Some(largest), Some(names)) if usize::from(largest) >= names.len() => Err(format!(
            "label {largest} for {} names of classes; labels go from 0 to {}",
            names.len(),
            names.len().saturating_sub(1)
        )),
        (Some(_), names) => Ok((names, HashMap::new())),
        (None, _) if texts.len() > usize::from(u16::MAX) => Err("too many classes".into()),
        (None, _) => {
            let index = texts.iter().cloned().zip(0..).collect();
            Ok((Some(texts.into_iter().collect()), index))
        }
    }
}

fn joined(parts: Vec<Samples>, index: &HashMap<String, u16>) -> Result<Option<Split>, String> {
    let mut all: Option<Split> = None;
    for Samples { values, labels, shaping } in parts {
        let labels = match labels {
            None => vec![0; shaping.samples],
            Some(Labels::Numbers(numbers)) => numbers,
            Some(Labels::Texts(texts)) => {
                let class = |t: &String| index.get(t).copied().ok_or("a class that is not known");
                texts.iter().map(class).collect::<Result<_, _>>()?
            }
        };
        match &mut all {
            None => all = Some(Split { inputs: values, labels, lengths: Vec::new() }),
            Some(all) => {
                all.inputs.extend(values);
                all.labels.extend(labels);
            }
        }
    }
    Ok(all)
}
