//! Weights of a recurrent layer as whole numbers, rounded together: what one weight is off is made up
//! for by the others as far as inputs and states go together.

use super::network::{Functions, RecurrentLayer};
use super::sequences::Sequences;

/// Passes over the weights of a row, at most.
const PASSES: usize = 20;

/// Mean products of what enters the sums of a layer: inputs, states before the step, and a constant.
pub(super) struct Moments {
    size: usize,
    /// Row-major.
    values: Vec<f64>,
}

impl Moments {
    /// On all steps of `sequences` that have begun, with exact functions.
    pub fn of(layer: &RecurrentLayer, sequences: &Sequences) -> Self {
        let (inputs, hidden, samples) = (layer.inputs, layer.hidden, sequences.len());
        let size = inputs + hidden + 1;
        let mut values = vec![0.0; size * size];
        let mut state = vec![0.0; hidden * samples];
        let mut count = 0.0f64;
        for step in 0..sequences.steps() {
            let x = sequences.step(0, samples, step);
            let begun: Vec<bool> = (0..samples).map(|s| sequences.has_begun(s, step)).collect();
            for sample in (0..samples).filter(|s| begun[*s]) {
                let of = |all: &[f64]| -> Vec<f64> {
                    all.iter().skip(sample).step_by(samples).copied().collect()
                };
                let entering = [of(&x), of(&state), vec![1.0]].concat();
                for (row, a) in values.chunks_mut(size).zip(&entering) {
                    row.iter_mut().zip(&entering).for_each(|(v, b)| *v += a * b);
                }
                count += 1.0;
            }
            let sums = layer.sums(&x, &state, samples);
            state = layer.finish(&sums, &state, Functions::Exact);
            for values in state.chunks_mut(samples.max(1)) {
                values.iter_mut().zip(&begun).filter(|(_, b)| !**b).for_each(|(v, _)| *v = 0.0);
            }
        }
        values.iter_mut().for_each(|v| *v /= count.max(1.0));
        Self { size, values }
    }

    /// Whole multiples of `steps` near `weights`, so that the mean square of the error of their sum
    /// is small: each is moved up or down as long as that helps.
    pub fn round(&self, weights: &[f64], steps: &[f64]) -> Vec<i64> {
        let mut whole: Vec<i64> =
            weights.iter().zip(steps).map(|(w, q)| (w / q).round() as i64).collect();
        let off = |(w, (n, q)): (&f64, (&i64, &f64))| *n as f64 * q - w;
        let errors: Vec<f64> = weights.iter().zip(whole.iter().zip(steps)).map(off).collect();
        let row = |at: usize| &self.values[at * self.size..(at + 1) * self.size];
        let dot = |at: usize| row(at).iter().zip(&errors).map(|(c, e)| c * e).sum::<f64>();
        let mut slopes: Vec<f64> = (0..self.size).map(dot).collect();
        for _ in 0..PASSES {
            let mut moved = false;
            for at in 0..self.size.min(whole.len()) {
                let square = row(at)[at];
                let by = -slopes[at].signum() * steps[at];
                if 2.0 * by * slopes[at] + by * by * square < 0.0 {
                    whole[at] += if by > 0.0 { 1 } else { -1 };
                    slopes.iter_mut().zip(row(at)).for_each(|(s, c)| *s += by * c);
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        whole
    }

    /// Mean square of the error of a sum with these whole multiples.
    #[cfg(test)]
    fn error(&self, weights: &[f64], steps: &[f64], whole: &[i64]) -> f64 {
        let errors: Vec<f64> =
            (0..weights.len()).map(|i| whole[i] as f64 * steps[i] - weights[i]).collect();
        let of =
            |(row, a): (&[f64], &f64)| a * row.iter().zip(&errors).map(|(c, e)| c * e).sum::<f64>();
        self.values.chunks(self.size).zip(&errors).map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_go_together_are_rounded_together() {
        // Three values that are nearly alike, and a constant.
        let alike = |i: usize, j: usize| if i == j { 1.0 } else { 0.95 };
        let size = 4;
        let values = (0..size * size).map(|k| alike(k / size, k % size)).collect();
        let moments = Moments { size, values };
        let (weights, steps) = ([0.4, 0.4, 0.4, 0.0], [1.0; 4]);
        let nearest = [0, 0, 0, 0];
        let found = moments.round(&weights, &steps);
        assert_eq!(found.iter().sum::<i64>(), 1, "{found:?}");
        let error = |whole: &[i64]| moments.error(&weights, &steps, whole);
        assert!(error(&found) < 0.5 * error(&nearest), "{found:?}");
    }
}
