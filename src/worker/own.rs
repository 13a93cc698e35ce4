//! The training of a network that a person writes as rows.

use super::board::Outlet;
use super::jobs::Busy;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use data::Dataset;
use format::shell_word;
use network::train::{Purpose, Trained, Training, own_recipe};
use progress::Watch;
use scenario::RunError;
use std::sync::Arc;

/// A network of one's own, as a person asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRequest {
    pub name: String,
    /// The data as they were opened: a path or a built-in name.
    pub dataset: String,
    pub rows: String,
    pub purpose: Purpose,
    /// Epochs of each stage; as many as suit the data when left out.
    pub epochs: Option<usize>,
    /// Epochs without a better accuracy after which a stage ends; none ends early when left out.
    pub patience: Option<usize>,
    pub seed: u64,
}

impl OwnRequest {
    /// The command that does the same on the command line.
    pub fn command(&self) -> String {
        let mut command = format!(
            "cryptoscope train --dataset {} --layers {} --for {}",
            shell_word(&self.dataset),
            shell_word(&self.rows),
            self.purpose.name()
        );
        let more = [("epochs", self.epochs), ("patience", self.patience)];
        for (option, value) in more.into_iter().filter_map(|(o, v)| Some((o, v?))) {
            command += &format!(" --{option} {value}");
        }
        format!("{command} --seed {}", self.seed)
    }

    fn train(&self, dataset: &Dataset, out: &Outlet<Update>) -> Result<Trained, RunError> {
        let recipe = own_recipe(&self.name, &self.rows, dataset, self.purpose)
            .map_err(|error| RunError::Refused(error.to_string()))?;
        let recipe = match self.epochs {
            Some(epochs) => recipe.with_epochs(epochs)?,
            None => recipe,
        };
        let training = Training {
            recipe: &recipe,
            dataset,
            seed: self.seed,
            validation: None,
            command: Some(self.command()),
            patience: self.patience,
        };
        let watch = Watch::new(out.cancel().clone(), &|_| {});
        Ok(training.run(&watch, &mut |event| out.send(Update::Train(event)))?)
    }
}

impl Worker {
    /// Starts the training of a network of one's own on `dataset`.
    ///
    /// # Errors
    /// When a sweep, training or comparison is on.
    pub fn train_own(&mut self, dataset: Arc<Dataset>, request: OwnRequest) -> Result<(), Busy> {
        let work = move |out: &Outlet<Update>| request.train(&dataset, out).map(Arc::new);
        self.jobs.start(Key::Task, work, Update::OwnTrainEnded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_one_that_can_be_typed() {
        let request = OwnRequest {
            name: "own".into(),
            dataset: "my table.csv".into(),
            rows: "dense 16, relu, dense classes".into(),
            purpose: Purpose::Polynomials,
            epochs: None,
            patience: Some(20),
            seed: 7,
        };
        let expected = "cryptoscope train --dataset 'my table.csv' --layers 'dense 16, relu, dense classes' --for ckks --patience 20 --seed 7";
        assert_eq!(request.command(), expected);
    }
}
