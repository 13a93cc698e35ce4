//! From a float network to integers: after training by calibration, or as it was trained.

use super::linear::Linear;
use super::lookup::{LookUp, MAX_BITS, Table};
use super::model::{InputGrid, TableError, TableLayer, TableNetwork};
use crate::train::best_step;
use crate::{MAX_POOL, Network, Op, Quantisation, WeightQuantiser};
use activation::Activation;
use data::Shape;
use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// How a float network is put on integers after training.
#[derive(Clone, Debug, PartialEq)]
pub struct TableOptions {
    /// Bits of every table, 1 to 6.
    pub bits: u32,
    /// Bits of a weight with its sign, 2 to 12.
    pub weight_bits: u32,
    /// Bits of an input, 1 to 12.
    pub input_bits: u32,
    /// The function of every table; that of its layer when left out.
    pub function: Option<Activation>,
    /// The range of a table is that of the sums of the calibration samples, this many times as wide.
    pub room: f64,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { bits: 5, weight_bits: 6, input_bits: 6, function: None, room: 1.1 }
    }
}

/// Largest magnitude of a level: every step can have its own.
fn largest_level(bits: u32) -> i32 {
    (1 << bits) - 1
}

impl TableNetwork {
    /// The integers that a network was trained for; `None` when it was not trained with tables.
    ///
    /// # Errors
    /// When its integers do not make a network (see [`TableNetwork::new`]).
    pub fn trained(network: &Network) -> Result<Option<Self>, TableError> {
        let Some(grid) = network.quantisation().filter(|q| !q.tables.is_empty()) else {
            return Ok(None);
        };
        check_chain(network)?;
        let mut builder = Builder::new(network, input_grid(network, grid));
        let mut tables = grid.tables.iter();
        let mut weights = grid.weights.iter();
        for (index, layer) in network.layers().iter().enumerate() {
            let shapes = builder.shapes(index);
            match &layer.op {
                Op::Flatten => {}
                Op::Activation(function) => {
                    let Some(given) = tables.next() else { break };
                    let scale = builder.scale;
                    let half = f64::from(1u32 << (given.bits.clamp(1, MAX_BITS) - 1));
                    let width = (f64::from(given.range) / (scale * half)).round().max(1.0) as i64;
                    let step = f64::from(given.step);
                    let look_up = LookUp::with_step(function, given.bits, width, scale, step);
                    builder.table(&layer.name, given.bits, width, look_up);
                }
                op => {
                    let Some(grid) = weights.next() else { break };
                    let linear = Linear::lower(&layer.name, op, shapes, builder.scale, grid);
                    linear.into_iter().for_each(|l| builder.linear(l));
                }
            }
        }
        Ok(Some(builder.finish()?.with_trained_grid().with_trained_ranges()))
    }

    /// Puts any float network on integers, layer by layer, with the ranges that calibration samples
    /// take: batch normalisation and pooling are folded into their neighbours first (see
    /// [`Network::simplify`]), weights get the step of least squared error, ranges are those of the
    /// sums on integers as the layers before give them.
    ///
    /// `calibration` holds raw dataset values of at least one sample.
    ///
    /// # Errors
    /// When an option is out of its range, there are no calibration samples, the network cannot be
    /// simplified, a sum would be too large, or `watch` asks to stop.
    pub fn quantise(
        network: &Network,
        options: &TableOptions,
        calibration: &[f32],
        watch: &Watch,
    ) -> Result<Self, TableError> {
        check(network, options, calibration)?;
        let simple = network.simplify()?;
        let known = simple.quantisation().or(network.quantisation());
        let is_trained = known.is_some();
        let grid = match known {
            Some(known) => input_grid(&simple, known),
            None => measured_grid(&simple, options.input_bits, calibration),
        };
        let mut values = grid.integers(calibration);
        let mut builder = Builder::new(&simple, grid);
        let mut sums: Vec<i64> = Vec::new();
        let per_sample =
            |values: usize| (values / (calibration.len() / network.input().len())).max(1);
        for (index, layer) in simple.layers().iter().enumerate() {
            watch.step("calibration", index as u64, simple.layers().len() as u64)?;
            let shapes = builder.shapes(index);
            match &layer.op {
                Op::Flatten => {}
                Op::Activation(own) => {
                    if builder.expects_sums() {
                        builder.identity(&format!("{} input", layer.name), shapes.0);
                        sums = values.iter().map(|v| i64::from(*v)).collect();
                    }
                    let function = options.function.as_ref().unwrap_or(own);
                    let most = sums.iter().map(|a| a.unsigned_abs()).max().unwrap_or(0);
                    let half = (1u64 << (options.bits - 1)) as f64;
                    let width = (most as f64 * options.room / half).ceil().max(1.0) as i64;
                    let largest = largest_level(options.bits);
                    let look_up =
                        LookUp::sample(function, options.bits, width, builder.scale, largest);
                    builder.table(&layer.name, options.bits, width, look_up);
                    if let Some(TableLayer::Table(table)) = builder.layers.last() {
                        values = read(table, &sums);
                    }
                }
                op => {
                    let weights: &[f32] = match op {
                        Op::Dense { weight, .. } | Op::Conv2d { weight, .. } => weight,
                        _ => &[1.0],
                    };
                    let max = (1 << (options.weight_bits - 1)) - 1;
                    let grid = WeightQuantiser { step: best_step(weights, max), max };
                    if let Some(linear) =
                        Linear::lower(&layer.name, op, shapes, builder.scale, &grid)
                    {
                        sums = all_sums(&linear, &values, per_sample(values.len()), watch)?;
                        builder.linear(linear);
                    }
                }
            }
        }
        let made = builder.finish()?;
        Ok(if is_trained { made.with_trained_grid() } else { made })
    }
}

/// The layers so far.
struct Builder<'a> {
    network: &'a Network,
    grid: InputGrid,
    layers: Vec<TableLayer>,
    /// Real value of one unit of what flows.
    scale: f64,
}

impl<'a> Builder<'a> {
    fn new(network: &'a Network, grid: InputGrid) -> Self {
        let scale = grid.step;
        Self { network, grid, layers: Vec::new(), scale }
    }

    /// Input and output shape of a layer.
    fn shapes(&self, index: usize) -> (Shape, Shape) {
        let shapes = self.network.shapes();
        let before = index.checked_sub(1).and_then(|i| shapes.get(i));
        let input = before.copied().unwrap_or(self.network.input());
        (input, shapes.get(index).copied().unwrap_or(input))
    }

    fn expects_sums(&self) -> bool {
        !matches!(self.layers.last(), Some(TableLayer::Linear(_)))
    }

    fn linear(&mut self, linear: Linear) {
        self.scale = linear.scale;
        self.layers.push(TableLayer::Linear(linear));
    }

    fn identity(&mut self, name: &str, shape: Shape) {
        self.layers.push(TableLayer::Linear(Linear::identity(name, shape, self.scale)));
    }

    fn table(&mut self, name: &str, bits: u32, width: i64, look_up: LookUp) {
        let values = match self.layers.last() {
            Some(TableLayer::Linear(linear)) => linear.rows(),
            _ => 0,
        };
        let input_scale = self.scale;
        self.scale = look_up.step;
        let functions = vec![look_up];
        let name = name.to_owned();
        self.layers.push(TableLayer::Table(Table {
            name,
            values,
            bits,
            width,
            input_scale,
            functions,
        }));
    }

    fn finish(mut self) -> Result<TableNetwork, TableError> {
        if self.expects_sums() {
            self.identity("scores", Shape::Flat { len: self.network.classes() });
        }
        TableNetwork::new(self.network.name(), self.network.input(), self.grid, self.layers)
    }
}

fn input_grid(network: &Network, known: &Quantisation) -> InputGrid {
    let input = known.input;
    InputGrid {
        normalisation: network.normalisation().clone(),
        step: f64::from(input.step),
        low: input.min,
        high: input.max,
    }
}

/// A grid of so many bits over the normalised values of the calibration samples, with 0 on it.
fn measured_grid(network: &Network, bits: u32, calibration: &[f32]) -> InputGrid {
    let values = network.normalise(calibration);
    let least = values.iter().copied().fold(0.0, f32::min);
    let most = values.iter().copied().fold(0.0, f32::max);
    let (low, high) = if least < 0.0 {
        let max = (1 << (bits - 1)) - 1;
        (-max.max(1), max.max(1))
    } else {
        (0, (1 << bits) - 1)
    };
    let reach = most.max(-least);
    let step = if reach > 0.0 { f64::from(reach) / f64::from(high) } else { 1.0 };
    InputGrid { normalisation: network.normalisation().clone(), step, low, high }
}

/// Tables follow sums one after the other.
fn check_chain(network: &Network) -> Result<(), TableError> {
    let refused = network.layers().iter().find_map(|layer| {
        let why = match &layer.op {
            Op::MaxPool { .. } => MAX_POOL,
            op if op.from().is_some() => {
                "skip connections do not run on lookup tables; choose BGV, BFV or CKKS"
            }
            _ => return None,
        };
        Some((layer, why))
    });
    refused.map_or(Ok(()), |(layer, why)| {
        Err(TableError::Layer {
            network: network.name().to_owned(),
            layer: layer.name.clone(),
            reason: format!("{}: {why}", layer.op.summary()),
        })
    })
}

fn check(network: &Network, options: &TableOptions, calibration: &[f32]) -> Result<(), TableError> {
    check_chain(network)?;
    let fail =
        |reason: String| Err(TableError::Network { network: network.name().to_owned(), reason });
    if !(1..=MAX_BITS).contains(&options.bits) {
        return fail(format!("tables of {} bits; 1 to {MAX_BITS} are possible", options.bits));
    }
    if !(2..=12).contains(&options.weight_bits) {
        return fail(format!("weights of {} bits; 2 to 12 are possible", options.weight_bits));
    }
    if !(1..=12).contains(&options.input_bits) {
        return fail(format!("inputs of {} bits; 1 to 12 are possible", options.input_bits));
    }
    if !(0.1..=100.0).contains(&options.room) {
        return fail(format!("room of {}; 0.1 to 100 are possible", options.room));
    }
    if calibration.is_empty() || !calibration.len().is_multiple_of(network.input().len()) {
        return fail(format!(
            "{} calibration values; at least one whole sample of {} is needed",
            calibration.len(),
            network.input().len()
        ));
    }
    Ok(())
}

/// What a table with one function gives.
fn read(table: &Table, sums: &[i64]) -> Vec<i32> {
    let function = table.functions.first();
    let at = |a: &i64| function.map_or(0, |f| f.at(table.step_of(*a)));
    sums.par_iter().map(at).collect()
}

fn all_sums(
    linear: &Linear,
    values: &[i32],
    per_sample: usize,
    watch: &Watch,
) -> Result<Vec<i64>, Cancelled> {
    let rows: Vec<Vec<i64>> = values
        .par_chunks(per_sample)
        .map(|sample| {
            watch.check()?;
            let mut sums = Vec::new();
            linear.apply(sample, &mut sums);
            Ok(sums)
        })
        .collect::<Result<_, Cancelled>>()?;
    Ok(rows.concat())
}
