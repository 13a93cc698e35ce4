//! Where integers lie on the torus.

use network::table::{LookUp, Table, TableLayer, TableNetwork};
use scheme::tfhe::{LookupPolynomial, TfheParameters};
use serde::{Deserialize, Serialize};

/// Torus elements are in units of `2^-32`.
///
/// A sum `a` that a table of range R reads lies at `(a + 1/2) / (4 R)` of a turn, so that the range is
/// half of it. A level `v` of a table lies at `(v - (f + l) / 2) / (4 R')`, with `f` and `l` the first
/// and last level and R' the range of the table after it: PBS then gives on the far half of the circle
/// what the first and the last step give. Constants put `(f + l) / 2` back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableProgram {
    /// One unit of an input.
    pub input_unit: u32,
    pub sums: Vec<SumProgram>,
    /// One unit of a score.
    pub score_unit: u32,
    /// Bits of the words that scores travel in.
    pub output_bits: u32,
}

/// A layer of sums and how it is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SumProgram {
    /// What is added to the body of each sum.
    pub constants: Vec<u32>,
    /// One unit of a sum.
    pub unit: u32,
    /// `None` for the scores.
    pub lookup: Option<LookupProgram>,
}

/// How a table reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookupProgram {
    pub polynomial: LookupPolynomial,
    pub functions: usize,
    /// Half the sum of first and last level of each function, times the unit after it: what
    /// constants put back.
    pub offsets: Vec<u32>,
    /// One unit of a level.
    pub output_unit: u32,
}

/// One unit of a sum that a table of range `range` reads; even, so that it has a half.
fn unit_of(range: i64) -> u32 {
    let half = (f64::from(1u32 << 29) / range as f64).round();
    2 * (half.max(1.0) as u32)
}

/// One unit of a score, when scores reach `largest`; a tenth of the circle stays free.
fn score_unit_of(largest: f64) -> u32 {
    let half = (f64::from(1u32 << 30) / (1.1 * largest.max(1.0))).floor();
    2 * (half.max(1.0) as u32)
}

impl TableProgram {
    /// One unit of a score as a fraction of the torus, when scores reach `largest`.
    pub fn score_unit(largest: f64) -> f64 {
        f64::from(score_unit_of(largest)) / 32f64.exp2()
    }

    /// Encodings of `network`, whose scores reach `largest_score`.
    pub fn new(
        network: &TableNetwork,
        parameters: &TfheParameters,
        largest_score: f64,
        output_bits: u32,
    ) -> Self {
        let score_unit = score_unit_of(largest_score);
        let mut units: Vec<u32> = network.tables().map(|t| unit_of(t.range())).collect();
        units.push(score_unit);
        let mut sums: Vec<SumProgram> = Vec::new();
        let mut offsets: Vec<u32> = vec![0];
        let mut values = network.input().len();
        for layer in network.layers() {
            match layer {
                TableLayer::Linear(linear) => {
                    let unit = units.get(sums.len()).copied().unwrap_or(score_unit);
                    let constant = |(terms, bias): (&[network::table::Term], i64)| {
                        let put_back = terms.iter().fold(0u32, |sum, t| {
                            let function = t.index as usize / values.max(1);
                            let offset = offsets.get(function).copied().unwrap_or(0);
                            sum.wrapping_add((t.weight as u32).wrapping_mul(offset))
                        });
                        (bias as u32).wrapping_mul(unit).wrapping_add(put_back)
                    };
                    let constants = linear.iter().map(constant).collect();
                    sums.push(SumProgram { constants, unit, lookup: None });
                }
                TableLayer::Table(table) => {
                    let next = units.get(sums.len()).copied().unwrap_or(score_unit);
                    let lookup = reading_of(table, parameters, next);
                    offsets.clone_from(&lookup.offsets);
                    values = table.values;
                    if let Some(before) = sums.last_mut() {
                        let half = before.unit / 2;
                        before.constants.iter_mut().for_each(|c| *c = c.wrapping_add(half));
                        before.lookup = Some(lookup);
                    }
                }
            }
        }
        let input_unit = units.first().copied().unwrap_or(score_unit);
        Self { input_unit, sums, score_unit, output_bits }
    }
}

fn reading_of(table: &Table, parameters: &TfheParameters, unit: u32) -> LookupProgram {
    let size = parameters.polynomial_size as i64;
    let steps = table.steps() as i64;
    let of = |f: &LookUp| {
        let (levels, ends) = (f.levels.clone(), f.ends());
        move |position: i64| {
            let step = ((position + size / 2) * steps).div_euclid(size).clamp(0, steps - 1);
            let level = levels.get(step as usize).copied().unwrap_or(0);
            (2 * level - ends) as u32
        }
    };
    let functions: Vec<_> = table.functions.iter().map(of).collect();
    let scaled: Vec<_> =
        functions.iter().map(|f| move |p: i64| f(p).wrapping_mul(unit / 2)).collect();
    let given: Vec<&dyn Fn(i64) -> u32> = scaled.iter().map(|f| f as &dyn Fn(i64) -> u32).collect();
    let offset = |f: &LookUp| (f.ends() as u32).wrapping_mul(unit / 2);
    LookupProgram {
        polynomial: LookupPolynomial::new(parameters, &given),
        functions: table.functions.len(),
        offsets: table.functions.iter().map(offset).collect(),
        output_unit: unit,
    }
}
