//! Networks of real numbers as CKKS programs: any polynomial activations, approximate arithmetic.

mod blocks;
mod compiling;
mod cost;
mod disturbed;
mod feasible;
mod forecast;
mod function;
mod network;
mod planner;
mod program;
mod request;
mod schedule;
mod stages;
mod stream;

pub use feasible::DegreeRequest;
pub use function::{FunctionPart, RealFunction};
pub use network::{RealLayer, RealNetwork};
pub use planner::plan_real;
pub use program::{CkksFunction, CkksPart, CkksProgram, CkksStep, RealCircuit, evaluate_parts};
pub use request::RealRequest;
pub use stream::{Sink, Stream, StreamGroup};

#[cfg(test)]
mod tests;
