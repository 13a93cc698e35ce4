//! Studies: runs side by side, as rows of one table.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod compare;
mod mitigations;
mod strategies;
mod strategy_row;
mod sweep;
mod table;
#[cfg(test)]
mod tests;

pub use compare::{
    COMPARE_SCHEMA_VERSION, CompareEvent, CompareReport, CompareRow, Way, compare, scheme_ways,
};
pub use mitigations::{
    MITIGATION_SCHEMA_VERSION, Mitigation, MitigationEvent, MitigationReport, MitigationRow,
    compare_mitigations, mitigations,
};
pub use strategies::{StrategyEvent, StrategyRequest, compare_strategies};
pub use strategy_row::{COMPARISON_SCHEMA_VERSION, OneSequence, StrategyComparison, StrategyRow};
pub use sweep::{
    SWEEP_SCHEMA_VERSION, SweepAccuracy, SweepCost, SweepEvent, SweepFit, SweepReport,
    SweepRequest, SweepRow, SweepRun, degree_list, function_list, interval_list, sweep,
};
pub use table::{Cell, Column, Outcome, Row, Study};
