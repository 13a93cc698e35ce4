//! A parameter set under consideration: its noise and its cost.

use super::compiled::{Program, StageProbe};
use super::cost_table::CostTable;
use super::integer_layer::IntegerLayer;
use super::noise::{Forecast, Ring, StageNoise, log2_peak};
use super::plan::{PlanBytes, StagePlan};
use super::request::{PlanError, Request};
use ring::Row;
use std::collections::HashMap;

/// One parameter set under consideration.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) n: usize,
    pub(super) primes: Vec<u64>,
    pub(super) moduli: Vec<u64>,
    pub(super) forecast: Forecast,
}

impl Candidate {
    /// What noise depends on; of several plaintext moduli the largest.
    pub(super) fn ring(&self) -> Ring<'_> {
        let t = self.moduli.iter().copied().max().unwrap_or(2);
        Ring { n: self.n, t, moduli: &self.moduli, primes: &self.primes }
    }

    /// Predicted margin of the noisiest ciphertext of a stage, bits.
    pub(super) fn margin(&self, stage: &StageNoise) -> f64 {
        let log2_q: f64 = self.primes[..stage.level].iter().map(|q| (*q as f64).log2()).sum();
        log2_q - 1.0 - stage.worst_log2() - log2_peak(self.n)
    }

    /// The smallest predicted margin of any stage, bits.
    pub(super) fn worst_margin(&self) -> f64 {
        let f = &self.forecast;
        let stages = std::iter::once(&f.input).chain(&f.layers).chain(&f.switches);
        stages.map(|s| self.margin(s)).fold(f64::INFINITY, f64::min)
    }
}

/// Where the time goes, all batches, seconds.
pub(super) struct Work {
    pub(super) keygen: f64,
    pub(super) encrypt: f64,
    /// Per layer.
    pub(super) layers: Vec<f64>,
    /// Per key switch.
    pub(super) switches: Vec<f64>,
    pub(super) decrypt: f64,
}

impl Work {
    /// Encrypt, evaluate and decrypt.
    pub(super) fn total(&self) -> f64 {
        self.encrypt + self.layers.iter().chain(&self.switches).sum::<f64>() + self.decrypt
    }
}

/// Batches that `images` samples need.
pub(super) fn batches(images: usize, n: usize) -> usize {
    images.div_ceil(n).max(1)
}

/// What a plan and a circuit have from their scheme.
pub(super) struct Compiled {
    pub(super) stages: Vec<StagePlan>,
    pub(super) bytes: PlanBytes,
    pub(super) program: Program,
    pub(super) probes: Vec<StageProbe>,
}

/// What the planner of exact integers asks of a scheme.
pub(super) struct ExactScheme {
    /// The fewest primes of so many bits, for plaintext moduli up to `t`; `None` where there are none.
    pub least_primes: fn(t: u64, bits: u32) -> Option<usize>,
    /// Noise in a ring by a fast estimate, and by so many random points.
    pub estimate: fn(&[IntegerLayer], usize, Ring) -> Forecast,
    pub simulate: fn(&[IntegerLayer], usize, Ring, usize) -> Forecast,
    /// Predicted times, and the same of the candidate that was chosen.
    pub work: fn(&Request, &Candidate, &CostTable) -> Work,
    pub chosen_work: fn(&Request, &Candidate, &CostTable) -> Work,
    /// Stages, sizes and program of that one; worst ranges last.
    pub compile: fn(&Request, &Candidate, &Work, &[f64]) -> Result<Compiled, PlanError>,
    /// What its security is read from.
    pub security_table: &'static str,
}

/// What the kernels do for one word: see [`ring::LinearMap::kernel_macs`], without building the map.
pub(super) fn kernel_macs(rows: &[Row], limb_bits: u32) -> f64 {
    let mut groups: HashMap<*const u32, (usize, usize, i64, i64)> = HashMap::new();
    for row in rows {
        let group = groups.entry(row.columns.as_ptr()).or_insert((row.columns.len(), 0, 0, 0));
        group.1 += 1;
        for w in &row.weights {
            group.2 = group.2.max(-i64::from(*w));
            group.3 = group.3.max(i64::from(*w));
        }
    }
    groups
        .values()
        .map(|(columns, rows, below, above)| {
            let bits = 64 - ((above + below) as u64).leading_zeros();
            let limbs = bits.div_ceil(limb_bits.max(1)).max(1) as usize;
            (columns * (1 + rows * limbs).next_multiple_of(6)) as f64
        })
        .sum()
}
