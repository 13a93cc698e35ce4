//! What both sides of lookup tables know, and what the server alone has.

use circuit::TableRecurrentCircuit;
use circuit::table::{TableCircuit, TableProgram};
use network::table::{TableLayer, Term};
use scheme::tfhe::{Decomposition, TfheError, TfheParameters};
use serde::{Deserialize, Serialize};

/// What both sides know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablesOffered {
    pub lwe_dimension: usize,
    pub glwe_dimension: usize,
    pub polynomial_size: usize,
    pub pbs: Decomposition,
    pub key_switch: Decomposition,
    /// Whether sums are switched to another key.
    pub switches: bool,
    /// One unit of an input, in `2^-32` of the torus.
    pub input_unit: u32,
    /// One unit of a score.
    pub score_unit: u32,
}

/// The weights and tables of a network: the server's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServedTables {
    /// Values of a sample.
    pub(super) inputs: usize,
    pub(super) layers: Vec<ServedSums>,
    pub(super) program: TableProgram,
}

/// The weights of one layer, row after row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ServedSums {
    terms: Vec<Term>,
    ends: Vec<usize>,
}

impl ServedSums {
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    pub fn row(&self, row: usize) -> &[Term] {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(row).copied().unwrap_or(0);
        self.terms.get(start.unwrap_or(0)..end).unwrap_or_default()
    }
}

impl TablesOffered {
    /// Of a circuit.
    pub fn of(circuit: &TableCircuit) -> Self {
        let p = &circuit.parameters;
        Self {
            lwe_dimension: p.lwe_dimension,
            glwe_dimension: p.glwe_dimension,
            polynomial_size: p.polynomial_size,
            pbs: p.pbs,
            key_switch: p.key_switch,
            switches: circuit.needs_key_switch(),
            input_unit: circuit.program.input_unit,
            score_unit: circuit.program.score_unit,
        }
    }

    /// Of a recurrent circuit.
    pub fn of_steps(circuit: &TableRecurrentCircuit) -> Self {
        let (p, unit) = (&circuit.parameters, circuit.network.unit());
        Self {
            lwe_dimension: p.lwe_dimension,
            glwe_dimension: p.glwe_dimension,
            polynomial_size: p.polynomial_size,
            pbs: p.pbs,
            key_switch: p.key_switch,
            switches: true,
            input_unit: unit,
            score_unit: unit,
        }
    }

    /// The parameters, with the least noise that is secure.
    ///
    /// # Errors
    /// When they are none.
    pub fn parameters(&self) -> Result<TfheParameters, TfheError> {
        let glwe = (self.glwe_dimension, self.polynomial_size);
        TfheParameters::secure(self.lwe_dimension, glwe, self.pbs, self.key_switch)
    }
}

impl ServedTables {
    /// Of a circuit.
    pub fn of(circuit: &TableCircuit) -> Self {
        let linear = circuit.network.layers().iter().filter_map(|layer| match layer {
            TableLayer::Linear(linear) => Some(linear),
            TableLayer::Table(_) => None,
        });
        let served = |linear: &network::table::Linear| {
            let mut sums = ServedSums::default();
            for (terms, _) in linear.iter() {
                sums.terms.extend_from_slice(terms);
                sums.ends.push(sums.terms.len());
            }
            sums
        };
        Self {
            inputs: circuit.network.input().len(),
            layers: linear.map(served).collect(),
            program: circuit.program.clone(),
        }
    }
}
