//! Samples that are not of the dataset, one at a time: drawn, or set by hand.

use super::look_layer::SeenLayer;
use super::session::Session;
use progress::Cancel;
use report::{Event, Sample};
use scenario::RunError;
use std::sync::{Arc, Mutex, PoisonError};

/// What the three networks say to a sample of a person's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnAnswer {
    /// Raw values of the sample.
    pub raw: Arc<[f32]>,
    pub sample: Sample,
    /// Seconds from raw values to the decrypted answer: encrypted, sent, evaluated, decrypted; without
    /// keys.
    pub secs: f64,
    /// Seconds until the keys were there: next to none where those of the sample before served.
    pub keygen_secs: f64,
    /// It decrypted wrongly: no answer.
    pub wrong: bool,
}

/// A session for samples one at a time. Its program is compiled once and its keys are made once.
#[derive(Clone)]
pub struct OneByOne(Session);

impl Session {
    /// A session for samples of a person's own, under the scheme that this one is planned with.
    ///
    /// # Errors
    /// When this one has no plan.
    pub fn own_samples(&self, cancel: &Cancel) -> Result<OneByOne, RunError> {
        Ok(OneByOne(self.one_by_one(self.compiled(cancel)?.plan().scheme)))
    }
}

impl OneByOne {
    /// The session with the sample of these raw values in it.
    ///
    /// # Errors
    /// When it is none of the network.
    pub fn with(&self, raw: &Arc<[f32]>) -> Result<Session, RunError> {
        self.0.with_own(raw)
    }

    /// The values of the sample of these raw values after the stage of the plan with a name.
    ///
    /// # Errors
    /// As [`OneByOne::answer`], and when there is no such stage.
    pub fn look_layer(
        &self,
        raw: &Arc<[f32]>,
        stage: &str,
        cancel: &Cancel,
    ) -> Result<SeenLayer, RunError> {
        self.with(raw)?.look_layer(stage, cancel)
    }

    /// Runs the sample of these raw values, as every run goes: all three networks, and between client and
    /// server nothing but bytes.
    ///
    /// # Errors
    /// When it is none of the network, there is no plan for one, a network or the scheme fails, or the
    /// work is stopped.
    pub fn answer(&self, raw: &Arc<[f32]>, cancel: &Cancel) -> Result<OwnAnswer, RunError> {
        let session = self.with(raw)?;
        let compiled = session.within_memory(session.compiled(cancel)?, cancel)?;
        let found = Mutex::new(None);
        let on_event = |event| {
            if let Event::Samples(samples) = event {
                let mut place = found.lock().unwrap_or_else(PoisonError::into_inner);
                *place = samples.into_iter().next();
            }
        };
        let report = session.carried_out(&compiled, cancel, &on_event)?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sample =
            found.ok_or_else(|| RunError::Refused("the run of one sample gave none".into()))?;
        let times = &report.encrypted;
        Ok(OwnAnswer {
            raw: Arc::clone(raw),
            sample,
            secs: times.total_secs,
            keygen_secs: times.keygen_secs,
            wrong: times.wrong_outputs > 0 || report.stages.iter().any(|s| s.wrong_values > 0),
        })
    }
}
