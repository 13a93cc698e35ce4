//! The logic of the tab Sequence: every strategy run on the same sequences, one after the other.

use super::app::App;
use crate::tab::Tab;
use report::RunReport;
use study::{StrategyComparison, StrategyEvent};
use view::RunView;
use worker::Failure;

impl App {
    /// Starts all strategies, first to last.
    pub(super) fn compare_strategies(&mut self) {
        self.state.tab = Tab::Sequence;
        let state = &self.state;
        let (scenario, request) = (state.scenario.clone(), state.sequence.request.clone());
        let asked = self.worker.compare_strategies(scenario.clone(), request);
        if self.has_begun(asked) {
            self.state.sequence.begin(&scenario);
        }
    }

    /// Takes in how the comparison goes on.
    pub(super) fn take_strategy(&mut self, event: StrategyEvent) {
        let state = &mut self.state;
        state.sequence.follow(&event);
        match event {
            StrategyEvent::Begin { scenario: Some(scenario), .. } => {
                state.run = Some(RunView::new(*scenario));
                state.replay = None;
                state.sample_at = 0;
            }
            StrategyEvent::Row { row, report } => {
                let Some(run) = state.whole_run_mut() else { return };
                let refused = row.refused.unwrap_or_default();
                run.end(report.ok_or(Failure::Refused(refused)));
            }
            // A sequence alone is run now: nothing of that is done.
            StrategyEvent::Begin { scenario: None, .. } => {
                if let Some(run) = state.whole_run_mut() {
                    run.progress = None;
                }
            }
            StrategyEvent::Run(_) => {}
        }
    }

    /// The comparison is over.
    pub(super) fn end_of_strategies(&mut self, result: Result<Box<StrategyComparison>, Failure>) {
        let state = &mut self.state;
        state.sequence.comparing = None;
        let Err(failure) = result else { return };
        match &failure {
            Failure::Cancelled => state.notifications.info("Stopped; rows that are done stay"),
            other => state.notifications.error(format!("The comparison did not finish: {other}")),
        }
        if let Some(run) = state.whole_run_mut().filter(|r| r.report.is_none()) {
            run.end(Err(failure));
        }
    }

    /// A run ended: what it showed becomes a row.
    pub(super) fn end_of_strategy(&mut self, result: &Result<Box<RunReport>, Failure>) {
        let state = &mut self.state;
        let choice = state.run.as_ref().and_then(|run| run.scenario.sequence.as_ref());
        let Some(strategy) = choice.map(|c| c.strategy) else { return };
        match result {
            Ok(report) => state.sequence.take(report),
            Err(Failure::Cancelled) => {}
            Err(failure) => state.sequence.refuse(strategy, failure.to_string()),
        }
    }
}
