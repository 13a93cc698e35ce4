//! Training the model of a scenario: again from its recipe, or with a polynomial in the place of its
//! activations.

use super::session::Session;
use data::Dataset;
use network::train::{FineTuning, Recipe, RecurrentOptions, TrainEvent, Trained, Training};
use network::{Approximations, Network};
use progress::Watch;
use scenario::{RunError, Scenario};
use std::sync::Arc;

/// Seed of a training when none is given: the same model every time.
pub const DEFAULT_TRAINING_SEED: u64 = 1;

/// Share of the training samples held out to watch a fine-tuning by, and how many at most.
const HELD_OUT: (usize, usize) = (10, 5000);

/// Most epochs of a fine-tuning.
const MAX_EPOCHS: usize = 1000;

/// How the model of a scenario is fine-tuned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainOptions {
    pub epochs: usize,
    /// Learning rate at the start; it falls to zero along a cosine.
    pub learning_rate: f64,
    /// Price of activation inputs outside of the interval (see
    /// [`network::train::Stage::range_penalty`]).
    pub range_penalty: f64,
    /// Fresh weights in the place of those of the exact network.
    pub from_scratch: bool,
    /// Training samples to hold out; a tenth of them, 5000 at most, when left out, and none for a
    /// recipe.
    pub validation: Option<usize>,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            epochs: 8,
            learning_rate: 2e-3,
            range_penalty: 1.0,
            from_scratch: false,
            validation: None,
        }
    }
}

impl TrainOptions {
    /// Whether every option is in its range.
    pub fn check(&self) -> Result<(), RunError> {
        let refuse = |text: String| Err(RunError::Refused(text));
        if !(1..=MAX_EPOCHS).contains(&self.epochs) {
            return refuse(format!("epochs is {}; 1 to {MAX_EPOCHS} are possible", self.epochs));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return refuse(format!(
                "learning rate is {}; above 0 and up to 1 is possible, 0.002 is usual",
                self.learning_rate
            ));
        }
        if !(0.0..=1e6).contains(&self.range_penalty) {
            return refuse(format!(
                "range penalty is {}; 0 to 1e6 is possible, 1 is usual",
                self.range_penalty
            ));
        }
        Ok(())
    }
}

impl Session {
    /// Trains the model of the scenario: with method `keep` again from its recipe, otherwise with the
    /// polynomials of the activation strategy in the place of its exact activations. `on_event` is
    /// told how it goes.
    ///
    /// # Errors
    /// When there is no recipe, an option or the polynomial is impossible, the loss diverges, or
    /// `watch` asks to stop (within a mini-batch).
    pub fn train(
        &self,
        options: &TrainOptions,
        watch: &Watch,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<Trained, RunError> {
        options.check()?;
        let choice = &self.scenario.activation;
        let Some(approximations) = self.approximations()? else {
            return train_again(&self.scenario, &self.dataset, options.validation, watch, on_event);
        };
        let known = Scenario::built_in().into_iter().any(|s| s.name == self.scenario.name);
        let base = if known { self.scenario.name.as_str() } else { "digits" };
        let quoted = |setting: String| match setting.contains('"') {
            true => format!("--set '{setting}'"),
            false => format!("--set {setting}"),
        };
        let settings: Vec<String> = choice.settings().into_iter().map(quoted).collect();
        let command = format!(
            "cryptoscope train {base} --set model={} --set dataset={} {} --epochs {} --learning-rate {} --range-penalty {}{} --seed {}",
            self.scenario.model,
            self.scenario.dataset,
            settings.join(" "),
            options.epochs,
            options.learning_rate,
            options.range_penalty,
            if options.from_scratch { " --from-scratch" } else { "" },
            training_seed(&self.scenario),
        );
        self.fine_tune(&*self.exact_network()?, &approximations, options, command, watch, on_event)
    }

    /// Trains `exact` on with polynomials in the place of its activations.
    pub fn fine_tune(
        &self,
        exact: &Network,
        approximations: &Approximations,
        options: &TrainOptions,
        command: String,
        watch: &Watch,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<Trained, RunError> {
        let tuning = FineTuning {
            approximations: approximations.clone(),
            epochs: options.epochs,
            learning_rate: options.learning_rate,
            range_penalty: options.range_penalty,
            from_scratch: options.from_scratch,
        };
        let usual = (self.dataset.train().len() / HELD_OUT.0).min(HELD_OUT.1);
        let training = Training {
            recipe: &Recipe::fine_tune(exact, &self.dataset, &tuning),
            dataset: &self.dataset,
            seed: training_seed(&self.scenario),
            validation: Some(options.validation.unwrap_or(usual)),
            command: Some(command),
            patience: None,
        };
        Ok(training.run(watch, on_event)?)
    }

    /// The network with the exact activations: the model itself, or what it was fine-tuned from.
    pub fn exact_network(&self) -> Result<Arc<Network>, RunError> {
        for network in [&self.network, &self.original] {
            if !network.layers().iter().all(|l| l.op.is_polynomial()) {
                return Ok(Arc::clone(network));
            }
        }
        Err(RunError::Refused(format!(
            "every activation of model {} is a polynomial already and no exact original of it is known; choose a model with another activation (cryptodl-relu), or activation.method=keep to train it again from its recipe",
            self.network.name()
        )))
    }
}

/// Makes the model of `scenario` again from its recipe, on whatever data the scenario names: they need
/// not be those of the built-in model.
///
/// # Errors
/// When there is no recipe, the data do not fit it, or `watch` asks to stop.
pub fn train_again(
    scenario: &Scenario,
    dataset: &Dataset,
    validation: Option<usize>,
    watch: &Watch,
    on_event: &mut dyn FnMut(TrainEvent),
) -> Result<Trained, RunError> {
    let recipe = recipe(&scenario.model)?;
    let seed = training_seed(scenario);
    let (command, patience) = (None, None);
    let training = Training { recipe: &recipe, dataset, seed, validation, command, patience };
    Ok(training.run(watch, on_event)?)
}

/// The seed of the scenario, or the usual one where it has none.
pub fn training_seed(scenario: &Scenario) -> u64 {
    match scenario.seed {
        0 => DEFAULT_TRAINING_SEED,
        given => given,
    }
}

/// The command that trains a recurrent model with these choices, `usual` those of its scenario.
pub fn recurrent_command(
    scenario: &Scenario,
    options: &RecurrentOptions,
    usual: &RecurrentOptions,
    held_out: usize,
) -> String {
    let known = |s: Scenario| s.sequence.is_some() && s.name == scenario.name;
    let known = Scenario::built_in().into_iter().any(known);
    let base = if known { scenario.name.as_str() } else { "cryptornn" };
    let mut command = format!(
        "cryptoscope train {base} --set model={} --set dataset={}",
        scenario.model, scenario.dataset
    );
    for change in options.changes(usual) {
        command += &format!(" --set train.{change}");
    }
    command + &format!(" --validation {held_out} --seed {}", training_seed(scenario))
}

/// The recipe of a built-in model.
pub fn recipe(model: &str) -> Result<Recipe, RunError> {
    Recipe::built_in(model).ok_or_else(|| {
        RunError::Refused(format!(
            "no recipe for model {model}; there are recipes for {}; to train it with a polynomial, set activation.method",
            Recipe::NAMES.join(", ")
        ))
    })
}
