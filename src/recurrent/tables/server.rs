//! The server of a recurrent run on lookup tables.

use crate::link::Link;
use crate::message::{MessageKind, Place};
use crate::meter::Meter;
use crate::talk::{Talk, TalkError};
use circuit::TableRecurrentCircuit;
use engine::{key_switched, read_tables};
use progress::Watch;
use rayon::ThreadPool;
use rayon::prelude::*;
use scheme::tfhe::{
    CompressedKeys, LookupPolynomial, LweList, PackedLwes, SeededLwes, ServerKeys, Switched,
    TfheError,
};

/// Bits of the words that outputs travel in.
pub(crate) const OUTPUT_BITS: u32 = 24;

/// What a watch is told of steps.
pub(crate) const LOOKUPS: &str = "bootstrap";

/// What an analysis is shown of a step: sequence, step, what tables read, and what they gave.
pub type TableTap<'a> = &'a mut (dyn FnMut(usize, usize, &[Switched], &LweList) + Send);

/// Evaluates sequences for one client. There is no place for a secret key in it.
pub struct TableServer<'a> {
    circuit: &'a TableRecurrentCircuit,
    steps: usize,
    lengths: Vec<usize>,
    pool: &'a ThreadPool,
}

impl<'a> TableServer<'a> {
    /// A server for sequences of these lengths, which it sees.
    pub fn new(
        circuit: &'a TableRecurrentCircuit,
        steps: usize,
        lengths: Vec<usize>,
        pool: &'a ThreadPool,
    ) -> Self {
        Self { circuit, steps, lengths, pool }
    }

    /// Serves until the last sequence is answered.
    ///
    /// # Errors
    /// When a message is not the one that is due, the client gives up, or the work is cancelled.
    pub fn serve(
        &self,
        link: &mut dyn Link,
        meter: &mut Meter,
        watch: &Watch,
        tap: TableTap,
    ) -> Result<(), TalkError> {
        let mut talk = Talk::server(link, meter);
        let served = self.all(&mut talk, watch, tap);
        if let Err(error) = &served {
            talk.give_up(error);
        }
        served
    }

    fn all(&self, talk: &mut Talk, watch: &Watch, tap: TableTap) -> Result<(), TalkError> {
        let p = &self.circuit.parameters;
        talk.meter.at(0);
        let place = Place { kind: MessageKind::Hello, batch: 0, step: 0, layer: 0 };
        let payload = talk.expect(place)?;
        let keys = CompressedKeys::from_bytes(p, &payload).and_then(|k| k.expand(p, watch));
        let keys = keys.map_err(|e| talk.content(place, e))?;
        talk.meter.keys_are_done();
        let table = self.circuit.network.polynomial(p);
        for index in 0..self.lengths.len() {
            self.sequence(index, &keys, &table, talk, watch, tap)?;
        }
        talk.meter.pause();
        Ok(())
    }

    fn sequence(
        &self,
        index: usize,
        keys: &ServerKeys,
        table: &LookupPolynomial,
        talk: &mut Talk,
        watch: &Watch,
        tap: TableTap,
    ) -> Result<(), TalkError> {
        let (p, network) = (&self.circuit.parameters, &self.circuit.network);
        let place =
            |kind, step: usize| Place { kind, batch: index as u32, step: step as u32, layer: 0 };
        let place_of_inputs = place(MessageKind::Inputs, 0);
        let payload = talk.expect(place_of_inputs)?;
        let sent = SeededLwes::from_bytes(p, &payload);
        let sent = sent.map_err(|e| talk.content(place_of_inputs, e))?;
        let length = self.lengths.get(index).copied().unwrap_or(0);
        if sent.len() != length * network.channels {
            let due = length * network.channels;
            let reason = format!("{} ciphertexts; {due} are due", sent.len());
            return Err(talk.content(place_of_inputs, reason));
        }
        let inputs = sent.expand(p);
        let mut state: Option<LweList> = None;
        for step in 0..length {
            let at = self.steps - length + step;
            talk.meter.at(at);
            watch.check()?;
            let step = || -> Result<(Vec<Switched>, LweList), TfheError> {
                let sums = self.sums(keys, &inputs, step, state.as_ref())?;
                let switched: Vec<Switched> =
                    sums.iter().map(|sum| Switched::new(p, sum, 0)).collect();
                let state = read_tables(p, keys, &switched, (table, 1), watch, &|_| ())?;
                Ok((switched, state))
            };
            let done = self.pool.install(step);
            watch.check()?;
            let (switched, next) = done.map_err(|e| talk.content(place_of_inputs, e))?;
            talk.meter.pause();
            tap(index, at, &switched, &next);
            talk.meter.resume();
            watch.step(LOOKUPS, (index * self.steps + at + 1) as u64, self.readings())?;
            state = Some(next);
        }
        let place_of_outputs = place(MessageKind::Outputs, self.steps - 1);
        let mut scores = LweList::zeros(p.big_dimension(), network.classes);
        if let Some(state) = &state {
            let rows = network.head.chunks(network.hidden.max(1));
            for (row, out) in rows.zip(scores.chunks_mut()) {
                let terms = row.iter().enumerate().map(|(i, v)| (i as u32, *v));
                let summed = state.weighted_sum(terms, 0, out);
                summed.map_err(|e| talk.content(place_of_outputs, e))?;
            }
        }
        talk.send(place_of_outputs, PackedLwes::new(&scores, OUTPUT_BITS).to_bytes(p))
    }

    fn readings(&self) -> u64 {
        (self.lengths.len() * self.steps) as u64
    }

    /// Sums under the LWE key: those of the inputs, and those of the state after a key switch.
    fn sums(
        &self,
        keys: &ServerKeys,
        inputs: &LweList,
        step: usize,
        state: Option<&LweList>,
    ) -> Result<Vec<Vec<u32>>, TfheError> {
        let (p, network) = (&self.circuit.parameters, &self.circuit.network);
        let first = (step * network.channels) as u32;
        let of_inputs = |unit: usize| {
            let mut sum = vec![0u32; p.lwe_dimension + 1];
            let row = &network.w[unit * network.channels..(unit + 1) * network.channels];
            let terms = row.iter().enumerate().map(|(c, w)| (first + c as u32, *w));
            inputs.weighted_sum(terms, network.constant(unit, state.is_some()), &mut sum)?;
            Ok(sum)
        };
        let units = 0..network.hidden;
        let sums = units.clone().into_par_iter().map(of_inputs);
        let mut sums = sums.collect::<Result<Vec<_>, TfheError>>()?;
        let Some(state) = state else { return Ok(sums) };
        let of_state = |unit: usize| {
            let mut sum = vec![0u32; p.big_dimension() + 1];
            let row = &network.u[unit * network.hidden..(unit + 1) * network.hidden];
            state.weighted_sum(row.iter().enumerate().map(|(i, u)| (i as u32, *u)), 0, &mut sum)?;
            Ok(sum)
        };
        let wide = units.into_par_iter().map(of_state).collect::<Result<Vec<_>, TfheError>>()?;
        let rows: Vec<&[u32]> = wide.iter().map(Vec::as_slice).collect();
        let switched = key_switched(p, keys, &rows)?;
        for (sum, small) in sums.iter_mut().zip(switched.iter()) {
            sum.iter_mut().zip(small).for_each(|(s, w)| *s = s.wrapping_add(*w));
        }
        Ok(sums)
    }
}
