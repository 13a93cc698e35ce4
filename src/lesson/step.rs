//! A lesson as it is written.

use crate::condition::Condition;
use crate::deed::Deed;
use crate::fact::fact_spec;
use crate::unit::Unit;
use serde::{Deserialize, Serialize};

/// A lesson as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Version of the format, 1.
    pub lesson: u32,
    pub title: String,
    /// What it answers, one sentence.
    pub question: String,
    /// How long it takes in a class, about.
    pub minutes: u32,
    pub steps: Vec<Step>,
}

/// One step: a text, and what is to be done before the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// What is said. `{run.times_slower}` and the like stand for facts.
    pub text: String,
    /// What is said when the step is done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// The setup that the step begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<Setting>,
    /// The tab that the step begins with, by its name in the bar.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tab: String,
    /// The control with a ring around it, by the name that screen readers have.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub highlight: String,
    /// What can be used meanwhile: labels of commands, names of tabs, keys of settings, areas; everything when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// What must hold before the next step, all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Question>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predict: Option<Prediction>,
    /// What *Do it for me* does; no such button where it is empty.
    #[serde(rename = "do", skip_serializing_if = "Vec::is_empty")]
    pub deeds: Vec<Deed>,
}

/// A setup: a scenario, or the one that is there, with settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// A built-in scenario; left out, the setup as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// `KEY=VALUE`, as after `--set`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
}

/// A question with choices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub question: String,
    pub choices: Vec<String>,
    /// Which of them is right, counted from 1.
    pub right: usize,
    /// Why, told with the answer.
    pub because: String,
}

/// How a guess is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One number on a line.
    #[default]
    Number,
    /// A value at every place of a curve.
    Curve,
    /// One place of a curve, and the value there.
    Point,
}

/// Something to be guessed by hand before a run shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// What is guessed.
    pub fact: String,
    #[serde(default)]
    pub kind: Kind,
    /// What the axis is called.
    pub label: String,
    /// Ends of the axis, in the unit of the fact.
    pub from: f64,
    pub to: f64,
}

/// An axis over so many times is logarithmic.
const LOGARITHMIC: f64 = 100.0;

impl Prediction {
    /// Whether the axis is logarithmic.
    pub fn is_logarithmic(&self) -> bool {
        self.from > 0.0 && self.to / self.from >= LOGARITHMIC
    }

    /// The unit of what is guessed.
    pub fn unit(&self) -> Unit {
        fact_spec(&self.fact).map_or(Unit::Number, |spec| spec.unit)
    }
}
