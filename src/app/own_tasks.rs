//! The logic of new networks: written, trained, put aside, run and saved.

use super::action::Action;
use super::app::App;
use super::command::Command;
use crate::tab::Tab;
use data::Shape;
use import::Opened;
use std::path::{Path, PathBuf};
use view::{MyModel, TaskStatus, file_name, scheme_of};
use worker::{Failure, OwnRequest};

impl App {
    /// Shows where a network is written.
    pub(super) fn show_new_network(&mut self) {
        (self.state.tab, self.state.new_network.shown) = (Tab::Training, true);
    }

    /// Starts the training of the network as it is written.
    pub(super) fn train_new_network(&mut self) {
        self.show_new_network();
        let state = &self.state;
        let Some(data) = &state.data else { return };
        let (blueprint, dataset) = (&state.new_network.blueprint, &state.scenario.dataset);
        let request = OwnRequest {
            name: stem(dataset),
            dataset: dataset.clone(),
            sequences: blueprint.is_of_sequences(),
            rows: blueprint.rows.join(", "),
            purpose: blueprint.purpose,
            epochs: blueprint.epochs,
            patience: blueprint.patience,
            validation: None,
            seed: blueprint.seed,
        };
        let asked = self.worker.train_own(data.dataset.clone(), request.clone());
        if self.has_begun(asked) {
            self.state.new_network.begin(request);
        }
    }

    /// A trained network is put into a file, so that it can be run and chosen again.
    pub(super) fn keep_new_network(&mut self) {
        let new = &self.state.new_network;
        let (TaskStatus::Finished, Some(request)) = (&new.training.status, &new.request) else {
            return;
        };
        let Some(bytes) = new.training.bytes() else { return };
        let name = format!("{}.safetensors", request.name);
        let Some(path) = self.path_aside(&name) else { return };
        self.put_aside(path, bytes);
    }

    /// It is in its file: it joins the models of the person.
    pub(super) fn take_kept(&mut self, result: Result<PathBuf, Failure>) {
        let new = &mut self.state.new_network;
        match (result, &new.request) {
            (Ok(path), Some(request)) => {
                let name = format!("{}, {}", request.name, scheme_of(request.purpose));
                let setup = request.setup(&path.to_string_lossy());
                new.file = Some(path.clone());
                self.state.history.add_model(MyModel { name, setup, saved: false });
            }
            (Err(failure), _) => self.state.notifications.error(failure.to_string()),
            (Ok(_), None) => {}
        }
    }

    /// A model file was read: scheme, activation and data become those that it was made for.
    pub(super) fn suit_model(&mut self, path: &str, opened: &Opened) {
        let state = &self.state;
        if state.scenario.model != path {
            return;
        }
        let fits = |fits: &dyn Fn(Shape) -> bool, classes: usize| {
            let dataset = state.data.as_ref().map(|data| &data.dataset);
            dataset.is_some_and(|d| fits(d.shape()) && d.classes().len() <= classes)
        };
        let setup = match opened {
            Opened::Layers(network) => {
                let values = |shape: Shape| shape.len() == network.input().len();
                state.scenario.suited(path, network, fits(&values, network.classes()))
            }
            Opened::Sequences(model) => {
                let steps = |shape: Shape| matches!(shape, Shape::Sequence { channels, .. } if channels == model.channels());
                state.scenario.suited_to_sequences(path, model, fits(&steps, model.classes()))
            }
        };
        self.edit(setup);
    }

    /// Makes the trained network the setup, and runs it.
    pub(super) fn run_new_network(&mut self) {
        let new = &self.state.new_network;
        let (Some(file), Some(request)) = (&new.file, &new.request) else { return };
        let setup = request.setup(&file.to_string_lossy());
        self.take_scenario(setup);
        self.state.tab = Tab::Run;
        self.queue.push(Action::Command(Command::Run));
    }

    /// A file was written: where it is the new network, it stays from now on.
    pub(super) fn take_saved_network(&mut self, path: &Path) {
        if self.saving_network.as_deref() != Some(path) {
            return;
        }
        self.saving_network = None;
        if let Some(before) = &self.state.new_network.file {
            self.state.history.save_model(&before.to_string_lossy(), path);
        }
    }
}

/// The name of a dataset without folder, ending and options, as the beginning of the name of a file.
fn stem(dataset: &str) -> String {
    let bare = dataset.split_once('?').map_or(dataset, |(bare, _)| bare);
    let name = file_name(bare);
    let name = name.split_once('.').map_or(name, |(stem, _)| stem);
    let plain = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let name: String = name.chars().take(40).map(plain).collect();
    if name.is_empty() { "own".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_called_after_its_data() {
        for (dataset, name) in [
            ("iris", "iris"),
            ("/a b/my table.csv?class=2", "my-table"),
            ("flowers.train.csv.gz", "flowers"),
            ("/data/.csv", "own"),
        ] {
            assert_eq!(stem(dataset), name);
        }
    }
}
