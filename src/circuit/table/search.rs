//! The cheapest parameters whose noise is small enough.

use super::super::request::LWE_DIMENSIONS;
use super::cost::{typical_rotation_cost, typical_switch_cost};
use super::forecast::{Forecast, forecast};
use network::table::TableNetwork;
use scheme::tfhe::{Decomposition, TfheParameters};

/// A lookup more than one step off must have probability `2^-FAILURE_BITS` at most.
pub const FAILURE_BITS: f64 = 40.0;

/// Polynomials of a GLWE mask, and their degree. The first three have the noise of dimension 2048,
/// the least with which one level of decomposition gives multi-bit outputs; they differ in the
/// length of a table.
pub const FAMILIES: [(usize, usize); 5] = [(4, 512), (2, 1024), (1, 2048), (1, 4096), (1, 8192)];

const LWE_STEP: usize = 4;

/// Parameters, their noise, and seconds per sample as the typical cost has it.
pub struct Found {
    pub parameters: TfheParameters,
    pub forecast: Forecast,
    pub secs: f64,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Degree N, when the user fixed it.
    pub polynomial_size: Option<usize>,
    /// Dimension n, when the user fixed it.
    pub lwe_dimension: Option<usize>,
    /// Take what there is when nothing fits.
    pub past_budget: bool,
    /// Largest standard deviation at a lookup, as a share of what [`FAILURE_BITS`] allows.
    pub tightness: f64,
}

/// The cheapest parameters for `network`, if there are any.
pub fn search(network: &TableNetwork, wanted: Wanted) -> Option<Found> {
    let mut best: Option<Found> = None;
    // What is least wrong when nothing fits.
    let mut nearest: Option<Found> = None;
    let families = FAMILIES.iter().filter(|(_, n)| wanted.polynomial_size.is_none_or(|w| w == *n));
    for family in families {
        let Some(pbs) = best_pbs(*family) else { continue };
        for n in dimensions(wanted.lwe_dimension) {
            let least = best.as_ref().map_or(f64::INFINITY, |b| b.secs);
            if rotation_secs(network, *family, n) >= least {
                break;
            }
            for key_switch in key_switches(network) {
                let Ok(parameters) = TfheParameters::secure(n, *family, pbs, key_switch) else {
                    continue;
                };
                let secs = secs_of(network, &parameters);
                if best.as_ref().is_some_and(|b| b.secs <= secs) {
                    continue;
                }
                let noise = forecast(network, &parameters);
                let fits = fits(network, &noise, wanted.tightness);
                let made = Found { parameters, forecast: noise, secs };
                if fits {
                    best = Some(made);
                } else if nearest.as_ref().is_none_or(|n| worst(&made) < worst(n)) {
                    nearest = Some(made);
                }
            }
        }
    }
    best.or(nearest.filter(|_| wanted.past_budget))
}

/// Dimensions tried, smallest first.
fn dimensions(fixed: Option<usize>) -> Vec<usize> {
    fixed.map_or_else(|| LWE_DIMENSIONS.step_by(LWE_STEP).collect(), |n| vec![n])
}

/// The largest probability of a lookup more than one step off.
fn worst(found: &Found) -> f64 {
    found.forecast.tables.iter().map(|t| t.failure).fold(0.0, f64::max)
}

/// Seconds of the blind rotations of a sample.
fn rotation_secs(network: &TableNetwork, family: (usize, usize), n: usize) -> f64 {
    network.lookups() as f64 * n as f64 * typical_rotation_cost(family)
}

fn secs_of(network: &TableNetwork, parameters: &TfheParameters) -> f64 {
    let first = network.tables().next().map_or(0, |t| t.values);
    let family = (parameters.glwe_dimension, parameters.polynomial_size);
    rotation_secs(network, family, parameters.lwe_dimension)
        + (network.lookups() - first) as f64 * typical_switch_cost(parameters)
}

/// Whether every table is read well enough.
fn fits(network: &TableNetwork, noise: &Forecast, tightness: f64) -> bool {
    network.tables().zip(&noise.tables).all(|(table, lookup)| {
        let standard_deviation = lookup.standard_deviation_in_units() / tightness;
        super::forecast::far(table, standard_deviation) <= (-FAILURE_BITS).exp2()
    })
}

/// The decomposition with the least noise of PBS, one level where that is enough.
pub fn best_pbs(family: (usize, usize)) -> Option<Decomposition> {
    let key_switch = Decomposition { base_log: 4, levels: 3 };
    let noise = |base_log: u32| {
        let pbs = Decomposition { base_log, levels: 1 };
        let made = TfheParameters::secure(700, family, pbs, key_switch).ok()?;
        Some((scheme::tfhe::NoiseModel::new(&made).bootstrap(), pbs))
    };
    let all = (12..=30).filter_map(noise);
    all.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, pbs)| pbs)
}

/// Decompositions of the key switch; one is enough where there is none.
fn key_switches(network: &TableNetwork) -> Vec<Decomposition> {
    if network.tables().count() < 2 {
        return vec![Decomposition { base_log: 4, levels: 3 }];
    }
    let of = |levels: u32| (1..=6u32).map(move |base_log| Decomposition { base_log, levels });
    (2..=7).flat_map(of).filter(|d| (8..=18).contains(&(d.base_log * d.levels))).collect()
}
