//! Network and strategy become an encrypted program: quantisation, ranges, parameters, predicted noise and cost.

mod affine;
mod compiled;
mod cost;
mod integer;
mod noise;
mod plan;
mod planner;

pub use affine::{AffineRow, FloatStage, LowerError, lower};
pub use compiled::{BgvProgram, Circuit, CircuitStep, Program, StageTap};
pub use cost::UnitCosts;
pub use integer::{Evaluation, IntegerLayer, IntegerNetwork, Precision};
pub use plan::{Plan, PlanBytes, PlanSecs, PlanWarning, SchemeKind, StageKind, StagePlan};
pub use planner::{Constraints, PlanError, REQUIRED_MARGIN_BITS, Request, plan};

#[cfg(test)]
mod tests;
