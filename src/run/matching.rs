//! Data are matched to a model by what things are called: columns, classes, words.
//!
//! What has no name on one side is taken by its position, and that is said. What has names on both
//! sides and cannot be matched is refused, both sides named.

use super::RunError;
use crate::data::{Dataset, Shape};
use crate::format::{self, excerpt};
use crate::network::recurrent::RecurrentModel;
use crate::network::{ModelCard, Network};
use std::collections::HashMap;
use std::sync::Arc;

/// Names that a message lists before the rest is only counted.
const LISTED: usize = 6;

/// A dataset as a model takes it.
#[derive(Clone, Debug)]
pub(super) struct Matched {
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
pub(super) fn layers(network: &Network, dataset: &Arc<Dataset>) -> Result<Matched, RunError> {
    let side = Side { name: network.name(), card: network.card(), classes: network.classes() };
    let mut found = Matched { dataset: Arc::clone(dataset), notes: Vec::new() };
    side.columns(&mut found, network.input())?;
    side.shape(&mut found, network.input())?;
    side.classes(&mut found)?;
    Ok(found)
}

/// `dataset` as `model` takes it.
///
/// # Errors
/// When steps, words or classes do not fit.
pub(super) fn sequences(
    model: &RecurrentModel,
    dataset: &Arc<Dataset>,
) -> Result<Matched, RunError> {
    let side = Side { name: model.name(), card: model.card(), classes: model.classes() };
    let mut found = Matched { dataset: Arc::clone(dataset), notes: Vec::new() };
    side.words(&mut found, model)?;
    let Shape::Sequence { channels, .. } = found.dataset.shape() else {
        return Err(RunError::Refused(format!(
            "dataset {} has samples of shape {}, not sequences; a recurrent model needs steps of {} values",
            excerpt(dataset.name()),
            dataset.shape(),
            model.channels()
        )));
    };
    if channels != model.channels() {
        return Err(RunError::Refused(format!(
            "model {} takes steps of {} values but dataset {} has steps of {channels}; choose a model trained on this dataset",
            excerpt(model.name()),
            model.channels(),
            excerpt(dataset.name())
        )));
    }
    side.classes(&mut found)?;
    Ok(found)
}

impl Side<'_> {
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
        let names = Names::new(given);
        let mut from = Vec::with_capacity(wanted.len());
        for name in wanted {
            match names.find(name) {
                Some(at) => from.push(at),
                None => {
                    let unknown = Names::new(wanted);
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
        if from.iter().enumerate().all(|(at, from)| at == *from) && from.len() == given.len() {
            return Ok(());
        }
        let left: Vec<String> = (0..given.len())
            .filter(|c| !from.contains(c))
            .filter_map(|c| given.get(c).cloned())
            .collect();
        let mut note = format!(
            "columns of {set} are matched by name: they are put in the order of model {}",
            excerpt(self.name)
        );
        if !left.is_empty() {
            note += &format!(", and {} left out", listed(&left));
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

    /// Words by the vocabulary of the model, never by the numbers of the file.
    fn words(&self, found: &mut Matched, model: &RecurrentModel) -> Result<(), RunError> {
        let dataset = &found.dataset;
        let set = excerpt(dataset.name());
        let Some(embedding) = model.embedding() else {
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
            let tokens = embedding.table.len() / embedding.width.max(1);
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
        let Some(laid) = dataset.with_vocabulary_of(known) else {
            return self.refuse(format!("takes words but the words of dataset {set} are gone"));
        };
        found.notes.push(format!(
            "words of {set} are looked up in the vocabulary of model {} ({} words)",
            excerpt(self.name),
            format::count(known.len() as u64)
        ));
        found.dataset = Arc::new(laid);
        Ok(())
    }
}

/// Positions of names, by what they say: as they are written, or else alike but for case, blanks and
/// the way a number is written.
struct Names<'a> {
    exact: HashMap<&'a str, Option<usize>>,
    alike: HashMap<String, Option<usize>>,
}

impl<'a> Names<'a> {
    fn new(names: &'a [String]) -> Self {
        let (mut exact, mut alike) = (HashMap::new(), HashMap::new());
        for (at, name) in names.iter().enumerate() {
            // Of two that are the same neither is found.
            exact.entry(name.as_str()).and_modify(|e| *e = None).or_insert(Some(at));
            alike.entry(normal(name)).and_modify(|e| *e = None).or_insert(Some(at));
        }
        Self { exact, alike }
    }

    fn find(&self, name: &str) -> Option<usize> {
        match self.exact.get(name) {
            Some(found) => *found,
            None => self.alike.get(&normal(name)).copied().flatten(),
        }
    }
}

/// A name without what does not matter: case, blanks and underscores around and between words, and how
/// a number is written.
fn normal(name: &str) -> String {
    if let Some(number) = name.trim().parse::<f64>().ok().filter(|n| n.is_finite()) {
        return (number + 0.0).to_string();
    }
    let words: Vec<String> =
        name.split(|c: char| c.is_whitespace() || c == '_').map(str::to_lowercase).collect();
    words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The first few names, and how many more there are.
fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(LISTED).map(|n| excerpt(n)).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        text += &format!(" and {} more", format::count((names.len() - LISTED) as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;
    use crate::network::{self, accuracy};
    use crate::progress::Watch;

    fn names(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    /// A built-in dataset with other names and its samples sent through `change`.
    fn altered(
        name: &str,
        classes: Vec<String>,
        features: Vec<String>,
        change: impl Fn(&[f32], u16) -> Option<(Vec<f32>, u16)>,
    ) -> Arc<Dataset> {
        let known = crate::data::open(name, None).expect("built in");
        let len = known.shape().len();
        let split = |part: &Split| {
            let mut made = Split::default();
            for (row, label) in part.inputs.chunks(len).zip(&part.labels) {
                if let Some((row, label)) = change(row, *label) {
                    made.inputs.extend(row);
                    made.labels.push(label);
                }
            }
            made
        };
        let (train, test) = (split(known.train()), split(known.test()));
        let shape = match train.inputs.len() / train.labels.len().max(1) {
            same if same == len => known.shape(),
            len => Shape::Flat { len },
        };
        let made = Dataset::new("own", "tests", shape, classes, features, train, test);
        Arc::new(made.expect("fits"))
    }

    /// Accuracy of a built-in network on what it is matched with.
    fn judged(network: &str, dataset: &Arc<Dataset>) -> (f64, Vec<String>) {
        let network = network::open(network).expect("built in");
        let Matched { dataset, notes } = layers(&network, dataset).expect("matches");
        let test = dataset.test();
        let outputs = network.forward_batch(&test.inputs, &Watch::silent()).expect("runs");
        assert_eq!(dataset.classes().len(), network.classes());
        (accuracy(&outputs, network.classes(), &test.labels), notes)
    }

    fn hospital() -> (Arc<Dataset>, f64) {
        let known = Arc::new(crate::data::open("breast_cancer", None).expect("built in"));
        let (accuracy, notes) = judged("hospital", &known);
        assert_eq!(notes, Vec::<String>::new());
        (known, accuracy)
    }

    #[test]
    fn columns_in_another_order_change_nothing() {
        let (known, expected) = hospital();
        let order: Vec<usize> = (0..30).map(|c| (7 * c + 3) % 30).collect();
        let features: Vec<String> =
            order.iter().map(|c| known.features()[*c].to_uppercase().replace(' ', "_")).collect();
        let turn = |row: &[f32], label| Some((order.iter().map(|c| row[*c]).collect(), label));
        let turned = altered("breast_cancer", known.classes().to_vec(), features.clone(), turn);
        let (found, notes) = judged("hospital", &turned);
        assert_eq!(found, expected);
        assert!(notes[0].contains("matched by name"), "{notes:?}");

        // With a column that the model does not take in front.
        let wide = std::iter::once("id".to_owned()).chain(features).collect();
        let with_id = |row: &[f32], label| {
            Some((std::iter::once(9.0).chain(order.iter().map(|c| row[*c])).collect(), label))
        };
        let wide = altered("breast_cancer", known.classes().to_vec(), wide, with_id);
        let (found, notes) = judged("hospital", &wide);
        assert_eq!(found, expected);
        assert!(notes[0].contains("id left out"), "{notes:?}");
    }

    #[test]
    fn classes_in_another_order_change_nothing() {
        let (known, expected) = hospital();
        let swap = |row: &[f32], label| Some((row.to_vec(), 1 - label));
        let features = known.features().to_vec();
        let swapped =
            altered("breast_cancer", names(&["Benign", "malignant "]), features.clone(), swap);
        let (found, notes) = judged("hospital", &swapped);
        assert_eq!(found, expected);
        assert!(notes[0].contains("matched by name"), "{notes:?}");
        let network = network::open("hospital").expect("built in");
        for classes in [names(&["B", "M"]), names(&["0", "1"])] {
            let other = altered("breast_cancer", classes.clone(), features.clone(), swap);
            let text = layers(&network, &other).unwrap_err().to_string();
            for part in [&classes[0], "malignant, benign", "?classes="] {
                assert!(text.contains(part), "{text}");
            }
        }
    }

    #[test]
    fn whole_numbers_keep_their_value() {
        let known = crate::data::open("digits", None).expect("built in");
        let network = network::open("digits").expect("built in");
        let outputs = network.forward_batch(&known.test().inputs, &Watch::silent()).expect("runs");
        for (kept, classes) in [
            (vec![1, 2, 7], names(&["1", "2.0", "07"])),
            (
                vec![0, 1, 2, 3, 4, 5, 6, 8, 9],
                names(&["0", "1", "2", "3", "4", "5", "6", "8", "9"]),
            ),
        ] {
            let position = |label| kept.iter().position(|k| *k == label).map(|p| p as u16);
            let few = altered("digits", classes, vec![], |row, label| {
                Some((row.to_vec(), position(label)?))
            });
            // Counted here from the outputs on the whole set.
            let rows = outputs.chunks(10).zip(&known.test().labels);
            let some: Vec<_> = rows.filter(|(_, l)| kept.contains(l)).collect();
            let right = some.iter().filter(|(y, l)| network::argmax(y) == usize::from(**l)).count();
            let (found, notes) = judged("digits", &few);
            assert_eq!(found, right as f64 / some.len() as f64);
            assert!(found > 0.97, "{found}");
            assert!(notes[0].contains("of the 10 classes"), "{notes:?}");
            // The same with a model that names no classes, as old files are.
            let bare = network.clone().with_card(ModelCard::default()).expect("fits");
            let matched = layers(&bare, &few);
            if kept.len() == 9 {
                assert_eq!(matched.expect("matches").dataset.test().labels.iter().max(), Some(&9));
            } else {
                // 2.0 and 07 are no numbers of classes: by position, and said.
                assert!(matched.expect("matches").notes[0].contains("in their order, 1, 2.0, 07"));
            }
        }
    }

    #[test]
    fn what_cannot_be_matched_is_refused_with_both_sides() {
        let network = network::open("digits").expect("built in");
        let mut classes: Vec<String> = (0..10).map(|c| c.to_string()).collect();
        classes[3] = "10".into();
        let other = altered("digits", classes, vec![], |row, label| Some((row.to_vec(), label)));
        let text = layers(&network, &other).unwrap_err().to_string();
        assert!(text.contains("does not know class 10 of dataset own"), "{text}");
        let iris = Arc::new(crate::data::open("iris", None).expect("built in"));
        let text = layers(&network, &iris).unwrap_err().to_string();
        assert!(text.contains("shape 1x8x8") && text.contains("shape 4"), "{text}");
        let hospital = network::open("hospital").expect("built in");
        let text = layers(&hospital, &iris).unwrap_err().to_string();
        for part in ["takes a column mean radius", "it has sepal length (cm)"] {
            assert!(text.contains(part), "{text}");
        }
        let (known, _) = self::hospital();
        let twice = altered(
            "breast_cancer",
            names(&["benign", "Benign"]),
            known.features().to_vec(),
            |row, label| Some((row.to_vec(), label)),
        );
        let text = layers(&hospital, &twice).unwrap_err().to_string();
        assert!(text.contains("two, benign and Benign"), "{text}");
    }

    #[test]
    fn names_are_alike_but_for_how_they_are_written() {
        for (one, other) in
            [("1", "1.0"), ("01", "1"), ("Mean_Radius", "mean  radius"), (" a ", "A")]
        {
            assert_eq!(normal(one), normal(other));
        }
        for (one, other) in [("1", "1a"), ("a b", "ab"), ("nan", "NA")] {
            assert_ne!(normal(one), normal(other));
        }
        let both = names(&["A", "a"]);
        let found = Names::new(&both);
        assert_eq!((found.find("A"), found.find("a"), found.find(" a")), (Some(0), Some(1), None));
    }
}
