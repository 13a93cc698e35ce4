//! Network and strategy become an encrypted program: quantisation, ranges, parameters, predicted noise and cost.

mod plan;

pub use plan::{Plan, PlanBytes, PlanSecs, PlanWarning, SchemeKind, StageKind, StagePlan};
