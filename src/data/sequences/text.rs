//! Sentences with a class: one a line, the text, a tab, the class.
//!
//! A token is a run of letters, digits and apostrophes in lower case, or a single `!` or `?`; only the
//! last [`MAX_TOKENS`] of a sentence are kept. The vocabulary holds the words that occur at least
//! twice in the training part, the most frequent first; 0 stands for all others.

use super::super::dataset::Dataset;
use super::super::error::DataError;
use super::super::rearrange::Words;
use super::super::source::Source;
use super::super::split::shuffled_test_part;
use super::series::{About, Series, dataset};
use crate::format::excerpt;
use std::collections::{BTreeMap, HashMap};

/// Tokens of a sentence that are kept, its last ones.
const MAX_TOKENS: usize = 32;
/// Times that a word must occur in the training part.
const AT_LEAST: usize = 2;
/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 26;
/// Most different classes.
const MAX_CLASSES: usize = 100;
/// Longest class, bytes.
const MAX_CLASS_BYTES: usize = 40;
/// What the token 0 is called.
const UNKNOWN: &str = "(other)";

/// A sentence, cut into words.
struct Sentence {
    words: Vec<String>,
    label: u16,
}

/// Whether bytes look like labelled sentences: a first line of words, one tab, one more word.
pub(in crate::data) fn is_labelled_text(start: &[u8]) -> bool {
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut parts = line.trim_end().split('\t');
    let (text, class, more) = (parts.next(), parts.next(), parts.next());
    text.is_some_and(|t| t.trim().contains(' ') && t.parse::<f64>().is_err())
        && class.is_some_and(|c| !c.contains(' '))
        && more.is_none()
}

/// Opens files of labelled sentences as one dataset, split 4:1 by seed.
pub(in crate::data) fn open(
    sources: Vec<Source>,
    name: &str,
    origin: &str,
    seed: u64,
) -> Result<Dataset, DataError> {
    let path = sources.first().map(|s| s.path.clone()).unwrap_or_default();
    let mut lines = Vec::new();
    for mut source in sources {
        let bytes = source.read_all(MAX_TEXT_BYTES)?;
        lines.extend(parse(&source.path, &bytes)?);
    }
    let classes: BTreeMap<String, u16> =
        lines.iter().map(|(_, class)| (class.clone(), 0)).collect();
    if classes.len() > MAX_CLASSES {
        let reason = format!("{} different classes; at most {MAX_CLASSES} are read", classes.len());
        return Err(DataError::Layout { path, reason });
    }
    let classes: BTreeMap<String, u16> = classes.into_keys().zip(0..).collect();
    let sentences: Vec<Sentence> = lines
        .into_iter()
        .map(|(words, class)| Sentence { words, label: classes.get(&class).copied().unwrap_or(0) })
        .collect();
    let labels: Vec<u16> = sentences.iter().map(|s| s.label).collect();
    let order: Vec<_> = shuffled_test_part(&labels, seed).collect();
    let of = |tests: bool| -> Vec<&Sentence> {
        let chosen = order.iter().filter(|(_, t)| *t == tests);
        chosen.filter_map(|(sample, _)| sentences.get(*sample)).collect()
    };
    let (train, test) = (of(false), of(true));
    let vocabulary = vocabulary(&train);
    let tokens: HashMap<&str, usize> =
        vocabulary.iter().enumerate().map(|(token, word)| (word.as_str(), token)).collect();
    let series = |sentences: &[&Sentence]| {
        let mut series = Series::default();
        for sentence in sentences {
            let ids =
                sentence.words.iter().map(|w| tokens.get(w.as_str()).copied().unwrap_or(0) as f32);
            series.push(ids.collect(), sentence.label);
        }
        series
    };
    let classes = classes.into_keys().collect();
    let about = About { name, source: origin, path: &path, classes };
    let made = dataset(about, 1, &series(&train), &series(&test))?;
    let words = all_words(&train, &test, made.shape().len());
    Ok(made.with_vocabulary(vocabulary).with_words(words))
}

/// The words of both parts, numbered from 1, in the places of their tokens.
fn all_words<'a>(train: &[&'a Sentence], test: &[&'a Sentence], steps: usize) -> Words {
    let mut numbers: HashMap<&'a str, usize> = HashMap::new();
    let mut all = vec![String::new()];
    let mut part = |sentences: &[&'a Sentence]| {
        let mut series = Series::default();
        for sentence in sentences {
            let number = |word: &'a String| {
                *numbers.entry(word.as_str()).or_insert_with(|| {
                    all.push(word.clone());
                    all.len() - 1
                }) as f32
            };
            series.push(sentence.words.iter().map(number).collect(), sentence.label);
        }
        series.padded(steps, 1).inputs
    };
    let (train, test) = (part(train), part(test));
    Words { all, train, test }
}

fn vocabulary(train: &[&Sentence]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in train.iter().flat_map(|s| &s.words) {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= AT_LEAST).collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    std::iter::once(UNKNOWN)
        .chain(words.into_iter().map(|(word, _)| word))
        .map(str::to_owned)
        .collect()
}

/// Words and class of each line.
fn parse(path: &str, bytes: &[u8]) -> Result<Vec<(Vec<String>, String)>, DataError> {
    let mut found = Vec::new();
    for (at, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let fail = |reason: String| DataError::Csv {
            path: path.to_owned(),
            line: at as u64 + 1,
            column: 0,
            reason,
        };
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches('\u{feff}').trim_end_matches('\r');
        if line.trim().is_empty() {
            continue;
        }
        let (text, class) =
            line.rsplit_once('\t').ok_or_else(|| fail("no tab before the class".into()))?;
        let class = class.trim();
        if class.is_empty() || class.len() > MAX_CLASS_BYTES || class.contains(char::is_control) {
            return Err(fail(format!(
                "class {}; 1 to {MAX_CLASS_BYTES} bytes behind the last tab are needed",
                excerpt(class)
            )));
        }
        let mut words = words(text);
        if words.is_empty() {
            return Err(fail("no word before the tab".into()));
        }
        words.drain(..words.len().saturating_sub(MAX_TOKENS));
        found.push((words, class.to_owned()));
    }
    if found.is_empty() {
        return Err(DataError::Layout { path: path.to_owned(), reason: "no sentences".into() });
    }
    Ok(found)
}

/// The tokens of a sentence.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '\'' {
            word.extend(c.to_lowercase());
            continue;
        }
        let whole = word.trim_matches('\'');
        if !whole.is_empty() {
            words.push(whole.to_owned());
        }
        word.clear();
        if c == '!' || c == '?' {
            words.push(c.to_string());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_tokens() {
        assert_eq!(words("It's GREAT!! 'Not' bad..."), ["it's", "great", "!", "!", "not", "bad"]);
        assert!(words(" ... ").is_empty());
        assert!(is_labelled_text(b"Good case, Excellent value.\t1\nmore"));
        for other in [&b"1.5\t2.5\t0\n"[..], b"a,b,c\n1,2,3", b"", b"2 \t1"] {
            assert!(!is_labelled_text(other), "{other:?}");
        }
    }

    fn source(text: &'static str) -> Vec<Source> {
        vec![Source::from_bytes("s.txt", text.as_bytes()).expect("bytes")]
    }

    #[test]
    fn the_vocabulary_is_that_of_the_training_part() {
        let mut text = String::new();
        for i in 0..50 {
            text.push_str(&format!("good film number{i}\t1\nbad film number{i}\t0\n"));
        }
        let text: &'static str = text.leak();
        let found = open(source(text), "s", "o", 1).expect("opens");
        assert_eq!(found.vocabulary().first().map(String::as_str), Some("(other)"));
        assert_eq!(found.vocabulary().get(1).map(String::as_str), Some("film"));
        assert_eq!((found.train().len(), found.test().len()), (80, 20));
        assert_eq!(found.classes(), ["0", "1"]);
        let largest = found.test().inputs.iter().copied().fold(0.0, f32::max);
        assert!((largest as usize) < found.vocabulary().len());
        assert_eq!(open(source(text), "s", "o", 1).expect("opens"), found);
        assert_ne!(open(source(text), "s", "o", 2).expect("opens"), found);
    }

    #[test]
    fn another_vocabulary_knows_words_that_were_too_rare_for_the_own_one() {
        let mut text = String::from("odd film\t1\n");
        for _ in 0..10 {
            text.push_str("good film\t1\nbad film\t0\n");
        }
        let found = open(source(text.leak()), "s", "o", 1).expect("opens");
        assert!(!found.vocabulary().contains(&"odd".to_owned()));
        let other: Vec<String> = ["(other)", "odd", "bad"].map(str::to_owned).into();
        let laid = found.with_vocabulary_of(&other).expect("sentences");
        assert_eq!((laid.vocabulary(), laid.shape()), (&other[..], found.shape()));
        let all = laid.train().inputs.iter().chain(&laid.test().inputs);
        let count = |token: f32| all.clone().filter(|t| **t == token).count();
        assert_eq!((count(1.0), count(2.0), count(0.0)), (1, 10, 31));
        let own = found.vocabulary().to_vec();
        assert_eq!(found.with_vocabulary_of(&own).expect("sentences"), found);
    }

    #[test]
    fn long_sentences_keep_their_end() {
        let text: &'static str =
            format!("{}end\t1\nshort one\t0\nx y\t1\nz\t0\n", "word ".repeat(99)).leak();
        let found = open(source(text), "s", "o", 1).expect("opens");
        assert_eq!(found.shape(), crate::data::Shape::Sequence { steps: MAX_TOKENS, channels: 1 });
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("fine text\t1\nno tab here\n", "s.txt, line 2: no tab before the class"),
            ("...\t1\n", "s.txt, line 1: no word before the tab"),
            ("text \t\n", "s.txt, line 1: class ; 1 to 40 bytes behind the last tab are needed"),
            ("\n\n", "s.txt: no sentences"),
        ] {
            let found = open(source(text), "s", "o", 1).unwrap_err().to_string();
            assert_eq!(found, expected);
        }
    }
}
