//! What each stage takes and how noisy it is, by prediction.

use super::cost::LookupCost;
use super::forecast::{Forecast, margin_bits};
use crate::plan::{StageKind, StagePlan};
use crate::table_plan::TablePlan;
use network::table::{Table, TableLayer, TableNetwork};
use scheme::tfhe::TfheParameters;

/// Margins beyond this are told as this, bits.
pub const MOST_MARGIN_BITS: f64 = 256.0;

/// Seconds of one sample, stage by stage.
pub struct Costs {
    pub encrypt: f64,
    pub decrypt: f64,
    /// Of the sums, key switches and lookups, layer by layer.
    layers: Vec<[f64; 3]>,
}

impl Costs {
    /// Predicted on `threads` threads.
    pub fn new(
        network: &TableNetwork,
        parameters: &TfheParameters,
        cost: LookupCost,
        threads: usize,
    ) -> Self {
        let small = (parameters.lwe_dimension + 1) as f64;
        let big = (parameters.big_dimension() + 1) as f64;
        let threads = threads.max(1);
        let inputs = network.input().len() as f64;
        let mut layers: Vec<[f64; 3]> = Vec::new();
        let mut words = small;
        for layer in network.layers() {
            match layer {
                TableLayer::Linear(linear) => {
                    let sums = linear.terms() as f64 * words * cost.sum_word / threads as f64;
                    layers.push([sums, 0.0, 0.0]);
                }
                TableLayer::Table(table) => {
                    let rounds = table.values.div_ceil(threads) as f64;
                    let switches = if words > small { rounds * cost.key_switch } else { 0.0 };
                    if let Some(last) = layers.last_mut() {
                        last[1] = switches;
                        last[2] = rounds * cost.rotation;
                    }
                    words = big;
                }
            }
        }
        if let Some(first) = layers.first_mut() {
            first[0] += inputs * small * cost.mask_word;
        }
        Self {
            encrypt: inputs * small * 2.0 * cost.mask_word,
            decrypt: network.classes() as f64 * big * cost.sum_word,
            layers,
        }
    }

    /// Evaluation of one sample.
    pub fn sample(&self) -> f64 {
        self.layers.iter().flatten().sum()
    }
}

/// Which of a layer's three parts.
#[derive(Clone, Copy)]
enum Part {
    Sums = 0,
    KeySwitch = 1,
    Reading = 2,
}

/// The stages of a plan: input, then of each layer its sums, their key switch, and the table.
pub fn stages(
    network: &TableNetwork,
    parameters: &TfheParameters,
    noise: &Forecast,
    costs: &Costs,
    details: &TablePlan,
    images: usize,
) -> Vec<StagePlan> {
    let tables: Vec<&Table> = network.tables().collect();
    let images = images as f64;
    let (small, big) = (parameters.lwe_dimension, parameters.big_dimension());
    let stage =
        |name: &str, kind, secs: f64, count: usize, dimension: usize, margin: f64| StagePlan {
            name: name.to_owned(),
            layers: match kind {
                StageKind::Linear | StageKind::Lookup => vec![name.to_owned()],
                _ => Vec::new(),
            },
            kind,
            secs: secs * images,
            ciphertexts: count,
            components: 1,
            log2_q: 32.0,
            ciphertext_bytes: 4 * (count * (dimension + 1)) as u64,
            margin_bits: margin.min(MOST_MARGIN_BITS),
            max_error: None,
            required_error: None,
            range_calibrated: 0.0,
            range_worst: 0.0,
        };
    let secs = |layer: usize, part: Part| {
        costs.layers.get(layer).map_or(0.0, |parts| parts[part as usize])
    };
    // What so much noise would do at the next table.
    let margin = |table: usize, variance: f64| match (tables.get(table), noise.tables.get(table)) {
        (Some(t), Some(n)) => margin_bits(t, variance.sqrt() / n.unit),
        _ => MOST_MARGIN_BITS,
    };
    let inputs = network.input().len();
    let fresh = margin(0, parameters.lwe_variance);
    let mut all = vec![stage("input", StageKind::Input, costs.encrypt, inputs, small, fresh)];
    let mut at = 0;
    for layer in network.layers() {
        match layer {
            TableLayer::Linear(linear) => {
                let variance = noise.tables.get(at).map(|t| t.sum_worst);
                let left = match variance {
                    Some(variance) => margin(at, variance),
                    None => score_margin(details),
                };
                let dimension = if at == 0 { small } else { big };
                let secs = secs(at, Part::Sums);
                all.push(stage(
                    &linear.name,
                    StageKind::Linear,
                    secs,
                    linear.rows(),
                    dimension,
                    left,
                ));
            }
            TableLayer::Table(table) => {
                let n = noise.tables.get(at).cloned().unwrap_or_default();
                if at > 0 {
                    let left = margin(at, n.sum_worst + n.key_switch);
                    let secs = secs(at, Part::KeySwitch);
                    let name = format!("{} key switch", table.name);
                    all.push(stage(&name, StageKind::KeySwitch, secs, table.values, small, left));
                }
                let left = margin(at, n.read_worst());
                let secs = secs(at, Part::Reading);
                all.push(stage(&table.name, StageKind::Lookup, secs, table.outputs(), big, left));
                at += 1;
            }
        }
    }
    all
}

/// `-log2` of the probability that a score leaves its bound.
pub fn score_margin(details: &TablePlan) -> f64 {
    let x = details.score_bound
        / details.score_standard_deviation.max(1e-12)
        / std::f64::consts::SQRT_2;
    let p = libm::erfc(x);
    if p > 1e-290 {
        return -p.log2();
    }
    let ln = -x * x - (x * std::f64::consts::PI.sqrt()).ln();
    -ln / std::f64::consts::LN_2
}
