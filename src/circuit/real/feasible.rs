//! Which degrees of polynomials a network could have at 128 bits of security.

use super::network::{RealLayer, RealNetwork};
use scheme::ckks::CkksModuli;
use scheme::security::{max_log2_qp, ring_degrees};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Highest degree that is looked at.
const MAX_DEGREE: usize = 63;

/// What polynomials of one degree in the place of every activation would need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DegreeRequest {
    pub degree: usize,
    /// Levels of all activations together.
    pub levels: usize,
    /// Bits of all primes of the ciphertext modulus.
    pub log2_q: f64,
    /// The smallest ring degree that carries them at 128 bits; `None` where there is none.
    pub ring_degree: Option<usize>,
}

/// Degrees 1 to 63 for `network` with scales of `scale_bits` bits above a base modulus of these
/// primes, in rings of these degrees. Special primes are as the fastest key switch that is secure has
/// them. A higher degree never takes a smaller ring: a chain with primes of the same sizes that is
/// longer does what the shorter one does.
pub(super) fn degrees(
    network: &RealNetwork,
    scale_bits: u32,
    base: &[u32],
    rings: &RangeInclusive<usize>,
) -> Vec<DegreeRequest> {
    let activations =
        network.layers().iter().filter(|l| !matches!(l, RealLayer::Linear { .. })).count();
    let chain = |levels: usize| [base, &vec![scale_bits; levels]].concat();
    let smallest = |levels: usize| {
        let bits: u32 = chain(levels).iter().sum();
        // Without a level nothing is multiplied, and no key is switched.
        let drop_bits = if levels == 0 { CkksModuli::NO_SWITCH } else { scale_bits };
        ring_degrees().filter(|n| rings.contains(n)).find(|n| {
            max_log2_qp(*n).is_some_and(|most| bits <= most)
                && CkksModuli::fastest(*n, &chain(levels), drop_bits).is_some()
        })
    };
    let mut found: Vec<DegreeRequest> = Vec::with_capacity(MAX_DEGREE);
    for degree in (1..=MAX_DEGREE).rev() {
        let levels = activations * levels_of(degree);
        let choice = match found.last() {
            Some(above) if above.levels == levels => DegreeRequest { degree, ..above.clone() },
            above => DegreeRequest {
                degree,
                levels,
                log2_q: f64::from(chain(levels).iter().sum::<u32>()),
                ring_degree: smallest(levels)
                    .into_iter()
                    .chain(above.and_then(|a| a.ring_degree))
                    .min(),
            },
        };
        found.push(choice);
    }
    found.reverse();
    found
}

/// Levels of one activation: degree 2 takes one by completing the square.
fn levels_of(degree: usize) -> usize {
    match degree {
        1 => 0,
        2 => 1,
        _ => (degree + 1).next_power_of_two().ilog2() as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::tests::{network, samples};

    #[test]
    fn a_lower_degree_never_needs_a_larger_ring() {
        let raw = samples(50, 12);
        let mut rings_of_lines = Vec::new();
        for depth in 1..=3 {
            let real = RealNetwork::new(&network(depth, 12, 2), &raw).unwrap();
            for (scale_bits, base) in [(14, &[22][..]), (19, &[43]), (26, &[40]), (40, &[45, 45])] {
                let all = degrees(&real, scale_bits, base, &(4096..=65_536));
                let rings: Vec<usize> =
                    all.iter().map(|c| c.ring_degree.unwrap_or(usize::MAX)).collect();
                assert!(rings.is_sorted(), "depth {depth}, scale {scale_bits}: {rings:?}");
                assert!(all.iter().map(|c| c.degree).eq(1..=MAX_DEGREE));
                rings_of_lines.push(rings[0]);
            }
        }
        // Lines need no key, and so no prime beside those of the base.
        assert!(rings_of_lines.iter().all(|n| *n == 4096), "{rings_of_lines:?}");
    }
}
