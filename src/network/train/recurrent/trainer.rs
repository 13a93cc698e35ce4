//! Runs the stages of a recurrent recipe.

use super::super::graph::cross_entropy;
use super::super::patience::Keeper;
use super::super::scaling;
use super::super::trainer::{check_patience, mix, schedule};
use super::graph::{Batch, Graph, Values};
use super::recipe::{RecurrentRecipe, RecurrentStage};
use crate::card::on_one_line;
use crate::provenance::{MAX_NAME_BYTES, MAX_TEXT_BYTES};
use crate::recurrent::{
    Embedding, GateName, Head, RecurrentLayer, RecurrentModel, RecurrentParts, Sequences,
};
use crate::train::{EpochRecord, TrainError, TrainEvent};
use crate::{
    LayerApproximationError, ModelCard, Normalisation, Provenance, Role, accuracy, argmax,
};
use activation::{Activation, Approximation};
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use data::{Dataset, Shape, Split};
use progress::Watch;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// Gain of fresh weights.
const GAIN: f32 = 1.0;
/// Half-width of fresh vectors of tokens.
const FRESH_EMBEDDING: f32 = 0.1;

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
        check_patience(self.patience, !held_out.is_empty())?;
        let (mut history, mut kept, mut first_accuracy) = (Vec::new(), Vec::new(), None);
        for (index, stage) in recipe.stages.iter().enumerate() {
            if stage.batch == 0 || stage.epochs == 0 {
                return Err(TrainError::EmptyStage {
                    recipe: recipe.name.clone(),
                    stage: stage.name.clone(),
                });
            }
            // Stages before may have ended early.
            let left = recipe.stages.iter().skip(index).map(|s| s.epochs).sum::<usize>();
            let epochs = history.len() + left;
            let mut run = StageRun {
                stage,
                train: dataset.train(),
                shown: if held_out.is_empty() {
                    dataset.test().clone()
                } else {
                    part(dataset.train(), &held_out, dataset.shape().len())
                },
                steps,
                seed: mix(seed, index as u64 + 2),
                epochs,
                patience: self.patience,
                watch,
                history: &mut history,
                on_event,
            };
            let (trained, epoch) = run.run(&with_polynomials(&model, stage)?, order.clone())?;
            model = trained;
            kept.push(epoch);
            if index == 0 && recipe.stages.len() > 1 {
                first_accuracy = Some(judge(&model, dataset.test(), steps, watch)?);
            }
        }
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

impl RecurrentRecipe {
    /// The model with fresh weights, and with the functions that it will have in the end.
    ///
    /// # Errors
    /// When the dataset does not fit the recipe.
    pub fn fresh(&self, dataset: &Dataset, seed: u64) -> Result<RecurrentModel, TrainError> {
        let model = start(self, dataset, seed)?;
        self.stages.last().map_or(Ok(model.clone()), |stage| with_polynomials(&model, stage))
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

/// Steps of a sample.
fn steps_of(recipe: &RecurrentRecipe, dataset: &Dataset) -> Result<usize, TrainError> {
    match dataset.shape() {
        Shape::Sequence { steps, .. } => Ok(steps),
        found => Err(TrainError::Mismatch {
            recipe: recipe.name.clone(),
            wanted: Shape::Sequence { steps: found.len(), channels: 1 },
            classes: dataset.classes().len(),
            dataset: dataset.name().to_owned(),
            found,
            found_classes: dataset.classes().len(),
        }),
    }
}

fn kind(words: bool) -> &'static str {
    if words { "words" } else { "numbers" }
}

/// The recipe's model with fresh weights, or the one it starts from.
fn start(
    recipe: &RecurrentRecipe,
    dataset: &Dataset,
    seed: u64,
) -> Result<RecurrentModel, TrainError> {
    dataset.needs_classes("training")?;
    let steps = steps_of(recipe, dataset)?;
    let channels = dataset.shape().len() / steps.max(1);
    let classes = dataset.classes().len();
    let embeds = match &recipe.start {
        Some(model) => model.embedding().is_some(),
        None => recipe.embedding.is_some(),
    };
    if embeds == dataset.vocabulary().is_empty() {
        let (recipe, dataset) = (recipe.name.clone(), dataset.name().to_owned());
        return Err(TrainError::Words { recipe, dataset, takes: kind(embeds), has: kind(!embeds) });
    }
    if dataset.train().is_empty() {
        return Err(TrainError::NoSamples { dataset: dataset.name().to_owned() });
    }
    if let Some(model) = &recipe.start {
        if model.channels() != channels || model.classes() != classes {
            return Err(TrainError::Mismatch {
                recipe: recipe.name.clone(),
                wanted: Shape::Sequence { steps, channels: model.channels() },
                classes: model.classes(),
                dataset: dataset.name().to_owned(),
                found: dataset.shape(),
                found_classes: classes,
            });
        }
        let name = on_one_line(&recipe.name, MAX_NAME_BYTES);
        return Ok(RecurrentModel::new(RecurrentParts { name, ..model.parts().clone() })?);
    }
    let mut rng = StdRng::seed_from_u64(mix(seed, 0));
    let embedding = recipe.embedding.map(|width| Embedding {
        width,
        table: (0..width * dataset.vocabulary().len().max(1))
            .map(|_| rng.random_range(-FRESH_EMBEDDING..=FRESH_EMBEDDING))
            .collect(),
    });
    let normalisation = match (&embedding, recipe.divide) {
        (Some(_), _) => Normalisation { offset: vec![0.0], scale: vec![1.0] },
        (None, Some(scale)) => Normalisation { offset: vec![0.0], scale: vec![scale] },
        (None, None) => standardise(dataset.train(), steps, channels),
    };
    let mut width = recipe.embedding.unwrap_or(channels);
    let mut layers = Vec::new();
    for hidden in &recipe.hidden {
        layers.push(RecurrentLayer::random(width, *hidden, recipe.cell, GAIN, &mut rng));
        width = *hidden;
    }
    Ok(RecurrentModel::new(RecurrentParts {
        name: on_one_line(&recipe.name, MAX_NAME_BYTES),
        channels,
        embedding,
        normalisation,
        layers,
        head: Head::random(width, classes, &mut rng),
        provenance: Provenance::default(),
        card: ModelCard::of(dataset),
    })?)
}

/// Mean and standard deviation of each channel over all steps that count.
fn standardise(split: &Split, steps: usize, channels: usize) -> Normalisation {
    let per_sample = steps * channels;
    let begins = |sample: usize| {
        split.lengths.get(sample).map_or(0, |l| steps.saturating_sub(usize::from(*l)))
    };
    let rows = || {
        split
            .inputs
            .chunks(per_sample.max(1))
            .enumerate()
            .flat_map(move |(i, s)| s.chunks(channels.max(1)).skip(begins(i)))
    };
    scaling::standardise(rows, channels)
}

/// The model with the polynomials of a stage in the place of its functions.
fn with_polynomials(
    model: &RecurrentModel,
    stage: &RecurrentStage,
) -> Result<RecurrentModel, TrainError> {
    let Some(choice) = stage.polynomials else { return Ok(model.clone()) };
    let interval = (-stage.interval, stage.interval);
    let functions = model.layers().iter().flat_map(RecurrentLayer::functions);
    let fit = |(name, function): (GateName, &Activation)| {
        if function.is_polynomial() {
            return Ok(None);
        }
        let request = Approximation::new(function.clone(), choice.method, choice.degree, interval);
        let fitted = request
            .fit(None)
            .map_err(|source| LayerApproximationError { layer: name.id().to_owned(), source })?;
        // In the Chebyshev basis the interval stays known to whoever opens the model.
        Ok::<_, TrainError>(fitted.chebyshev().map(Activation::Chebyshev))
    };
    let activations: Vec<_> = functions.map(fit).collect::<Result<_, _>>()?;
    Ok(model.with_activations(&activations)?)
}

struct StageRun<'a, 'w> {
    stage: &'a RecurrentStage,
    train: &'a Split,
    shown: Split,
    steps: usize,
    seed: u64,
    /// Epochs done before, and of this stage and those after it.
    epochs: usize,
    patience: Option<usize>,
    watch: &'a Watch<'w>,
    history: &'a mut Vec<EpochRecord>,
    on_event: &'a mut dyn FnMut(TrainEvent),
}

impl StageRun<'_, '_> {
    /// The model after the stage, and the epoch that it is of.
    fn run(
        &mut self,
        model: &RecurrentModel,
        mut order: Vec<usize>,
    ) -> Result<(RecurrentModel, usize), TrainError> {
        let stage = self.stage;
        let watched = stage.range_penalty > 0.0 || stage.polynomials.is_some();
        let graph = Graph::new(model, watched.then_some((-stage.interval, stage.interval)))?;
        let first = ParamsAdamW {
            lr: stage.learning_rate,
            weight_decay: stage.weight_decay,
            ..ParamsAdamW::default()
        };
        let variables = graph.variables();
        let mut optimiser = AdamW::new(variables.clone(), first)?;
        let batches = order.len().div_ceil(stage.batch);
        let steps = (batches * stage.epochs) as f64;
        let mut keeper = Keeper::new(self.patience, model.clone(), self.history.len());
        for epoch in 0..stage.epochs {
            if keeper.is_over() {
                break;
            }
            let seed = mix(self.seed, epoch as u64);
            let mut rng = StdRng::seed_from_u64(seed);
            order.shuffle(&mut rng);
            let (mut loss_sum, mut right) = (0.0, 0);
            let what = self.what();
            for (index, chosen) in order.chunks(stage.batch).enumerate() {
                let done = self.history.len() * batches + index;
                self.watch.step(&what, done as u64, (self.epochs * batches) as u64)?;
                let share = (epoch * batches + index) as f64 / steps;
                optimiser.set_learning_rate(stage.learning_rate * schedule(share));
                let batch = self.batch(model, chosen, &mut rng)?;
                let forward = graph.forward(&batch)?;
                let targets = self.targets(chosen, model.classes())?;
                let mut loss = cross_entropy(&forward.logits, &targets)?;
                if let Some(excess) = forward.excess {
                    loss = (loss + (excess * (stage.range_penalty / chosen.len() as f64))?)?;
                }
                let mut gradients = loss.backward()?;
                clip(&mut gradients, &variables, stage.clip_norm)?;
                optimiser.step(&gradients)?;
                let loss = f64::from(loss.to_scalar::<f32>()?);
                loss_sum += loss * chosen.len() as f64;
                right += self.count_right(&forward.logits, chosen)?;
                (self.on_event)(TrainEvent::Step {
                    step: done + 1,
                    of: self.epochs * batches,
                    epochs: self.epochs,
                    loss,
                });
            }
            let loss = loss_sum / order.len() as f64;
            let epoch = self.history.len() + 1;
            if !loss.is_finite() {
                return Err(TrainError::Diverged { stage: stage.name.clone(), epoch });
            }
            let current = graph.model(model)??;
            let record = EpochRecord {
                stage: stage.name.clone(),
                epoch,
                loss,
                train_accuracy: right as f64 / order.len() as f64,
                accuracy: judge(&current, &self.shown, self.steps, self.watch)?,
                share_inside: graph.share_inside(),
            };
            keeper.take(current, record.epoch, record.accuracy);
            self.history.push(record.clone());
            (self.on_event)(TrainEvent::Epoch { record, of: self.epochs });
        }
        Ok(keeper.kept())
    }

    /// What is being done, with what came of the last epoch.
    fn what(&self) -> String {
        let epoch = (self.history.len() + 1).min(self.epochs);
        let mut text = format!("epoch {epoch}/{}", self.epochs);
        if let Some(last) = self.history.last() {
            let accuracy = format::percent(last.accuracy);
            text.push_str(&format!(", loss {:.3}, accuracy {accuracy}", last.loss));
        }
        text
    }

    /// The chosen samples, step by step, with noise and dropout.
    fn batch(
        &self,
        model: &RecurrentModel,
        chosen: &[usize],
        rng: &mut StdRng,
    ) -> Result<Batch, TrainError> {
        let (samples, steps) = (chosen.len(), self.steps);
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

    fn targets(&self, chosen: &[usize], classes: usize) -> Result<Tensor, TrainError> {
        let smoothing = self.stage.smoothing;
        let mut targets = vec![smoothing / classes as f32; chosen.len() * classes];
        for (row, i) in targets.chunks_mut(classes).zip(chosen) {
            let label = self.train.labels.get(*i).map_or(0, |l| usize::from(*l));
            if let Some(target) = row.get_mut(label) {
                *target += 1.0 - smoothing;
            }
        }
        Ok(Tensor::from_vec(targets, (chosen.len(), classes), &Device::Cpu)?)
    }

    fn count_right(&self, logits: &Tensor, chosen: &[usize]) -> Result<usize, TrainError> {
        let logits = logits.to_vec2::<f32>()?;
        let pairs = logits.iter().zip(chosen);
        let right = |(row, i): &(&Vec<f32>, &usize)| {
            self.train.labels.get(**i).is_some_and(|l| argmax(row) == usize::from(*l))
        };
        Ok(pairs.filter(right).count())
    }
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

/// Of mean 0 and variance 1 (Box and Muller 1958).
fn normal(rng: &mut StdRng) -> f32 {
    let (a, b) = (1.0 - rng.random::<f32>(), rng.random::<f32>());
    (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
}
