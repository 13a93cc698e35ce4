//! Runs the stages of a recipe.

use super::checks::{IntegerCheck, TableCheck, check_integers, check_tables};
use super::epoch::{EpochRecord, TrainEvent};
use super::error::TrainError;
use super::fresh::start;
use super::graph::Graph;
use super::grid::snap_inputs;
use super::mix::mix;
use super::recipe::{Recipe, Stage, TableGrid};
use super::stages::{Learner, Passed, Stages};
use crate::card::on_one_line;
use crate::provenance::{MAX_NAME_BYTES, MAX_TEXT_BYTES};
use crate::table::TableNetwork;
use crate::{
    Approximations, Layer, LayerInputs, ModelCard, Network, Op, Provenance, Role, accuracy,
};
use activation::{Activation, Fitted};
use candle_core::{Device, Tensor, Var};
use data::{Dataset, Split};
use progress::Watch;
use rand::rngs::StdRng;
use rayon::prelude::*;

/// Training samples on which the inputs of activations are measured, at most.
const MEASURED_SAMPLES: usize = 2048;

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
        let paces = recipe.stages.iter().map(Stage::pace).collect();
        let splits = [shown.train(), shown.test(), dataset.test()];
        let patience = (self.patience, held_out.is_some());
        let mut stages = Stages::new(&recipe.name, paces, splits, patience, watch, on_event)?;
        for (index, stage) in recipe.stages.iter().enumerate() {
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
            let graph = Graph::new(&network, stage.grid.as_ref(), &intervals)?;
            let train = shown.train();
            let learner =
                LayerLearner { graph, network: network.clone(), stage, train, seed, watch };
            let order = (0..train.len()).collect();
            network = stages.next(learner, network, seed, order)?;
        }
        let Stages { history, kept, first_accuracy, .. } = stages;
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

/// A network of layers in one stage.
struct LayerLearner<'a, 'w> {
    graph: Graph,
    /// As it was before.
    network: Network,
    stage: &'a Stage,
    train: &'a Split,
    seed: u64,
    watch: &'a Watch<'w>,
}

impl Learner for LayerLearner<'_, '_> {
    type Network = Network;

    fn variables(&self) -> Vec<Var> {
        self.graph.variables()
    }

    fn forward(
        &mut self,
        chosen: &[usize],
        seed: u64,
        _: &mut StdRng,
    ) -> Result<Passed, TrainError> {
        let shape = self.network.input();
        let len = shape.len();
        let mut raw = vec![0.0; chosen.len() * len];
        raw.par_chunks_mut(len).zip(chosen).for_each(|(out, &i)| {
            let image = &self.train.inputs[i * len..(i + 1) * len];
            self.stage.augment.apply(shape, image, mix(seed, i as u64), out);
        });
        let values = self.on_grid(self.network.normalise(&raw));
        let inputs = Tensor::from_vec(values, (chosen.len(), len), &Device::Cpu)?;
        let forward = self.graph.forward(inputs)?;
        let penalty = match forward.excess {
            Some(excess) => Some((excess.sum_all()? * self.stage.range_penalty)?),
            None => None,
        };
        Ok(Passed { outputs: forward.outputs, penalty })
    }

    fn network(&self) -> Result<Network, TrainError> {
        Ok(self.graph.network(&self.network)??)
    }

    fn accuracy(&self, network: &Network, split: &Split) -> Result<f64, TrainError> {
        let quiet = Watch::new(self.watch.cancel_flag().clone(), &|_| {});
        if let Some(tables) = TableNetwork::trained(network)? {
            let share =
                self.stage.grid.as_ref().and_then(|g| g.tables.as_ref()).map_or(0.0, |t| t.noise);
            let noise = tables.relative_noise(share, self.seed);
            return Ok(tables.simulate(&split.inputs, &split.labels, &noise, &quiet)?.accuracy);
        }
        let values = self.on_grid(network.normalise(&split.inputs));
        let outputs = network.plain_inputs()?.forward_batch(&values, &quiet)?;
        Ok(accuracy(&outputs, network.classes(), &split.labels))
    }

    fn share_inside(&self) -> Option<f64> {
        self.graph.share_inside()
    }
}

impl LayerLearner<'_, '_> {
    /// Normalised inputs as the grid of the stage has them.
    fn on_grid(&self, mut values: Vec<f32>) -> Vec<f32> {
        if let Some(grid) = &self.stage.grid {
            snap_inputs(&mut values, &grid.input);
        }
        values
    }
}
