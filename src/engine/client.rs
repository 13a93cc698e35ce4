//! The client: owns the data and the secret key.

use super::crt::Crt;
use super::request;
use super::scheme::{EngineError, Measured, OnWire, Scheme};
use super::wire_clock::WireClock;
use progress::Watch;
use ring::Seed;
use std::sync::Arc;
use wire::{Draft, Envelope, Kind, Malformed};

/// Encrypts inputs and reads answers. The only holder of the secret keys, one per plaintext modulus; it knows the
/// parameters and has no place for a program, which has the weights, be it of a network on integers:
///
/// ```compile_fail,E0308
/// use circuit::BgvProgram;
/// use cryptoscope_engine::{Bgv, Client};
/// use ring::Seed;
/// fn leak(program: BgvProgram, seed: Seed) {
///     let _ = Client::<Bgv>::new(vec![program], 1, [0; 32], seed);
/// }
/// ```
///
/// of one on real numbers:
///
/// ```compile_fail,E0308
/// use circuit::CkksProgram;
/// use cryptoscope_engine::{Ckks, Client};
/// use ring::Seed;
/// fn leak(program: CkksProgram, seed: Seed) {
///     let _ = Client::<Ckks>::new(vec![program], 1, [0; 32], seed);
/// }
/// ```
///
/// or of sequences on one modulus chain (of lookup tables see `Tables`):
///
/// ```compile_fail,E0308
/// use circuit::RecurrentProgram;
/// use cryptoscope_engine::{Client, Levelled};
/// use ring::Seed;
/// fn leak(program: RecurrentProgram, seed: Seed) {
///     let _ = Client::<Levelled>::new(vec![program], 1, [0; 32], seed);
/// }
/// ```
///
/// while the parameters of an offer are what it is made of:
///
/// ```
/// use cryptoscope_engine::{Bgv, Client};
/// use ring::Seed;
/// use scheme::bgv::BgvParameters;
/// fn client(parameters: BgvParameters, seed: Seed) {
///     let _ = Client::<Bgv>::new(vec![parameters], 1, [0; 32], seed);
/// }
/// ```
pub struct Client<S: Scheme> {
    parameters: Vec<S::Parameters>,
    /// Values of a sample.
    inputs: usize,
    /// Identity of the offer.
    offer: [u8; 32],
    secrets: Vec<Arc<S::Secret>>,
    /// What keys are made from.
    seed: Seed,
    /// What samples are encrypted with.
    randomness: Seed,
}

/// Outputs of one plaintext modulus as they came back.
#[derive(Clone, Debug)]
pub struct ModulusAnswer<V> {
    /// A vector of slots per output.
    pub vectors: Vec<Vec<V>>,
    /// Smallest margin of any of them, bits.
    pub margin_bits: f64,
}

impl<S: Scheme> Client<S> {
    /// A client of the offer with this identity, with secret keys from `seed`.
    ///
    /// # Errors
    /// When the scheme fails.
    pub fn new(
        parameters: Vec<S::Parameters>,
        inputs: usize,
        offer: [u8; 32],
        seed: Seed,
    ) -> Result<Self, EngineError> {
        let each = parameters.iter().enumerate();
        let secrets = each.map(|(modulus, p)| {
            Ok(Arc::new(S::secret(p, &seed.derive("secret key", modulus as u64))?))
        });
        let secrets = secrets.collect::<Result<_, EngineError>>()?;
        Ok(Self::with_secrets(parameters, inputs, offer, secrets, seed))
    }

    /// The same with secret keys that were made from `seed` before.
    pub fn with_secrets(
        parameters: Vec<S::Parameters>,
        inputs: usize,
        offer: [u8; 32],
        secrets: Vec<Arc<S::Secret>>,
        seed: Seed,
    ) -> Self {
        let randomness = seed.clone();
        Self { parameters, inputs: inputs.max(1), offer, secrets, seed, randomness }
    }

    /// The same with other randomness for what is encrypted.
    #[must_use]
    pub fn with_randomness(self, randomness: Seed) -> Self {
        Self { randomness, ..self }
    }

    /// The secret keys, one per plaintext modulus.
    pub fn secrets(&self) -> &[Arc<S::Secret>] {
        &self.secrets
    }

    /// The messages with the keys for the server, one per plaintext modulus.
    ///
    /// # Errors
    /// When the scheme fails, or the work is stopped.
    pub fn evaluation_keys(&self, watch: &Watch) -> Result<Vec<Vec<u8>>, EngineError> {
        let each = self.parameters.iter().zip(&self.secrets).enumerate();
        let message = |(modulus, (parameters, secret)): (usize, (_, &Arc<S::Secret>))| {
            watch.check()?;
            let seed = self.seed.derive("evaluation keys", modulus as u64);
            let keys = S::evaluation_keys(parameters, secret, &seed, watch)?;
            let mut draft = Draft::new(&self.envelope(Kind::EvaluationKeys, 0, modulus));
            draft.body().extend_from_slice(&keys);
            Ok(draft.seal())
        };
        each.map(message).collect()
    }

    /// Number of plaintext moduli.
    pub fn moduli(&self) -> usize {
        self.parameters.len()
    }

    /// Encrypts one batch (sample after sample) for one plaintext modulus. `batch` numbers batches: every
    /// number gives fresh randomness and must be used once.
    ///
    /// # Errors
    /// When the scheme fails, or the work is stopped.
    pub fn encrypt<V: Copy + Into<S::Value>>(
        &self,
        modulus: usize,
        batch: usize,
        inputs: &[V],
        watch: &Watch,
    ) -> Result<S::Inputs, EngineError> {
        let width = self.inputs;
        // Slots hold samples: input i of every sample goes into ciphertext i.
        let vectors: Vec<Vec<S::Value>> = (0..width)
            .map(|i| inputs.chunks_exact(width).map(|sample| sample[i].into()).collect())
            .collect();
        self.encrypt_vectors(modulus, batch, &vectors, watch)
    }

    /// The same of one vector (a value per slot) per input.
    ///
    /// # Errors
    /// As [`Client::encrypt`].
    pub fn encrypt_vectors(
        &self,
        modulus: usize,
        batch: usize,
        vectors: &[Vec<S::Value>],
        watch: &Watch,
    ) -> Result<S::Inputs, EngineError> {
        let seed = self.randomness.derive("batch", (batch as u64) << 8 | modulus as u64);
        S::encrypt(&self.parameters[modulus], &self.secrets[modulus], vectors, &seed, watch)
    }

    /// Hands the messages with encrypted inputs, part after part, to `to`, whose error ends it.
    ///
    /// # Errors
    /// That of `to`.
    pub fn send<E>(
        &self,
        modulus: usize,
        batch: usize,
        inputs: S::Inputs,
        clock: &mut WireClock,
        mut to: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let envelope = self.envelope(Kind::Part, batch, modulus);
        let parameters = &self.parameters[modulus];
        let parts = S::parts(inputs);
        let all = parts.len();
        let mut message = Vec::new();
        for (number, part) in parts.into_iter().enumerate() {
            message = clock.seal(message, &envelope, |out| {
                request::write_number(number, all, out);
                part.write(parameters, out);
            });
            // The server reads it into the same memory.
            drop(part);
            to(&message)?;
        }
        Ok(())
    }

    /// A fresh ciphertext of `inputs`, to be measured.
    pub fn fresh(&self, modulus: usize, inputs: &S::Inputs, index: usize) -> Option<S::Ciphertext> {
        S::fresh(&self.parameters[modulus], inputs, index)
    }

    /// The encrypted outputs in a message.
    ///
    /// # Errors
    /// When it is no answer to this batch and plaintext modulus, or was changed on the way.
    pub fn receive(
        &self,
        modulus: usize,
        batch: usize,
        bytes: &[u8],
        clock: &mut WireClock,
    ) -> Result<S::Outputs, EngineError> {
        clock.open(bytes, (Kind::Answer, &self.offer), |envelope, body| {
            expect_numbers(envelope, batch, modulus)?;
            S::Outputs::read(&self.parameters[modulus], body)
        })
    }

    /// Decrypts the outputs of one plaintext modulus.
    ///
    /// # Errors
    /// When the scheme fails.
    pub fn decrypt(
        &self,
        modulus: usize,
        outputs: &S::Outputs,
    ) -> Result<ModulusAnswer<S::Value>, EngineError> {
        let (vectors, margin_bits) =
            S::decrypt(&self.parameters[modulus], &self.secrets[modulus], outputs)?;
        Ok(ModulusAnswer { vectors, margin_bits })
    }

    /// Measures one ciphertext with the secret key.
    ///
    /// # Errors
    /// When the scheme fails.
    pub fn measure(
        &self,
        modulus: usize,
        ciphertext: &S::Ciphertext,
    ) -> Result<Measured<S::Value>, EngineError> {
        S::measure(&self.parameters[modulus], &self.secrets[modulus], ciphertext)
    }

    fn envelope(&self, kind: Kind, batch: usize, modulus: usize) -> Envelope {
        Envelope { kind, offer: self.offer, batch: batch as u64, modulus: modulus as u64 }
    }
}

/// Refuses a message of another batch or plaintext modulus.
pub(super) fn expect_numbers(
    envelope: &Envelope,
    batch: usize,
    modulus: usize,
) -> Result<(), EngineError> {
    if (envelope.batch, envelope.modulus) == (batch as u64, modulus as u64) {
        return Ok(());
    }
    let reason = format!(
        "it is of batch {} and plaintext modulus {} where {batch} and {modulus} are expected",
        envelope.batch, envelope.modulus
    );
    Err(Malformed::new("message", reason).into())
}

/// Puts the answers modulo each plaintext modulus of a batch of `samples` together, sample after sample: integers modulo the product
/// of all plaintext moduli, centred.
pub fn combined(crt: &Crt, answers: &[ModulusAnswer<i64>], samples: usize) -> Vec<i128> {
    let outputs = answers.first().map_or(0, |b| b.vectors.len());
    let mut residues = vec![0; answers.len()];
    let mut combined = Vec::with_capacity(samples * outputs);
    for sample in 0..samples {
        for output in 0..outputs {
            for (residue, answer) in residues.iter_mut().zip(answers) {
                *residue = answer.vectors[output][sample];
            }
            combined.push(crt.combine(&residues));
        }
    }
    combined
}

/// The real outputs of a batch of `samples`, sample after sample.
pub fn read_reals(answers: &[ModulusAnswer<f64>], samples: usize) -> Vec<f64> {
    let vectors = answers.first().map_or(&[][..], |b| &b.vectors);
    let of = |sample: usize| vectors.iter().map(move |v| v[sample]);
    (0..samples).flat_map(of).collect()
}
