//! Runs the stages of a recurrent recipe.

use super::super::mix::{mix, normal};
use super::super::stages::{Learner, Passed, Stages};
use super::fresh::{start, steps_of, with_polynomials};
use super::graph::{Batch, Graph, Values};
use super::recipe::{RecurrentRecipe, RecurrentStage};
use crate::card::on_one_line;
use crate::provenance::{MAX_NAME_BYTES, MAX_TEXT_BYTES};
use crate::recurrent::{RecurrentLayer, RecurrentModel, RecurrentParts, Sequences};
use crate::train::{EpochRecord, TrainError, TrainEvent};
use crate::{ModelCard, Provenance, Role, accuracy};
use candle_core::{Device, Tensor, Var};
use data::{Dataset, Split};
use progress::Watch;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// A training to be done.
pub struct RecurrentTraining<'a> {
    pub recipe: &'a RecurrentRecipe,
    pub dataset: &'a Dataset,
    /// The same seed, data and machine give the same model.
    pub seed: u64,
    /// Training samples to hold out: the accuracies of epochs are taken on them; with 0 on the test
    /// part. They decide nothing without patience. As the recipe says when left out.
    pub validation: Option<usize>,
    /// A stage ends after so many epochs without a better accuracy on what is held out, and keeps the
    /// weights of the last epoch with the best one. All epochs are done when left out.
    pub patience: Option<usize>,
}

/// A trained model and how it came to be.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentTrained {
    pub model: RecurrentModel,
    pub history: Vec<EpochRecord>,
    /// Of each stage the epoch, counted over all stages from 1, whose weights were kept.
    pub kept: Vec<usize>,
    /// Accuracy on the test split after the first of several stages: of the model with exact functions.
    pub first_accuracy: Option<f64>,
    /// Accuracy on the samples held out, where there are any.
    pub validation_accuracy: Option<f64>,
}

impl RecurrentTraining<'_> {
    /// Trains, telling `on_event` as it goes.
    ///
    /// # Errors
    /// When the dataset does not fit the recipe, the loss diverges, or `watch` asks to stop (within
    /// a mini-batch).
    pub fn run(
        &self,
        watch: &Watch,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<RecurrentTrained, TrainError> {
        let Self { recipe, dataset, seed, .. } = *self;
        let validation = self.validation.unwrap_or(recipe.validation);
        let mut model = start(recipe, dataset, seed)?;
        let steps = steps_of(recipe, dataset)?;
        let mut order: Vec<usize> = (0..dataset.train().len()).collect();
        order.shuffle(&mut StdRng::seed_from_u64(mix(seed, 1)));
        if validation >= order.len() {
            return Err(data::DatasetError::HoldOut {
                name: dataset.name().to_owned(),
                samples: validation,
                all: order.len(),
            }
            .into());
        }
        let held_out = order.split_off(order.len() - validation);
        let part =
            (!held_out.is_empty()).then(|| part(dataset.train(), &held_out, dataset.shape().len()));
        let shown = part.as_ref().unwrap_or(dataset.test());
        let paces = recipe.stages.iter().map(RecurrentStage::pace).collect();
        let splits = [dataset.train(), shown, dataset.test()];
        let patience = (self.patience, part.is_some());
        let mut stages = Stages::new(&recipe.name, paces, splits, patience, watch, on_event)?;
        for (index, stage) in recipe.stages.iter().enumerate() {
            let begun = with_polynomials(&model, stage)?;
            let watched = stage.range_penalty > 0.0 || stage.polynomials.is_some();
            let interval = watched.then_some((-stage.interval, stage.interval));
            let graph = Graph::new(&begun, interval)?;
            let train = dataset.train();
            let learner = CellLearner { graph, model: begun.clone(), stage, train, steps, watch };
            let seed = mix(seed, index as u64 + 2);
            model = stages.next(learner, begun, seed, order.clone())?;
        }
        let Stages { history, kept, first_accuracy, .. } = stages;
        let last = kept.last().and_then(|epoch| history.get(epoch.checked_sub(1)?));
        let validation_accuracy = last.filter(|_| validation > 0).map(|e| e.accuracy);
        let test_accuracy = judge(&model, dataset.test(), steps, watch)?;
        let card = ModelCard::trained(dataset, recipe.start.as_ref().map(RecurrentModel::as_start));
        let original = card.twin(Role::Exact).map(|twin| on_one_line(&twin.name, MAX_NAME_BYTES));
        // Of other choices than those of a recipe only who made them knows the command.
        let known = RecurrentRecipe::built_in(&recipe.name).is_some_and(|known| known == *recipe);
        let command = format!("cryptoscope train {} --seed {seed}", recipe.name);
        let provenance = Provenance {
            dataset: on_one_line(dataset.name(), MAX_TEXT_BYTES),
            command: if known { command } else { String::new() },
            seed,
            test_accuracy: Some(test_accuracy),
            original,
        };
        let parts = RecurrentParts { provenance, card, ..model.parts().clone() };
        let model = RecurrentModel::new(parts)?;
        Ok(RecurrentTrained { model, history, kept, first_accuracy, validation_accuracy })
    }
}

/// The chosen samples.
fn part(split: &Split, chosen: &[usize], len: usize) -> Split {
    let of = |i: &usize| split.inputs.get(i * len..(i + 1) * len).unwrap_or_default();
    Split {
        inputs: chosen.iter().flat_map(of).copied().collect(),
        labels: chosen.iter().filter_map(|i| split.labels.get(*i).copied()).collect(),
        lengths: chosen.iter().filter_map(|i| split.lengths.get(*i).copied()).collect(),
    }
}

fn judge(
    model: &RecurrentModel,
    split: &Split,
    steps: usize,
    watch: &Watch,
) -> Result<f64, TrainError> {
    let quiet = Watch::new(watch.cancel_flag().clone(), &|_| {});
    let raw = Sequences { inputs: &split.inputs, lengths: &split.lengths, steps };
    let logits = model.forward(&model.prepare(raw)?, &quiet)?;
    Ok(accuracy(&logits, model.classes(), &split.labels))
}

/// A recurrent network in one stage.
struct CellLearner<'a, 'w> {
    graph: Graph,
    /// As it was before.
    model: RecurrentModel,
    stage: &'a RecurrentStage,
    train: &'a Split,
    steps: usize,
    watch: &'a Watch<'w>,
}

impl Learner for CellLearner<'_, '_> {
    type Network = RecurrentModel;

    fn variables(&self) -> Vec<Var> {
        self.graph.variables()
    }

    fn forward(
        &mut self,
        chosen: &[usize],
        _: u64,
        rng: &mut StdRng,
    ) -> Result<Passed, TrainError> {
        let forward = self.graph.forward(&self.batch(chosen, rng)?)?;
        let price = self.stage.range_penalty / chosen.len() as f64;
        let penalty = match forward.excess {
            Some(excess) => Some((excess * price)?),
            None => None,
        };
        Ok(Passed { outputs: forward.logits, penalty })
    }

    fn network(&self) -> Result<RecurrentModel, TrainError> {
        Ok(self.graph.model(&self.model)??)
    }

    fn accuracy(&self, model: &RecurrentModel, split: &Split) -> Result<f64, TrainError> {
        judge(model, split, self.steps, self.watch)
    }

    fn share_inside(&self) -> Option<f64> {
        self.graph.share_inside()
    }
}

impl CellLearner<'_, '_> {
    /// The chosen samples, step by step, with noise and dropout.
    fn batch(&self, chosen: &[usize], rng: &mut StdRng) -> Result<Batch, TrainError> {
        let (model, samples, steps) = (&self.model, chosen.len(), self.steps);
        let part = part(self.train, chosen, steps * model.channels());
        let raw = Sequences { inputs: &part.inputs, lengths: &part.lengths, steps };
        let values;
        let begins: Vec<usize>;
        if model.embedding().is_some() {
            let token = |step: usize, sample: usize| {
                part.inputs.get(sample * steps + step).map_or(0, |t| *t as u32)
            };
            let mut tokens: Vec<u32> = (0..steps)
                .flat_map(|step| (0..samples).map(move |s| (step, s)))
                .map(|(step, s)| token(step, s))
                .collect();
            for token in &mut tokens {
                if rng.random::<f32>() < self.stage.dropout {
                    *token = 0;
                }
            }
            begins = part.lengths.iter().map(|l| steps.saturating_sub(usize::from(*l))).collect();
            values = Values::Tokens(Tensor::from_vec(tokens, steps * samples, &Device::Cpu)?);
        } else {
            let prepared = model.prepare(raw)?;
            let width = prepared.width;
            let mut rows = vec![0.0_f32; steps * samples * width];
            for (s, sample) in prepared.values.chunks(steps * width).enumerate() {
                for (step, row) in sample.chunks(width).enumerate() {
                    let at = (step * samples + s) * width;
                    for (out, x) in rows.iter_mut().skip(at).zip(row) {
                        *out = *x as f32;
                    }
                }
            }
            if self.stage.noise > 0.0 {
                rows.iter_mut().for_each(|x| *x += self.stage.noise * normal(rng));
            }
            values =
                Values::Numbers(Tensor::from_vec(rows, (steps * samples, width), &Device::Cpu)?);
            begins = prepared.begins;
        }
        let begun = (0..steps).map(|step| -> Result<Option<Tensor>, TrainError> {
            if begins.iter().all(|b| *b <= step) {
                return Ok(None);
            }
            let column: Vec<f32> =
                begins.iter().map(|b| if step >= *b { 1.0 } else { 0.0 }).collect();
            Ok(Some(Tensor::from_vec(column, (samples, 1), &Device::Cpu)?))
        });
        let begun = begun.collect::<Result<_, _>>()?;
        let hidden = model.layers().last().map_or(0, |l| l.hidden);
        let widest = model.layers().iter().map(RecurrentLayer::carried).max().unwrap_or(0);
        let state_noise = if self.stage.state_noise > 0.0 {
            let values: Vec<f32> = (0..steps * samples * widest)
                .map(|_| self.stage.state_noise * normal(rng))
                .collect();
            Some(Tensor::from_vec(values, (steps * samples, widest), &Device::Cpu)?)
        } else {
            None
        };
        let dropout = self.stage.dropout;
        let keep = if dropout > 0.0 {
            let factor =
                |_| if rng.random::<f32>() < dropout { 0.0 } else { 1.0 / (1.0 - dropout) };
            let factors: Vec<f32> = (0..samples * hidden).map(factor).collect();
            Some(Tensor::from_vec(factors, (samples, hidden), &Device::Cpu)?)
        } else {
            None
        };
        Ok(Batch { samples, steps, values, begun, state_noise, keep })
    }
}
