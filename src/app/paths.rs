//! What is opened and saved: asked for with a dialog, then done.

use super::dialog::{PathDialog, Purpose};
use super::{App, export};
use file::Uses;
use scenario::Scenario;
use std::path::{Path, PathBuf};
use study::Study;

impl App {
    pub(super) fn ask_path(&mut self, purpose: Purpose) {
        let state = &self.state;
        let name = file_name(&state.scenario.name);
        let path = match purpose {
            Purpose::OpenScenario | Purpose::OpenCheckpoint => String::new(),
            Purpose::SaveCheckpoint => format!("{name}.ckpt"),
            Purpose::SaveMitigations => format!("{name}-mitigations.csv"),
            Purpose::OpenModel => as_path(&state.scenario.model),
            Purpose::OpenDataset => as_path(&state.scenario.dataset),
            Purpose::SaveScenario => format!("{name}.json"),
            Purpose::SaveReport => format!("{name}-report.json"),
            Purpose::SaveStages => format!("{name}-stages.csv"),
            Purpose::SaveScreenshot => format!("{name}.png"),
            Purpose::SaveCurves => format!("{name}-curves.csv"),
            Purpose::SaveCoefficients => format!("{name}-coefficients.csv"),
            Purpose::SaveFigure => format!("{name}-activation.svg"),
            Purpose::SaveSweep => format!("{name}-sweep.csv"),
            Purpose::SaveSweepReport => format!("{name}-sweep.json"),
            Purpose::SaveSweepFigure => format!("{name}-sweep.svg"),
            Purpose::SaveCryptonn => format!("{name}-epochs.csv"),
            Purpose::SaveLeak => format!("{name}-leak.csv"),
            Purpose::SaveCryptonnReport => format!("{name}-training.json"),
            Purpose::SaveCryptonnFigure => format!("{name}-training.svg"),
            Purpose::SaveCompare => format!("{name}-schemes.csv"),
            Purpose::SaveCompareReport => format!("{name}-schemes.json"),
            Purpose::SaveCompareFigure => format!("{name}-schemes.svg"),
            Purpose::SaveModel => format!("{name}-polynomial.safetensors"),
            Purpose::SaveStrategies => format!("{name}-strategies.csv"),
            Purpose::SaveStrategyReport => format!("{name}-strategies.json"),
            Purpose::SaveStrategyFigure => format!("{name}-strategies.svg"),
        };
        self.state.dialog = Some(PathDialog::new(purpose, path));
    }

    /// Goes through with the open dialog; it stays open, with the reason, when that is not possible.
    pub(super) fn confirm_path(&mut self) {
        let Some(dialog) = &mut self.state.dialog else { return };
        let (purpose, path) = (dialog.purpose, PathBuf::from(dialog.path.trim()));
        if path.as_os_str().is_empty() {
            dialog.error = Some("No path given; type one or browse".into());
            return;
        }
        if !purpose.is_saving() && !path.exists() {
            dialog.error = Some(format!("{} does not exist; check the spelling", path.display()));
            return;
        }
        if purpose.is_saving()
            && let Some(reason) = in_the_way(&self.state.scenario, &path)
        {
            dialog.error = Some(reason);
            return;
        }
        if purpose.is_saving() && path.exists() && dialog.overwrite.as_ref() != Some(&path) {
            dialog.error = Some(format!("{} is there already; overwrite it?", path.display()));
            dialog.overwrite = Some(path);
            return;
        }
        self.state.dialog = None;
        if purpose.is_saving() {
            self.save(purpose, path);
        } else {
            self.open_path(purpose, path);
        }
    }

    pub(super) fn open_path(&mut self, purpose: Purpose, path: PathBuf) {
        let text = path.to_string_lossy().into_owned();
        match purpose {
            Purpose::OpenScenario => {
                self.opening = Some(false);
                self.files.open_scenario(text);
            }
            Purpose::OpenCheckpoint if self.task.is_some() => {
                self.state
                    .notifications
                    .error("A checkpoint can be opened when nothing runs; stop that first");
            }
            Purpose::OpenCheckpoint => self.files.open_checkpoint(path),
            Purpose::OpenModel => {
                self.edit(Scenario { model: text, ..self.state.scenario.clone() });
            }
            Purpose::OpenDataset => {
                self.edit(Scenario { dataset: text, ..self.state.scenario.clone() });
            }
            _ => self.save(purpose, path),
        }
    }

    fn save(&mut self, purpose: Purpose, path: PathBuf) {
        if let Some(reason) = in_the_way(&self.state.scenario, &path) {
            self.state.notifications.error(reason);
            return;
        }
        let report = self.state.run.as_ref().and_then(|r| r.report.as_deref());
        let bytes = self.lab_bytes(purpose).or_else(|| self.task_bytes(purpose));
        if let Some(bytes) = bytes.or_else(|| self.cryptonn_bytes(purpose)) {
            match bytes {
                Ok(bytes) => self.files.save(path, bytes),
                Err(error) => self.state.notifications.error(error),
            }
            return;
        }
        let bytes = match (purpose, report) {
            (Purpose::SaveScreenshot, _) => {
                self.screenshot_pending = true;
                return self.files.screenshot(path);
            }
            (Purpose::SaveScenario, _) => Ok(self.state.scenario.to_json().into_bytes()),
            (Purpose::SaveReport, Some(report)) => {
                serde_json::to_vec_pretty(report).map_err(|e| e.to_string())
            }
            (Purpose::SaveStages, Some(report)) => {
                export::stages_csv(report).map_err(|e| e.to_string())
            }
            (Purpose::SaveStrategies, _) => {
                Ok(self.state.sequence.comparison().to_csv().into_bytes())
            }
            (Purpose::SaveStrategyReport, _) => {
                Ok(self.state.sequence.comparison().to_json().into_bytes())
            }
            (Purpose::SaveStrategyFigure, _) => {
                Ok(super::plots::strategies_svg(&self.state.sequence).into_bytes())
            }
            _ => Err("no finished run to save yet; run first".to_owned()),
        };
        match bytes {
            Ok(bytes) => self.files.save(path, bytes),
            Err(error) => self.state.notifications.error(error),
        }
    }
}

/// Why nothing can be written to `path`: it is what the setup reads, or no file.
fn in_the_way(scenario: &Scenario, path: &Path) -> Option<String> {
    if path.is_dir() {
        return Some(format!("{} is a folder; name a file in it", path.display()));
    }
    let mut uses = Uses::default();
    for (what, file) in scenario.files(None) {
        uses.reads(what, &file);
    }
    uses.check("this", path).err().map(|error| error.to_string())
}

/// The name of a scenario as the beginning of the name of a file.
fn file_name(name: &str) -> String {
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
