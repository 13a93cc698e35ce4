//! A network of one's own: what a person asks for, its training, and the setup that runs it.

use data::Dataset;
use format::shell_word;
use network::train::{OwnRecipe, OwnTraining, Purpose, TrainEvent, TrainedModel, own_recipe};
use progress::Watch;
use recurrent::SequenceSession;
use scenario::{RunError, Scenario};
use std::sync::Arc;

/// A network of one's own, as a person asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRequest {
    pub name: String,
    /// The data as they were opened: a path or a built-in name.
    pub dataset: String,
    /// Whether they are sequences.
    pub sequences: bool,
    pub rows: String,
    pub purpose: Purpose,
    /// Epochs of each stage; as many as suit the data when left out.
    pub epochs: Option<usize>,
    /// Epochs without a better accuracy after which a stage ends; none ends early when left out.
    pub patience: Option<usize>,
    /// Training samples to hold out; a tenth when left out.
    pub validation: Option<usize>,
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
        let more =
            [("epochs", self.epochs), ("patience", self.patience), ("validation", self.validation)];
        for (option, value) in more.into_iter().filter_map(|(o, v)| Some((o, v?))) {
            command += &format!(" --{option} {value}");
        }
        format!("{command} --seed {}", self.seed)
    }

    /// Trains it on `dataset`, telling `on_event` as it goes.
    ///
    /// # Errors
    /// When a row does not fit, what is asked for could not run encrypted afterwards, or the training
    /// ends without a network.
    pub fn train(
        &self,
        dataset: &Arc<Dataset>,
        watch: &Watch,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<TrainedModel, RunError> {
        let recipe = own_recipe(&self.name, &self.rows, dataset, self.purpose)
            .map_err(|error| RunError::Refused(error.to_string()))?;
        let recipe = match self.epochs {
            Some(epochs) => recipe.with_epochs(epochs)?,
            None => recipe,
        };
        if let OwnRecipe::Sequences(recipe) = &recipe {
            // What no strategy carries is refused before it is trained.
            let fresh = recipe.fresh(dataset, self.seed)?;
            let setup = self.setup(&self.name);
            SequenceSession::with(&setup, Arc::clone(dataset), Arc::new(fresh))?.network()?;
        }
        let training = OwnTraining {
            recipe: &recipe,
            dataset,
            seed: self.seed,
            validation: self.validation,
            command: self.command(),
            patience: self.patience,
        };
        Ok(training.run(watch, on_event)?)
    }

    /// The setup that runs it encrypted, once it lies at `model`.
    pub fn setup(&self, model: &str) -> Scenario {
        Scenario::of_own(&self.name, model, &self.dataset, self.purpose, self.sequences)
    }

    /// The command that runs it encrypted, once it lies at `model`.
    pub fn run_command(&self, model: &str) -> String {
        let mut settings = vec![format!("dataset={}", self.dataset), format!("model={model}")];
        let base = match self.setup(model).sequence {
            Some(sequence) => {
                settings.push(format!("sequence.strategy={}", sequence.strategy.id()));
                "cryptornn"
            }
            None => {
                let keep = if self.purpose == Purpose::Tables { "lookup" } else { "polynomial" };
                settings.push(format!("scheme.kind={}", self.purpose.name()));
                settings.push(format!("activation.kind={keep}"));
                settings.push("activation.method=keep".to_owned());
                "digits"
            }
        };
        let words = settings.iter().map(|setting| format!(" --set {}", shell_word(setting)));
        format!("cryptoscope run {base}{}", words.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(sequences: bool, purpose: Purpose) -> OwnRequest {
        OwnRequest {
            name: "own".into(),
            dataset: "my table.csv".into(),
            sequences,
            rows: "dense 16, relu, dense classes".into(),
            purpose,
            epochs: None,
            patience: Some(20),
            validation: None,
            seed: 7,
        }
    }

    #[test]
    fn the_command_is_the_one_that_can_be_typed() {
        let expected = "cryptoscope train --dataset 'my table.csv' --layers 'dense 16, relu, dense classes' --for ckks --patience 20 --seed 7";
        assert_eq!(request(false, Purpose::Polynomials).command(), expected);
    }

    #[test]
    fn it_runs_with_what_it_was_made_for() {
        for (sequences, purpose, expected) in [
            (
                false,
                Purpose::Tables,
                "cryptoscope run digits --set 'dataset=my table.csv' --set model=m --set scheme.kind=tfhe --set activation.kind=lookup --set activation.method=keep",
            ),
            (
                true,
                Purpose::Tables,
                "cryptoscope run cryptornn --set 'dataset=my table.csv' --set model=m --set sequence.strategy=bootstrap",
            ),
            (
                true,
                Purpose::ClientAided,
                "cryptoscope run cryptornn --set 'dataset=my table.csv' --set model=m --set sequence.strategy=client_aided",
            ),
        ] {
            assert_eq!(request(sequences, purpose).run_command("m"), expected);
        }
    }
}
