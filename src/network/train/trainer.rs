//! Runs the stages of a recipe.

use super::graph::{Graph, cross_entropy};
use super::grid::snap_inputs;
use super::integers::Integers;
use super::patience::Keeper;
use super::recipe::{Recipe, Stage, TableGrid};
use crate::card::on_one_line;
use crate::provenance::{MAX_NAME_BYTES, MAX_TEXT_BYTES};
use crate::table::{TableError, TableNetwork};
use crate::{
    Approximations, ForwardError, Layer, LayerApproximationError, LayerInputs, ModelCard, Network,
    NetworkError, Normalisation, Op, Provenance, Role, SimplifyError, accuracy, argmax,
};
use activation::{Activation, Fitted};
use candle_core::{Device, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use data::{Dataset, DatasetError, Shape, Split};
use progress::{Cancelled, Watch};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

/// Share of a stage's steps over which the learning rate rises to its start value.
const WARM_UP: f64 = 0.03;

/// Most epochs of a stage.
const MAX_EPOCHS: usize = 1000;

/// Training samples on which the inputs of activations are measured, at most.
const MEASURED_SAMPLES: usize = 2048;

/// Why training stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("{field} is {given}; {allowed} are possible")]
    Choice { field: &'static str, given: String, allowed: String },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error(
        "recipe {recipe} takes samples of {wanted} and {classes} classes; dataset {dataset} has samples of {found} and {found_classes} classes"
    )]
    Mismatch {
        recipe: String,
        wanted: Shape,
        classes: usize,
        dataset: String,
        found: Shape,
        found_classes: usize,
    },
    #[error(
        "recipe {recipe} takes {takes} but dataset {dataset} has {has}; choose a scenario for such data"
    )]
    Words { recipe: String, dataset: String, takes: &'static str, has: &'static str },
    #[error("dataset {dataset} has no training samples")]
    NoSamples { dataset: String },
    #[error(
        "stage {stage}, epoch {epoch}: the loss is no longer a finite number; lower the learning rate"
    )]
    Diverged { stage: String, epoch: usize },
    #[error(
        "patience needs training samples that are held out, but none are; hold out at least 1 (--validation 1)"
    )]
    NothingHeldOut,
    #[error("recipe {recipe}, stage {stage}: batch and epochs must be at least 1")]
    EmptyStage { recipe: String, stage: String },
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    HoldOut(#[from] DatasetError),
    #[error(transparent)]
    Approximation(#[from] LayerApproximationError),
    #[error(transparent)]
    Simplify(#[from] SimplifyError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Forward(ForwardError),
    #[error("training kernel: {0}")]
    Kernel(#[from] candle_core::Error),
}

impl From<ForwardError> for TrainError {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Forward(other),
        }
    }
}

/// One epoch, for plots.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochRecord {
    /// Name of the stage.
    pub stage: String,
    /// Epoch over all stages, from 1.
    pub epoch: usize,
    /// Mean loss over the epoch's mini-batches.
    pub loss: f64,
    /// Share of the training samples that were classified as labelled, distorted as they were, while
    /// the weights still moved.
    pub train_accuracy: f64,
    /// Accuracy after the epoch on what is held out of training, on quantised inputs where the stage
    /// has a grid, with tables and noise where it has those; reported only, it decides nothing.
    pub accuracy: f64,
    /// Share of the inputs of approximated activations inside their interval, where there are some.
    pub share_inside: Option<f64>,
}

/// What training tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainEvent {
    /// One more mini-batch: step over all stages from 1, of how many in how many epochs, and its loss.
    Step { step: usize, of: usize, epochs: usize, loss: f64 },
    /// One more epoch of so many.
    Epoch { record: EpochRecord, of: usize },
}

/// A training to be done.
pub struct Training<'a> {
    pub recipe: &'a Recipe,
    pub dataset: &'a Dataset,
    /// The same seed, data and machine give the same network.
    pub seed: u64,
    /// Training samples to hold out; as the recipe says when left out.
    pub validation: Option<usize>,
    /// Command that the network names as its origin; that of a built-in recipe when left out.
    pub command: Option<String>,
    /// A stage ends after so many epochs without a better accuracy on what is held out, and keeps the
    /// weights of the last epoch with the best one. All epochs are done when left out.
    pub patience: Option<usize>,
}

/// What the network does on exact integers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerCheck {
    /// Accuracy on the test split.
    pub accuracy: f64,
    /// Largest magnitude after each layer that is no flattening, over training and test samples.
    pub largest: Vec<f64>,
}

/// What a network trained with lookup tables does on exact integers, over the test split.
#[derive(Clone, Debug, PartialEq)]
pub struct TableCheck {
    /// Accuracy without noise.
    pub accuracy: f64,
    /// Standard deviation of the noise it was trained with, as a share of the ranges.
    pub noise: f64,
    /// Accuracy with that noise.
    pub noisy_accuracy: f64,
    /// Share of the samples whose answer with that noise is the one without.
    pub agreement: f64,
}

/// A trained network and how it came to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    pub network: Network,
    pub history: Vec<EpochRecord>,
    /// Of each stage the epoch, counted over all stages from 1, whose weights were kept.
    pub kept: Vec<usize>,
    /// Accuracy on the test split after the first of several stages: of the network that was then
    /// brought to integers, polynomials or tables.
    pub first_accuracy: Option<f64>,
    /// For networks trained on an integer grid.
    pub integers: Option<IntegerCheck>,
    /// For networks trained with lookup tables.
    pub tables: Option<TableCheck>,
}

/// Trains a network from a recipe; the same seed, data and machine give the same network.
///
/// The test split is looked at for the reported accuracies only.
///
/// # Errors
/// When the dataset does not fit the recipe, the loss diverges, or `watch` asks to stop (within a
/// mini-batch).
pub fn train(
    recipe: &Recipe,
    dataset: &Dataset,
    seed: u64,
    watch: &Watch,
) -> Result<Trained, TrainError> {
    let (validation, command, patience) = (None, None, None);
    let training = Training { recipe, dataset, seed, validation, command, patience };
    training.run(watch, &mut |_| {})
}

impl Training<'_> {
    /// Trains, telling `on_event` as it goes.
    ///
    /// # Errors
    /// As [`train`], and when more samples are held out than there are.
    pub fn run(
        &self,
        watch: &Watch,
        on_event: &mut dyn FnMut(TrainEvent),
    ) -> Result<Trained, TrainError> {
        let Self { recipe, dataset, seed, .. } = *self;
        let mut network = start(recipe, dataset, seed)?;
        let held_out = match self.validation.unwrap_or(recipe.validation) {
            0 => None,
            samples => Some(dataset.hold_out(samples)?),
        };
        let shown = held_out.as_ref().unwrap_or(dataset);
        check_patience(self.patience, held_out.is_some())?;
        let (mut history, mut kept, mut first_accuracy) = (Vec::new(), Vec::new(), None);
        for (index, stage) in recipe.stages.iter().enumerate() {
            if stage.batch == 0 || stage.epochs == 0 {
                return Err(TrainError::EmptyStage {
                    recipe: recipe.name.clone(),
                    stage: stage.name.clone(),
                });
            }
            if stage.simplify {
                network = network.simplify()?;
            }
            let mut intervals = Vec::new();
            if let Some(approximations) = &stage.approximations {
                (network, intervals) = replace(&network, approximations, shown, watch)?;
            }
            if let Some(tables) = stage.grid.as_ref().and_then(|g| g.tables.as_ref()) {
                intervals = table_ranges(&network, tables, shown, watch)?;
            }
            let seed = mix(seed, index as u64 + 1);
            // Stages before may have ended early.
            let left = recipe.stages.iter().skip(index).map(|s| s.epochs).sum::<usize>();
            let epochs = history.len() + left;
            let mut run = StageRun {
                stage,
                dataset: shown,
                seed,
                epochs,
                patience: self.patience,
                watch,
                history: &mut history,
                on_event: &mut *on_event,
            };
            let (trained, epoch) = run.run(&network, &intervals)?;
            network = trained;
            kept.push(epoch);
            if index == 0 && recipe.stages.len() > 1 {
                first_accuracy = Some(run.accuracy(&network, dataset.test())?);
            }
        }
        let integers = check_integers(&network, dataset, watch)?;
        let quiet = Watch::new(watch.cancel_flag().clone(), &|_| {});
        let tables = match recipe.stages.last().and_then(|s| s.grid.as_ref()?.tables.as_ref()) {
            Some(tables) => check_tables(&network, tables.noise, dataset.test(), seed, &quiet)?,
            None => None,
        };
        let outputs = network.forward_batch(&dataset.test().inputs, &quiet)?;
        let float = accuracy(&outputs, network.classes(), &dataset.test().labels);
        let name = &recipe.name;
        let command = self.command.clone().unwrap_or_else(|| {
            let mut command = format!("cryptoscope train {name}");
            if dataset.name() != recipe.dataset {
                command += &format!(" --set dataset={}", dataset.name());
            }
            format!("{command} --seed {seed}")
        });
        let trained = ModelCard::trained(dataset, recipe.start.as_ref().map(Network::as_start));
        // Made again bit for bit, it belongs to the same others as the built-in one.
        let twins = network.built_in_card().map_or(trained.twins.clone(), |known| known.twins);
        let card = ModelCard { twins, ..trained };
        let original = card.twin(Role::Exact).map(|twin| on_one_line(&twin.name, MAX_NAME_BYTES));
        let network = network.with_card(card)?.with_provenance(Provenance {
            dataset: on_one_line(dataset.name(), MAX_TEXT_BYTES),
            command: on_one_line(&command, MAX_TEXT_BYTES),
            seed,
            test_accuracy: Some(float),
            original,
        })?;
        Ok(Trained { network, history, kept, first_accuracy, integers, tables })
    }
}

/// Intervals of the layers; `None` where a layer has no polynomial.
type Intervals = Vec<Option<(f64, f64)>>;

/// Polynomials in the place of the activations, and the interval of each.
fn replace(
    network: &Network,
    approximations: &Approximations,
    dataset: &Dataset,
    watch: &Watch,
) -> Result<(Network, Intervals), TrainError> {
    let split = dataset.train();
    let samples = split.len().min(MEASURED_SAMPLES);
    let inputs = &split.inputs[..samples * dataset.shape().len()];
    let quiet = Watch::new(watch.cancel_flag().clone(), &|_| {});
    let fitted = approximations.fit(&network.measure_activations(inputs, &quiet)?)?;
    let intervals = fitted.iter().map(|f| f.as_ref().map(|f| f.request().interval)).collect();
    let network = network.with_approximations(&fitted)?;
    // In the Chebyshev basis the interval stays known to whoever opens the model.
    let mut series = fitted.iter().map(|f| f.as_ref().and_then(Fitted::chebyshev));
    let layers = network.layers().iter().map(|layer| {
        let series = if layer.op.is_activation() { series.next().flatten() } else { None };
        let op = series.map_or_else(
            || layer.op.clone(),
            |series| Op::Activation(Activation::Chebyshev(series)),
        );
        Layer { name: layer.name.clone(), op }
    });
    Ok((network.with_layers(layers.collect(), None)?, intervals))
}

/// What the tables of a network range over: the inputs of its activations on training samples, and
/// some room.
fn table_ranges(
    network: &Network,
    tables: &TableGrid,
    dataset: &Dataset,
    watch: &Watch,
) -> Result<Intervals, TrainError> {
    let split = dataset.train();
    let samples = split.len().min(MEASURED_SAMPLES);
    let inputs = &split.inputs[..samples * dataset.shape().len()];
    let quiet = Watch::new(watch.cancel_flag().clone(), &|_| {});
    let layers = network.measure_activations(inputs, &quiet)?;
    let reach = |l: &LayerInputs| {
        let ends = [l.histogram.min(), l.histogram.max()];
        let most = ends.into_iter().flatten().fold(0.0, |m: f64, x| m.max(x.abs()));
        most * tables.room
    };
    Ok(layers.iter().map(|l| Some((-reach(l), reach(l)))).collect())
}

/// What a network trained with tables does on integers, with noise and without.
fn check_tables(
    network: &Network,
    noise: f64,
    split: &Split,
    seed: u64,
    watch: &Watch,
) -> Result<Option<TableCheck>, TrainError> {
    let Some(tables) = TableNetwork::trained(network)? else { return Ok(None) };
    let exact = tables.evaluate(&split.inputs, watch)?;
    let shaken = tables.relative_noise(noise, seed);
    let noisy = tables.simulate(&split.inputs, &split.labels, &shaken, watch)?;
    Ok(Some(TableCheck {
        accuracy: exact.accuracy(tables.classes(), &split.labels),
        noise,
        noisy_accuracy: noisy.accuracy,
        agreement: noisy.agreement,
    }))
}

/// Refuses a patience that nothing can be held against.
pub(super) fn check_patience(patience: Option<usize>, held_out: bool) -> Result<(), TrainError> {
    match patience {
        Some(_) if !held_out => Err(TrainError::NothingHeldOut),
        Some(0) => {
            let (field, given, allowed) = ("patience", "0".into(), "1 or more epochs".into());
            Err(TrainError::Choice { field, given, allowed })
        }
        _ => Ok(()),
    }
}

/// Refuses more epochs than a stage may have, or none.
pub(super) fn check_epochs(epochs: usize) -> Result<(), TrainError> {
    if (1..=MAX_EPOCHS).contains(&epochs) {
        return Ok(());
    }
    let (given, allowed) = (epochs.to_string(), format!("1 to {MAX_EPOCHS}"));
    Err(TrainError::Choice { field: "epochs", given, allowed })
}

impl Recipe {
    /// The recipe with `epochs` in every stage.
    ///
    /// # Errors
    /// When none or more than 1000 are asked for.
    pub fn with_epochs(mut self, epochs: usize) -> Result<Self, TrainError> {
        check_epochs(epochs)?;
        self.stages.iter_mut().for_each(|stage| stage.epochs = epochs);
        Ok(self)
    }

    /// The network training starts from: with fresh weights, unless the recipe names one.
    ///
    /// # Errors
    /// When the dataset does not fit the recipe.
    pub fn fresh(&self, dataset: &Dataset, seed: u64) -> Result<Network, TrainError> {
        start(self, dataset, seed)
    }
}

/// The recipe's network with fresh weights.
fn start(recipe: &Recipe, dataset: &Dataset, seed: u64) -> Result<Network, TrainError> {
    if let Some(network) = &recipe.start {
        fits(recipe, network, dataset)?;
        return Ok(network.with_name(&recipe.name)?);
    }
    dataset.needs_classes("training")?;
    let mut rng = StdRng::seed_from_u64(mix(seed, 0));
    let layers = recipe.layers.iter().map(|layer| initialise(layer, &mut rng)).collect();
    if dataset.train().is_empty() {
        return Err(TrainError::NoSamples { dataset: dataset.name().to_owned() });
    }
    // The normalisation is read from the data only once their shape is known to fit.
    let plain = Normalisation { offset: vec![0.0], scale: vec![1.0] };
    let build = |normalisation, layers| {
        Network::new(
            recipe.name.as_str(),
            recipe.input,
            normalisation,
            layers,
            None,
            Provenance::default(),
        )
    };
    let network = build(plain, layers)?;
    fits(recipe, &network, dataset)?;
    let network = build(recipe.normalisation(dataset), network.layers().to_vec())?;
    Ok(network.with_card(ModelCard::of(dataset))?)
}

/// Holds the network against the samples and classes of the dataset.
fn fits(recipe: &Recipe, network: &Network, dataset: &Dataset) -> Result<(), TrainError> {
    if dataset.train().is_empty() {
        return Err(TrainError::NoSamples { dataset: dataset.name().to_owned() });
    }
    if network.input() != dataset.shape() || network.classes() != dataset.classes().len() {
        return Err(TrainError::Mismatch {
            recipe: recipe.name.clone(),
            wanted: network.input(),
            classes: network.classes(),
            dataset: dataset.name().to_owned(),
            found: dataset.shape(),
            found_classes: dataset.classes().len(),
        });
    }
    Ok(())
}

/// Weights of mean 0 and variance `1 / inputs`, biases zero, batch normalisation that does nothing.
fn initialise(layer: &Layer, rng: &mut StdRng) -> Layer {
    let mut layer = layer.clone();
    let inputs = match &layer.op {
        Op::Dense { inputs, .. } => *inputs,
        Op::Conv2d { in_channels, kernel, .. } => in_channels * kernel.0 * kernel.1,
        Op::BatchNorm { .. } => {
            if let Op::BatchNorm { gamma, beta, mean, variance, .. } = &mut layer.op {
                gamma.fill(1.0);
                beta.fill(0.0);
                mean.fill(0.0);
                variance.fill(1.0);
            }
            return layer;
        }
        _ => return layer,
    };
    // Uniform on [-a, a] has variance a^2 / 3.
    let a = (3.0 / inputs.max(1) as f32).sqrt();
    if let Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. } = &mut layer.op {
        weight.iter_mut().for_each(|w| *w = rng.random_range(-a..=a));
        bias.fill(0.0);
    }
    layer
}

/// A seed from a seed: one step of SplitMix64.
pub(super) fn mix(seed: u64, stream: u64) -> u64 {
    let mut z = seed.wrapping_add(stream.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct StageRun<'a, 'w> {
    stage: &'a Stage,
    dataset: &'a Dataset,
    seed: u64,
    /// Epochs done before, and of this stage and those after it.
    epochs: usize,
    patience: Option<usize>,
    watch: &'a Watch<'w>,
    history: &'a mut Vec<EpochRecord>,
    on_event: &'a mut dyn FnMut(TrainEvent),
}

impl StageRun<'_, '_> {
    /// The network after the stage, and the epoch that it is of.
    fn run(
        &mut self,
        network: &Network,
        intervals: &[Option<(f64, f64)>],
    ) -> Result<(Network, usize), TrainError> {
        let stage = self.stage;
        let mut graph = Graph::new(network, stage.grid.as_ref(), intervals)?;
        let first = ParamsAdamW {
            lr: stage.learning_rate,
            weight_decay: stage.weight_decay,
            ..ParamsAdamW::default()
        };
        let mut optimiser = AdamW::new(graph.variables(), first)?;
        let mut order: Vec<usize> = (0..self.dataset.train().len()).collect();
        let batches = order.len().div_ceil(stage.batch);
        let steps = (batches * stage.epochs) as f64;
        let mut keeper = Keeper::new(self.patience, network.clone(), self.history.len());
        for epoch in 0..stage.epochs {
            if keeper.is_over() {
                break;
            }
            let seed = mix(self.seed, epoch as u64);
            order.shuffle(&mut StdRng::seed_from_u64(seed));
            let (mut loss_sum, mut right) = (0.0, 0);
            let what = self.what();
            for (index, chosen) in order.chunks(stage.batch).enumerate() {
                let done = (self.history.len() * batches + index) as u64;
                self.watch.step(&what, done, (self.epochs * batches) as u64)?;
                let step = (epoch * batches + index) as f64;
                optimiser.set_learning_rate(stage.learning_rate * schedule(step / steps));
                let (inputs, targets) = self.batch(network, chosen, seed)?;
                let forward = graph.forward(inputs)?;
                let mut loss = cross_entropy(&forward.outputs, &targets)?;
                if let Some(excess) = forward.excess {
                    loss = (loss + (excess.sum_all()? * stage.range_penalty)?)?;
                }
                optimiser.step(&loss.backward()?)?;
                let loss = f64::from(loss.to_scalar::<f32>()?);
                loss_sum += loss * chosen.len() as f64;
                right += self.count_right(&forward.outputs, chosen)?;
                (self.on_event)(TrainEvent::Step {
                    step: done as usize + 1,
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
            let current = graph.network(network)??;
            let record = EpochRecord {
                stage: stage.name.clone(),
                epoch,
                loss,
                train_accuracy: right as f64 / order.len() as f64,
                accuracy: self.accuracy(&current, self.dataset.test())?,
                share_inside: graph.share_inside(),
            };
            keeper.take(current, record.epoch, record.accuracy);
            self.history.push(record.clone());
            (self.on_event)(TrainEvent::Epoch { record, of: self.epochs });
        }
        let done = (self.history.len() * batches) as u64;
        self.watch.step(&self.what(), done, (self.epochs * batches) as u64)?;
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

    /// Inputs and target shares of a mini-batch.
    fn batch(
        &self,
        network: &Network,
        chosen: &[usize],
        seed: u64,
    ) -> Result<(Tensor, Tensor), TrainError> {
        let (shape, classes) = (network.input(), network.classes());
        let Split { inputs, labels, .. } = self.dataset.train();
        let len = shape.len();
        let mut raw = vec![0.0; chosen.len() * len];
        raw.par_chunks_mut(len).zip(chosen).for_each(|(out, &i)| {
            let image = &inputs[i * len..(i + 1) * len];
            self.stage.augment.apply(shape, image, mix(seed, i as u64), out);
        });
        let mut values = network.normalise(&raw);
        if let Some(grid) = &self.stage.grid {
            snap_inputs(&mut values, &grid.input);
        }
        let even = self.stage.smoothing / classes as f32;
        let mut targets = vec![even; chosen.len() * classes];
        for (row, &i) in targets.chunks_mut(classes).zip(chosen) {
            row[usize::from(labels[i])] += 1.0 - self.stage.smoothing;
        }
        let inputs = Tensor::from_vec(values, (chosen.len(), len), &Device::Cpu)?;
        let targets = Tensor::from_vec(targets, (chosen.len(), classes), &Device::Cpu)?;
        Ok((inputs, targets))
    }

    /// How many of the chosen samples are classified as labelled.
    fn count_right(&self, outputs: &Tensor, chosen: &[usize]) -> Result<usize, TrainError> {
        let outputs = outputs.to_vec2::<f32>()?;
        let labels = &self.dataset.train().labels;
        let pairs = outputs.iter().zip(chosen);
        Ok(pairs.filter(|(row, i)| argmax(row) == usize::from(labels[**i])).count())
    }

    fn accuracy(&self, network: &Network, split: &Split) -> Result<f64, TrainError> {
        let quiet = Watch::new(self.watch.cancel_flag().clone(), &|_| {});
        if let Some(tables) = TableNetwork::trained(network)? {
            let share =
                self.stage.grid.as_ref().and_then(|g| g.tables.as_ref()).map_or(0.0, |t| t.noise);
            let noise = tables.relative_noise(share, self.seed);
            return Ok(tables.simulate(&split.inputs, &split.labels, &noise, &quiet)?.accuracy);
        }
        let mut values = network.normalise(&split.inputs);
        if let Some(grid) = &self.stage.grid {
            snap_inputs(&mut values, &grid.input);
        }
        let outputs = network.plain_inputs()?.forward_batch(&values, &quiet)?;
        Ok(accuracy(&outputs, network.classes(), &split.labels))
    }
}

/// Factor on the learning rate at a share of the stage.
pub(super) fn schedule(share: f64) -> f64 {
    let rise = (share / WARM_UP).clamp(0.05, 1.0);
    rise * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
}

fn check_integers(
    network: &Network,
    dataset: &Dataset,
    watch: &Watch,
) -> Result<Option<IntegerCheck>, Cancelled> {
    let Some(integers) = network.quantisation().and_then(|q| Integers::new(network, q)) else {
        return Ok(None);
    };
    let test = integers.run(&network.normalise(&dataset.test().inputs), watch)?;
    let seen = integers.run(&network.normalise(&dataset.train().inputs), watch)?;
    let (Some(test), Some(seen)) = (test, seen) else { return Ok(None) };
    let largest = test.largest.iter().zip(&seen.largest).map(|(a, b)| a.max(*b)).collect();
    let accuracy = accuracy(&test.outputs, network.classes(), &dataset.test().labels);
    Ok(Some(IntegerCheck { accuracy, largest }))
}
