//! The client of a recurrent run: owns the sequences and the secret key.

use super::link::Link;
use super::message::{MessageKind, Place};
use super::meter::Meter;
use super::server::{agreement, sends_state};
use super::talk::{Talk, TalkError};
use circuit::{Carried, Functions, NoiseStrategy, RecurrentProgram, Sequences};
use progress::Watch;
use rayon::ThreadPool;
use rayon::prelude::*;
use ring::Seed;
use scheme::ckks::{Ciphertext, CkksError, Decrypted, Scale, SecretKey};

/// Encrypts sequences, refreshes states, reads answers. The only holder of the secret key.
pub struct Client<'a> {
    program: &'a RecurrentProgram,
    secret: SecretKey,
    seed: Seed,
    /// Fresh encryptions so far: each takes randomness of its own.
    encryptions: u64,
    pool: Option<&'a ThreadPool>,
}

/// What a client is told while a batch goes on.
pub trait Follower: Sync {
    /// A step is over on the client's side.
    fn step(&self, batch: usize, step: usize);
}

impl<'a> Client<'a> {
    /// A client with a fresh key from `seed`.
    pub fn new(program: &'a RecurrentProgram, seed: Seed) -> Self {
        let secret = SecretKey::generate(&program.parameters, &seed.derive("secret key", 0));
        Self { program, secret, seed, encryptions: 0, pool: None }
    }

    /// With the threads of `pool`, not those of the process.
    #[must_use]
    pub fn on(self, pool: &'a ThreadPool) -> Self {
        Self { pool: Some(pool), ..self }
    }

    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Runs all sequences, batch after batch; outputs, sequence after sequence. What goes wrong is
    /// told to the server too.
    ///
    /// # Errors
    /// When a message is not the one that is due, the server gives up, or the work is cancelled.
    pub fn run(
        &mut self,
        link: &mut dyn Link,
        meter: &mut Meter,
        sequences: &Sequences,
        watch: &Watch,
        follower: &dyn Follower,
    ) -> Result<Vec<f64>, TalkError> {
        let session = self.seed.derive("session", 0).to_bytes();
        Talk::client(link, session, meter)
            .through(|talk| self.all(talk, sequences, watch, follower))
    }

    fn all(
        &mut self,
        talk: &mut Talk,
        sequences: &Sequences,
        watch: &Watch,
        follower: &dyn Follower,
    ) -> Result<Vec<f64>, TalkError> {
        let place = Place { kind: MessageKind::Hello, batch: 0, step: 0, layer: 0 };
        let mut hello = agreement(self.program).to_vec();
        if matches!(self.program.choice.strategy, NoiseStrategy::Levelled | NoiseStrategy::Refresh)
        {
            let p = &self.program.parameters;
            let seed = self.seed.derive("evaluation keys", 0);
            let keys = self.install(|| self.secret.evaluation_keys(p, &[], &seed));
            hello.extend(keys.to_bytes(p));
        }
        talk.send(place, hello)?;
        talk.meter.keys_are_done();
        let slots = self.program.parameters.degree();
        let mut outputs = Vec::with_capacity(sequences.len() * self.program.network.classes());
        for (batch, first) in (0..sequences.len()).step_by(slots).enumerate() {
            let part = sequences.slice(first..first + slots);
            outputs.extend(self.batch(batch, talk, &part, watch, follower)?);
        }
        talk.meter.pause();
        Ok(outputs)
    }

    fn batch(
        &mut self,
        batch: usize,
        talk: &mut Talk,
        sequences: &Sequences,
        watch: &Watch,
        follower: &dyn Follower,
    ) -> Result<Vec<f64>, TalkError> {
        let program = self.program;
        let layers = &program.network.layers;
        let place = |kind, step: usize, layer: usize| Place {
            kind,
            batch: batch as u32,
            step: step as u32,
            layer: layer as u8,
        };
        let samples = sequences.len();
        let mut states: Vec<Vec<Vec<f64>>> =
            layers.iter().map(|l| vec![vec![0.0; samples]; l.carried()]).collect();
        for step in 0..program.choice.steps {
            talk.meter.at(step);
            watch.check()?;
            let first = step - step % program.choice.cycle;
            let levels = program.entry_levels(program.cycle_at(first));
            let levels = &levels[step - first];
            if step == first && sends_state(program, step) {
                for (layer, state) in states.iter().enumerate() {
                    let place = place(MessageKind::State, step, layer);
                    self.send_state(talk, place, state, levels[layer], watch)?;
                }
            }
            let values = sequences.step(0, samples, step);
            let mut inputs: Vec<Vec<f64>> = values.chunks(samples).map(<[f64]>::to_vec).collect();
            for before in 0..program.masks {
                let begun = |s| step >= before && sequences.has_begun(s, step - before);
                inputs.push((0..samples).map(|s| f64::from(u8::from(begun(s)))).collect());
            }
            let bytes = self.encrypt(&inputs, &program.scale, levels[0], watch)?;
            talk.send(place(MessageKind::Inputs, step, 0), bytes)?;
            if program.choice.strategy == NoiseStrategy::ClientAided {
                for (layer, state) in states.iter_mut().enumerate() {
                    let place_of_sums = place(MessageKind::Arguments, step, layer);
                    let count = layers[layer].sum_count() * layers[layer].hidden;
                    let sums = self.decrypt(talk, place_of_sums, count, samples)?;
                    *state = self.activate(layer, &sums, state, sequences, step);
                    let place = place(MessageKind::State, step, layer);
                    self.send_state(talk, place, state, program.parameters.levels(), watch)?;
                }
            }
            let last = step + 1 == program.choice.steps;
            let ends = step + 1 == first + program.cycle_at(first);
            if ends && !last && program.choice.strategy == NoiseStrategy::Refresh {
                for (layer, state) in states.iter_mut().enumerate() {
                    let place = place(MessageKind::Refresh, step, layer);
                    state.clear();
                    for Carried { units, .. } in program.carried(layer) {
                        state.extend(self.decrypt(talk, place, units, samples)?);
                    }
                    mask(state, sequences, step);
                }
            }
            talk.meter.pause();
            follower.step(batch, step);
            talk.meter.resume();
        }
        let place = place(MessageKind::Outputs, program.choice.steps - 1, 0);
        let classes = program.network.classes();
        let outputs = self.decrypt(talk, place, classes, samples)?;
        Ok((0..samples).flat_map(|s| outputs.iter().map(move |o| o[s])).collect())
    }

    /// The exact functions on decrypted arguments.
    fn activate(
        &self,
        layer: usize,
        sums: &[Vec<f64>],
        state: &[Vec<f64>],
        sequences: &Sequences,
        step: usize,
    ) -> Vec<Vec<f64>> {
        let (sums, before) = (sums.concat(), state.concat());
        let layer = &self.program.network.layers[layer];
        let next = layer.finish(&sums, &before, Functions::Exact);
        let samples = sequences.len().max(1);
        let mut state: Vec<Vec<f64>> = next.chunks(samples).map(<[f64]>::to_vec).collect();
        mask(&mut state, sequences, step);
        state
    }

    /// Sends what a layer carries, for sums at `level`; what the client keeps stands behind it.
    fn send_state(
        &mut self,
        talk: &mut Talk,
        place: Place,
        state: &[Vec<f64>],
        level: usize,
        watch: &Watch,
    ) -> Result<(), TalkError> {
        let mut rest = state;
        for Carried { units, scale, below } in self.program.carried(place.layer.into()) {
            let (part, behind) = rest.split_at(units.min(rest.len()));
            rest = behind;
            let bytes = self.encrypt(part, &scale, level.saturating_sub(below), watch)?;
            talk.send(place, bytes)?;
        }
        Ok(())
    }

    fn encrypt(
        &mut self,
        vectors: &[Vec<f64>],
        scale: &Scale,
        level: usize,
        watch: &Watch,
    ) -> Result<Vec<u8>, CkksError> {
        let p = &self.program.parameters;
        let seed = self.seed.derive("encryption", self.encryptions);
        self.encryptions += 1;
        let inner = Watch::new(watch.cancel_flag().clone(), &|_| ());
        let batch = self
            .install(|| self.secret.encrypt(p, vectors, scale, level, &seed, &inner, "encrypt"))?;
        Ok(batch.to_bytes(p))
    }

    /// The slots of ciphertexts that come in.
    fn decrypt(
        &self,
        talk: &mut Talk,
        place: Place,
        count: usize,
        samples: usize,
    ) -> Result<Vec<Vec<f64>>, TalkError> {
        let payload = talk.expect(place)?;
        let p = &self.program.parameters;
        let all = Ciphertext::many_from_bytes(p, &payload).map_err(|e| talk.content(place, e))?;
        if all.len() != count {
            return Err(talk.content(place, format!("{} ciphertexts; {count} are due", all.len())));
        }
        let values = |c: &Ciphertext| {
            let mut values = self.secret.decrypt(p, c).values;
            values.truncate(samples);
            values
        };
        Ok(self.install(|| all.par_iter().map(values).collect()))
    }

    /// What a ciphertext holds: for analysis.
    pub fn measure(&self, ciphertext: &Ciphertext) -> Decrypted {
        self.secret.decrypt(&self.program.parameters, ciphertext)
    }
}

/// States of sequences that have not begun are 0.
fn mask(state: &mut [Vec<f64>], sequences: &Sequences, step: usize) {
    for values in state {
        for (sample, value) in values.iter_mut().enumerate() {
            if !sequences.has_begun(sample, step) {
                *value = 0.0;
            }
        }
    }
}
