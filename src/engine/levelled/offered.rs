//! What both sides of a levelled recurrent network know.

use crate::ckks::CkksOffered;
use circuit::{LayerMaps, RecurrentProgram};
use scheme::ckks::{CkksError, CkksModuli, CkksParameters, Scale};
use serde::{Deserialize, Serialize};

/// Most steps of a chain: levels are far fewer.
const MAX_STEPS: usize = 1 << 10;
/// Most units of a state that is sent.
const MAX_UNITS: usize = 1 << 12;

/// A state that the client sends before the first step, all zero: cells with gates multiply it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstState {
    pub units: usize,
    pub level: usize,
}

/// Parameters as an offer has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelledOffered {
    pub ring_degree: usize,
    pub moduli: CkksModuli,
    pub input_scale: Scale,
    /// The level that each step is encrypted at.
    pub step_levels: Vec<usize>,
    /// One for each layer, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_states: Vec<FirstState>,
}

/// The same, checked.
#[derive(Clone, Debug)]
pub struct LevelledKnown {
    pub ckks: CkksOffered,
    pub step_levels: Vec<usize>,
    pub first_states: Vec<FirstState>,
}

impl LevelledOffered {
    /// Of a program whose steps are all of one chain.
    pub fn of(program: &RecurrentProgram) -> Self {
        let levels = program.entry_levels(program.cycle_at(0));
        let gated = program.layers.iter().any(|l| matches!(l, LayerMaps::Gru { .. }));
        let layers = program.network.layers.iter().zip(levels.first().into_iter().flatten());
        let state = |(layer, level): (&circuit::RecurrentLayer, &usize)| FirstState {
            units: layer.hidden,
            level: *level,
        };
        Self {
            ring_degree: program.parameters.degree(),
            moduli: program.parameters.moduli(),
            input_scale: program.scale.clone(),
            step_levels: levels.iter().filter_map(|of_step| of_step.first().copied()).collect(),
            first_states: layers.filter(|_| gated).map(state).collect(),
        }
    }

    /// What is wrong with it for sequences of so many steps, where something is.
    pub(crate) fn fault(&self, steps: usize) -> Option<String> {
        let levels = self.moduli.chain.len();
        let states = self.first_states.iter();
        let fits = self.step_levels.len() == steps
            && (1..=MAX_STEPS).contains(&steps)
            && self
                .step_levels
                .iter()
                .chain(states.clone().map(|s| &s.level))
                .all(|l| (1..=levels).contains(l))
            && states.clone().all(|s| (1..=MAX_UNITS).contains(&s.units))
            && self.first_states.len() <= 2;
        (!fits).then(|| {
            format!(
                "{} levels of steps and {} states for {steps} steps and a chain of {levels} primes",
                self.step_levels.len(),
                self.first_states.len()
            )
        })
    }

    /// The parameters.
    ///
    /// # Errors
    /// When they are none, or have less than 128 bits of security.
    pub fn known(&self) -> Result<LevelledKnown, CkksError> {
        let parameters = CkksParameters::new(self.ring_degree, &self.moduli)?;
        Ok(LevelledKnown {
            ckks: CkksOffered { parameters, input_scale: self.input_scale.clone() },
            step_levels: self.step_levels.clone(),
            first_states: self.first_states.clone(),
        })
    }
}
