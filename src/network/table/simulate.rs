//! Evaluation with the noise that an encrypted run puts on every sum before a table reads it.

use super::model::{TableError, TableLayer, TableNetwork};
use crate::argmax;
use progress::{Cancelled, Watch};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

/// Normal noise on the sums.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// Standard deviation before each table, in units of its sums; tables beyond the list get none.
    pub standard_deviations: Vec<f64>,
    /// The same seed gives the same noise on any number of threads.
    pub seed: u64,
}

/// How often a table read a sum elsewhere than without noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlipCounts {
    /// Lookups in all.
    pub lookups: u64,
    /// One step off, with another output.
    pub adjacent: u64,
    /// More than one step off, with another output.
    pub wrong_bin: u64,
}

/// What became of samples under noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// Scores, row-major `[samples][classes]`.
    pub scores: Vec<i64>,
    /// One entry per table.
    pub flips: Vec<FlipCounts>,
    /// Share of the samples classified as labelled.
    pub accuracy: f64,
    /// Share of the samples whose answer is that of the noise-free network.
    pub agreement: f64,
}

impl TableNetwork {
    /// Noise whose standard deviation is `share` of the range R of every table.
    pub fn relative_noise(&self, share: f64, seed: u64) -> Noise {
        Noise {
            standard_deviations: self.tables().map(|t| t.range() as f64 * share).collect(),
            seed,
        }
    }

    /// Runs raw samples with noise on every sum that a table reads, and without.
    ///
    /// # Errors
    /// When the values are no whole number of samples, or `watch` asks to stop.
    pub fn simulate(
        &self,
        raw: &[f32],
        labels: &[u16],
        noise: &Noise,
        watch: &Watch,
    ) -> Result<Simulation, TableError> {
        let integers = self.integers(raw)?;
        let tables = self.tables().count();
        let samples = integers
            .par_chunks(self.input().len())
            .enumerate()
            .map(|(index, sample)| {
                watch.check()?;
                let clean = self.walk(sample, |_, _, _| {});
                let mut rng = StdRng::seed_from_u64(noise.seed);
                // One stream per sample: ChaCha blocks far apart.
                rng = StdRng::seed_from_u64(rng.random::<u64>() ^ (index as u64));
                let mut flips = vec![FlipCounts::default(); tables];
                let scores = self.noisy(sample, &noise.standard_deviations, &mut rng, &mut flips);
                Ok((argmax(&clean) == argmax(&scores), scores, flips))
            })
            .collect::<Result<Vec<_>, Cancelled>>()?;
        let mut scores = Vec::with_capacity(samples.len() * self.classes());
        let mut flips = vec![FlipCounts::default(); tables];
        let (mut same, count) = (0usize, samples.len());
        for (agrees, s, f) in samples {
            same += usize::from(agrees);
            scores.extend(s);
            for (all, one) in flips.iter_mut().zip(f) {
                all.lookups += one.lookups;
                all.adjacent += one.adjacent;
                all.wrong_bin += one.wrong_bin;
            }
        }
        let accuracy = crate::accuracy(&scores, self.classes(), labels);
        Ok(Simulation { scores, flips, accuracy, agreement: same as f64 / count as f64 })
    }

    fn noisy(
        &self,
        sample: &[i32],
        standard_deviations: &[f64],
        rng: &mut StdRng,
        flips: &mut [FlipCounts],
    ) -> Vec<i64> {
        let mut values = sample.to_vec();
        let mut sums = Vec::new();
        let mut kinds = standard_deviations.iter().zip(flips);
        for layer in self.layers() {
            match layer {
                TableLayer::Linear(linear) => linear.apply(&values, &mut sums),
                TableLayer::Table(table) => {
                    let mut place = kinds.next();
                    let mut steps = Vec::with_capacity(sums.len());
                    for &sum in &sums {
                        let Some((standard_deviation, counts)) = &mut place else {
                            steps.push(table.step_of(sum));
                            continue;
                        };
                        let (right, read) = (
                            table.step_of(sum),
                            table.step_with_error(sum, normal(rng) * **standard_deviation),
                        );
                        counts.lookups += 1;
                        if !table.same(right, read) {
                            let one = right.abs_diff(read) == 1;
                            counts.adjacent += u64::from(one);
                            counts.wrong_bin += u64::from(!one);
                        }
                        steps.push(read);
                    }
                    values.clear();
                    for f in &table.functions {
                        values.extend(steps.iter().map(|s| f.at(*s)));
                    }
                }
            }
        }
        sums
    }
}

/// A standard normal value (Box and Muller 1958).
fn normal(rng: &mut StdRng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
