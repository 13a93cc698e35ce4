//! Scenarios in files, and the files that scenarios name.

use super::scenario::{Scenario, ScenarioError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Largest scenario file that is read, bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

impl Scenario {
    /// A built-in scenario by name, a built-in model on its dataset, or a scenario from a file (`-` for
    /// standard input). Relative paths in a file begin at its folder.
    pub fn open(name_or_path: &str) -> Result<Self, ScenarioError> {
        Self::open_told(name_or_path).map(|(scenario, _)| scenario)
    }

    /// As [`Scenario::open`], with what is to be said of where its files were found.
    pub fn open_told(name_or_path: &str) -> Result<(Self, Vec<String>), ScenarioError> {
        if let Some(found) = Self::built_in_named(name_or_path) {
            return Ok((found, Vec::new()));
        }
        let Some(path) = path_of(name_or_path) else {
            let known: Vec<_> = Self::built_in().into_iter().map(|s| s.name).collect();
            return Err(ScenarioError::Unknown {
                name: name_or_path.into(),
                known: known.join(", "),
            });
        };
        read(&path)
    }
}

/// The file that a scenario of this name is read from; `None` when it can only be a name.
fn path_of(name: &str) -> Option<PathBuf> {
    let path = file::as_path(name);
    let named_as_one = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
        || path.components().count() > 1;
    (named_as_one || name == STANDARD_INPUT || path.exists() && !path.is_dir()).then_some(path)
}

/// The scenario in a file, and what is to be said of where its files were found.
fn read(path: &Path) -> Result<(Scenario, Vec<String>), ScenarioError> {
    let shown = format::path(path);
    let parse = |reason| ScenarioError::Parse { from: shown.clone(), reason };
    let bytes = if path == Path::new(STANDARD_INPUT) {
        standard_input()
    } else {
        data::open_regular(path).and_then(bounded)
    };
    let bytes =
        bytes.map_err(|e| ScenarioError::Read { path: shown.clone(), cause: e.to_string() })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ScenarioError::TooLarge { path: shown, max: MAX_FILE_BYTES });
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        parse(format!("byte {} is no UTF-8; save it as UTF-8 text", at + 1))
    })?;
    // Some editors begin a file with a mark of its byte order.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let scenario = parsed(text).map_err(parse)?;
    Ok(beside(path, scenario))
}

/// The scenario in a text, or what is wrong with it.
fn parsed(text: &str) -> Result<Scenario, String> {
    let mut from = serde_json::Deserializer::from_str(text);
    let read = file::fields(&mut from);
    read.and_then(|scenario| from.end().map(|()| scenario)).map_err(|e| {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let is_network = value.is_some_and(|v| v.get("layers").is_some_and(|l| l.is_array()));
        if is_network {
            "this is a network with arrays beside it, no scenario; use it as the model: --set model=FILE, or Model, Open… in the window".into()
        } else {
            file::reason_in(text, &e)
        }
    })
}

/// The bytes of a file, of a long one no more than are needed to see that it is too long.
fn bounded(file: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Standard input, read once and kept.
fn standard_input() -> std::io::Result<Vec<u8>> {
    static READ: Mutex<Option<Vec<u8>>> = Mutex::new(None);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = &*read {
        return Ok(bytes.clone());
    }
    Ok(read.insert(bounded(std::io::stdin())?).clone())
}

/// Takes the relative paths of a scenario from the folder of its file, or from where one stands when
/// they lead to nothing there, which is said.
fn beside(path: &Path, mut scenario: Scenario) -> (Scenario, Vec<String>) {
    let mut notes = Vec::new();
    let Some(folder) = path.parent().filter(|f| *f != Path::new("")) else {
        return (scenario, notes);
    };
    let dataset = scenario.dataset.clone();
    let model = scenario.model.clone();
    let parts = [
        ("dataset", &dataset, data::is_named(&dataset), &mut scenario.dataset),
        ("model", &model, network::is_named(&model), &mut scenario.model),
    ];
    for (what, text, named, place) in parts {
        if named || Path::new(text).is_absolute() {
            continue;
        }
        let there = file::as_text(folder.join(file::as_path(text)).as_os_str());
        if data::path_of(&there).is_some() {
            *place = there;
        } else if data::path_of(text).is_some() {
            notes.push(format!(
                "{what} {} is not in the folder of {}; it is taken from the folder you are in",
                format::excerpt(text),
                format::path(path)
            ));
        }
    }
    (scenario, notes)
}

impl Scenario {
    /// The scenario as one line of text, to be sent to somebody.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The scenario in such a line, or in the text of a file. Relative paths begin where one stands.
    ///
    /// # Errors
    /// When it is none, or longer than files may be.
    pub fn from_text(text: &str) -> Result<Self, ScenarioError> {
        let from = "pasted text".to_owned();
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(ScenarioError::TooLarge { path: from, max: MAX_FILE_BYTES });
        }
        parsed(text.trim()).map_err(|reason| ScenarioError::Parse { from, reason })
    }

    /// The files that a run reads, each with what it is: nothing may be written over them.
    pub fn files(&self, data_dir: Option<&Path>) -> Vec<(&'static str, PathBuf)> {
        let dataset = data::files(&self.dataset, data_dir);
        let mut all: Vec<_> = dataset.into_iter().map(|path| ("dataset", path)).collect();
        if !network::is_named(&self.model) {
            all.push(("model", file::as_path(&self.model)));
        }
        all
    }

    /// The file that [`Scenario::open`] reads for this name; `None` for what is built in.
    pub fn file_of(name: &str) -> Option<PathBuf> {
        if Self::built_in_named(name).is_some() { None } else { path_of(name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"name": "own", "model": "digits", "dataset": "digits"}"#;

    #[test]
    fn a_file_is_one_under_any_name_and_with_a_mark_of_byte_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["s.json", "S.JSON", "s"] {
            let path = dir.path().join(name);
            std::fs::write(&path, format!("\u{feff}{TEXT}")).unwrap();
            assert_eq!(Scenario::open(path.to_str().unwrap()).unwrap().name, "own", "{name}");
        }
    }

    #[test]
    fn relative_paths_begin_at_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("t.csv"), "a,class\n").unwrap();
        let path = dir.path().join("s.json");
        let open = |dataset: &str| {
            std::fs::write(
                &path,
                TEXT.replace("\"dataset\": \"digits\"", &format!("\"dataset\": \"{dataset}\"")),
            )
            .unwrap();
            Scenario::open_told(path.to_str().unwrap()).unwrap()
        };
        let there = dir.path().join("t.csv?class=a");
        assert_eq!(
            open("t.csv?class=a"),
            (Scenario { dataset: there.display().to_string(), ..open("digits").0 }, vec![])
        );
        // Tests are run in the folder of the package.
        let (here, notes) = open("Cargo.toml");
        assert_eq!((here.dataset.as_str(), notes.len()), ("Cargo.toml", 1));
        assert!(notes[0].contains("the folder you are in"), "{notes:?}");
        assert_eq!(open("nowhere.csv").0.dataset, "nowhere.csv");
        assert_eq!(open("digits").0.dataset, "digits");
    }

    #[test]
    fn what_is_wrong_is_told_in_plain_words() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.json");
        let told = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Scenario::open(path.to_str().unwrap()).unwrap_err().to_string()
        };
        let seed = TEXT.replace('}', ", \"seed\": \"x\"}");
        assert!(
            told(seed.as_bytes()).contains("seed must be a whole number"),
            "{}",
            told(seed.as_bytes())
        );
        for (text, wanted) in [
            (String::new(), "there is nothing in it"),
            ("[]".into(), "the whole must be a group of fields in { }, and is a list"),
            ("[".repeat(500), "the whole must be a group of fields in { }, and is a list"),
            (
                TEXT.replace('}', ", \"activation\": {\"layers\": [[[[[["),
                "activation.layers.1 must be a group of fields in { }, and is a list",
            ),
            (
                TEXT.replace('}', ", \"activation\": {\"layers\": 7}}"),
                "activation.layers must be a list with an entry for each activation layer, or",
            ),
            (TEXT.replace('}', ", \"scheme\": []}"), "scheme must be a group of fields"),
            (TEXT.replace('}', ", \"sequence\": []}"), "sequence must be a group of fields"),
            (TEXT.replace('}', ", \"sequence\": null}"), "read"),
        ] {
            std::fs::write(&path, &text).unwrap();
            let found = Scenario::open(path.to_str().unwrap());
            let found = found.map_or_else(|e| e.to_string(), |_| "read".to_owned());
            assert!(found.contains(wanted), "{found}");
        }
        assert!(told(b"{\"name\": \"\xff\"}").contains("byte 11 is no UTF-8"));
        assert!(told(&vec![b' '; 2 << 20]).contains("at most 1048576"));
        let folder = Scenario::open(dir.path().to_str().unwrap()).unwrap_err().to_string();
        assert!(folder.contains("it is a folder"), "{folder}");
    }
}
