//! What a model and its data must agree on, and which models belong together.

use activation::Activation;
use data::{Dataset, Digest, Sketch};
use format::excerpt;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Longest name in a card, bytes.
const MAX_NAME_BYTES: usize = 1 << 12;

/// Bytes of names that are listed before the rest is only counted.
const LINE: usize = 60;

/// What a network is to others of the same data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// With an activation that is no polynomial.
    Exact,
    /// Every activation is a polynomial.
    Polynomial,
    /// Trained with lookup tables in the place of its activations.
    Table,
}

impl Role {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact activations",
            Self::Polynomial => "polynomial activations",
            Self::Table => "lookup tables",
        }
    }
}

/// A thing by its name and its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub name: String,
    pub digest: Digest,
}

/// Another network for the same data: used in the place of this one only where its digest holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twin {
    pub role: Role,
    pub name: String,
    pub digest: Digest,
}

/// What a model file says beside layers and tensors. Every part may be missing: old files have none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelCard {
    /// What each output stands for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// What each input value is, in order, where it has a name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// What each token stands for, where samples are text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vocabulary: Vec<String>,
    /// What it was trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Identity>,
    /// Of the samples that it was trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Sketch>,
    /// The model that the training began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Identity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<Twin>,
    /// What has to be said of how it was read from a file of another format.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The model that a training begins with, as far as the card of what comes of it needs it.
pub(super) struct Start<'a> {
    pub name: &'a str,
    pub digest: Digest,
    pub role: Role,
    pub card: &'a ModelCard,
}

impl ModelCard {
    /// The names of a dataset.
    pub(super) fn of(dataset: &Dataset) -> Self {
        Self {
            classes: dataset.classes().to_vec(),
            features: dataset.features().to_vec(),
            vocabulary: dataset.vocabulary().to_vec(),
            ..Self::default()
        }
    }

    /// The card of a model trained on `dataset`.
    pub(super) fn trained(dataset: &Dataset, start: Option<Start>) -> Self {
        let identity = Identity { name: dataset.name().to_owned(), digest: dataset.digest() };
        let exact = start.as_ref().and_then(|start| match start.role {
            Role::Exact => {
                Some(Twin { role: Role::Exact, name: start.name.to_owned(), digest: start.digest })
            }
            _ => start.card.twin(Role::Exact).cloned(),
        });
        let earlier = start.as_ref().and_then(|start| start.card.sketch.clone());
        let sketch = Sketch::of(dataset);
        let sketch = earlier.iter().fold(sketch, |all, earlier| all.with_earlier(earlier));
        let parent =
            start.map(|start| Identity { name: start.name.to_owned(), digest: start.digest });
        Self {
            dataset: Some(identity),
            sketch: Some(sketch),
            parent,
            twins: exact.into_iter().collect(),
            ..Self::of(dataset)
        }
    }

    /// The other network in this role.
    pub fn twin(&self, role: Role) -> Option<&Twin> {
        self.twins.iter().find(|twin| twin.role == role)
    }

    /// What it says, for people: rows of a name and a text. `classes` is their number.
    pub(super) fn describe(
        &self,
        classes: usize,
        digest: Digest,
        role: Role,
    ) -> Vec<(&'static str, String)> {
        let class_names = match self.classes.as_slice() {
            [] => format!("{classes}, without names"),
            names => listed(names),
        };
        let mut rows = vec![("classes", class_names)];
        if !self.features.is_empty() {
            rows.push(("columns", listed(&self.features)));
        }
        if !self.vocabulary.is_empty() {
            rows.push(("vocabulary", format!("{} words", self.vocabulary.len())));
        }
        rows.push(("kind", role.name().to_owned()));
        rows.push(("digest", digest.short()));
        let named = |name: &str, digest: &Digest| format!("{} ({})", excerpt(name), digest.short());
        for (head, identity) in [("data", &self.dataset), ("begun with", &self.parent)] {
            if let Some(Identity { name, digest }) = identity {
                rows.push((head, named(name, digest)));
            }
        }
        for Twin { role, name, digest } in &self.twins {
            rows.push(("counterpart", format!("{}, {}", named(name, digest), role.name())));
        }
        rows.extend(self.notes.iter().map(|note| ("note", note.clone())));
        if *self == Self::default() {
            rows.push((
                "note",
                "no names of classes and columns and no digest in the file (an old one)".into(),
            ));
        }
        rows
    }

    /// The names alone: a network whose weights or activations were changed is nobody's twin.
    pub(super) fn names(&self) -> Self {
        Self { dataset: None, sketch: None, parent: None, twins: Vec::new(), ..self.clone() }
    }

    /// Holds the names against the outputs, inputs and tokens of the model.
    pub(super) fn check(&self, classes: usize, inputs: usize, tokens: usize) -> Result<(), String> {
        for (what, names, needed) in [
            ("class", &self.classes, classes),
            ("feature", &self.features, inputs),
            ("word", &self.vocabulary, tokens),
        ] {
            if !names.is_empty() && names.len() != needed {
                return Err(format!("{} {what} names where {needed} are needed", names.len()));
            }
            if names.iter().any(|n| n.len() > MAX_NAME_BYTES) {
                return Err(format!("a {what} name is longer than {MAX_NAME_BYTES} bytes"));
            }
        }
        let mut seen = HashSet::new();
        if !self.classes.iter().all(|name| seen.insert(name)) {
            return Err("two classes have the same name".into());
        }
        let named = self.dataset.iter().chain(&self.parent).map(|i| &i.name);
        if named.chain(self.twins.iter().map(|t| &t.name)).any(|n| n.len() > MAX_NAME_BYTES) {
            return Err(format!("a name is longer than {MAX_NAME_BYTES} bytes"));
        }
        Ok(())
    }
}

/// The role of a network with these activations.
pub(super) fn role_of<'a>(mut activations: impl Iterator<Item = &'a Activation>) -> Role {
    if activations.all(Activation::is_polynomial) { Role::Polynomial } else { Role::Exact }
}

/// Names in a list of about a line.
fn listed(names: &[String]) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        if text.len() > LINE {
            return format!("{text} and {} more", names.len() - at);
        }
        if at > 0 {
            text += ", ";
        }
        text += &excerpt(name);
    }
    text
}

/// A text of one line and at most `bytes` bytes, fit for a model file.
pub(super) fn on_one_line(text: &str, bytes: usize) -> String {
    let mut line = text.replace(char::is_control, " ");
    if line.len() > bytes {
        let end = (0..=bytes.saturating_sub('…'.len_utf8())).rev();
        line.truncate(end.into_iter().find(|at| line.is_char_boundary(*at)).unwrap_or(0));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(on_one_line("a\nb", 9), "a b");
        assert_eq!(on_one_line("äääää", 10), "äääää");
        assert_eq!(on_one_line("äääääää", 10), "äää…");
    }

    #[test]
    fn names_must_fit_the_model() {
        let names = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let card = |classes: &[&str], features: &[&str]| ModelCard {
            classes: names(classes),
            features: names(features),
            ..ModelCard::default()
        };
        assert_eq!(ModelCard::default().check(2, 3, 0), Ok(()));
        assert_eq!(card(&["a", "b"], &["x", "y", "z"]).check(2, 3, 0), Ok(()));
        for wrong in [card(&["a"], &[]), card(&["a", "a"], &[]), card(&[], &["x"])] {
            assert!(wrong.check(2, 3, 0).is_err(), "{wrong:?}");
        }
    }
}
