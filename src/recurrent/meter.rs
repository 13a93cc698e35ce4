//! What each step costs on one side: busy seconds, bytes.

use super::message::{MessageKind, Place};
use std::time::Instant;

/// Figures of one step on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepCost {
    /// Seconds of work, waiting not counted.
    pub secs: f64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
}

/// Counts for one side, step by step over all batches.
#[derive(Clone, Debug)]
pub struct Meter {
    pub steps: Vec<StepCost>,
    /// Bytes of the first message, which holds the keys.
    pub hello_bytes: u64,
    /// Seconds of work on the keys: making them, or unpacking them.
    pub key_secs: f64,
    step: usize,
    running: Option<Instant>,
}

impl Meter {
    /// A meter at rest.
    pub fn new(steps: usize) -> Self {
        let steps = vec![StepCost::default(); steps.max(1)];
        Self { steps, hello_bytes: 0, key_secs: 0.0, step: 0, running: None }
    }

    /// From now on time belongs to `step`.
    pub fn at(&mut self, step: usize) {
        self.pause();
        self.step = step.min(self.steps.len() - 1);
        self.resume();
    }

    /// Stops counting time.
    pub fn pause(&mut self) {
        if let Some(since) = self.running.take()
            && let Some(step) = self.steps.get_mut(self.step)
        {
            step.secs += since.elapsed().as_secs_f64();
        }
    }

    /// Everything so far was work on the keys.
    pub fn keys_are_done(&mut self) {
        let running = self.running.map_or(0.0, |since| since.elapsed().as_secs_f64());
        self.key_secs = self.secs() + running;
    }

    /// Counts time again.
    pub fn resume(&mut self) {
        self.running = Some(Instant::now());
    }

    pub(crate) fn sent(&mut self, place: Place, bytes: usize) {
        match place.kind {
            MessageKind::Hello => self.hello_bytes = bytes as u64,
            _ => self.of(place).sent_bytes += bytes as u64,
        }
    }

    pub(crate) fn received(&mut self, place: Place, bytes: usize) {
        match place.kind {
            MessageKind::Hello => self.hello_bytes = bytes as u64,
            _ => self.of(place).received_bytes += bytes as u64,
        }
    }

    fn of(&mut self, place: Place) -> &mut StepCost {
        let last = self.steps.len() - 1;
        &mut self.steps[(place.step as usize).min(last)]
    }

    /// Busy seconds of all steps.
    pub fn secs(&self) -> f64 {
        self.steps.iter().map(|s| s.secs).sum()
    }
}
