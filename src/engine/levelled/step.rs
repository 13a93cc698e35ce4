//! One step on ciphertexts, layer by layer.

use circuit::{
    Carried, CellFunction, LayerMaps, RecurrentCell, RecurrentProgram, SumsMap, evaluate_parts,
};
use progress::Watch;
use rayon::ThreadPool;
use rayon::prelude::*;
use scheme::ckks::{
    Ciphertext, CkksError, EvaluationKeys, FreshBatch, Scale, Segment, SegmentInput, SegmentOp,
};

/// What enters a layer.
enum Entering<'a> {
    /// Inputs of the step as they came, followed by the masks.
    Fresh(&'a FreshBatch),
    /// States of the layer below, followed by the masks.
    Computed(Vec<Ciphertext>),
}

impl Entering<'_> {
    fn input(&self) -> SegmentInput<'_> {
        match self {
            Self::Fresh(batch) => SegmentInput::Fresh(batch),
            Self::Computed(all) => SegmentInput::Computed(all),
        }
    }
}

/// Works on the layers of a program.
pub struct Stepper<'a> {
    pub program: &'a RecurrentProgram,
    pub watch: &'a Watch<'a>,
    /// Whose threads it works with; `None` is those of the process.
    pub pool: Option<&'a ThreadPool>,
}

/// Makes what a layer hands on from its sums and what it handed on before: its state, and behind it that
/// of its cells.
pub type Finish<'a, E> =
    &'a mut dyn FnMut(usize, Vec<Ciphertext>, Option<&[Ciphertext]>) -> Result<Vec<Ciphertext>, E>;

impl Stepper<'_> {
    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Fresh ciphertexts to compute with.
    pub fn computed(&self, batch: &FreshBatch) -> Vec<Ciphertext> {
        let (p, all) = (&self.program.parameters, 0..batch.len());
        self.install(|| all.into_par_iter().filter_map(|i| batch.ciphertext(p, i)).collect())
    }

    /// One step of all layers, whose sums are made at `levels`: `states` become those after it.
    ///
    /// # Errors
    /// When the inputs do not fit the program, the work is stopped, and those of `finish`.
    pub fn step<E: From<CkksError>>(
        &self,
        inputs: &FreshBatch,
        levels: &[usize],
        states: &mut [Option<Vec<Ciphertext>>],
        finish: Finish<'_, E>,
    ) -> Result<(), E> {
        let program = self.program;
        let channels = program.network.channels;
        let masks: Vec<Ciphertext> = (channels..channels + program.masks)
            .filter_map(|at| inputs.ciphertext(&program.parameters, at))
            .collect();
        let mut below: Option<Vec<Ciphertext>> = None;
        for (layer, (state, level)) in states.iter_mut().zip(levels).enumerate() {
            let lowered = |all: &[Ciphertext]| -> Vec<Ciphertext> {
                all.iter().map(|c| c.clone().at_level(*level)).collect()
            };
            let masks = lowered(&masks);
            let entering = match &below {
                None => Entering::Fresh(inputs),
                Some(below) => {
                    let followed = below.iter().chain(&masks).cloned();
                    Entering::Computed(followed.map(|c| c.at_level(*level)).collect())
                }
            };
            let before = state.as_deref().map(lowered);
            let before = before.as_deref();
            let sums = self.install(|| self.sums(layer, &entering, before, &masks))?;
            let next = finish(layer, sums, before)?;
            below = Some(self.state(layer, &next).to_vec());
            *state = Some(next);
        }
        Ok(())
    }

    /// The part of what `layer` hands on that goes into sums: its state, without that of cells.
    fn state<'c>(&self, layer: usize, carried: &'c [Ciphertext]) -> &'c [Ciphertext] {
        let hidden = self.program.network.layers.get(layer).map_or(0, |l| l.hidden);
        carried.get(..hidden).unwrap_or(carried)
    }

    /// The outputs, from what the top layer hands on last.
    ///
    /// # Errors
    /// When the state does not fit the program, or the work is stopped.
    pub fn outputs(&self, top: &[Ciphertext]) -> Result<Vec<Ciphertext>, CkksError> {
        let base = self.program.choice.base.len();
        let layers = self.program.network.layers.len();
        let top = self.state(layers.saturating_sub(1), top).iter().cloned();
        let top: Vec<Ciphertext> = top.map(|c| c.at_level(base)).collect();
        self.install(|| self.apply(&self.program.head, &SegmentInput::Computed(&top)))
    }

    /// What the functions of `layer` are applied to, from what enters and the state before (none in
    /// the first step, when it is 0): as [`circuit::RecurrentLayer::sums`] lists it.
    fn sums(
        &self,
        layer: usize,
        entering: &Entering,
        state: Option<&[Ciphertext]>,
        masks: &[Ciphertext],
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let state = state.map(|carried| self.state(layer, carried));
        match &self.program.layers[layer] {
            LayerMaps::Elman { sums } => self.both(sums, entering, state),
            LayerMaps::Lstm { gates, candidate } => {
                let mut all = self.both(gates, entering, state)?;
                all.extend(self.both(candidate, entering, state)?);
                Ok(all)
            }
            LayerMaps::Gru { gates, candidate } => {
                let mut all = self.both(gates, entering, state)?;
                all.extend(self.apply(&candidate.input, &entering.input())?);
                let state = state.ok_or(CkksError::Segment { inputs: 0, components: 2 })?;
                let followed: Vec<Ciphertext> = state.iter().chain(masks).cloned().collect();
                let inner = SegmentInput::Computed(&followed);
                all.extend(self.apply(&candidate.recurrent, &inner)?);
                Ok(all)
            }
        }
    }

    fn both(
        &self,
        map: &SumsMap,
        entering: &Entering,
        state: Option<&[Ciphertext]>,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let input = self.apply(&map.input, &entering.input())?;
        let Some(state) = state else { return Ok(input) };
        let recurrent = self.apply(&map.recurrent, &SegmentInput::Computed(state))?;
        let pairs: Vec<_> = input.into_iter().zip(recurrent).collect();
        let p = &self.program.parameters;
        pairs.into_par_iter().map(|(sum, term)| p.add_to(sum, &term)).collect()
    }

    /// One linear operation.
    fn apply(&self, op: &SegmentOp, input: &SegmentInput) -> Result<Vec<Ciphertext>, CkksError> {
        let segment = Segment { ops: vec![op.clone()] };
        let cancel = self.watch.cancel_flag();
        let output = segment.run(&self.program.parameters, input, &[], cancel, &|| ())?;
        Ok(output.ciphertexts)
    }

    /// What `layer` hands on, by its polynomials.
    ///
    /// # Errors
    /// When they do not fit what comes in, or the work is stopped.
    pub fn finish(
        &self,
        keys: &EvaluationKeys,
        layer: usize,
        sums: Vec<Ciphertext>,
        state: Option<&[Ciphertext]>,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        self.install(|| self.polynomials(keys, layer, sums, state))
    }

    fn polynomials(
        &self,
        keys: &EvaluationKeys,
        layer: usize,
        sums: Vec<Ciphertext>,
        state: Option<&[Ciphertext]>,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let scale = &self.program.scale;
        match &self.program.reference.layers[layer].cell {
            RecurrentCell::Elman { function, .. } => self.function(keys, function, sums, scale),
            RecurrentCell::Gru { squash, function, .. } => {
                let state = state.ok_or(CkksError::Segment { inputs: 0, components: 2 })?;
                self.gated(keys, squash, function, sums, state)
            }
            RecurrentCell::Lstm { squash, function, state: of_cells, .. } => {
                let carried = self.program.carried(layer);
                let cells =
                    carried.get(1).ok_or(CkksError::Segment { inputs: 1, components: 2 })?;
                let before = state.and_then(|s| s.get(cells.units..)).unwrap_or_default();
                self.long_short(keys, [squash, function, of_cells], sums, (before, cells))
            }
        }
    }

    /// `o state(c')` followed by `c' = f c + i g`; without states of cells before, `c` is 0.
    fn long_short(
        &self,
        keys: &EvaluationKeys,
        [squash, function, of_cells]: [&CellFunction; 3],
        mut sums: Vec<Ciphertext>,
        (before, carried): (&[Ciphertext], &Carried),
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let (p, hidden) = (&self.program.parameters, carried.units);
        let candidate = sums.split_off(3 * hidden);
        let output = sums.split_off(2 * hidden);
        let at = |all: Vec<Ciphertext>, level: usize| -> Vec<Ciphertext> {
            all.into_iter().map(|c| c.at_level(level)).collect()
        };

        // Gates have the prime that their product drops as scale, so that the other factor keeps its own.
        let into = level(&candidate).saturating_sub(carried.below);
        if before.is_empty() {
            sums.truncate(hidden);
        }
        let gates = at(sums, into + levels_of(squash));
        let gates = self.function(keys, squash, gates, &self.program.prime_scale(into))?;
        let candidate = at(candidate, into + levels_of(function));
        let candidate = self.function(keys, function, candidate, &carried.scale)?;
        let (input, forget) = gates.split_at(hidden);
        let products = (0..hidden).into_par_iter().map(|i| {
            let entering = p.multiply(&input[i], &candidate[i])?;
            match (forget.get(i), before.get(i)) {
                (Some(forget), Some(before)) => p.add_products(entering, &[(forget, before)]),
                _ => Ok(entering),
            }
        });
        let products = products.collect::<Result<Vec<_>, _>>()?;
        let cells = keys.relinearise_and_rescale(p, products, 1, self.watch, "cells")?;

        let curved = self.function(keys, of_cells, cells.clone(), &self.program.scale)?;
        let last = level(&curved);
        let output = at(output, last + levels_of(squash));
        let output = self.function(keys, squash, output, &self.program.prime_scale(last))?;
        let products = output.par_iter().zip(&curved).map(|(o, t)| p.multiply(o, t));
        let products = products.collect::<Result<Vec<_>, _>>()?;
        let mut next = keys.relinearise_and_rescale(p, products, 1, self.watch, "output")?;
        next.extend(cells);
        Ok(next)
    }

    /// `n + z (h - n)` with `n = f(x + r u)`.
    fn gated(
        &self,
        keys: &EvaluationKeys,
        squash: &CellFunction,
        function: &CellFunction,
        mut sums: Vec<Ciphertext>,
        state: &[Ciphertext],
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let (p, hidden) = (&self.program.parameters, state.len());
        let inner = sums.split_off(3 * hidden);
        let outer = sums.split_off(2 * hidden);
        let reset_sums = sums.split_off(hidden);

        // The product with the reset gate drops the prime that is the gate's scale.
        let after_gates = level(&reset_sums) - levels_of(squash);
        let scale = self.program.prime_scale(after_gates);
        let reset = self.function(keys, squash, reset_sums, &scale)?;
        let products = reset.par_iter().zip(&inner).map(|(r, u)| p.multiply(r, u));
        let products = products.collect::<Result<Vec<_>, _>>()?;
        let products = keys.relinearise_and_rescale(p, products, 1, self.watch, "reset")?;
        let here = level(&products);
        let pairs: Vec<_> = outer.into_iter().zip(products).collect();
        let added = pairs.into_par_iter().map(|(x, product)| p.add_to(x.at_level(here), &product));
        let candidate = added.collect::<Result<Vec<_>, _>>()?;
        let candidate = self.function(keys, function, candidate, &self.program.scale)?;

        let last = level(&candidate);
        let update: Vec<Ciphertext> = sums
            .into_iter()
            .map(|z| {
                let needed = last + levels_of(squash);
                z.at_level(needed)
            })
            .collect();
        let update = self.function(keys, squash, update, &self.program.prime_scale(last))?;
        let blended = (0..hidden).into_par_iter().map(|i| {
            let difference = p.subtract(&state[i], &candidate[i])?;
            p.multiply(&difference, &update[i])
        });
        let blended = blended.collect::<Result<Vec<_>, _>>()?;
        let blended = keys.relinearise_and_rescale(p, blended, 1, self.watch, "update")?;
        let pairs: Vec<_> = candidate.into_iter().zip(blended).collect();
        let sum = |(n, blend): (Ciphertext, Ciphertext)| p.add_to(n.at_level(last - 1), &blend);
        pairs.into_par_iter().map(sum).collect()
    }

    /// The polynomial of every value, with results at `result`.
    fn function(
        &self,
        keys: &EvaluationKeys,
        function: &CellFunction,
        values: Vec<Ciphertext>,
        result: &Scale,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let Some(first) = values.first() else { return Ok(values) };
        let made = self.program.function(function, first.scale(), result, first.level())?;
        let (p, watch) = (&self.program.parameters, self.watch);
        evaluate_parts(p, keys, &made.parts, made.gate, values, watch)
    }
}

/// The level that all of them have.
fn level(all: &[Ciphertext]) -> usize {
    all.iter().map(Ciphertext::level).min().unwrap_or(1)
}

fn levels_of(function: &CellFunction) -> usize {
    function.polynomial.as_ref().map_or(0, |p| p.levels())
}
