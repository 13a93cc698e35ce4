//! The logic of the tab Sequence: every remedy run on the same sequences, one after the other.

use super::App;
use crate::circuit::Remedy;
use crate::run::{RunReport, Scenario, SequenceChoice};
use crate::worker::Failure;

impl App {
    /// Starts all remedies, first to last.
    pub(super) fn compare_remedies(&mut self) {
        self.state.sequence.pending = Remedy::ALL.into_iter().rev().collect();
        self.next_remedy();
    }

    /// Starts the next remedy that is waiting, if one is.
    fn next_remedy(&mut self) {
        let state = &mut self.state;
        let Some(choice) = state.scenario.sequence.clone() else { return };
        let Some(remedy) = state.sequence.pending.pop() else { return };
        let sequence = Some(SequenceChoice { remedy, ..choice });
        let scenario = Scenario { sequence, ..state.scenario.clone() };
        self.start_run_of(scenario);
    }

    /// A run ended: what it showed becomes a row, and the next remedy begins.
    pub(super) fn end_of_remedy(&mut self, result: &Result<Box<RunReport>, Failure>) {
        let state = &mut self.state;
        let choice = state.run.as_ref().and_then(|run| run.scenario.sequence.as_ref());
        let Some(remedy) = choice.map(|c| c.remedy) else { return };
        match result {
            Ok(report) => state.sequence.take(report),
            Err(Failure::Cancelled) => state.sequence.pending.clear(),
            Err(failure) => state.sequence.refuse(remedy, failure.to_string()),
        }
    }

    /// Goes on with the remedies that wait, once the worker is free.
    pub(super) fn continue_remedies(&mut self) {
        if !self.worker.is_running() && !self.state.sequence.pending.is_empty() {
            self.next_remedy();
        }
    }
}
