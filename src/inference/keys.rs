//! Keys of both sides of a run, and where those of lookup tables stay from run to run.

use engine::{Client, Scheme, Server};
use progress::{Cancel, Step, Watch};
use ring::Seed;
use scenario::RunError;
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// What both sides compute with: parameters of each plaintext modulus, and the identity of the offer.
pub(crate) struct Known<S: Scheme> {
    pub parameters: Vec<S::Parameters>,
    /// Values of a sample.
    pub width: usize,
    pub offer: [u8; 32],
}

/// Keys of both sides, one of each for every plaintext modulus.
pub(crate) struct Keys<S: Scheme> {
    /// For the client only.
    pub secrets: Vec<Arc<S::Secret>>,
    /// As the server read them.
    pub served: Vec<Arc<S::Keys>>,
    /// Bytes of the messages with the server's keys.
    pub message_bytes: u64,
    /// Whether they are from a run before.
    pub kept: bool,
}

impl<S: Scheme> Keys<S> {
    /// Makes keys from `seed`: the client's, and those that the server reads from its messages.
    /// `within` is told how much is done, 0 to 1.
    ///
    /// # Errors
    /// When the scheme fails, or the work is stopped.
    pub fn make(
        known: &Known<S>,
        seed: &Seed,
        cancel: &Cancel,
        within: &(dyn Fn(f64) + Sync),
    ) -> Result<Self, RunError> {
        let Known { parameters, width, offer } = known;
        let share = |s: Step| s.done as f64 / s.total.max(1) as f64;
        let client = Client::<S>::new(parameters.clone(), *width, *offer, seed.clone())?;
        let making = |s: Step| within(0.5 * share(s));
        let messages = client.evaluation_keys(&Watch::new(cancel.clone(), &making))?;
        let reading = |s: Step| within(0.5 + 0.5 * share(s));
        let watch = Watch::new(cancel.clone(), &reading);
        let served = Server::<S>::receive_keys(parameters, offer, &messages, &watch)?;
        let message_bytes = messages.iter().map(|m| m.len() as u64).sum();
        Ok(Self { secrets: client.secrets().to_vec(), served, message_bytes, kept: false })
    }

    /// The same keys, for another run.
    fn share(&self, kept: bool) -> Self {
        Self {
            secrets: self.secrets.clone(),
            served: self.served.clone(),
            message_bytes: self.message_bytes,
            kept,
        }
    }
}

/// Place for the keys of one offer, whatever its scheme, while a person makes samples of their own. Clones
/// are the same place.
#[derive(Clone, Default)]
pub(crate) struct OfferKeys(Arc<Mutex<Option<OfOffer>>>);

/// The identity of an offer, and its [`Keys`].
type OfOffer = ([u8; 32], Box<dyn Any + Send>);

impl OfferKeys {
    /// The keys for `known`: those that are here, or new ones from `seed`, which stay.
    ///
    /// # Errors
    /// As [`Keys::make`].
    pub fn keys<S: Scheme>(
        &self,
        known: &Known<S>,
        seed: &Seed,
        cancel: &Cancel,
        within: &(dyn Fn(f64) + Sync),
    ) -> Result<Keys<S>, RunError> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = place.as_ref().filter(|(offer, _)| *offer == known.offer);
        if let Some(keys) = found.and_then(|(_, keys)| keys.downcast_ref::<Keys<S>>()) {
            return Ok(keys.share(true));
        }
        *place = None;
        let keys = Keys::make(known, seed, cancel, within)?;
        let shared = keys.share(false);
        *place = Some((known.offer, Box::new(keys)));
        Ok(shared)
    }
}

#[cfg(feature = "tfhe")]
pub use shelf::KeyShelf;

#[cfg(feature = "tfhe")]
mod shelf {
    use super::{Keys, Known};
    use engine::{Tables, TablesOffered};
    use progress::Cancel;
    use ring::Seed;
    use scenario::RunError;
    use scheme::tfhe::TfheParameters;
    use std::sync::{Arc, Mutex, PoisonError};

    /// Keys for these parameters from this seed of a scenario; of 0 they are fresh ones.
    struct Kept {
        parameters: Vec<(TfheParameters, TablesOffered)>,
        seed: u64,
        keys: Keys<Tables>,
    }

    impl Kept {
        fn fits(&self, known: &Known<Tables>, seed: u64) -> bool {
            let keys =
                |(p, offered): &(TfheParameters, TablesOffered)| (p.clone(), offered.switches);
            let same = self.parameters.iter().map(keys).eq(known.parameters.iter().map(keys));
            self.seed == seed && same
        }
    }

    /// Place for the keys of one parameter set, which take long to make: they stay while the window is
    /// open. Clones are the same place.
    #[derive(Clone, Default)]
    pub struct KeyShelf(Arc<Mutex<Option<Kept>>>);

    impl KeyShelf {
        /// Drops the keys that are there.
        pub fn forget(&self) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }

        /// The keys for `known`, from `randomness`, which came of the scenario's `seed`; others that
        /// were there go, and where none fit new ones are made and stay.
        ///
        /// # Errors
        /// When making them is cancelled; the place is empty then.
        pub(crate) fn keys(
            &self,
            known: &Known<Tables>,
            (seed, randomness): (u64, &Seed),
            cancel: &Cancel,
            within: &(dyn Fn(f64) + Sync),
        ) -> Result<Keys<Tables>, RunError> {
            let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = place.as_ref().filter(|k| k.fits(known, seed)) {
                return Ok(found.keys.share(true));
            }
            // Two sets at once would take twice the memory.
            *place = None;
            let keys = Keys::make(known, randomness, cancel, within)?;
            let shared = keys.share(false);
            *place = Some(Kept { parameters: known.parameters.clone(), seed, keys });
            Ok(shared)
        }
    }
}
