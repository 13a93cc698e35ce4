//! Keys of both sides, kept from run to run while the window is open.

use circuit::table::TableCircuit;
use progress::Watch;
use ring::Seed;
use scheme::tfhe::{CompressedKeys, SecretKey, ServerKeys, TfheError, TfheParameters};
use std::sync::{Arc, Mutex, PoisonError};
use wire::ENVELOPE_BYTES;

/// The client's secret key, and the server's keys as it read them from the client's message.
pub struct TableKeys {
    parameters: TfheParameters,
    /// The scenario's seed; keys of 0 are fresh ones.
    seed: u64,
    key_switch: bool,
    /// For the client only.
    pub secret: SecretKey,
    pub server: ServerKeys,
    /// Bytes of the message with the server's keys.
    pub message_bytes: u64,
}

impl TableKeys {
    /// Makes the keys for `circuit` from `randomness`, which came of the scenario's `seed`.
    fn make(
        circuit: &TableCircuit,
        seed: u64,
        randomness: &Seed,
        watch: &Watch,
    ) -> Result<Self, TfheError> {
        let (parameters, key_switch) = (circuit.parameters.clone(), circuit.needs_key_switch());
        let secret = SecretKey::generate(&parameters, &randomness.derive("secret key", 0));
        let evaluation = randomness.derive("evaluation keys", 0);
        let message = secret.server_keys(&parameters, key_switch, &evaluation, watch)?;
        let message = message.to_bytes(&parameters);
        let server = CompressedKeys::from_bytes(&parameters, &message)?;
        let server = server.expand(&parameters, watch)?;
        let message_bytes = (ENVELOPE_BYTES + message.len()) as u64;
        Ok(Self { parameters, seed, key_switch, secret, server, message_bytes })
    }

    fn fits(&self, circuit: &TableCircuit, seed: u64) -> bool {
        self.parameters == circuit.parameters
            && self.seed == seed
            && self.key_switch == circuit.needs_key_switch()
    }
}

/// Place for the keys of one parameter set. Clones are the same place.
#[derive(Clone, Default)]
pub struct KeyShelf(Arc<Mutex<Option<Arc<TableKeys>>>>);

impl KeyShelf {
    /// The keys for `circuit`, and whether they were there; others that were there go, and where
    /// none fit new ones are made and stay.
    ///
    /// # Errors
    /// When making them is cancelled; the place is empty then.
    pub fn keys(
        &self,
        circuit: &TableCircuit,
        seed: u64,
        randomness: &Seed,
        watch: &Watch,
    ) -> Result<(Arc<TableKeys>, bool), TfheError> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = place.as_ref().filter(|k| k.fits(circuit, seed)) {
            return Ok((Arc::clone(keys), true));
        }
        // Two sets at once would take twice the memory.
        *place = None;
        let keys = Arc::new(TableKeys::make(circuit, seed, randomness, watch)?);
        *place = Some(Arc::clone(&keys));
        Ok((keys, false))
    }
}
