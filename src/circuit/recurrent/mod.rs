//! Recurrent networks as CKKS programs: a step after another, with a strategy for the noise that grows.

mod arising;
mod circuit;
mod compiling;
mod cost;
mod exact_text;
mod forecast;
mod lower;
mod network;
mod plan;
mod planner;
mod program;
#[cfg(feature = "tfhe")]
mod rounding;
mod sequences;
mod strategy;
#[cfg(feature = "tfhe")]
mod table;
mod traffic;
#[cfg(feature = "tfhe")]
mod unclipped;

pub use circuit::RecurrentCircuit;
pub use lower::LowerRecurrentError;
pub use network::{
    CellFunction, Functions, RecurrentCell, RecurrentLayer, RecurrentNetwork, StepSums, StepView,
};
pub use plan::{SequencePlan, StepPlan};
pub use planner::{RecurrentRequest, conceivable_chain, estimated_chain, plan_recurrent};
pub use program::{Carried, LayerMaps, ProgramOptions, RecurrentProgram, SumsMap};
pub use sequences::Sequences;
pub use strategy::NoiseStrategy;
#[cfg(feature = "tfhe")]
pub use table::{CHANGED_ANSWERS, TableRecurrent, TableRecurrentCircuit, plan_tables};
pub use traffic::NetworkModel;
#[cfg(feature = "tfhe")]
pub use unclipped::SequenceClipping;
