//! A recurrent network as a differentiable graph of candle tensors.

use super::super::curve::Excess;
use super::super::graph::activate;
use crate::NetworkError;
use crate::recurrent::{Cell, Embedding, Gate, Head, RecurrentModel, RecurrentParts};
use activation::Activation;
use candle_core::{Device, Result, Tensor, Var};
use std::sync::atomic::Ordering;

/// Values that are trained.
pub(super) struct Graph {
    embedding: Option<Var>,
    layers: Vec<Layer>,
    head: (Var, Var),
    /// Where pre-activations, and the states of the cells of an LSTM, shall stay inside an interval.
    excess: Option<Excess>,
}

/// A layer, gate by gate in the order of files.
struct Layer {
    hidden: usize,
    gates: Vec<GateVars>,
    /// Of a GRU.
    shift: Option<Var>,
    /// What an LSTM applies to the state of its cells.
    state: Option<Activation>,
}

struct GateVars {
    input: Var,
    recurrent: Var,
    bias: Var,
    activation: Activation,
}

/// A mini-batch.
pub(super) struct Batch {
    pub samples: usize,
    pub steps: usize,
    pub values: Values,
    /// For each step which samples have begun, `[samples][1]`; `None` where all have.
    pub begun: Vec<Option<Tensor>>,
    /// Added to the states of every layer, `[steps * samples][hidden]`, of an LSTM followed by what is
    /// added to the states of its cells.
    pub state_noise: Option<Tensor>,
    /// Factors on the last state, `[samples][hidden]`.
    pub keep: Option<Tensor>,
}

/// What a mini-batch holds, step by step.
pub(super) enum Values {
    /// `[steps * samples][width]`.
    Numbers(Tensor),
    /// `[steps * samples]`.
    Tokens(Tensor),
}

/// What a mini-batch gave.
pub(super) struct Forward {
    /// `[samples][classes]`.
    pub logits: Tensor,
    /// Sum over steps, units and samples of how far pre-activations left the interval.
    pub excess: Option<Tensor>,
}

fn matrix(values: &[f32], rows: usize) -> Result<Var> {
    Var::from_slice(values, (rows, values.len() / rows.max(1)), &Device::Cpu)
}

fn vector(values: &[f32]) -> Result<Var> {
    Var::from_slice(values, values.len(), &Device::Cpu)
}

fn numbers(var: &Var) -> Result<Vec<f32>> {
    var.flatten_all()?.to_vec1()
}

impl GateVars {
    fn new(gate: &Gate, hidden: usize) -> Result<Self> {
        Ok(Self {
            input: matrix(&gate.input, hidden)?,
            recurrent: matrix(&gate.recurrent, hidden)?,
            bias: vector(&gate.bias)?,
            activation: gate.activation.clone(),
        })
    }

    fn gate(&self) -> Result<Gate> {
        Ok(Gate {
            input: numbers(&self.input)?,
            recurrent: numbers(&self.recurrent)?,
            bias: numbers(&self.bias)?,
            activation: self.activation.clone(),
        })
    }

    /// `input x + bias` of all steps at once.
    fn of_inputs(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.input.t()?)?.broadcast_add(&self.bias)
    }

    fn of_state(&self, h: &Tensor) -> Result<Tensor> {
        h.matmul(&self.recurrent.t()?)
    }
}

impl Layer {
    /// The states of all steps, each `[samples][hidden]`.
    fn forward(
        &self,
        x: &Tensor,
        batch: &Batch,
        excess: &mut impl FnMut(&Tensor) -> Result<()>,
    ) -> Result<Vec<Tensor>> {
        let sums: Vec<Tensor> = self.gates.iter().map(|g| g.of_inputs(x)).collect::<Result<_>>()?;
        let mut h = Tensor::zeros((batch.samples, self.hidden), x.dtype(), &Device::Cpu)?;
        let mut cells = h.clone();
        let mut states = Vec::with_capacity(batch.steps);
        for step in 0..batch.steps {
            let at = |gate: usize| -> Result<Tensor> {
                match sums.get(gate) {
                    Some(sums) => sums.narrow(0, step * batch.samples, batch.samples),
                    None => Err(candle_core::Error::Msg("a cell lacks a gate".into())),
                }
            };
            let noisy = |state: Tensor, from: usize| match &batch.state_noise {
                Some(noise) => {
                    let noise = noise.narrow(0, step * batch.samples, batch.samples)?;
                    state + noise.narrow(1, from, self.hidden)?
                }
                None => Ok(state),
            };
            let begun = |state: Tensor| match batch.begun.get(step) {
                Some(Some(begun)) => state.broadcast_mul(begun),
                _ => Ok(state),
            };
            let next = match (self.gates.as_slice(), &self.shift, &self.state) {
                (all @ [input, forget, output, candidate], _, Some(state)) => {
                    let mut pre = Vec::with_capacity(all.len());
                    for (gate, vars) in all.iter().enumerate() {
                        pre.push((at(gate)? + vars.of_state(&h)?)?);
                    }
                    pre.iter().try_for_each(&mut *excess)?;
                    let of = |gate: &GateVars, at: usize| match pre.get(at) {
                        Some(pre) => activate(&gate.activation, pre),
                        None => Err(candle_core::Error::Msg("a cell lacks a gate".into())),
                    };
                    let kept = (of(forget, 1)? * &cells)?;
                    let next = (kept + (of(input, 0)? * of(candidate, 3)?)?)?;
                    excess(&next)?;
                    let open = (of(output, 2)? * activate(state, &next)?)?;
                    cells = begun(noisy(next, self.hidden)?)?;
                    open
                }
                ([reset, update, candidate], Some(shift), _) => {
                    let resets = (at(0)? + reset.of_state(&h)?)?;
                    let updates = (at(1)? + update.of_state(&h)?)?;
                    excess(&resets)?;
                    excess(&updates)?;
                    let (r, z) = (
                        activate(&reset.activation, &resets)?,
                        activate(&update.activation, &updates)?,
                    );
                    let inner = candidate.of_state(&h)?.broadcast_add(shift)?;
                    let pre = (at(2)? + (r * inner)?)?;
                    excess(&pre)?;
                    let n = activate(&candidate.activation, &pre)?;
                    (&n + (z * (&h - &n)?)?)?
                }
                ([gate, ..], _, _) => {
                    let pre = (at(0)? + gate.of_state(&h)?)?;
                    excess(&pre)?;
                    activate(&gate.activation, &pre)?
                }
                ([], _, _) => return Err(candle_core::Error::Msg("a cell lacks its gate".into())),
            };
            h = begun(noisy(next, 0)?)?;
            states.push(h.clone());
        }
        Ok(states)
    }
}

impl Graph {
    /// The graph of a model; with an interval, what functions are applied to outside of it is counted.
    pub fn new(model: &RecurrentModel, interval: Option<(f64, f64)>) -> Result<Self> {
        let embedding = match model.embedding() {
            Some(e) => Some(matrix(&e.table, e.table.len() / e.width)?),
            None => None,
        };
        let mut layers = Vec::new();
        for layer in model.layers() {
            let gates = layer.gates().into_iter();
            let gates: Result<_> = gates.map(|(_, g)| GateVars::new(g, layer.hidden)).collect();
            let shift = match &layer.cell {
                Cell::Gru { candidate_shift, .. } => Some(vector(candidate_shift)?),
                Cell::Elman(_) | Cell::Lstm { .. } => None,
            };
            let state = match &layer.cell {
                Cell::Lstm { state, .. } => Some(state.clone()),
                Cell::Elman(_) | Cell::Gru { .. } => None,
            };
            layers.push(Layer { hidden: layer.hidden, gates: gates?, shift, state });
        }
        let head = model.head();
        let head = (matrix(&head.weight, head.bias.len())?, vector(&head.bias)?);
        Ok(Self { embedding, layers, head, excess: interval.map(Excess::new) })
    }

    /// Everything that is trained.
    pub fn variables(&self) -> Vec<Var> {
        let mut all: Vec<Var> = self.embedding.iter().cloned().collect();
        for layer in &self.layers {
            for gate in &layer.gates {
                all.extend([gate.input.clone(), gate.recurrent.clone(), gate.bias.clone()]);
            }
            all.extend(layer.shift.clone());
        }
        all.extend([self.head.0.clone(), self.head.1.clone()]);
        all
    }

    /// The logits of a mini-batch.
    pub fn forward(&self, batch: &Batch) -> Result<Forward> {
        let mut x = match (&batch.values, &self.embedding) {
            (Values::Numbers(values), _) => values.clone(),
            (Values::Tokens(tokens), Some(table)) => table.index_select(tokens, 0)?,
            (Values::Tokens(_), None) => {
                return Err(candle_core::Error::Msg("tokens for a model without a table".into()));
            }
        };
        let mut costs = Vec::new();
        let mut last = None;
        for layer in &self.layers {
            let mut excess = |pre: &Tensor| -> Result<()> {
                if let Some(rule) = &self.excess {
                    costs.push(pre.contiguous()?.apply_op1(rule.clone())?);
                }
                Ok(())
            };
            let states = layer.forward(&x, batch, &mut excess)?;
            last = states.last().cloned();
            if self.layers.len() > 1 {
                x = Tensor::cat(&states, 0)?;
            }
        }
        let mut last = last.ok_or_else(|| candle_core::Error::Msg("no steps".into()))?;
        if let Some(keep) = &batch.keep {
            last = (last * keep)?;
        }
        let logits = last.matmul(&self.head.0.t()?)?.broadcast_add(&self.head.1)?;
        let excess = if costs.is_empty() { None } else { Some(Tensor::cat(&costs, 0)?.sum_all()?) };
        Ok(Forward { logits, excess })
    }

    /// Share of pre-activations inside the interval since the last call.
    pub fn share_inside(&self) -> Option<f64> {
        let rule = self.excess.as_ref()?;
        let seen = rule.seen.swap(0, Ordering::Relaxed);
        let outside = rule.outside.swap(0, Ordering::Relaxed);
        (seen > 0).then(|| 1.0 - outside as f64 / seen as f64)
    }

    /// The model with the values as they are now.
    pub fn model(
        &self,
        like: &RecurrentModel,
    ) -> Result<std::result::Result<RecurrentModel, NetworkError>> {
        let mut parts: RecurrentParts = like.parts().clone();
        if let (Some(Embedding { table, .. }), Some(var)) = (&mut parts.embedding, &self.embedding)
        {
            *table = numbers(var)?;
        }
        for (layer, vars) in parts.layers.iter_mut().zip(&self.layers) {
            let gates: Vec<Gate> = vars.gates.iter().map(GateVars::gate).collect::<Result<_>>()?;
            let mut gates = gates.into_iter();
            match &mut layer.cell {
                Cell::Elman(gate) => *gate = gates.next().unwrap_or_else(|| gate.clone()),
                Cell::Lstm { input, forget, output, candidate, .. } => {
                    for (gate, new) in [input, forget, output, candidate].into_iter().zip(gates) {
                        *gate = new;
                    }
                }
                Cell::Gru { reset, update, candidate, candidate_shift } => {
                    for (gate, new) in [reset, update, candidate].into_iter().zip(gates) {
                        *gate = new;
                    }
                    if let Some(shift) = &vars.shift {
                        *candidate_shift = numbers(shift)?;
                    }
                }
            }
        }
        parts.head = Head { weight: numbers(&self.head.0)?, bias: numbers(&self.head.1)? };
        Ok(RecurrentModel::new(parts))
    }
}
