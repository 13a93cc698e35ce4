//! The same samples with their columns, classes or words in the order in which a model takes them.

use super::dataset::{Dataset, Shape, Split};
use super::words::Words;
use std::collections::HashMap;
use std::sync::Arc;

impl Dataset {
    /// The same samples with `names` for classes, where class `i` is now class `to[i]`; data without
    /// classes stay so, and have the names alone.
    pub fn with_classes(&self, names: &[String], to: &[u16]) -> Self {
        let split = |part: &Split| {
            let label = |l: &u16| to.get(usize::from(*l)).copied().unwrap_or(*l);
            Split { labels: part.labels.iter().map(label).collect(), ..part.clone() }
        };
        let (train, test) = (split(&self.train), split(&self.test));
        Self { classes: names.to_vec(), train, test, ..self.clone() }
    }

    /// The same samples with only the columns `from`, in this order; zeros where there is only a name. For
    /// samples without an order in space or time.
    pub fn with_columns(&self, from: &[Result<usize, String>]) -> Self {
        let len = self.shape.len();
        let split = |part: &Split| {
            let of = |row: &[f32]| {
                let cell = |c: &Result<usize, String>| {
                    c.as_ref().ok().and_then(|c| row.get(*c).copied()).unwrap_or(0.0)
                };
                from.iter().map(cell).collect::<Vec<f32>>()
            };
            Split { inputs: part.inputs.chunks(len).flat_map(of).collect(), ..part.clone() }
        };
        let (train, test) = (split(&self.train), split(&self.test));
        let name = |c: &Result<usize, String>| match c {
            Ok(c) => self.features.get(*c).cloned(),
            Err(name) => Some(name.clone()),
        };
        let features = from.iter().filter_map(name).collect();
        let shape = Shape::Flat { len: from.len() };
        Self { shape, features, train, test, ..self.clone() }
    }

    /// The same sentences with the words numbered as `vocabulary` has them, 0 where it has not, and the
    /// share of the words of the test part that it has not; `None` where samples are no sentences.
    pub fn with_vocabulary_of(&self, vocabulary: &[String]) -> Option<(Self, f64)> {
        let words = self.words.as_ref()?;
        let tokens: HashMap<&str, usize> =
            vocabulary.iter().enumerate().map(|(token, word)| (word.as_str(), token)).collect();
        let token_of: Vec<f32> = words
            .all
            .iter()
            .map(|word| tokens.get(word.as_str()).copied().unwrap_or(0) as f32)
            .collect();
        let split = |part: &Split, ids: &[f32]| {
            let token = |id: &f32| token_of.get(*id as usize).copied().unwrap_or(0.0);
            Split { inputs: ids.iter().map(token).collect(), ..part.clone() }
        };
        let train = split(&self.train, &words.train);
        let test = split(&self.test, &words.test);
        let unknown = |(_, token): &(&f32, &f32)| **token == 0.0;
        let said = || words.test.iter().zip(&test.inputs).filter(|(word, _)| **word != 0.0);
        let share = said().filter(unknown).count() as f64 / said().count().max(1) as f64;
        Some((Self { vocabulary: vocabulary.to_vec(), train, test, ..self.clone() }, share))
    }

    /// The same dataset of sentences with all their words.
    pub(super) fn with_words(self, words: Words) -> Self {
        Self { words: Some(Arc::new(words)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn columns_and_classes_go_where_they_are_sent() {
        let split = Split {
            inputs: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            labels: vec![1, 0],
            lengths: vec![],
        };
        let shape = Shape::Flat { len: 3 };
        let (classes, features) = (names(&["yes", "no"]), names(&["a", "b", "c"]));
        let made = Dataset::new("d", "s", shape, classes, features, split.clone(), split);
        let made = made.expect("fits");
        let turned = made.with_columns(&[Ok(2), Ok(0)]);
        assert_eq!(turned.test().inputs, [3.0, 1.0, 6.0, 4.0]);
        assert_eq!(
            (turned.features(), turned.shape()),
            (&names(&["c", "a"])[..], Shape::Flat { len: 2 })
        );
        assert_eq!(
            made.with_columns(&[Err("d".into()), Ok(1)]).test().inputs,
            [0.0, 2.0, 0.0, 5.0]
        );
        let known = names(&["maybe", "no", "yes"]);
        let mapped = made.with_classes(&known, &[2, 1]);
        assert_eq!((mapped.test().labels.as_slice(), mapped.classes()), (&[1, 2][..], &known[..]));
        assert_eq!(made.with_vocabulary_of(&known), None);
    }
}
