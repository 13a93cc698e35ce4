//! Network and strategy become an encrypted program: quantisation, ranges, parameters, predicted noise and cost.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod affine;
mod affine_row;
mod candidate;
mod compiled;
mod cost;
mod cost_bfv;
mod cost_table;
mod evaluation;
mod exact;
mod integer;
mod integer_layer;
mod noise;
mod noise_bfv;
mod noise_measure;
mod plan;
mod planner;
mod probing;
mod real;
mod recurrent;
mod request;
mod stage_name;
#[cfg(feature = "tfhe")]
pub mod table;
mod table_plan;
mod unclipped;
mod units;
mod values;
mod warning;
mod wide_weight;

pub use affine::{FloatStage, LowerError, lower};
pub use affine_row::AffineRow;
pub use compiled::*;
pub use cost::UnitCosts;
pub use cost_table::{CostTable, cache_folder, keep_costs_in};
pub use evaluation::Evaluation;
pub use integer::{IntegerNetwork, Precision};
pub use integer_layer::IntegerLayer;
pub use noise_measure::NoiseMeasure;
pub use plan::{Approximate, Plan, PlanBytes, PlanSecs, SchemeKind, StageKind, StagePlan};
pub use planner::plan;
pub use real::{
    CkksFunction, CkksPart, CkksProgram, CkksStep, DegreeRequest, FunctionPart, RealCircuit,
    RealFunction, RealLayer, RealNetwork, RealRequest, Sink, Stream, StreamGroup, evaluate_parts,
    plan_real,
};
#[cfg(feature = "tfhe")]
pub use recurrent::{
    CHANGED_ANSWERS, SequenceClipping, TableRecurrent, TableRecurrentCircuit, plan_tables,
};
pub use recurrent::{
    Carried, CellFunction, Functions, LayerMaps, LowerRecurrentError, NetworkModel, NoiseStrategy,
    ProgramOptions, RecurrentCell, RecurrentCircuit, RecurrentLayer, RecurrentNetwork,
    RecurrentProgram, RecurrentRequest, SequencePlan, Sequences, StepPlan, StepSums, StepView,
    SumsMap, conceivable_chain, estimated_chain, plan_recurrent,
};
pub use request::{
    Constraints, LWE_DIMENSIONS, PLAINTEXT_BITS, PRIME_BITS, PlanError, REQUIRED_MARGIN_BITS,
    Request,
};
pub use stage_name::StageName;
pub use table_plan::{LookupPlan, TablePlan};
pub use warning::{Cause, MATCHING, RANGE_EXCEEDED, Warning};

#[cfg(test)]
mod tests;
