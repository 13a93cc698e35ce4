//! What a scheme must do for a run of one round. Client and server are generic over it, so that every
//! pipeline also runs on plain numbers ([`super::Noop`]).
//!
//! What both sides know (`Parameters`), what the server alone has (`Program`, with the weights), and what
//! the client alone has (`Secret`) are types of their own: no side has a place for what is the other's.

use progress::{Cancelled, Watch};
use rayon::prelude::*;
use ring::Seed;
use wire::{Malformed, WireError};

/// Why a side could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("cancelled")]
    Cancelled(#[from] Cancelled),
    #[error("{scheme}: {reason}")]
    Scheme { scheme: &'static str, reason: String },
    #[error(transparent)]
    Wire(WireError),
}

impl From<WireError> for EngineError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<Malformed> for EngineError {
    fn from(error: Malformed) -> Self {
        Self::Wire(error.into())
    }
}

/// A ciphertext from the middle of a circuit, to be measured by the client.
#[derive(Debug)]
pub struct Probed<C> {
    /// Stage of the plan it was taken after.
    pub stage: usize,
    /// Which of the stage's values it is.
    pub index: usize,
    pub ciphertext: C,
}

/// What a server gives back.
#[derive(Debug)]
pub struct Evaluated<S: Scheme> {
    pub outputs: S::Outputs,
    /// For analysis only; not part of the answer.
    pub probes: Vec<Probed<S::Ciphertext>>,
    /// Wall seconds of each stage of the plan; 0 for the input.
    pub stage_secs: Vec<f64>,
}

/// A vector (a value per slot) per output, and the smallest margin among them, bits.
pub type Decrypted<V> = (Vec<Vec<V>>, f64);

/// What a client finds in a tapped ciphertext.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured<V> {
    /// Values of the slots; of exact schemes centred modulo the plaintext modulus; of lookup tables the
    /// phase, and where a table is read.
    pub values: Vec<V>,
    /// `log2(q/2) - log2(max |phase|)`, bits; depends on the secret key.
    pub margin_bits: f64,
}

/// How an evaluation is followed.
#[derive(Clone, Copy)]
pub struct Evaluation<'a> {
    /// Predicted seconds of each stage of the plan, by which progress is told.
    pub stage_secs: &'a [f64],
    /// Whether ciphertexts are kept to be measured.
    pub measure: bool,
    pub watch: &'a Watch<'a>,
    /// Told how much is done, 0 to 1.
    pub fraction: &'a (dyn Fn(f64) + Sync),
}

/// What crosses between the sides, of parameters `P`.
pub trait OnWire<P>: Sized + Send {
    /// Appends it as bytes.
    fn write(&self, parameters: &P, out: &mut Vec<u8>);

    /// Reads what [`OnWire::write`] wrote.
    ///
    /// # Errors
    /// When the bytes are not those of such a thing for these parameters.
    fn read(parameters: &P, bytes: &[u8]) -> Result<Self, EngineError>;
}

/// A scheme that can run a program. Exact schemes may have several plaintext moduli; approximate schemes have one.
pub trait Scheme: Sized + 'static {
    /// What a slot holds: `i64` of exact schemes, `f64` of approximate ones.
    type Value: Copy + Send + Sync;
    /// What both sides know, of one plaintext modulus.
    type Parameters: Clone + Send + Sync;
    /// What is run, with the weights: the server's.
    type Program: Sync;
    /// The client's.
    type Secret: Send + Sync;
    /// What a server needs besides its program.
    type Keys: Send + Sync;
    /// Encrypted inputs of one batch and plaintext modulus.
    type Inputs: OnWire<Self::Parameters>;
    /// Encrypted outputs of one batch and plaintext modulus.
    type Outputs: OnWire<Self::Parameters>;
    /// One ciphertext.
    type Ciphertext: Send + Sync;

    /// The secret key from a seed that must stay secret.
    ///
    /// # Errors
    /// When the scheme fails.
    fn secret(parameters: &Self::Parameters, seed: &Seed) -> Result<Self::Secret, EngineError>;

    /// The evaluation keys to it, as bytes, from another secret seed.
    ///
    /// # Errors
    /// When the scheme fails, or the work is stopped.
    fn evaluation_keys(
        parameters: &Self::Parameters,
        secret: &Self::Secret,
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Vec<u8>, EngineError>;

    /// Reads what [`Scheme::evaluation_keys`] gave.
    ///
    /// # Errors
    /// When the bytes are not those of keys for these parameters, or the work is stopped.
    fn read_keys(
        parameters: &Self::Parameters,
        bytes: &[u8],
        watch: &Watch,
    ) -> Result<Self::Keys, EngineError>;

    /// Encrypts one vector (a value per slot) per input.
    ///
    /// # Errors
    /// When the scheme fails, or the work is stopped.
    fn encrypt(
        parameters: &Self::Parameters,
        secret: &Self::Secret,
        vectors: &[Vec<Self::Value>],
        seed: &Seed,
        watch: &Watch,
    ) -> Result<Self::Inputs, EngineError>;

    /// A fresh ciphertext of `inputs`, to be measured; `None` where there is none, or the probes of an
    /// evaluation have them.
    fn fresh(
        parameters: &Self::Parameters,
        inputs: &Self::Inputs,
        index: usize,
    ) -> Option<Self::Ciphertext>;

    /// Runs the program.
    ///
    /// # Errors
    /// When the inputs do not fit it, the scheme fails, or the work is stopped.
    fn evaluate(
        parameters: &Self::Parameters,
        program: &Self::Program,
        keys: &Self::Keys,
        inputs: Self::Inputs,
        following: &Evaluation,
    ) -> Result<Evaluated<Self>, EngineError>;

    /// Decrypts the outputs: a vector (a value per slot) per output, and the smallest margin among them,
    /// bits.
    ///
    /// # Errors
    /// When the scheme fails.
    fn decrypt(
        parameters: &Self::Parameters,
        secret: &Self::Secret,
        outputs: &Self::Outputs,
    ) -> Result<Decrypted<Self::Value>, EngineError>;

    /// Decrypts and measures one ciphertext.
    ///
    /// # Errors
    /// When the scheme fails.
    fn measure(
        parameters: &Self::Parameters,
        secret: &Self::Secret,
        ciphertext: &Self::Ciphertext,
    ) -> Result<Measured<Self::Value>, EngineError>;

    /// The parts that `inputs` are sent in, at least one.
    fn parts(inputs: Self::Inputs) -> Vec<Self::Inputs> {
        vec![inputs]
    }

    /// Puts the next part behind `inputs`.
    ///
    /// # Errors
    /// When it is not one of theirs.
    fn append(_inputs: &mut Self::Inputs, _part: Self::Inputs) -> Result<(), EngineError> {
        Err(Malformed::new("encrypted inputs", "more than one part").into())
    }
}

/// Decrypts ciphertexts in parallel, each as it is measured.
pub(super) fn decrypt_each<S: Scheme>(
    parameters: &S::Parameters,
    secret: &S::Secret,
    outputs: &[S::Ciphertext],
) -> Result<Decrypted<S::Value>, EngineError> {
    let each = outputs.par_iter().map(|c| S::measure(parameters, secret, c));
    let all = each.collect::<Result<Vec<_>, _>>()?;
    let margin = all.iter().map(|d| d.margin_bits).fold(f64::INFINITY, f64::min);
    Ok((all.into_iter().map(|d| d.values).collect(), margin))
}
