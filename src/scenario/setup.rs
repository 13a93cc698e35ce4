//! The setup that a result was made with, kept beside it.

use super::scenario::Scenario;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Bytes of a digest that are kept: enough to tell setups apart.
const DIGEST_BYTES: usize = 8;

/// A readable copy of a setup, and a digest to know it again by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// First bytes of the SHA-256 of all settings, without the name, in hexadecimal.
    pub digest: String,
    pub scenario: Scenario,
}

impl Setup {
    /// The record of `scenario`.
    pub fn of(scenario: &Scenario) -> Self {
        let settings = nameless(scenario).to_json();
        let mut digest = String::new();
        for byte in Sha256::digest(settings.as_bytes()).iter().take(DIGEST_BYTES) {
            _ = write!(digest, "{byte:02x}");
        }
        Self { digest, scenario: scenario.clone() }
    }

    /// Whether `scenario` has the same settings, whatever it is called.
    pub fn is(&self, scenario: &Scenario) -> bool {
        nameless(&self.scenario) == nameless(scenario)
    }

    /// All settings that it names, by dotted path.
    pub fn settings(&self) -> Vec<(String, String)> {
        let named = settings(&self.scenario).into_iter();
        named.map(|(name, value)| (name, text(&value))).collect()
    }

    /// Settings that are others in `scenario`, as they are here: `activation.degree=4`.
    pub fn differences(&self, scenario: &Scenario) -> Vec<String> {
        let (here, there) = (settings(&self.scenario), settings(scenario));
        let value = |list: &[(String, Value)], key: &str| {
            list.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone())
        };
        let mut out: Vec<String> = here
            .iter()
            .filter(|(key, found)| value(&there, key).as_ref() != Some(found))
            .map(|(key, found)| format!("{key}={}", text(found)))
            .collect();
        let gone = there.iter().filter(|(key, _)| value(&here, key).is_none());
        out.extend(gone.map(|(key, _)| format!("{key} automatic")));
        out
    }
}

fn nameless(scenario: &Scenario) -> Scenario {
    let (name, description, show) = Default::default();
    Scenario { name, description, show, ..scenario.clone() }
}

/// All settings by dotted path.
fn settings(scenario: &Scenario) -> Vec<(String, Value)> {
    fn flatten(path: &str, value: &Value, out: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path =
                        if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    flatten(&path, value, out);
                }
            }
            other => out.push((path.to_owned(), other.clone())),
        }
    }
    let mut out = Vec::new();
    let value = serde_json::to_value(nameless(scenario)).unwrap_or_default();
    flatten("", &value, &mut out);
    out
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_is_known_by_its_settings_and_not_by_its_name() {
        let digits = Scenario::open("digits").unwrap();
        let named = Scenario { name: "mine".into(), ..digits.clone() };
        let other = digits.with_setting("activation.degree=4").unwrap();
        let setup = Setup::of(&digits);
        assert!(setup.is(&named) && !setup.is(&other));
        assert_eq!(setup.digest, Setup::of(&named).digest);
        assert_ne!(setup.digest, Setup::of(&other).digest);
        assert_eq!(setup.digest.len(), 2 * DIGEST_BYTES);
    }

    #[test]
    fn differences_are_told_as_settings() {
        let digits = Scenario::open("digits").unwrap();
        let other = digits.with_setting("activation.degree=4").unwrap();
        let other = other.with_setting("scheme.prime_count=3").unwrap();
        let mut told = Setup::of(&other).differences(&digits);
        told.sort();
        assert_eq!(told, ["activation.degree=4", "scheme.prime_count=3"]);
        let mut back = Setup::of(&digits).differences(&other);
        back.sort();
        assert_eq!(back, ["activation.degree=2", "scheme.prime_count automatic"]);
        assert!(Setup::of(&digits).differences(&digits).is_empty());
    }
}
