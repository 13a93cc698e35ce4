//! What is opened and saved: asked for with a dialog, then done.

use super::app::App;
use super::command::Command;
use super::dialog::{OpenKind, PathDialog, Purpose};
use super::export_id::ExportId;
use super::exports::{self, Content};
use file::Uses;
use scenario::Scenario;
use std::path::{Path, PathBuf};
use worker::Key;

impl App {
    /// Asks for the path of what is to be opened.
    pub(super) fn ask_open(&mut self, opening: OpenKind) {
        let scenario = &self.state.scenario;
        let (command, path) = match opening {
            OpenKind::Scenario => (Command::OpenScenario, String::new()),
            OpenKind::Model => (Command::OpenModel, as_path(&scenario.model)),
            OpenKind::Dataset => (Command::OpenDataset, as_path(&scenario.dataset)),
            OpenKind::DataFolder => {
                let folder = self.state.data_folder.as_ref();
                let text = folder.map_or(String::new(), |f| f.to_string_lossy().into_owned());
                (Command::ChooseFolder, text)
            }
            OpenKind::Checkpoint => (Command::OpenCheckpoint, String::new()),
            OpenKind::Lesson => (Command::OpenLesson, String::new()),
            OpenKind::Run => (Command::OpenRun, String::new()),
        };
        let (purpose, label) = (Purpose::Open(opening), command.words().label);
        self.state.dialog = Some(PathDialog::new(purpose, label, path));
    }

    /// Asks for the path of the file that an export is saved to.
    pub(super) fn ask_save(&mut self, id: ExportId) {
        let path = format!("{}{}", file_name(&self.state.scenario.name), id.0);
        let label = exports::find(id).words.label;
        self.state.dialog = Some(PathDialog::new(Purpose::Save(id), label, path));
    }

    /// Goes through with the open dialog; it stays open, with the reason, when that is not possible.
    pub(super) fn confirm_path(&mut self, ctx: &egui::Context) {
        let Some(dialog) = &mut self.state.dialog else { return };
        let (purpose, path) = (dialog.purpose, PathBuf::from(dialog.path.trim()));
        let is_saving = !matches!(purpose, Purpose::Open(_));
        if path.as_os_str().is_empty() {
            dialog.error = Some("No path given; type one or browse".into());
            return;
        }
        let is_dataset = purpose == Purpose::Open(OpenKind::Dataset);
        // Options may stand behind the path of a dataset.
        let is_there =
            path.exists() || is_dataset && data::path_of(&path.to_string_lossy()).is_some();
        if !is_saving && !is_there {
            dialog.error = Some(format!("{} does not exist; check the spelling", path.display()));
            return;
        }
        if is_saving && let Some(reason) = in_the_way(&self.state.scenario, &path) {
            dialog.error = Some(reason);
            return;
        }
        if let Some(reason) = purpose.other_ending(&path) {
            dialog.error = Some(reason);
            return;
        }
        if is_saving && path.exists() && dialog.overwrite.as_ref() != Some(&path) {
            dialog.error = Some(format!("{} is there already; overwrite it?", path.display()));
            dialog.overwrite = Some(path);
            return;
        }
        self.state.dialog = None;
        match purpose {
            Purpose::Open(opening) => self.open_path(opening, path),
            Purpose::Save(id) => self.save(ctx, id, path),
            Purpose::SaveKept(id) => self.export_kept(id, path),
        }
    }

    pub(super) fn open_path(&mut self, opening: OpenKind, path: PathBuf) {
        let text = path.to_string_lossy().into_owned();
        let remembered = matches!(opening, OpenKind::Dataset | OpenKind::Scenario);
        if remembered && data::path_of(&text).is_some() {
            self.state.history.add_file(&text, opening == OpenKind::Scenario);
        }
        match opening {
            OpenKind::Scenario => self.read_scenario(text),
            OpenKind::Checkpoint if self.worker.jobs.is_on(Key::Task) => {
                self.state
                    .notifications
                    .error("A checkpoint can be opened when nothing runs; stop that first");
            }
            OpenKind::Checkpoint => self.read_checkpoint(path),
            OpenKind::Lesson => self.read_lesson(path),
            OpenKind::Run => self.open_run(path),
            OpenKind::DataFolder => {
                self.state.history.data_folder = Some(text);
                self.look_in(path);
            }
            OpenKind::Model => {
                let known = self.state.history.models.iter().find(|m| m.setup.model == text);
                match known.map(|model| model.setup.clone()) {
                    Some(setup) => self.edit(setup),
                    None => {
                        self.edit(Scenario { model: text.clone(), ..self.state.scenario.clone() });
                        self.read_model(text);
                    }
                }
            }
            OpenKind::Dataset => {
                self.edit(Scenario { dataset: text, ..self.state.scenario.clone() });
            }
        }
    }

    fn save(&mut self, ctx: &egui::Context, id: ExportId, path: PathBuf) {
        match &exports::find(id).content {
            Content::Window => self.shoot(ctx, path),
            Content::Bytes(bytes) => match bytes(&self.state) {
                Ok(bytes) => {
                    if id == exports::NEW_MODEL {
                        self.saving_network = Some(path.clone());
                    }
                    self.write(path, bytes);
                }
                Err(error) => self.state.notifications.error(error),
            },
        }
    }
}

/// Why nothing can be written to `path`: it is what the setup reads, or no file.
fn in_the_way(scenario: &Scenario, path: &Path) -> Option<String> {
    if path.is_dir() {
        return Some(format!("{} is a folder; name a file in it", path.display()));
    }
    let mut uses = Uses::default();
    // Models are read to find their parts: only where there is a file that could be one.
    if path.exists() {
        for (what, file) in import::with_parts(scenario.files(None)) {
            uses.reads(what, &file);
        }
    }
    uses.check("this", path).err().map(|error| error.to_string())
}

/// The name of a scenario as the beginning of the name of a file.
pub(super) fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_ .".contains(c) { c } else { '-' };
    let name: String = name.chars().take(40).map(plain).collect();
    name.trim_start_matches('.').to_owned()
}

/// Built-in names are no paths: the field then starts empty.
fn as_path(name: &str) -> String {
    if Path::new(name).exists() { name.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_scenarios_lead_nowhere() {
        assert_eq!(file_name("digits-2 b"), "digits-2 b");
        assert_eq!(file_name("../../etc/x\n"), "-..-etc-x-");
        assert_eq!(file_name(&"x".repeat(99)).len(), 40);
    }

    #[test]
    fn what_the_scenario_reads_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("t.csv");
        std::fs::write(&table, "a,class\n").unwrap();
        let scenario = Scenario::open("hospital").unwrap();
        assert_eq!(in_the_way(&scenario, &table), None);
        let scenario = Scenario { dataset: table.display().to_string(), ..scenario };
        assert!(in_the_way(&scenario, &table).is_some_and(|told| told.contains("the dataset")));
        assert_eq!(in_the_way(&scenario, &folder.path().join("r.csv")), None);
    }
}
