//! The stages of a plan and of a run beside each other.

use super::run::RunView;
use circuit::{Plan, StageKind, StagePlan};
use report::StageReport;

/// Predictions and measurements, stage by stage.
#[derive(Clone, Copy, Default)]
pub struct Stages<'a> {
    pub plan: Option<&'a Plan>,
    pub run: Option<&'a RunView>,
}

impl<'a> Stages<'a> {
    /// Number of stages.
    pub fn len(&self) -> usize {
        self.plan.map_or(0, |p| p.stages.len()).max(self.run.map_or(0, |r| r.stages.len()))
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Prediction for stage `i`.
    pub fn planned(&self, i: usize) -> Option<&'a StagePlan> {
        self.plan?.stages.get(i)
    }

    /// What was measured in stage `i`.
    pub fn measured(&self, i: usize) -> Option<&'a StageReport> {
        self.run?.stages.get(i)?.as_ref()
    }

    /// Name of stage `i`.
    pub fn name(&self, i: usize) -> &'a str {
        let measured = self.measured(i).map(|s| s.name.as_str());
        measured.or(self.planned(i).map(|s| s.name.as_str())).unwrap_or_default()
    }

    /// Kind of stage `i`.
    pub fn kind(&self, i: usize) -> Option<StageKind> {
        self.measured(i).map(|s| s.kind).or(self.planned(i).map(|s| s.kind))
    }
}
