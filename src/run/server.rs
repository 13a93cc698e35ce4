//! The server: owns the model and computes on what it cannot read.

use super::backend::{Backend, BackendError, Evaluated};
use crate::progress::Watch;

/// Evaluates the circuit with the evaluation keys. It has no place for a secret key:
///
/// ```compile_fail,E0308
/// use cryptoscope::run::{Bgv, Server};
/// use cryptoscope::scheme::bgv::SecretKey;
/// fn leak<'a>(backend: &'a Bgv<'a>, secret: SecretKey) -> Server<'a, Bgv<'a>> {
///     Server::new(backend, vec![secret])
/// }
/// ```
///
/// while evaluation keys are welcome:
///
/// ```
/// use cryptoscope::run::{Bgv, Server};
/// use cryptoscope::scheme::bgv::EvaluationKeys;
/// fn serve<'a>(backend: &'a Bgv<'a>, keys: EvaluationKeys) -> Server<'a, Bgv<'a>> {
///     Server::new(backend, vec![keys])
/// }
/// ```
pub struct Server<'a, B: Backend> {
    backend: &'a B,
    keys: Vec<B::Keys>,
}

impl<'a, B: Backend> Server<'a, B> {
    /// A server with the evaluation keys of a client, one set per branch.
    pub fn new(backend: &'a B, keys: Vec<B::Keys>) -> Self {
        Self { backend, keys }
    }

    /// Bytes the keys took on the way here.
    pub fn key_bytes(&self) -> u64 {
        self.keys.iter().enumerate().map(|(branch, k)| self.backend.key_bytes(branch, k)).sum()
    }

    /// Evaluates one batch and branch.
    pub fn evaluate(
        &self,
        branch: usize,
        inputs: B::Inputs,
        measure: bool,
        watch: &Watch,
        fraction: &(dyn Fn(f64) + Sync),
    ) -> Result<Evaluated<B>, BackendError> {
        self.backend.evaluate(branch, &self.keys[branch], inputs, measure, watch, fraction)
    }
}
