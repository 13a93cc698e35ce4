//! The network of tables without clipping, in double precision: what clipped samples are held against.

use super::lookup::{LookUp, Table};
use super::model::{TableLayer, TableNetwork};
use crate::{Clipped, argmax};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Inputs that were cut off, and the classes of samples without that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unclipped {
    pub inputs: Clipped,
    /// Samples with inputs further outside than in training.
    pub far: u64,
    /// By sample, where an input lies further outside the grid than in training, or a sum so far outside the range of its table
    /// that the table gives something else than what it was made for; `None` where an output is no
    /// number.
    pub classes: BTreeMap<usize, Option<usize>>,
}

impl TableNetwork {
    /// How far raw value `x` at position `at` lies from the middle of the grid: 1 at its ends.
    pub fn input_factor(&self, at: usize, x: f32) -> f64 {
        let (mut seen, grid) = (Clipped::of(""), self.grid());
        seen.see(grid.level(at, x), (f64::from(grid.low), f64::from(grid.high)));
        seen.factor
    }

    /// The inputs of a sample as they would be on a grid without ends, and which lie outside.
    fn levels(&self, sample: &[f32]) -> (Vec<f64>, Clipped) {
        let mut inputs = Clipped::of("");
        let grid = self.grid();
        let ends = (f64::from(grid.low), f64::from(grid.high));
        let levels: Vec<f64> = (0..).zip(sample).map(|(at, x)| grid.level(at, *x)).collect();
        levels.iter().for_each(|level| {
            inputs.see(*level, ends);
        });
        inputs.samples = u64::from(inputs.any());
        (levels, inputs)
    }

    /// What raw samples are answered when nothing is cut off that training did not cut off, which is
    /// inputs up to the factor `reach`: inputs go on beyond the grid; a table that
    /// was part of the training goes on flat beyond its range, as in training, another one as its
    /// function does.
    pub fn unclipped(&self, raw: &[f32], reach: f64) -> Unclipped {
        let of = |(index, sample): (usize, &[f32])| {
            let (mut levels, inputs) = self.levels(sample);
            let far = inputs.any() && inputs.factor > reach;
            if !far {
                let (low, high) = (self.grid().low, self.grid().high);
                levels.iter_mut().for_each(|x| *x = x.clamp(f64::from(low), f64::from(high)));
            }
            let (class, beyond) = self.class_of(levels);
            (inputs, far, (far || beyond).then_some((index, class)))
        };
        let samples = raw.par_chunks(self.input().len().max(1)).enumerate().map(of);
        let mut all = Unclipped::default();
        for (inputs, far, class) in samples.collect::<Vec<_>>() {
            all.inputs.merge(&inputs);
            all.far += u64::from(far);
            all.classes.extend(class);
        }
        all
    }

    /// The class, and whether a table was read where it gives something else than it was made for.
    fn class_of(&self, mut values: Vec<f64>) -> (Option<usize>, bool) {
        let mut sums: Vec<f64> = Vec::new();
        let mut beyond = false;
        for layer in self.layers() {
            match layer {
                TableLayer::Linear(linear) => {
                    sums.clear();
                    sums.extend(linear.iter().map(|(terms, bias)| {
                        let value = |at: u32| values.get(at as usize).copied().unwrap_or(0.0);
                        let products = terms.iter().map(|t| f64::from(t.weight) * value(t.index));
                        bias as f64 + products.sum::<f64>()
                    }));
                }
                TableLayer::Table(table) => {
                    values.clear();
                    for f in &table.functions {
                        for sum in &sums {
                            let (level, other) = self.continued(table, f, *sum);
                            values.push(level);
                            beyond |= other;
                        }
                    }
                }
            }
        }
        (sums.iter().all(|y| y.is_finite()).then(|| argmax(&sums)), beyond)
    }

    /// What a function of a table was made to give for a sum, and whether the table gives another.
    fn continued(&self, table: &Table, f: &LookUp, sum: f64) -> (f64, bool) {
        let (steps, width) = (table.steps() as f64, table.width as f64);
        let step = ((sum + table.range() as f64) / width).floor();
        if (0.0..steps).contains(&step) {
            return (f64::from(f.at(step as i64)), false);
        }
        let level = if self.has_trained_ranges() {
            f64::from(f.at(if step < 0.0 { 0 } else { steps as i64 - 1 }))
        } else {
            let middle = (step - 0.5 * steps + 0.5) * width - 0.5;
            (f.function.eval_f64(middle * table.input_scale) / f.step).round()
        };
        // Past 2^52 a turn of the circle is less than a unit; what is read there is arbitrary.
        let given = (step.abs() < 52f64.exp2()).then(|| f64::from(f.at(step as i64)));
        (level, given != Some(level))
    }
}
