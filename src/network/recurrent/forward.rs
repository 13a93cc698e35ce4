//! Plaintext inference of recurrent networks: batched, in double precision.

use super::model::{Cell, Gate, RecurrentLayer, RecurrentModel};
use super::sequences::Prepared;
use progress::{Cancelled, Watch};
use rayon::prelude::*;

/// Samples that are worked on together: their values of one unit lie side by side.
const LANES: usize = 64;

/// Values of one layer at one step, row-major `[samples][hidden]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepValues {
    /// What each function was applied to, in the order of [`RecurrentLayer::functions`].
    pub pre: Vec<Vec<f64>>,
    /// The state after the step.
    pub hidden: Vec<f64>,
}

/// What happened inside, `steps[step][layer]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    pub steps: Vec<Vec<StepValues>>,
}

/// Outputs of a recurrent network.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward {
    /// Row-major `[samples][classes]`.
    pub logits: Vec<f64>,
    /// Where it was asked for.
    pub trace: Option<Trace>,
}

impl RecurrentModel {
    /// The logits of all samples, row-major `[samples][classes]`.
    ///
    /// # Errors
    /// When `watch` asks to stop.
    pub fn forward(&self, inputs: &Prepared, watch: &Watch) -> Result<Vec<f64>, Cancelled> {
        Ok(self.run(inputs, false, watch)?.logits)
    }

    /// The logits, and states and pre-activations of every step: `steps * samples * hidden` values
    /// of each, so for not too many samples at once.
    ///
    /// # Errors
    /// When `watch` asks to stop.
    pub fn forward_traced(&self, inputs: &Prepared, watch: &Watch) -> Result<Forward, Cancelled> {
        self.run(inputs, true, watch)
    }

    fn run(&self, inputs: &Prepared, traced: bool, watch: &Watch) -> Result<Forward, Cancelled> {
        let blocks: Vec<usize> = (0..inputs.samples).step_by(LANES).collect();
        let all = inputs.samples as u64;
        watch.step("plaintext inference", 0, all)?;
        let parts: Vec<Forward> = blocks
            .par_iter()
            .map(|&from| self.block(&inputs.part(from..from + LANES), traced, watch))
            .collect::<Result<_, _>>()?;
        watch.step("plaintext inference", all, all)?;
        let mut whole = Forward {
            logits: Vec::with_capacity(inputs.samples * self.classes()),
            trace: traced.then(|| self.empty_trace(inputs.steps)),
        };
        for part in parts {
            whole.logits.extend(part.logits);
            if let (Some(whole), Some(part)) = (&mut whole.trace, part.trace) {
                whole.append(part);
            }
        }
        Ok(whole)
    }

    fn empty_trace(&self, steps: usize) -> Trace {
        let layer = |l: &RecurrentLayer| StepValues {
            pre: vec![Vec::new(); l.functions().len()],
            hidden: Vec::new(),
        };
        let step: Vec<_> = self.layers().iter().map(layer).collect();
        Trace { steps: vec![step; steps] }
    }

    /// A few samples, lane by lane.
    fn block(&self, inputs: &Prepared, traced: bool, watch: &Watch) -> Result<Forward, Cancelled> {
        let lanes = inputs.samples;
        let mut states: Vec<_> =
            self.layers().iter().map(|l| vec![0.0; l.carried() * lanes]).collect();
        let mut trace = traced.then(|| self.empty_trace(inputs.steps));
        for step in 0..inputs.steps {
            watch.check()?;
            let mut x: Vec<f64> =
                (0..inputs.width).flat_map(|channel| inputs.column(step, channel)).collect();
            for (index, (layer, h)) in self.layers().iter().zip(&mut states).enumerate() {
                let (pre, mut next) = layer.step(&x, h, lanes);
                for unit in next.chunks_mut(lanes) {
                    unit.iter_mut().zip(inputs.begun(step)).for_each(|(v, begun)| *v *= begun);
                }
                *h = next;
                x = h.get(..layer.hidden * lanes).unwrap_or_default().to_vec();
                let place = trace.as_mut().and_then(|t| t.steps.get_mut(step)?.get_mut(index));
                if let Some(place) = place {
                    place.pre = pre.iter().map(|p| transposed(p, lanes)).collect();
                    place.hidden = transposed(&x, lanes);
                }
            }
        }
        let mut last = states.pop().unwrap_or_default();
        last.truncate(self.layers().last().map_or(0, |l| l.hidden) * lanes);
        let head = self.head();
        let logits = affine(&head.weight, &head.bias, &last, lanes);
        Ok(Forward { logits: transposed(&logits, lanes), trace })
    }
}

impl Trace {
    /// Adds the samples of another trace of the same model and length.
    fn append(&mut self, other: Self) {
        let pairs = self.steps.iter_mut().flatten().zip(other.steps.into_iter().flatten());
        for (mine, other) in pairs {
            mine.hidden.extend(other.hidden);
            mine.pre.iter_mut().zip(other.pre).for_each(|(mine, other)| mine.extend(other));
        }
    }
}

impl RecurrentLayer {
    /// What the functions are applied to, and the next state; everything `[units][lanes]`, the state
    /// as long as [`RecurrentLayer::carried`] says.
    fn step(&self, x: &[f64], h: &[f64], lanes: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
        match &self.cell {
            Cell::Elman(gate) => {
                let pre = gate.sums(x, h, lanes);
                let next = gate.apply(&pre);
                (vec![pre], next)
            }
            Cell::Gru { reset, update, candidate, candidate_shift } => {
                let resets = reset.sums(x, h, lanes);
                let updates = update.sums(x, h, lanes);
                let r = reset.apply(&resets);
                let z = update.apply(&updates);
                let mut pre = affine(&candidate.input, &candidate.bias, x, lanes);
                let inner = affine(&candidate.recurrent, candidate_shift, h, lanes);
                pre.iter_mut().zip(r.iter().zip(&inner)).for_each(|(p, (r, u))| *p += r * u);
                let mut next = candidate.apply(&pre);
                next.iter_mut().zip(z.iter().zip(h)).for_each(|(n, (z, h))| *n += z * (h - *n));
                (vec![resets, updates, pre], next)
            }
            Cell::Lstm { input, forget, output, candidate, state } => {
                let (h, c) = h.split_at(self.hidden * lanes);
                let gates = [input, forget, output, candidate];
                let pre = gates.map(|gate| gate.sums(x, h, lanes));
                let [i, f, o, g] = std::array::from_fn(|at| gates[at].apply(&pre[at]));
                let cells =
                    c.iter().zip(&f).zip(i.iter().zip(&g)).map(|((c, f), (i, g))| f * c + i * g);
                let cells: Vec<f64> = cells.collect();
                let mut next: Vec<f64> =
                    o.iter().zip(&cells).map(|(o, c)| o * state.eval_f64(*c)).collect();
                next.extend_from_slice(&cells);
                (pre.into_iter().chain([cells]).collect(), next)
            }
        }
    }
}

impl Gate {
    fn sums(&self, x: &[f64], h: &[f64], lanes: usize) -> Vec<f64> {
        let mut sums = affine(&self.input, &self.bias, x, lanes);
        add_product(&self.recurrent, h, lanes, &mut sums);
        sums
    }

    fn apply(&self, pre: &[f64]) -> Vec<f64> {
        pre.iter().map(|x| self.activation.eval_f64(*x)).collect()
    }
}

/// `weight x + bias`, `weight` row-major `[outputs][inputs]`, `x` and the result `[units][lanes]`.
fn affine(weight: &[f32], bias: &[f32], x: &[f64], lanes: usize) -> Vec<f64> {
    let mut sums: Vec<f64> =
        bias.iter().flat_map(|b| std::iter::repeat_n(f64::from(*b), lanes)).collect();
    add_product(weight, x, lanes, &mut sums);
    sums
}

fn add_product(weight: &[f32], x: &[f64], lanes: usize, sums: &mut [f64]) {
    let inputs = x.len() / lanes.max(1);
    for (row, sum) in weight.chunks(inputs.max(1)).zip(sums.chunks_mut(lanes.max(1))) {
        for (w, x) in row.iter().zip(x.chunks(lanes.max(1))) {
            let w = f64::from(*w);
            sum.iter_mut().zip(x).for_each(|(s, x)| *s += w * x);
        }
    }
}

/// `[units][lanes]` to `[lanes][units]`.
fn transposed(values: &[f64], lanes: usize) -> Vec<f64> {
    (0..lanes).flat_map(|lane| values.iter().skip(lane).step_by(lanes.max(1)).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{CellKind, RecurrentParts, Sequences};
    use super::*;

    /// The definition of a cell, unit by unit, for one sample.
    fn naive(model: &RecurrentModel, steps: &[Vec<f64>]) -> (Vec<Vec<f64>>, Vec<f64>) {
        let dot = |w: &[f32], x: &[f64], row: usize| -> f64 {
            (0..x.len()).map(|i| f64::from(w[row * x.len() + i]) * x[i]).sum()
        };
        let mut inputs = steps.to_vec();
        for layer in model.layers() {
            let mut h = vec![0.0; layer.hidden];
            let mut cells = h.clone();
            for x in &mut inputs {
                let sum = |g: &Gate, i: usize| {
                    dot(&g.input, x, i) + dot(&g.recurrent, &h, i) + f64::from(g.bias[i])
                };
                let next = (0..layer.hidden).map(|i| match &layer.cell {
                    Cell::Elman(g) => g.activation.eval_f64(sum(g, i)),
                    Cell::Gru { reset, update, candidate, candidate_shift } => {
                        let r = reset.activation.eval_f64(sum(reset, i));
                        let z = update.activation.eval_f64(sum(update, i));
                        let inner =
                            dot(&candidate.recurrent, &h, i) + f64::from(candidate_shift[i]);
                        let outer = dot(&candidate.input, x, i) + f64::from(candidate.bias[i]);
                        let n = candidate.activation.eval_f64(outer + r * inner);
                        (1.0 - z) * n + z * h[i]
                    }
                    Cell::Lstm { input, forget, output, candidate, state } => {
                        let of = |g: &Gate| g.activation.eval_f64(sum(g, i));
                        cells[i] = of(forget) * cells[i] + of(input) * of(candidate);
                        of(output) * state.eval_f64(cells[i])
                    }
                });
                let next: Vec<f64> = next.collect();
                h.clone_from(&next);
                *x = next;
            }
        }
        let last = inputs.last().cloned().unwrap_or_default();
        let head = model.head();
        let logits = (0..model.classes())
            .map(|c| dot(&head.weight, &last, c) + f64::from(head.bias[c]))
            .collect();
        (inputs, logits)
    }

    fn raw(samples: usize, steps: usize, channels: usize) -> Vec<f32> {
        (0..samples * steps * channels).map(|i| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0).collect()
    }

    #[test]
    fn logits_and_states_are_those_of_the_definition() {
        for (kind, layers) in CellKind::ALL.into_iter().flat_map(|kind| [(kind, 1), (kind, 2)]) {
            let model = RecurrentModel::random(3, 5, 4, layers, kind, 7);
            // More samples than lie side by side.
            let inputs = raw(70, 6, 3);
            let prepared =
                model.prepare(Sequences { inputs: &inputs, lengths: &[], steps: 6 }).expect("fits");
            let found = model.forward_traced(&prepared, &Watch::silent()).expect("runs");
            let trace = found.trace.expect("asked for");
            assert_eq!(model.forward(&prepared, &Watch::silent()), Ok(found.logits.clone()));
            for (s, sample) in inputs.chunks(18).enumerate() {
                let steps: Vec<Vec<f64>> =
                    sample.chunks(3).map(|x| x.iter().map(|v| f64::from(*v)).collect()).collect();
                let (states, logits) = naive(&model, &steps);
                for (a, b) in found.logits[4 * s..4 * s + 4].iter().zip(&logits) {
                    assert!((a - b).abs() < 1e-12, "sample {s}: {a} for {b}");
                }
                for (step, state) in states.iter().enumerate() {
                    let hidden = &trace.steps[step][layers - 1].hidden[5 * s..5 * s + 5];
                    for (a, b) in hidden.iter().zip(state) {
                        assert!((a - b).abs() < 1e-12, "step {step}: {a} for {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_padded_sequence_gives_what_it_gives_alone() {
        for kind in CellKind::ALL {
            let model = RecurrentModel::random(2, 4, 3, 2, kind, 3);
            let padded = raw(3, 9, 2);
            let lengths = [9, 4, 1];
            let all = Sequences { inputs: &padded, lengths: &lengths, steps: 9 };
            let together =
                model.forward(&model.prepare(all).expect("fits"), &Watch::silent()).expect("runs");
            for (s, len) in lengths.into_iter().enumerate() {
                let from = (s * 9 + 9 - usize::from(len)) * 2;
                let inputs = &padded[from..(s + 1) * 18];
                let alone = Sequences { inputs, lengths: &[], steps: len.into() };
                let alone = model
                    .forward(&model.prepare(alone).expect("fits"), &Watch::silent())
                    .expect("runs");
                assert_eq!(together[3 * s..3 * s + 3], alone[..], "length {len}");
            }
        }
    }

    #[test]
    fn tokens_are_looked_up() {
        let table = vec![0.5, -0.5, 0.25, 1.0, -1.0, 0.125];
        let parts = RecurrentModel::random(2, 4, 2, 1, CellKind::Elman, 5).parts().clone();
        let embedding = Some(super::super::Embedding { width: 2, table: table.clone() });
        let text = RecurrentModel::new(RecurrentParts { channels: 1, embedding, ..parts.clone() })
            .expect("fits");
        let plain = RecurrentModel::new(parts).expect("fits");
        let tokens = [2.0, 0.0, 1.0];
        let looked_up: Vec<f32> =
            tokens.iter().flat_map(|t| table[2 * *t as usize..][..2].to_vec()).collect();
        let of = |model: &RecurrentModel, inputs: &[f32]| {
            let prepared = model.prepare(Sequences { inputs, lengths: &[], steps: 3 });
            model.forward(&prepared.expect("fits"), &Watch::silent()).expect("runs")
        };
        assert_eq!(of(&text, &tokens), of(&plain, &looked_up));
        let wrong = text.prepare(Sequences { inputs: &[0.0, 3.0], lengths: &[], steps: 2 });
        assert!(wrong.unwrap_err().to_string().contains("token 3; tokens go from 0 to 3 - 1"));
    }
}
