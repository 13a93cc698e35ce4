//! The server: owns the model and computes on what it cannot read.

use super::request::Incoming;
use super::scheme::{EngineError, Evaluated, Evaluation, OnWire, Scheme};
use super::wire_clock::WireClock;
use progress::Watch;
use std::sync::Arc;
use wire::{Envelope, Kind, Malformed};

/// Evaluates the program with the evaluation keys. It has no place for a secret key, be it of BGV:
///
/// ```compile_fail,E0308
/// use circuit::BgvProgram;
/// use cryptoscope_engine::{Bgv, Server};
/// use scheme::bgv::{BgvParameters, SecretKey};
/// use std::sync::Arc;
/// fn leak(parameters: BgvParameters, program: &BgvProgram, secret: SecretKey) -> Server<'_, Bgv> {
///     Server::new(vec![parameters], program, &[], [0; 32], vec![Arc::new(secret)])
/// }
/// ```
///
/// or of CKKS, for sequences too (of TFHE see `Tables`):
///
/// ```compile_fail,E0308
/// use circuit::RecurrentProgram;
/// use cryptoscope_engine::{Levelled, LevelledKnown, Server};
/// use scheme::ckks::SecretKey;
/// use std::sync::Arc;
/// fn leak(known: LevelledKnown, program: &RecurrentProgram, secret: SecretKey) -> Server<'_, Levelled> {
///     Server::new(vec![known], program, &[], [0; 32], vec![Arc::new(secret)])
/// }
/// ```
///
/// while evaluation keys are welcome:
///
/// ```
/// use circuit::BgvProgram;
/// use cryptoscope_engine::{Bgv, Server};
/// use scheme::bgv::{BgvParameters, EvaluationKeys};
/// use std::sync::Arc;
/// fn serve(parameters: BgvParameters, program: &BgvProgram, keys: EvaluationKeys) -> Server<'_, Bgv> {
///     Server::new(vec![parameters], program, &[], [0; 32], vec![Arc::new(keys)])
/// }
/// ```
pub struct Server<'a, S: Scheme> {
    parameters: Vec<S::Parameters>,
    program: &'a S::Program,
    /// Predicted seconds of each stage.
    stage_secs: Vec<f64>,
    /// Identity of the offer.
    offer: [u8; 32],
    keys: Vec<Arc<S::Keys>>,
}

impl<'a, S: Scheme> Server<'a, S> {
    /// A server of the offer with this identity, with the evaluation keys of a client, one set per
    /// plaintext modulus. `stage_secs` are the predicted seconds of each stage of its plan.
    pub fn new(
        parameters: Vec<S::Parameters>,
        program: &'a S::Program,
        stage_secs: &[f64],
        offer: [u8; 32],
        keys: Vec<Arc<S::Keys>>,
    ) -> Self {
        Self { parameters, program, stage_secs: stage_secs.to_vec(), offer, keys }
    }

    /// The keys in the messages of a client, one message per plaintext modulus.
    ///
    /// # Errors
    /// When one is missing, is no such message, or was changed on the way; when the work is stopped.
    pub fn receive_keys(
        parameters: &[S::Parameters],
        offer: &[u8; 32],
        messages: &[Vec<u8>],
        watch: &Watch,
    ) -> Result<Vec<Arc<S::Keys>>, EngineError> {
        if messages.len() != parameters.len() {
            let reason = format!("{} messages; {} are needed", messages.len(), parameters.len());
            return Err(Malformed::new("evaluation keys", reason).into());
        }
        let each = messages.iter().zip(parameters).enumerate();
        let one = |(modulus, (bytes, parameters)): (usize, (&Vec<u8>, &S::Parameters))| {
            watch.check()?;
            WireClock::default().open(bytes, (Kind::EvaluationKeys, offer), |envelope, body| {
                super::client::expect_numbers(envelope, 0, modulus)?;
                Ok(Arc::new(S::read_keys(parameters, body, watch)?))
            })
        };
        each.map(one).collect()
    }

    /// Takes the message with the next part of a request; the encrypted inputs once it was the last.
    ///
    /// # Errors
    /// When it is not the next part of this batch and plaintext modulus, or was changed on the way.
    pub fn receive(
        &self,
        modulus: usize,
        batch: usize,
        bytes: &[u8],
        incoming: &mut Incoming<S>,
        clock: &mut WireClock,
    ) -> Result<Option<S::Inputs>, EngineError> {
        clock.open(bytes, (Kind::Part, &self.offer), |envelope, body| {
            super::client::expect_numbers(envelope, batch, modulus)?;
            incoming.take(&self.parameters[modulus], body)
        })
    }

    /// Evaluates one batch and plaintext modulus. `measure` asks for probes; `fraction` is told how much is done, 0
    /// to 1.
    ///
    /// # Errors
    /// When the inputs do not fit the program, the scheme fails, or the work is stopped.
    pub fn evaluate(
        &self,
        modulus: usize,
        inputs: S::Inputs,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<S>, EngineError> {
        let following = Evaluation { stage_secs: &self.stage_secs, measure, watch, fraction };
        S::evaluate(
            &self.parameters[modulus],
            self.program,
            &self.keys[modulus],
            inputs,
            &following,
        )
    }

    /// The message with encrypted outputs.
    pub fn send(
        &self,
        modulus: usize,
        batch: usize,
        outputs: &S::Outputs,
        clock: &mut WireClock,
    ) -> Vec<u8> {
        let envelope = Envelope {
            kind: Kind::Answer,
            offer: self.offer,
            batch: batch as u64,
            modulus: modulus as u64,
        };
        clock.seal(Vec::new(), &envelope, |out| outputs.write(&self.parameters[modulus], out))
    }
}
