//! A value under encryption: which one is looked at, and what is known of it.

use inference::SeenValue;
use scenario::Scenario;
use worker::{Failure, LookAt};

/// What is looked at of a sample as a ciphertext.
#[derive(Clone, Debug, Default)]
pub struct Ciphertext {
    /// The value that a person chose; else the largest one.
    pub chosen: Option<usize>,
    /// What was asked for last: of which setup, and what of it.
    asked: Option<(Scenario, LookAt)>,
    /// The newest one.
    pub seen: Option<Box<SeenValue>>,
    /// A newer one is on its way.
    pub pending: bool,
    pub failure: Option<String>,
    /// Whether one bit of it was flipped.
    pub flipped: bool,
    /// It was encrypted so many times with the same value.
    pub times: usize,
}

/// A change that a person makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CiphertextEdit {
    /// Another value of the sample.
    Choose(usize),
    /// The same value with new randomness.
    Again,
    /// One bit is changed on the way, or is not.
    Flip(bool),
}

impl Ciphertext {
    /// What is to be looked at, where that is another value than last time or of another setup.
    pub fn ask(&mut self, setup: &Scenario, at: LookAt) -> Option<LookAt> {
        if self.asked.as_ref().is_some_and(|(of, last)| of == setup && *last == at) {
            return None;
        }
        self.asked = Some((setup.clone(), at.clone()));
        (self.pending, self.flipped, self.times) = (true, false, 0);
        Some(at)
    }

    /// Which value of the sample is looked at, where one is.
    pub fn value(&self) -> Option<usize> {
        self.asked.as_ref().map(|(_, at)| at.value)
    }

    /// What was asked for last, to be encrypted again.
    pub fn again(&mut self) -> Option<(Scenario, LookAt)> {
        let asked = self.asked.clone()?;
        (self.pending, self.flipped) = (true, false);
        Some(asked)
    }

    /// Takes in what was asked for.
    pub fn take(&mut self, result: Result<Box<SeenValue>, Failure>) {
        self.pending = false;
        match result {
            Ok(seen) => {
                self.times += 1;
                (self.seen, self.failure) = (Some(seen), None);
            }
            Err(Failure::Cancelled) => {}
            Err(failure) => (self.seen, self.failure) = (None, Some(failure.to_string())),
        }
    }
}
