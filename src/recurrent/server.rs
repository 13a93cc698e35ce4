//! The server of a recurrent run: owns the model, computes on what it cannot read.

use super::link::Link;
use super::message::{MessageKind, Place};
use super::meter::Meter;
use super::talk::{Talk, TalkError};
use circuit::{Carried, NoiseStrategy, RecurrentProgram};
use engine::Stepper;
use progress::Watch;
use rayon::ThreadPool;
use scheme::ckks::{Ciphertext, EvaluationKeys, FreshBatch, Scale};
use sha2::{Digest, Sha256};

/// What an analysis is shown after each step: batch, step, and what every layer carries. It is no
/// part of the protocol, and its time is not counted.
pub type Probe<'a> =
    &'a mut (dyn FnMut(usize, usize, &[Vec<Ciphertext>]) -> Result<(), TalkError> + Send);

/// What both sides hold against each other's before anything is computed.
pub(crate) fn agreement(program: &RecurrentProgram) -> [u8; 32] {
    Sha256::digest(program.fingerprint_text().as_bytes()).into()
}

/// Evaluates a program for one client. There is no place for a secret key in it.
pub struct Server<'a> {
    program: &'a RecurrentProgram,
    batches: usize,
    pool: &'a ThreadPool,
}

impl<'a> Server<'a> {
    /// A server for so many batches, with the threads of `pool`.
    pub fn new(program: &'a RecurrentProgram, batches: usize, pool: &'a ThreadPool) -> Self {
        Self { program, batches, pool }
    }

    /// Serves until the last batch is answered. What goes wrong is told to the client too.
    ///
    /// # Errors
    /// When a message is not the one that is due, the client gives up, or the work is cancelled.
    pub fn serve(
        &self,
        link: &mut dyn Link,
        meter: &mut Meter,
        watch: &Watch,
        probe: Probe,
    ) -> Result<(), TalkError> {
        Talk::server(link, meter).through(|talk| self.all(talk, watch, probe))
    }

    fn all(&self, talk: &mut Talk, watch: &Watch, probe: Probe) -> Result<(), TalkError> {
        talk.meter.at(0);
        let keys = self.hello(talk)?;
        talk.meter.keys_are_done();
        for batch in 0..self.batches {
            self.batch(batch, keys.as_ref(), talk, watch, probe)?;
        }
        talk.meter.pause();
        Ok(())
    }

    fn hello(&self, talk: &mut Talk) -> Result<Option<EvaluationKeys>, TalkError> {
        let place = Place { kind: MessageKind::Hello, batch: 0, step: 0, layer: 0 };
        let payload = talk.expect(place)?;
        let Some((claimed, keys)) = payload.split_first_chunk::<32>() else {
            return Err(talk.content(place, "too short for a fingerprint"));
        };
        if *claimed != agreement(self.program) {
            let reason = "the client means another program: plan both sides from the same scenario";
            return Err(talk.content(place, reason));
        }
        match self.program.choice.strategy {
            NoiseStrategy::Levelled | NoiseStrategy::Refresh => {
                let keys = EvaluationKeys::from_bytes(&self.program.parameters, keys);
                Ok(Some(keys.map_err(|e| talk.content(place, e))?))
            }
            NoiseStrategy::ClientAided | NoiseStrategy::Bootstrap => Ok(None),
        }
    }

    fn batch(
        &self,
        batch: usize,
        keys: Option<&EvaluationKeys>,
        talk: &mut Talk,
        watch: &Watch,
        probe: Probe,
    ) -> Result<(), TalkError> {
        let program = self.program;
        let stepper = Stepper { program, watch, pool: Some(self.pool) };
        let layers = program.network.layers.len();
        let place = |kind, step: usize, layer: usize| Place {
            kind,
            batch: batch as u32,
            step: step as u32,
            layer: layer as u8,
        };
        let mut states: Vec<Option<Vec<Ciphertext>>> = vec![None; layers];
        let base = program.choice.base.len();
        for step in 0..program.choice.steps {
            talk.meter.at(step);
            watch.check()?;
            let first = step - step % program.choice.cycle;
            let levels = program.entry_levels(program.cycle_at(first));
            let levels = &levels[step - first];
            let begins = step == first;
            if begins && self.takes_state(step) {
                for (layer, state) in states.iter_mut().enumerate() {
                    let place = place(MessageKind::State, step, layer);
                    *state = Some(self.fresh(&stepper, talk, place, levels[layer])?);
                }
            }
            let place_of_inputs = place(MessageKind::Inputs, step, 0);
            let due = (program.input_width(), levels[0]);
            let inputs = self.batch_of(talk, place_of_inputs, due, &program.scale)?;
            stepper.step(&inputs, levels, &mut states, &mut |layer, sums, state| {
                let Some(keys) = keys else {
                    let bytes = Ciphertext::many_to_bytes(&program.parameters, &sums);
                    talk.send(place(MessageKind::Arguments, step, layer), bytes)?;
                    let place = place(MessageKind::State, step, layer);
                    return self.fresh(&stepper, talk, place, program.parameters.levels());
                };
                Ok::<_, TalkError>(stepper.finish(keys, layer, sums, state)?)
            })?;
            talk.meter.pause();
            let seen: Vec<Vec<Ciphertext>> = states.iter().flatten().cloned().collect();
            probe(batch, step, &seen)?;
            talk.meter.resume();
            let last = step + 1 == program.choice.steps;
            let ends = step + 1 == first + program.cycle_at(first);
            if ends && !last && program.choice.strategy == NoiseStrategy::Refresh {
                for (layer, state) in states.iter_mut().enumerate() {
                    let values = state.take().into_iter().flatten();
                    let mut values = values.map(|c| c.at_level(base));
                    for Carried { units, .. } in program.carried(layer) {
                        let part: Vec<Ciphertext> = values.by_ref().take(units).collect();
                        let bytes = Ciphertext::many_to_bytes(&program.parameters, &part);
                        talk.send(place(MessageKind::Refresh, step, layer), bytes)?;
                    }
                }
            }
        }
        let outputs = stepper.outputs(&states.pop().flatten().unwrap_or_default())?;
        let bytes = Ciphertext::many_to_bytes(&program.parameters, &outputs);
        talk.send(place(MessageKind::Outputs, program.choice.steps - 1, 0), bytes)
    }

    /// Whether the client sends states before `step`: not in the beginning, when they are 0, unless
    /// cells with gates need them.
    fn takes_state(&self, step: usize) -> bool {
        sends_state(self.program, step)
    }

    fn batch_of(
        &self,
        talk: &mut Talk,
        place: Place,
        (count, level): (usize, usize),
        scale: &Scale,
    ) -> Result<FreshBatch, TalkError> {
        let payload = talk.expect(place)?;
        let batch = FreshBatch::from_bytes(&self.program.parameters, &payload)
            .map_err(|e| talk.content(place, e))?;
        if (batch.len(), batch.level()) != (count, level) || batch.scale() != scale {
            let reason = format!(
                "{} ciphertexts at level {}; {count} at level {level} and the scale of the program are due",
                batch.len(),
                batch.level()
            );
            return Err(talk.content(place, reason));
        }
        Ok(batch)
    }

    /// What the layer of `place` carries, encrypted anew for sums at `level`.
    fn fresh(
        &self,
        stepper: &Stepper,
        talk: &mut Talk,
        place: Place,
        level: usize,
    ) -> Result<Vec<Ciphertext>, TalkError> {
        let mut all = Vec::new();
        for Carried { units, scale, below } in self.program.carried(place.layer.into()) {
            let due = (units, level.saturating_sub(below));
            all.extend(stepper.computed(&self.batch_of(talk, place, due, &scale)?));
        }
        Ok(all)
    }
}

/// Whether the client sends all states before `step`.
pub(crate) fn sends_state(program: &RecurrentProgram, step: usize) -> bool {
    use circuit::LayerMaps;
    let gated = program.layers.iter().any(|l| matches!(l, LayerMaps::Gru { .. }));
    match program.choice.strategy {
        NoiseStrategy::Refresh => gated || step > 0,
        NoiseStrategy::Levelled | NoiseStrategy::ClientAided => gated && step == 0,
        NoiseStrategy::Bootstrap => false,
    }
}
