//! Recurrent networks of lookup tables: a table for every unit and step, so that noise is the same in
//! every step.

use super::scheme::{TableWork, Tables};
use super::together::{key_switched, read};
use crate::scheme::{Evaluated, Evaluation};
use circuit::TableRecurrentCircuit;
use progress::Watch;
use rayon::prelude::*;
use scheme::tfhe::{
    LookupPolynomial, LweList, PackedLwes, SeededLwes, ServerKeys, Switched, TfheError,
    TfheParameters,
};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use wire::Malformed;

/// Bits of the words that outputs travel in.
pub const OUTPUT_BITS: u32 = 24;

/// The weights and the table of a recurrent network: the server's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServedSteps {
    /// Most steps of a sequence.
    steps: usize,
    /// Values of a step.
    channels: usize,
    /// Row-major, a row for each unit: of the inputs, of the state.
    w: Vec<i32>,
    u: Vec<i32>,
    /// What is added to the sum of each unit in the first step of a sequence, and in later ones.
    first_constants: Vec<u32>,
    constants: Vec<u32>,
    /// Row-major, a row for each class.
    head: Vec<i32>,
    /// What is added to the score of each class.
    score_constants: Vec<u32>,
    table: LookupPolynomial,
}

impl ServedSteps {
    /// Of a circuit, for sequences of `steps` steps at most.
    pub fn of(circuit: &TableRecurrentCircuit, steps: usize) -> Self {
        let network = &circuit.network;
        let constants =
            |has_state| (0..network.hidden).map(|unit| network.constant(unit, has_state)).collect();
        Self {
            steps,
            channels: network.channels,
            w: network.w.clone(),
            u: network.u.clone(),
            first_constants: constants(false),
            constants: constants(true),
            head: network.head.clone(),
            score_constants: (0..network.classes).map(|c| network.score_constant(c)).collect(),
            table: network.polynomial(&circuit.parameters),
        }
    }

    /// Most steps of a sequence.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Steps of the sequence that so many ciphertexts are.
    ///
    /// # Errors
    /// When they are none of this network.
    pub fn steps_of(&self, sent: &SeededLwes) -> Result<usize, TfheError> {
        let steps = sent.len() / self.channels.max(1);
        if steps * self.channels == sent.len() && (1..=self.steps).contains(&steps) {
            return Ok(steps);
        }
        let reason = format!(
            "{} ciphertexts where a sequence has {} for each of 1 to {} steps",
            sent.len(),
            self.channels,
            self.steps
        );
        Err(Malformed::new("encrypted inputs", reason).into())
    }

    /// Step number `step` of a sequence: what its tables read, and the state that they give.
    ///
    /// # Errors
    /// When something does not fit the keys, or the work is stopped.
    pub fn step(
        &self,
        parameters: &TfheParameters,
        keys: &ServerKeys,
        (inputs, step): (&LweList, usize),
        state: Option<&LweList>,
        watch: &Watch,
    ) -> Result<(Vec<Switched>, LweList), TfheError> {
        let sums = self.sums(parameters, keys, (inputs, step), state)?;
        let switched: Vec<Switched> =
            sums.iter().map(|sum| Switched::new(parameters, sum, 0)).collect();
        let state = read(parameters, keys, &switched, (&self.table, 1), watch, &|_| ())?;
        Ok((switched, state))
    }

    /// Sums under the LWE key: those of the inputs, and those of the state after a key switch.
    fn sums(
        &self,
        p: &TfheParameters,
        keys: &ServerKeys,
        (inputs, step): (&LweList, usize),
        state: Option<&LweList>,
    ) -> Result<Vec<Vec<u32>>, TfheError> {
        let first = (step * self.channels) as u32;
        let constants = if state.is_some() { &self.constants } else { &self.first_constants };
        let of_inputs = |(row, constant): (&[i32], &u32)| {
            let mut sum = vec![0u32; p.lwe_dimension + 1];
            let terms = row.iter().enumerate().map(|(c, w)| (first + c as u32, *w));
            inputs.weighted_sum(terms, *constant, &mut sum)?;
            Ok(sum)
        };
        let rows = self.w.par_chunks(self.channels.max(1)).zip(constants);
        let mut sums = rows.map(of_inputs).collect::<Result<Vec<_>, TfheError>>()?;
        let Some(state) = state else { return Ok(sums) };
        let of_state = |row: &[i32]| {
            let mut sum = vec![0u32; p.big_dimension() + 1];
            state.weighted_sum(row.iter().enumerate().map(|(i, u)| (i as u32, *u)), 0, &mut sum)?;
            Ok(sum)
        };
        let rows = self.u.par_chunks(self.constants.len().max(1));
        let wide = rows.map(of_state).collect::<Result<Vec<_>, TfheError>>()?;
        let rows: Vec<&[u32]> = wide.iter().map(Vec::as_slice).collect();
        let switched = key_switched(p, keys, &rows)?;
        for (sum, small) in sums.iter_mut().zip(switched.iter()) {
            sum.iter_mut().zip(small).for_each(|(s, w)| *s = s.wrapping_add(*w));
        }
        Ok(sums)
    }

    /// The scores of a last state.
    ///
    /// # Errors
    /// When it does not fit the network.
    pub fn scores(
        &self,
        parameters: &TfheParameters,
        state: &LweList,
    ) -> Result<PackedLwes, TfheError> {
        let mut scores = LweList::zeros(parameters.big_dimension(), self.score_constants.len());
        let rows = self.head.chunks(self.constants.len().max(1)).zip(&self.score_constants);
        for ((row, constant), out) in rows.zip(scores.chunks_mut()) {
            let terms = row.iter().enumerate().map(|(i, v)| (i as u32, *v));
            state.weighted_sum(terms, *constant, out)?;
        }
        Ok(PackedLwes::new(&scores, OUTPUT_BITS))
    }
}

impl TableWork for ServedSteps {
    fn evaluate(
        &self,
        parameters: &TfheParameters,
        keys: &ServerKeys,
        sent: &SeededLwes,
        following: &Evaluation,
    ) -> Result<Evaluated<Tables<Self>>, TfheError> {
        let Evaluation { watch, fraction, .. } = *following;
        let steps = self.steps_of(sent)?;
        let inputs = sent.expand(parameters);
        let (mut state, mut stage_secs) = (None, Vec::with_capacity(steps));
        for step in 0..steps {
            watch.check()?;
            let started = Instant::now();
            state = Some(self.step(parameters, keys, (&inputs, step), state.as_ref(), watch)?.1);
            stage_secs.push(started.elapsed().as_secs_f64());
            fraction((step + 1) as f64 / steps as f64);
        }
        let state = state.unwrap_or_else(|| LweList::zeros(parameters.big_dimension(), 0));
        let outputs = self.scores(parameters, &state)?;
        Ok(Evaluated { outputs, probes: Vec::new(), stage_secs })
    }
}
