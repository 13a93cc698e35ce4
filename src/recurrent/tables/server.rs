//! The server of a recurrent run on lookup tables.

use crate::link::Link;
use crate::message::{MessageKind, Place};
use crate::meter::Meter;
use crate::talk::{Talk, TalkError};
use circuit::TableRecurrentCircuit;
use engine::ServedSteps;
use progress::Watch;
use rayon::ThreadPool;
use scheme::tfhe::{CompressedKeys, LweList, SeededLwes, ServerKeys, Switched, TfheParameters};

/// What a watch is told of steps.
pub(crate) const LOOKUPS: &str = "bootstrap";

/// What an analysis is shown of a step: sequence, step, what tables read, and what they gave.
pub type TableProbe<'a> = &'a mut (dyn FnMut(usize, usize, &[Switched], &LweList) + Send);

/// Evaluates sequences for one client. There is no place for a secret key in it.
pub struct TableServer<'a> {
    parameters: &'a TfheParameters,
    program: ServedSteps,
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
        let program = ServedSteps::of(circuit, steps);
        Self { parameters: &circuit.parameters, program, lengths, pool }
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
        probe: TableProbe,
    ) -> Result<(), TalkError> {
        Talk::server(link, meter).through(|talk| self.all(talk, watch, probe))
    }

    fn all(&self, talk: &mut Talk, watch: &Watch, probe: TableProbe) -> Result<(), TalkError> {
        let p = self.parameters;
        talk.meter.at(0);
        let place = Place { kind: MessageKind::Hello, batch: 0, step: 0, layer: 0 };
        let payload = talk.expect(place)?;
        let keys = CompressedKeys::from_bytes(p, &payload).and_then(|k| k.expand(p, watch));
        let keys = keys.map_err(|e| talk.content(place, e))?;
        talk.meter.keys_are_done();
        for index in 0..self.lengths.len() {
            self.sequence(index, &keys, talk, watch, probe)?;
        }
        talk.meter.pause();
        Ok(())
    }

    fn sequence(
        &self,
        index: usize,
        keys: &ServerKeys,
        talk: &mut Talk,
        watch: &Watch,
        probe: TableProbe,
    ) -> Result<(), TalkError> {
        let (p, program) = (self.parameters, &self.program);
        let place =
            |kind, step: usize| Place { kind, batch: index as u32, step: step as u32, layer: 0 };
        let place_of_inputs = place(MessageKind::Inputs, 0);
        let payload = talk.expect(place_of_inputs)?;
        let sent = SeededLwes::from_bytes(p, &payload);
        let sent = sent.map_err(|e| talk.content(place_of_inputs, e))?;
        let length = self.lengths.get(index).copied().unwrap_or(0);
        let steps = program.steps_of(&sent).map_err(|e| talk.content(place_of_inputs, e))?;
        if steps != length {
            let reason = format!("a sequence of {steps} steps; one of {length} is due");
            return Err(talk.content(place_of_inputs, reason));
        }
        let inputs = sent.expand(p);
        let mut state: Option<LweList> = None;
        for step in 0..length {
            let at = program.steps() - length + step;
            talk.meter.at(at);
            watch.check()?;
            let step = || program.step(p, keys, (&inputs, step), state.as_ref(), watch);
            let done = self.pool.install(step);
            watch.check()?;
            let (switched, next) = done.map_err(|e| talk.content(place_of_inputs, e))?;
            talk.meter.pause();
            probe(index, at, &switched, &next);
            talk.meter.resume();
            watch.step(LOOKUPS, (index * program.steps() + at + 1) as u64, self.lookups())?;
            state = Some(next);
        }
        let place_of_outputs = place(MessageKind::Outputs, program.steps() - 1);
        let state = state.unwrap_or_else(|| LweList::zeros(p.big_dimension(), 0));
        let scores = program.scores(p, &state).map_err(|e| talk.content(place_of_outputs, e))?;
        talk.send(place_of_outputs, scores.to_bytes(p))
    }

    fn lookups(&self) -> u64 {
        (self.lengths.len() * self.program.steps()) as u64
    }
}
