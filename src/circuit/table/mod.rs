//! Networks of sums and lookup tables under TFHE: encodings, parameters, predicted noise and cost.

mod agreement;
mod cost;
mod encoding;
mod forecast;
mod planner;
mod search;
mod stages;
#[cfg(test)]
mod tests;

pub use cost::{LookupCost, lookup_cost};
pub(super) use cost::{typical_rotation_cost, typical_switch_cost};
pub use encoding::{LookupProgram, SumProgram, TableProgram};
pub use forecast::{far, margin_bits};
pub use planner::{TableCircuit, TableRequest, plan_tables};
pub(super) use search::best_pbs;
pub use search::{FAILURE_BITS, FAMILIES};
pub use stages::{MOST_MARGIN_BITS, score_margin};
