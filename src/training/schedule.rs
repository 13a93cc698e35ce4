//! The schedule of a training: which mini-batch in which step, and at which rate.

use crate::batches::Batches;
use crate::error::CryptonnError;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use scenario::TrainingRequest;

/// Mini-batches of which is recorded what the server sees: the first that it gets.
const RECORDED: usize = 4;

/// Settled by choice and seed before the first step.
#[derive(Clone, Debug)]
pub struct Schedule {
    seed: u64,
    batches: usize,
    epochs: usize,
    learning_rate: f64,
    rows_per_step: usize,
}

impl Schedule {
    /// The schedule of a training whose first layer has `units` units.
    ///
    /// # Errors
    /// When the authority's limit allows not a single epoch.
    pub fn new(
        choice: &TrainingRequest,
        batches: &Batches,
        units: usize,
        seed: u64,
    ) -> Result<Self, CryptonnError> {
        let parts =
            (batches.batch_len() * batches.windows()).div_ceil(batches.backward_len().max(1));
        let rows = units * parts;
        let epochs = choice.epochs_allowed(rows);
        if epochs == 0 {
            return Err(CryptonnError::Impossible(format!(
                "training.max_rows is {}; one step takes {rows} rows on its mini-batch: raise the limit or lower training.units",
                choice.max_rows.unwrap_or(0)
            )));
        }
        let learning_rate = choice.learning_rate;
        let batches = batches.count();
        Ok(Self { seed, batches, epochs, learning_rate, rows_per_step: rows })
    }

    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Rows that a step asks keys for on its mini-batch, in the pass that takes more.
    pub fn rows_per_step(&self) -> usize {
        self.rows_per_step
    }

    /// Steps of an epoch.
    pub fn batches(&self) -> usize {
        self.batches
    }

    pub fn steps(&self) -> usize {
        self.epochs * self.batches
    }

    /// The mini-batches in the order of an epoch, which counts from 0.
    pub fn order(&self, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.batches).collect();
        for epoch in 0..=epoch as u64 {
            order.shuffle(&mut StdRng::seed_from_u64(self.seed.wrapping_add(1 + epoch)));
        }
        order
    }

    /// The mini-batches that are recorded.
    pub fn recorded(&self) -> Vec<usize> {
        let mut order = self.order(0);
        order.truncate(RECORDED);
        order
    }

    /// Learning rate of a step: it falls to zero along a cosine.
    pub fn rate(&self, step: usize) -> f64 {
        let share = step as f64 / self.steps().max(1) as f64;
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    }
}
