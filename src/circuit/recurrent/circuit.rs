//! A recurrent program with its plan.

use super::plan::SequencePlan;
use super::program::RecurrentProgram;
use crate::plan::Plan;

/// A program with its plan.
#[derive(Clone, Debug)]
pub struct RecurrentCircuit {
    /// A stage for every step.
    pub plan: Plan,
    /// What it has besides.
    pub sequence: SequencePlan,
    pub program: RecurrentProgram,
}

impl RecurrentCircuit {
    /// The plan with all that it has.
    pub fn whole_plan(&self) -> Plan {
        Plan { sequence: Some(Box::new(self.sequence.clone())), ..self.plan.clone() }
    }
}
