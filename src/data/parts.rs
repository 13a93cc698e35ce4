//! The parts of a set, as its files have them, made into a dataset.

use super::dataset::{Dataset, Shape, Split};
use super::error::DataError;
use super::guess::Guess;
use super::split::{split_guess, stratified};
use format::path as shown;
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
                let made = Dataset::new(name, source, self.shape, classes, vec![], train, test)?;
                return Ok(made);
            }
            (Some(train), None) => (train, None),
            (None, Some(test)) => (test, Some(Guess::note("there is no training part"))),
            (None, None) => (Split::default(), None),
        };
        let mut guesses = split_guess(&all.labels, &classes, seed);
        guesses.extend(alone);
        let (train, test) = stratified(&all.inputs, &all.labels, self.shape.len(), seed);
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
