//! How weights follow gradients.

use scenario::OptimiserKind;
use serde::{Deserialize, Serialize};

const MOMENTUM: f32 = 0.9;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// An optimiser with its memory of earlier gradients: one tensor after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimiser {
    kind: OptimiserKind,
    steps: i32,
    first: Vec<Vec<f32>>,
    second: Vec<Vec<f32>>,
}

impl Optimiser {
    pub fn new(kind: OptimiserKind) -> Self {
        Self { kind, steps: 0, first: Vec::new(), second: Vec::new() }
    }

    /// Steps taken, and what is remembered of earlier gradients: nothing before the first step.
    pub(crate) fn memory(&self) -> (i32, &[Vec<f32>], &[Vec<f32>]) {
        (self.steps, &self.first, &self.second)
    }

    /// An optimiser as it was left.
    pub(crate) fn from_memory(
        kind: OptimiserKind,
        steps: i32,
        first: Vec<Vec<f32>>,
        second: Vec<Vec<f32>>,
    ) -> Self {
        Self { kind, steps, first, second }
    }

    /// Whether it is of the kind of `other`, took `steps` steps on tensors like these, and remembers
    /// finite numbers.
    pub(crate) fn fits(&self, other: &Self, tensors: &[Vec<f32>], steps: usize) -> bool {
        let like = |memory: &[Vec<f32>]| {
            let finite = memory.iter().flatten().all(|v| v.is_finite());
            let lengths = memory.iter().map(Vec::len).eq(tensors.iter().map(Vec::len));
            finite && if steps == 0 { memory.is_empty() } else { lengths }
        };
        let took = usize::try_from(self.steps) == Ok(steps);
        self.kind == other.kind && took && like(&self.first) && like(&self.second)
    }

    /// Moves `tensors` against `gradients`, tensor by tensor.
    pub fn step(&mut self, rate: f32, tensors: &mut [&mut Vec<f32>], gradients: &[&[f32]]) {
        if self.first.len() != tensors.len() {
            self.first = tensors.iter().map(|t| vec![0.0; t.len()]).collect();
            self.second = self.first.clone();
        }
        self.steps += 1;
        let memories = self.first.iter_mut().zip(&mut self.second);
        for ((tensor, gradient), (first, second)) in tensors.iter_mut().zip(gradients).zip(memories)
        {
            let values = tensor.iter_mut().zip(*gradient).zip(first.iter_mut().zip(second));
            match self.kind {
                OptimiserKind::Sgd => {
                    for ((value, gradient), (first, _)) in values {
                        *first = MOMENTUM * *first + gradient;
                        *value -= rate * *first;
                    }
                }
                OptimiserKind::Adam => {
                    let unbias_1 = 1.0 - BETA_1.powi(self.steps);
                    let unbias_2 = 1.0 - BETA_2.powi(self.steps);
                    for ((value, gradient), (first, second)) in values {
                        *first = BETA_1 * *first + (1.0 - BETA_1) * gradient;
                        *second = BETA_2 * *second + (1.0 - BETA_2) * gradient * gradient;
                        let spread = (*second / unbias_2).sqrt() + EPSILON;
                        *value -= rate * (*first / unbias_1) / spread;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_find_the_bottom_of_a_bowl() {
        for kind in [OptimiserKind::Sgd, OptimiserKind::Adam] {
            let mut optimiser = Optimiser::new(kind);
            let mut point = vec![3.0_f32, -2.0];
            for _ in 0..400 {
                let gradient: Vec<f32> = point.iter().map(|x| 2.0 * (x - 1.0)).collect();
                optimiser.step(0.02, &mut [&mut point], &[&gradient]);
            }
            assert!(point.iter().all(|x| (x - 1.0).abs() < 1e-2), "{kind:?} {point:?}");
        }
    }
}
