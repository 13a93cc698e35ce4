//! The parts of a set, as its files have them, made into a dataset.

use super::dataset::{Dataset, Shape, Split};
use super::error::DataError;
use super::guess::Guess;
use super::split::{split_guess, stratified};
use format::{excerpt, path as shown};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// What is told of data without classes.
pub(super) const UNLABELLED: &str =
    "no classes: every sample of the test part is answered, in its order";

/// Samples of one shape, in the parts that there are.
pub(super) struct Parts {
    pub shape: Shape,
    pub train: Option<Split>,
    pub test: Option<Split>,
}

/// How a set is called, and where it comes from, for a person.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub name: &'a str,
    pub source: &'a str,
}

impl Parts {
    /// Both parts as they are; one alone is split 4:1, stratified, from `seed`, and that is told.
    pub fn dataset(
        self,
        origin: Origin,
        classes: Vec<String>,
        seed: u64,
    ) -> Result<Dataset, DataError> {
        let Origin { name, source } = origin;
        let (all, alone) = match (self.train, self.test) {
            (Some(train), Some(test)) => {
                let told = one_sided(&classes, &train.labels, &test.labels);
                let made = Dataset::new(name, source, self.shape, classes, vec![], train, test)?;
                return Ok(made.with_guesses(told));
            }
            (Some(train), None) => (train, None),
            (None, Some(test)) => (test, Some(Guess::note("there is no training part"))),
            (None, None) => (Split::default(), None),
        };
        let mut guesses = split_guess(&all.labels, &classes, seed);
        guesses.extend(alone);
        let (train, test) = stratified(all, self.shape.len(), seed);
        let made = Dataset::new(name, source, self.shape, classes, vec![], train, test)?;
        Ok(made.with_guesses(guesses))
    }

    /// Samples whose classes nobody knows: both parts as they are; one alone is all for testing.
    pub fn unlabelled(self, origin: Origin) -> Result<Dataset, DataError> {
        let (train, test) = match (self.train, self.test) {
            (Some(train), Some(test)) => (train, test),
            (one, other) => (Split::default(), one.or(other).unwrap_or_default()),
        };
        let of = (origin.name, origin.source);
        let made = Dataset::unlabelled(of, self.shape, Vec::new(), train, test)?;
        Ok(made.with_guesses(vec![Guess::note(UNLABELLED)]))
    }

    /// The labels of all parts as classes, see [`number_classes`].
    pub fn number_classes(&mut self, path: &Path) -> Result<Vec<String>, DataError> {
        let parts = [&mut self.train, &mut self.test];
        let mut labels: Vec<&mut Vec<u16>> =
            parts.into_iter().flatten().map(|part| &mut part.labels).collect();
        number_classes(path, &mut labels)
    }
}

/// What is told of classes that only one part has.
pub(super) fn one_sided(classes: &[String], train: &[u16], test: &[u16]) -> Vec<Guess> {
    let [train, test]: [BTreeSet<u16>; 2] =
        [train, test].map(|part| part.iter().copied().collect());
    if train.is_empty() || test.is_empty() {
        return Vec::new();
    }
    let told = |only: Vec<&u16>, what: &str| {
        let names = only.iter().filter_map(|label| classes.get(usize::from(**label)));
        let some: Vec<String> = names.take(NAMED).map(|name| excerpt(name)).collect();
        let more = if only.len() > NAMED { ", …" } else { "" };
        let noun = if only.len() == 1 { "class" } else { "classes" };
        (!some.is_empty()).then(|| Guess::note(format!("{noun} {}{more} {what}", some.join(", "))))
    };
    let untaught = "only in the test part: no network can learn them from the training part";
    let only_test = told(test.difference(&train).collect(), untaught);
    let only_train =
        told(train.difference(&test).collect(), "only in the training part: not tested");
    only_test.into_iter().chain(only_train).collect()
}

/// Most classes that a note lists.
const NAMED: usize = 6;

/// The labels as classes: those that occur, in order of size, named by their numbers. The labels in
/// `parts` become indices into them.
///
/// # Errors
/// When they are less than two.
fn number_classes(path: &Path, parts: &mut [&mut Vec<u16>]) -> Result<Vec<String>, DataError> {
    let found: BTreeSet<u16> = parts.iter().flat_map(|l| l.iter().copied()).collect();
    if let (1, Some(only)) = (found.len(), found.first()) {
        return Err(DataError::Layout {
            path: shown(path),
            reason: format!("all samples have the label {only}; at least 2 classes must occur"),
        });
    }
    let index: HashMap<u16, u16> = found.iter().copied().zip(0..).collect();
    for label in parts.iter_mut().flat_map(|l| l.iter_mut()) {
        *label = index.get(label).copied().unwrap_or(0);
    }
    Ok(found.into_iter().map(|label| label.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_one_part_alone_are_told() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let told = |train: &[u16], test: &[u16]| {
            one_sided(&names, train, test).into_iter().map(|g| g.text).collect::<Vec<_>>()
        };
        assert!(told(&[0, 1, 2], &[2, 1, 0]).is_empty() && told(&[], &[1]).is_empty());
        let both = told(&[0, 1, 1], &[0, 2]);
        assert!(both[0].starts_with("class c only in the test part"), "{both:?}");
        assert!(both[1].starts_with("class b only in the training part"), "{both:?}");
        assert!(told(&[0], &[1, 2])[0].starts_with("classes b, c only"));
    }
}
