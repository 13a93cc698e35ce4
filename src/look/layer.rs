//! The values after a layer: of which layer, and what is known of them.

use inference::SeenLayer;
use scenario::Scenario;
use worker::{Failure, LayerAt};

/// What is looked at between the layers of a sample.
#[derive(Clone, Debug, Default)]
pub struct LayerView {
    /// The stage that a person chose, by name; none at first.
    pub chosen: Option<String>,
    asked: Option<(Scenario, LayerAt)>,
    /// The newest one.
    pub seen: Option<Box<SeenLayer>>,
    /// A newer one is on its way.
    pub pending: bool,
    pub failure: Option<String>,
}

impl LayerView {
    /// What is to be looked at of a sample, where that is something else than last time.
    pub fn ask(&mut self, setup: &Scenario, raw: &[f32]) -> Option<LayerAt> {
        let stage = self.chosen.clone()?;
        let same = |(of, last): &(Scenario, LayerAt)| {
            of == setup && last.stage == stage && *last.raw == *raw
        };
        if self.asked.as_ref().is_some_and(same) {
            return None;
        }
        let at = LayerAt { raw: raw.into(), stage };
        self.asked = Some((setup.clone(), at.clone()));
        self.pending = true;
        Some(at)
    }

    /// Takes in what was asked for.
    pub fn take(&mut self, result: Result<Box<SeenLayer>, Failure>) {
        self.pending = false;
        match result {
            Ok(seen) => (self.seen, self.failure) = (Some(seen), None),
            Err(Failure::Cancelled) => {}
            Err(failure) => (self.seen, self.failure) = (None, Some(failure.to_string())),
        }
    }
}
