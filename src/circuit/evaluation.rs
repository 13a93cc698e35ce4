//! What a lowered network gives for many samples.

use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// Outputs and measured values of whole samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation<V> {
    /// Outputs, sample after sample.
    pub outputs: Vec<V>,
    /// For each capture, its value in every sample.
    pub captured: Vec<Vec<V>>,
    /// Largest magnitude after each layer.
    pub largest: Vec<f64>,
}

impl<V: Clone + Send> Evaluation<V> {
    /// Of so many captures and layers, chunk by chunk of `len` inputs in parallel.
    pub(super) fn of_chunks<I: Sync>(
        inputs: &[I],
        len: usize,
        (captures, layers): (usize, usize),
        watch: &Watch,
        of_chunk: impl Fn(&[I]) -> Self + Sync,
    ) -> Result<Self, Cancelled> {
        let parts = inputs.par_chunks(len).map(|chunk| {
            watch.check()?;
            Ok(of_chunk(chunk))
        });
        let parts = parts.collect::<Result<Vec<_>, Cancelled>>()?;
        let (captured, largest) = (vec![Vec::new(); captures], vec![0.0; layers]);
        let mut all = Self { outputs: Vec::new(), captured, largest };
        for part in parts {
            all.outputs.extend(part.outputs);
            all.captured.iter_mut().zip(part.captured).for_each(|(a, p)| a.extend(p));
            all.largest.iter_mut().zip(part.largest).for_each(|(a, p)| *a = a.max(p));
        }
        Ok(all)
    }
}
