//! What a scheme must do for a run. Client and server are generic over it, so that every pipeline
//! also runs on plain integers ([`super::noop`]).

use crate::progress::{Cancelled, Watch};
use crate::ring::Seed;

/// Why a scheme could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error("{scheme}: {reason}")]
    Scheme { scheme: &'static str, reason: String },
}

/// A ciphertext from the middle of a circuit, to be measured by the client.
#[derive(Debug)]
pub struct Tapped<C> {
    /// Stage of the plan it was taken after.
    pub stage: usize,
    /// Which of the stage's values it is.
    pub index: usize,
    pub ciphertext: C,
}

/// What a server gives back.
#[derive(Debug)]
pub struct Evaluated<B: Backend> {
    pub outputs: B::Outputs,
    /// For analysis only; not part of the answer.
    pub taps: Vec<Tapped<B::Ciphertext>>,
    /// Wall seconds of each stage of the plan; 0 for the input.
    pub stage_secs: Vec<f64>,
}

/// A vector (a value per slot) per output, and the smallest margin among them, bits.
pub type Decrypted<V> = (Vec<Vec<V>>, f64);

/// What a client finds in a tapped ciphertext.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured<V> {
    /// Values of the slots; of exact schemes centred modulo the plaintext modulus.
    pub values: Vec<V>,
    /// `log2(q/2) - log2(max |phase|)`, bits; depends on the secret key.
    pub margin_bits: f64,
}

/// A scheme that can run a circuit. A branch is one plaintext modulus; approximate schemes have one
/// branch.
pub trait Backend: Sized + Sync {
    /// What a slot holds: `i64` of exact schemes, `f64` of approximate ones.
    type Value: Copy + Send + Sync;
    /// What is run.
    type Circuit: Sync;
    /// Only the client holds it.
    type Secret: Send + Sync;
    /// What a server needs besides the model.
    type Keys: Send + Sync;
    /// Encrypted inputs of one batch and branch.
    type Inputs: Send;
    /// Encrypted outputs of one batch and branch.
    type Outputs: Send;
    /// One ciphertext.
    type Ciphertext: Send;

    /// What it runs.
    fn circuit(&self) -> &Self::Circuit;

    /// Number of branches.
    fn branches(&self) -> usize;

    /// Values in one input.
    fn inputs(&self) -> usize;

    /// Secret and evaluation keys from a seed that must stay secret.
    fn keygen(
        &self,
        branch: usize,
        seed: &Seed,
    ) -> Result<(Self::Secret, Self::Keys), BackendError>;

    /// Encrypts one vector (a value per slot) per input.
    fn encrypt(
        &self,
        branch: usize,
        secret: &Self::Secret,
        vectors: &[Vec<Self::Value>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Self::Inputs, BackendError>;

    /// A fresh ciphertext of `inputs`, to be measured.
    fn fresh(&self, branch: usize, inputs: &Self::Inputs, index: usize)
    -> Option<Self::Ciphertext>;

    /// Runs the circuit. `measure` asks for taps; `fraction` is told how much is done, 0 to 1.
    fn evaluate(
        &self,
        branch: usize,
        keys: &Self::Keys,
        inputs: Self::Inputs,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<Self>, BackendError>;

    /// Decrypts the outputs: a vector (a value per slot) per output, and the smallest
    /// margin among them, bits.
    fn decrypt(
        &self,
        branch: usize,
        secret: &Self::Secret,
        outputs: &Self::Outputs,
    ) -> Result<Decrypted<Self::Value>, BackendError>;

    /// Decrypts and measures one ciphertext.
    fn measure(
        &self,
        branch: usize,
        secret: &Self::Secret,
        ciphertext: &Self::Ciphertext,
    ) -> Result<Measured<Self::Value>, BackendError>;

    /// Bytes of the inputs on the wire.
    fn input_bytes(&self, branch: usize, inputs: &Self::Inputs) -> u64;

    /// Bytes of the outputs on the wire.
    fn output_bytes(&self, branch: usize, outputs: &Self::Outputs) -> u64;

    /// Bytes of the evaluation keys on the wire.
    fn key_bytes(&self, branch: usize, keys: &Self::Keys) -> u64;
}
