//! One input value of a run as a ciphertext: made and decrypted by the client that a run has.

use super::session::{Compiled, Session};
use engine::{Client, Look, Looked, look};
use progress::{Cancel, Watch};
use ring::Seed;
use scenario::{RunError, fresh_randomness};

/// Samples that are encoded at a time.
const CHUNK: usize = 256;

/// One value of one sample under encryption.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenValue {
    /// Name of the scheme.
    pub scheme: &'static str,
    /// Number of the sample among those that are run, and of its value.
    pub sample: usize,
    pub value: usize,
    /// The value as it was given, and in the units that are encrypted.
    pub raw: f32,
    pub encoded: f64,
    /// What it decrypts to, and what after one bit was flipped.
    pub decrypted: f64,
    pub garbage: f64,
    /// Samples whose values are in this ciphertext.
    pub samples: usize,
    /// The ciphertext.
    pub looked: Looked,
}

impl Session {
    /// Encrypts a value of a sample, with those of the samples that share its ciphertext, with new
    /// randomness.
    ///
    /// # Errors
    /// When there is no plan, no such value, or the scheme fails; when the work is stopped.
    pub fn look(
        &self,
        sample: usize,
        value: usize,
        cancel: &Cancel,
    ) -> Result<SeenValue, RunError> {
        let compiled = self.compiled(cancel)?;
        let offered = self.offer(&compiled)?;
        let (width, slots) = (offered.offer.encoding.width().max(1), offered.offer.slots());
        let all = self.test_inputs()?;
        let batch = sample / slots;
        let first = batch * slots * width;
        let in_batch = all.get(first..all.len().min(first + slots * width)).unwrap_or_default();
        let mut vector = Vec::new();
        for chunk in in_batch.chunks(CHUNK * width) {
            cancel.check()?;
            let encoded = offered.offer.encoding.vectors(chunk, &[]).map_err(RunError::Refused)?;
            vector.extend(encoded.get(value).into_iter().flatten());
        }
        let slot = sample % slots;
        let none = || {
            RunError::Refused(format!("value {value} of sample {sample}: there is no such value"))
        };
        let raw = *in_batch.get(slot * width + value).ok_or_else(none)?;
        let encoded = *vector.get(slot).ok_or_else(none)?;
        let made =
            Made { seed: self.scenario.randomness()?, width, offer: offered.identity, batch };
        let watch = Watch::new(cancel.clone(), &|_| ());
        let looked = match &compiled {
            Compiled::Integer(circuit) => match &circuit.program {
                circuit::Program::Bgv(program) => {
                    made.look::<engine::Bgv>(&program.parameters, &vector, &watch)?
                }
                circuit::Program::Bfv(program) => {
                    made.look::<engine::Bfv>(&program.parameters, &vector, &watch)?
                }
            },
            Compiled::Real(circuit) => {
                let known = engine::CkksOffered {
                    parameters: circuit.program.parameters.clone(),
                    input_scale: circuit.program.input_scale.clone(),
                };
                made.look::<engine::Ckks>(&[known], &vector, &watch)?
            }
            #[cfg(feature = "tfhe")]
            Compiled::Tables(circuit) => {
                let known = (circuit.parameters.clone(), engine::TablesOffered::of(circuit));
                made.look::<engine::Tables>(&[known], &vector, &watch)?
            }
        };
        let at = |values: &[f64]| values.get(slot).copied().unwrap_or(f64::NAN);
        Ok(SeenValue {
            scheme: compiled.plan().scheme.name(),
            sample,
            value,
            raw,
            encoded,
            decrypted: at(&looked.values),
            garbage: at(&looked.flipped.values),
            samples: vector.len(),
            looked,
        })
    }
}

/// What a client is made of.
struct Made {
    seed: Seed,
    width: usize,
    offer: [u8; 32],
    batch: usize,
}

impl Made {
    fn look<S: Look>(
        self,
        parameters: &[S::Parameters],
        vector: &[f64],
        watch: &Watch,
    ) -> Result<Looked, RunError> {
        let Self { seed, width, offer, batch } = self;
        let first = parameters.first().ok_or_else(|| {
            RunError::Refused("a program without parameters: plan it anew".into())
        })?;
        let client = Client::<S>::new(parameters.to_vec(), width, offer, seed)?
            .with_randomness(fresh_randomness()?);
        Ok(look(&client, first, batch, vector, watch)?)
    }
}
