//! The recurrent network of tables without clipping: what clipped sequences are held against.

use super::network::Functions;
use super::sequences::Sequences;
use super::table::{INPUT_LEVELS, RANGE, TableRecurrent};
use network::{Clipped, argmax};

/// What of one sequence left its range.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceClipping {
    pub inputs: Clipped,
    pub sums: Clipped,
    /// Where anything did: the class without that, or `None` where an output is no number.
    pub unclipped: Option<Option<usize>>,
}

impl TableRecurrent {
    /// Follows sequence `index` with inputs that go on beyond their grid, sums that no table folds back,
    /// and states as large as the function gives them.
    pub fn clipping(&self, sequences: &Sequences, index: usize) -> SequenceClipping {
        let mut inputs = Clipped::of("");
        let mut sums = Clipped::of("layer 1");
        let most = 2.0 * INPUT_LEVELS;
        let range = RANGE as f64;
        let begins = sequences.steps() - sequences.length(index);
        let mut state: Option<Vec<f64>> = None;
        let dot = |row: &[i32], x: &[f64]| -> f64 {
            row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum()
        };
        for row in sequences.values(index).chunks(self.channels.max(1)).skip(begins) {
            let x: Vec<f64> = row.iter().map(|x| (x / self.input_step).round()).collect();
            x.iter().for_each(|level| {
                inputs.see(*level, (-most, most));
            });
            let rows = self.w.chunks(self.channels.max(1)).zip(self.u.chunks(self.hidden.max(1)));
            let level = |((w, u), bias): ((&[i32], &[i32]), &i64)| {
                let back = state.as_ref().map_or(0.0, |h| dot(u, h));
                let sum = dot(w, &x) + back + *bias as f64;
                if !sums.see(sum, (-range, range - 1.0)) {
                    return self.level(sum) as f64;
                }
                let value = self.function.eval(sum * self.sum_step, Functions::Exact);
                (value / self.state_step).round()
            };
            state = Some(rows.zip(&self.bias).map(level).collect());
        }
        let state = state.unwrap_or_default();
        let rows = self.head.chunks(self.hidden.max(1)).zip(&self.head_bias);
        let outputs: Vec<f64> =
            rows.map(|(row, bias)| dot(row, &state) * self.score_step + bias).collect();
        let class = outputs.iter().all(|y| y.is_finite()).then(|| argmax(&outputs));
        let unclipped = (inputs.any() || sums.any()).then_some(class);
        inputs.samples = u64::from(inputs.any());
        sums.samples = u64::from(sums.any());
        SequenceClipping { inputs, sums, unclipped }
    }
}
