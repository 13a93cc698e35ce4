//! The words of the field, each in three sentences.

use serde::Deserialize;
use std::sync::LazyLock;

/// A word of the field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    pub term: String,
    pub text: String,
    /// What it is called where it stands in the window.
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub formula: String,
    /// The tab where it can be seen; empty where there is none.
    #[serde(default)]
    pub see: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Glossary {
    terms: Vec<Term>,
}

const TEXT: &str = include_str!("../../assets/glossary.json");

static TERMS: LazyLock<Vec<Term>> =
    LazyLock::new(|| serde_json::from_str::<Glossary>(TEXT).map(|g| g.terms).unwrap_or_default());

/// All words, by name.
pub fn terms() -> &'static [Term] {
    &TERMS
}

/// The word that a label of the window stands for.
pub fn term_of(label: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.labels.iter().any(|known| known == label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_has_three_sentences_and_labels_of_its_own() {
        assert!(terms().len() > 35, "{}", terms().len());
        let mut labels = BTreeSet::new();
        for term in terms() {
            // A full stop ends a sentence; a colon within one does not.
            let sentences = term.text.split(". ").count();
            assert_eq!(sentences, 3, "{}: {}", term.term, term.text);
            for label in &term.labels {
                assert!(labels.insert(label), "{label} stands for two words");
            }
        }
    }

    #[test]
    fn the_page_of_words_is_made_from_them() {
        let mut page = "# Words\n\nThe terms that the window explains where they stand: a dotted line under a word opens its card. This page is made from `assets/glossary.json`.\n".to_owned();
        for term in terms() {
            page.push_str(&format!("\n## {}\n\n{}\n", term.term, term.text));
            if !term.formula.is_empty() {
                page.push_str(&format!("\n> {}\n", term.formula));
            }
        }
        assert_eq!(page, include_str!("../../docs/glossary.md"));
    }
}
