//! Where the sums lie that tables read.

use super::model::{TableError, TableNetwork};
use activation::Histogram;
use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// Samples that one task walks through.
const TASK: usize = 64;

/// The sums that one table reads over samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Accumulators {
    /// Name of the table.
    pub layer: String,
    /// How often which sum was read, in units of the sum.
    pub sums: Histogram,
    /// Distance of each sum to the nearest step where an output changes, in units of the sum.
    pub distances: Histogram,
    /// Sums beyond the range.
    pub outside: u64,
}

impl TableNetwork {
    /// Collects the sums before each table over raw samples; they do not depend on the number of
    /// threads.
    ///
    /// # Errors
    /// When the values are no whole number of samples, or `watch` asks to stop.
    pub fn accumulators(
        &self,
        raw: &[f32],
        watch: &Watch,
    ) -> Result<Vec<Accumulators>, TableError> {
        let integers = self.integers(raw)?;
        let empty = || -> Vec<Accumulators> {
            let of = |t: &super::lookup::Table| Accumulators {
                layer: t.name.clone(),
                sums: Histogram::default(),
                distances: Histogram::default(),
                outside: 0,
            };
            self.tables().map(of).collect()
        };
        let tables: Vec<_> = self.tables().collect();
        let parts = integers
            .par_chunks(TASK * self.input().len())
            .map(|samples| {
                watch.check()?;
                let mut layers = empty();
                for sample in samples.chunks(self.input().len()) {
                    self.walk(sample, |table, sums, outside| {
                        let (Some(layer), Some(table)) = (layers.get_mut(table), tables.get(table))
                        else {
                            return;
                        };
                        let values: Vec<f32> = sums.iter().map(|a| *a as f32).collect();
                        layer.sums.add(&values);
                        let nearest = sums.iter().filter_map(|a| {
                            let (down, up) = table.distances(*a);
                            let ends = [down, up].into_iter().flatten();
                            ends.reduce(f64::min).map(|d| d as f32)
                        });
                        layer.distances.add(&nearest.collect::<Vec<_>>());
                        layer.outside += outside.iter().filter(|o| **o).count() as u64;
                    });
                }
                Ok(layers)
            })
            .collect::<Result<Vec<_>, Cancelled>>()?;
        let mut all = empty();
        for part in parts {
            for (all, one) in all.iter_mut().zip(part) {
                all.sums.merge(&one.sums);
                all.distances.merge(&one.distances);
                all.outside += one.outside;
            }
        }
        Ok(all)
    }
}
