//! Labels: the server knows its outputs `A` and decrypts `A - Y`, so it has `Y`.

use crate::view::ServerView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the differences say about the labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelLeak {
    /// Class read off for each training sample that was seen.
    pub recovered: BTreeMap<usize, u16>,
}

impl LabelLeak {
    /// Share of the labels read off that are the true ones.
    pub fn right(&self, truth: impl Fn(usize) -> Option<u16>) -> f64 {
        let right = self.recovered.iter().filter(|(s, l)| truth(**s) == Some(**l)).count();
        right as f64 / self.recovered.len().max(1) as f64
    }
}

/// Reads the labels off the steps before step `seen`.
pub fn labels(view: &ServerView, seen: usize) -> LabelLeak {
    let mut leak = LabelLeak::default();
    for step in view.steps.iter().filter(|s| s.step < seen) {
        let outputs = step.outputs.iter().zip(&step.output_differences);
        for (sample, (output, difference)) in step.samples.iter().zip(outputs) {
            let one_hot = output.iter().zip(difference).map(|(a, d)| a - d);
            if let Some((class, _)) = one_hot.enumerate().max_by_key(|(_, y)| *y) {
                leak.recovered.insert(*sample, class as u16);
            }
        }
    }
    leak
}
