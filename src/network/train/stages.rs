//! The stages of a training, one after the other: mini-batches, epochs, and what is kept of each. Of
//! all networks, whatever they take: what differs is the [`Learner`].

use super::epoch::{EpochRecord, TrainEvent};
use super::error::TrainError;
use super::mix::mix;
use super::patience::{Keeper, check_patience};
use crate::argmax;
use candle_core::backprop::GradStore;
use candle_core::{D, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use data::Split;
use progress::Watch;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Share of a stage's steps over which the learning rate rises to its start value.
const WARM_UP: f64 = 0.03;

/// How a stage goes, whatever it trains.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub name: String,
    pub epochs: usize,
    pub batch: usize,
    pub learning_rate: f64,
    pub weight_decay: f64,
    /// Share of the target that is spread over all classes.
    pub smoothing: f32,
    /// Longest gradient of all variables together.
    pub clip_norm: Option<f64>,
}

/// What a mini-batch gave.
pub(super) struct Passed {
    /// `[samples][classes]`.
    pub outputs: Tensor,
    /// Added to the loss: for values that left their intervals.
    pub penalty: Option<Tensor>,
}

/// A network in one stage, as a graph, fed with the samples that it takes.
pub(super) trait Learner {
    type Network: Clone;

    fn variables(&self) -> Vec<Var>;

    /// Outputs for the chosen training samples. `seed` is that of the epoch; `rng` began with it, and
    /// has put the samples in their order.
    fn forward(
        &mut self,
        chosen: &[usize],
        seed: u64,
        rng: &mut StdRng,
    ) -> Result<Passed, TrainError>;

    /// The network with the values as they are now.
    fn network(&self) -> Result<Self::Network, TrainError>;

    /// Share of the samples that are classified as labelled.
    fn accuracy(&self, network: &Self::Network, split: &Split) -> Result<f64, TrainError>;

    /// Share of the watched values inside their intervals since the last call.
    fn share_inside(&self) -> Option<f64>;
}

/// A training from stage to stage.
pub(super) struct Stages<'a, 'w> {
    paces: Vec<Pace>,
    train: &'a Split,
    /// What the accuracy of an epoch is taken on.
    shown: &'a Split,
    test: &'a Split,
    patience: Option<usize>,
    watch: &'a Watch<'w>,
    on_event: &'a mut dyn FnMut(TrainEvent),
    pub history: Vec<EpochRecord>,
    /// Of each stage the epoch, counted over all stages from 1, whose weights were kept.
    pub kept: Vec<usize>,
    /// Accuracy on the test split after the first of several stages.
    pub first_accuracy: Option<f64>,
}

impl<'a, 'w> Stages<'a, 'w> {
    /// Stages of a recipe on its samples; `shown` is the test split where nothing is held out.
    ///
    /// # Errors
    /// When a stage does nothing, or patience has nothing to be held against.
    pub fn new(
        recipe: &str,
        paces: Vec<Pace>,
        [train, shown, test]: [&'a Split; 3],
        (patience, held_out): (Option<usize>, bool),
        watch: &'a Watch<'w>,
        on_event: &'a mut dyn FnMut(TrainEvent),
    ) -> Result<Self, TrainError> {
        check_patience(patience, held_out)?;
        if let Some(stage) = paces.iter().find(|p| p.batch == 0 || p.epochs == 0) {
            let (recipe, stage) = (recipe.to_owned(), stage.name.clone());
            return Err(TrainError::EmptyStage { recipe, stage });
        }
        let (history, kept, first_accuracy) = (Vec::new(), Vec::new(), None);
        Ok(Self {
            paces,
            train,
            shown,
            test,
            patience,
            watch,
            on_event,
            history,
            kept,
            first_accuracy,
        })
    }

    /// Trains the next stage: `learner` begins as `start`, and takes the samples of `order`.
    pub fn next<L: Learner>(
        &mut self,
        mut learner: L,
        start: L::Network,
        seed: u64,
        mut order: Vec<usize>,
    ) -> Result<L::Network, TrainError> {
        let index = self.kept.len();
        let Some(pace) = self.paces.get(index).cloned() else { return Ok(start) };
        // Stages before may have ended early.
        let left = self.paces.iter().skip(index).map(|p| p.epochs).sum::<usize>();
        let epochs = self.history.len() + left;
        let variables = learner.variables();
        let first = ParamsAdamW {
            lr: pace.learning_rate,
            weight_decay: pace.weight_decay,
            ..ParamsAdamW::default()
        };
        let mut optimiser = AdamW::new(variables.clone(), first)?;
        let batches = order.len().div_ceil(pace.batch);
        let (steps, all) = ((batches * pace.epochs) as f64, epochs * batches);
        let mut keeper = Keeper::new(self.patience, start, self.history.len());
        for epoch in 0..pace.epochs {
            if keeper.is_over() {
                break;
            }
            let seed = mix(seed, epoch as u64);
            let mut rng = StdRng::seed_from_u64(seed);
            order.shuffle(&mut rng);
            let (mut loss_sum, mut right) = (0.0, 0);
            let what = self.what(epochs);
            for (index, chosen) in order.chunks(pace.batch).enumerate() {
                let done = self.history.len() * batches + index;
                self.watch.step(&what, done as u64, all as u64)?;
                let share = (epoch * batches + index) as f64 / steps;
                optimiser.set_learning_rate(pace.learning_rate * schedule(share));
                let Passed { outputs, penalty } = learner.forward(chosen, seed, &mut rng)?;
                let targets = self.targets(chosen, outputs.dim(1)?, pace.smoothing)?;
                let mut loss = cross_entropy(&outputs, &targets)?;
                if let Some(penalty) = penalty {
                    loss = (loss + penalty)?;
                }
                let mut gradients = loss.backward()?;
                if let Some(longest) = pace.clip_norm {
                    clip(&mut gradients, &variables, longest)?;
                }
                optimiser.step(&gradients)?;
                let loss = f64::from(loss.to_scalar::<f32>()?);
                loss_sum += loss * chosen.len() as f64;
                right += self.count_right(&outputs, chosen)?;
                (self.on_event)(TrainEvent::Step { step: done + 1, of: all, epochs, loss });
            }
            let loss = loss_sum / order.len() as f64;
            let epoch = self.history.len() + 1;
            if !loss.is_finite() {
                return Err(TrainError::Diverged { stage: pace.name, epoch });
            }
            let current = learner.network()?;
            let record = EpochRecord {
                stage: pace.name.clone(),
                epoch,
                loss,
                train_accuracy: right as f64 / order.len() as f64,
                accuracy: learner.accuracy(&current, self.shown)?,
                share_inside: learner.share_inside(),
            };
            keeper.take(current, record.epoch, record.accuracy);
            self.history.push(record.clone());
            (self.on_event)(TrainEvent::Epoch { record, of: epochs });
        }
        self.watch.step(&self.what(epochs), (self.history.len() * batches) as u64, all as u64)?;
        let (network, epoch) = keeper.kept();
        self.kept.push(epoch);
        if index == 0 && self.paces.len() > 1 {
            self.first_accuracy = Some(learner.accuracy(&network, self.test)?);
        }
        Ok(network)
    }

    /// What is being done, with what came of the last epoch.
    fn what(&self, epochs: usize) -> String {
        let epoch = (self.history.len() + 1).min(epochs);
        let mut text = format!("epoch {epoch}/{epochs}");
        if let Some(last) = self.history.last() {
            let accuracy = format::percent(last.accuracy);
            text.push_str(&format!(", loss {:.3}, accuracy {accuracy}", last.loss));
        }
        text
    }

    /// Target shares of the classes, sample after sample.
    fn targets(
        &self,
        chosen: &[usize],
        classes: usize,
        smoothing: f32,
    ) -> Result<Tensor, TrainError> {
        let mut targets = vec![smoothing / classes as f32; chosen.len() * classes];
        for (row, i) in targets.chunks_mut(classes).zip(chosen) {
            let label = self.train.labels.get(*i).map_or(0, |l| usize::from(*l));
            if let Some(target) = row.get_mut(label) {
                *target += 1.0 - smoothing;
            }
        }
        Ok(Tensor::from_vec(targets, (chosen.len(), classes), &Device::Cpu)?)
    }

    /// How many of the chosen samples are classified as labelled.
    fn count_right(&self, outputs: &Tensor, chosen: &[usize]) -> Result<usize, TrainError> {
        let outputs = outputs.to_vec2::<f32>()?;
        let right = |(row, i): &(&Vec<f32>, &usize)| {
            self.train.labels.get(**i).is_some_and(|l| argmax(row) == usize::from(*l))
        };
        Ok(outputs.iter().zip(chosen).filter(right).count())
    }
}

/// Factor on the learning rate at a share of the stage.
fn schedule(share: f64) -> f64 {
    let rise = (share / WARM_UP).clamp(0.05, 1.0);
    rise * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
}

/// Cross-entropy between target shares `[samples][classes]` and outputs, mean over the samples.
fn cross_entropy(outputs: &Tensor, targets: &Tensor) -> Result<Tensor, candle_core::Error> {
    let log_shares = candle_nn::ops::log_softmax(outputs, D::Minus1)?;
    (log_shares * targets)?.sum_all()? / -(outputs.dim(0)? as f64)
}

/// Shortens the gradient of all variables together to `longest`.
fn clip(gradients: &mut GradStore, variables: &[Var], longest: f64) -> Result<(), TrainError> {
    let mut squares = 0.0;
    for variable in variables {
        if let Some(gradient) = gradients.get(variable) {
            squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
    }
    let length = squares.sqrt();
    if length > longest {
        for variable in variables {
            if let Some(gradient) = gradients.get(variable) {
                let shorter = (gradient * (longest / length))?;
                gradients.insert(variable, shorter);
            }
        }
    }
    Ok(())
}
