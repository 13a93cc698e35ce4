//! The original network in the clear: what every encrypted run stands beside.

use super::session::Session;
use progress::{Cancel, Step, Watch};
use report::{RunProgress, timed};
use scenario::RunError;

/// Outputs and times of the model with its original activations.
pub(crate) struct FloatRun {
    pub samples: usize,
    /// Sample after sample.
    pub logits: Vec<f32>,
    pub layer_secs: Vec<f64>,
    pub latency_secs: f64,
}

impl FloatRun {
    /// Label of a test sample, where it is known, and what the original network gives it.
    pub fn sample(&self, session: &Session, index: usize) -> (Option<u16>, &[f32]) {
        let classes = session.network.classes();
        let label = session.label(index);
        let outputs = self.logits.get(index * classes..(index + 1) * classes);
        (label, outputs.unwrap_or_default())
    }

    /// Runs the network on the first test samples; `then` is given their raw values and whoever
    /// watches, to run the network that the ciphertexts stand for.
    pub fn with<T>(
        session: &Session,
        cancel: &Cancel,
        progress: &RunProgress,
        then: impl FnOnce(&[f32], &Watch) -> Result<T, RunError>,
    ) -> Result<(Self, T), RunError> {
        let raw = session.test_inputs()?;
        let report = |s: Step| progress.within(s.done as f64 / s.total.max(1) as f64);
        let watch = Watch::new(cancel.clone(), &report);
        let once = || session.original.forward_timed(raw, &watch);
        let (logits, layer_secs, latency_secs) = if session.is_own() {
            // A person waits for the answer, and nobody for this time.
            let (logits, layer_secs) = once()?;
            let latency_secs = layer_secs.iter().sum();
            (logits, layer_secs, latency_secs)
        } else {
            let found = timed(once)?;
            (found.result, found.parts, found.whole)
        };
        let float = Self { samples: session.images()?, logits, layer_secs, latency_secs };
        Ok((float, then(raw, &watch)?))
    }
}
