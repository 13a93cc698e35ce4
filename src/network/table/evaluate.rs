//! Exact evaluation, sample by sample on every thread.

use super::model::{TableError, TableLayer, TableNetwork};
use crate::{Clipped, argmax};
use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// What a network gave for samples, exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRun {
    /// Scores, row-major `[samples][classes]`.
    pub scores: Vec<i64>,
    /// Sums that left the range of their table, layer by layer.
    pub outside: Vec<Clipped>,
}

impl TableNetwork {
    /// Raw dataset values as input integers, `[samples][values]`.
    ///
    /// # Errors
    /// When they are no whole number of samples.
    pub fn integers(&self, raw: &[f32]) -> Result<Vec<i32>, TableError> {
        let per_sample = self.input().len();
        if !raw.len().is_multiple_of(per_sample) {
            return Err(TableError::Network {
                network: self.name().to_owned(),
                reason: format!(
                    "{} values are no whole number of samples of {per_sample}",
                    raw.len()
                ),
            });
        }
        Ok(self.grid().integers(raw))
    }

    /// Scores of raw samples, without noise.
    ///
    /// # Errors
    /// When the values are no whole number of samples, or `watch` asks to stop.
    pub fn evaluate(&self, raw: &[f32], watch: &Watch) -> Result<TableRun, TableError> {
        let integers = self.integers(raw)?;
        let samples: Vec<(Vec<i64>, Vec<Clipped>)> = integers
            .par_chunks(self.input().len())
            .map(|sample| {
                watch.check()?;
                let mut outside = Vec::new();
                let mut tables = self.tables();
                let scores = self.walk(sample, |_, sums, _| {
                    let Some(table) = tables.next() else { return };
                    let mut seen = Clipped::of(&table.name);
                    let range = table.range() as f64;
                    sums.iter().for_each(|a| {
                        seen.see(*a as f64, (-range, range - 1.0));
                    });
                    seen.samples = u64::from(seen.any());
                    outside.push(seen);
                });
                Ok((scores, outside))
            })
            .collect::<Result<_, Cancelled>>()?;
        let mut scores = Vec::with_capacity(samples.len() * self.classes());
        let mut outside: Vec<Clipped> = self.tables().map(|t| Clipped::of(&t.name)).collect();
        for (s, o) in samples {
            scores.extend(s);
            outside.iter_mut().zip(&o).for_each(|(all, one)| all.merge(one));
        }
        Ok(TableRun { scores, outside })
    }

    /// Runs one sample of input integers; `seen` is given each table's number, its sums, and which of
    /// them lie outside its range.
    pub fn walk(&self, sample: &[i32], mut seen: impl FnMut(usize, &[i64], &[bool])) -> Vec<i64> {
        let mut values = sample.to_vec();
        let (mut sums, mut outside) = (Vec::new(), Vec::new());
        let mut tables = 0;
        for layer in self.layers() {
            match layer {
                TableLayer::Linear(linear) => linear.apply(&values, &mut sums),
                TableLayer::Table(table) => {
                    outside.clear();
                    outside.extend(sums.iter().map(|a| !table.contains(*a)));
                    seen(tables, &sums, &outside);
                    tables += 1;
                    values.clear();
                    for f in &table.functions {
                        values.extend(sums.iter().map(|a| f.at(table.step_of(*a))));
                    }
                }
            }
        }
        sums
    }
}

impl TableRun {
    /// The class with the highest score, sample by sample.
    pub fn answers(&self, classes: usize) -> Vec<usize> {
        self.scores.chunks(classes.max(1)).map(argmax).collect()
    }

    /// Share of the samples classified as labelled.
    pub fn accuracy(&self, classes: usize, labels: &[u16]) -> f64 {
        crate::accuracy(&self.scores, classes, labels)
    }
}
