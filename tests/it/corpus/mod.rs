//! Strange and hostile inputs, each with what must become of it: read as what, told what, or refused
//! in which words. The right values are known by how each input is made.

mod cells;
mod csv;
mod files;
mod idx;
mod sentences;
mod series;

use cryptoscope::data::{Dataset, open};
use cryptoscope::network::recurrent::RecurrentModel;
use cryptoscope::scenario::Scenario;
use cryptoscope::training::Checkpoint;
use std::path::Path;

/// Longest message, characters, the path aside.
const LONGEST: usize = 420;

/// What reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Data,
    Model,
    Scenario,
    Checkpoint,
}

/// What must become of an input.
enum Outcome {
    Read {
        samples: usize,
        /// Values of a sample.
        values: usize,
        classes: Vec<String>,
        /// Sum of all values.
        sum: Option<f64>,
        /// What a guess says, or an option that undoes one.
        told: Vec<&'static str>,
        /// What no guess says.
        untold: Vec<&'static str>,
    },
    /// Words of the message.
    Refused(Vec<&'static str>),
    /// Read as something else than a dataset.
    Opened,
}

/// One input.
struct Case {
    /// What it is, in words.
    what: String,
    reader: Reader,
    files: Vec<(String, Vec<u8>)>,
    /// The file that is opened, and options.
    open: String,
    outcome: Outcome,
}

impl Case {
    fn new(what: &str, reader: Reader, file: &str, bytes: impl AsRef<[u8]>) -> Self {
        Self {
            what: what.into(),
            reader,
            files: vec![(file.into(), bytes.as_ref().to_vec())],
            open: file.into(),
            outcome: Outcome::Refused(Vec::new()),
        }
    }

    fn with(mut self, file: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.push((file.into(), bytes.as_ref().to_vec()));
        self
    }

    fn opening(mut self, open: &str) -> Self {
        self.open = open.into();
        self
    }

    fn options(mut self, options: &str) -> Self {
        self.open = format!("{}?{options}", self.open);
        self
    }

    fn refused(mut self, words: &[&'static str]) -> Self {
        self.outcome = Outcome::Refused(words.to_vec());
        self
    }

    fn opened(mut self) -> Self {
        self.outcome = Outcome::Opened;
        self
    }

    fn read(mut self, samples: usize, values: usize, classes: &[&str]) -> Self {
        let classes = classes.iter().map(|c| (*c).to_owned()).collect();
        let (told, untold) = (Vec::new(), Vec::new());
        self.outcome = Outcome::Read { samples, values, classes, sum: None, told, untold };
        self
    }

    fn sum(mut self, expected: f64) -> Self {
        if let Outcome::Read { sum, .. } = &mut self.outcome {
            *sum = Some(expected);
        }
        self
    }

    fn told(mut self, words: &[&'static str]) -> Self {
        if let Outcome::Read { told, .. } = &mut self.outcome {
            told.extend(words);
        }
        self
    }

    fn untold(mut self, words: &[&'static str]) -> Self {
        if let Outcome::Read { untold, .. } = &mut self.outcome {
            untold.extend(words);
        }
        self
    }

    /// What differs from what must become of it; `None` where nothing does.
    fn differs(&self) -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in &self.files {
            std::fs::write(folder.path().join(name), bytes).expect("written");
        }
        let path = format!("{}/{}", folder.path().display(), self.open);
        let place = folder.path().display().to_string();
        let found = match self.reader {
            Reader::Data => open(&path, None).map(Some).map_err(|e| e.to_string()),
            Reader::Model => model(Path::new(&path)).map(|()| None),
            Reader::Scenario => Scenario::open(&path).map(|_| None).map_err(|e| e.to_string()),
            Reader::Checkpoint => {
                Checkpoint::open(Path::new(&path)).map(|_| None).map_err(|e| e.to_string())
            }
        };
        match (found, &self.outcome) {
            (Err(text), Outcome::Refused(words)) => refusal(&text.replace(&place, ""), words),
            (Err(text), _) => Some(format!("refused: {text}")),
            (Ok(None), Outcome::Opened) => None,
            (Ok(Some(dataset)), Outcome::Read { .. }) => self.reading(&dataset),
            (Ok(Some(dataset)), _) => {
                let guesses: Vec<_> = dataset.guesses().iter().map(ToString::to_string).collect();
                Some(format!("read as {} {:?}: {guesses:?}", dataset.shape(), dataset.classes()))
            }
            (Ok(None), _) => Some("opened".into()),
        }
    }

    fn reading(&self, dataset: &Dataset) -> Option<String> {
        let Outcome::Read { samples, values, classes, sum, told, untold } = &self.outcome else {
            return None;
        };
        let found = (dataset.train().len() + dataset.test().len(), dataset.shape().len());
        if found != (*samples, *values) {
            return Some(format!("{} samples of {}, not {samples} of {values}", found.0, found.1));
        }
        if dataset.classes() != classes {
            return Some(format!("classes {:?}, not {classes:?}", dataset.classes()));
        }
        let all = dataset.train().inputs.iter().chain(&dataset.test().inputs);
        let total: f64 = all.map(|v| f64::from(*v)).sum();
        if let Some(sum) = sum
            && (total - sum).abs() > 1e-6 * sum.abs() + 1e-12
        {
            return Some(format!("values add up to {total}, not {sum}"));
        }
        let guesses: Vec<String> = dataset.guesses().iter().map(ToString::to_string).collect();
        if let Some(ugly) = guesses.iter().find_map(|g| ugly(g)) {
            return Some(ugly);
        }
        let all = guesses.join(" | ");
        let missing = told.iter().find(|w| !all.contains(**w)).map(|w| format!("not told: {w}"));
        let extra = untold.iter().find(|w| all.contains(**w)).map(|w| format!("told: {w}"));
        missing.or(extra).map(|what| format!("{what} in {all}"))
    }
}

/// A message must hold the words, on one short line without raw control characters.
fn refusal(text: &str, words: &[&str]) -> Option<String> {
    if let Some(missing) = words.iter().find(|w| !text.contains(**w)) {
        return Some(format!("not said: {missing} in: {text}"));
    }
    ugly(text)
}

/// What is wrong with the look of a text.
fn ugly(text: &str) -> Option<String> {
    let turned = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(turned) {
        return Some(format!("raw control characters: {text:?}"));
    }
    let length = text.chars().count();
    (length > LONGEST).then(|| format!("{length} characters: {text}"))
}

fn model(path: &Path) -> Result<(), String> {
    let recurrent = RecurrentModel::load(path).map(|_| ()).map_err(|e| e.to_string());
    cryptoscope::import::load(path)
        .map(|_| ())
        .map_err(|e| e.to_string())
        .or_else(|e| recurrent.map_err(|_| e))
}

#[test]
fn every_input_is_read_or_refused_as_it_should_be() {
    let cases: Vec<Case> =
        [csv::cases(), sentences::cases(), series::cases(), idx::cases(), files::cases()]
            .into_iter()
            .flatten()
            .collect();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|case| case.differs().map(|d| format!("{} ({:?}): {d}", case.what, case.open)))
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {} differ:\n{}",
        differing.len(),
        cases.len(),
        differing.join("\n")
    );
}
