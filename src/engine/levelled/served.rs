//! The program of a levelled recurrent network as a server keeps it.

use super::offered::LevelledOffered;
use circuit::{PlanError, ProgramOptions, RecurrentNetwork, RecurrentProgram};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The network with its weights, and the numbers that its program is compiled by: the server's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServedChain {
    choice: ProgramOptions,
    network: Arc<RecurrentNetwork>,
}

impl ServedChain {
    /// Of a program.
    pub fn of(program: &RecurrentProgram) -> Self {
        Self { choice: program.choice.clone(), network: Arc::clone(&program.network) }
    }

    /// The program, with the primes of its offer.
    ///
    /// # Errors
    /// When it cannot be compiled.
    pub fn compiled(self, offered: &LevelledOffered) -> Result<RecurrentProgram, PlanError> {
        RecurrentProgram::with_moduli(&self.network, self.choice, &offered.moduli)
    }
}
