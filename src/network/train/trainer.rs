//! Runs the stages of a recipe.

use super::graph::{Graph, cross_entropy};
use super::grid::snap_inputs;
use super::integers::Integers;
use super::recipe::{Recipe, Stage};
use crate::data::{Dataset, Shape, Split};
use crate::format;
use crate::network::{
    ForwardError, Layer, Network, NetworkError, Normalisation, Op, Provenance, SimplifyError,
    accuracy,
};
use crate::progress::{Cancelled, Watch};
use candle_core::{Device, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

/// Share of a stage's steps over which the learning rate rises to its start value.
const WARM_UP: f64 = 0.03;

/// Why training stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
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
    #[error("dataset {dataset} has no training samples")]
    NoSamples { dataset: String },
    #[error(
        "stage {stage}, epoch {epoch}: the loss is no longer a finite number; lower the learning rate"
    )]
    Diverged { stage: String, epoch: usize },
    #[error("recipe {recipe}, stage {stage}: batch and epochs must be at least 1")]
    EmptyStage { recipe: String, stage: String },
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Simplify(#[from] SimplifyError),
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
    /// Accuracy on the test split after the epoch, on quantised inputs where the stage has a grid;
    /// reported only, it decides nothing.
    pub accuracy: f64,
}

/// What the network does on exact integers.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerCheck {
    /// Accuracy on the test split.
    pub accuracy: f64,
    /// Largest magnitude after each layer that is no flattening, over training and test samples.
    pub largest: Vec<f64>,
}

/// A trained network and how it came to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    pub network: Network,
    pub history: Vec<EpochRecord>,
    /// For networks trained on an integer grid.
    pub integers: Option<IntegerCheck>,
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
    let mut network = start(recipe, dataset, seed)?;
    let mut history = Vec::new();
    let epochs: usize = recipe.stages.iter().map(|s| s.epochs).sum();
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
        let seed = mix(seed, index as u64 + 1);
        let mut run = StageRun { stage, dataset, seed, epochs, watch, history: &mut history };
        network = run.run(&network)?;
    }
    let integers = check_integers(&network, dataset, watch)?;
    let quiet = Watch::new(watch.cancel_flag().clone(), &|_| {});
    let outputs = network.forward_batch(&dataset.test().inputs, &quiet)?;
    let float = accuracy(&outputs, network.classes(), &dataset.test().labels);
    let name = &recipe.name;
    let network = network.with_provenance(Provenance {
        dataset: dataset.name().to_owned(),
        command: format!("cryptoscope train {name} --seed {seed} --out models/{name}.safetensors"),
        seed,
        test_accuracy: Some(float),
    })?;
    Ok(Trained { network, history, integers })
}

/// The recipe's network with fresh weights.
fn start(recipe: &Recipe, dataset: &Dataset, seed: u64) -> Result<Network, TrainError> {
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
    Ok(build(recipe.normalisation(dataset), network.layers().to_vec())?)
}

/// Weights of mean 0 and variance `1 / inputs`, biases zero.
fn initialise(layer: &Layer, rng: &mut StdRng) -> Layer {
    let mut layer = layer.clone();
    let inputs = match &layer.op {
        Op::Dense { inputs, .. } => *inputs,
        Op::Conv2d { in_channels, kernel, .. } => in_channels * kernel.0 * kernel.1,
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
fn mix(seed: u64, stream: u64) -> u64 {
    let mut z = seed.wrapping_add(stream.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct StageRun<'a, 'w> {
    stage: &'a Stage,
    dataset: &'a Dataset,
    seed: u64,
    /// Epochs of all stages.
    epochs: usize,
    watch: &'a Watch<'w>,
    history: &'a mut Vec<EpochRecord>,
}

impl StageRun<'_, '_> {
    fn run(&mut self, network: &Network) -> Result<Network, TrainError> {
        let stage = self.stage;
        let mut graph = Graph::new(network, stage.grid.as_ref())?;
        let first = ParamsAdamW {
            lr: stage.learning_rate,
            weight_decay: stage.weight_decay,
            ..ParamsAdamW::default()
        };
        let mut optimiser = AdamW::new(graph.variables(), first)?;
        let mut order: Vec<usize> = (0..self.dataset.train().len()).collect();
        let batches = order.len().div_ceil(stage.batch);
        let steps = (batches * stage.epochs) as f64;
        let mut current = network.clone();
        for epoch in 0..stage.epochs {
            let seed = mix(self.seed, epoch as u64);
            order.shuffle(&mut StdRng::seed_from_u64(seed));
            let mut loss_sum = 0.0;
            let what = self.what();
            for (index, chosen) in order.chunks(stage.batch).enumerate() {
                let done = (self.history.len() * batches + index) as u64;
                self.watch.step(&what, done, (self.epochs * batches) as u64)?;
                let step = (epoch * batches + index) as f64;
                optimiser.set_learning_rate(stage.learning_rate * schedule(step / steps));
                let (inputs, targets) = self.batch(network, chosen, seed)?;
                let loss = cross_entropy(&graph.forward(inputs)?, &targets)?;
                optimiser.step(&loss.backward()?)?;
                loss_sum += f64::from(loss.to_scalar::<f32>()?) * chosen.len() as f64;
            }
            let loss = loss_sum / order.len() as f64;
            let epoch = self.history.len() + 1;
            if !loss.is_finite() {
                return Err(TrainError::Diverged { stage: stage.name.clone(), epoch });
            }
            current = graph.network(network)??;
            let accuracy = self.accuracy(&current, self.dataset.test())?;
            self.history.push(EpochRecord { stage: stage.name.clone(), epoch, loss, accuracy });
        }
        let done = (self.history.len() * batches) as u64;
        self.watch.step(&self.what(), done, (self.epochs * batches) as u64)?;
        Ok(current)
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
        let Split { inputs, labels } = self.dataset.train();
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

    fn accuracy(&self, network: &Network, split: &Split) -> Result<f64, TrainError> {
        let quiet = Watch::new(self.watch.cancel_flag().clone(), &|_| {});
        let mut values = network.normalise(&split.inputs);
        if let Some(grid) = &self.stage.grid {
            snap_inputs(&mut values, &grid.input);
        }
        let outputs = plain_inputs(network)?.forward_batch(&values, &quiet)?;
        Ok(accuracy(&outputs, network.classes(), &split.labels))
    }
}

/// Factor on the learning rate at a share of the stage.
fn schedule(share: f64) -> f64 {
    let rise = (share / WARM_UP).clamp(0.05, 1.0);
    rise * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
}

/// The network with its inputs taken as they are.
fn plain_inputs(network: &Network) -> Result<Network, NetworkError> {
    Network::new(
        network.name(),
        network.input(),
        Normalisation { offset: vec![0.0], scale: vec![1.0] },
        network.layers().to_vec(),
        network.quantisation().cloned(),
        Provenance::default(),
    )
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
