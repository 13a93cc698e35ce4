//! Sentences with a class: one a line, the text, a tab, the class, or in a table of two columns.
//!
//! A token is a word (see [`super::words`]); only the last [`MAX_TOKENS`] of a sentence are kept. The
//! vocabulary holds the words that occur at least twice in the training part, the most frequent
//! first; 0 stands for all others.

use super::super::csv::CsvOptions;
use super::super::dataset::Dataset;
use super::super::error::DataError;
use super::super::guess::Guess;
use super::super::source::Source;
use super::super::split::{shuffled_test_part, split_guess};
use super::super::words::Words;
use super::labelled::{self, Labelled};
use super::series::{About, Series, dataset};
use super::words::words;
use std::collections::{BTreeMap, HashMap};

/// Tokens of a sentence that are kept, its last ones.
const MAX_TOKENS: usize = 32;
/// Times that a word must occur in the training part.
const AT_LEAST: usize = 2;
/// Largest text that is read, bytes.
const MAX_TEXT_BYTES: u64 = 1 << 26;
/// Most different classes.
const MAX_CLASSES: usize = 100;
/// What the token 0 is called.
const UNKNOWN: &str = "(other)";

/// A sentence, cut into words.
struct Sentence {
    words: Vec<String>,
    label: u16,
}

/// Opens files of labelled sentences as one dataset, split 4:1 by seed.
pub(crate) fn open(
    sources: Vec<Source>,
    name: &str,
    origin: &str,
    seed: u64,
) -> Result<Dataset, DataError> {
    open_with(sources, name, origin, &CsvOptions { seed, ..CsvOptions::default() })
}

/// The same with options: `class` (first, last or none), `header`, `skip` and `seed` are used.
pub(crate) fn open_with(
    sources: Vec<Source>,
    name: &str,
    origin: &str,
    options: &CsvOptions,
) -> Result<Dataset, DataError> {
    let path = sources.first().map(|s| s.path.clone()).unwrap_or_default();
    let seed = options.seed;
    let (mut lines, mut guesses) = (Vec::new(), Vec::new());
    for mut source in sources {
        let bytes = source.read_all(MAX_TEXT_BYTES)?;
        let (labelled, told) = match options.unlabelled {
            true => labelled::unlabelled(&source.path, bytes, options.skip_lines)?,
            false => labelled::parse(&source.path, bytes, options)?,
        };
        guesses.extend(told.into_iter().filter(|g| !guesses.contains(g)).collect::<Vec<_>>());
        lines.extend(cut(&source.path, labelled, &mut guesses)?);
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
    let order: Vec<_> = match options.unlabelled {
        true => (0..labels.len()).map(|sample| (sample, true)).collect(),
        false => shuffled_test_part(&labels, seed).collect(),
    };
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
    let mut classes: Vec<String> = classes.into_keys().collect();
    if options.unlabelled {
        classes.clear();
    } else {
        guesses.extend(split_guess(&labels, &classes, seed));
    }
    let about = About { name, source: origin, path: &path, classes };
    let made = dataset(about, 1, &series(&train), &series(&test))?;
    let words = all_words(&train, &test, made.shape().len());
    Ok(made.with_vocabulary(vocabulary).with_words(words).with_guesses(guesses))
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

/// Words and class of each sentence.
fn cut(
    path: &str,
    labelled: Vec<Labelled>,
    guesses: &mut Vec<Guess>,
) -> Result<Vec<(Vec<String>, String)>, DataError> {
    let (mut found, mut cut) = (Vec::new(), 0);
    for Labelled { text, class, line } in labelled {
        let mut words = words(&text);
        if words.is_empty() {
            let reason = "no word in the sentence".to_owned();
            return Err(DataError::Csv { path: path.to_owned(), line, column: 0, reason });
        }
        cut += usize::from(words.len() > MAX_TOKENS);
        words.drain(..words.len().saturating_sub(MAX_TOKENS));
        found.push((words, class));
    }
    if cut > 0 {
        guesses.push(Guess::note(format!(
            "{cut} of {} sentences are longer than {MAX_TOKENS} words; the last {MAX_TOKENS} are read",
            found.len()
        )));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let (laid, unknown) = found.with_vocabulary_of(&other).expect("sentences");
        // Each sentence has two words; `film` and `good` are not known.
        let test = laid.test();
        let known = test.inputs.iter().filter(|t| **t > 0.0).count() as f64;
        assert!((unknown - (1.0 - known / (2.0 * test.len() as f64))).abs() < 1e-12 && known > 0.0);
        assert_eq!((laid.vocabulary(), laid.shape()), (&other[..], found.shape()));
        let all = laid.train().inputs.iter().chain(&laid.test().inputs);
        let count = |token: f32| all.clone().filter(|t| **t == token).count();
        assert_eq!((count(1.0), count(2.0), count(0.0)), (1, 10, 31));
        let own = found.vocabulary().to_vec();
        assert_eq!(found.with_vocabulary_of(&own).expect("sentences").0, found);
    }

    #[test]
    fn long_sentences_keep_their_end() {
        let text: &'static str =
            format!("{}end\t1\nshort one\t0\nx y\t1\nz\t0\n", "word ".repeat(99)).leak();
        let found = open(source(text), "s", "o", 1).expect("opens");
        assert_eq!(found.shape(), crate::Shape::Sequence { steps: MAX_TOKENS, channels: 1 });
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("fine text\t1\nno tab here\n", "s.txt, line 2: no tab before the class"),
            ("...\t1\n", "s.txt, line 1: no word in the sentence"),
            (
                "text \t\n",
                "s.txt, line 1: class \"\"; 1 to 40 bytes behind the last tab are needed",
            ),
            ("\n\n", "s.txt: no sentences"),
        ] {
            let found = open(source(text), "s", "o", 1).unwrap_err().to_string();
            assert_eq!(found, expected);
        }
    }
}
