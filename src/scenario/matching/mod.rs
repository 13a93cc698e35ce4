//! Data are matched to a model by what things are called: columns, classes, words.
//!
//! What has no name on one side is taken by its position, and that is said. What has names on both
//! sides and cannot be matched is refused, both sides named.

mod names;

use crate::error::RunError;
use crate::matching::names::{Names, Place, listed, twice};
use data::{Dataset, Seen, Shape};
use format::{self, excerpt};
use network::recurrent::RecurrentModel;
use network::{ModelCard, Network};
use std::sync::Arc;

/// Share of the test samples of a dataset that may be in its training part too without a word.
const DOUBLES: f64 = 0.05;

/// A dataset as a model takes it.
#[derive(Clone, Debug)]
pub struct Matched {
    pub dataset: Arc<Dataset>,
    /// What was done, and what could not be known; a sentence each.
    pub notes: Vec<String>,
}

/// The model's side.
struct Side<'a> {
    name: &'a str,
    card: &'a ModelCard,
    classes: usize,
}

/// `dataset` as `network` takes it.
///
/// # Errors
/// When shapes, columns or classes do not fit.
pub fn layers(network: &Network, dataset: &Arc<Dataset>) -> Result<Matched, RunError> {
    let side = Side { name: network.name(), card: network.card(), classes: network.classes() };
    let mut found = side.samples(dataset, network.input())?;
    side.training(&mut found);
    Ok(found)
}

/// `dataset` as a server takes it that names its inputs and outputs as `card` does; what was done is told,
/// a sentence each.
///
/// # Errors
/// When shapes, columns or classes do not fit.
pub fn match_to(
    name: &str,
    card: &ModelCard,
    input: Shape,
    dataset: &Arc<Dataset>,
) -> Result<(Arc<Dataset>, Vec<String>), RunError> {
    let side = Side { name, card, classes: card.classes.len() };
    let Matched { dataset, notes } = side.samples(dataset, input)?;
    Ok((dataset, notes))
}

/// `dataset` as `model` takes it.
///
/// # Errors
/// When steps, words or classes do not fit.
pub fn sequences(model: &RecurrentModel, dataset: &Arc<Dataset>) -> Result<Matched, RunError> {
    let side = Side { name: model.name(), card: model.card(), classes: model.classes() };
    let tokens = model.embedding().map(|e| e.table.len() / e.width.max(1));
    let mut found = side.sequences(dataset, (model.channels(), tokens))?;
    side.training(&mut found);
    Ok(found)
}

/// `dataset` of sequences as a server takes it that names its words and outputs as `card` does; steps are
/// of so many values, or a word of so many.
///
/// # Errors
/// When steps, words or classes do not fit.
pub fn match_sequences(
    name: &str,
    card: &ModelCard,
    steps: (usize, Option<usize>),
    dataset: &Arc<Dataset>,
) -> Result<(Arc<Dataset>, Vec<String>), RunError> {
    let side = Side { name, card, classes: card.classes.len() };
    let Matched { dataset, notes } = side.sequences(dataset, steps)?;
    Ok((dataset, notes))
}

/// What the reader of the data decided and may well be meant otherwise.
fn doubts(dataset: &Dataset) -> Vec<String> {
    let all = dataset.guesses().iter().filter(|guess| guess.doubt);
    all.map(|guess| format!("{}: {guess}", excerpt(dataset.name()))).collect()
}

/// Whether `name` is `COLUMN=WORD` and other words of that column are among the columns `given`.
fn is_word_of(name: &str, given: &[String]) -> bool {
    let begin = name.rfind('=').map(|at| &name[..=at]);
    begin.is_some_and(|begin| given.iter().any(|other| other.starts_with(begin)))
}

impl Side<'_> {
    /// A dataset of samples as this side takes them, with what its reader was in doubt of.
    fn samples(&self, dataset: &Arc<Dataset>, input: Shape) -> Result<Matched, RunError> {
        let mut found = Matched { dataset: Arc::clone(dataset), notes: doubts(dataset) };
        self.columns(&mut found, input)?;
        self.shape(&mut found, input)?;
        self.classes(&mut found)?;
        Ok(found)
    }

    /// A dataset of sequences as this side takes them, with what its reader was in doubt of.
    fn sequences(
        &self,
        dataset: &Arc<Dataset>,
        (channels, tokens): (usize, Option<usize>),
    ) -> Result<Matched, RunError> {
        let mut found = Matched { dataset: Arc::clone(dataset), notes: doubts(dataset) };
        self.words(&mut found, tokens)?;
        let set = excerpt(found.dataset.name());
        match found.dataset.shape() {
            Shape::Sequence { channels: given, .. } if given == channels => {}
            Shape::Sequence { channels: given, .. } => {
                return self.refuse(format!(
                    "takes steps of {channels} values but dataset {set} has steps of {given}; choose a model trained on this dataset"
                ));
            }
            shape => {
                return Err(RunError::Refused(format!(
                    "dataset {set} has samples of shape {shape}, not sequences; a recurrent model needs steps of {channels} values (images are read row by row as NAME-rows, arrays with ?axes=sequence)"
                )));
            }
        }
        self.classes(&mut found)?;
        Ok(found)
    }

    fn refuse<T>(&self, reason: String) -> Result<T, RunError> {
        Err(RunError::Refused(format!("model {} {reason}", excerpt(self.name))))
    }

    /// Columns by their names, where both sides have them.
    fn columns(&self, found: &mut Matched, input: Shape) -> Result<(), RunError> {
        let dataset = &found.dataset;
        let (wanted, given) = (&self.card.features, dataset.features());
        let set = excerpt(dataset.name());
        if wanted.is_empty() || given.is_empty() {
            let model = excerpt(self.name);
            if !wanted.is_empty() && dataset.shape().len() == input.len() {
                found.notes.push(format!(
                    "columns of {set} have no names: taken in the order of model {model} ({})",
                    listed(wanted)
                ));
            } else if !given.is_empty() {
                found.notes.push(format!(
                    "model {model} names no columns: those of {set} are taken in their order"
                ));
            }
            return Ok(());
        }
        if wanted == given {
            return Ok(());
        }
        let names = Names::of_columns(given);
        let mut from = Vec::with_capacity(wanted.len());
        let mut absent = Vec::new();
        for name in wanted {
            match names.place(name) {
                Place::At(at) if from.contains(&Ok(at)) => {
                    return self.refuse(format!(
                        "takes two columns, {} and another of like name, where dataset {set} has one, {}; name the columns as the model does",
                        excerpt(name),
                        given.get(at).map(|n| excerpt(n)).unwrap_or_default()
                    ));
                }
                Place::At(at) => from.push(Ok(at)),
                Place::Twice => {
                    return self.refuse(format!(
                        "takes one column {} and dataset {set} has several of that name, as values {}; name them apart, or leave out those that are not meant (?drop=NUMBER,.. behind the path)",
                        excerpt(name),
                        twice(name, given)
                    ));
                }
                // A word of a column of words that no row has here.
                Place::Nowhere if is_word_of(name, given) => {
                    absent.push(name.clone());
                    from.push(Err(name.clone()));
                }
                Place::Nowhere => {
                    let unknown = Names::of_columns(wanted);
                    let others: Vec<String> =
                        given.iter().filter(|n| unknown.find(n).is_none()).cloned().collect();
                    let there = match others.as_slice() {
                        [] => format!("its columns are {}", listed(given)),
                        _ => format!("it has {}", listed(&others)),
                    };
                    return self.refuse(format!(
                        "takes a column {} that dataset {set} does not have ({there}); rename the columns, or read the file without names (?header=no&skip=1) to take them in their order",
                        excerpt(name)
                    ));
                }
            }
        }
        let same = from.iter().enumerate().all(|(at, from)| Ok(at) == *from);
        if same && from.len() == given.len() {
            return Ok(());
        }
        let left: Vec<String> = (0..given.len())
            .filter(|c| !from.contains(&Ok(*c)))
            .filter_map(|c| given.get(c).cloned())
            .collect();
        let mut note = format!(
            "columns of {set} are matched by name: they are put in the order of model {}",
            excerpt(self.name)
        );
        if !left.is_empty() {
            note += &format!(", and {} left out", listed(&left));
        }
        if !absent.is_empty() {
            note += &format!("; no row has {}", listed(&absent));
        }
        found.notes.push(note);
        found.dataset = Arc::new(dataset.with_columns(&from));
        Ok(())
    }

    fn shape(&self, found: &mut Matched, input: Shape) -> Result<(), RunError> {
        let (shape, set) = (found.dataset.shape(), excerpt(found.dataset.name()));
        if shape == input {
            return Ok(());
        }
        // A vector may be the pixels of an image row by row, as tables of pixels are.
        let vector = |s: Shape| matches!(s, Shape::Flat { .. });
        if shape.len() == input.len() && (vector(shape) || vector(input)) {
            found.notes.push(format!(
                "samples of {set} are {shape}: taken value by value for the {input} of model {}",
                excerpt(self.name)
            ));
            return Ok(());
        }
        self.refuse(format!(
            "takes samples of shape {input} but dataset {set} has samples of shape {shape}; choose a model trained on this dataset"
        ))
    }

    /// Classes by their names: labels become indices of the model's outputs.
    fn classes(&self, found: &mut Matched) -> Result<(), RunError> {
        let dataset = &found.dataset;
        let given = dataset.classes();
        let (set, model) = (excerpt(dataset.name()), excerpt(self.name));
        if !dataset.has_classes() {
            let outputs = || (0..self.classes).map(|c| c.to_string()).collect();
            let known = Some(&self.card.classes).filter(|names| !names.is_empty());
            let names: Vec<String> = known.cloned().unwrap_or_else(outputs);
            found.notes.push(format!(
                "{set} has no classes: model {model} answers each sample, and how often it is right is not known"
            ));
            found.dataset = Arc::new(dataset.with_classes(&names, &[]));
            return Ok(());
        }
        if self.card.classes.is_empty() {
            return self.unnamed(found);
        }
        let known = &self.card.classes;
        if known == given {
            return Ok(());
        }
        let names = Names::new(known);
        let mut to: Vec<u16> = Vec::with_capacity(given.len());
        for name in given {
            let Some(at) = names.find(name).and_then(|at| u16::try_from(at).ok()) else {
                return self.refuse(format!(
                    "does not know class {} of dataset {set}: it tells {} apart, the data have {}; call the classes as the model does (?classes=NAME,NAME,.. behind the path names them in the order in which they are listed), or train a model on these data",
                    excerpt(name),
                    listed(known),
                    listed(given)
                ));
            };
            if let Some(other) = to.iter().position(|t| *t == at) {
                return self.refuse(format!(
                    "has one class {} where dataset {set} has two, {} and {}; name them apart or as one",
                    known.get(usize::from(at)).map(|n| excerpt(n)).unwrap_or_default(),
                    given.get(other).map(|n| excerpt(n)).unwrap_or_default(),
                    excerpt(name)
                ));
            }
            to.push(at);
        }
        if given.len() < known.len() {
            found.notes.push(format!(
                "{set} has {} of the {} classes of model {model}: {}",
                given.len(),
                known.len(),
                listed(given)
            ));
        } else if !to.is_sorted() {
            found.notes.push(format!(
                "classes of {set} are matched by name: {} there, {} in model {model}",
                listed(given),
                listed(known)
            ));
        }
        found.dataset = Arc::new(dataset.with_classes(known, &to));
        Ok(())
    }

    /// Classes of a model that has no names for them: whole numbers by their value, others by their
    /// position.
    fn unnamed(&self, found: &mut Matched) -> Result<(), RunError> {
        let dataset = &found.dataset;
        let given = dataset.classes();
        let (set, model) = (excerpt(dataset.name()), excerpt(self.name));
        if given.len() > self.classes {
            return self.refuse(format!(
                "tells {} classes apart but dataset {set} has {}; choose a model trained on this dataset",
                self.classes,
                given.len()
            ));
        }
        let value = |name: &String| name.parse().ok().filter(|v| usize::from(*v) < self.classes);
        let values: Option<Vec<u16>> = given.iter().map(value).collect();
        let mut outputs: Vec<String> = (0..self.classes).map(|c| c.to_string()).collect();
        let to = match values {
            Some(values) => {
                found.notes.push(format!(
                    "model {model} names no classes: class 0 of {set} is taken for its first output, 1 for its second, and so on"
                ));
                values
            }
            None => {
                found.notes.push(format!(
                    "model {model} names no classes: those of {set} are taken in their order, {}",
                    listed(given)
                ));
                for (output, name) in outputs.iter_mut().zip(given) {
                    output.clone_from(name);
                }
                (0..).take(given.len()).collect()
            }
        };
        let same = to.iter().enumerate().all(|(at, to)| at == usize::from(*to));
        if !same {
            found.dataset = Arc::new(dataset.with_classes(&outputs, &to));
        }
        Ok(())
    }

    /// Whether the test samples are those that the model was trained on, or unlike them.
    fn training(&self, found: &mut Matched) {
        let Some(sketch) = &self.card.sketch else { return };
        let dataset = &found.dataset;
        let (set, model) = (excerpt(dataset.name()), excerpt(self.name));
        let Seen { looked_at, seen } = sketch.seen(dataset);
        let same = || self.card.dataset.as_ref().is_some_and(|d| d.digest == dataset.digest());
        let share = seen as f64 / looked_at.max(1) as f64;
        let some = match looked_at {
            few if few < 20 => format!("{seen} of {few} that were looked up"),
            _ => format!(
                "{seen} of {looked_at} that were looked up, so some {} of all",
                format::percent(share)
            ),
        };
        // Single doubles in a public set are its own affair.
        if seen > 0 && (share > DOUBLES || !same()) {
            let what = if dataset.has_classes() { "accuracy there says" } else { "answers say" };
            found.notes.push(format!(
                "model {model} was trained on test samples of {set}, or on samples equal to them ({some}): its {what} nothing of new samples"
            ));
        }
        if let Some((at, there, here, columns)) = sketch.unlike(dataset) {
            let name = dataset.features().get(at).map(|name| excerpt(name));
            let what = match (name, sketch.columns.len()) {
                (_, 1) => "values".to_owned(),
                (Some(name), _) => format!("column {name}"),
                (None, _) => format!("column {}", at + 1),
            };
            let more = match columns {
                1 => String::new(),
                n => format!(" (the first of {n} such columns)"),
            };
            found.notes.push(format!(
                "{what} of {set}: {here}, where model {model} was trained on {there}{more}; answers mean nothing if these are other units"
            ));
        }
    }

    /// Words by the vocabulary of the model, never by the numbers of the file.
    fn words(&self, found: &mut Matched, tokens: Option<usize>) -> Result<(), RunError> {
        let dataset = &found.dataset;
        let set = excerpt(dataset.name());
        let Some(tokens) = tokens else {
            if dataset.vocabulary().is_empty() {
                return Ok(());
            }
            return self.refuse(format!(
                "takes numbers but dataset {set} has words; choose a model for text, as cryptornn-sentiment, or train one on these data"
            ));
        };
        if dataset.vocabulary().is_empty() {
            return self.refuse(format!(
                "takes words but dataset {set} has numbers; choose a model trained on this dataset"
            ));
        }
        let known = &self.card.vocabulary;
        if known == dataset.vocabulary() {
            return Ok(());
        }
        if known.is_empty() {
            if tokens == dataset.vocabulary().len() {
                found.notes.push(format!(
                    "model {} has no vocabulary: words of {set} are looked up by their number",
                    excerpt(self.name)
                ));
                return Ok(());
            }
            return self.refuse(format!(
                "has no vocabulary and {tokens} tokens where dataset {set} has {}: its words cannot be looked up; train the model again to have its vocabulary in the file",
                dataset.vocabulary().len()
            ));
        }
        let Some((laid, unknown)) = dataset.with_vocabulary_of(known) else {
            return self.refuse(format!("takes words but the words of dataset {set} are gone"));
        };
        found.notes.push(format!(
            "words of {set} are looked up in the vocabulary of model {} ({} words): {} of those in the test part are not in it, and are read as nothing",
            excerpt(self.name),
            format::count(known.len() as u64),
            format::percent(unknown)
        ));
        found.dataset = Arc::new(laid);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
