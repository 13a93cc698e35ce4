//! A plaintext training that writes down what a server would see: the same integers as with
//! encryption, which changes none of them. For tests.

use super::measure::Pool;
use crate::view::{InputEncoding, ServerStep, ServerView};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A network of one hidden layer (ReLU) and softmax, trained by mini-batch SGD.
pub struct Plaintext<'a> {
    pub pool: &'a Pool,
    pub labels: &'a [u16],
    pub hidden: usize,
    pub classes: usize,
    pub batch: usize,
    pub rate: f64,
    pub weight_scale: f64,
    pub delta_scale: f64,
    /// Input integers per one.
    pub input_scale: f64,
}

impl Plaintext<'_> {
    /// Trains for `steps` steps; writes down those of mini-batches below `recorded`. Returns the
    /// share of the training samples classified as labelled besides.
    pub fn train(&self, steps: usize, recorded: usize, seed: u64) -> (ServerView, f64) {
        let n = self.pool.input_len;
        let mut rng = StdRng::seed_from_u64(seed);
        let mut fresh = |rows: usize, columns: usize| -> Vec<Vec<f64>> {
            let size = (6.0 / columns as f64).sqrt();
            let row =
                |rng: &mut StdRng| (0..columns).map(|_| rng.random_range(-size..size)).collect();
            (0..rows).map(|_| row(&mut rng)).collect()
        };
        let mut first = fresh(self.hidden, n);
        let mut second = fresh(self.classes, self.hidden);
        let mut view = ServerView {
            encoding: InputEncoding {
                input_len: n,
                scale: self.input_scale,
                range: (0, self.pool.range as i32),
                vector_len: n,
                ..InputEncoding::default()
            },
            label_scale: 10_000,
            ..ServerView::default()
        };
        let per_epoch = self.labels.len() / self.batch;
        let mut right = 0;
        for step in 0..steps {
            let batch = step % per_epoch;
            right = if batch == 0 { 0 } else { right };
            let seen = self.step(&mut first, &mut second, batch, &mut right);
            if batch < recorded {
                view.steps.push(ServerStep { step, epoch: step / per_epoch, batch, ..seen });
            }
        }
        (view, right as f64 / (self.batch * ((steps - 1) % per_epoch + 1)) as f64)
    }

    fn step(
        &self,
        first: &mut [Vec<f64>],
        second: &mut [Vec<f64>],
        batch: usize,
        right: &mut usize,
    ) -> ServerStep {
        let n = self.pool.input_len;
        let fixed = |v: f64, scale: f64| (v * scale).round();
        let rows: Vec<Vec<i32>> = first
            .iter()
            .map(|row| row.iter().map(|w| fixed(*w, self.weight_scale) as i32).collect())
            .collect();
        let mut seen = ServerStep { weights: rows.clone(), ..ServerStep::default() };
        let mut deltas = vec![vec![0; self.batch]; self.hidden];
        let mut second_gradient = vec![vec![0.0; self.hidden]; self.classes];
        #[expect(clippy::needless_range_loop, reason = "a column of the deltas is filled")]
        for slot in 0..self.batch {
            let at = batch * self.batch + slot;
            let x = &self.pool.values[at * n..(at + 1) * n];
            let z: Vec<i64> = rows
                .iter()
                .map(|row| row.iter().zip(x).map(|(w, x)| i64::from(*w) * *x as i64).sum())
                .collect();
            let scale = self.weight_scale * self.input_scale;
            let active: Vec<f64> = z.iter().map(|z| (*z as f64 / scale).max(0.0)).collect();
            let logits: Vec<f64> = second
                .iter()
                .map(|row| row.iter().zip(&active).map(|(w, a)| w * a).sum())
                .collect();
            let top = logits.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = logits.iter().map(|l| (l - top).exp()).sum();
            let label = usize::from(self.labels[at]);
            *right += usize::from(logits[label] == top);
            let outputs: Vec<i64> =
                logits.iter().map(|l| fixed((l - top).exp() / total, 10_000.0) as i64).collect();
            let one_hot = |class: usize| if class == label { 10_000 } else { 0 };
            let differences: Vec<i64> =
                outputs.iter().enumerate().map(|(c, a)| a - one_hot(c)).collect();
            for (class, difference) in differences.iter().enumerate() {
                let d = *difference as f64 / 10_000.0;
                for unit in 0..self.hidden {
                    second_gradient[class][unit] += d * active[unit] / self.batch as f64;
                }
            }
            for unit in 0..self.hidden {
                let back = differences.iter().zip(second.iter());
                let back: f64 = back.map(|(d, row)| *d as f64 / 10_000.0 * row[unit]).sum();
                let delta = if z[unit] > 0 { back } else { 0.0 };
                deltas[unit][slot] = fixed(delta, self.delta_scale) as i32;
            }
            seen.samples.push(self.pool.indices[at]);
            seen.products.push(z);
            seen.outputs.push(outputs);
            seen.output_differences.push(differences);
        }
        for (unit, row) in deltas.iter().enumerate() {
            let mut gradient = vec![0_i64; n];
            for (slot, d) in row.iter().enumerate() {
                let at = batch * self.batch + slot;
                let x = &self.pool.values[at * n..(at + 1) * n];
                gradient.iter_mut().zip(x).for_each(|(g, x)| *g += i64::from(*d) * *x as i64);
            }
            let scale = self.delta_scale * self.input_scale * self.batch as f64;
            for (w, g) in first[unit].iter_mut().zip(&gradient) {
                *w -= self.rate * *g as f64 / scale;
            }
            seen.gradients.push(gradient);
        }
        for (row, gradient) in second.iter_mut().zip(&second_gradient) {
            row.iter_mut().zip(gradient).for_each(|(w, g)| *w -= self.rate * g);
        }
        seen.delta_rows = deltas;
        seen
    }
}
