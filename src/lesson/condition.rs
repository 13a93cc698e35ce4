//! When a step is done.

use crate::fact::Facts;
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// What a fact must be for a step to be done. With nothing beside its name: it is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub fact: String,
    /// A word, or one of several with `|` between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, facts: &dyn Facts) -> bool {
        let Some(value) = facts.fact(&self.fact) else { return false };
        let word = match &value {
            Value::Word(word) => word.clone(),
            Value::Number(number) => number.to_string(),
            Value::Curve(_) => String::new(),
        };
        let is = |wanted: &String| wanted.split('|').any(|w| w.trim() == word);
        let number = value.number();
        self.is.as_ref().is_none_or(is)
            && self.at_least.is_none_or(|least| number.is_some_and(|n| n >= least))
            && self.at_most.is_none_or(|most| number.is_some_and(|n| n <= most))
    }
}
