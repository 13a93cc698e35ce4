//! The recurrent network of real numbers that ciphertexts stand for, in double precision.

use super::sequences::Sequences;
use crate::real::RealFunction;
use activation::Activation;
use progress::{Cancelled, Watch};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Sequences worked on together.
pub(super) const CHUNK: usize = 64;

/// Values of functions at 0 that are as good as 0.
pub(super) const NEGLIGIBLE: f64 = 1e-12;

/// Weighted sums of a step: `w x + u h + bias`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepSums {
    /// Row-major, hidden by inputs.
    pub w: Vec<f64>,
    /// Row-major, hidden by hidden.
    pub u: Vec<f64>,
    pub bias: Vec<f64>,
    /// In a network that was moved (see `RecurrentNetwork::centred`): what is added from the second
    /// step of a sequence on. Otherwise empty.
    pub late: Vec<f64>,
}

/// A function inside a cell: itself, and the polynomial that stands in for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellFunction {
    #[serde(with = "super::exact_text")]
    pub exact: Activation,
    /// Absent where only the client, or a table, computes it.
    pub polynomial: Option<RealFunction>,
}

/// What a layer does in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RecurrentCell {
    /// `h' = f(w x + u h + bias)` (Elman, Cognitive Science 14, 1990).
    Elman { sums: StepSums, function: CellFunction },
    /// `z = s(..), r = s(..), n = f(w x + bias + r (u h + inner)), h' = n + z (h - n)` (Cho et al.,
    /// EMNLP 2014, with the reset after the product as cuDNN has it).
    Gru {
        update: StepSums,
        reset: StepSums,
        candidate: StepSums,
        /// Bias inside the product with the reset gate.
        inner: Vec<f64>,
        squash: CellFunction,
        function: CellFunction,
    },
    /// `i, f, o = s(..), g = f(..), c' = f c + i g, h' = o state(c')` (Gers et al. 2000).
    Lstm {
        input: StepSums,
        forget: StepSums,
        output: StepSums,
        candidate: StepSums,
        squash: CellFunction,
        function: CellFunction,
        state: CellFunction,
    },
}

/// One recurrent layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecurrentLayer {
    pub inputs: usize,
    pub hidden: usize,
    pub cell: RecurrentCell,
}

/// Recurrent layers from bottom to top, and a dense head on the last state of the top one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecurrentNetwork {
    pub channels: usize,
    pub layers: Vec<RecurrentLayer>,
    /// Row-major, classes by hidden units of the top layer.
    pub head: Vec<f64>,
    pub head_bias: Vec<f64>,
}

/// Which functions are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Functions {
    /// The exact ones.
    Exact,
    /// The polynomials.
    Polynomial,
}

/// What a step of a layer looked like, value-major over the samples of a chunk.
pub struct StepView<'a> {
    pub step: usize,
    pub layer: usize,
    /// First sample of the chunk, and their number.
    pub first: usize,
    pub samples: usize,
    /// Arguments of the functions, as [`RecurrentLayer::sums`] lists them.
    pub sums: &'a [f64],
    pub state: &'a [f64],
    /// Of an LSTM the state of its cells.
    pub cells: &'a [f64],
}

impl CellFunction {
    /// The value at `x`.
    pub fn eval(&self, x: f64, functions: Functions) -> f64 {
        match (functions, &self.polynomial) {
            (Functions::Polynomial, Some(polynomial)) => polynomial.eval(x),
            _ => self.exact.eval_f64(x),
        }
    }
}

impl StepSums {
    /// `w x + bias` and `u h`, value-major, added up or apart.
    fn input(&self, x: &[f64], samples: usize) -> Vec<f64> {
        product(&self.w, &self.bias, x, samples)
    }

    fn recurrent(&self, h: &[f64], samples: usize) -> Vec<f64> {
        product(&self.u, &vec![0.0; self.bias.len()], h, samples)
    }

    fn both(&self, x: &[f64], h: &[f64], samples: usize) -> Vec<f64> {
        let mut sum = self.input(x, samples);
        sum.iter_mut().zip(self.recurrent(h, samples)).for_each(|(s, r)| *s += r);
        sum
    }
}

/// `rows x + bias` for value-major `x`.
pub(super) fn product(rows: &[f64], bias: &[f64], x: &[f64], samples: usize) -> Vec<f64> {
    let inputs = x.len() / samples.max(1);
    let mut out = vec![0.0; bias.len() * samples];
    for ((row, bias), sums) in
        rows.chunks(inputs.max(1)).zip(bias).zip(out.chunks_mut(samples.max(1)))
    {
        sums.fill(*bias);
        for (w, x) in row.iter().zip(x.chunks(samples.max(1))) {
            sums.iter_mut().zip(x).for_each(|(s, x)| *s += w * x);
        }
    }
    out
}

impl RecurrentLayer {
    /// Values of [`RecurrentLayer::sums`] per hidden unit: 1, or with gates 4.
    pub fn sum_count(&self) -> usize {
        match self.cell {
            RecurrentCell::Elman { .. } => 1,
            RecurrentCell::Gru { .. } | RecurrentCell::Lstm { .. } => 4,
        }
    }

    /// Values that go from step to step: the state, and of an LSTM behind it that of its cells.
    pub fn carried(&self) -> usize {
        match self.cell {
            RecurrentCell::Elman { .. } | RecurrentCell::Gru { .. } => self.hidden,
            RecurrentCell::Lstm { .. } => 2 * self.hidden,
        }
    }

    /// The part of what is carried that goes into sums.
    pub(super) fn state<'a>(&self, carried: &'a [f64], samples: usize) -> &'a [f64] {
        carried.get(..self.hidden * samples).unwrap_or(carried)
    }

    /// The part that is the state of the cells of an LSTM.
    pub(super) fn cells<'a>(&self, carried: &'a [f64], samples: usize) -> &'a [f64] {
        carried.get(self.hidden * samples..).unwrap_or_default()
    }

    /// All that functions are applied to, before any of them is: of an Elman cell its
    /// pre-activations; of gates those of update and reset, then `w x + bias` and `u h + inner` of
    /// the candidate; of an LSTM those of input, forget and output gate and candidate.
    pub fn sums(&self, x: &[f64], carried: &[f64], samples: usize) -> Vec<f64> {
        let h = self.state(carried, samples);
        match &self.cell {
            RecurrentCell::Elman { sums, .. } => sums.both(x, h, samples),
            RecurrentCell::Gru { update, reset, candidate, inner, .. } => {
                let mut all = update.both(x, h, samples);
                all.extend(reset.both(x, h, samples));
                all.extend(candidate.input(x, samples));
                all.extend(product(&candidate.u, inner, h, samples));
                all
            }
            RecurrentCell::Lstm { input, forget, output, candidate, .. } => {
                let all = [input, forget, output, candidate];
                all.into_iter().flat_map(|sums| sums.both(x, h, samples)).collect()
            }
        }
    }

    /// Of [`RecurrentLayer::sums`] what each of [`RecurrentLayer::functions_of_sums`] is applied to; of the
    /// candidate of a GRU without what its reset gate lets in.
    pub(super) fn arguments<'a>(&self, sums: &'a [f64], samples: usize) -> Vec<&'a [f64]> {
        let each = self.hidden * samples;
        let gates = match &self.cell {
            RecurrentCell::Elman { .. } => return vec![sums],
            RecurrentCell::Gru { .. } => 2 * each,
            RecurrentCell::Lstm { .. } => 3 * each,
        };
        let (gates, rest) = sums.split_at(gates.min(sums.len()));
        vec![gates, rest.get(..each).unwrap_or(rest)]
    }

    /// The next state from [`RecurrentLayer::sums`] and the state before.
    pub fn finish(&self, sums: &[f64], h: &[f64], functions: Functions) -> Vec<f64> {
        match &self.cell {
            RecurrentCell::Elman { function, .. } => {
                sums.iter().map(|z| function.eval(*z, functions)).collect()
            }
            RecurrentCell::Gru { squash, function, .. } => {
                let parts: Vec<&[f64]> = sums.chunks((sums.len() / 4).max(1)).collect();
                let [z, r, x, u] = parts.as_slice() else { return Vec::new() };
                let unit = |i: usize| {
                    let gate = squash.eval(z[i], functions);
                    let reset = squash.eval(r[i], functions);
                    let n = function.eval(x[i] + reset * u[i], functions);
                    n + gate * (h[i] - n)
                };
                (0..z.len()).map(unit).collect()
            }
            RecurrentCell::Lstm { squash, function, state, .. } => {
                let parts: Vec<&[f64]> = sums.chunks((sums.len() / 4).max(1)).collect();
                let [i, f, o, g] = parts.as_slice() else { return Vec::new() };
                let cells = h.get(i.len()..).unwrap_or_default();
                let cell = |at: usize| {
                    squash.eval(f[at], functions) * cells.get(at).copied().unwrap_or(0.0)
                        + squash.eval(i[at], functions) * function.eval(g[at], functions)
                };
                let cells: Vec<f64> = (0..i.len()).map(cell).collect();
                let open = o.iter().map(|o| squash.eval(*o, functions));
                let mut next: Vec<f64> =
                    open.zip(&cells).map(|(o, c)| o * state.eval(*c, functions)).collect();
                next.extend(cells);
                next
            }
        }
    }

    /// The functions of weighted sums.
    pub fn functions_of_sums(&self) -> Vec<&CellFunction> {
        match &self.cell {
            RecurrentCell::Elman { function, .. } => vec![function],
            RecurrentCell::Gru { squash, function, .. }
            | RecurrentCell::Lstm { squash, function, .. } => vec![squash, function],
        }
    }

    /// The function of the state of the cells of an LSTM.
    pub fn function_of_cells(&self) -> Option<&CellFunction> {
        match &self.cell {
            RecurrentCell::Elman { .. } | RecurrentCell::Gru { .. } => None,
            RecurrentCell::Lstm { state, .. } => Some(state),
        }
    }

    /// All functions of the cell.
    pub fn functions(&self) -> Vec<&CellFunction> {
        self.functions_of_sums().into_iter().chain(self.function_of_cells()).collect()
    }
}

impl RecurrentNetwork {
    /// Number of outputs.
    pub fn classes(&self) -> usize {
        self.head_bias.len()
    }

    /// Whether a layer has cells with a state of their own.
    pub(super) fn has_cells(&self) -> bool {
        self.layers.iter().any(|layer| layer.function_of_cells().is_some())
    }

    /// Outputs of all sequences, sequence after sequence; `view` sees every step of every chunk, in
    /// no order of chunks. A state before its sequence begins is 0.
    pub fn evaluate(
        &self,
        sequences: &Sequences,
        functions: Functions,
        watch: &Watch,
        view: &(dyn Fn(&StepView) + Sync),
    ) -> Result<Vec<f64>, Cancelled> {
        let starts: Vec<usize> = (0..sequences.len()).step_by(CHUNK).collect();
        let chunk = |first: &usize| {
            let samples = CHUNK.min(sequences.len() - first);
            self.chunk(sequences, *first, samples, functions, watch, view)
        };
        let parts: Vec<Vec<f64>> = starts.par_iter().map(chunk).collect::<Result<_, _>>()?;
        Ok(parts.concat())
    }

    fn chunk(
        &self,
        sequences: &Sequences,
        first: usize,
        samples: usize,
        functions: Functions,
        watch: &Watch,
        view: &(dyn Fn(&StepView) + Sync),
    ) -> Result<Vec<f64>, Cancelled> {
        let mut states: Vec<Vec<f64>> =
            self.layers.iter().map(|l| vec![0.0; l.carried() * samples]).collect();
        for step in 0..sequences.steps() {
            watch.check()?;
            let begun: Vec<bool> =
                (first..first + samples).map(|s| sequences.has_begun(s, step)).collect();
            let mut x = sequences.step(first, samples, step);
            for (at, layer) in self.layers.iter().enumerate() {
                let sums = layer.sums(&x, &states[at], samples);
                let mut state = layer.finish(&sums, &states[at], functions);
                for values in state.chunks_mut(samples) {
                    values.iter_mut().zip(&begun).filter(|(_, b)| !**b).for_each(|(v, _)| *v = 0.0);
                }
                x = layer.state(&state, samples).to_vec();
                let cells = layer.cells(&state, samples);
                view(&StepView { step, layer: at, first, samples, sums: &sums, state: &x, cells });
                states[at] = state;
            }
        }
        let top = self.layers.iter().zip(&states).next_back();
        let top = top.map_or(&[][..], |(layer, state)| layer.state(state, samples));
        let outputs = product(&self.head, &self.head_bias, top, samples);
        let classes = self.classes();
        Ok((0..samples * classes).map(|k| outputs[k % classes * samples + k / classes]).collect())
    }

    /// The network whose states are less by what each polynomial is at 0, and those constants by
    /// layer. A state before its sequence begins then stays 0 when everything that enters it is,
    /// biases included: the constants come in with the biases, where they belong to the state before
    /// from the second step of a sequence on. For ciphertexts only: [`RecurrentNetwork::evaluate`]
    /// knows no such steps.
    #[must_use]
    pub(super) fn centred(&self) -> (Self, Vec<f64>) {
        let mut moved = self.clone();
        let mut constants = Vec::with_capacity(self.layers.len());
        let mut below = 0.0;
        for layer in &mut moved.layers {
            let function = match &mut layer.cell {
                RecurrentCell::Elman { function, .. }
                | RecurrentCell::Gru { function, .. }
                | RecurrentCell::Lstm { function, .. } => function,
            };
            let own = function.polynomial.as_mut().map_or(0.0, RealFunction::centre);
            let own = if own.abs() > NEGLIGIBLE { own } else { 0.0 };
            let shift = |sums: &mut StepSums| {
                let hidden = sums.bias.len().max(1);
                let inputs = (sums.w.len() / hidden).max(1);
                let rows = sums.w.chunks(inputs).zip(&mut sums.bias);
                rows.for_each(|(w, b)| *b += below * w.iter().sum::<f64>());
                if own != 0.0 {
                    sums.late =
                        sums.u.chunks(hidden).map(|u| own * u.iter().sum::<f64>()).collect();
                }
            };
            match &mut layer.cell {
                RecurrentCell::Elman { sums, .. } => shift(sums),
                RecurrentCell::Gru { update, reset, candidate, .. } => {
                    [update, reset, candidate].into_iter().for_each(shift);
                }
                RecurrentCell::Lstm { input, forget, output, candidate, .. } => {
                    [input, forget, output, candidate].into_iter().for_each(shift);
                }
            }
            constants.push(own);
            below = own;
        }
        let hidden = moved.layers.last().map_or(1, |l| l.hidden).max(1);
        let rows = moved.head.chunks(hidden).zip(&mut moved.head_bias);
        rows.for_each(|(v, b)| *b += below * v.iter().sum::<f64>());
        (moved, constants)
    }

    /// The network with every weight rounded to a multiple of `1 / scale` of its layer; the head is
    /// layer `layers.len()`.
    #[must_use]
    pub(super) fn rounded(&self, scale: &dyn Fn(usize) -> f64) -> Self {
        let mut rounded = self.clone();
        let round = |values: &mut Vec<f64>, factor: f64| {
            values.iter_mut().for_each(|w| *w = (*w * factor).round() / factor);
        };
        for (at, layer) in rounded.layers.iter_mut().enumerate() {
            let of = |sums: &mut StepSums| {
                round(&mut sums.w, scale(at));
                round(&mut sums.u, scale(at));
            };
            match &mut layer.cell {
                RecurrentCell::Elman { sums, .. } => of(sums),
                RecurrentCell::Gru { update, reset, candidate, .. } => {
                    [update, reset, candidate].into_iter().for_each(of);
                }
                RecurrentCell::Lstm { input, forget, output, candidate, .. } => {
                    [input, forget, output, candidate].into_iter().for_each(of);
                }
            }
        }
        round(&mut rounded.head, scale(self.layers.len()));
        rounded
    }
}
