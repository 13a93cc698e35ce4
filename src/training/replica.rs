//! A network in training: its first layer on integers or floats, the rest in the clear.

use super::replica_state::ReplicaState;
use crate::architecture::first_linear;
use crate::batches::Batches;
use crate::error::CryptonnError;
use crate::optimiser::Optimiser;
use crate::steps::SecureSteps;
use attack::ServerStep;
use network::train::Tail;
use network::{Clipped, Layer, Network, Op, argmax};
use rayon::prelude::*;
use scenario::TrainingRequest;

/// What a step gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepResult {
    /// Mean cross-entropy of the mini-batch before the step.
    pub loss: f64,
    /// All integers of the secure part; empty for floats.
    pub seen: ServerStep,
}

/// A network in training.
pub struct ModelReplica {
    pub(crate) network: Network,
    units: usize,
    vector_len: usize,
    windows: usize,
    /// `[unit][vector_len]`
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) tail: Tail,
    pub(crate) rest: Vec<Vec<f32>>,
    pub(crate) optimiser: Optimiser,
    /// Weights that were cut off at the largest, step after step.
    clipped: Clipped,
}

/// How the first layer is computed.
pub enum Arithmetic<'a> {
    /// In fixed point, on plain integers or ciphertexts.
    Integers(&'a mut dyn SecureSteps),
    /// In floating point on the normalised inputs of all samples, `[sample][input_len]`.
    Floats(&'a [f32]),
}

/// Smallest share whose logarithm is taken.
const LEAST_SHARE: f64 = 1e-7;

impl ModelReplica {
    /// A replica with the weights of `network`.
    ///
    /// # Errors
    /// When the network has one layer only.
    pub fn new(
        network: &Network,
        batches: &Batches,
        choice: &TrainingRequest,
    ) -> Result<Self, CryptonnError> {
        let at = first_linear(network).unwrap_or(0);
        let layer = network.layers().get(at);
        let name = layer.map_or("", |l| l.name.as_str());
        let (weight, bias) = match layer.map(|l| &l.op) {
            Some(Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. }) => {
                (weight.clone(), bias.clone())
            }
            _ => (Vec::new(), Vec::new()),
        };
        let tail = Tail::new(network, at)?;
        let vector_len = batches.encoding().vector_len;
        Ok(Self {
            network: network.clone(),
            units: weight.len() / vector_len.max(1),
            vector_len,
            windows: batches.windows(),
            weight,
            bias,
            rest: tail.parameters()?,
            tail,
            optimiser: Optimiser::new(choice.optimiser),
            clipped: Clipped::of(name),
        })
    }

    /// Weights of the first layer that were cut off at the largest, over all steps so far.
    pub fn clipped(&self) -> &Clipped {
        &self.clipped
    }

    /// Units of the first layer.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Weights and optimiser as they are now.
    pub fn state(&self) -> ReplicaState {
        let mut tensors = vec![self.weight.clone(), self.bias.clone()];
        tensors.extend(self.rest.iter().cloned());
        ReplicaState { tensors, optimiser: self.optimiser.clone() }
    }

    /// Takes up weights and optimiser that [`ModelReplica::state`] gave.
    ///
    /// # Errors
    /// When lengths differ.
    pub fn restore(&mut self, state: &ReplicaState) -> Result<(), CryptonnError> {
        let mut tensors = state.tensors.iter().cloned();
        self.weight = tensors.next().unwrap_or_default();
        self.bias = tensors.next().unwrap_or_default();
        self.rest = tensors.collect();
        self.optimiser = state.optimiser.clone();
        Ok(self.tail.set_parameters(&self.rest)?)
    }

    /// One step on a mini-batch at learning rate `rate`.
    ///
    /// # Errors
    /// When the secure part fails.
    pub fn step(
        &mut self,
        batches: &Batches,
        batch: usize,
        choice: &TrainingRequest,
        rate: f64,
        arithmetic: Arithmetic,
    ) -> Result<StepResult, CryptonnError> {
        match arithmetic {
            Arithmetic::Integers(secure) => self.fixed_step(batches, batch, choice, rate, secure),
            Arithmetic::Floats(inputs) => self.float_step(batches, batch, rate, inputs),
        }
    }

    fn fixed_step(
        &mut self,
        batches: &Batches,
        batch: usize,
        choice: &TrainingRequest,
        rate: f64,
        secure: &mut dyn SecureSteps,
    ) -> Result<StepResult, CryptonnError> {
        let samples = batches.members(batch).len();
        let rows = self.integer_rows(choice);
        let (scale, most) = (choice.weight_scale(), f64::from(choice.max_weight));
        for w in &self.weight {
            self.clipped.see((f64::from(*w) * scale).round_ties_even(), (-most, most));
        }
        let products = secure.products(batch, &rows)?;
        let unit = 1.0 / (choice.weight_scale() * choice.input_scale());
        let values = self.spread(&products, |v| (v as f64 * unit) as f32);
        let pass = self.tail.forward(&values)?;
        let one = choice.output_scale();
        let outputs: Vec<i64> =
            pass.shares.iter().map(|&a| (f64::from(a) * one).round_ties_even() as i64).collect();
        let differences = secure.differences(batch, &outputs)?;
        let share = 1.0 / (one * samples as f64);
        let shared: Vec<f32> = differences.iter().map(|&d| (d as f64 * share) as f32).collect();
        let gradients = self.tail.backward(&pass, &shared)?;
        let (deltas, scale) = self.integer_deltas(&gradients.input, samples, choice);
        let sums = secure.gradients(batch, &deltas)?;
        let unit = 1.0 / (scale * choice.input_scale());
        let weight: Vec<f32> = sums.iter().map(|&g| (g as f64 * unit) as f32).collect();
        // Labels are plain to see in the differences; the loss needs no key of its own.
        let labels: Vec<i64> = outputs.iter().zip(&differences).map(|(a, d)| a - d).collect();
        let loss = loss(&pass.shares, &labels, self.tail.classes());
        self.apply(rate, &weight, &gradients.input, &gradients.parameters)?;
        let by = |values: &[i64], width: usize| -> Vec<Vec<i64>> {
            values.chunks(width.max(1)).map(<[i64]>::to_vec).collect()
        };
        let classes = self.tail.classes();
        let seen = ServerStep {
            batch,
            samples: batches.members(batch).to_vec(),
            weights: rows,
            products: by(&products, self.windows * self.units),
            outputs: by(&outputs, classes),
            output_differences: by(&differences, classes),
            delta_rows: deltas,
            gradients: by(&sums, self.vector_len),
            ..ServerStep::default()
        };
        Ok(StepResult { loss, seen })
    }

    fn float_step(
        &mut self,
        batches: &Batches,
        batch: usize,
        rate: f64,
        inputs: &[f32],
    ) -> Result<StepResult, CryptonnError> {
        let members = batches.members(batch);
        let vectors = float_vectors(batches, members, inputs);
        let products: Vec<f32> = vectors
            .par_iter()
            .flat_map_iter(|v| self.weight.chunks(self.vector_len).map(|row| dot(v, row)))
            .collect();
        let values = self.spread(&products, |v| v);
        let pass = self.tail.forward(&values)?;
        let labels = batches.labels(batch);
        let share = 1.0 / members.len() as f32;
        let pairs = pass.shares.iter().zip(&labels);
        let shared: Vec<f32> =
            pairs.map(|(a, &y)| (a - f32::from(u8::from(y > 0))) * share).collect();
        let gradients = self.tail.backward(&pass, &shared)?;
        let deltas = self.gathered(&gradients.input, members.len());
        let of_unit = |row: &[f32]| {
            let mut sums = vec![0.0_f32; self.vector_len];
            for (&delta, vector) in row.iter().zip(&vectors).filter(|(delta, _)| **delta != 0.0) {
                sums.iter_mut().zip(vector).for_each(|(sum, x)| *sum += delta * x);
            }
            sums
        };
        let width = members.len() * self.windows;
        let weight: Vec<f32> = deltas.par_chunks(width.max(1)).flat_map_iter(of_unit).collect();
        let labels: Vec<i64> = labels.into_iter().map(i64::from).collect();
        let loss = loss(&pass.shares, &labels, self.tail.classes());
        self.apply(rate, &weight, &gradients.input, &gradients.parameters)?;
        Ok(StepResult { loss, seen: ServerStep::default() })
    }

    /// Weights of the first layer as integers.
    fn integer_rows(&self, choice: &TrainingRequest) -> Vec<Vec<i32>> {
        let scale = choice.weight_scale();
        let max = f64::from(choice.max_weight);
        let integer = |w: &f32| (f64::from(*w) * scale).round_ties_even().clamp(-max, max) as i32;
        self.weight.chunks(self.vector_len).map(|row| row.iter().map(integer).collect()).collect()
    }

    /// `[sample * windows + window][unit]` to `[sample][unit][window]`, with the biases.
    fn spread<T: Copy>(&self, products: &[T], value: impl Fn(T) -> f32) -> Vec<f32> {
        let mut out = Vec::with_capacity(products.len());
        for sample in products.chunks((self.windows * self.units).max(1)) {
            for unit in 0..self.units {
                let bias = self.bias.get(unit).copied().unwrap_or(0.0);
                out.extend(sample.iter().skip(unit).step_by(self.units).map(|&v| value(v) + bias));
            }
        }
        out
    }

    /// `[sample][unit][window]` to `[unit][sample][window]`.
    fn gathered(&self, gradient: &[f32], samples: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(gradient.len());
        for unit in 0..self.units {
            for sample in 0..samples {
                let at = (sample * self.units + unit) * self.windows;
                out.extend_from_slice(gradient.get(at..at + self.windows).unwrap_or_default());
            }
        }
        out
    }

    /// The rows of the backward pass as integers, and the scale that makes them so.
    fn integer_deltas(
        &self,
        gradient: &[f32],
        samples: usize,
        choice: &TrainingRequest,
    ) -> (Vec<Vec<i32>>, f64) {
        let largest = gradient.iter().fold(0.0_f32, |largest, g| largest.max(g.abs()));
        let levels = f64::from(choice.delta_levels);
        let scale = if largest > 0.0 { levels / f64::from(largest) } else { 1.0 };
        let integer =
            |g: &f32| (f64::from(*g) * scale).round_ties_even().clamp(-levels, levels) as i32;
        let gathered = self.gathered(gradient, samples);
        let rows = gathered.chunks((samples * self.windows).max(1));
        (rows.map(|row| row.iter().map(integer).collect()).collect(), scale)
    }

    fn apply(
        &mut self,
        rate: f64,
        weight: &[f32],
        values: &[f32],
        rest: &[Vec<f32>],
    ) -> Result<(), CryptonnError> {
        let mut bias = vec![0.0_f32; self.bias.len()];
        for sample in values.chunks((self.units * self.windows).max(1)) {
            for (bias, unit) in bias.iter_mut().zip(sample.chunks(self.windows)) {
                *bias += unit.iter().sum::<f32>();
            }
        }
        let mut tensors: Vec<&mut Vec<f32>> = vec![&mut self.weight, &mut self.bias];
        tensors.extend(&mut self.rest);
        let mut gradients: Vec<&[f32]> = vec![weight, &bias];
        gradients.extend(rest.iter().map(Vec::as_slice));
        self.optimiser.step(rate as f32, &mut tensors, &gradients);
        Ok(self.tail.set_parameters(&self.rest)?)
    }

    /// The network as it is now; with `choice`, its first layer as the integers that are computed with.
    ///
    /// # Errors
    /// When a weight is no longer a finite number.
    pub fn trained(&self, choice: Option<&TrainingRequest>) -> Result<Network, CryptonnError> {
        let first = self.network.layers().get(first_linear(&self.network).unwrap_or(0));
        let mut op = first.map_or(Op::Flatten, |layer| layer.op.clone());
        if let Op::Dense { weight, bias, .. } | Op::Conv2d { weight, bias, .. } = &mut op {
            weight.clone_from(&self.weight);
            bias.clone_from(&self.bias);
            if let Some(choice) = choice {
                let rows = self.integer_rows(choice);
                let scale = choice.weight_scale();
                let integers = rows.iter().flatten();
                let values = integers.map(|&w| (f64::from(w) / scale) as f32);
                *weight = values.collect();
            }
        }
        let name = first.map_or_else(String::new, |layer| layer.name.clone());
        Ok(self.tail.network(&self.network, Layer { name, op })?)
    }
}

/// Mean of `-ln` of the share of the right class, the one with the largest label.
fn loss(shares: &[f32], labels: &[i64], classes: usize) -> f64 {
    let rows = shares.chunks(classes.max(1)).zip(labels.chunks(classes.max(1)));
    let of_row = |(shares, labels): (&[f32], &[i64])| {
        let right = shares.get(argmax(labels)).copied().unwrap_or(0.0);
        -f64::from(right).max(LEAST_SHARE).ln()
    };
    let samples = shares.len() / classes.max(1);
    rows.map(of_row).sum::<f64>() / samples.max(1) as f64
}

/// The vectors of the forward pass in floating point.
fn float_vectors(batches: &Batches, members: &[usize], inputs: &[f32]) -> Vec<Vec<f32>> {
    let encoding = batches.encoding();
    let len = encoding.input_len;
    let sample = |s: usize| inputs.get(s * len..(s + 1) * len).unwrap_or_default();
    if encoding.windows.is_empty() {
        return members.iter().map(|&s| sample(s).to_vec()).collect();
    }
    let vector = |sample: &[f32], window: &[Option<usize>]| -> Vec<f32> {
        window.iter().map(|&at| at.and_then(|at| sample.get(at)).copied().unwrap_or(0.0)).collect()
    };
    let of_sample =
        |&s: &usize| encoding.windows.iter().map(move |window| vector(sample(s), window));
    members.iter().flat_map(of_sample).collect()
}

/// Sixteen sums side by side, so that they fit wide registers.
fn dot(x: &[f32], y: &[f32]) -> f32 {
    let ((x, rest_x), (y, rest_y)) = (x.as_chunks::<16>(), y.as_chunks::<16>());
    let mut sums = [0.0_f32; 16];
    for (x, y) in x.iter().zip(y) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f32 = rest_x.iter().zip(rest_y).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
