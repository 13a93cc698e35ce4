//! The client of a recurrent run on lookup tables.

use crate::link::Link;
use crate::message::{MessageKind, Place};
use crate::meter::Meter;
use crate::talk::{Talk, TalkError};
use circuit::TableRecurrentCircuit;
use progress::Watch;
use ring::Seed;
use scheme::tfhe::{PackedLwes, SecretKey};

use circuit::Sequences;

/// Encrypts sequences and reads outputs. The only holder of the secret key.
pub struct TableClient<'a> {
    circuit: &'a TableRecurrentCircuit,
    pub(crate) secret: SecretKey,
    seed: Seed,
}

impl<'a> TableClient<'a> {
    /// A client with fresh keys from `seed`.
    pub fn new(circuit: &'a TableRecurrentCircuit, seed: Seed) -> Self {
        let secret = SecretKey::generate(&circuit.parameters, &seed.derive("secret key", 0));
        Self { circuit, secret, seed }
    }

    /// Runs all sequences, one after another; outputs, sequence after sequence.
    ///
    /// # Errors
    /// When a message is not the one that is due, the server gives up, or the work is cancelled.
    pub fn run(
        &self,
        link: &mut dyn Link,
        meter: &mut Meter,
        sequences: &Sequences,
        watch: &Watch,
    ) -> Result<Vec<f64>, TalkError> {
        let session = self.seed.derive("session", 0).to_bytes();
        Talk::client(link, session, meter).through(|talk| self.all(talk, sequences, watch))
    }

    fn all(
        &self,
        talk: &mut Talk,
        sequences: &Sequences,
        watch: &Watch,
    ) -> Result<Vec<f64>, TalkError> {
        let (p, network) = (&self.circuit.parameters, &self.circuit.network);
        talk.meter.at(0);
        let place = Place { kind: MessageKind::Hello, batch: 0, step: 0, layer: 0 };
        let seed = self.seed.derive("evaluation keys", 0);
        let keys = self.secret.server_keys(p, true, &seed, watch);
        let keys = keys.map_err(|e| talk.content(place, e))?;
        talk.send(place, keys.to_bytes(p))?;
        talk.meter.keys_are_done();
        let last = sequences.steps() as u32 - 1;
        let mut outputs = Vec::with_capacity(sequences.len() * network.classes);
        for index in 0..sequences.len() {
            watch.check()?;
            let begins = sequences.steps() - sequences.length(index);
            let values = &sequences.values(index)[begins * network.channels..];
            let unit = network.unit();
            let messages = network.integers(values).into_iter();
            let messages: Vec<u32> = messages.map(|x| (x as u32).wrapping_mul(unit)).collect();
            let seed = self.seed.derive("sequence", index as u64);
            let place = |kind, step| Place { kind, batch: index as u32, step, layer: 0 };
            talk.meter.at(begins);
            let bytes = self.secret.encrypt(p, &messages, &seed).to_bytes(p);
            talk.send(place(MessageKind::Inputs, 0), bytes)?;
            let place = place(MessageKind::Outputs, last);
            let payload = talk.expect(place)?;
            let list = PackedLwes::from_bytes(p, &payload).map_err(|e| talk.content(place, e))?;
            let phases = self.secret.phases(&list.expand());
            let phases = phases.map_err(|e| talk.content(place, e))?;
            if phases.len() != network.classes {
                let reason = format!("{} outputs; {} are due", phases.len(), network.classes);
                return Err(talk.content(place, reason));
            }
            outputs.extend(phases.iter().map(|y| network.output(*y)));
        }
        talk.meter.pause();
        Ok(outputs)
    }
}
