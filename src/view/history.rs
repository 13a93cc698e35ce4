//! What a person trained and opened: models with the setup that runs them, and files.

use scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Models and files of a kind that are remembered.
const MOST: usize = 12;

/// A model with the setup that runs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MyModel {
    pub name: String,
    pub setup: Scenario,
    /// Its file is where a person put it; others lie in the temporary folder and are forgotten with the window.
    pub saved: bool,
}

/// What was trained and opened, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    pub models: Vec<MyModel>,
    pub datasets: Vec<String>,
    pub scenarios: Vec<String>,
    /// Titles of the lessons that were finished.
    pub lessons: Vec<String>,
    /// Where the larger datasets lie, when a person chose it.
    pub data_folder: Option<String>,
    /// Days that runs are kept for; without, as long as there is room.
    pub keep_days: Option<u32>,
}

impl History {
    /// The name that it is kept under between starts.
    pub const KEY: &str = "history";

    /// Remembers a model, in the place of what was known of the same file.
    pub fn add_model(&mut self, model: MyModel) {
        self.models.retain(|known| known.setup.model != model.setup.model);
        self.models.insert(0, model);
        self.models.truncate(MOST);
    }

    /// A setup works: a model file that it names is remembered with it.
    pub fn opened(&mut self, setup: &Scenario) {
        let known = self.models.iter_mut().find(|known| known.setup.model == setup.model);
        match known {
            Some(known) => known.setup = setup.clone(),
            None if Path::new(&setup.model).is_file() => {
                let name = file_name(&setup.model).to_owned();
                self.add_model(MyModel { name, setup: setup.clone(), saved: true });
            }
            None => {}
        }
    }

    /// The model was saved: it stays, under the name of its file.
    pub fn save_model(&mut self, before: &str, path: &Path) {
        let found = self.models.iter().find(|known| known.setup.model == before).cloned();
        if let Some(mut model) = found {
            model.setup.model = path.to_string_lossy().into_owned();
            model.name = file_name(&model.setup.model).to_owned();
            model.setup.name.clone_from(&model.name);
            model.saved = true;
            self.models.retain(|known| known.setup.model != before);
            self.add_model(model);
        }
    }

    /// Remembers a dataset or, with `scenario`, a scenario file.
    pub fn add_file(&mut self, path: &str, scenario: bool) {
        let files = if scenario { &mut self.scenarios } else { &mut self.datasets };
        files.retain(|known| known != path);
        files.insert(0, path.to_owned());
        files.truncate(MOST);
    }

    /// A lesson was gone through to its end.
    pub fn finish_lesson(&mut self, title: &str) {
        if !self.lessons.iter().any(|known| known == title) {
            self.lessons.push(title.to_owned());
            let more = self.lessons.len().saturating_sub(MOST);
            self.lessons.drain(..more);
        }
    }

    /// Empties all lists; what a person prefers stays.
    pub fn forget_lists(&mut self) {
        let (data_folder, keep_days) = (self.data_folder.take(), self.keep_days);
        *self = Self { data_folder, keep_days, ..Self::default() };
    }

    /// What is kept for the next time, as text: models whose files stay.
    pub fn to_text(&self) -> String {
        let mut kept = self.clone();
        kept.models.retain(|model| model.saved);
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// What was kept, without what is no longer there; nothing where the text is of another version.
    pub fn from_text(text: &str) -> Self {
        let mut history: Self = serde_json::from_str(text).unwrap_or_default();
        history.models.retain(|model| Path::new(&model.setup.model).is_file());
        history.datasets.retain(|path| is_there(path));
        history.scenarios.retain(|path| is_there(path));
        history.data_folder = history.data_folder.filter(|path| Path::new(path).is_dir());
        history
    }
}

/// Whether a file or folder is there; options may stand behind the path.
fn is_there(path: &str) -> bool {
    let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
    Path::new(path).exists() || Path::new(bare).exists()
}

/// The last part of a path; a built-in name as it is.
pub fn file_name(text: &str) -> &str {
    Path::new(text).file_name().and_then(|n| n.to_str()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(file: &Path, saved: bool) -> MyModel {
        let mut setup = Scenario::open("digits").unwrap();
        setup.model = file.to_string_lossy().into_owned();
        MyModel { name: "net".into(), setup, saved }
    }

    #[test]
    fn what_is_saved_and_still_there_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, gone] =
            ["a.safetensors", "b.safetensors", "gone"].map(|n| folder.path().join(n));
        std::fs::write(&a, "x").unwrap();
        let mut history = History::default();
        for (file, saved) in [(&b, false), (&a, true), (&gone, true), (&a, true)] {
            history.add_model(model(file, saved));
        }
        assert_eq!(history.models.len(), 3, "a file is known once");
        for path in [&a, &gone, &a] {
            history.add_file(&path.to_string_lossy(), false);
            history.add_file(&format!("{}?header=no", path.display()), true);
        }
        let back = History::from_text(&history.to_text());
        assert_eq!(back.models, [model(&a, true)]);
        assert_eq!(back.datasets, [a.to_string_lossy()]);
        assert_eq!(back.scenarios, [format!("{}?header=no", a.display())]);
        assert_eq!(History::from_text("of another version"), History::default());
    }

    #[test]
    fn a_saved_model_takes_the_place_of_the_one_in_the_making() {
        let mut history = History::default();
        history.add_model(model(Path::new("/tmp/1"), false));
        history.save_model("/tmp/1", Path::new("/kept/flowers.safetensors"));
        let [saved] = history.models.try_into().unwrap();
        assert_eq!((saved.name.as_str(), saved.saved), ("flowers.safetensors", true));
        assert_eq!(saved.setup.model, "/kept/flowers.safetensors");
        let mut many = History::default();
        (0..99).for_each(|n| many.add_file(&n.to_string(), false));
        assert_eq!((many.datasets.len(), many.datasets[0].as_str()), (MOST, "98"));
    }
}
